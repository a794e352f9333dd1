"""Slopes: minutes uphill and downhill by arithmetic, by Dijkstra on a directed graph, and laws of the profiles."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import rasterio
import towns
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point
from test_raster import written

from geo.intake.elevation import COLUMNS, against_the_flat, climb_of
from geo.intake.gather import Inputs
from geo.intake.load import load_study
from geo.intake.raw import FileRef
from geo.judge.reachable import find_reachable
from geo.model.errors import InputError, RuleError
from geo.model.standards import Profile, Text, read_profile
from geo.model.study import Study
from geo.walk.build import build_network
from geo.walk.network import Network
from geo.walk.reach import Entrances, costs_around, costs_at, nearest_of_groups
from geo.walk.snap import Joins, join
from geo.walk.table import walk_table
from geo.walk.timed import CLOSED, timed_joins, timed_network

DATA = Path(__file__).resolve().parents[1] / "data"
HIKER = Profile("hiker", Text("徒步者", "hiker"), 1.0, 0.5, "town", "tobler", "town")
SHIPPED = {name: read_profile(DATA / "profiles" / f"{name}.yaml") for name in ("adult", "child", "elder", "wheelchair")}
MINUTES = towns.standard(towns.rule("minutes", "clinic", minutes=12))
UPHILL = float(np.exp(0.35))


def hillside(folder: Path, *, rise: float = 0.1, cell: float = 30, width: int = 30) -> FileRef:
    """Heights that rise eastwards evenly, from 60 m west of the town's origin on."""
    heights = np.tile(rise * cell * (np.arange(width) + 0.5), (10, 1))
    place = (cell, 0, towns.EAST - 60, 0, -cell, towns.NORTH + 5 * cell)
    return written(folder / "hill.tif", heights, crs=towns.CRS, transform=rasterio.Affine(*place))


def on_hill(study: Study, ref: FileRef) -> Study:
    """The town with the slopes of the raster."""
    climb, _ = climb_of(study.streets, ref)
    return replace(study, streets=study.streets.assign(**climb))


def hill_town(clinic: float, home: float) -> Study:
    """One street of 600 m from west to east; the clinic and the home stand on it."""
    return towns.study(
        streets=towns.streets([(0, 0), (600, 0)]),
        facilities=towns.facilities(("k", "clinic", clinic, 0)),
        demand=towns.homes(("h", 10, home, 0)),
    )


def test_tobler_against_the_flat() -> None:
    assert against_the_flat(np.array([0.0, 0.1, -0.1, -0.05])) == pytest.approx([1, UPHILL, 1, np.exp(-0.175)])
    assert against_the_flat(np.array([9.0])) == pytest.approx(np.exp(3.5 * 0.35))


@pytest.mark.parametrize("cell", [30, 5])
def test_a_street_of_ten_per_cent_both_ways(tmp_path: Path, cell: float) -> None:
    ref = hillside(tmp_path, cell=cell, width=900 // int(cell))
    climb, report = climb_of(hill_town(600, 0).streets, ref)
    assert climb.loc[0].tolist() == pytest.approx([UPHILL, 1.0, 60.0, 0.0], abs=1e-4)
    assert report.facts["covered_share"] == 1
    assert report.facts["cell_m"] == pytest.approx(30, abs=0.1)


@pytest.mark.parametrize(
    ("clinic", "home", "seconds"), [(600, 0, 600 * UPHILL), (0, 600, 600.0), (450, 50, 400 * UPHILL)]
)
def test_a_resident_walks_from_home_to_the_clinic(tmp_path: Path, clinic: float, home: float, seconds: float) -> None:
    town = on_hill(hill_town(clinic, home), hillside(tmp_path))
    found = find_reachable(town, build_network(town), MINUTES, HIKER)
    assert found.walk_s is not None
    assert found.walk_s[0, 0] == pytest.approx(seconds, abs=0.05)
    assert found.reach.place_m[0, 0] == abs(clinic - home)


def test_from_a_place_outwards_is_the_other_way(tmp_path: Path) -> None:
    town = on_hill(hill_town(0, 600), hillside(tmp_path))
    network = build_network(town)
    timed = timed_network(network, HIKER)
    joins = [join(network, table.geometry, walls=town.walls.geometry) for table in (town.facilities, town.demand)]
    clinic, home = (timed_joins(network, timed, j, HIKER) for j in joins)
    cost, _ = costs_around(timed, clinic, 100_000)
    assert costs_at(timed, home, cost, clinic)[0] / 100 == pytest.approx(600 * UPHILL, abs=0.05)


def test_streets_beyond_the_raster_are_flat_and_told(tmp_path: Path) -> None:
    town = towns.study(streets=towns.streets([(0, 0), (600, 0)], [(600, 0), (600, 1800)]))
    climb, report = climb_of(town.streets, hillside(tmp_path))
    assert [climb[column].isna().tolist() for column in COLUMNS] == [[False, True]] * 4
    assert report.facts["covered_share"] == pytest.approx(0.25)
    assert [p.code for p in report.problems] == ["elevation_partial"]
    far = towns.study(streets=towns.streets([(0, 9000), (600, 9000)]))
    with pytest.raises(InputError) as fault:
        climb_of(far.streets, hillside(tmp_path))
    assert fault.value.code == "elevation_elsewhere"


CORNERS = [(x * 150, y * 150) for x in range(4) for y in range(4)]
SEGMENTS = [pair for pair in itertools.combinations(CORNERS, 2) if np.hypot(*np.subtract(*pair)) == 150]
spots = st.tuples(st.integers(0, 450).map(lambda x: x + 0.13), st.integers(0, 450).map(lambda y: y + 0.37))
slopes = st.floats(-0.3, 0.3)


@st.composite
def hilly_towns(draw: st.DrawFn) -> Study:
    """Some streets of a grid, each with a slope of its own and some of them steps; homes and clinics anywhere."""
    lines = draw(st.lists(st.sampled_from(SEGMENTS), min_size=8, max_size=20, unique=True))
    steps = draw(st.lists(st.integers(0, len(lines) - 1), max_size=3))
    slope = np.array(draw(st.lists(slopes, min_size=len(lines), max_size=len(lines))))
    streets = towns.streets(*lines, steps=steps)
    streets = streets.assign(climb_forward=against_the_flat(slope), climb_back=against_the_flat(-slope))
    clinics = draw(st.lists(spots, min_size=1, max_size=3))
    people = draw(st.lists(spots, min_size=1, max_size=6))
    return towns.study(
        streets=streets,
        facilities=towns.facilities(*((f"k{n}", "clinic", *xy) for n, xy in enumerate(clinics))),
        demand=towns.homes(*((f"h{n}", 1.0, *xy) for n, xy in enumerate(people))),
    )


def directed(network: Network, homes: Joins, doors: Joins) -> nx.DiGraph:
    """The textbook graph of walks outwards from homes to doors, in hundredths of a second."""
    graph = nx.DiGraph()

    def link(start: object, end: object, cost: float) -> None:
        known = graph.get_edge_data(start, end, {"weight": np.inf})["weight"]
        graph.add_edge(start, end, weight=min(int(cost), known))

    ahead, back = network.edge_cm, network.edge_back_cm
    ends = list(zip(network.edge_from.tolist(), network.edge_to.tolist(), strict=True))
    for edge, (a, b) in enumerate(ends):
        link(a, b, ahead[edge])
        link(b, a, back[edge])
    for h in np.flatnonzero(homes.is_joined).tolist():
        e, leg = homes.edge[h], homes.access_cm[h]
        link(("home", h), ends[e][0], leg + homes.back_cm[h])
        link(("home", h), ends[e][1], leg + ahead[e] - homes.offset_cm[h])
        for d in np.flatnonzero(doors.edge == e).tolist():
            onwards = doors.offset_cm[d] - homes.offset_cm[h]
            along = onwards if onwards >= 0 else homes.back_cm[h] - doors.back_cm[d]
            link(("home", h), "clinic", leg + along + doors.access_cm[d])
    for d in np.flatnonzero(doors.is_joined).tolist():
        e, leg = doors.edge[d], doors.access_cm[d]
        link(ends[e][0], "clinic", leg + doors.offset_cm[d])
        link(ends[e][1], "clinic", leg + back[e] - doors.back_cm[d])
    return graph


@settings(max_examples=60, deadline=None, derandomize=True)
@given(hilly_towns(), st.sampled_from(["hiker", "wheelchair"]))
def test_the_search_from_facilities_equals_dijkstra_from_every_home(town: Study, who: str) -> None:
    profile = HIKER if who == "hiker" else SHIPPED[who]
    network = build_network(town)
    homes, doors = (join(network, t.geometry, walls=town.walls.geometry) for t in (town.demand, town.entrances))
    towards, outwards = (timed_network(network, profile, is_towards=way) for way in (True, False))
    rows = np.arange(len(doors.edge), dtype=np.int32)
    entrances = Entrances(timed_joins(network, towards, doors, profile), rows, np.zeros(len(rows), np.int32))
    places = timed_joins(network, towards, homes, profile)
    found = nearest_of_groups(towards, entrances, places, groups=1).place_m[:, 0]
    graph = directed(
        outwards, timed_joins(network, outwards, homes, profile), timed_joins(network, outwards, doors, profile)
    )
    for row, walk in enumerate(found):
        start = ("home", row)
        joined = start in graph and "clinic" in graph and nx.has_path(graph, start, "clinic")
        cost = nx.dijkstra_path_length(graph, start, "clinic") if joined else CLOSED
        assert (walk == np.inf and cost > 500_000) or round(walk * 100) == cost


@settings(max_examples=40, deadline=None, derandomize=True)
@given(hilly_towns())
def test_nobody_slower_ever_arrives_before_an_adult(town: Study) -> None:
    """Whatever the slopes and steps; a cut street is rounded to hundredths of a second part by part."""
    network = build_network(town)
    seconds = {name: find_reachable(town, network, MINUTES, who).walk_s for name, who in SHIPPED.items()}
    adult = seconds["adult"]
    assert adult is not None
    for name in ("child", "elder", "wheelchair"):
        assert (seconds[name] >= adult - 0.05).all()
    metres = find_reachable(town, network, MINUTES, SHIPPED["elder"]).reach.place_m
    assert (metres == find_reachable(town, network, MINUTES, SHIPPED["adult"]).reach.place_m).all()


@pytest.mark.parametrize(
    ("slope", "line"), [("{method: naismith, confidence: ours, source: x}", 6), ("{method: tobler, source: x}", 6)]
)
def test_a_wrong_slope_in_a_profile_is_told_with_its_line(tmp_path: Path, slope: str, line: int) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(
        f"id: p\nname: {{zh: 甲, en: p}}\nspeed_mps: 1.0\nsteps_speed_mps: null\nsource: x\nslope: {slope}\n",
        encoding="utf-8",
    )
    with pytest.raises(RuleError) as fault:
        read_profile(path)
    assert fault.value.line == line


def test_a_real_city_is_slower_uphill(shared_data: Path) -> None:
    city = shared_data / "porto-alegre"
    study = load_study(
        "poa", Inputs(osm=FileRef(city / "poa_osm.pbf"), elevation=FileRef(city / "poa_elevation.tif")), DATA
    )
    climb = study.streets[["climb_forward", "climb_back"]].dropna().to_numpy()
    length = study.streets.loc[study.streets["climb_forward"].notna(), "length_m"].to_numpy()
    assert 0.95 < length.sum() / study.streets["length_m"].sum() < 0.97
    there_and_back = climb.mean(axis=1)
    assert (climb.max(axis=1) >= 1).all()
    assert (there_and_back >= np.exp(-0.175)).all()
    order = np.argsort(there_and_back)
    middle = there_and_back[order][np.searchsorted(np.cumsum(length[order]), length.sum() / 2)]
    assert 1.0 <= middle < 1.1


@pytest.mark.parametrize(("start", "end", "minutes"), [((0, 0), (600, 0), 10 * UPHILL), ((600, 0), (0, 0), 10.0)])
def test_walks_in_minutes_go_from_the_first_place_to_the_second(
    tmp_path: Path, start: tuple[float, float], end: tuple[float, float], minutes: float
) -> None:
    """600 m at 1 m/s: up 14.2 minutes, down 10; a place 30 m off the street adds half a minute."""
    town = on_hill(hill_town(end[0], start[0]), hillside(tmp_path))
    network = build_network(town)
    ends = [
        gpd.GeoDataFrame({"id": ["p"]}, geometry=[Point(towns.at(x, y + 30))], crs=towns.CRS) for x, y in (start, end)
    ]
    for wanted in ({"targets": ends[1]}, {"category": "clinic"}):
        table = walk_table(town, network, ends[0], profile=HIKER, **wanted)
        assert table.columns.tolist() == ["from_id", "to_id", "walk_min", "access_min"]
        legs = 1.0 if "targets" in wanted else 0.5
        assert table.loc[0, ["walk_min", "access_min"]].tolist() == pytest.approx([minutes + legs, legs], abs=0.01)
