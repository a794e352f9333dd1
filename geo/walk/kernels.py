"""The compiled heart: many-source nearest search on integer costs. Arrays in, arrays out; nothing else here.

Every kernel releases the interpreter lock and is compiled once with fixed types and cached on disk.
"""

from __future__ import annotations

import numba
import numpy as np
from numba import types

UNREACHED = np.iinfo(np.int32).max
"""Cost of a node that the search did not reach; turned into ``inf`` before anybody sees it."""

_SHORTS = types.Array(types.uint32, 1, "C", readonly=True)
_KEYS = types.Array(types.uint64, 1, "C", readonly=True)
_INTS = types.Array(types.int32, 1, "C", readonly=True)
_LONGS = types.Array(types.int64, 1, "C", readonly=True)
_OUT = types.int32[::1]
_GRAPH = types.Tuple((_SHORTS, _KEYS, _INTS, _INTS, _INTS, _INTS))
_PLACES = types.Tuple((_LONGS, _INTS, _INTS, _LONGS))
_SEEDS = types.Tuple((_LONGS, _INTS, _INTS, _INTS))
_ROUND = types.Tuple((types.uint32[::1], types.uint32[::1], types.uint64))
_BUCKET_ARRAYS = types.Tuple((types.uint32[::1], types.uint64[::1]))
_SPAN, _WINDOW = types.UniTuple(types.int64, 2), types.UniTuple(types.uint64, 2)

_NEAREST = types.Tuple((types.uint64[::1], types.boolean))(
    types.Tuple((_SHORTS, _KEYS)), _SHORTS, _KEYS, types.int64, types.int64
)
_FILL = _WINDOW(types.uint64[::1], _ROUND, _SPAN, _BUCKET_ARRAYS, _WINDOW)
_WAVE = types.uint64(
    types.Tuple((_SHORTS, _KEYS)), types.uint64[::1], _ROUND, _SPAN, _BUCKET_ARRAYS, _WINDOW
)  # fmt: skip
_WITHIN = types.void(_GRAPH, _PLACES, _SEEDS, _LONGS, _LONGS, types.int64[::1])
_SPREAD = types.int64(_GRAPH, _SEEDS, types.int64, types.int64, _OUT, types.Tuple((types.int64[::1], _OUT)), _OUT)
_ON_EDGE = types.int64(_GRAPH, _PLACES, _SEEDS, types.int64, types.int64, _OUT, types.int64)

_COST, _NODE = np.uint64(0xFFFFFFFF00000000), np.uint64(0x00000000FFFFFFFF)
_HALF, _ONE = np.uint64(32), np.uint64(1)
_FULL = np.uint64(0xFFFFFFFF)

WIDTH_BITS = 11
"""A bucket holds costs of 2^11: 20 m in centimetres, 20 s in hundredths of a second."""

BUCKETS = 32
"""Buckets open at once; dearer nodes wait for the next round."""

_SHIFT, _BUCKETS = np.uint64(32 + WIDTH_BITS), np.uint64(BUCKETS)

TOGETHER = 8
"""Neighbouring seeds searched at once, so that what they touch stays in the processor's cache."""


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


@numba.njit(_FILL, nogil=True, cache=True)
def _fill(best, pending, span, buckets, window):  # type: ignore[no-untyped-def]
    """Put a group's pending nodes into the open buckets, or among those that wait; return both sizes."""
    now, later, waiting = pending
    head, entry = buckets
    low, last = window
    size = _ONE
    for i in range(span[0], span[1]):
        u = np.uint64(now[i])
        at = best[u] >> _SHIFT
        if size >= np.uint64(entry.shape[0]) or waiting >= np.uint64(later.shape[0]):
            return _FULL, waiting
        if low <= at <= last:
            if at - low < _BUCKETS:
                entry[size] = (np.uint64(head[at - low]) << _HALF) | u
                head[at - low] = np.uint32(size)
                size += _ONE
            else:
                later[waiting] = np.uint32(u)
                waiting += _ONE
    return size, waiting


@numba.njit(_WAVE, nogil=True, cache=True)
def _wave(graph, best, pending, span, buckets, window):  # type: ignore[no-untyped-def]
    """Search on from one group of nodes as far as the open buckets go; return how many nodes wait for the next round.

    ``pending`` holds the nodes of this round, those of the next and their number, ``span`` the group's part of this
    round, ``window`` the first open bucket and the last of all. `_FULL` where the room for entries ran out.
    """
    first_arc, arc = graph
    _, later, _ = pending
    head, entry = buckets
    low = window[0]
    size, waiting = _fill(best, pending, span, buckets, window)
    room, room_later = np.uint64(entry.shape[0]), np.uint64(later.shape[0])
    bucket = np.uint64(0)
    while bucket < _BUCKETS:
        top = head[bucket]
        if top == 0:
            bucket += _ONE
            continue
        taken = entry[top]
        head[bucket] = np.uint32(taken >> _HALF)
        u = taken & _NODE
        key = best[u]
        if key >> _SHIFT != bucket + low:
            continue
        start, end = first_arc[u], first_arc[u + _ONE]
        if size + np.uint64(end - start) >= room or waiting + np.uint64(end - start) >= room_later:
            return _FULL
        for a in range(start, end):
            there = key + (arc[a] & _COST)
            v = arc[a] & _NODE
            if there < best[v]:
                best[v] = there
                at = (there >> _SHIFT) - low
                if at < _BUCKETS:
                    entry[size] = (np.uint64(head[at]) << _HALF) | v
                    head[at] = np.uint32(size)
                    size += _ONE
                else:
                    later[waiting] = np.uint32(v)
                    waiting += _ONE
    return waiting


@numba.njit(_NEAREST, nogil=True, cache=True)
def nearest(graph, seed_node, seed_key, limit, room):  # type: ignore[no-untyped-def]
    """Return the least cost from any seed to every node, and the label of that seed.

    Parameters
    ----------
    graph
        CSR ``(first_arc, arc)``: uint32 (N + 1,), uint64 (A,) of ``cost << 32 | node``.
    seed_node, seed_key
        uint32 (S,), uint64 (S,) of ``cost << 32 | label``: where the search begins, at which cost, for whom.
    limit
        Nodes dearer than this stay unreached.
    room
        How many entries the buckets may hold.

    Returns
    -------
    best, is_done
        uint64 (N,) of ``cost << 32 | label``, a cost of ``limit + 1`` where nothing came. Of equal costs the lower
        label wins. ``is_done`` is False where the room was too small and the search must be run again with more.

    Source
    ------
    Dial (1969) with buckets wider than the shortest edge, so that a node may be taken up again (Meyer and Sanders
    2003); run group by group of neighbouring seeds over nodes that lie along a space-filling curve. Costs and labels
    are compared as one number, so neither the order of seeds nor of groups changes the answer.
    """
    best = np.full(graph[0].shape[0] - 1, np.uint64(limit + 1) << _HALF, np.uint64)
    last = np.uint64(limit) >> np.uint64(WIDTH_BITS)
    head, entry = np.zeros(BUCKETS, np.uint32), np.empty(room, np.uint64)
    seeds = seed_node.shape[0]
    now, later = np.empty(seeds + room, np.uint32), np.empty(seeds + room, np.uint32)
    order = np.argsort(seed_node)
    for i in range(seeds):
        node = seed_node[order[i]]
        now[i] = node
        best[node] = min(best[node], seed_key[order[i]])
    groups = (seeds + TOGETHER - 1) // TOGETHER
    bounds = np.minimum(np.arange(groups + 1) * TOGETHER, seeds)
    low, is_odd = np.uint64(0), False
    while low <= last and bounds[groups] > 0:
        waiting, begin = np.uint64(0), bounds[0]
        for g in range(groups):
            span = (begin, bounds[g + 1])
            begin, bounds[g] = bounds[g + 1], np.int64(waiting)
            pending = (later, now, waiting) if is_odd else (now, later, waiting)
            waiting = _wave(graph, best, pending, span, (head, entry), (low, last))
            if waiting == _FULL:
                return best, False
        bounds[groups] = np.int64(waiting)
        low, is_odd = low + _BUCKETS, not is_odd
    return best, True


@numba.njit(_SPREAD, nogil=True, cache=True)
def _spread(graph, seeds, k, limit, cost, heap, touched):  # type: ignore[no-untyped-def]
    """Search outwards from the entrances of origin ``k``; return how many nodes were touched."""
    first_arc, arc, _, edge_from, edge_to, edge_cost = graph
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
        for a in range(first_arc[u], first_arc[u + 1]):
            v, there = np.int32(arc[a] & _NODE), here + np.int64(arc[a] >> _HALF)
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
    length = graph[5][e]
    at_start, at_end = np.int64(cost[graph[3][e]]), np.int64(cost[graph[4][e]])
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
        ``(first_arc, arc, arc_edge, edge_from, edge_to, edge_cost)``: arrays of the network.
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
    nodes, edges = graph[0].shape[0] - 1, graph[5].shape[0]
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
