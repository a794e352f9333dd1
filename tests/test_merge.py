"""The same place in several lists becomes one facility; namesakes stay two; what is doubtful is asked."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo.intake.classify import read_categories
from geo.intake.merge import Decisions, Merged, merge, pair_of, row_keys
from web.settings import ROOT

CRS = "EPSG:4544"
WORDS = tuple(read_categories(ROOT / "data" / "categories" / "categories.yaml").evidence.words)
PLACES = "玉林 芳草 肖家河 桐梓林 跳伞塔 致民路 望江 龙舟路 莲花 水井坊 督院街 书院街 草堂 府南 光华 新华西 清江 沙河 双桥子 建设路 万年场 保和 青龙 二仙桥 府青路 驷马桥 荷花池 九里堤 抚琴 西安路 茶店子 营门口 金泉 机投 簇桥 红牌楼 晋阳 火车南站 石羊 中和".split()  # noqa: E501, SIM905
KINDS = {
    "canteen": ("社区食堂", "长者食堂"), "primary_school": ("小学", "实验小学"), "pharmacy": ("大药房", "药店"),
    "kindergarten": ("幼儿园", "机关幼儿园"), "wet_market": ("农贸市场", "菜市场"),
    "bank": ("工商银行{}支行", "建设银行{}支行"), "health_station": ("社区卫生服务站", "卫生服务站"),
    "supermarket": ("红旗超市({}店)", "舞东风超市({}店)"), "park": ("公园", "游园"),
}  # fmt: skip
HOMOPHONES = dict(zip("玉芳河林塔路江街堂华青龙桥金泉石中和", "裕方何琳塌陆姜阶糖花清隆乔今全实钟合", strict=True))


def table(rows: list[tuple[str, str | None, str, float, float, str]], **more: list[str | None]) -> gpd.GeoDataFrame:
    """Facilities: id, name, category, x, y, source."""
    frame = pd.DataFrame([r[:3] + r[5:] for r in rows], columns=["facility_id", "name", "category", "source"])
    frame = frame.assign(capacity=np.nan, **more)
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy([r[3] for r in rows], [r[4] for r in rows]), crs=CRS)


def merged(frame: gpd.GeoDataFrame, decisions: Decisions | None = None) -> Merged:
    return merge(frame, frame[["facility_id", "geometry"]], WORDS, decisions)


def misspelt(name: str, rng: np.random.Generator) -> str:
    """The name as another office writes it."""
    way = int(rng.integers(0, 8))
    at = [n for n, sign in enumerate(name) if sign in HOMOPHONES]
    if way == 0 and at:
        n = int(rng.choice(at))
        return name[:n] + HOMOPHONES[name[n]] + name[n + 1 :]
    if way == 1 and len(name) > 5:
        n = int(rng.integers(0, 2))
        return name[:n] + name[n + 1] + name[n] + name[n + 2 :]
    if way == 2 and len(name) > 5:
        n = int(rng.integers(1, len(name) - 1))
        return name[:n] + name[n + 1 :]
    changes = {3: name.replace("社区", ""), 4: f"成都市{name}", 5: name.replace("(", "（").replace("店)", "分店）"),
               6: f"{name}有限公司", 7: f"武侯区{name}"}  # fmt: skip
    return changes.get(way, name)


def two_lists(rng: np.random.Generator) -> tuple[gpd.GeoDataFrame, set[tuple[str, str]]]:
    """Two lists with 200 places in common, 100 of their own each, many of them near-namesakes near the common ones."""
    kinds, rows, true = list(KINDS), [], set()
    for n in range(200):
        category = kinds[n % len(kinds)]
        name = _name(category, PLACES[int(rng.integers(len(PLACES)))], rng)
        x, y = rng.uniform(0, 12_000, 2)
        angle, off = rng.uniform(0, 2 * np.pi), rng.uniform(0, 60)
        rows.append((f"a{n}", name, category, x, y, "a.csv"))
        there = (x + off * np.cos(angle), y + off * np.sin(angle))
        rows.append((f"b{n}", misspelt(name, rng), category, *there, "b.csv"))
        true.add((f"a.csv|a{n}", f"b.csv|b{n}"))
        if n % 2:
            other = _name(category, PLACES[int(rng.integers(len(PLACES)))], rng)
            while other[:2] == name[:2] or other == name or other[-6:] == name[-6:]:
                other = _name(category, PLACES[int(rng.integers(len(PLACES)))], rng)
            for mine in "ab":
                if mine == "ab"[(n // 2) % 2]:
                    rows.append((f"{mine}x{n}", other, category, x + 40, y + 40, f"{mine}.csv"))
    return table(rows), true


def _name(category: str, place: str, rng: np.random.Generator) -> str:
    kind = KINDS[category][int(rng.integers(2))]
    return kind.format(place) if "{}" in kind else place + kind


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_of_200_common_places_of_two_lists_95_percent_are_found_and_1_percent_wrong(seed: int) -> None:
    frame, true = two_lists(np.random.default_rng(seed))
    result = merged(frame)
    found = {pair_of(a, b) for group in result.groups for a in group for b in group if a < b}
    asked = {pair_of(a, b) for a, b in zip(result.doubtful["key_a"], result.doubtful["key_b"], strict=True)}
    wrong, missed = found - true, true - found
    told = f"found {len(found & true)} of {len(true)}, wrong {len(wrong)}, asked {len(missed & asked)} of {len(missed)}"
    names = dict(zip(row_keys(frame), frame["name"], strict=True))
    shown = [(names[a], names[b]) for a, b in sorted(wrong | (missed - asked))]
    assert len(found & true) >= 0.95 * len(true), (told, [(names[a], names[b]) for a, b in sorted(missed)])
    assert len(wrong) <= 0.01 * len(found), (told, shown)
    assert missed <= asked, (told, shown)


def test_branches_across_the_street_stay_two() -> None:
    rows = [
        ("1", "工商银行(玉林支行)", "bank", 0.0, 0.0, "a.csv"), ("2", "工商银行(芳草支行)", "bank", 30.0, 0.0, "b.csv"),
        ("3", "第三幼儿园", "kindergarten", 0.0, 0.0, "a.csv"), ("4", "第四幼儿园", "kindergarten", 9.0, 0.0, "b.csv"),
        ("5", None, "toilet", 0.0, 0.0, "a.csv"), ("6", None, "toilet", 5.0, 0.0, "b.csv"),
        ("7", "玉林公厕", "toilet", 0.0, 50.0, "a.csv"), ("8", "玉林公厕", "toilet", 0.0, 90.0, "a.csv"),
    ]  # fmt: skip
    result = merged(table(rows))
    assert len(result.facilities) == 8
    assert result.doubtful.empty


def test_a_merged_facility_keeps_the_first_id_every_source_and_all_attributes() -> None:
    rows = [
        ("1", "玉林食堂", "canteen", 0.0, 0.0, "a.csv"), ("2", "玉林社区食堂", "canteen", 20.0, 0.0, "b.csv"),
        ("3", "玉林社区食堂", "canteen", 22.0, 0.0, "b.csv"),
    ]  # fmt: skip
    frame = table(rows)
    frame["opening"] = ["08:00-18:00", None, None]
    result = merged(frame)
    (one,) = result.facilities.to_dict("records")
    assert (one["facility_id"], one["name"], one["source"]) == ("1", "玉林社区食堂", "a.csv; b.csv")
    assert one["opening"] == "08:00-18:00"
    assert {other["facility_id"] for other in json.loads(one["merged_from"])} <= {"1", "2", "3"}
    assert result.entrances["facility_id"].tolist() == ["1"]


def test_what_is_decided_is_done_and_not_asked_again() -> None:
    rows = [("1", "玉林小学", "primary_school", 0.0, 0.0, "a"), ("2", "玉林中学", "junior_school", 9.0, 0.0, "b")]
    frame = table(rows)
    first = merged(frame)
    assert len(first.facilities) == 2
    (asked,) = first.doubtful.to_dict("records")
    pair = (asked["key_a"], asked["key_b"])
    same = merged(frame, Decisions(same=frozenset({pair})))
    assert (len(same.facilities), len(same.doubtful)) == (1, 0)
    different = merged(frame, Decisions(different=frozenset({pair})))
    assert (len(different.facilities), len(different.doubtful)) == (2, 0)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_changes_nothing_but_ids_and_merging_again_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame, _ = two_lists(rng)
    mixed = frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
    one, two = merged(frame), merged(mixed)
    assert {frozenset(g) for g in one.groups} == {frozenset(g) for g in two.groups}
    assert sorted(zip(one.facilities["name"], one.facilities.geometry.x, strict=True)) == sorted(
        zip(two.facilities["name"], two.facilities.geometry.x, strict=True)
    )
    again = merge(one.facilities, one.entrances, WORDS)
    assert len(again.facilities) == len(one.facilities)
