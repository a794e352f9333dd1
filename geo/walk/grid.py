"""A grid over the streets: which stretches cross which cell, so that the nearest to a point is found at once."""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.walk.kernels import fill_cells, nearest_stretches
from geo.walk.network import Network

MOST_CELLS = 4_000_000
LEAST_SIDE_M = 25.0

Frame = tuple[float, float, float, int, int]


@dataclass(frozen=True)
class StreetGrid:
    """Cells over V vertices of street lines, in the CRS of the vertices.

    Attributes
    ----------
    owner
        int32 (V,): the edge of every vertex.
    start
        int32 (E + 1,): the first vertex of every edge.
    upto
        float64 (V,): length of all lines up to the vertex, one after the other.
    frame
        West, south, side of a cell, rows, columns.
    rank
        int64 (E,): a place for every edge in an order that only geometry decides, so that ties do not hang on rows.
    first, items
        Stretches of cell ``c`` are ``items[first[c]:first[c + 1]]``; stretch ``k`` leads from vertex ``k`` to the next.
    """

    owner: NDArray[np.int32]
    start: NDArray[np.int32]
    upto: NDArray[np.float64]
    rank: NDArray[np.int64]
    frame: Frame
    first: NDArray[np.int64]
    items: NDArray[np.int32]

    def before(self, vertices: NDArray[np.integer]) -> NDArray[np.float64]:
        """Return the length of an edge's line up to each of some vertices."""
        return np.asarray(self.upto[vertices] - self.upto[self.start[self.owner[vertices]]])


@dataclass(frozen=True)
class Nearest:
    """The nearest place on a street to each of P points: edge (-1: none), metres along its line, point, distance."""

    edge: NDArray[np.int32]
    along: NDArray[np.float64]
    xy: NDArray[np.float64]
    distance: NDArray[np.float64]


def grid_of(network: Network) -> StreetGrid:
    """Return the grid over a network's streets; made when first asked for, and kept with the network."""
    if StreetGrid not in network.made:
        network.made[StreetGrid] = index_streets(network.xy_of(slice(None)), network.vertex_start)
    found: StreetGrid = network.made[StreetGrid]
    return found


def index_streets(vertex_xy: NDArray[np.float64], vertex_start: NDArray[np.int32]) -> StreetGrid:
    """Return the grid over lines given as vertices and where each line starts among them."""
    owner = np.repeat(np.arange(len(vertex_start) - 1, dtype=np.int32), np.diff(vertex_start))
    step = np.hypot(*np.diff(vertex_xy, axis=0, prepend=vertex_xy[:1]).T)
    step[vertex_start[:-1]] = 0.0
    upto = np.cumsum(step)
    length = upto[vertex_start[1:] - 1] - upto[vertex_start[:-1]]
    frame = _frame(vertex_xy)
    count = np.zeros(frame[3] * frame[4], np.int64)
    fill_cells(vertex_xy, owner, frame, count, np.empty(0, np.int32))
    first = np.concatenate([[0], np.cumsum(count)])
    items = np.empty(first[-1], np.int32)
    fill_cells(vertex_xy, owner, frame, first[:-1].copy(), items)
    return StreetGrid(owner, vertex_start, upto, _ranks(vertex_xy, vertex_start, length), frame, first, items)


def nearest_on_streets(network: Network, points: NDArray[np.float64], limit: float) -> Nearest:
    """Return the nearest place on any street within ``limit`` of each point; among equals the edge of lower rank."""
    grid = grid_of(network)
    count = len(points)
    stretch, share, distance = np.empty(count, np.int32), np.empty(count), np.empty(count)
    streets = (network.vertex_at, network.vertex_frame, grid.owner, grid.rank)
    cells = (grid.frame, grid.first, grid.items)

    def work(part: slice) -> None:
        found = (stretch[part], share[part], distance[part])
        nearest_stretches(np.ascontiguousarray(points[part]), streets, cells, limit, found)

    workers = os.cpu_count() or 1
    bounds = np.linspace(0, count, workers + 1).astype(int)
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, [slice(a, b) for a, b in itertools.pairwise(bounds.tolist())]))
    at = np.maximum(stretch, 0)
    start = network.xy_of(at)
    leg = network.xy_of(np.minimum(at + 1, len(grid.owner) - 1)) - start
    along = grid.before(at) + share * np.hypot(*leg.T)
    edge = np.where(stretch >= 0, grid.owner[at], -1).astype(np.int32)
    return Nearest(edge, along, start + share[:, None] * leg, distance)


def _ranks(xy: NDArray[np.float64], vertex_start: NDArray[np.int32], length: NDArray[np.float64]) -> NDArray[np.int64]:
    at = vertex_start[:-1]
    low, high = np.minimum.reduceat(xy, at), np.maximum.reduceat(xy, at)
    rank = np.empty(len(at), np.int64)
    rank[np.lexsort((length, *high.T[::-1], *low.T[::-1]))] = np.arange(len(at))
    return rank


def _frame(xy: NDArray[np.float64]) -> Frame:
    """Return cells about as many as vertices, none smaller than `LEAST_SIDE_M`."""
    west, south = xy.min(axis=0)
    width, height = np.maximum(xy.max(axis=0) - (west, south), 1.0)
    side = max(LEAST_SIDE_M, float(np.sqrt(width * height / min(len(xy), MOST_CELLS))))
    return float(west), float(south), side, int(height / side) + 1, int(width / side) + 1
