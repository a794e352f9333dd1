"""Repairing a many-source search after an edit: only what the edit changes is searched again.

An edit gives some nodes new arcs: ``overlay`` holds all arcs of those nodes and stands in for the graph's own. Beside
every arc stands its cost the other way, so that a node can ask what its neighbours offer it.
"""

from __future__ import annotations

import numba
import numpy as np
from numba import types

from geo.walk.kernels.one_source import pop, push
from geo.walk.kernels.shared import COST_BITS, KEYS, NODE_BITS, SHORTS

_GRAPH = types.Tuple((SHORTS, KEYS, SHORTS, SHORTS, KEYS, KEYS, KEYS))
_SEEDS = types.Tuple((SHORTS, KEYS))
_BEST = types.uint64[::1]
_LOG = types.Tuple((types.uint32[::1], types.uint64[::1], types.int64[::1]))
_SPAN = types.UniTuple(types.int64, 3)


@numba.njit(_SPAN(_GRAPH, types.uint64), nogil=True, cache=True)
def _arcs(graph, u):  # type: ignore[no-untyped-def]
    """Return whether the arcs of a node lie in the overlay (1) or the graph (0), and their span."""
    first_arc, changed, first_new = graph[0], graph[2], graph[3]
    at = np.searchsorted(changed, np.uint32(u))
    if at < len(changed) and changed[at] == u:
        return 1, np.int64(first_new[at]), np.int64(first_new[at + 1])
    return 0, np.int64(first_arc[u]), np.int64(first_arc[u + np.uint64(1)])


@numba.njit(types.uint64(_GRAPH, _SEEDS, _BEST, types.uint64, types.uint64), nogil=True, cache=True)
def _offer(graph, seeds, best, u, far):  # type: ignore[no-untyped-def]
    """Return the best key that seeds and neighbours offer a node; a neighbour must be strictly nearer than ``far``."""
    node, key = seeds
    offer = far
    at = np.searchsorted(node, np.uint32(u))
    while at < len(node) and node[at] == u:
        offer = min(offer, key[at])
        at += 1
    which, start, end = _arcs(graph, u)
    arcs = graph[6] if which else graph[5]
    for a in range(start, end):
        v = arcs[a] & NODE_BITS
        if best[v] < far:
            offer = min(offer, best[v] + (arcs[a] & COST_BITS))
    return offer


@numba.njit(types.boolean(_GRAPH, _SEEDS, _BEST, types.uint64), nogil=True, cache=True)
def _is_supported(graph, seeds, best, u):  # type: ignore[no-untyped-def]
    """Return whether a seed, or a neighbour that is nearer by a positive cost, still gives a node its key."""
    node, key = seeds
    at = np.searchsorted(node, np.uint32(u))
    while at < len(node) and node[at] == u:
        if key[at] == best[u]:
            return True
        at += 1
    which, start, end = _arcs(graph, u)
    arcs = graph[6] if which else graph[5]
    for a in range(start, end):
        cost = arcs[a] & COST_BITS
        if cost > 0 and best[arcs[a] & NODE_BITS] + cost == best[u]:
            return True
    return False


@numba.njit(types.void(_BEST, types.uint64, types.uint64, _LOG), nogil=True, cache=True)
def _write(best, u, key, log):  # type: ignore[no-untyped-def]
    """Set the key of a node and log the old one; `OverflowError` where the log is full."""
    node, before, size = log
    if size[0] == len(node):
        raise OverflowError
    node[size[0]], before[size[0]] = u, best[u]
    size[0] += 1
    best[u] = key


@numba.njit(types.void(_GRAPH, _SEEDS, SHORTS, _BEST, types.uint64, _LOG), nogil=True, cache=True)
def _withdraw(graph, seeds, candidates, best, far, log):  # type: ignore[no-untyped-def]
    """Set every node that lost what gave it its key to ``far``."""
    stack = np.empty(len(log[0]), np.uint32)
    stack[: len(candidates)] = candidates
    size = len(candidates)
    while size > 0:
        size -= 1
        u = np.uint64(stack[size])
        old = best[u]
        if old >= far or _is_supported(graph, seeds, best, u):
            continue
        _write(best, u, far, log)
        which, start, end = _arcs(graph, u)
        arcs = graph[4] if which else graph[1]
        if size + end - start > len(stack):
            raise OverflowError
        for a in range(start, end):
            w = arcs[a] & NODE_BITS
            if best[w] == old + (arcs[a] & COST_BITS):
                stack[size] = w
                size += 1


@numba.njit(types.void(_GRAPH, _SEEDS, SHORTS, _BEST, types.uint64, _LOG), nogil=True, cache=True)
def repair(graph, seeds, candidates, best, far, log):  # type: ignore[no-untyped-def]
    """Bring a search up to date after an edit, in place.

    Parameters
    ----------
    graph
        ``(first_arc, arc, changed, first_new, new_arc, arc_back, new_back)``: the graph as in `nearest`, then the
        overlay: the changed nodes ascending, uint32 (C,), and all their arcs now, uint32 (C + 1,) and uint64; last the
        arcs of both at their costs the other way.
    seeds
        ``(node, key)``: every seed there is now, ascending by node.
    candidates
        uint32: the changed nodes, and those that lost or gained a seed.
    best
        uint64 (N,): the search before the edit.
    far
        The key of an unreached node: ``(limit + 1) << 32``.
    log
        ``(node, before, size)``: uint32 and uint64 of one length, int64 (1,): node and key before each write. Undo by
        going backwards.

    Raises
    ------
    OverflowError
        The log is too short; ``best`` must be undone and the repair run again with a longer one.

    Source
    ------
    Ramalingam and Reps (1996), with keys of cost and label: first withdraw what lost its support, then search again
    from its border. Zero-cost arcs give no support, as two nodes could hold each other up; they are searched again.
    """
    _withdraw(graph, seeds, candidates, best, far, log)
    heap_key, heap_node = np.empty(len(log[0]) + 1, np.int64), np.empty(len(log[0]) + 1, np.int32)
    size, withdrawn = 0, log[2][0]
    for i in range(withdrawn + len(candidates)):
        u = np.uint64(log[0][i]) if i < withdrawn else np.uint64(candidates[i - withdrawn])
        offer = _offer(graph, seeds, best, u, far)
        if offer < best[u]:
            _write(best, u, offer, log)
        if best[u] < far:
            if size == len(log[0]):
                raise OverflowError
            push(heap_key, heap_node, size, np.int64(best[u]), np.int32(u))
            size += 1
    while size > 0:
        key, u = np.uint64(heap_key[0]), np.uint64(heap_node[0])
        pop(heap_key, heap_node, size)
        size -= 1
        if key != best[u]:
            continue
        which, start, end = _arcs(graph, u)
        arcs = graph[4] if which else graph[1]
        for a in range(start, end):
            v, there = arcs[a] & NODE_BITS, key + (arcs[a] & COST_BITS)
            if there < best[v]:
                _write(best, v, there, log)
                if size == len(log[0]):
                    raise OverflowError
                push(heap_key, heap_node, size, np.int64(there), np.int32(v))
                size += 1
