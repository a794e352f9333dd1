"""From many origins to many places: every pair within a limit, and the k nearest owners of every place."""

from __future__ import annotations

import numba
import numpy as np
from numba import types

from geo.walk.kernels.one_source import cost_at, pop, push, spread
from geo.walk.kernels.shared import GRAPH, HALF, INTS, KEYS, LONGS, NODE_BITS, PLACES, SEEDS, SHORTS, UNREACHED

_FOUND = types.Tuple((types.int64[::1], types.int32[::1], types.int32[::1]))
_ROOM = types.Tuple(
    (types.int32[::1], types.int64[::1], types.int32[::1], types.int32[::1], types.int64[::1], types.int32[::1])
)  # fmt: skip
_PAIRS = _FOUND(GRAPH, PLACES, SEEDS, types.int64, LONGS, _ROOM)
_NEAR = types.int64(GRAPH, SEEDS, types.int64, types.int32[::1], types.int64[::1], types.int32[::1])
_K_NODES = types.uint64[:, ::1](types.Tuple((SHORTS, KEYS)), SHORTS, KEYS, types.int64, types.int64)
_KEEP = types.void(types.uint64[::1], types.uint64)
_K_PLACES = types.void(GRAPH, types.uint64[:, ::1], SEEDS, types.UniTuple(INTS, 4), types.uint64[:, ::1])

_NONE = np.uint64(0xFFFFFFFFFFFFFFFF)


@numba.njit(_NEAR, nogil=True, cache=True)
def _edges_near(graph, seeds, k, touched, stamp, near):  # type: ignore[no-untyped-def]
    """List every edge that meets a touched node or holds a seed of origin ``k``, once; return how many."""
    found = 0
    for node in touched:
        for a in range(graph[0][node], graph[0][node + 1]):
            if stamp[graph[2][a]] != k:
                stamp[graph[2][a]] = k
                near[found] = graph[2][a]
                found += 1
    for s in range(seeds[0][k], seeds[0][k + 1]):
        if stamp[seeds[1][s]] != k:
            stamp[seeds[1][s]] = k
            near[found] = seeds[1][s]
            found += 1
    return found


@numba.njit(_PAIRS, nogil=True, cache=True)
def pairs_within(graph, places, seeds, limit, rows, room):  # type: ignore[no-untyped-def]
    """Return every place within a limit of each origin, and at which cost.

    Parameters
    ----------
    graph, places, seeds
        `GRAPH`, `PLACES`, `SEEDS`: walked from the origins to the places.
    limit
        Costs above it are left out; access legs are included.
    rows
        int64 (R,): the origins to search from.
    room
        ``(cost, heap_key, heap_node, touched, stamp, near)``: int32 (N,) of `UNREACHED`; int64 and int32, more than
        arcs and twice the seeds; int32 (N,); int64 (E,) of -1; int32 (E,). Used again and again, but ``stamp`` keeps
        the origins it has seen: none may come twice.

    Returns
    -------
    first, place, cost
        int64 (R + 1,), int32, int32: the pairs of ``rows[i]`` are ``first[i]:first[i + 1]``, each place once.
    """
    cost, heap_key, heap_node, touched, stamp, near = room
    first = np.zeros(rows.shape[0] + 1, np.int64)
    place, there = np.empty(1024, np.int32), np.empty(1024, np.int32)
    size = 0
    for i in range(rows.shape[0]):
        k = rows[i]
        touches = spread(graph, seeds, k, limit, cost, (heap_key, heap_node), touched)
        for e in near[: _edges_near(graph, seeds, k, touched[:touches], stamp, near)]:
            for p in range(places[0][e], places[0][e + 1]):
                total = cost_at(graph, places, seeds, k, cost, e, p)
                if total > limit:
                    continue
                if size == place.shape[0]:
                    place = np.concatenate((place, np.empty(size, np.int32)))
                    there = np.concatenate((there, np.empty(size, np.int32)))
                place[size], there[size] = p, total
                size += 1
        cost[touched[:touches]] = UNREACHED
        first[i + 1] = size
    return first, place[:size].copy(), there[:size].copy()


@numba.njit(_KEEP, nogil=True, cache=True)
def _keep(best, key):  # type: ignore[no-untyped-def]
    """Put ``cost << 32 | owner`` among the k best, in order, the least of every owner once."""
    k = best.shape[0]
    if key >= best[k - 1]:
        return
    at = k - 1
    for i in range(k):
        if best[i] != _NONE and (best[i] & NODE_BITS) == (key & NODE_BITS):
            if best[i] <= key:
                return
            at = i
            break
    while at > 0 and best[at - 1] > key:
        best[at] = best[at - 1]
        at -= 1
    best[at] = key


@numba.njit(_K_NODES, nogil=True, cache=True)
def nearest_k(graph, seed_node, seed_key, limit, k):  # type: ignore[no-untyped-def]
    """Return the ``k`` nearest owners of every node.

    Parameters
    ----------
    graph, seed_node, seed_key, limit
        As in `nearest`; the label of a seed is its owner.

    Returns
    -------
    best
        uint64 (N, k) of ``cost << 32 | owner``, least first, equal costs by owner, every owner once; all ones where
        fewer than k are within the limit.

    Source
    ------
    Dijkstra with up to k labels a node. An owner that is not among the k best of a node is not among those of any
    node behind it, because all k that beat it come along.
    """
    first_arc, arc = graph
    nodes = first_arc.shape[0] - 1
    best = np.full((nodes, k), _NONE, np.uint64)
    heap_key = np.empty(max(1024, seed_node.shape[0] + 1), np.int64)
    heap_node = np.empty(heap_key.shape[0], np.int32)
    size = 0
    for s in range(seed_node.shape[0]):
        if np.int64(seed_key[s] >> HALF) <= limit:
            push(heap_key, heap_node, size, np.int64(seed_key[s]), np.int32(seed_node[s]))
            size += 1
    while size > 0:
        key, u = np.uint64(heap_key[0]), heap_node[0]
        pop(heap_key, heap_node, size)
        size -= 1
        before = best[u, k - 1]
        is_new = key < before
        for i in range(k):
            if best[u, i] != _NONE and (best[u, i] & NODE_BITS) == (key & NODE_BITS):
                is_new = False
        if not is_new:
            continue
        _keep(best[u], key)
        for a in range(first_arc[u], first_arc[u + 1]):
            v, there = np.int32(arc[a] & NODE_BITS), key + ((arc[a] >> HALF) << HALF)
            if np.int64(there >> HALF) > limit or there >= best[v, k - 1]:
                continue
            if size + 1 >= heap_key.shape[0]:
                heap_key = np.concatenate((heap_key, np.empty(heap_key.shape[0], np.int64)))
                heap_node = np.concatenate((heap_node, np.empty(heap_node.shape[0], np.int32)))
            push(heap_key, heap_node, size, np.int64(there), v)
            size += 1
    return best


@numba.njit(_K_PLACES, nogil=True, cache=True)
def nearest_k_at(graph, node_best, seeds, places, best):  # type: ignore[no-untyped-def]
    """Fill the ``k`` nearest owners of every place from those of its edge's ends and from seeds on the same edge.

    Parameters
    ----------
    node_best
        uint64 (N, k) of `nearest_k`.
    seeds
        ``(first, owner, ahead, back, access)``: the seeds on edge ``e`` are ``first[e]:first[e + 1]``.
    places
        ``(edge, ahead, back, access)``: int32 (P,); edge -1 where a place joins nothing.
    best
        uint64 (P, k), all ones: filled.
    """
    for p in range(places[0].shape[0]):
        e = places[0][p]
        if e < 0:
            continue
        ahead, back, access = np.int64(places[1][p]), np.int64(places[2][p]), np.int64(places[3][p])
        for node, leg in ((graph[3][e], ahead), (graph[4][e], np.int64(graph[6][e]) - back)):
            for i in range(node_best.shape[1]):
                if node_best[node, i] != _NONE:
                    _keep(best[p], node_best[node, i] + (np.uint64(leg + access) << HALF))
        for s in range(seeds[0][e], seeds[0][e + 1]):
            along = max(ahead - seeds[2][s], seeds[3][s] - back) + access + np.int64(seeds[4][s])
            _keep(best[p], (np.uint64(along) << HALF) | np.uint64(seeds[1][s]))
