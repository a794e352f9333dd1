"""Closed and planned facilities are recognised, told and kept, and serve nobody; others never suffer from a word."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import towns
from test_assess import ADULT
from test_cli import call, done, table, write_town
from test_mapping import ALIASES, csv
from test_osm import categories, grid, osm_xml, read

from geo.assess import assess, prepare
from geo.intake.classify import read_categories
from geo.intake.facilities import read_facilities
from geo.intake.raw import FileRef
from geo.intake.states import find_disputed
from geo.model.errors import RuleError
from geo.store import open_study
from layers.map import portable_map
from web.settings import ROOT

KINDS = categories().evidence.words


NAMES = {
    "planned": "玉林小学（在建） 玉林小学(规划中) 拟建玉林小学 规划小学 玉林小学-规划 玉林医院（拟建） 玉林幼儿园在建",
    "closed": "好又多超市（已关闭） 好又多超市【停业】 好又多超市·暂停营业 好又多超市停业 关闭-玉林菜市场 "
    "玉林菜市场（已拆除）",
    None: "城市规划展览馆 规划局幼儿园 规划路小学 规划馆停车场 建设中路小学 关闭矿山公园 施工技术学校 "
    "便利店（规划路店） 拆除大队食堂 玉林小学 开业大吉火锅（建设路店） 在建",
}
STATUS = {
    "open": "正常 营业中 已建成 现状保留 规划保留 存续 OPERATIONAL",
    "closed": "已停业 未营业 不营业 停止营业 暂停营业 CLOSED_TEMPORARILY inactive",
    "planned": "在建 未建成 规划 尚未开放 under_construction",
    None: "良好 1",
}


def pairs(words: dict[str | None, str]) -> list[tuple[str, str | None]]:
    return [(word, state) for state, line in words.items() for word in line.split(" ")]


@pytest.mark.parametrize(("name", "state"), [*pairs(NAMES), ("", None), ("好又多超市 暂停营业", "closed")])
def test_a_name_says_that_a_place_is_not_open_only_where_the_word_stands_apart(name: str, state: str | None) -> None:
    assert categories().states.of_name(name, KINDS) == state


@pytest.mark.parametrize(("status", "state"), pairs(STATUS))
def test_a_status_says_open_closed_planned_or_nothing(status: str, state: str | None) -> None:
    assert categories().states.of_status(status) == state


def test_a_list_keeps_what_is_not_open_apart_and_tells_the_rows(tmp_path: Path) -> None:
    heading = ("id", "名称", "类别", "营业状态", "经度", "纬度")
    rows = [
        ("a", "东街小学", "小学", "正常", 104.06, 30.65), ("b", "西街小学", "小学", "在建", 104.07, 30.65),
        ("c", "南街小学（已关闭）", "小学", "", 104.08, 30.65), ("d", "北街小学", "小学", "良好", 104.09, 30.65),
        ("e", "中街小学（在建）", "小学", "正常", 104.09, 30.66),
    ]  # fmt: skip
    (found, report), _ = read_facilities(FileRef(csv(tmp_path / "s.csv", heading, *rows)), ALIASES, categories())
    assert found["state"].tolist() == ["open", "planned", "closed", "open", "open"]
    told = {p.code: p for p in report.problems}
    assert (told["facility_not_open"].rows, told["facility_not_open"].count) == ((2, 3), 2)
    assert "1 closed and 1 planned (西街小学" in told["facility_not_open"].message
    assert told["status_unknown"].rows == (4,) and told["status_unknown"].column == "status"
    assert (report.ok, report.rejected) == (5, 0)


@pytest.mark.parametrize(
    ("tags", "state"),
    [
        ({"amenity": "school"}, "open"),
        ({"disused:amenity": "school"}, "closed"),
        ({"abandoned:amenity": "school"}, "closed"),
        ({"construction:amenity": "school"}, "planned"),
        ({"proposed:amenity": "school"}, "planned"),
        ({"planned:amenity": "school", "building": "yes"}, "planned"),
        ({"amenity": "school", "disused": "yes"}, "closed"),
        ({"amenity": "school", "construction": "yes"}, "planned"),
        ({"amenity": "school", "opening_hours": "off"}, "closed"),
        ({"amenity": "school", "name": "玉林小学（在建）"}, "planned"),
        ({"amenity": "school", "disused:amenity": "bank"}, "open"),
        ({"amenity": "school", "construction": "no", "disused:name": "旧"}, "open"),
    ],
)  # fmt: skip
def test_openstreetmap_says_what_is_not_open(tags: dict[str, str], state: str, tmp_path: Path) -> None:
    corners = {n: grid(*xy) for n, xy in enumerate([(0, 0), (1, 0), (1, 1), (0, 1)], start=1)} | {5: grid(5, 5)}
    ways = {10: ([1, 2, 3, 4, 1], tags), 11: ([1, 2], {"highway": "footway"})}
    for data in (read(tmp_path, osm_xml(corners, ways)),
                 read(tmp_path, osm_xml(corners, {11: ways[11]}, nodes={5: tags}))):  # fmt: skip
        assert data.facilities[["category", "state"]].to_numpy().tolist() == [["primary_school", state]]


def test_what_is_gone_is_nothing(tmp_path: Path) -> None:
    places = {1: grid(0, 0), 2: grid(1, 0)}
    xml = osm_xml(places, {11: ([1, 2], {"highway": "footway"})}, nodes={1: {"demolished:amenity": "school"}})
    assert read(tmp_path, xml).facilities.empty


def test_a_closed_canteen_next_door_serves_nobody_and_is_kept(tmp_path: Path) -> None:
    """The canteen at (280, 0) is open, one at the first home closed, one planned: everybody walks to the open one."""
    options = write_town(tmp_path)
    rows = [("c,食堂,canteen,营业", 280, 0), ("x,老食堂,canteen,已关闭", 0, 0), ("y,新食堂（拟建）,canteen,", 0, 10)]
    (tmp_path / "facilities.csv").write_text(table("facility_id,name,category,status", *rows), encoding="utf-8")
    done(call(tmp_path, "load", "town", *options))
    study = open_study(tmp_path, "town")
    assert study.facilities["category"].tolist() == ["pharmacy", "canteen"]
    assert study.not_open.set_index("facility_id")["state"].to_dict() == {"x": "closed", "y": "planned"}
    assert set(study.entrances["facility_id"]) == set(study.facilities["facility_id"])
    assert study.report.facts["facilities_not_open"] == {"closed": 1, "planned": 1}
    done(call(tmp_path, "assess", "town"))
    done(call(tmp_path, "export", "town", "--layer", "demand", "--out", tmp_path / "d.csv"))
    homes = pd.read_csv(tmp_path / "d.csv").set_index("demand_id")
    assert homes["nearest_id_canteen"].tolist() == ["c", "c"]
    assert homes["walk_m_canteen"].tolist() == [280, 200]
    done(call(tmp_path, "export", "town", "--layer", "not_open", "--out", tmp_path / "n.csv"))
    assert sorted(pd.read_csv(tmp_path / "n.csv")["state"]) == ["closed", "planned"]


@pytest.mark.parametrize(
    ("name", "east", "source", "count"),
    [
        ("玉林小学", 20, "b.csv", 1),
        ("玉林小学", 30, "a.csv", 0),
        ("玉林小学", 200, "b.csv", 0),
        ("芳草小学", 20, "b.csv", 0),
    ],
)
def test_lists_that_disagree_whether_a_place_is_open_are_told(name: str, east: float, source: str, count: int) -> None:
    shut = towns.facilities(("x", "primary_school", 0, 0)).assign(name="玉林小学", source="a.csv", state="closed")
    still = towns.facilities(("y", "primary_school", east, 0)).assign(name=name, source=source)
    told = find_disputed(towns.study(facilities=still, not_open=shut))
    assert [(p.code, p.count) for p in told] == [("state_disputed", 1)] * count
    assert all("玉林小学: closed in a.csv" in p.message for p in told)
    assert find_disputed(towns.line_town()) == ()


def test_the_portable_map_draws_planned_places_apart_and_closed_ones_not_at_all(tmp_path: Path) -> None:
    libraries = ROOT / "web" / "static" / "lib"
    if not (libraries / "leaflet.js").is_file():
        pytest.skip("the browser libraries are not set up")
    places = towns.facilities(("y", "canteen", 0, 10), ("x", "canteen", 0, 20)).assign(state=["planned", "closed"])
    places["name"] = ["Canteen to be", "Canteen of old"]
    town = replace(towns.line_town(), not_open=places)
    judged = assess(town, prepare(town), towns.standard(towns.rule("r", "canteen", metres=500)), ADULT,
                    code_version="t", created="2026-11-24")  # fmt: skip
    page = portable_map(town, judged, lang="en", libraries=libraries)
    assert "Planned, not counted" in page and "Canteen to be" in page and "Canteen of old" not in page
    assert "Planned, not counted" not in portable_map(towns.line_town(), judged, lang="en", libraries=libraries)


@pytest.mark.parametrize(
    ("states", "key", "line"),
    [
        ("{planned: {status: [x]}, gone: {status: [y]}}", "gone", 1),
        ("{planned: {status: [x], words: [y]}}", "words", 1),
        ("{planned: {status: [3]}}", "status", 1),
        ("{planned: {names: [x]}, closed: {names: [x]}}", "names", 1),
    ],
)
def test_a_slip_in_the_words_of_states_is_told(states: str, key: str, line: int, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(f"states: {states}\ngroups: {{}}\ncategories: []\n", encoding="utf-8")
    with pytest.raises(RuleError, match=key) as fault:
        read_categories(path)
    assert fault.value.line == line


def test_words_of_a_planners_own_table_add_to_ours(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("states: {closed: {status: [打烊]}}\ncategories: []\n", encoding="utf-8")
    ours = Path(__file__).resolve().parents[1] / "data" / "categories" / "categories.yaml"
    states = read_categories(ours, tmp_path / "own.yaml").states
    assert (states.of_status("打烊"), states.of_status("在建")) == ("closed", "planned")
