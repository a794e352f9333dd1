"""From many seeds to the nearest of them, for every node: buckets, in rounds, group by group of neighbours."""

from __future__ import annotations

import numba
import numpy as np
from numba import types

from geo.walk.kernels.shared import COST_BITS, HALF, KEYS, NODE_BITS, ONE, SHORTS

_FOURS = types.Array(types.uint64, 2, "C", readonly=True)
_ROUND = types.Tuple((types.uint32[::1], types.uint32[::1], types.uint64))
_BUCKET_ARRAYS = types.Tuple((types.uint32[::1], types.uint64[::1]))
_SPAN, _WINDOW = types.UniTuple(types.int64, 2), types.UniTuple(types.uint64, 2)

_NEAREST = types.Tuple((types.uint64[::1], types.boolean))(
    _FOURS, SHORTS, KEYS, types.int64, types.int64, types.int64
)  # fmt: skip
_FILL = types.uint64(types.uint64[::1], types.uint32[::1], _SPAN, _BUCKET_ARRAYS, _WINDOW)
_WAVE = types.uint64(_FOURS, types.uint64[::1], _ROUND, _SPAN, _BUCKET_ARRAYS, _WINDOW)
_FULL = np.uint64(0xFFFFFFFF)

WIDTH_BITS = 11
"""A bucket holds costs of 2^11: 20 m in centimetres, 20 s in hundredths of a second."""

BUCKETS = 64
"""Buckets open at once; dearer nodes wait for the next round, in one bucket more."""

_SHIFT, _BUCKETS = np.uint64(32 + WIDTH_BITS), np.uint64(BUCKETS)


@numba.njit(_FILL, nogil=True, cache=True)
def _fill(best, now, span, buckets, window):  # type: ignore[no-untyped-def]
    """Put a group's nodes into the buckets; return the first free entry, `_FULL` where the room ran out."""
    head, entry = buckets
    low, last = window
    size = ONE
    if np.uint64(span[1] - span[0]) + ONE > np.uint64(entry.shape[0]):
        return _FULL
    for i in range(span[0], span[1]):
        u = np.uint64(now[i])
        at = best[u] >> _SHIFT
        if low <= at <= last:
            at = min(at - low, _BUCKETS)
            entry[size] = (np.uint64(head[at]) << HALF) | u
            head[at] = np.uint32(size)
            size += ONE
    return size


@numba.njit(_WAVE, nogil=True, cache=True)
def _wave(arc, best, pending, span, buckets, window):  # type: ignore[no-untyped-def]
    """Search on from one group of nodes as far as the open buckets go; return how many nodes wait for the next round.

    ``pending`` holds the nodes of this round, those of the next and their number, ``span`` the group's part of this
    round, ``window`` the first open bucket and the last of all. `_FULL` where the room for entries ran out.
    """
    now, later, waiting = pending
    head, entry = buckets
    low = window[0]
    size, room, bucket = _fill(best, now, span, buckets, window), np.uint64(entry.shape[0]), np.uint64(0)
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
        if size + np.uint64(4) >= room:
            return _FULL
        for k in range(4):
            # Every arc writes, whether it pays or not: half of them do, and a guess gone wrong costs more than a store.
            v, there = arc[u, k] & NODE_BITS, key + (arc[u, k] & COST_BITS)
            before = best[v]
            is_better = there < before
            best[v] = there if is_better else before
            at = min((there >> _SHIFT) - low, _BUCKETS)
            first = head[at]
            entry[size] = (np.uint64(first) << HALF) | v
            head[at] = np.uint32(size) if is_better else first
            size += np.uint64(is_better)
    top = head[_BUCKETS]
    while top != 0:
        if waiting >= np.uint64(later.shape[0]):
            return _FULL
        later[waiting] = np.uint32(entry[top] & NODE_BITS)
        waiting += ONE
        top = np.uint32(entry[top] >> HALF)
    head[_BUCKETS] = 0
    return waiting


@numba.njit(_NEAREST, nogil=True, cache=True)
def nearest(arc, seed_row, seed_key, limit, room, together):  # type: ignore[no-untyped-def]
    """Return the least cost from any seed to every row of a contracted graph, and the label of that seed.

    Parameters
    ----------
    arc
        uint64 (C, 4) of ``cost << 32 | row``, from `contract`.
    seed_row, seed_key
        uint32 (S,), uint64 (S,) of ``cost << 32 | label``: where the search begins, at which cost, for whom.
    limit
        Rows dearer than this stay unreached.
    room
        How many entries the buckets may hold.
    together
        Neighbouring seeds searched at once, so that what they touch stays in the processor's cache.

    Returns
    -------
    best, is_done
        uint64 (C,) of ``cost << 32 | label``, ``(limit + 1) << 32`` where nothing came. Of equal costs the lower
        label wins. ``is_done`` is False where the room was too small and the search must be run again with more.

    Source
    ------
    Dial (1969) with buckets wider than the shortest edge, so that a node may be taken up again (Meyer and Sanders
    2003); run group by group of neighbouring seeds over nodes that lie along a space-filling curve. Costs and labels
    are compared as one number, so neither the order of seeds nor of groups changes the answer.
    """
    best = np.full(arc.shape[0], np.uint64(limit + 1) << HALF, np.uint64)
    last = np.uint64(limit) >> np.uint64(WIDTH_BITS)
    head, entry = np.zeros(BUCKETS + 1, np.uint32), np.empty(room, np.uint64)
    seeds = seed_row.shape[0]
    now, later = np.empty(seeds + room, np.uint32), np.empty(seeds + room, np.uint32)
    order = np.argsort(seed_row)
    for i in range(seeds):
        row = seed_row[order[i]]
        now[i] = row
        best[row] = min(best[row], seed_key[order[i]])
    groups = (seeds + together - 1) // together
    bounds = np.minimum(np.arange(groups + 1) * together, seeds)
    low, is_odd = np.uint64(0), False
    while low <= last and bounds[groups] > 0:
        waiting, begin = np.uint64(0), bounds[0]
        for g in range(groups):
            span = (begin, bounds[g + 1])
            begin, bounds[g] = bounds[g + 1], np.int64(waiting)
            pending = (later, now, waiting) if is_odd else (now, later, waiting)
            waiting = _wave(arc, best, pending, span, (head, entry), (low, last))
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
