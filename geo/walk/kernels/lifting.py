"""Before and after a search of the contracted graph: seeds on nodes that went, and the answers of those nodes."""

from __future__ import annotations

import numba
import numpy as np
from numba import types

from geo.walk.kernels.one_source import pop, push
from geo.walk.kernels.shared import HALF, KEYS, SHORTS

_WORDS = types.uint32[::1]
_ROWS = types.Array(types.uint32, 2, "C", readonly=True)
_COSTS = types.Array(types.uint32, 2, "A", readonly=True)
_LIFTED = types.Tuple((_WORDS, types.uint64[::1], _WORDS, types.uint64[::1]))
_FINISH = types.void(
    types.Tuple((SHORTS, KEYS)), _ROWS, types.Tuple((SHORTS, KEYS)), types.uint64, types.uint64[::1]
)  # fmt: skip


@numba.njit(_LIFTED(_ROWS, _COSTS, SHORTS, SHORTS, KEYS, types.uint64, types.int64), nogil=True, cache=True)
def lift(gone, there, place, seed_node, seed_key, far, stay):  # type: ignore[no-untyped-def]
    """Return what seeds anywhere offer the nodes that stay, and those that went on the way to them.

    Parameters
    ----------
    gone, there
        Of `contract`.
    place
        uint32 (N,): the row of a node that stays, or ``stay`` and more in the order of ``gone``.
    seed_node, seed_key, far
        Seeds by their nodes, as in `nearest`; keys from ``far`` on are left out.
    stay
        Number of rows C.

    Returns
    -------
    row, key, went, went_key
        Seeds for the rows of `contract`; and for those that went, descending, each once, with its best key.
    """
    seeds = seed_node.shape[0]
    at, key = np.empty(2 * seeds + 64, np.uint32), np.empty(2 * seeds + 64, np.uint64)
    heap_key, heap_at = np.empty(at.shape[0], np.int64), np.empty(at.shape[0], np.int32)
    went, went_key = np.empty(at.shape[0], np.uint32), np.empty(at.shape[0], np.uint64)
    offers, size, found = 0, 0, 0
    for s in range(seeds):
        if seed_key[s] < far:
            at[offers], key[offers] = place[seed_node[s]], seed_key[s]
            if at[offers] >= stay:
                push(heap_key, heap_at, size, -np.int64(at[offers]), np.int32(offers))
                size += 1
            offers += 1
    while size > 0:
        here, best = -heap_key[0], far
        while size > 0 and -heap_key[0] == here:
            best = min(best, key[heap_at[0]])
            pop(heap_key, heap_at, size)
            size -= 1
        if offers + 2 > at.shape[0]:
            at, key = np.concatenate((at, at)), np.concatenate((key, key))
            heap_key, heap_at = np.concatenate((heap_key, heap_key)), np.concatenate((heap_at, heap_at))
            went, went_key = np.concatenate((went, went)), np.concatenate((went_key, went_key))
        went[found], went_key[found] = here - stay, best
        for k in range(2):
            where = np.int64(place[gone[here - stay, 1 + k]])
            offer = best + (np.uint64(there[here - stay, k]) << HALF)
            if offer < far and where != here:
                at[offers], key[offers] = where, offer
                if where >= stay:
                    push(heap_key, heap_at, size, -where, np.int32(offers))
                    size += 1
                offers += 1
        found += 1
    stays = np.flatnonzero(at[:offers] < stay)
    return at[stays], key[stays], went[:found].copy(), went_key[:found].copy()


@numba.njit(types.void(KEYS, types.int64, types.float32[::1]), nogil=True, cache=True)
def as_metres(best, limit, metres):  # type: ignore[no-untyped-def]
    """Fill float32 (N,) with the hundredths of the costs of ``best``, ``inf`` beyond the limit, in one pass."""
    for u in range(best.shape[0]):
        cost = np.int64(best[u] >> HALF)
        metres[u] = np.float32(cost / 100.0) if cost <= limit else np.float32(np.inf)


@numba.njit(_FINISH, nogil=True, cache=True)
def finish(stayed, gone, went, far, best):  # type: ignore[no-untyped-def]
    """Fill ``best`` for every node: of those that stayed from the search, of those that went from their neighbours.

    Parameters
    ----------
    stayed
        ``(node, best)``: uint32 (C,), uint64 (C,) of `nearest` on the contracted graph.
    gone
        Of `contract`.
    went
        ``(number, key)`` of `lift`.
    far
        The key of an unreached node.
    best
        uint64 (N,): filled.
    """
    for c in range(stayed[0].shape[0]):
        best[stayed[0][c]] = stayed[1][c]
    w = went[0].shape[0] - 1
    for i in range(gone.shape[0]):
        key = far
        if w >= 0 and went[0][w] == i:
            key = went[1][w]
            w -= 1
        best[gone[i, 0]] = key
        by_first = best[gone[i, 1]] + (np.uint64(gone[i, 3]) << HALF)
        by_second = best[gone[i, 2]] + (np.uint64(gone[i, 4]) << HALF)
        best[gone[i, 0]] = min(key, min(by_first, by_second))
