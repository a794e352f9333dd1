"""What is measured: every case times us and a rival in the same run, turn by turn, and gives the ratio of medians.

A rival that is not installed, or data that are not here, give no ratio and a word why.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import osmium
import osmnx as ox
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.networks import make_network
from geo.intake.classify import read_categories
from geo.intake.osm import read_osm
from geo.model.standards import read_profile
from geo.model.study import Study
from geo.model.tables import STUDY_TABLES, empty
from geo.walk.field import contours, cost_along, make_grid, sample_edges, spread
from geo.walk.isochrone import isochrone_at
from geo.walk.kernels import nearest, read_once
from geo.walk.network import Network
from geo.walk.reach import Entrances, nearest_of_groups
from geo.walk.snap import Joins, join

DATA = Path(__file__).resolve().parents[1] / "data"
REAL = Path(__file__).resolve().parents[2] / "shared" / "data"

NODES, FACILITIES, LIMIT_CM, CATEGORIES = 1_000_000, 1_000, 120_000, 25
ROOM = 1 << 18
TURNS = 5


@dataclass(frozen=True)
class Ratio:
    """A ratio under the name of the contract, what was timed (seconds), and a word on how."""

    name: str
    value: float | None
    seconds: dict[str, float]
    note: str


def in_turn(turns: int = TURNS, **work: Callable[[], object]) -> dict[str, float]:
    """Run each piece of work in turn, several times, after one run that does not count; return medians in seconds."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(turns + 1):
        for name, run in work.items():
            begin = time.perf_counter()
            run()
            if turn:
                times[name].append(time.perf_counter() - begin)
    return {name: statistics.median(found) for name, found in times.items()}


def seeds(network: Network, count: int, dice: np.random.Generator) -> NDArray[np.uint32]:
    """Return junctions of the largest part, drawn at random, ascending."""
    return np.sort(dice.choice(np.flatnonzero(network.component == 0), count, replace=False)).astype(np.uint32)


def search(network: Network, at: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Return cost and label of every node; the search that is measured."""
    found, is_done = nearest((network.first_arc, network.arc), at, np.arange(len(at), dtype=np.uint64), LIMIT_CM, ROOM)
    assert is_done
    return np.asarray(found)


def nearest_cases(network: Network) -> list[Ratio]:
    """Nearest of 1,000 facilities within 1,200 m: against SciPy on the same arrays, and against reading them once."""
    at = seeds(network, FACILITIES, np.random.default_rng(1))
    shape = (len(network.node_id), len(network.node_id))
    graph = csr_array((network.arc_cm.astype(float), network.arc_to, network.first_arc.astype(np.int32)), shape=shape)

    def scipy() -> NDArray[np.float64]:
        return np.asarray(dijkstra(graph, indices=at, min_only=True, limit=float(LIMIT_CM)))

    ours = (search(network, at) >> np.uint64(32)).astype(float)
    ours[ours > LIMIT_CM] = np.inf
    assert np.array_equal(ours, scipy()), "the rivals disagree"
    took = in_turn(
        ours=lambda: search(network, at), scipy=scipy, floor=lambda: read_once(network.first_arc, network.arc)
    )
    note = f"{shape[0]:,} nodes, {FACILITIES:,} facilities, 1,200 m, one core, same layout, equal answers"
    return [
        Ratio("nearest_vs_scipy", took["scipy"] / took["ours"], took, note),
        Ratio("nearest_vs_floor", took["ours"] / took["floor"], took, "ours / one sequential pass over the arcs"),
    ]


def pandana_case(network: Network) -> Ratio:
    """The same query in pandana, after its preparation; on a tenth of the nodes, as preparing takes minutes on all."""
    if find_spec("pandana") is None:
        return Ratio("nearest_vs_pandana", None, {}, "pandana is not installed")
    import pandana
    import pandas as pd

    at = seeds(network, FACILITIES // 10, np.random.default_rng(1))
    x, y = network.node_xy.T
    begin = time.perf_counter()
    rival = pandana.Network(
        pd.Series(x), pd.Series(y), pd.Series(network.edge_from), pd.Series(network.edge_to),
        pd.DataFrame({"cm": network.edge_cm.astype(float)}),
    )  # fmt: skip
    rival.set_pois("all", float(LIMIT_CM), 1, pd.Series(x[at]), pd.Series(y[at]))
    prepared = time.perf_counter() - begin
    took = in_turn(
        3,
        ours=lambda: search(network, at),
        pandana=lambda: rival.nearest_pois(float(LIMIT_CM), "all", num_pois=1),
    )
    took["pandana_preparation"] = prepared
    note = f"{len(x):,} nodes, {len(at)} facilities; its preparation is not counted"
    return Ratio("nearest_vs_pandana", took["pandana"] / took["ours"], took, note)


def many_case(network: Network) -> Ratio:
    """25 categories at once on all cores against 25 single runs on one."""
    dice = np.random.default_rng(2)
    at = [seeds(network, FACILITIES, dice) for _ in range(CATEGORIES)]
    edge = network.edge_from.argsort(kind="stable")
    place = np.concatenate([edge[np.searchsorted(network.edge_from[edge], a) % len(edge)] for a in at]).astype(np.int32)
    zero = np.zeros(len(place), np.int32)
    joins = Joins(place, zero, zero, zero.astype(bool))
    group = np.repeat(np.arange(CATEGORIES, dtype=np.int32), FACILITIES)
    doors = Entrances(joins, np.arange(len(place), dtype=np.int32), group)
    nobody = Joins(zero[:0], zero[:0], zero[:0], zero[:0].astype(bool))

    def single() -> None:
        for number in range(CATEGORIES):
            mine = group == number
            one = Entrances(
                Joins(place[mine], zero[mine], zero[mine], zero[mine].astype(bool)), doors.owner[mine], zero[mine]
            )
            nearest_of_groups(network, one, nobody, groups=1, limit_m=LIMIT_CM / 100)

    took = in_turn(
        3,
        ours=lambda: nearest_of_groups(network, doors, nobody, groups=CATEGORIES, limit_m=LIMIT_CM / 100),
        single=single,
    )
    return Ratio("many_vs_single", took["ours"] / took["single"], took, f"{os.cpu_count()} cores / one")


def growth_case(small: Network, large: Network) -> Ratio:
    """Time a node from 100 k to 1 M nodes, with as many facilities a node."""
    dice = np.random.default_rng(3)
    few, many = seeds(small, FACILITIES // 10, dice), seeds(large, FACILITIES, dice)
    took = in_turn(small=lambda: search(small, few), large=lambda: search(large, many))
    ratio = (took["large"] / len(large.node_id)) / (took["small"] / len(small.node_id))
    return Ratio("growth_100k_1m", ratio, took, "time a node, large / small")


def study_of(network: Network) -> Study:
    """Return a study without tables round a made network, in metres of UTM."""
    crs = "EPSG:32648"
    tables = {name: empty(table, crs) for name, table in STUDY_TABLES.items()}
    return Study(name="made", crs=crs, **tables)


def shifted(network: Network) -> Network:
    """Return the network moved into the range of UTM coordinates."""
    move = np.array([500_000.0, 3_300_000.0])
    return Network(**{**vars(network), "node_xy": network.node_xy + move, "vertex_xy": network.vertex_xy + move})


def isochrone_times(network: Network, count: int = 20) -> list[float]:
    """Return seconds of isochrones of three bands from places all over a network."""
    network = shifted(network)
    study, profile = study_of(network), read_profile(DATA / "profiles" / "adult.yaml")
    at = seeds(network, count, np.random.default_rng(4))
    lonlat = gpd.GeoSeries(gpd.points_from_xy(*network.node_xy[at].T), crs=study.crs).to_crs("EPSG:4326")
    homes = join(network, study.demand.geometry, walls=study.walls.geometry)
    times = []
    for point in [lonlat.iloc[0], *lonlat]:
        begin = time.perf_counter()
        isochrone_at(
            study, network, (point.x, point.y), thresholds=[5, 10, 15], unit="min", profile=profile, homes=homes
        )
        times.append(time.perf_counter() - begin)
    return times[1:]


def osm_xml_of(pbf: Path, folder: Path) -> Path:
    """Write a PBF as OSM XML, which OSMnx can read."""
    path = folder / "streets.osm"
    with osmium.SimpleWriter(str(path)) as writer:
        for item in osmium.FileProcessor(str(pbf)):
            writer.add(item)
    return path


def city_cases(network: Network) -> list[Ratio]:
    """Reading a PBF and drawing an isochrone, against OSMnx and plain pyosmium, on Porto Alegre."""
    pbf = REAL / "porto-alegre" / "poa_osm.pbf"
    names = ("read_vs_osmnx", "read_vs_pyosmium", "isochrone_vs_osmnx")
    if not pbf.is_file():
        return [Ratio(name, None, {}, "the real data are not here") for name in names]
    categories = read_categories(DATA / "categories" / "categories.yaml")
    with tempfile.TemporaryDirectory() as folder:
        xml = osm_xml_of(pbf, Path(folder))
        begin = time.perf_counter()
        graph = ox.graph_from_xml(xml, simplify=True, retain_all=True)
        osmnx_read = time.perf_counter() - begin
    took = in_turn(
        3,
        ours=lambda: read_osm(pbf, categories),
        pyosmium=lambda: sum(1 for _ in osmium.FileProcessor(str(pbf)).with_locations()),
    )
    took["osmnx"] = osmnx_read
    ours, rival = statistics.median(isochrone_times(network)), statistics.median(ego_times(graph))
    drawn = {"ours": ours, "osmnx": rival}
    note = "ours anywhere in a million nodes; OSMnx ego_graph, buffer and union in Porto Alegre"
    return [
        Ratio("read_vs_osmnx", took["osmnx"] / took["ours"], took, "Porto Alegre; OSMnx reads the same as XML, once"),
        Ratio("read_vs_pyosmium", took["ours"] / took["pyosmium"], took, "ours / iterating the file with locations"),
        Ratio("isochrone_vs_osmnx", rival / ours, drawn, note),
    ]


def ego_times(graph: nx.MultiDiGraph, count: int = 3) -> list[float]:
    """Return seconds of OSMnx's recipe for isochrones: ego graphs of the network, edges buffered and merged."""
    plane = ox.project_graph(graph)
    nodes = list(max(nx.weakly_connected_components(plane), key=len))
    times = []
    for node in np.random.default_rng(5).choice(nodes, count, replace=False):
        begin = time.perf_counter()
        for metres in (360, 720, 1080):
            part = nx.ego_graph(plane, node, radius=metres, distance="length", undirected=True)
            edges = ox.graph_to_gdfs(part, nodes=False) if part.number_of_edges() else None
            if edges is not None:
                shapely.union_all(edges.geometry.buffer(40).to_numpy())
        times.append(time.perf_counter() - begin)
    return times


def service_area_case(network: Network) -> Ratio:
    """Service areas of a category, three bands: our field against buffer and union of the same reached streets."""
    network = shifted(network)
    at = seeds(network, FACILITIES // 10, np.random.default_rng(6))
    cost = (search(network, at) >> np.uint64(32)).astype(float)
    cost[cost > LIMIT_CM] = np.inf
    limits = [30_000.0, 60_000.0, 100_000.0]
    edges = np.arange(len(network.edge_cm))
    none = np.empty(0, dtype=object)

    def ours() -> object:
        samples = sample_edges(network, edges, cell_m=25.0)
        bounds = (*samples.xy.min(axis=0), *samples.xy.max(axis=0))
        grid = make_grid(bounds, cell_m=25.0, walls=none, water=none)
        along = cost_along(network, samples, cost)
        kept = along <= limits[-1]
        return contours(grid, spread(grid, samples.xy[kept], along[kept], per_m=100.0), limits)

    def merged() -> object:
        worst = np.minimum(cost[network.edge_from], cost[network.edge_to])
        return [shapely.union_all(shapely.buffer(network.lines[worst <= limit], 40, quad_segs=4)) for limit in limits]

    took = in_turn(1, ours=ours, shapely=merged)
    note = f"{len(network.node_id):,} nodes, {len(at)} facilities, 300, 600 and 1,000 m, dissolved, cells of 25 m"
    return Ratio("service_areas_vs_shapely", took["shapely"] / took["ours"], took, note)


def snap_case(network: Network, points: int = 200_000) -> Ratio:
    """Joining points to the inside of edges, against finding the nearest with the same tree and nothing else."""
    dice = np.random.default_rng(7)
    low, high = network.node_xy.min(axis=0), network.node_xy.max(axis=0)
    places = gpd.GeoSeries(gpd.points_from_xy(*dice.uniform(low, high, (points, 2)).T))
    walls = gpd.GeoSeries([])
    geometries = places.to_numpy()
    took = in_turn(1, ours=lambda: join(network, places, walls=walls), shapely=lambda: network.tree.nearest(geometries))
    note = f"{points:,} points; the rival finds the edge only"
    return Ratio("snap_vs_shapely", took["shapely"] / took["ours"], took, note)


def all_cases(tell: Callable[[str], None]) -> list[Ratio]:
    """Return every ratio of the contract, in its order; ``tell`` hears what is running."""
    tell("making networks")
    small, large = make_network(NODES // 10), make_network(NODES)
    found: list[Ratio] = []
    for name, case in (
        ("nearest", lambda: nearest_cases(large)),
        ("pandana", lambda: [pandana_case(small)]),
        ("many categories", lambda: [many_case(large)]),
        ("growth", lambda: [growth_case(small, large)]),
        ("a real city", lambda: city_cases(large)),
        ("service areas", lambda: [service_area_case(small)]),
        ("joining", lambda: [snap_case(small)]),
    ):
        tell(name)
        found += case()
    found.append(Ratio("repair_vs_full", None, {}, "repair after an edit is not built yet"))
    return found


def to_json(ratios: list[Ratio]) -> dict[str, Any]:
    """Return the document that ``bench --json`` prints."""
    return {
        "ratios": {ratio.name: ratio.value and round(ratio.value, 2) for ratio in ratios},
        "seconds": {ratio.name: {k: round(v, 5) for k, v in ratio.seconds.items()} for ratio in ratios},
        "notes": {ratio.name: ratio.note for ratio in ratios},
    }
