"""Reading, drawing and joining: against OSMnx, pyosmium and shapely, on a real city where it is here."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import osmium
import osmnx as ox
import shapely

from benchmarks.timing import FACILITIES, LIMIT_CM, Ratio, in_turn, search, seeds
from geo.intake.classify import read_categories
from geo.intake.osm import read_osm
from geo.intake.osm_streets import cut_into_pieces
from geo.intake.pbf import read_ways
from geo.model.standards import read_profile
from geo.model.study import Study
from geo.model.tables import STUDY_TABLES, empty
from geo.walk.catchment import Field, owned_field, shared_out
from geo.walk.field import contours, make_grid, spread
from geo.walk.isochrone import isochrone_at
from geo.walk.network import Network
from geo.walk.reach import Entrances
from geo.walk.samples import cost_along, sample_edges
from geo.walk.snap import Joins, join

DATA = Path(__file__).resolve().parents[1] / "data"
REAL = Path(__file__).resolve().parents[2] / "shared" / "data"


def study_of(network: Network) -> Study:
    """Return a study without tables round a made network, in metres of UTM."""
    crs = "EPSG:32648"
    tables = {name: empty(table, crs) for name, table in STUDY_TABLES.items()}
    return Study(name="made", crs=crs, **tables)


def shifted(network: Network) -> Network:
    """Return the network moved into the range of UTM coordinates."""
    move = np.array([500_000.0, 3_300_000.0, 0.0])
    return replace(network, node_xy=network.node_xy + move[:2], vertex_frame=network.vertex_frame + move)


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
    """Reading a PBF and drawing an isochrone, against OSMnx and plain pyosmium, on Porto Alegre.

    OSMnx makes streets and nothing else, so streets are what is compared; beside them stands the time of our whole
    reading, with facilities, walls, gates and areas.
    """
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
        ours=lambda: cut_into_pieces(read_ways(pbf)),
        ours_with_places=lambda: read_osm(pbf, categories),
        pyosmium=lambda: sum(1 for _ in osmium.FileProcessor(str(pbf)).with_locations()),
    )
    took["osmnx"] = osmnx_read
    ours, rival = statistics.median(isochrone_times(network)), statistics.median(ego_times(graph))
    drawn = {"ours": ours, "osmnx": rival}
    note = "ours anywhere in a million nodes; OSMnx ego_graph, buffer and union in Porto Alegre"
    return [
        Ratio(
            "read_vs_osmnx",
            took["osmnx"] / took["ours"],
            took,
            "Porto Alegre; streets; OSMnx reads the same as XML, once",
        ),
        Ratio("read_vs_pyosmium", took["ours"] / took["pyosmium"], took, "streets / iterating the file with locations"),
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


def catchments_case(network: Network) -> Ratio:
    """Catchments of 1,000 facilities, three bands, against their dissolved service areas on the same grid."""
    network = shifted(network)
    edge = np.random.default_rng(12).choice(len(network.edge_cm), FACILITIES, replace=False).astype(np.int32)
    zero = np.zeros(FACILITIES, np.int32)
    doors = Entrances(Joins(edge, zero, zero, zero.astype(bool)), np.arange(FACILITIES, dtype=np.int32), zero)
    limits, none = [30_000.0, 60_000.0, 100_000.0], np.empty(0, dtype=object)
    samples = sample_edges(network, np.arange(len(network.edge_cm)), cell_m=25.0)
    bounds = (*samples.xy.min(axis=0), *samples.xy.max(axis=0))
    grid = make_grid(bounds, cell_m=25.0, walls=none, water=none)

    def dissolved() -> tuple[Field, list[shapely.Geometry]]:
        field = owned_field(network, grid, samples, doors, limit=limits[-1], per_m=100.0)
        return field, contours(grid, field[0], limits)

    took = in_turn(1, ours=lambda: shared_out(grid, *dissolved(), limits, scale=1.0), dissolved=dissolved)
    note = f"ours / dissolved; {len(network.node_id):,} nodes, {FACILITIES:,} facilities, three bands, cells of 25 m"
    return Ratio("catchments_vs_dissolved", took["ours"] / took["dissolved"], took, note)


def snap_case(network: Network, points: int = 1_000_000, walls: int = 2_000) -> Ratio:
    """Joining points to the inside of edges round walls, against finding the nearest edge with a tree and no more."""
    dice = np.random.default_rng(7)
    low, high = network.node_xy.min(axis=0), network.node_xy.max(axis=0)
    places = gpd.GeoSeries(gpd.points_from_xy(*dice.uniform(low, high, (points, 2)).T))
    begin = dice.uniform(low, high, (walls, 2))
    lines = gpd.GeoSeries(shapely.linestrings(np.stack([begin, begin + dice.uniform(-200, 200, (walls, 2))], axis=1)))
    geometries = places.to_numpy()
    took = in_turn(1, ours=lambda: join(network, places, walls=lines), shapely=lambda: network.tree.nearest(geometries))
    note = f"{points:,} points, {walls:,} walls that no leg crosses; the rival finds the edge only and knows no wall"
    return Ratio("snap_vs_shapely", took["shapely"] / took["ours"], took, note)
