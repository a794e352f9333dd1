"""Walking on the sample's own streets: enough to find and prove its designed gaps."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from .frame import Array, Point, ground
from .town import Gate, Town, Wall


class Walks:
    """The streets of the town as a graph, with closed gates cut, and places joined to it by legs that cross no wall."""

    def __init__(self, town: Town, lines: list[list[Point]]) -> None:
        closed = {g.point for g in town.gates if g.access == "closed"}
        self.walls = np.array([shapely.LineString(w.line) for w in town.walls])
        self.wall_tree = shapely.STRtree(self.walls)
        numbers: dict[Point, int] = {}
        self.ends: list[tuple[int, int]] = []
        for line in lines:
            for a, b in itertools.pairwise(line):
                if a not in closed and b not in closed:
                    self.ends.append((numbers.setdefault(a, len(numbers)), numbers.setdefault(b, len(numbers))))
        self.plan_xy = np.array(list(numbers))
        self.xy = ground(self.plan_xy)
        pairs = np.array(self.ends)
        self.length = np.hypot(*(self.xy[pairs[:, 0]] - self.xy[pairs[:, 1]]).T)
        self.pairs = pairs
        self.pieces = shapely.linestrings(self.plan_xy[pairs])
        self.piece_tree = shapely.STRtree(self.pieces)
        size = len(numbers)
        order = np.lexsort((self.length, pairs[:, 1], pairs[:, 0]))
        keep = order[np.unique(pairs[order], axis=0, return_index=True)[1]]
        self.joined: dict[tuple[Point, float], tuple[int, float, float, float] | None] = {}
        self.graph = csr_array((self.length[keep], pairs[keep].T), shape=(size, size))

    def join(self, point: Point, limit_m: float = 60.0) -> tuple[int, float, float, float] | None:
        """Return piece, metres to its two ends along it, and the leg; None where nothing is near on this side."""
        if (point, limit_m) not in self.joined:
            self.joined[point, limit_m] = self._join(point, limit_m)
        return self.joined[point, limit_m]

    def _join(self, point: Point, limit_m: float) -> tuple[int, float, float, float] | None:
        here = shapely.Point(point)
        near = self.piece_tree.query(here, predicate="dwithin", distance=limit_m)
        for piece in near[np.argsort(shapely.distance(self.pieces[near], here), kind="stable")]:
            line = self.pieces[piece]
            foot = line.interpolate(line.project(here))
            leg = shapely.LineString([here, foot])
            if leg.length < 0.05 or not len(self.wall_tree.query(leg, predicate="crosses")):
                share = line.project(here, normalized=True)
                along = self.length[piece]
                return int(piece), share * along, (1 - share) * along, leg.length
        return None

    def between(self, source: Sequence[Point], targets: Sequence[Point], limit_m: float = 2500.0) -> Array:
        """Return walking metres from the nearest of ``source`` to each target; inf where there is no way."""
        start = np.full(len(self.xy), np.inf)
        for point in source:
            joined = self.join(point)
            if joined:
                piece, back, ahead, leg = joined
                for node, cost in zip(self.pairs[piece], (back, ahead), strict=True):
                    start[node] = min(start[node], cost + leg)
        nodes = np.flatnonzero(np.isfinite(start))
        found = dijkstra(self.graph, directed=False, indices=nodes, limit=limit_m) + start[nodes][:, None]
        metres = found.min(axis=0) if len(nodes) else start
        result = np.full(len(targets), np.inf)
        for number, point in enumerate(targets):
            joined = self.join(point)
            if joined:
                piece, back, ahead, leg = joined
                a, b = self.pairs[piece]
                result[number] = leg + min(metres[a] + back, metres[b] + ahead)
        return result


def crossing_without_gate(lines: list[list[Point]], walls: list[Wall], gates: list[Gate]) -> list[Point]:
    """Return the plan points where a street crosses a wall more than half a metre from any gate."""
    streets = shapely.linestrings(
        [list(p) for line in lines for p in line], indices=[k for k, line in enumerate(lines) for _ in line]
    )
    wall_lines = np.array([shapely.LineString(w.line) for w in walls])
    gate_tree = shapely.STRtree([shapely.Point(g.point) for g in gates])
    street, wall = shapely.STRtree(wall_lines).query(streets, predicate="intersects")
    points = shapely.get_parts(shapely.intersection(streets[street], wall_lines[wall]))
    far = [p for p in points if not len(gate_tree.query(p, predicate="dwithin", distance=0.5))]
    return [(p.centroid.x, p.centroid.y) for p in far]
