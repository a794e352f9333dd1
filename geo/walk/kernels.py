"""The compiled heart: many-source nearest search on integer costs. Arrays in, arrays out; nothing else here.

Every kernel releases the interpreter lock and is compiled once with fixed types and cached on disk.
"""

from __future__ import annotations

import numba
import numpy as np
from numba import types

UNREACHED = np.iinfo(np.int32).max
"""Cost of a node that the search did not reach; turned into ``inf`` before anybody sees it."""

NO_LABEL = np.iinfo(np.int32).max

_INTS = types.Array(types.int32, 1, "C", readonly=True)
_LONGS = types.Array(types.int64, 1, "C", readonly=True)
_OUT = types.int32[::1]
_GRAPH = types.UniTuple(_INTS, 7)
_PLACES = types.Tuple((_LONGS, _INTS, _INTS, _LONGS))
_SEEDS = types.Tuple((_LONGS, _INTS, _INTS, _INTS))

_NEAREST = types.UniTuple(_OUT, 2)(_INTS, _INTS, _INTS, _INTS, _INTS, _INTS, types.int32)
_WITHIN = types.void(_GRAPH, _PLACES, _SEEDS, _LONGS, _LONGS, types.int64[::1])
_SPREAD = types.int64(_GRAPH, _SEEDS, types.int64, types.int64, _OUT, types.Tuple((types.int64[::1], _OUT)), _OUT)
_ON_EDGE = types.int64(_GRAPH, _PLACES, _SEEDS, types.int64, types.int64, _OUT, types.int64)


@numba.njit("void(int64[::1], int32[::1], int64, int64, int32)", nogil=True, cache=True)
def _push(keys, nodes, size, key, node):  # type: ignore[no-untyped-def]
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
def _pop(keys, nodes, size):  # type: ignore[no-untyped-def]
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


@numba.njit(_NEAREST, nogil=True, cache=True)
def nearest(first_arc, arc_to, arc_cost, seed_node, seed_cost, seed_label, limit):  # type: ignore[no-untyped-def]
    """Return the least cost from any seed to every node, and the label of that seed.

    Parameters
    ----------
    first_arc, arc_to, arc_cost
        CSR of the graph, int32 (N + 1,), (A,), (A,); costs >= 0.
    seed_node, seed_cost, seed_label
        int32 (S,): where the search begins, at which cost, on whose behalf.
    limit
        Nodes dearer than this stay unreached.

    Returns
    -------
    cost, label
        int32 (N,); `UNREACHED` and `NO_LABEL` where nothing came. Of equal costs the lower label wins, so that the
        answer does not hang on the order of the seeds.

    Source
    ------
    Dijkstra (1959) on pairs (cost, label) in lexicographic order, with lazy deletion.
    """
    n = first_arc.shape[0] - 1
    cost = np.full(n, UNREACHED, np.int32)
    label = np.full(n, NO_LABEL, np.int32)
    room = seed_node.shape[0] + 64
    keys = np.empty(room, np.int64)
    nodes = np.empty(room, np.int32)
    size = 0
    for s in range(seed_node.shape[0]):
        v, c, f = seed_node[s], seed_cost[s], seed_label[s]
        if c <= limit and (c < cost[v] or (c == cost[v] and f < label[v])):
            cost[v], label[v] = c, f
            _push(keys, nodes, size, (np.int64(c) << 32) | np.int64(f), v)
            size += 1
    while size > 0:
        key, u = keys[0], nodes[0]
        _pop(keys, nodes, size)
        size -= 1
        c = np.int64(key >> 32)
        f = np.int32(key & 0xFFFFFFFF)
        if c != cost[u] or f != label[u]:
            continue
        for a in range(first_arc[u], first_arc[u + 1]):
            v = arc_to[a]
            there = c + arc_cost[a]
            if there <= limit and (there < cost[v] or (there == cost[v] and f < label[v])):
                cost[v], label[v] = np.int32(there), f
                if size == keys.shape[0]:
                    more_keys = np.empty(2 * size, np.int64)
                    more_nodes = np.empty(2 * size, np.int32)
                    more_keys[:size], more_nodes[:size] = keys, nodes
                    keys, nodes = more_keys, more_nodes
                _push(keys, nodes, size, (there << 32) | np.int64(f), v)
                size += 1
    return cost, label


@numba.njit(_SPREAD, nogil=True, cache=True)
def _spread(graph, seeds, k, limit, cost, heap, touched):  # type: ignore[no-untyped-def]
    """Search outwards from the entrances of origin ``k``; return how many nodes were touched."""
    first_arc, arc_to, arc_cost, _, edge_from, edge_to, edge_cost = graph
    first, edge, offset, access = seeds
    heap_key, heap_node = heap
    size, touches = 0, 0
    for s in range(first[k], first[k + 1]):
        e = edge[s]
        for node, leg in ((edge_from[e], np.int64(offset[s])), (edge_to[e], np.int64(edge_cost[e]) - offset[s])):
            there = np.int64(access[s]) + leg
            if there <= limit and there < cost[node]:
                if cost[node] == UNREACHED:
                    touched[touches] = node
                    touches += 1
                cost[node] = there
                _push(heap_key, heap_node, size, there, node)
                size += 1
    while size > 0:
        here, u = heap_key[0], heap_node[0]
        _pop(heap_key, heap_node, size)
        size -= 1
        if here != cost[u]:
            continue
        for arc in range(first_arc[u], first_arc[u + 1]):
            v, there = arc_to[arc], here + arc_cost[arc]
            if there <= limit and there < cost[v]:
                if cost[v] == UNREACHED:
                    touched[touches] = v
                    touches += 1
                cost[v] = there
                _push(heap_key, heap_node, size, there, v)
                size += 1
    return touches


@numba.njit(_ON_EDGE, nogil=True, cache=True)
def _weight_on_edge(graph, places, seeds, k, limit, cost, e):  # type: ignore[no-untyped-def]
    """Sum the weights of the places on edge ``e`` that origin ``k`` reaches within ``limit``."""
    length = graph[6][e]
    at_start, at_end = np.int64(cost[graph[4][e]]), np.int64(cost[graph[5][e]])
    found = np.int64(0)
    for p in range(places[0][e], places[0][e + 1]):
        best = min(at_start + places[1][p], at_end + length - places[1][p])
        for s in range(seeds[0][k], seeds[0][k + 1]):
            if seeds[1][s] == e:
                best = min(best, np.int64(seeds[3][s]) + abs(places[1][p] - seeds[2][s]))
        if best + places[2][p] <= limit:
            found += places[3][p]
    return found


@numba.njit(_WITHIN, nogil=True, cache=True)
def weight_within(graph, places, seeds, limits, rows, total):  # type: ignore[no-untyped-def]
    """Sum the weights of the places within a walking limit of each of many origins.

    Parameters
    ----------
    graph
        ``(first_arc, arc_to, arc_cost, arc_edge, edge_from, edge_to, edge_cost)``: int32 arrays of the network.
    places
        ``(first, offset, access, weight)``: the places on edge ``e`` are ``first[e]:first[e + 1]``; int64 (E + 1,),
        int32 (P,), int32 (P,), int64 (P,).
    seeds
        ``(first, edge, offset, access)``: the entrances of origin ``k`` are ``first[k]:first[k + 1]``; int64, int32.
    limits
        int64 (K,): the limit of every origin, access legs included.
    rows
        int64: the origins to work on.
    total
        int64 (K,): filled for ``rows``.
    """
    nodes, edges = graph[0].shape[0] - 1, graph[6].shape[0]
    cost = np.full(nodes, UNREACHED, np.int32)
    heap_key = np.empty(graph[1].shape[0] + 2 * seeds[1].shape[0] + 1, np.int64)
    heap_node = np.empty(heap_key.shape[0], np.int32)
    touched = np.empty(nodes, np.int32)
    stamp = np.full(edges, -1, np.int64)
    for k in rows:
        touches = _spread(graph, seeds, k, limits[k], cost, (heap_key, heap_node), touched)
        found = np.int64(0)
        for i in range(touches):
            for arc in range(graph[0][touched[i]], graph[0][touched[i] + 1]):
                e = graph[3][arc]
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
