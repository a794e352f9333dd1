"""The same place in several lists is one facility: two misspelt lists, traps, decisions that replay, laws."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import towns

from geo.intake.decisions import decisions_text, pair_key, read_decisions
from geo.intake.merge import merge_facilities
from geo.intake.names import compare_names, plain_name
from geo.model.errors import InputError
from geo.model.study import Study

FIRST = "锦绣云龙安和青松明珠红星长寿金沙玉林桂湖白鹭文殊芳草紫荆银杏水碾双楠晋阳"
SECOND = "苑园里庭湾坊溪桥塘坡岭台阁府巷庄屯渡津浦"
KINDS = {"canteen": "社区食堂", "kindergarten": "幼儿园", "clinic": "口腔门诊部", "pharmacy": "大药房"}
SOUNDS = str.maketrans({"锦": "金", "龙": "隆", "安": "按", "星": "兴", "金": "锦", "林": "琳", "湖": "胡", "玉": "裕"})


def lists(*rows: tuple[str, str, str, str, float, float, str | None]) -> Study:
    """A study whose facilities are (source, id, category, name, x, y, phone)."""
    places = towns.facilities(*((i, category, x, y) for _, i, category, _, x, y, _ in rows))
    places["name"] = pd.Series([row[3] for row in rows], dtype=object)
    places["source"], places["phone"] = [row[0] for row in rows], [row[6] for row in rows]
    return towns.study(streets=towns.streets([(0, 0), (100, 0)]), facilities=places, entrances=towns.doors(places))


def together(study: Study, **how: object) -> list[list[str]]:
    """The ids that became one facility, sorted."""
    merged, _, _ = merge_facilities(study, how.get("decisions", {}))  # type: ignore[arg-type]
    found = []
    for one in merged.facilities.itertuples():
        if isinstance(one.merged_from, str):
            others = [part.split(": ", 1)[1].split(" ", 1)[0] for part in one.merged_from.split("; ")]
            found.append(sorted([one.facility_id, *others]))
    return sorted(found)


def misspelt(name: str, dice: np.random.Generator) -> str:
    """A name as another department writes it: its district before it, a word less, another sign of the same sound."""
    slip = dice.integers(6)
    if slip == 0:
        return name.replace("社区", "")
    if slip == 1:
        return f"成都市锦江区{name}"
    if slip == 2:
        return name.translate(SOUNDS)
    if slip == 3:
        return name + "（总店）" if "药房" in name else name + "有限公司"
    if slip == 4:
        at = int(dice.integers(len(name) - 1))
        return name[:at] + name[at + 1 :]
    return name


def two_departments(seed: int) -> Study:
    """200 common places, moved by up to 60 m and misspelt, 100 more in each list, a third of them near-namesakes."""
    dice = np.random.default_rng(seed)
    stems = [a + b for a in FIRST for b in SECOND]
    dice.shuffle(stems)
    rows = []
    for number in range(200):
        kind = list(KINDS)[number % 4]
        name = stems[number] + KINDS[kind]
        x, y = (number % 20) * 400.0, (number // 20) * 400.0
        dx, dy = dice.uniform(-42, 42, 2)
        rows.append(("a.csv", f"a{number}", kind, name, x, y, None))
        rows.append(("b.csv", f"b{number}", kind, misspelt(name, dice), x + dx, y + dy, None))
    for number in range(200, 300):
        kind = list(KINDS)[number % 4]
        x, y = (number % 20) * 400.0, (number // 20) * 400.0
        one, other = stems[number], stems[number + 200]
        name = (f"{one}第一", f"{one}第二") if number % 3 == 0 else (one, other)
        rows.append(("a.csv", f"a{number}", kind, name[0] + KINDS[kind], x, y, None))
        rows.append(("b.csv", f"b{number}", kind, name[1] + KINDS[kind], x + 40, y, None))
    return lists(*rows)


@pytest.mark.parametrize("seed", range(5))
def test_of_two_lists_nearly_all_common_places_are_found_and_hardly_one_wrongly(seed: int) -> None:
    study = two_departments(seed)
    found = together(study)
    right = [pair for pair in found if len(pair) == 2 and pair[0][1:] == pair[1][1:] and int(pair[0][1:]) < 200]
    _, _, facts = merge_facilities(study, {})
    listed = {(p["id_a"], p["id_b"]) for p in facts["doubtful_pairs"]}
    missed = {(f"a{n}", f"b{n}") for n in range(200)} - {(p[0], p[1]) for p in right}
    assert len(right) >= 190
    assert len(found) - len(right) <= 0.01 * len(found)
    assert missed <= listed


@pytest.mark.parametrize(
    ("one", "other", "metres", "same"),
    [
        ("春熙路社区食堂", "春熙路食堂", 60, True),
        ("第一幼儿园", "第1幼儿园", 100, True),
        ("锦江区第一幼儿园", "锦江区第二幼儿园", 10, False),
        ("红旗连锁（春熙路店）", "红旗连锁（东大街店）", 30, False),
        ("红旗连锁（春熙路分店）", "红旗连锁(春熙路店)", 30, True),
        ("中国银行", "中国工商银行", 20, False),
        ("东区幼儿园", "西区幼儿园", 40, False),
        ("玉林幼儿园", "玉琳幼儿园", 50, True),
        ("玉林幼儿园", "玉琳幼儿园", 120, False),
        ("玉林幼儿园", "玉林幼儿园", 200, False),
        ("食堂", "食堂", 120, False),
        (None, None, 5, False),
    ],
)
def test_traps(one: str | None, other: str | None, metres: float, same: bool) -> None:
    study = lists(("a", "1", "canteen", one, 0, 0, None), ("b", "2", "canteen", other, metres, 0, None))  # type: ignore[arg-type]
    assert bool(together(study)) == same


def test_one_telephone_joins_what_is_alike_and_another_keeps_a_slip_apart() -> None:
    one = ("a", "1", "canteen", "玉林便民食堂", 0, 0, "028-8555 1234")
    alike = ("b", "2", "canteen", "玉林街便民大食堂", 90, 0, "85551234")
    assert together(lists(one, alike)) == [["1", "2"]]
    assert together(lists(one, (*alike[:6], "85550000"))) == []
    slip = ("b", "2", "canteen", "玉琳便民食堂", 10, 0, "85550000")
    assert together(lists(one, slip)) == []


def test_entries_of_one_list_fall_together_only_where_they_say_the_same() -> None:
    rows = [("a", "1", "canteen", "玉林食堂", 0, 0, None), ("a", "2", "canteen", "玉琳食堂", 10, 0, None)]
    assert together(lists(*rows)) == []
    assert together(lists(rows[0], ("a", "2", "canteen", "玉林食堂", 10, 0, None))) == [["1", "2"]]
    both = lists(*rows, ("b", "3", "canteen", "玉林食堂", 4, 0, None))
    assert together(both) == [["1", "3"]]


def test_a_merged_facility_keeps_the_planners_id_all_that_is_known_and_the_best_entrances() -> None:
    study = lists(
        ("map", "osm/n1", "canteen", "玉林食堂", 0, 0, "85551234"), ("a", "7", "canteen", "玉林社区食堂", 30, 0, None)
    )
    entrances = towns.doors(study.facilities, **{"osm/n1": [(0, 10), (0, -10)]})
    study = replace(study, entrances=entrances)
    merged, findings, facts = merge_facilities(study, {})
    (one,) = merged.facilities.itertuples()
    assert (one.facility_id, one.name, one.phone) == ("7", "玉林社区食堂", "85551234")
    assert one.merged_from == "map: osm/n1 玉林食堂"
    assert merged.entrances["facility_id"].tolist() == ["7", "7"]
    assert [f.code for f in findings] == ["facilities_merged"]
    assert facts["facilities_merged"] == 1


def test_what_was_decided_is_not_asked_again(tmp_path: Path) -> None:
    study = lists(
        ("a", "1", "canteen", "玉林幼儿园", 0, 0, None), ("b", "2", "canteen", "玉琳幼儿园", 120, 0, None),
        ("a", "3", "canteen", "=芳草幼儿园", 1000, 0, None), ("b", "4", "canteen", "芳早幼儿园", 1120, 0, None),
    )  # fmt: skip
    _, findings, facts = merge_facilities(study, {})
    assert [f.code for f in findings] == ["pairs_doubtful"]
    file = tmp_path / "decisions.csv"
    file.write_text(decisions_text(file, facts["doubtful_pairs"]), encoding="utf-8")
    text = file.read_text(encoding="utf-8")
    assert "'=芳草幼儿园" in text
    lines = text.splitlines()
    file.write_text("\n".join([lines[0], "相同" + lines[1], "different" + lines[2]]), encoding="utf-8")
    decisions = read_decisions(file)
    assert decisions == {pair_key(("a", "1"), ("b", "2")): True, pair_key(("a", "3"), ("b", "4")): False}
    merged, findings, facts = merge_facilities(study, decisions)
    assert [f.code for f in findings] == ["facilities_merged"]
    assert facts["doubtful_pairs"] == []
    assert len(merged.facilities) == 3
    again = decisions_text(file, [])
    assert [line.split(",")[0] for line in again.splitlines()[1:]] == ["相同", "different"]


def test_a_decision_in_other_words_is_told_with_its_row(tmp_path: Path) -> None:
    file = tmp_path / "decisions.csv"
    file.write_text("decision,source_a,source_b,id_a,id_b\nsame,a,b,1,2\nmaybe,a,b,3,4\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_decisions(file)
    assert [(p.code, p.rows) for p in caught.value.problems] == [("decision_unknown", (2,))]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_changes_nothing_and_merging_twice_is_merging_once(seed: int) -> None:
    study = two_departments(seed)
    order = np.random.default_rng(seed).permutation(len(study.facilities))
    moved = replace(study, facilities=study.facilities.iloc[order].reset_index(drop=True))
    assert together(moved) == together(study)
    once, _, _ = merge_facilities(study, {})
    twice, _, facts = merge_facilities(once, {})
    assert facts["facilities_merged"] == 0
    assert twice.facilities["facility_id"].tolist() == once.facilities["facility_id"].tolist()


def test_names_compare_the_same_both_ways() -> None:
    names = [
        plain_name(name)
        for name in ("玉林食堂", "玉琳食堂", "第一食堂", "第二食堂", "银行（东店）", "银行（西门店）", "")
    ]
    one = [a for a in names for _ in names]
    other = [b for _ in names for b in names]
    there, back = compare_names(one, other), compare_names(other, one)
    for fact in ("equal", "close", "alike", "apart"):
        assert getattr(there, fact).tolist() == getattr(back, fact).tolist()
