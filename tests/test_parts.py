"""Entries that are parts of another are folded into it, by name and distance or by the list's own word."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import towns
from test_osm import categories

from geo.intake.merge import merge_facilities
from geo.intake.parts import fold_parts
from geo.model.study import Study

Row = tuple[str, str, float]
"""Name, category, metres east."""


def lists(*rows: Row, parent: dict[int, str] | None = None) -> Study:
    """Facilities with ids f0, f1 ... of one list."""
    drawn = towns.facilities(*((f"f{n}", category, x, 0) for n, (_, category, x) in enumerate(rows)))
    drawn["name"] = [name for name, *_ in rows]
    if parent:
        drawn["parent"] = [parent.get(n) for n in range(len(rows))]
    return towns.study(streets=towns.streets([(0, 0), (900, 0)]), facilities=drawn)


def left(study: Study) -> list[str]:
    return fold_parts(study, categories())[0].facilities["name"].tolist()


@pytest.mark.parametrize(
    ("part", "category"),
    [
        ("人民医院-急诊科", "hospital"), ("人民医院（急诊科）", "unclassified"), ("人民医院住院部", "hospital"),
        ("人民医院 门诊部", "clinic"), ("人民医院停车场入口", "parking"), ("人民医院东门", "hospital"),
    ],
)  # fmt: skip
def test_a_part_of_a_hospital_is_folded_into_it(part: str, category: str) -> None:
    study, found = fold_parts(lists((part, category, 100), ("人民医院", "hospital", 0)), categories())
    assert study.facilities["name"].tolist() == ["人民医院"]
    assert study.facilities["merged_from"].tolist() == [f"town: f0 {part}"]
    assert set(study.entrances["facility_id"]) == {"f1"}
    assert [(p.code, p.count) for p in found] == [("parts_folded", 1)]


@pytest.mark.parametrize(
    ("whole", "other", "category", "east"),
    [
        (("人民医院", "hospital"), "人民医院急诊科", "hospital", 301),
        (("人民医院", "hospital"), "人民医院住院部", "bus_stop", 50),
        (("人民医院", "hospital"), "人民医院东门", "bus_stop", 50),
        (("人民医院", "hospital"), "人民医院分院", "hospital", 50),
        (("人民医院", "hospital"), "人民医院路药店", "pharmacy", 50),
        (("人民医院", "hospital"), "第二人民医院急诊科", "hospital", 50),
        (("人民医院", "hospital"), "人民医院停车场", "parking", 50),
        (("玉林小学", "primary_school"), "玉林小学附属幼儿园", "kindergarten", 50),
        (("玉林中学", "junior_school"), "玉林中学高中部", "senior_school", 50),
        (("玉林小学", "primary_school"), "玉林小学东校区", "primary_school", 50),
        (("玉林小学", "primary_school"), "玉林小学住院部", "primary_school", 50),
        (("玉林公园", "park"), "玉林公园东门便利店", "convenience_store", 50),
        (("春熙购物中心", "shopping_mall"), "春熙购物中心超市", "supermarket", 50),
        (("医院", "hospital"), "医院急诊科", "hospital", 50),
        (("十字街口", "park"), "十字街", "park", 50),
    ],
)  # fmt: skip
def test_what_only_sounds_like_a_part_stays(whole: tuple[str, str], other: str, category: str, east: float) -> None:
    assert sorted(left(lists((*whole, 0), (other, category, east)))) == sorted([whole[0], other])


def test_the_parking_of_a_mall_stays_and_its_entrances_go() -> None:
    rows = (
        ("春熙购物中心", "shopping_mall", 0),
        ("春熙购物中心停车场", "parking", 80),
        ("春熙购物中心停车场入口", "parking", 90),
    )
    study, _ = fold_parts(lists(*rows), categories())
    assert study.facilities["name"].tolist() == ["春熙购物中心", "春熙购物中心停车场"]
    assert study.facilities["merged_from"].tolist() == [None, "town: f2 春熙购物中心停车场入口"]


def test_the_nearest_of_two_parents_takes_the_part_and_parts_of_parts_go_to_the_whole() -> None:
    rows = (
        ("康宁大药房", "pharmacy", 0),
        ("人民医院", "hospital", 0),
        ("人民医院", "hospital", 500),
        ("人民医院门诊部", "hospital", 400),
    )
    study, _ = fold_parts(lists(*rows, ("人民医院门诊部南门", "hospital", 390)), categories())
    assert study.facilities["facility_id"].tolist() == ["f0", "f1", "f2"]
    assert study.facilities["merged_from"].tolist() == [
        None,
        None,
        "town: f3 人民医院门诊部; town: f4 人民医院门诊部南门",
    ]


def test_gates_are_entrances_in_place_of_the_places_own_point() -> None:
    rows = (
        ("玉林小学", "primary_school", 100),
        ("玉林小学东门", "primary_school", 160),
        ("玉林小学-2号门", "unclassified", 40),
    )
    study, _ = fold_parts(lists(*rows, ("芳草小学", "primary_school", 500)), categories())
    doors = study.entrances.assign(x=np.round(study.entrances.geometry.x - towns.EAST))
    assert sorted(zip(doors["facility_id"], doors["x"], strict=True)) == [("f0", 40), ("f0", 160), ("f3", 500)]


def test_metro_exits_are_entrances_of_the_station() -> None:
    rows = (
        ("玉林地铁站", "metro_station", 0),
        ("玉林地铁站A口", "metro_station", 50),
        ("玉林地铁站(C2口)", "metro_station", 90),
    )
    assert left(lists(*rows)) == ["玉林地铁站"]


@pytest.mark.parametrize(
    ("parent", "names"),
    [
        ({1: "f0"}, ["华西医院", "好邻居超市"]),
        ({1: "f0", 2: "f0"}, ["华西医院", "好邻居超市"]),
        ({1: "nowhere"}, ["华西医院", "第一住院楼", "好邻居超市"]),
        ({0: "f1", 1: "f0"}, ["华西医院", "第一住院楼", "好邻居超市"]),
        ({1: "f1"}, ["华西医院", "第一住院楼", "好邻居超市"]),
    ],
)
def test_a_list_that_names_the_parent_is_believed_for_places_of_one_kind(
    parent: dict[int, str], names: list[str]
) -> None:
    rows = ("华西医院", "hospital", 0), ("第一住院楼", "hospital", 400), ("好邻居超市", "supermarket", 10)
    study, _ = fold_parts(lists(*rows, parent=parent), categories())
    assert study.facilities["name"].tolist() == names
    assert "parent" not in study.facilities


def test_parts_of_merged_entries_are_all_named_and_nothing_folds_twice() -> None:
    town = lists(("人民医院", "hospital", 0), ("人民医院急诊科", "hospital", 60), ("人民医院", "hospital", 10))
    drawn = town.facilities.assign(source=["a.csv", "a.csv", "b.csv"])
    folded, _ = fold_parts(replace(town, facilities=drawn), categories())
    merged, _, _ = merge_facilities(folded, {})
    assert merged.facilities["merged_from"].tolist() == ["a.csv: f1 人民医院急诊科; b.csv: f2 人民医院"]
    assert fold_parts(merged, categories())[1] == ()
