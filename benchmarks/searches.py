"""Searching: against SciPy, pandana, one pass over the arrays, ourselves on one core, and a smaller network."""

from __future__ import annotations

import itertools
import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.timing import CATEGORIES, FACILITIES, LIMIT_CM, TURNS, Ratio, in_turn, processor_time, search, seeds
from geo.walk.kernels import read_once
from geo.walk.network import Network
from geo.walk.reach import Entrances, nearest_of_groups
from geo.walk.repair import edited, full_search, repaired, undo
from geo.walk.snap import Joins

try:
    import pandana
except ImportError:
    pandana = None


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
    if pandana is None:
        return Ratio("nearest_vs_pandana", None, {}, "pandana is not installed")
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

    def ours() -> None:
        nearest_of_groups(network, doors, nobody, groups=CATEGORIES, limit_m=LIMIT_CM / 100)

    took = in_turn(3, ours=ours, single=single)
    spent = processor_time(ours) / processor_time(single)
    note = f"{os.cpu_count()} cores / one; ours takes {spent:.2f} times the processor time of the single runs"
    return Ratio("many_vs_single", took["ours"] / took["single"], took, note)


def growth_case(small: Network, large: Network) -> Ratio:
    """Time a node from 100 k to 1 M nodes, with as many facilities a node."""
    dice = np.random.default_rng(3)
    few, many = seeds(small, FACILITIES // 10, dice), seeds(large, FACILITIES, dice)
    took = in_turn(small=lambda: search(small, few), large=lambda: search(large, many))
    ratio = (took["large"] / len(large.node_id)) / (took["small"] / len(small.node_id))
    return Ratio("growth_100k_1m", ratio, took, "time a node, large / small")


def repair_case(network: Network) -> Ratio:
    """One opened wall: the searches of 25 categories repaired, against all of them run again on all cores."""
    dice = np.random.default_rng(10)
    at = [seeds(network, FACILITIES, dice) for _ in range(CATEGORIES)]
    keys = np.arange(FACILITIES, dtype=np.uint64)
    searches = [full_search(network, mine, keys, LIMIT_CM) for mine in at]
    walls = [(int(a), int(a) + 1, 100, 100) for a in dice.integers(0, len(network.node_id) - 1, TURNS + 1)]
    turn = itertools.count()

    def ours() -> None:
        overlay = edited(network, opened=[walls[next(turn) % len(walls)]])
        for one in searches:
            undo(one, repaired(network, overlay, one)[1])

    def full() -> None:
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda mine: full_search(network, mine, keys, LIMIT_CM), at))

    took = in_turn(ours=ours, full=full)
    return Ratio(
        "repair_vs_full", took["full"] / took["ours"], took, "one opened wall, 25 categories, undone each time"
    )
