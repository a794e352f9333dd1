"""Taking nodes with at most two neighbours out of a graph, so that a search has fewer nodes to visit.

Dead ends, pieces between two junctions, and what becomes of them as others go: a node that goes leaves an arc between
its two neighbours, the lesser of two arcs stays. What goes is answered after the search, from the neighbours it had.
"""

from __future__ import annotations

import numba
import numpy as np
from numba import types

from geo.walk.kernels.shared import HALF, KEYS, NODE_BITS, SHORTS

_WORDS, _PAIRS = types.uint32[::1], types.uint32[:, ::1]
_LINKS = types.Tuple((SHORTS, types.int32[::1], _WORDS, _WORDS, _WORDS))
_QUEUE = types.Tuple((_WORDS, types.boolean[::1], types.int64[::1]))
_FOURS = types.uint64[:, ::1]
_GONE = types.Tuple((_PAIRS, _PAIRS))

MOST = np.uint32(1 << 30)
"""No arc that bridges others costs more: far beyond every limit, and two of them still fit 32 bits."""


@numba.njit(_LINKS(SHORTS, KEYS), nogil=True, cache=True)
def _links(first_arc, arc):  # type: ignore[no-untyped-def]
    """Return the arcs without loops, the least of parallel ones: ``(start, count, to, cost, twin)``.

    Those of node ``u`` are ``start[u]:start[u] + count[u]``; ``twin`` is the arc back.
    """
    count = np.zeros(first_arc.shape[0] - 1, np.int32)
    to, cost = np.empty(arc.shape[0], np.uint32), np.empty(arc.shape[0], np.uint32)
    twin = np.empty(arc.shape[0], np.uint32)
    for u in range(count.shape[0]):
        end = np.int64(first_arc[u])
        for a in range(first_arc[u], first_arc[u + 1]):
            v, c = np.uint32(arc[a] & NODE_BITS), np.uint32(arc[a] >> HALF)
            at = np.int64(first_arc[u])
            while at < end and to[at] != v:
                at += 1
            if at < end:
                cost[at] = min(cost[at], c)
            elif v != u:
                to[end], cost[end] = v, min(c, MOST)
                end += 1
        count[u] = end - first_arc[u]
    for u in range(count.shape[0]):
        for s in range(first_arc[u], first_arc[u] + count[u]):
            back = np.int64(first_arc[to[s]])
            while to[back] != u:
                back += 1
            twin[s] = back
    return first_arc, count, to, cost, twin


@numba.njit(types.void(_LINKS, _QUEUE, types.uint32, types.uint32), nogil=True, cache=True)
def _drop(links, queue, u, at):  # type: ignore[no-untyped-def]
    """Take arc ``at`` from node ``u``, which waits for its turn to go once it has two arcs or fewer."""
    start, count, to, cost, twin = links
    waiting, is_waiting, size = queue
    count[u] -= 1
    last = start[u] + np.uint32(count[u])
    if at != last:
        to[at], cost[at], twin[at] = to[last], cost[last], twin[last]
        twin[twin[at]] = at
    if count[u] <= 2 and not is_waiting[u]:
        is_waiting[u] = True
        waiting[size[0]] = u
        size[0] += 1


@numba.njit(types.void(_LINKS, _QUEUE, types.uint32), nogil=True, cache=True)
def _bridge(links, queue, v):  # type: ignore[no-untyped-def]
    """Put an arc between the two neighbours of node ``v`` in place of theirs to it."""
    start, count, to, cost, twin = links
    out_a = start[v]
    out_b = out_a + np.uint32(1)
    a, b, in_a, in_b = to[out_a], to[out_b], twin[out_a], twin[out_b]
    ahead, back = min(cost[in_a] + cost[out_b], MOST), min(cost[in_b] + cost[out_a], MOST)
    known = start[a]
    while known < start[a] + np.uint32(count[a]) and to[known] != b:
        known += np.uint32(1)
    if known == start[a] + np.uint32(count[a]):
        to[in_a], cost[in_a], twin[in_a] = b, ahead, in_b
        to[in_b], cost[in_b], twin[in_b] = a, back, in_a
        return
    other = twin[known]
    cost[known], cost[other] = min(cost[known], ahead), min(cost[other], back)
    _drop(links, queue, a, in_a)
    _drop(links, queue, b, twin[out_b])


@numba.njit(_GONE(_LINKS, _QUEUE), nogil=True, cache=True)
def _take_out(links, queue):  # type: ignore[no-untyped-def]
    """Take nodes out until all that stay have three neighbours; return who went, and whom each had then."""
    start, count, to, cost, twin = links
    waiting, is_waiting, size = queue
    for u in range(count.shape[0]):
        if count[u] <= 2:
            is_waiting[u] = True
            waiting[size[0]] = u
            size[0] += 1
    gone, there = np.zeros((count.shape[0], 5), np.uint32), np.zeros((count.shape[0], 2), np.uint32)
    i = 0
    while i < size[0]:
        v = waiting[i]
        gone[i, :3] = v
        for k in range(count[v]):
            s = start[v] + np.uint32(k)
            gone[i, 1 + k], gone[i, 3 + k], there[i, k] = to[s], cost[twin[s]], cost[s]
        if count[v] == 1:
            _drop(links, queue, to[start[v]], twin[start[v]])
        elif count[v] == 2:
            _bridge(links, queue, v)
        count[v] = 0
        i += 1
    return gone[:i], there[:i]


@numba.njit(types.int64[::1](_PAIRS, types.int64), nogil=True, cache=True)
def _after_neighbours(gone, nodes):  # type: ignore[no-untyped-def]
    """Return an order in which each comes after the neighbours it had, and else in the order of the nodes."""
    number, order, size = np.full(nodes, -1, np.int64), np.empty(gone.shape[0], np.int64), 0
    for i in range(gone.shape[0]):
        number[gone[i, 0]] = i
    stack = np.empty(gone.shape[0] + 1, np.int64)
    for u in range(nodes):
        stack[0], depth = number[u], 1 if number[u] >= 0 else 0
        while depth > 0:
            i = stack[depth - 1]
            first, second = number[gone[i, 1]], number[gone[i, 2]]
            if first >= 0 and first != i:
                stack[depth] = first
                depth += 1
            elif second >= 0 and second != i:
                stack[depth] = second
                depth += 1
            else:
                number[gone[i, 0]] = -1
                order[size] = i
                size, depth = size + 1, depth - 1
    return order


@numba.njit(types.Tuple((_FOURS, _WORDS))(_LINKS, types.boolean[::1]), nogil=True, cache=True)
def _by_fours(links, is_gone):  # type: ignore[no-untyped-def]
    """Return the arcs of the nodes that stay in rows of four, and the node of every row.

    A node with more arcs has several rows, one after the other, held together by arcs of no cost. Places left over lead
    to the row itself at `MOST`, which never pays.
    """
    start, count, to, cost, _ = links
    number, rows = np.empty(count.shape[0], np.uint32), 0
    for u in range(count.shape[0]):
        if not is_gone[u]:
            number[u] = rows
            rows += 1 if count[u] <= 4 else (count[u] - 1) // 2
    arc, node = np.empty((rows, 4), np.uint64), np.empty(rows, np.uint32)
    for spare in range(rows):
        arc[spare] = (np.uint64(MOST) << HALF) | np.uint64(spare)
    row, column = 0, 0
    for u in range(count.shape[0]):
        if is_gone[u]:
            continue
        column = 0
        node[row] = u
        for k in range(count[u]):
            if column == 3 and k < count[u] - 1:
                arc[row, 3], arc[row + 1, 0] = np.uint64(row + 1), np.uint64(row)
                row, column = row + 1, 1
                node[row] = u
            s = start[u] + np.uint32(k)
            arc[row, column] = (np.uint64(cost[s]) << HALF) | np.uint64(number[to[s]])
            column += 1
        row += 1
    return arc, node


@numba.njit(types.Tuple((_FOURS, _WORDS, _PAIRS, _PAIRS))(SHORTS, KEYS), nogil=True, cache=True)
def contract(first_arc, arc):  # type: ignore[no-untyped-def]
    """Return the graph of the nodes that stay, and how those that went hung on the others.

    Parameters
    ----------
    first_arc, arc
        CSR of N nodes: arcs of ``u`` are ``first_arc[u]:first_arc[u + 1]``, uint64 of ``cost << 32 | node``; every arc
        has one back, at a cost of its own.

    Returns
    -------
    arc, node, gone, there
        Rows of four arcs, uint64 (C, 4) of ``cost << 32 | row``, in the order of the nodes; ``node`` uint32 (C,).
        Of the M that went, uint32 (M, 5): the node, two neighbours it had when it went (itself where there were fewer),
        and the costs from them; each after its neighbours. And uint32 (M, 2): the costs to them.

    Source
    ------
    The reduction of series and parallel arcs of electrical networks; exact for shortest ways, as whichever way passes
    through a node that went passes two of its neighbours.
    """
    links, nodes = _links(first_arc, arc), first_arc.shape[0] - 1
    queue = np.empty(nodes, np.uint32), np.zeros(nodes, np.bool_), np.zeros(1, np.int64)
    gone, there = _take_out(links, queue)
    order = _after_neighbours(gone, nodes)
    fours, node = _by_fours(links, queue[1])
    return fours, node, gone[order], there[order]
