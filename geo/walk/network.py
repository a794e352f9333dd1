"""The walking graph as arrays, made from a study's streets, with the walls cut out of it.

Nodes lie along a Hilbert curve, so that what is near on the ground is near in memory. Lengths are whole
centimetres on the ground (32 bits), so that sums are exact and equal for every order of work. Parallel pieces stay
apart: every arc knows its edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


HINDRANCES = (
    "surface", "smoothness", "width_m", "incline", "kerb", "oneway_foot", "crossing_from", "crossing_to"
)  # fmt: skip
"""Columns of `tables.STREETS` that a profile may heed in time, besides steps, slopes and the tag ``wheelchair``."""


@dataclass(frozen=True)
class Network:
    """Arrays of a walking graph: N nodes, E edges, A = 2 E arcs, V vertices of edge geometry.

    Attributes
    ----------
    node_id
        int64 (N,): the junction number in ``streets.from_node`` / ``to_node``; ends at a wall get negative ones.
    node_xy
        float64 (N, 2), study.crs.
    first_arc, arc, arc_edge
        CSR: arcs of node ``n`` are ``first_arc[n]:first_arc[n + 1]``, uint32 (N + 1,); uint64 (A,) of the length in
        centimetres on the ground ``<< 32 |`` the node they lead to (`pack_arcs`); the edge they belong to.
    edge_from, edge_to, edge_cm, edge_is_steps
        int32 (E,) node indices, centimetres; bool (E,).
    edge_wheelchair
        int8 (E,): 3 said to be passable in a wheelchair, 2 closed, 1 limited, 0 unknown.
    edge_climb
        float32 (E, 2): walking time against the flat by the slope, from start to end and back; 1 where flat or unknown.
    edge_hindrance, hindrance
        The smallest unsigned integers that do, (E,): row of ``hindrance``, UTF-8 (H, 8) of the combinations of
        `HINDRANCES`, empty where nothing is told.
    edge_row
        int32 (E,): row of ``study.streets``; an edge cut by a wall gives several edges with the same row.
    vertex_start, vertex_at, vertex_frame
        Edge ``e`` is drawn by the vertices ``vertex_start[e]:vertex_start[e + 1]``, from ``edge_from`` to ``edge_to``:
        int32 (E + 1,); int32 (V, 2) in steps of a fraction of a millimetre from an origin; float64 (3,) of the origin
        (study.crs) and the step (`pack_vertices`, `xy_of`).
    component
        int32 (N,): connected component, 0 the one with most street.
    component_m
        float64: metres of street of every component.
    ground_scale
        Metres of study.crs per metre on the ground.
    """

    node_id: NDArray[np.int64]
    node_xy: Floats
    first_arc: NDArray[np.uint32]
    arc: NDArray[np.uint64]
    arc_edge: Ints
    edge_from: Ints
    edge_to: Ints
    edge_cm: Ints
    edge_is_steps: NDArray[np.bool_]
    edge_wheelchair: NDArray[np.int8]
    edge_climb: NDArray[np.float32]
    edge_hindrance: NDArray[np.unsignedinteger]
    hindrance: NDArray[np.bytes_]
    edge_row: Ints
    vertex_start: Ints
    vertex_at: Ints
    vertex_frame: Floats
    component: Ints
    component_m: Floats
    ground_scale: float

    @cached_property
    def lines(self) -> NDArray[np.object_]:
        """The line of every edge, in study.crs; made when first asked for."""
        return self.lines_of(np.arange(len(self.edge_cm)))

    def lines_of(self, edges: NDArray[np.integer]) -> NDArray[np.object_]:
        """Return the lines of some edges, in study.crs."""
        first, count = self.vertex_start[edges], self.vertex_start[edges + 1] - self.vertex_start[edges]
        at = np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())
        return np.asarray(shapely.linestrings(self.xy_of(at), indices=np.repeat(np.arange(len(edges)), count)))

    def xy_of(self, vertices: NDArray[np.integer] | slice) -> Floats:
        """Return where some vertices lie: float64 (n, 2), study.crs."""
        return np.asarray(self.vertex_frame[:2] + self.vertex_at[vertices] * self.vertex_frame[2], np.float64)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """A spatial index of `lines`; made when first asked for."""
        return shapely.STRtree(self.lines)

    @cached_property
    def made(self) -> dict[object, Any]:
        """What others made from this network and keep with it: its grid, itself in time for a profile."""
        return {}

    @property
    def graph(self) -> tuple[NDArray[np.uint32], NDArray[np.uint64], Ints, Ints, Ints, Ints, Ints]:
        """The arrays that searches from one place take."""
        ends = (self.edge_from, self.edge_to)
        return self.first_arc, self.arc, self.arc_edge, *ends, self.edge_cm, self.edge_back_cm

    @property
    def edge_back_cm(self) -> Ints:
        """Cost of each edge from its end to its start: in metres that of the way there."""
        return self.edge_cm

    def costs_to(
        self, edge: NDArray[np.integer], share: NDArray[np.floating]
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Return the costs from the start of edges to a share of their length, and from there back to the start."""
        ahead = share * self.edge_cm[edge]
        return ahead, ahead

    @property
    def arc_to(self) -> Ints:
        """Where each arc leads."""
        return (self.arc & np.uint64(0xFFFFFFFF)).astype(np.int32)

    @property
    def arc_back(self) -> NDArray[np.uint64]:
        """The arcs at their costs the other way, from where they lead to where they begin; in metres the same."""
        return self.arc

    @property
    def arc_cm(self) -> Ints:
        """Length of each arc, centimetres on the ground."""
        return (self.arc >> np.uint64(32)).astype(np.int32)


def pack_vertices(xy: Floats) -> tuple[Ints, Floats]:
    """Return vertices as whole steps from an origin, and the frame: half the memory of coordinates.

    The step is a power of two of a metre, so that whole metres stay whole; 0.06 mm over a city of 100 km.
    """
    middle = np.rint((xy.min(axis=0) + xy.max(axis=0)) / 2)
    reach = max(float(np.abs(xy - middle).max()), 1.0)
    step = 2.0 ** np.ceil(np.log2(reach / 2**30))
    return np.rint((xy - middle) / step).astype(np.int32), np.array([*middle, step])


def pack_arcs(to: NDArray[np.integer], cost: NDArray[np.integer]) -> NDArray[np.uint64]:
    """Return arcs as ``cost << 32 | to``: one load for the search instead of two."""
    return (np.asarray(cost, np.uint64) << np.uint64(32)) | np.asarray(to, np.uint64)


def edge_starts(network: Network) -> NDArray[np.int64]:
    """Return how far along its street every edge begins, centimetres: above 0 behind a wall that cuts the street.

    Made when first asked for. After an edit it counts from the start of the street as it was, see `geo.plan.doors`.
    """
    if edge_starts not in network.made:
        cm = network.edge_cm.astype(np.int64)
        start = np.cumsum(cm) - cm
        first = np.flatnonzero(np.diff(network.edge_row, prepend=-1))
        network.made[edge_starts] = start - np.repeat(start[first], np.diff([*first, len(start)]))
    return np.asarray(network.made[edge_starts])
