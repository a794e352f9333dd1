"""After an edit, the searches of all categories are repaired instead of run again: links opened or closed, facilities
added or taken away. Equal to the full search, and undone as easily.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.walk.kernels import repair
from geo.walk.network import Network, pack_arcs
from geo.walk.search import nearest_keys

_HALF = np.uint64(32)
_ROOM = 1 << 12

Link = tuple[int, int, int]
"""Two nodes and the centimetres between them."""


@dataclass(frozen=True)
class Search:
    """A many-source search that can be repaired.

    Attributes
    ----------
    best
        uint64 (N,) of ``cost << 32 | label``, `far` where nothing came; repaired in place.
    seed_node, seed_key
        uint32 (S,), uint64 (S,) of ``cost << 32 | label``, ascending by node.
    limit
        Centimetres.
    """

    best: NDArray[np.uint64]
    seed_node: NDArray[np.uint32]
    seed_key: NDArray[np.uint64]
    limit: int

    @property
    def far(self) -> np.uint64:
        """The key of a node that was not reached."""
        return np.uint64(self.limit + 1) << _HALF


@dataclass(frozen=True)
class Overlay:
    """What an edit does to the graph: the changed nodes ascending, and all arcs they have now (CSR)."""

    node: NDArray[np.uint32]
    first: NDArray[np.uint32]
    arc: NDArray[np.uint64]


@dataclass(frozen=True)
class Changes:
    """What a repair wrote, in its order: node and key before. `undo` takes it back."""

    node: NDArray[np.uint32]
    before: NDArray[np.uint64]


def full_search(network: Network, seed_node: NDArray[np.uint32], seed_key: NDArray[np.uint64], limit: int) -> Search:
    """Return a search from seeds, each node and ``cost << 32 | label``, as far as ``limit`` centimetres."""
    order = np.argsort(seed_node, kind="stable")
    node, key = seed_node[order], seed_key[order]
    within = key < (np.uint64(limit + 1) << _HALF)
    node, key = node[within], key[within]
    return Search(nearest_keys(network, node, key, limit), node, key, limit)


def edited(network: Network, *, opened: Sequence[Link] = (), closed: Sequence[int] = ()) -> Overlay:
    """Return the overlay of an edit: links opened between nodes, edges (by number) closed.

    Nodes beyond those of the network are new; a search to be repaired must have room for them.
    """
    gone = set(closed)
    ends = [(int(network.edge_from[e]), int(network.edge_to[e])) for e in closed]
    touched = sorted({node for a, b, _ in opened for node in (a, b)} | {node for pair in ends for node in pair})
    arcs: list[NDArray[np.uint64]] = []
    for node in touched:
        is_new = node >= len(network.first_arc) - 1
        span = slice(0, 0) if is_new else slice(int(network.first_arc[node]), int(network.first_arc[node + 1]))
        kept = [network.arc[a] for a in range(span.start, span.stop) if int(network.arc_edge[a]) not in gone]
        new = [(b, cm) for a, b, cm in opened if a == node] + [(a, cm) for a, b, cm in opened if b == node]
        more = pack_arcs(np.array([to for to, _ in new], int), np.array([cm for _, cm in new], int))
        arcs.append(np.concatenate([np.array(kept, np.uint64), more]))
    first = np.concatenate([[0], np.cumsum([len(part) for part in arcs])]).astype(np.uint32)
    whole = np.concatenate(arcs) if arcs else np.empty(0, np.uint64)
    return Overlay(np.array(touched, np.uint32), first, whole)


def repaired(
    network: Network,
    overlay: Overlay,
    search: Search,
    *,
    added: tuple[NDArray[np.uint32], NDArray[np.uint64]] | None = None,
    label_gone: int | NDArray[np.integer] | None = None,
) -> tuple[Search, Changes]:
    """Bring a search up to date after an edit.

    Parameters
    ----------
    overlay
        All edits of the graph since ``network``, from `edited`.
    added
        Nodes and keys of seeds that came.
    label_gone
        The label, or the labels, whose seeds went.

    Returns
    -------
    search, changes
        The search with the seeds there are now; its ``best`` is that of the one given, changed in place.
    """
    node, key = search.seed_node, search.seed_key
    candidates = [overlay.node]
    if label_gone is not None:
        is_gone = np.isin(key & np.uint64(0xFFFFFFFF), np.atleast_1d(label_gone).astype(np.uint64))
        candidates.append(node[is_gone])
        node, key = node[~is_gone], key[~is_gone]
    if added is not None:
        candidates.append(added[0])
        node, key = np.concatenate([node, added[0]]), np.concatenate([key, added[1]])
        order = np.argsort(node, kind="stable")
        node, key = node[order], key[order]
    now = Search(search.best, node, key, search.limit)
    graph = (network.first_arc, network.arc, overlay.node, overlay.first, overlay.arc)
    return now, _run(graph, now, np.unique(np.concatenate(candidates)).astype(np.uint32))


def undo(search: Search, changes: Changes) -> None:
    """Take a repair back: ``search.best`` is as it was before."""
    node, first = np.unique(changes.node, return_index=True)
    search.best[node] = changes.before[first]


def _run(graph: tuple[NDArray[np.generic], ...], search: Search, candidates: NDArray[np.uint32]) -> Changes:
    room = max(_ROOM, 4 * len(candidates))
    while True:
        log = (np.empty(room, np.uint32), np.empty(room, np.uint64), np.zeros(1, np.int64))
        try:
            repair(graph, (search.seed_node, search.seed_key), candidates, search.best, search.far, log)
        except OverflowError:
            undo(search, Changes(log[0][: log[2][0]], log[1][: log[2][0]]))
            room *= 8
        else:
            return Changes(log[0][: log[2][0]].copy(), log[1][: log[2][0]].copy())
