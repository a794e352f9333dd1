"""Who reaches what: every pair of facility and place within a limit, how many there are, and the k nearest.

For catchments, capacity and siting. Every walk leads from an owner's entrance to a place, at the costs of the network
that is handed in. In metres that serves both directions; in time it does not: for residents (places) who walk to
facilities (owners) hand in the network that `timed_network` makes with ``is_towards``, and the joins on it.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from geo.walk.kernels import UNREACHED, nearest_k, nearest_k_at, pairs_within
from geo.walk.network import Ints, Network
from geo.walk.reach import SEARCH_LIMIT_M, Entrances
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
        float64 (n,): metres on the ground (seconds on a timed network) from the owner to the place, both access legs
        included.
    """

    owner: NDArray[np.int32]
    place: NDArray[np.int32]
    walk_m: NDArray[np.float64]


@dataclass(frozen=True)
class Nearest:
    """The k nearest facilities of P places: owner int32 (P, k), -1 where fewer are near; walk_m float64, ``inf``.

    ``walk_m`` as in `Pairs`.
    """

    owner: NDArray[np.int32]
    walk_m: NDArray[np.float64]


def pairs_of(
    network: Network, entrances: Entrances, places: Joins, *, owners: int, limit_m: float, together: int = TOGETHER
) -> Iterator[Pairs]:
    """Yield every pair of owner and place within a limit, owner by owner in their order.

    Parameters
    ----------
    network
        Walked from the entrances to the places; in metres, or in time (see the head of this module).
    entrances
        Where the owners (facilities) join the streets; each counts once, by its nearest entrance.
    owners
        Number of owners F; ``entrances.owner`` counts them.
    limit_m
        Metres on the ground, or seconds on a timed network; access legs included.
    together
        Origins searched in one piece of work; changes the memory, never the pairs.
    """
    for some in _found(network, entrances, places, owners=owners, limit_m=limit_m, together=together):
        by_place = np.lexsort((some.place, some.owner))
        yield Pairs(some.owner[by_place], some.place[by_place], some.walk_m[by_place])


def counts_of(
    network: Network, entrances: Entrances, places: Joins, *, owners: int, limit_m: float
) -> NDArray[np.int64]:
    """Return how many owners lie within a limit of each place: int64 (P,). Arguments as in `pairs_of`."""
    total = np.zeros(len(places.edge), np.int64)
    for some in _found(network, entrances, places, owners=owners, limit_m=limit_m, together=TOGETHER):
        total += np.bincount(some.place, minlength=len(total))
    return total


def distances_from(
    network: Network, origin: Entrances, places: Joins, *, limit_m: float = SEARCH_LIMIT_M
) -> NDArray[np.float64]:
    """Return metres from each of K origins to each place: float64 (K, P), ``inf`` beyond the limit.

    Every origin is an owner of its own here. Other arguments as in `pairs_of`.
    """
    count = len(origin.owner)
    metres = np.full((count, len(places.edge)), np.inf)
    each = Entrances(origin.joins, np.arange(count, dtype=np.int32), origin.group)
    for some in _found(network, each, places, owners=count, limit_m=limit_m, together=TOGETHER):
        metres[some.owner, some.place] = some.walk_m
    return metres


def nearest_k_of(network: Network, entrances: Entrances, places: Joins, *, k: int, limit_m: float) -> Nearest:
    """Return the ``k`` nearest owners of each place within a limit, nearest first, equal ways by owner.

    An owner with several entrances counts once, by the nearest. ``network`` and ``limit_m`` as in `pairs_of`: the walk
    leads from the owner to the place.
    """
    joins, limit = entrances.joins, round(limit_m * 100)
    at = np.flatnonzero(joins.is_joined)
    at = at[np.lexsort((entrances.owner[at], joins.edge[at]))]
    joins, owner = joins.take(at), entrances.owner[at]
    edge, ahead, back, access = joins.edge, joins.offset_cm, joins.back_cm, joins.access_cm
    node = np.concatenate([network.edge_from[edge], network.edge_to[edge]]).astype(np.uint32)
    cost = np.concatenate([access + back, access + network.edge_cm[edge] - ahead]).astype(np.uint64)
    key = (cost << np.uint64(32)) | np.tile(owner, 2).astype(np.uint64)
    at_nodes = nearest_k((network.first_arc, network.arc), node, key, limit, k)
    best = np.full((len(places.edge), k), _NONE)
    seeds = (_counted(edge, len(network.edge_cm)), owner, ahead, back, access)
    legs = (places.edge, places.offset_cm, places.back_cm, places.access_cm)
    nearest_k_at(network.graph, at_nodes, seeds, legs, best)
    is_near = (best >> np.uint64(32)) <= np.uint64(limit)
    walk_m = np.where(is_near, (best >> np.uint64(32)) / 100, np.inf)
    return Nearest(np.where(is_near, best & np.uint64(0xFFFFFFFF), _NONE).astype(np.uint32).view(np.int32), walk_m)


def places_by_edge(
    network: Network, places: Joins, at: NDArray[np.int64]
) -> tuple[NDArray[np.int64], tuple[NDArray[np.int64], Ints, Ints, Ints]]:
    """Return the rows ``at`` of joined places in the order of their edges, and the places as the kernels take them."""
    order = at[np.lexsort((at, places.edge[at]))]
    mine = places.take(order)
    return order, (_counted(mine.edge, len(network.edge_cm)), mine.offset_cm, mine.back_cm, mine.access_cm)


def seeds_by_owner(entrances: Entrances, owners: int) -> tuple[NDArray[np.int64], Ints, Ints, Ints, Ints]:
    """Return the joined entrances, owner by owner, as the kernels take them."""
    at = np.flatnonzero(entrances.joins.is_joined)
    at = at[np.argsort(entrances.owner[at], kind="stable")]
    mine = entrances.joins.take(at)
    return _counted(entrances.owner[at], owners), mine.edge, mine.offset_cm, mine.back_cm, mine.access_cm


def _counted(sorted_rows: NDArray[np.integer], count: int) -> NDArray[np.int64]:
    first = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(sorted_rows, minlength=count), out=first[1:])
    return first


def _found(
    network: Network, entrances: Entrances, places: Joins, *, owners: int, limit_m: float, together: int
) -> Iterator[Pairs]:
    """Yield the pairs of `pairs_of`, those of one owner in any order."""
    order, legs = places_by_edge(network, places, np.flatnonzero(places.is_joined))
    seeds, limit = seeds_by_owner(entrances, owners), round(limit_m * 100)
    own = threading.local()

    def work(begin: int) -> Pairs:
        if not hasattr(own, "room"):
            own.room = _room(network, entries=len(network.arc) + 2 * len(seeds[1]) + 1)
        rows = np.arange(begin, min(begin + together, owners), dtype=np.int64)
        start, place, cost = pairs_within(network.graph, legs, seeds, limit, rows, own.room)
        owner = np.repeat(rows, np.diff(start)).astype(np.int32)
        return Pairs(owner, order[place].astype(np.int32), cost / 100)

    yield from _in_order([partial(work, begin) for begin in range(0, owners, together)])


def _room(network: Network, entries: int) -> tuple[Ints, NDArray[np.int64], Ints, Ints, NDArray[np.int64], Ints]:
    """Return what one thread needs to search from one origin after another: allocated once, cleaned as it goes."""
    nodes, edges = len(network.node_id), len(network.edge_cm)
    heap = np.empty(entries, np.int64), np.empty(entries, np.int32)
    stamp, near = np.full(edges, -1, np.int64), np.empty(edges, np.int32)
    return np.full(nodes, UNREACHED, np.int32), *heap, np.empty(nodes, np.int32), stamp, near


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
