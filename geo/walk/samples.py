"""Points along streets and what it costs to be there: by the better end of the street, or straight from a start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.walk.grid import grid_of
from geo.walk.kernels import UNREACHED
from geo.walk.network import Network
from geo.walk.snap import Joins

END_INSET = 0.03
"""The ends of a street stand this share of a cell inside it, so that a wall at the end has one side in sight."""


@dataclass(frozen=True)
class Samples:
    """Points along edges, no farther apart than half a cell: edge (S,), share of its length (S,), place (S, 2)."""

    edge: NDArray[np.int64]
    share: NDArray[np.float64]
    xy: NDArray[np.float64]

    def take(self, at: NDArray[np.integer] | NDArray[np.bool_]) -> Samples:
        """Return some of the samples."""
        return Samples(self.edge[at], self.share[at], self.xy[at])


def sample_edges(network: Network, edges: NDArray[np.int64], *, cell_m: float) -> Samples:
    """Return points along the given edges, ascending, both ends included."""
    grid, first, last = grid_of(network), network.vertex_start[edges], network.vertex_start[edges + 1] - 1
    length = grid.before(last)
    count = np.ceil(length / (cell_m / 2)).astype(np.int64) + 1
    owner = np.repeat(np.arange(len(edges)), count)
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    share = nth / np.maximum(count[owner] - 1, 1)
    # Ends stand a step inside: at the very end of a street that a wall cuts, both sides of the wall would be in sight.
    inset = np.minimum(END_INSET * cell_m, length[owner] / 4)
    along = np.clip(share * length[owner], inset, length[owner] - inset)
    at = np.searchsorted(grid.upto, grid.upto[first[owner]] + along, side="right") - 1
    at = np.clip(at, first[owner], last[owner] - 1)
    before = grid.before(at)
    step = grid.before(at + 1) - before
    part = np.where(step > 0, (along - before) / np.where(step > 0, step, 1.0), 0.0)
    start = network.xy_of(at)
    return Samples(edges[owner], share, start + part[:, None] * (network.xy_of(at + 1) - start))


def cost_along(
    network: Network, samples: Samples, node_cost: NDArray[np.number], starts: Joins | None = None
) -> NDArray[np.float64]:
    """Return the cost at every sample: by way of the better end of its edge, or straight from a start inside it.

    ``samples`` are those of ascending edges; ``node_cost`` is `UNREACHED` or ``inf`` where nothing came.
    """
    by_start, by_end = _by_ends(network, samples, node_cost)
    cost = np.minimum(by_start, by_end)
    if starts is not None:
        at, _, straight = _from_starts(network, samples, starts)
        np.minimum.at(cost, at, straight)
    return np.asarray(cost)


def owner_along(
    network: Network,
    samples: Samples,
    cost: NDArray[np.float64],
    nodes: tuple[NDArray[np.number], NDArray[np.int32]],
    starts: tuple[Joins, NDArray[np.int32]],
) -> NDArray[np.int32]:
    """Return whose the cost of `cost_along` is at every sample: of several that give it the lowest.

    ``nodes``: cost and owner of every node; ``starts``: the joins of `cost_along` and the owner of each.
    """
    owner = np.full(len(cost), np.iinfo(np.int32).max, np.int32)
    ends = (network.edge_from, network.edge_to)
    for end, by_end in zip(ends, _by_ends(network, samples, nodes[0]), strict=True):
        np.minimum(owner, nodes[1][end[samples.edge]], out=owner, where=by_end == cost)
    at, start, straight = _from_starts(network, samples, starts[0])
    first = straight == cost[at]
    np.minimum.at(owner, at[first], starts[1][start[first]])
    return owner


def _by_ends(
    network: Network, samples: Samples, node_cost: NDArray[np.number]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the cost of every sample by the start of its edge, and by the end."""
    ahead, back = network.costs_to(samples.edge, samples.share)
    by_start = _or_inf(node_cost[network.edge_from[samples.edge]]) + ahead
    return by_start, _or_inf(node_cost[network.edge_to[samples.edge]]) + network.edge_back_cm[samples.edge] - back


def _from_starts(
    network: Network, samples: Samples, starts: Joins
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return every pair of a sample and a start on one edge, and the cost from the start along it."""
    rows = np.flatnonzero(starts.is_joined)
    first = np.searchsorted(samples.edge, starts.edge[rows], side="left")
    count = np.searchsorted(samples.edge, starts.edge[rows], side="right") - first
    row = np.repeat(rows, count)
    at = np.repeat(first - np.cumsum(count) + count, count) + np.arange(len(row))
    ahead, back = network.costs_to(samples.edge[at], samples.share[at])
    onwards, backwards = ahead - starts.offset_cm[row], starts.back_cm[row] - back
    return at, row, np.maximum(onwards, backwards) + starts.access_cm[row]


def _or_inf(cost: NDArray[np.number]) -> NDArray[np.float64]:
    return np.where(cost >= UNREACHED, np.inf, cost)
