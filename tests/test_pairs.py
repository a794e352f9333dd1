"""Pairs within a limit, counts and the k nearest: against the textbook, and against themselves in another order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from test_walk_oracle import SEEDS, doors_of, solved, walks_from

from geo.intake.gather import Inputs
from geo.intake.load import load_study
from geo.intake.raw import parse_file_ref
from geo.walk.build import build_network
from geo.walk.network import Network
from geo.walk.pairs import counts_of, nearest_k_of, pairs_of
from geo.walk.reach import Entrances
from geo.walk.snap import Joins

DATA = Path(__file__).resolve().parents[1] / "data"


def matrix_of(network: Network, entrances: Entrances, places: Joins, owners: int, **how: float) -> NDArray[np.float64]:
    """Metres between every owner and every place, from the pairs; ``inf`` where there is none."""
    metres = np.full((owners, len(places.edge)), np.inf)
    for some in pairs_of(network, entrances, places, owners=owners, **how):  # type: ignore[arg-type]
        assert np.isinf(metres[some.owner, some.place]).all(), "a pair came twice"
        metres[some.owner, some.place] = some.walk_m
    return metres


def sorted_out(metres: NDArray[np.float64], k: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The k nearest by sorting whole columns: owner (-1 for none) and metres."""
    order = np.argsort(metres, axis=0, kind="stable")[:k].T
    walk_m = np.take_along_axis(metres.T, order, axis=1)
    return np.where(np.isfinite(walk_m), order, -1), walk_m


@pytest.mark.parametrize("limit_m", [0.0, 300.0, 5000.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_pairs_counts_and_nearest_equal_dijkstra(seed: int, limit_m: float) -> None:
    study, network, found, graph = solved(seed)
    homes = [("home", row) for row in range(len(study.demand))]
    ids = study.facilities["facility_id"].tolist()
    walks = [walks_from(graph, doors_of(study, "facility_id", one), homes, limit_m * 100) for one in ids]
    expected = np.array(walks) / 100
    assert matrix_of(network, found.entrances, found.homes, len(ids), limit_m=limit_m).tolist() == expected.tolist()
    counts = counts_of(network, found.entrances, found.homes, owners=len(ids), limit_m=limit_m)
    assert counts.tolist() == np.isfinite(expected).sum(axis=0).tolist()
    for k in (1, 2, 9):
        nearest = nearest_k_of(network, found.entrances, found.homes, k=k, limit_m=limit_m)
        owner, walk_m = sorted_out(expected, k)
        missing = k - owner.shape[1]
        owner = np.pad(owner, ((0, 0), (0, max(missing, 0))), constant_values=-1)
        assert nearest.owner.tolist() == owner.tolist()
        assert nearest.walk_m[:, : walk_m.shape[1]].tolist() == walk_m.tolist()


@pytest.fixture(scope="module")
def porto_alegre(shared_data: Path) -> Network:
    """The network of a real city."""
    source = parse_file_ref(str(shared_data / "porto-alegre" / "poa_osm.pbf"))
    return build_network(load_study("poa", Inputs(osm=source), DATA))


def joined(network: Network, count: int, seed: int) -> Joins:
    """Places at random inside edges, with access legs."""
    dice = np.random.default_rng(seed)
    edge = dice.integers(0, len(network.edge_cm), count).astype(np.int32)
    offset = (dice.random(count) * network.edge_cm[edge]).astype(np.int32)
    return Joins(edge, offset, dice.integers(0, 9000, count).astype(np.int32), np.zeros(count, bool))


def test_pairs_in_a_real_city_equal_scipy(porto_alegre: Network) -> None:
    """Origins on nodes, so that SciPy's distances between nodes are the whole answer."""
    network = porto_alegre
    dice = np.random.default_rng(4)
    edges = dice.choice(np.flatnonzero(network.edge_from != network.edge_to), 40, replace=False).astype(np.int32)
    zero = np.zeros(len(edges), np.int32)
    origins = Entrances(Joins(edges, zero, zero, zero.astype(bool)), np.arange(len(edges), dtype=np.int32), zero)
    every = np.arange(len(network.edge_cm), dtype=np.int32)
    none = np.zeros(len(every), np.int32)
    places = Joins(every, none, none, none.astype(bool))
    found = matrix_of(network, origins, places, len(edges), limit_m=1500.0)
    nodes = len(network.node_id)
    ends = np.sort(np.stack([network.edge_from, network.edge_to]), axis=0)
    order = np.lexsort((network.edge_cm, ends[1], ends[0]))
    _, least = np.unique(ends[:, order], axis=1, return_index=True)
    u, v, cm = ends[0][order][least], ends[1][order][least], network.edge_cm[order][least]
    graph = csr_array((np.maximum(cm, 1e-9), (u, v)), shape=(nodes, nodes))
    metres = dijkstra(graph, directed=False, indices=network.edge_from[edges], limit=150_000.0) / 100
    expected = metres[:, network.edge_from]
    assert np.isfinite(expected).sum() > 10_000
    assert np.array_equal(np.isfinite(found), np.isfinite(expected))
    assert np.allclose(found[np.isfinite(found)], expected[np.isfinite(expected)], atol=1e-6)


def test_the_same_pairs_for_any_piece_of_work_and_any_order(porto_alegre: Network) -> None:
    network = porto_alegre
    doors, places = joined(network, 300, 1), joined(network, 2000, 2)
    owner = (np.arange(300) // 2).astype(np.int32)
    entrances = Entrances(doors, owner, np.zeros(300, np.int32))
    whole = matrix_of(network, entrances, places, 150, limit_m=900.0)
    assert np.isfinite(whole).sum() > 1000
    assert np.array_equal(whole, matrix_of(network, entrances, places, 150, limit_m=900.0, together=7))
    dice = np.random.default_rng(3)
    doors_moved, places_moved = dice.permutation(300), dice.permutation(2000)
    shuffled = Entrances(taken(doors, doors_moved), owner[doors_moved], entrances.group)
    again = matrix_of(network, shuffled, taken(places, places_moved), 150, limit_m=900.0)
    assert np.array_equal(whole[:, places_moved], again)
    nearest = nearest_k_of(network, shuffled, taken(places, places_moved), k=3, limit_m=900.0)
    expected_owner, expected_m = sorted_out(whole[:, places_moved], 3)
    assert np.array_equal(nearest.owner, expected_owner)
    assert np.array_equal(nearest.walk_m, expected_m)


def taken(joins: Joins, at: NDArray[np.int64]) -> Joins:
    """Some rows of the joins, in another order."""
    return replace(
        joins, edge=joins.edge[at], offset_cm=joins.offset_cm[at], access_cm=joins.access_cm[at],
        is_refused=joins.is_refused[at],
    )  # fmt: skip
