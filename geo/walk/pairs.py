"""Who reaches what: every pair of facility and place within a limit, how many there are, and the k nearest.

For catchments, capacity and siting. Streets are walked both ways, so a pair serves both directions.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from geo.walk.kernels import nearest_k, nearest_k_at, pairs_within
from geo.walk.network import Network
from geo.walk.reach import Entrances
from geo.walk.snap import Joins

TOGETHER = 256
"""Origins searched in one piece of work: what bounds the memory that pairs under way may take."""

_NONE = np.uint64(0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True)
class Pairs:
    """Some of the pairs within a limit, by origin and then by place.

    Attributes
    ----------
    owner, place
        int32 (n,): rows of the facilities and of the places.
    walk_m
        float64 (n,): metres on the ground, both access legs included.
    """

    owner: NDArray[np.int32]
    place: NDArray[np.int32]
    walk_m: NDArray[np.float64]


@dataclass(frozen=True)
class Nearest:
    """The k nearest facilities of P places: owner int32 (P, k), -1 where fewer are near; walk_m float64, ``inf``."""

    owner: NDArray[np.int32]
    walk_m: NDArray[np.float64]


def pairs_of(
    network: Network, entrances: Entrances, places: Joins, *, owners: int, limit_m: float, together: int = TOGETHER
) -> Iterator[Pairs]:
    """Yield every pair of owner and place within a limit, owner by owner in their order.

    Parameters
    ----------
    entrances
        Where the owners (facilities) join the streets; each counts once, by its nearest entrance.
    owners
        Number of owners F; ``entrances.owner`` counts them.
    limit_m
        Metres on the ground, access legs included.
    together
        Origins searched in one piece of work; changes the memory, never the pairs.
    """
    order = np.lexsort((np.arange(len(places.edge)), places.edge))
    order = order[places.is_joined[order]]
    first = _counted(places.edge[order], len(network.edge_cm))
    legs = (first, places.offset_cm[order], places.access_cm[order])
    seeds, limit = _by_owner(entrances, owners), round(limit_m * 100)

    def work(begin: int) -> Pairs:
        rows = np.arange(begin, min(begin + together, owners), dtype=np.int64)
        start, place, cost = pairs_within(network.graph, legs, seeds, limit, rows)
        owner = np.repeat(rows, np.diff(start)).astype(np.int32)
        place = order[place].astype(np.int32)
        by_place = np.lexsort((place, owner))
        return Pairs(owner[by_place], place[by_place], cost[by_place] / 100)

    yield from _in_order([partial(work, begin) for begin in range(0, owners, together)])


def counts_of(
    network: Network, entrances: Entrances, places: Joins, *, owners: int, limit_m: float
) -> NDArray[np.int64]:
    """Return how many owners lie within a limit of each place: int64 (P,). Arguments as in `pairs_of`."""
    total = np.zeros(len(places.edge), np.int64)
    for some in pairs_of(network, entrances, places, owners=owners, limit_m=limit_m):
        total += np.bincount(some.place, minlength=len(total))
    return total


def nearest_k_of(network: Network, entrances: Entrances, places: Joins, *, k: int, limit_m: float) -> Nearest:
    """Return the ``k`` nearest owners of each place within a limit, nearest first, equal ways by owner.

    An owner with several entrances counts once, by the nearest. ``limit_m`` in metres, access legs included.
    """
    joins, limit = entrances.joins, round(limit_m * 100)
    at = np.flatnonzero(joins.is_joined)
    at = at[np.lexsort((entrances.owner[at], joins.edge[at]))]
    edge, offset, access = joins.edge[at], joins.offset_cm[at], joins.access_cm[at]
    owner = entrances.owner[at]
    node = np.concatenate([network.edge_from[edge], network.edge_to[edge]]).astype(np.uint32)
    cost = np.concatenate([access + offset, access + network.edge_cm[edge] - offset]).astype(np.uint64)
    key = (cost << np.uint64(32)) | np.tile(owner, 2).astype(np.uint64)
    at_nodes = nearest_k((network.first_arc, network.arc), node, key, limit, k)
    best = np.full((len(places.edge), k), _NONE)
    seeds = (_counted(edge, len(network.edge_cm)), owner, offset, access)
    nearest_k_at(network.graph, at_nodes, seeds, (places.edge, places.offset_cm, places.access_cm), best)
    is_near = (best >> np.uint64(32)) <= np.uint64(limit)
    walk_m = np.where(is_near, (best >> np.uint64(32)) / 100, np.inf)
    return Nearest(np.where(is_near, best & np.uint64(0xFFFFFFFF), _NONE).astype(np.uint32).view(np.int32), walk_m)


def _counted(sorted_rows: NDArray[np.integer], count: int) -> NDArray[np.int64]:
    first = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(sorted_rows, minlength=count), out=first[1:])
    return first


def _by_owner(
    entrances: Entrances, owners: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    joins = entrances.joins
    at = np.flatnonzero(joins.is_joined)
    at = at[np.argsort(entrances.owner[at], kind="stable")]
    return _counted(entrances.owner[at], owners), joins.edge[at], joins.offset_cm[at], joins.access_cm[at]


def _in_order(tasks: list[Callable[[], Pairs]]) -> Iterator[Pairs]:
    """Work on all cores, and give out the results in order; only a few are held at once."""
    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(max_workers=workers) as pool:
        waiting: deque[Future[Pairs]] = deque()
        for task in tasks:
            waiting.append(pool.submit(task))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
