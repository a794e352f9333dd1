"""Two real networks, a city from OpenStreetMap and a plain street layer: every answer against SciPy on the same arrays.

In metres, and in seconds on slopes of our own making, where the way back costs something else.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from test_directed import WALKER
from test_pairs import joined, matrix_of, sorted_out

from geo.intake.gather import Inputs
from geo.intake.load import load_study
from geo.intake.raw import parse_file_ref
from geo.walk.build import build_network
from geo.walk.network import Network
from geo.walk.pairs import counts_of, nearest_k_of
from geo.walk.reach import Entrances, nearest_of_groups
from geo.walk.search import nearest_keys
from geo.walk.size import size_of
from geo.walk.snap import Joins
from geo.walk.timed import timed_joins, timed_network

DATA = Path(__file__).resolve().parents[1] / "data"
DOORS, OWNERS, PLACES, LIMIT = 30, 20, 4000, 2000.0
FILES = {"porto-alegre": ("osm", "poa_osm.pbf"), "wuhan": ("streets", "streets_utm50n.parquet")}


@cache
def city(role: str, path: Path) -> Network:
    """The network of a file, built once."""
    return build_network(load_study("city", Inputs(**{role: parse_file_ref(str(path))}), DATA))


@pytest.fixture(scope="module", params=list(FILES))
def network(request: pytest.FixtureRequest, shared_data: Path) -> Network:
    """The network of a real city."""
    role, name = FILES[request.param]
    path = shared_data / request.param / name
    if not path.is_file():
        pytest.skip(f"{name} is not on this machine")
    return city(role, path)


@pytest.fixture(scope="module", params=["metres", "seconds"])
def case(request: pytest.FixtureRequest, network: Network) -> tuple[Network, Entrances, Joins]:
    """A network with doors of facilities, several on a hand of them, and places near them on its streets."""
    doors, places = joined(network, DOORS, 1), joined(network, PLACES, 2)
    places.edge[:DOORS] = doors.edge
    places.offset_cm[:DOORS] = network.edge_cm[doors.edge] // 2
    owner = np.concatenate([np.arange(OWNERS), np.arange(DOORS - OWNERS)]).astype(np.int32)
    if request.param == "seconds":
        climb = np.random.default_rng(3).uniform(1.0, 2.5, (len(network.edge_cm), 2)).astype(np.float32)
        hilly = replace(network, edge_climb=climb)
        timed = timed_network(hilly, WALKER)
        doors, places, network = (*(timed_joins(hilly, timed, joins, WALKER) for joins in (doors, places)), timed)
    return network, Entrances(doors, owner, owner % 3), places


def least(row: NDArray[np.int64], column: NDArray[np.int64], cost: NDArray[np.int64], size: int) -> csr_array:
    """A matrix of the least of repeated entries; nothing costs a trifle, as a zero would be no entry."""
    order = np.lexsort((cost, column, row))
    row, column, cost = row[order], column[order], cost[order]
    first = np.append(True, (np.diff(row) != 0) | (np.diff(column) != 0))
    return csr_array((np.maximum(cost[first], 1e-7), (row[first], column[first])), shape=(size, size))


def by_scipy(network: Network, entrances: Entrances, places: Joins) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Whole costs from each owner to every node and every place, each owner a vertex tied to both ends of its edges."""
    nodes, doors = len(network.node_id), entrances.joins
    begin, end = network.edge_from.astype(np.int64), network.edge_to.astype(np.int64)
    own = nodes + entrances.owner.astype(np.int64)
    tied = network.edge_cm[doors.edge] - doors.offset_cm + doors.access_cm
    row = np.concatenate([begin, end, own, own])
    column = np.concatenate([end, begin, begin[doors.edge], end[doors.edge]])
    cost = np.concatenate([network.edge_cm, network.edge_back_cm, doors.back_cm + doors.access_cm, tied])
    graph = least(row, column, cost.astype(np.int64), nodes + OWNERS)
    at_node = np.rint(dijkstra(graph, indices=np.arange(nodes, nodes + OWNERS)))[:, :nodes]
    edge = places.edge
    by_end = at_node[:, end[edge]] + network.edge_back_cm[edge] - places.back_cm
    at_place = np.minimum(at_node[:, begin[edge]] + places.offset_cm, by_end)
    for door, owner in enumerate(entrances.owner.tolist()):
        same = np.flatnonzero(edge == doors.edge[door])
        onwards = places.offset_cm[same].astype(np.int64) - doors.offset_cm[door]
        backwards = doors.back_cm[door].astype(np.int64) - places.back_cm[same]
        straight = np.where(onwards >= 0, onwards, backwards) + doors.access_cm[door]
        at_place[owner, same] = np.minimum(at_place[owner, same], straight)
    at_place += places.access_cm
    return at_node, np.where(at_place <= LIMIT * 100, at_place / 100, np.inf)


def test_every_answer_on_a_real_network_equals_scipy(case: tuple[Network, Entrances, Joins]) -> None:
    network, entrances, places = case
    at_node, at_place = by_scipy(network, entrances, places)
    assert np.isfinite(at_place).sum() > OWNERS
    pairs = matrix_of(network, entrances, places, OWNERS, limit_m=LIMIT)
    assert np.array_equal(pairs, at_place)
    counts = counts_of(network, entrances, places, owners=OWNERS, limit_m=LIMIT)
    assert np.array_equal(counts, np.isfinite(at_place).sum(axis=0))
    nearest = nearest_k_of(network, entrances, places, k=3, limit_m=LIMIT)
    owner, walk_m = sorted_out(at_place, 3)
    assert np.array_equal(nearest.owner, owner)
    assert np.array_equal(nearest.walk_m, walk_m)
    reach = nearest_of_groups(network, entrances, places, groups=3, limit_m=LIMIT)
    for group in range(3):
        mine = np.unique(entrances.owner[entrances.group == group])
        node = at_node[mine].min(axis=0)
        assert np.array_equal(
            reach.node_m[:, group], np.where(node <= LIMIT * 100, node / 100, np.inf).astype(np.float32)
        )
        first, walk = sorted_out(at_place[mine], 1)
        assert np.array_equal(reach.place_m[:, group], walk[:, 0])
        assert np.array_equal(reach.place_owner[:, group], np.where(first[:, 0] >= 0, mine[first[:, 0]], -1))


def test_a_network_costs_at_most_120_bytes_an_edge_and_60_a_node(network: Network) -> None:
    size = size_of(network)
    assert size.disk_per_edge <= size.memory_per_edge <= 120
    assert size.disk_per_node <= size.memory_per_node <= 60


def test_so_does_one_of_winding_lanes(shared_data: Path) -> None:
    """Monaco: six vertices a piece of street, the most of the cities here."""
    size = size_of(city("osm", shared_data / "monaco" / "monaco.osm.pbf"))
    assert 100 < size.disk_per_edge < size.memory_per_edge <= 120
    assert size.disk_per_node < size.memory_per_node <= 60


def test_the_nearest_of_many_junctions_in_the_whole_city(network: Network) -> None:
    """A junction in a hundred is a seed, no limit but the city: cost and label of every node."""
    dice = np.random.default_rng(7)
    node = dice.choice(len(network.node_id), len(network.node_id) // 100, replace=False).astype(np.uint32)
    found = nearest_keys(network, node, np.arange(len(node), dtype=np.uint64), 50_000_000)
    ends = network.edge_from.astype(np.int64), network.edge_to.astype(np.int64)
    both = np.concatenate(ends), np.concatenate(ends[::-1])
    graph = least(*both, np.tile(network.edge_cm, 2).astype(np.int64), len(network.node_id))
    metres, _, source = dijkstra(graph, indices=node, min_only=True, return_predecessors=True)
    cost = (found >> np.uint64(32)).astype(np.int64)
    reached = np.isfinite(metres)
    assert reached.mean() > 0.9
    assert np.array_equal(cost[reached], np.rint(metres[reached]).astype(np.int64))
    assert (cost[~reached] == 50_000_001).all()
    label = (found & np.uint64(0xFFFFFFFF)).astype(np.int64)
    assert (node[label[reached]] == source[reached]).mean() > 0.99, "equal ways apart, the same junction is named"
