"""From one origin outwards, touching only what is reached: what is near a place, and the people near facilities."""

from __future__ import annotations

import numba
import numpy as np
from numba import types

from geo.walk.kernels.shared import GRAPH, HALF, LONGS, NODE_BITS, OUT, PLACES, SEEDS, UNREACHED

_WITHIN = types.void(GRAPH, types.Tuple((PLACES, LONGS)), SEEDS, LONGS, LONGS, types.int64[::1])
_SPREAD = types.int64(GRAPH, SEEDS, types.int64, types.int64, OUT, types.Tuple((types.int64[::1], OUT)), OUT)
_ON_EDGE = types.int64(
    GRAPH, types.Tuple((PLACES, LONGS)), SEEDS, types.int64, types.int64, OUT, types.int64
)  # fmt: skip
_COST = types.int64(GRAPH, PLACES, SEEDS, types.int64, OUT, types.int64, types.int64)


@numba.njit("void(int64[::1], int32[::1], int64, int64, int32)", nogil=True, cache=True)
def push(keys, nodes, size, key, node):  # type: ignore[no-untyped-def]
    """Add an entry to the binary heap of ``size`` entries."""
    at = size
    while at > 0:
        parent = (at - 1) >> 1
        if keys[parent] <= key:
            break
        keys[at], nodes[at] = keys[parent], nodes[parent]
        at = parent
    keys[at], nodes[at] = key, node


@numba.njit("void(int64[::1], int32[::1], int64)", nogil=True, cache=True)
def pop(keys, nodes, size):  # type: ignore[no-untyped-def]
    """Remove the least entry of the binary heap of ``size`` entries."""
    last = size - 1
    key, node = keys[last], nodes[last]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= last:
            break
        if child + 1 < last and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[at], nodes[at] = keys[child], nodes[child]
        at = child
    keys[at], nodes[at] = key, node


@numba.njit(_SPREAD, nogil=True, cache=True)
def spread(graph, seeds, k, limit, cost, heap, touched):  # type: ignore[no-untyped-def]
    """Search outwards from the entrances of origin ``k``; return how many nodes were touched."""
    first_arc, arc, _, edge_from, edge_to, edge_ahead, _ = graph
    first, edge, ahead, back, access = seeds
    heap_key, heap_node = heap
    size, touches = 0, 0
    for s in range(first[k], first[k + 1]):
        e = edge[s]
        for node, leg in ((edge_from[e], np.int64(back[s])), (edge_to[e], np.int64(edge_ahead[e]) - ahead[s])):
            there = np.int64(access[s]) + leg
            if there <= limit and there < cost[node]:
                if cost[node] == UNREACHED:
                    touched[touches] = node
                    touches += 1
                cost[node] = there
                push(heap_key, heap_node, size, there, node)
                size += 1
    while size > 0:
        here, u = heap_key[0], heap_node[0]
        pop(heap_key, heap_node, size)
        size -= 1
        if here != cost[u]:
            continue
        for a in range(first_arc[u], first_arc[u + 1]):
            v, there = np.int32(arc[a] & NODE_BITS), here + np.int64(arc[a] >> HALF)
            if there <= limit and there < cost[v]:
                if cost[v] == UNREACHED:
                    touched[touches] = v
                    touches += 1
                cost[v] = there
                push(heap_key, heap_node, size, there, v)
                size += 1
    return touches


@numba.njit(_COST, nogil=True, cache=True)
def cost_at(graph, places, seeds, k, cost, e, p):  # type: ignore[no-untyped-def]
    """Return the cost from origin ``k`` to place ``p`` of edge ``e``, both access legs included."""
    _, ahead, back, access = places
    by_start = np.int64(cost[graph[3][e]]) + ahead[p]
    best = min(by_start, np.int64(cost[graph[4][e]]) + graph[6][e] - back[p])
    for s in range(seeds[0][k], seeds[0][k + 1]):
        if seeds[1][s] == e:
            along = max(np.int64(ahead[p]) - seeds[2][s], np.int64(seeds[3][s]) - back[p])
            best = min(best, seeds[4][s] + along)
    return best + access[p]


@numba.njit(_ON_EDGE, nogil=True, cache=True)
def _weight_on_edge(graph, places, seeds, k, limit, cost, e):  # type: ignore[no-untyped-def]
    """Sum the weights of the places on edge ``e`` that origin ``k`` reaches within ``limit``."""
    legs, weight = places
    found = np.int64(0)
    for p in range(legs[0][e], legs[0][e + 1]):
        if cost_at(graph, legs, seeds, k, cost, e, p) <= limit:
            found += weight[p]
    return found


@numba.njit(_WITHIN, nogil=True, cache=True)
def weight_within(graph, places, seeds, limits, rows, total):  # type: ignore[no-untyped-def]
    """Sum the weights of the places within a walking limit of each of many origins.

    Parameters
    ----------
    graph, seeds
        `GRAPH`, `SEEDS`: walked from the origins to the places.
    places
        `PLACES` and their weights, int64 (P,).
    limits
        int64 (K,): the limit of every origin, access legs included.
    rows
        int64: the origins to work on.
    total
        int64 (K,): filled for ``rows``.
    """
    nodes, edges = graph[0].shape[0] - 1, graph[5].shape[0]
    cost = np.full(nodes, UNREACHED, np.int32)
    heap_key = np.empty(graph[1].shape[0] + 2 * seeds[1].shape[0] + 1, np.int64)
    heap_node = np.empty(heap_key.shape[0], np.int32)
    touched = np.empty(nodes, np.int32)
    stamp = np.full(edges, -1, np.int64)
    for k in rows:
        touches = spread(graph, seeds, k, limits[k], cost, (heap_key, heap_node), touched)
        found = np.int64(0)
        for i in range(touches):
            for arc in range(graph[0][touched[i]], graph[0][touched[i] + 1]):
                e = graph[2][arc]
                if stamp[e] != k:
                    stamp[e] = k
                    found += _weight_on_edge(graph, places, seeds, k, limits[k], cost, e)
        for s in range(seeds[0][k], seeds[0][k + 1]):
            if stamp[seeds[1][s]] != k:
                stamp[seeds[1][s]] = k
                found += _weight_on_edge(graph, places, seeds, k, limits[k], cost, seeds[1][s])
        for i in range(touches):
            cost[touched[i]] = UNREACHED
        total[k] = found


_AROUND = types.UniTuple(OUT, 2)(GRAPH, SEEDS, types.int64)


@numba.njit(_AROUND, nogil=True, cache=True)
def around(graph, seeds, limit):  # type: ignore[no-untyped-def]
    """Return the cost of every node from one origin, and the nodes that were reached.

    ``graph`` and ``seeds`` as in `weight_within`; `UNREACHED` beyond ``limit``.
    """
    nodes = graph[0].shape[0] - 1
    cost = np.full(nodes, UNREACHED, np.int32)
    touched = np.empty(nodes, np.int32)
    room = graph[1].shape[0] + 2 * seeds[1].shape[0] + 1
    touches = spread(graph, seeds, 0, limit, cost, (np.empty(room, np.int64), np.empty(room, np.int32)), touched)
    return cost, touched[:touches].copy()
