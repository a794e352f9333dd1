"""The same answers for any number of threads, any size of the pieces of work and any order of the input.

Towns on a grid of whole metres, so that many walks are equally long and ties must be broken by id alone.
"""

from __future__ import annotations

import heapq
import os
from dataclasses import dataclass, replace

import numpy as np
import pytest
import towns
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from test_laws import SEGMENTS, along, segments
from test_repair import graph_of, keys, links, seeds

from benchmarks.networks import make_network
from geo.model.study import Study
from geo.walk.build import build_network
from geo.walk.network import Network, pack_arcs
from geo.walk.pairs import counts_of, distances_from, nearest_k_of, pairs_of
from geo.walk.reach import Entrances, nearest_of_groups
from geo.walk.search import nearest_keys
from geo.walk.snap import Joins, join
from geo.walk.within import people_within

OWNERS, GROUPS, LIMIT_M = 6, 3, 420.0
some = settings(max_examples=30, deadline=None, derandomize=True)
work = st.tuples(st.sampled_from([1, 2, 5]), st.sampled_from([1, 2, 256]), st.integers(0, 9999))


@dataclass(frozen=True)
class Answers:
    """Every answer about a town: rows are places in their first order, columns owners or groups."""

    place_m: NDArray[np.float64]
    place_owner: NDArray[np.int32]
    pairs: NDArray[np.float64]
    counts: NDArray[np.int64]
    nearest: NDArray[np.int32]
    nearest_m: NDArray[np.float64]
    people: NDArray[np.int64]

    def equals(self, other: Answers) -> bool:
        """Whether every array is the same, bit for bit."""
        return all(np.array_equal(value, getattr(other, name)) for name, value in vars(self).items())


@dataclass(frozen=True)
class Town:
    """Streets, K doors with owner and group, and P homes, all on a grid of whole metres."""

    study: Study
    doors: NDArray[np.int64]
    owner: NDArray[np.int32]
    group: NDArray[np.int32]
    homes: NDArray[np.int64]


places = st.lists(st.tuples(st.sampled_from(SEGMENTS), st.integers(0, 5)), min_size=6, max_size=14)


@st.composite
def grid_towns(draw: st.DrawFn) -> Town:
    """Some streets of a grid; doors and homes at corners or every 30 m along its streets."""
    doors, homes = (np.array([along(s, 30 * n) for s, n in draw(places)], np.int64) for _ in range(2))
    owner = np.array(draw(st.lists(st.integers(0, OWNERS - 1), min_size=len(doors), max_size=len(doors))), np.int32)
    return Town(towns.study(streets=towns.streets(*draw(segments))), doors, owner, owner % GROUPS, homes)


def joined(network: Network, study: Study, xy: NDArray[np.int64]) -> Joins:
    rows = towns.homes(*((str(n), 1, int(x), int(y)) for n, (x, y) in enumerate(xy)))
    return join(network, rows.geometry, walls=study.walls.geometry)


def answers(town: Town, together: int = 256, seed: int | None = None) -> Answers:
    """Every answer, with the rows of streets, doors and homes shuffled, and put back into their first order."""
    streets, doors, homes = (np.arange(len(rows)) for rows in (town.study.streets, town.doors, town.homes))
    if seed is not None:
        dice = np.random.default_rng(seed)
        streets, doors, homes = (dice.permutation(rows) for rows in (streets, doors, homes))
    mixed = town.study.streets.iloc[streets].reset_index(drop=True)
    study = replace(town.study, streets=mixed)
    network = build_network(study)
    entrances = Entrances(joined(network, study, town.doors[doors]), town.owner[doors], town.group[doors])
    living = joined(network, study, town.homes[homes])
    how = {"owners": OWNERS, "limit_m": LIMIT_M}
    back = np.argsort(homes)
    reach = nearest_of_groups(network, entrances, living, groups=GROUPS, limit_m=LIMIT_M)
    found = list(pairs_of(network, entrances, living, together=together, **how))
    walks = np.full((OWNERS, len(homes)), np.inf)
    for part in found:
        walks[part.owner, part.place] = part.walk_m
    nearest = nearest_k_of(network, entrances, living, k=2, limit_m=LIMIT_M)
    assert (np.diff(np.concatenate([part.owner for part in found])) >= 0).all()
    counts = counts_of(network, entrances, living, **how)
    limits, weight = np.full(OWNERS, LIMIT_M), np.arange(len(homes))[homes]
    people = people_within(network, entrances, living, weight=weight, owners=OWNERS, limit_m=limits)
    return Answers(
        reach.place_m[back], reach.place_owner[back], walks[:, back], counts[back], nearest.owner[back],
        nearest.walk_m[back], people,
    )  # fmt: skip


@some
@given(grid_towns(), work)
def test_answers_do_not_hang_on_threads_pieces_of_work_or_the_order_of_rows(
    town: Town, how: tuple[int, int, int]
) -> None:
    threads, together, seed = how
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "cpu_count", lambda: threads)
        assert answers(town, together, seed).equals(answers(town))


def by_heap(network: Network, node: NDArray[np.uint32], key: NDArray[np.uint64], limit: int) -> list[tuple[int, int]]:
    """(cost, label) of every node by a plain heap, nothing shared with the search."""
    best = [(limit + 1, 0)] * (len(network.first_arc) - 1)
    heap = [(int(k) >> 32, int(k) & 0xFFFFFFFF, int(u)) for u, k in zip(node, key, strict=True)]
    heapq.heapify(heap)
    while heap:
        cost, label, u = heapq.heappop(heap)
        if cost > limit or (cost, label) >= best[u]:
            continue
        best[u] = (cost, label)
        for arc in network.arc[network.first_arc[u] : network.first_arc[u + 1]].tolist():
            heapq.heappush(heap, (cost + (arc >> 32), label, arc & 0xFFFFFFFF))
    return best


def one_way(network: Network, seed: int) -> Network:
    """The network with another cost on every arc, some beyond every limit."""
    dice = np.random.default_rng(seed)
    cost = dice.choice([0, 1, 30, 250, 1 << 29], len(network.arc), p=[0.1, 0.2, 0.3, 0.3, 0.1])
    return replace(network, arc=pack_arcs(network.arc_to, cost))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    st.lists(links, min_size=1, max_size=90),
    seeds,
    st.sampled_from([0, 250, 900, 50_000]),
    st.none() | st.integers(0, 99),
    st.sampled_from([1, 3, 16]),
)
def test_the_contracted_search_equals_a_plain_heap_for_any_group_of_seeds(
    pieces: list[tuple[int, int, int]], begin: list[tuple[int, int, int]], limit: int, way: int | None, together: int
) -> None:
    """Costs and labels of every node: parallel pieces, loops, dead ends, junctions of many streets, one-way costs."""
    network = graph_of(pieces) if way is None else one_way(graph_of(pieces), way)
    node, key = keys(begin)
    found = nearest_keys(network, node, key, limit, together=together)
    assert [(k >> 32, k & 0xFFFFFFFF) for k in found.tolist()] == by_heap(network, node, key, limit)


@pytest.mark.parametrize("together", [1, 2, 7, 64, 10_000])
def test_a_made_city_has_one_answer_for_any_group_and_order_of_seeds(together: int) -> None:
    network = make_network(10_000)
    dice = np.random.default_rng(5)
    node = dice.choice(len(network.node_id), 300, replace=False).astype(np.uint32)
    key = np.arange(300, dtype=np.uint64)
    mixed = dice.permutation(300)
    whole = nearest_keys(network, node, key, 120_000)
    assert np.array_equal(nearest_keys(network, node[mixed], key[mixed], 120_000, together=together), whole)


def test_entrances_of_a_real_size_in_any_order() -> None:
    """Distances from each entrance, more than one piece of work holds, with two threads and one."""
    network, dice = make_network(2_500), np.random.default_rng(6)
    edge = dice.integers(0, len(network.edge_cm), 600).astype(np.int32)
    zero = np.zeros(600, np.int32)
    spots = Joins(edge, (dice.random(600) * network.edge_cm[edge]).astype(np.int32), zero, zero.astype(bool))
    whole = distances_from(network, Entrances(spots, zero, zero), spots.take(np.arange(40)), limit_m=900.0)
    mixed = dice.permutation(600)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "cpu_count", lambda: 1)
        again = distances_from(
            network, Entrances(spots.take(mixed), zero, zero), spots.take(np.arange(40)), limit_m=900.0
        )
    assert np.array_equal(again, whole[mixed])
    assert np.isfinite(whole).sum() > 1000
