"""Walking distances: from the nearest facility of every category to every node and every place.

One many-source search a category answers every home at once. A place inside an edge takes the better of the edge's
two ends, or the way along the edge where a facility joins the same one; both access legs count.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.walk.kernels import UNREACHED, around, as_metres
from geo.walk.network import Network
from geo.walk.search import contracted, nearest_keys
from geo.walk.snap import Joins

SEARCH_LIMIT_M = 5000.0
"""How far distances are looked for; beyond it a place counts as unreached (ours: five times the largest rule)."""


@dataclass(frozen=True)
class Entrances:
    """Where K entrances join the streets, on whose behalf, in which group.

    Attributes
    ----------
    joins
        How each entrance joins (K rows).
    owner
        int32 (K,): the row of the facility it belongs to, which names the answer.
    group
        int32 (K,): the category it counts for; -1 for none.
    """

    joins: Joins
    owner: NDArray[np.int32]
    group: NDArray[np.int32]


@dataclass(frozen=True)
class Reach:
    """Metres to the nearest of G groups: nodes (N, G), places (P, G) with the owner of the entrance reached.

    ``inf`` where nothing is within the limit; ``place_owner`` is -1 there.
    """

    node_m: NDArray[np.float32]
    place_m: NDArray[np.float64]
    place_owner: NDArray[np.int32]


def nearest_of_groups(
    network: Network, entrances: Entrances, places: Joins, *, groups: int, limit_m: float = SEARCH_LIMIT_M
) -> Reach:
    """Return the walking distance from every node and place to the nearest entrance of every group.

    Parameters
    ----------
    places
        How the homes join the streets (P rows).
    groups
        Number of groups G.
    limit_m
        Metres on the ground, access legs included.
    """
    limit = round(limit_m * 100)
    node_m = np.empty((len(network.node_id), groups), np.float32, order="F")
    place_m = np.full((len(places.edge), groups), np.inf, order="F")
    owner = np.full((len(places.edge), groups), -1, np.int32, order="F")

    def search(group: int) -> None:
        mine = _select(entrances, group)
        found = _search(network, mine, limit)
        best = at_places(network, places, found, mine, limit)
        reached = (best >> 32) <= limit
        as_metres(found.view(np.uint64), limit, node_m[:, group])
        place_m[reached, group] = (best[reached] >> 32) / 100
        owner[reached, group] = (best[reached] & 0xFFFFFFFF).astype(np.int32)

    contracted(network)  # before the threads, lest each of them makes it
    _for_all(search, range(groups))
    return Reach(node_m, place_m, owner)


def metres_after(
    network: Network, places: Joins, node_m: NDArray[np.floating], entrances: Entrances
) -> NDArray[np.float64]:
    """Return metres from places that come after a search to the nearest of its entrances: float64 (P,), or ``inf``.

    Parameters
    ----------
    node_m
        (N,): metres of every node, from the search that began at ``entrances`` (`Reach.node_m` of one group).
    """
    edge = np.maximum(places.edge, 0)
    start, end = (node_m[ends[edge]].astype(float) * 100 for ends in (network.edge_from, network.edge_to))
    by_ends = np.minimum(start + places.offset_cm, end + network.edge_back_cm[edge] - places.back_cm)
    cost = by_ends + places.access_cm
    best = np.where(places.is_joined & np.isfinite(cost), cost, UNREACHED).astype(np.int64) << 32
    _along_the_same_edge(best, places, _take(entrances, np.flatnonzero(entrances.joins.is_joined)))
    return np.where(best >> 32 < UNREACHED, (best >> 32) / 100, np.inf)


def nearest_owned(network: Network, entrances: Entrances, limit: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return the cost from the nearest entrance to every node, ``inf`` beyond ``limit``, and its owner, -1 there.

    In the network's own units; of equally near owners the lower one.
    """
    found = _search(network, entrances, limit)
    cost = found >> 32
    near = cost <= limit
    return np.where(near, cost, np.inf), np.where(near, found & 0xFFFFFFFF, -1).astype(np.int32)


def costs_around(network: Network, here: Joins, limit: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the cost from a place to every node, `UNREACHED` beyond ``limit``, and the nodes reached.

    ``here``: one joined row for each door of the place; the nearest counts. In the network's own units (centimetres, or
    hundredths of a second); only what is reached is touched.
    """
    seeds = (np.array([0, len(here.edge)], np.int64), here.edge, here.offset_cm, here.back_cm, here.access_cm)
    cost, nodes = around(network.graph, seeds, limit)
    return np.asarray(cost), np.asarray(nodes)


def costs_at(network: Network, places: Joins, cost: NDArray[np.int32], here: Joins) -> NDArray[np.int64]:
    """Return the cost from the place of `costs_around` to each of many places, both access legs included."""
    edge = np.maximum(places.edge, 0)
    by_start = cost[network.edge_from[edge]].astype(np.int64) + places.offset_cm
    by_end = cost[network.edge_to[edge]].astype(np.int64) + network.edge_back_cm[edge] - places.back_cm
    best = np.minimum(by_start, by_end)
    for door in range(len(here.edge)):
        along = _between(here, np.array([door]), places, slice(None)) + here.access_cm[door]
        best = np.where(edge == here.edge[door], np.minimum(best, along), best)
    return np.where(places.is_joined, best + places.access_cm, np.int64(UNREACHED))


def _select(entrances: Entrances, group: int) -> Entrances:
    return _take(entrances, np.flatnonzero((entrances.group == group) & entrances.joins.is_joined))


def _take(entrances: Entrances, at: NDArray[np.int64]) -> Entrances:
    return Entrances(entrances.joins.take(at), entrances.owner[at], entrances.group[at])


def _search(network: Network, entrances: Entrances, limit: int) -> NDArray[np.int64]:
    """Return (cost << 32 | owner) of every node; a cost above the limit where nothing came."""
    return nearest_keys(network, *seeds_of(network, entrances), limit).view(np.int64)


def seeds_of(network: Network, entrances: Entrances) -> tuple[NDArray[np.uint32], NDArray[np.uint64]]:
    """Return where a search begins: both ends of the edge of every joined entrance, and ``cost << 32 | owner``."""
    joins = entrances.joins
    joined = joins.is_joined
    edge, offset, access = joins.edge[joined], joins.offset_cm[joined], joins.access_cm[joined]
    back = joins.back_cm[joined]
    node = np.concatenate([network.edge_from[edge], network.edge_to[edge]]).astype(np.uint32)
    cost = np.concatenate([access + back, access + network.edge_cm[edge] - offset]).astype(np.uint64)
    return node, (cost << np.uint64(32)) | np.tile(entrances.owner[joined], 2).astype(np.uint64)


def at_places(
    network: Network, places: Joins, found: NDArray[np.int64], entrances: Entrances, limit: int
) -> NDArray[np.int64]:
    """Return (cost << 32 | owner) of every place, from those of the nodes and the entrances they come from."""
    best = _at_places(network, places, found, limit)
    _along_the_same_edge(best, places, entrances)
    return best


def _at_places(network: Network, places: Joins, found: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    """Return (cost << 32 | owner) of every place by way of the ends of its edge."""
    edge = np.maximum(places.edge, 0)
    best = np.full(len(edge), np.int64(UNREACHED) << 32, np.int64)
    for node, leg in (
        (network.edge_from[edge], places.offset_cm),
        (network.edge_to[edge], network.edge_back_cm[edge] - places.back_cm),
    ):
        key = found[node] + ((leg.astype(np.int64) + places.access_cm) << 32)
        np.minimum(best, key, out=best, where=places.is_joined & (found[node] >> 32 <= limit))
    return best


def _along_the_same_edge(best: NDArray[np.int64], places: Joins, entrances: Entrances) -> None:
    """Improve ``best`` in place where a place and an entrance join the same edge."""
    order = np.argsort(entrances.joins.edge, kind="stable")
    edges = entrances.joins.edge[order]
    first = np.searchsorted(edges, places.edge, side="left")
    count = np.searchsorted(edges, places.edge, side="right") - first
    count[~places.is_joined] = 0
    place = np.repeat(np.arange(len(places.edge)), count)
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    at = order[first[place] + nth]
    joins = entrances.joins
    along = _between(joins, at, places, place)
    total = along + places.access_cm[place] + joins.access_cm[at]
    np.minimum.at(best, place, (total << 32) | entrances.owner[at])


def _between(start: Joins, a: NDArray[np.integer], end: Joins, b: NDArray[np.integer] | slice) -> NDArray[np.int64]:
    """Return the cost along one edge from the starts to the ends, either way."""
    ahead = end.offset_cm[b].astype(np.int64) - start.offset_cm[a]
    behind = start.back_cm[a].astype(np.int64) - end.back_cm[b]
    return np.asarray(np.maximum(ahead, behind), np.int64)


def _for_all(search: Callable[[int], None], rows: Iterable[int]) -> None:
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        list(pool.map(search, rows))
