"""Made walking networks of any size in the pattern of a Chinese city: superblocks, compounds, few gates. Seeded.

The ground is a grid of junctions 40 m apart, shaken. Every tenth line is an arterial and whole. Between arterials lie
superblocks of 400 m; inside them most pieces exist along one direction (lanes between rows of houses), few across, and
a lane meets the arterial only where a gate is.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.walk.network import HINDRANCES, Network, pack_arcs, pack_vertices

STEP_M = 40.0
ARTERIAL_EVERY = 10
SHAKE_M = 11.0
ALONG, ACROSS, GATE = 0.86, 0.42, 0.45
"""Share of pieces that exist: along the lanes, across them, between a lane and an arterial."""

SEED = 20180714


def make_network(nodes: int, seed: int = SEED) -> Network:
    """Return a network of about ``nodes`` junctions, laid out as `geo.walk.build` lays out a real one."""
    dice = np.random.default_rng(seed)
    side = round(nodes**0.5)
    column, row = np.meshgrid(np.arange(side), np.arange(side))
    xy = np.column_stack([column.ravel(), row.ravel()]) * STEP_M + dice.uniform(-SHAKE_M, SHAKE_M, (side * side, 2))
    start, end = _pieces(side, dice)
    order = np.argsort(gpd.GeoSeries(gpd.points_from_xy(*xy.T)).hilbert_distance(level=16).to_numpy(), kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return _laid_out(xy[order], place[start], place[end], dice)


def _pieces(side: int, dice: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the two ends of every piece of street, as positions on the grid."""
    number = np.arange(side * side).reshape(side, side)
    is_arterial = np.arange(side) % ARTERIAL_EVERY == 0
    lanes_run_east = dice.random((side // ARTERIAL_EVERY + 1, side // ARTERIAL_EVERY + 1)) < 0.7
    starts, ends = [], []
    for axis in (0, 1):
        a, b = (number[:, :-1], number[:, 1:]) if axis == 0 else (number[:-1], number[1:])
        row, column = np.divmod(a, side)
        on_arterial = is_arterial[row] if axis == 0 else is_arterial[column]
        along = lanes_run_east[row // ARTERIAL_EVERY, column // ARTERIAL_EVERY] == (axis == 0)
        meets = (
            (is_arterial[column] | is_arterial[(column + 1) % side])
            if axis == 0
            else (is_arterial[row] | is_arterial[(row + 1) % side])
        )
        share = np.where(meets, GATE, np.where(along, ALONG, ACROSS))
        exists = on_arterial | (dice.random(a.shape) < share)
        starts.append(a[exists])
        ends.append(b[exists])
    return np.concatenate(starts), np.concatenate(ends)


def _laid_out(
    xy: NDArray[np.float64], start: NDArray[np.int64], end: NDArray[np.int64], dice: np.random.Generator
) -> Network:
    bend = dice.uniform(1.0, 1.25, len(start))
    cm = np.rint(np.hypot(*(xy[start] - xy[end]).T) * bend * 100).astype(np.int32)
    edges, nodes = len(start), len(xy)
    by_place = np.lexsort((end, start))
    start, end, cm = start[by_place], end[by_place], cm[by_place]
    tail, head = np.concatenate([start, end]), np.concatenate([end, start])
    edge = np.tile(np.arange(edges, dtype=np.int32), 2)
    order = np.lexsort((edge, head, tail))
    first = np.zeros(nodes + 1, np.uint32)
    np.cumsum(np.bincount(tail, minlength=nodes), out=first[1:])
    links = coo_array((np.ones(edges, np.int8), (start, end)), shape=(nodes, nodes))
    component = connected_components(links, directed=False)[1]
    metres = np.bincount(component[start], weights=cm / 100, minlength=component.max() + 1)
    rank = np.empty(len(metres), np.int32)
    rank[np.argsort(-metres, kind="stable")] = np.arange(len(metres))
    vertex_at, vertex_frame = pack_vertices(np.stack([xy[start], xy[end]], axis=1).reshape(-1, 2))
    return Network(
        node_id=np.arange(nodes, dtype=np.int64), node_xy=xy, first_arc=first,
        arc=pack_arcs(head[order], np.tile(cm, 2)[order]), arc_edge=edge[order],
        edge_from=start.astype(np.int32), edge_to=end.astype(np.int32), edge_cm=cm,
        edge_is_steps=np.zeros(edges, bool), edge_wheelchair=np.zeros(edges, np.int8),
        edge_climb=np.ones((edges, 2), np.float32),
        edge_hindrance=np.zeros(edges, np.uint8), hindrance=np.array([[b""] * len(HINDRANCES)]),
        edge_row=np.arange(edges, dtype=np.int32),
        vertex_start=np.arange(0, 2 * edges + 1, 2, dtype=np.int32), vertex_at=vertex_at, vertex_frame=vertex_frame,
        component=rank[component], component_m=np.sort(metres)[::-1], ground_scale=1.0,
    )  # fmt: skip
