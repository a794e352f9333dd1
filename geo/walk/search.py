"""The nearest of many seeds to every node: a search on the contracted graph, then those that the contraction took out.

Only junctions of three streets and more are searched; dead ends and the nodes between junctions get their answer from
their neighbours. The same answer, to the centimetre and to the label, as a search of the whole graph.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.walk.kernels import contract, finish, lift, nearest
from geo.walk.network import Network

TOGETHER = 16
"""Neighbouring seeds searched at once; changes the time, never the answer."""

_ROOM = 1 << 18
"""Entries the search begins with; it is run again with more where they do not do."""

Words = NDArray[np.uint32]
Keys = NDArray[np.uint64]


@dataclass(frozen=True)
class Contracted:
    """The graph of the nodes that stay, in C rows of four arcs, and of the M nodes that went.

    Attributes
    ----------
    arc
        uint64 (C, 4) of ``cost << 32 | row``; a node of more than four arcs has several rows.
    node
        uint32 (C,): the node of every row.
    place
        uint32 (N,): the first row of a node; C and more in the order of ``gone``.
    gone
        uint32 (M, 5): the node, two neighbours that it had, the costs from them; after its neighbours.
    there
        uint32 (M, 2): the costs to them; in metres those of ``gone``.
    """

    arc: Keys
    node: Words
    place: Words
    gone: Words
    there: Words


def contracted(network: Network) -> Contracted:
    """Return the contracted graph of a network; made when first asked for, and kept with the network."""
    if Contracted not in network.made:
        arc, node, gone, there = contract(network.first_arc, network.arc)
        place = np.empty(len(network.first_arc) - 1, np.uint32)
        place[node[::-1]] = np.arange(len(node), dtype=np.uint32)[::-1]
        place[gone[:, 0]] = np.arange(len(node), len(node) + len(gone), dtype=np.uint32)
        there = gone[:, 3:] if np.array_equal(gone[:, 3:], there) else there
        network.made[Contracted] = Contracted(arc, node, place, gone, there)
    found: Contracted = network.made[Contracted]
    return found


def nearest_keys(network: Network, seed_node: Words, seed_key: Keys, limit: int, *, together: int = TOGETHER) -> Keys:
    """Return the least ``cost << 32 | label`` from any seed to every node.

    Parameters
    ----------
    seed_node, seed_key
        uint32 (S,), uint64 (S,) of ``cost << 32 | label``: where the search begins, at which cost, for whom.
    limit
        In the costs of the network; nodes dearer than this stay unreached.

    Returns
    -------
    best
        uint64 (N,), ``(limit + 1) << 32`` where nothing came. Of equal costs the lower label wins.
    """
    small, far = contracted(network), np.uint64(limit + 1) << np.uint64(32)
    row, key, *went = lift(small.gone, small.there, small.place, seed_node, seed_key, far, len(small.node))
    room, is_done = _ROOM, False
    while not is_done:
        stayed, is_done = nearest(small.arc, row, key, limit, room, together)
        room *= 4
    best = np.empty(len(small.place), np.uint64)
    finish((small.node, stayed), small.gone, tuple(went), far, best)
    return best
