"""From many seeds to the nearest of them, for every node: buckets, in rounds, group by group of neighbours."""

from __future__ import annotations

import numba
import numpy as np
from numba import types

from geo.walk.kernels.shared import COST_BITS, HALF, KEYS, NODE_BITS, ONE, SHORTS

_ROUND = types.Tuple((types.uint32[::1], types.uint32[::1], types.uint64))
_BUCKET_ARRAYS = types.Tuple((types.uint32[::1], types.uint64[::1]))
_SPAN, _WINDOW = types.UniTuple(types.int64, 2), types.UniTuple(types.uint64, 2)

_NEAREST = types.Tuple((types.uint64[::1], types.boolean))(
    types.Tuple((SHORTS, KEYS)), SHORTS, KEYS, types.int64, types.int64
)
_FILL = _WINDOW(types.uint64[::1], _ROUND, _SPAN, _BUCKET_ARRAYS, _WINDOW)
_WAVE = types.uint64(
    types.Tuple((SHORTS, KEYS)), types.uint64[::1], _ROUND, _SPAN, _BUCKET_ARRAYS, _WINDOW
)  # fmt: skip
_FULL = np.uint64(0xFFFFFFFF)

WIDTH_BITS = 11
"""A bucket holds costs of 2^11: 20 m in centimetres, 20 s in hundredths of a second."""

BUCKETS = 32
"""Buckets open at once; dearer nodes wait for the next round."""

_SHIFT, _BUCKETS = np.uint64(32 + WIDTH_BITS), np.uint64(BUCKETS)

TOGETHER = 8
"""Neighbouring seeds searched at once, so that what they touch stays in the processor's cache."""


@numba.njit(_FILL, nogil=True, cache=True)
def _fill(best, pending, span, buckets, window):  # type: ignore[no-untyped-def]
    """Put a group's pending nodes into the open buckets, or among those that wait; return both sizes."""
    now, later, waiting = pending
    head, entry = buckets
    low, last = window
    size = ONE
    for i in range(span[0], span[1]):
        u = np.uint64(now[i])
        at = best[u] >> _SHIFT
        if size >= np.uint64(entry.shape[0]) or waiting >= np.uint64(later.shape[0]):
            return _FULL, waiting
        if low <= at <= last:
            if at - low < _BUCKETS:
                entry[size] = (np.uint64(head[at - low]) << HALF) | u
                head[at - low] = np.uint32(size)
                size += ONE
            else:
                later[waiting] = np.uint32(u)
                waiting += ONE
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
            bucket += ONE
            continue
        taken = entry[top]
        head[bucket] = np.uint32(taken >> HALF)
        u = taken & NODE_BITS
        key = best[u]
        if key >> _SHIFT != bucket + low:
            continue
        start, end = first_arc[u], first_arc[u + ONE]
        if size + np.uint64(end - start) >= room or waiting + np.uint64(end - start) >= room_later:
            return _FULL
        for a in range(start, end):
            there = key + (arc[a] & COST_BITS)
            v = arc[a] & NODE_BITS
            if there < best[v]:
                best[v] = there
                at = (there >> _SHIFT) - low
                if at < _BUCKETS:
                    entry[size] = (np.uint64(head[at]) << HALF) | v
                    head[at] = np.uint32(size)
                    size += ONE
                else:
                    later[waiting] = np.uint32(v)
                    waiting += ONE
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
    best = np.full(graph[0].shape[0] - 1, np.uint64(limit + 1) << HALF, np.uint64)
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


@numba.njit(types.uint64(SHORTS, KEYS), nogil=True, cache=True)
def read_once(first_arc, arc):  # type: ignore[no-untyped-def]
    """Read every arc of every node once and return a sum: the floor under any search, for benchmarks."""
    total = np.uint64(0)
    for u in range(first_arc.shape[0] - 1):
        for a in range(first_arc[u], first_arc[u + 1]):
            total += arc[a]
    return total
