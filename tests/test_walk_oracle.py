"""Walking distances against a textbook: networkx's Dijkstra on a graph that is built here, foot by foot.

Every place is a vertex of its own, tied by its access leg to a foot on its street; every street is split at its feet.
All lengths are whole centimetres, so that both sides must agree to the last one.
"""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import towns
from numpy.typing import NDArray
from shapely.geometry import Point

from geo.intake.gather import Inputs
from geo.intake.load import load_study
from geo.intake.raw import parse_file_ref
from geo.judge.reachable import Reachable, find_reachable
from geo.model.crs import WGS84
from geo.model.standards import Profile, Text
from geo.model.study import Study
from geo.walk.build import build_network
from geo.walk.network import Network
from geo.walk.pairs import distances_from
from geo.walk.reach import Entrances, nearest_of_groups
from geo.walk.snap import JOIN_LIMIT_M, Joins, join
from geo.walk.table import walk_table
from geo.walk.within import people_within

ADULT = Profile("adult", Text("成年人", "adult"), 1.0, 0.5, "town")
DATA = Path(__file__).resolve().parents[1] / "data"
CATEGORIES = ("canteen", "clinic", "library")
RULES = towns.standard(*(towns.rule(category, category, metres=500) for category in CATEGORIES))
SEEDS = range(12)


def textbook_graph(
    edges: list[tuple[int, int, int]], feet: list[tuple[tuple[str, int], int, int, int]]
) -> nx.MultiGraph:
    """The streets, split where places join them.

    ``edges`` are (junction, junction, centimetres); ``feet`` are (place, edge, offset and access leg in centimetres).
    """
    graph = nx.MultiGraph()
    stops: list[list[tuple[int, object]]] = [[(0, u), (cm, v)] for u, v, cm in edges]
    for place, edge, offset, access in feet:
        stops[edge].append((offset, ("foot", place)))
        graph.add_edge(place, ("foot", place), weight=access)
    for at, (u, v, cm) in zip(stops, edges, strict=True):
        inner = sorted((stop for stop in at[2:]), key=lambda stop: stop[0])
        for (here, a), (there, b) in itertools.pairwise([(0, u), *inner, (cm, v)]):
            graph.add_edge(a, b, weight=there - here)
    return graph


def feet_of(kind: str, joins: Joins) -> list[tuple[tuple[str, int], int, int, int]]:
    """The joined places as feet, named (kind, row)."""
    return [
        ((kind, row), int(joins.edge[row]), int(joins.offset_cm[row]), int(joins.access_cm[row]))
        for row in np.flatnonzero(joins.is_joined).tolist()
    ]


def walks_from(graph: nx.MultiGraph, sources: list[object], wanted: list[object], limit_cm: float) -> list[float]:
    """Centimetres from the nearest source to each wanted vertex, ``inf`` beyond the limit."""
    known = {source for source in sources if source in graph}
    found = nx.multi_source_dijkstra_path_length(graph, known) if known else {}
    return [cm if (cm := found.get(vertex, np.inf)) <= limit_cm else np.inf for vertex in wanted]


def random_streets(rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Crossing, bent and parallel pieces, loops, an island, pieces of no length and of 3 mm."""
    here = [tuple(xy) for xy in rng.uniform(0, 800, (14, 2)).round(2).tolist()]
    there = [tuple(xy) for xy in rng.uniform(2000, 2400, (4, 2)).round(2).tolist()]
    bend = rng.uniform(0, 800, (60, 2)).round(2).tolist()
    pairs = [rng.choice(14, 2, replace=False).tolist() for _ in range(20)]
    lines = [[here[a], here[b]] if n % 2 else [here[a], bend[n], here[b]] for n, (a, b) in enumerate(pairs)]
    lines += [[here[b], bend[30 + n], here[a]] for n, (a, b) in enumerate(pairs[:4])]
    lines += [[here[n], bend[40 + n], bend[50 + n], here[n]] for n in range(2)]
    lines += [[a, b] for a, b in itertools.combinations(there, 2)]
    (x, y), split = here[0], len(lines)
    lines += [[(x, y), (x, y)], [(x, y), here[7]]]
    lines += [[here[1], (here[1][0] + 0.003, here[1][1])], [(here[1][0] + 0.003, here[1][1]), here[8]]]
    frame = towns.streets(*lines)
    frame.loc[split, "to_node"] = frame.loc[split + 1, "from_node"] = 999
    return frame


def random_town(seed: int) -> Study:
    """Random streets; places beside them, on them, several on one piece, and too far off; several entrances."""
    rng = np.random.default_rng(seed)
    streets = random_streets(rng)

    def on_street(row: int) -> tuple[float, float]:
        point = streets.geometry.iloc[row].interpolate(rng.uniform(), normalized=True)
        return (point.x - towns.EAST, point.y - towns.NORTH)

    beside = rng.uniform(-250, 1050, (18, 2)).round(2).tolist()
    same = int(rng.integers(len(streets)))
    spots = [*beside, *(on_street(same) for _ in range(3)), *(on_street(24 + n) for n in range(8)), (2200, 2200)]
    homes = towns.homes(*((f"h{n}", 1 + n, x, y) for n, (x, y) in enumerate(spots)))
    x, y = on_street(same)
    places = towns.facilities(
        ("z", "canteen", x, y), ("a", "canteen", x, y), ("m", "canteen", *on_street(3)),
        ("p", "clinic", *on_street(same)), ("q", "clinic", *on_street(24)), ("i", "library", 2210, 2190),
    )  # fmt: skip
    extra = {"m": [on_street(n) for n in (1, 5, 24)], "p": [tuple(beside[0]), on_street(same), on_street(same)]}
    return towns.study(streets=streets, facilities=places, entrances=towns.doors(places, **extra), demand=homes)


def textbook_of(study: Study, network: Network, found: Reachable) -> nx.MultiGraph:
    """The textbook graph of a town, from the rows of its streets."""
    assert network.edge_row.tolist() == list(range(len(study.streets)))
    ends = study.streets[["from_node", "to_node", "length_m"]].itertuples(index=False)
    edges = [(u, v, round(length * 100)) for u, v, length in ends]
    return textbook_graph(edges, feet_of("home", found.homes) + feet_of("door", found.entrances.joins))


def solved(seed: int) -> tuple[Study, Network, Reachable, nx.MultiGraph]:
    study = random_town(seed)
    network = build_network(study)
    found = find_reachable(study, network, RULES, ADULT)
    return study, network, found, textbook_of(study, network, found)


def doors_of(study: Study, column: str, value: str) -> list[object]:
    """The vertices of the entrances of one category or one facility."""
    owners = study.facilities.loc[study.facilities[column] == value, "facility_id"]
    return [("door", row) for row in np.flatnonzero(study.entrances["facility_id"].isin(owners)).tolist()]


def whole_cm(metres: NDArray[np.floating]) -> list[float]:
    return np.rint(np.asarray(metres, dtype=float) * 100).tolist()


def near(edge: int, point: Point, streets: gpd.GeoDataFrame) -> tuple[float, float]:
    """Metres to a street and along it to the point nearest to the place."""
    line = streets.geometry.iloc[edge]
    return line.distance(point), line.project(point)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_place_joins_the_nearest_point_of_the_nearest_street(seed: int) -> None:
    study, network, _, _ = solved(seed)
    joins = join(network, study.demand.geometry, walls=study.walls.geometry)
    for row, point in enumerate(study.demand.geometry):
        nearest = study.streets.distance(point).min()
        assert joins.is_joined[row] == (nearest <= JOIN_LIMIT_M)
        if joins.is_joined[row]:
            off, along = near(int(joins.edge[row]), point, study.streets)
            assert off == pytest.approx(nearest, abs=1e-6)
            assert joins.access_cm[row] == pytest.approx(off * 100, abs=0.51)
            assert joins.offset_cm[row] == pytest.approx(along * 100, abs=1.01)


@pytest.mark.parametrize("limit_m", [350.0, 5000.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_walks_to_the_nearest_of_a_category_equal_dijkstra(seed: int, limit_m: float) -> None:
    study, network, found, graph = solved(seed)
    reach = nearest_of_groups(network, found.entrances, found.homes, groups=len(CATEGORIES), limit_m=limit_m)
    homes = [("home", row) for row in range(len(study.demand))]
    for column, category in enumerate(CATEGORIES):
        doors = doors_of(study, "category", category)
        assert whole_cm(reach.place_m[:, column]) == walks_from(graph, doors, homes, limit_m * 100)
        assert whole_cm(reach.node_m[:, column]) == walks_from(graph, doors, network.node_id.tolist(), limit_m * 100)
    assert np.isfinite(reach.place_m).any(axis=0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_facility_named_is_a_nearest_one_and_the_first_by_id_among_equals(seed: int) -> None:
    study, _, found, graph = solved(seed)
    homes = [("home", row) for row in range(len(study.demand))]
    ids = study.facilities["facility_id"].to_numpy()
    for column, category in enumerate(CATEGORIES):
        own = sorted(study.facilities.loc[study.facilities["category"] == category, "facility_id"])
        walks = np.array([walks_from(graph, doors_of(study, "facility_id", one), homes, 500_000) for one in own])
        for row, owner in enumerate(found.reach.place_owner[:, column].tolist()):
            expected = own[int(walks[:, row].argmin())] if np.isfinite(walks[:, row]).any() else None
            assert (ids[owner] if owner >= 0 else None) == expected


@pytest.mark.parametrize("ids", ["ab", "ba"])
def test_of_two_facilities_equally_far_the_first_by_id_is_named(ids: str) -> None:
    """100 m to the crossing from either side, from the east in two pieces of 50 m; the home lives 50 m north of it."""
    lines = [[(0, 0), (100, 0)], [(100, 0), (150, 0)], [(150, 0), (200, 0)], [(100, 0), (100, 100)]]
    places = towns.facilities((ids[0], "canteen", 0, 0), (ids[1], "canteen", 200, 0))
    study = towns.study(streets=towns.streets(*lines), facilities=places, demand=towns.homes(("h", 1, 100, 50)))
    found = find_reachable(study, build_network(study), RULES, ADULT)
    assert found.reach.place_m[0, 0] == 150
    assert study.facilities["facility_id"].iloc[found.reach.place_owner[0, 0]] == "a"


@pytest.mark.parametrize("seed", SEEDS)
def test_walks_between_pairs_equal_dijkstra_and_are_the_same_both_ways(seed: int) -> None:
    study, network, found, graph = solved(seed)
    doors, homes = found.entrances.joins, found.homes
    rows = np.arange(len(doors.edge), dtype=np.int32)
    there = distances_from(network, Entrances(doors, rows, rows), homes)
    rows = np.arange(len(homes.edge), dtype=np.int32)
    back = distances_from(network, Entrances(homes, rows, rows), doors)
    wanted = [("home", row) for row in range(len(study.demand))]
    for row in range(len(doors.edge)):
        assert whole_cm(there[row]) == walks_from(graph, [("door", row)], wanted, 500_000)
    assert there.T.tolist() == back.tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_people_in_reach_of_a_facility_equal_a_count_by_dijkstra(seed: int) -> None:
    study, network, found, graph = solved(seed)
    weight = np.rint(study.demand["people"].to_numpy() * 1000).astype(np.int64)
    limit = np.array([0.0, 120.0, 300.0, 300.0, 700.0, np.nan])
    total = people_within(network, found.entrances, found.homes, weight=weight, owners=6, limit_m=limit)
    homes = [("home", row) for row in range(len(study.demand))]
    for row, facility_id in enumerate(study.facilities["facility_id"]):
        limit_cm = limit[row] * 100 if np.isfinite(limit[row]) else -1.0
        walks = np.array(walks_from(graph, doors_of(study, "facility_id", facility_id), homes, limit_cm))
        assert total[row] == weight[np.isfinite(walks)].sum()
    assert total.max() > 0


@pytest.fixture(scope="module")
def monaco(shared_data: Path) -> tuple[Study, Network]:
    """The small city and its network."""
    source = parse_file_ref(str(shared_data / "monaco" / "monaco_small.osm.gz"))
    study = load_study("monaco", Inputs(osm=source), DATA)
    return study, build_network(study)


def test_walks_in_a_real_city_equal_dijkstra(monaco: tuple[Study, Network]) -> None:
    study, network = monaco
    rng = np.random.default_rng(0)
    on_streets = study.streets.geometry.iloc[::7].interpolate(0.37, normalized=True)
    xy = np.column_stack([on_streets.x, on_streets.y]) + rng.normal(0, 25, (len(on_streets), 2))
    homes = join(network, gpd.GeoSeries.from_xy(*xy.T, crs=study.crs), walls=study.walls.geometry)
    doors = join(network, study.entrances.geometry, walls=study.walls.geometry)
    category = study.entrances["facility_id"].map(study.facilities.set_index("facility_id")["category"])
    group, names = pd.factorize(category, sort=True)
    rows = np.arange(len(group), dtype=np.int32)
    reach = nearest_of_groups(network, Entrances(doors, rows, group.astype(np.int32)), homes, groups=len(names))
    edges = list(zip(network.edge_from.tolist(), network.edge_to.tolist(), network.edge_cm.tolist(), strict=True))
    graph = textbook_graph(edges, feet_of("home", homes) + feet_of("door", doors))
    wanted = [("home", row) for row in range(len(homes.edge))]
    assert len(names) > 5
    for column in range(len(names)):
        sources: list[object] = [("door", row) for row in np.flatnonzero(group == column).tolist()]
        nodes = list(range(len(network.node_id)))
        assert whole_cm(reach.place_m[:, column]) == walks_from(graph, sources, wanted, 500_000)
        assert whole_cm(reach.node_m[:, column]) == walks_from(graph, sources, nodes, 500_000)


def test_routes_of_another_engine_agree_within_one_per_cent(monaco: tuple[Study, Network], shared_data: Path) -> None:
    study, network = monaco
    with (shared_data / "monaco" / "reference_routes.csv").open(encoding="utf-8") as file:
        routes = list(csv.DictReader(file))
    assert len(routes) == 4
    for route in routes:
        ends = [
            gpd.GeoDataFrame({"id": [end]}, geometry=[Point(float(route[f"{end}_lon"]), float(route[f"{end}_lat"]))],
                             crs=WGS84)
            for end in ("from", "to")
        ]  # fmt: skip
        walk = walk_table(study, network, ends[0], targets=ends[1]).iloc[0]
        assert walk["walk_m"] - walk["access_m"] == pytest.approx(float(route["expected_distance_m"]), rel=0.01)
