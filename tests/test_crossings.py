"""Crossings, lifts and one-way walks: where they stand, told from OpenStreetMap; seconds by arithmetic; laws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import towns
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString
from test_osm import grid, osm_xml, read
from test_slopes import MINUTES, SHIPPED, hilly_towns

from geo.judge.reachable import find_reachable
from geo.model.standards import Profile, Text
from geo.model.standards.hindrances import CROSSINGS, KERBS, SURFACES, Figure, Hindrances
from geo.model.study import Study
from geo.walk.build import build_network
from geo.walk.isochrone import isochrone_at
from geo.walk.snap import join
from geo.walk.timed import timed_joins, timed_network

WAITS = {"primary": 20, "primary signals": 30, "secondary": 15, "residential": 6, "service": 0}
"""Seconds; walks below are at 1 m/s."""

WALKER = Profile(
    "walker", Text("行人", "walker"), 1.0, 0.5, "town",
    hindrances=Hindrances((
        *(Figure("crossings", name, float(s), "ours", "town") for name, s in WAITS.items()),
        Figure("lifts", "wait_s", 40.0, "ours", "town"),
    )),
)  # fmt: skip

Tags = Mapping[str, str]
FOOT = {"highway": "footway"}


def study_of(streets: gpd.GeoDataFrame, home: tuple[float, float], shop: tuple[float, float]) -> Study:
    """A study of streets read from OpenStreetMap, put so that a step of the grid is 100 m east or north."""
    lines = [
        LineString(
            [towns.at(*(round((v - g) * 1e5, 3) for v, g in zip(xy, grid(0, 0), strict=True))) for xy in line.coords]
        )
        for line in streets.geometry
    ]
    plain = streets.drop(columns="is_private").assign(climb_forward=np.nan, climb_back=np.nan)
    drawn = gpd.GeoDataFrame(plain.drop(columns="geometry"), geometry=lines, crs=towns.CRS)
    drawn["length_m"] = drawn.length
    return towns.study(
        streets=drawn, facilities=towns.facilities(("c", "clinic", *shop)), demand=towns.homes(("h", 1, *home))
    )


def seconds(town: Study, profile: Profile = WALKER) -> float:
    found = find_reachable(town, build_network(town), MINUTES, profile)
    assert found.walk_s is not None
    return float(found.walk_s[0, 0])


#   6         a road 1-2-3 from west to east, a path 5-2-6 from south to north over its middle
# 1-2-3
#   5
PLACES = {1: grid(-1, 0), 2: grid(0, 0), 3: grid(1, 0), 5: grid(0, -1), 6: grid(0, 1)}


def meeting(
    folder: Path, road: Tags, paths: Mapping[int, tuple[Sequence[int], Tags]], nodes: Mapping[int, Tags] | None = None
) -> gpd.GeoDataFrame:
    """The streets where paths meet a road, from an XML file."""
    return read(folder, osm_xml(PLACES, {10: ([1, 2, 3], road), **paths}, nodes=nodes)).streets


OVER = {20: ([5, 2, 6], FOOT)}
IN_TWO = {20: ([5, 2], {**FOOT, "footway": "crossing"}), 21: ([2, 6], {**FOOT, "footway": "crossing"})}


@pytest.mark.parametrize(
    ("road", "paths", "nodes", "wait"),
    [
        ({"highway": "primary"}, OVER, {}, 20),
        ({"highway": "primary_link"}, OVER, {}, 20),
        ({"highway": "unclassified"}, OVER, {}, 6),
        ({"highway": "service"}, OVER, {}, 0),
        ({"highway": "footway"}, OVER, {}, 0),
        ({"highway": "primary"}, OVER, {2: {"highway": "crossing"}}, 20),
        ({"highway": "primary"}, OVER, {2: {"highway": "crossing", "crossing": "traffic_signals"}}, 30),
        ({"highway": "primary"}, OVER, {2: {"highway": "traffic_signals"}}, 30),
        ({"highway": "primary"}, IN_TWO, {}, 20),
        ({"highway": "primary"}, {20: ([5, 2, 6], {**FOOT, "footway": "crossing", "crossing:signals": "yes"})}, {}, 30),
        ({"highway": "primary", "oneway": "yes"}, OVER, {}, 10),
        ({"highway": "primary", "foot": "use_sidepath"}, OVER, {}, 20),
        ({"highway": "primary", "foot": "no", "oneway": "-1"}, IN_TWO, {2: {"crossing": "traffic_signals"}}, 15),
        ({"highway": "primary"}, {20: ([5, 2, 6], {"highway": "residential"})}, {}, 20),
        ({"highway": "residential"}, {20: ([5, 2, 6], {"highway": "residential"})}, {}, 0),
    ],
)  # fmt: skip
def test_a_walk_over_a_road_waits_once(
    road: Tags, paths: Mapping[int, tuple[Sequence[int], Tags]], nodes: Mapping[int, Tags], wait: float, tmp_path: Path
) -> None:
    town = study_of(meeting(tmp_path, road, paths, nodes), (0, -100), (0, 100))
    assert seconds(town) == pytest.approx(200 + wait, abs=0.02)


@pytest.mark.parametrize("nodes", [{}, {2: {"highway": "crossing", "crossing": "traffic_signals"}}])
def test_a_walk_along_the_road_never_waits(nodes: Mapping[int, Tags], tmp_path: Path) -> None:
    town = study_of(meeting(tmp_path, {"highway": "primary"}, OVER, nodes), (-100, 0), (100, 0))
    assert seconds(town) == pytest.approx(200, abs=0.02)


def test_a_path_that_ends_at_a_road_waits_only_where_a_crossing_is_marked(tmp_path: Path) -> None:
    ends = {20: ([5, 2], FOOT)}
    plain, marked = (meeting(tmp_path, {"highway": "primary"}, ends, n) for n in ({}, {2: {"highway": "crossing"}}))
    assert seconds(study_of(plain, (0, -100), (100, 0))) == pytest.approx(200, abs=0.02)
    assert seconds(study_of(marked, (0, -100), (100, 0))) == pytest.approx(210, abs=0.02)


def test_a_divided_road_is_crossed_once(tmp_path: Path) -> None:
    """Two one-way lines 100 m apart; the path crosses both: 300 m and the wait of one road."""
    places = {**PLACES, 4: grid(-1, 1), 7: grid(1, 1), 8: grid(0, 2)}
    half = {"highway": "primary", "oneway": "yes"}
    ways = {10: ([1, 2, 3], half), 11: ([4, 6, 7], half), 20: ([5, 2, 6, 8], FOOT)}
    town = study_of(read(tmp_path, osm_xml(places, ways)).streets, (0, -100), (0, 200))
    assert seconds(town) == pytest.approx(300 + 20, abs=0.02)


def test_a_road_that_changes_its_kind_is_walked_along_without_a_wait(tmp_path: Path) -> None:
    ways = {11: ([2, 3], {"highway": "residential"}), 12: ([5, 2], FOOT)}
    streets = read(tmp_path, osm_xml(PLACES, {10: ([1, 2], {"highway": "primary"}), **ways})).streets
    assert seconds(study_of(streets, (-100, 0), (100, 0))) == pytest.approx(200, abs=0.02)


@pytest.mark.parametrize("is_node", [True, False])
def test_a_lift_is_waited_for_once(is_node: bool, tmp_path: Path) -> None:
    if is_node:
        streets = meeting(tmp_path, {"highway": "footway"}, OVER, {2: {"highway": "elevator"}})
    else:
        places = {**PLACES, 7: grid(0, -0.5)}
        ways = {20: ([5, 7], FOOT), 21: ([7, 2], {"highway": "elevator"}), 22: ([2, 6], FOOT)}
        streets = read(tmp_path, osm_xml(places, ways)).streets
    assert seconds(study_of(streets, (0, -100), (0, 100))) == pytest.approx(240, abs=0.02)


@pytest.mark.parametrize(
    ("tags", "there", "back"),
    [
        ({"highway": "footway", "oneway:foot": "yes"}, 100, 300),
        ({"highway": "footway", "oneway:foot": "-1"}, 300, 100),
        ({"highway": "steps", "conveying": "forward"}, 200, 300),
        ({"highway": "steps", "conveying": "backward"}, 300, 200),
        ({"highway": "steps", "conveying": "reversible"}, 200, 200),
        ({"highway": "footway", "oneway": "yes"}, 100, 100),
    ],
)
def test_one_way_walks_and_escalators(tags: Tags, there: float, back: float, tmp_path: Path) -> None:
    """100 m from 1 to 2, by steps at half the speed, or 300 m round by 3 and 4."""
    places = {1: grid(0, 0), 2: grid(1, 0), 3: grid(1, 1), 4: grid(0, 1)}
    streets = read(tmp_path, osm_xml(places, {10: ([1, 2], tags), 11: ([2, 3, 4, 1], FOOT)})).streets
    assert seconds(study_of(streets, (0, 0), (100, 0))) == pytest.approx(there, abs=0.02)
    assert seconds(study_of(streets, (100, 0), (0, 0))) == pytest.approx(back, abs=0.02)


def test_a_place_on_the_crossing_waits_for_its_own_half_only() -> None:
    """A crossing of 20 m with half a wait at its end: from its middle 10 s on foot, and 10 s for the half behind."""
    streets = towns.streets([(0, 0), (20, 0)], [(20, 0), (120, 0)], told={0: {"crossing_to": "primary"}})
    for home, expected in ((10, 10 + 10 + 100), (0, 20 + 10 + 100), (20, 100)):
        town = towns.study(
            streets=streets, facilities=towns.facilities(("c", "clinic", 120, 0)), demand=towns.homes(("h", 1, home, 0))
        )
        assert seconds(town) == pytest.approx(expected, abs=0.02)
        network = build_network(town)
        here = timed_joins(network, timed_network(network, WALKER), join(network, town.demand.geometry,
                           walls=town.walls.geometry), WALKER)  # fmt: skip
        assert here.offset_cm[0] == home * 100 + (1000 if home == 20 else 0)


def test_metres_know_no_crossings_and_isochrones_in_minutes_do() -> None:
    ends = {0: {"crossing_to": "primary signals"}, 1: {"crossing_from": "primary signals"}}
    town = towns.study(
        streets=towns.streets([(0, 0), (100, 0)], [(100, 0), (200, 0)], told=ends),
        facilities=towns.facilities(("c", "clinic", 0, 0)), demand=towns.homes(("h", 7, 160, 0)),
    )  # fmt: skip
    found = find_reachable(town, build_network(town), MINUTES, WALKER)
    assert found.reach.place_m[0, 0] == pytest.approx(160, abs=0.02)
    point = town.facilities.to_crs("EPSG:4326").geometry.iloc[0]
    for minutes, people in (([3.0], 0.0), ([190 / 60 + 0.001], 7.0)):
        bands, _ = isochrone_at(
            town, build_network(town), (point.x, point.y), thresholds=minutes, unit="min", profile=WALKER
        )
        assert bands["people"].tolist() == [people]


def test_a_piece_cut_by_a_wall_keeps_its_crossing_for_both_sides() -> None:
    streets = towns.streets([(0, 0), (100, 0)], told={0: {"crossing_from": "primary", "crossing_to": "secondary"}})
    town = towns.study(streets=streets, walls=towns.walls([(50, -10), (50, 10)]))
    timed = timed_network(build_network(town), WALKER)
    assert sorted(timed.edge_cm.tolist()) == [5000 + 1750] * 2


@st.composite
def hindered_towns(draw: st.DrawFn) -> Study:
    """Hilly towns whose streets have crossings, kerbs, surfaces, widths, inclines and one-way walks at random."""
    town = draw(hilly_towns())
    count = len(town.streets)

    def column(*values: object) -> list[object]:
        return draw(st.lists(st.sampled_from([None, *values]), min_size=count, max_size=count))

    told = {
        "crossing_from": column(*CROSSINGS[1:]), "crossing_to": column(*CROSSINGS[1:]), "kerb": column(*KERBS),
        "surface": column(*SURFACES), "smoothness": column("bad", "horrible"), "width_m": column(0.5, 2.0),
        "incline": column(0.05, -0.2), "oneway_foot": column("forward", "backward"),
        "wheelchair": column("yes", "limited", "no"),
    }  # fmt: skip
    return replace(town, streets=town.streets.assign(**told))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(hindered_towns())
def test_an_elder_a_child_and_a_wheelchair_user_never_reach_more(town: Study) -> None:
    """True by construction: of every figure the slower walker's is no better; cuts are rounded part by part."""
    network = build_network(town)
    walk = {name: find_reachable(town, network, MINUTES, who).walk_s for name, who in SHIPPED.items()}
    for slower, faster in (("elder", "child"), ("child", "adult"), ("wheelchair", "elder")):
        assert (walk[slower] >= walk[faster] - 0.05).all()
    plain = replace(SHIPPED["adult"], hindrances=Hindrances())
    assert (walk["adult"] >= find_reachable(town, network, MINUTES, plain).walk_s).all()


@pytest.mark.parametrize(("slower", "faster"), [("child", "adult"), ("elder", "child"), ("wheelchair", "elder")])
def test_every_figure_of_the_slower_is_no_better(slower: str, faster: str) -> None:
    slow, fast = SHIPPED[slower], SHIPPED[faster]
    assert slow.speed_mps <= fast.speed_mps
    assert (slow.steps_speed_mps or 0) <= (fast.steps_speed_mps or 0)
    assert slow.slope == fast.slope == "tobler"
    for crossing in CROSSINGS[1:]:
        assert slow.hindrances.wait_s(crossing) >= fast.hindrances.wait_s(crossing)
    assert not {figure.section for figure in fast.hindrances.figures} - {"crossings", "lifts"}
    assert {figure.section for figure in slow.hindrances.figures} >= {"crossings", "lifts"}
