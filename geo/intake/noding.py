"""Lines of a drawn street layer joined where they meet: ends that nearly touch, ends on another line, crossings.

A layer drawn by hand or cut out of a CAD drawing rarely shares vertices where streets meet. Lines of different levels
(bridges, tunnels) cross without meeting. Coordinates are metres; nothing moves farther than the tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shapes = NDArray[np.object_]

SAME_M = 1e-3
"""Vertices closer than this are one."""


@dataclass(frozen=True)
class Noded:
    """Lines that share a vertex wherever they meet, and what that took."""

    lines: Shapes
    ends_joined: int
    ends_on_lines: int
    crossings: int
    is_crossings_joined: bool

    def facts(self) -> dict[str, int]:
        """Return the counts for a report."""
        joined = {"ends_joined": self.ends_joined, "ends_on_lines": self.ends_on_lines}
        return {**joined, "crossings_joined" if self.is_crossings_joined else "crossings_left": self.crossings}


def node_lines(lines: Shapes, level: Ints, snap_m: float, *, join_crossings: bool) -> Noded:
    """Return lines that share a vertex where they meet.

    Ends within ``snap_m`` of each other become one place, with a vertex within it where there is one. A line that
    passes such a place within ``snap_m`` gets a vertex there, if it lies on the ground or on the level of the line
    that ends. Lines of one level that cross are counted, and get a common vertex with ``join_crossings``.

    Parameters
    ----------
    lines
        LineStrings of more than no length, metres.
    level
        0 on the ground, above it bridges, below it tunnels; a line each.
    snap_m
        Metres; 0 joins only what touches to the millimetre.
    """
    lines, place, moved = _join_ends(lines, max(snap_m, SAME_M))
    on_line = _ends_on_lines(lines, place, level, max(snap_m, SAME_M))
    lines = _with_vertices(lines, *on_line)
    first, second, where = _crossings(lines, level)
    if join_crossings:
        lines = _with_vertices(lines, np.concatenate([first, second]), np.concatenate([where, where]))
    crossings = len(np.unique(np.rint(where / SAME_M), axis=0))
    return Noded(lines, moved, len(on_line[0]), crossings, join_crossings)


def islands(start: Ints, end: Ints) -> int:
    """Return into how many parts that do not hang together pieces of street fall, by the numbers of their ends."""
    _, number = np.unique(np.concatenate([start, end]), return_inverse=True)
    a, b = number[: len(start)], number[len(start) :]
    size = int(number.max()) + 1 if len(number) else 0
    return int(connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(size, size)), directed=False)[0])


def _join_ends(lines: Shapes, snap_m: float) -> tuple[Shapes, Ints, int]:
    """Return the lines with ends that nearly touch moved to one place, the place of each end, how many places it took.

    The places are numbered; those of the first ends come before those of the last ends.
    """
    xy, line = shapely.get_coordinates(lines, return_index=True)
    last = np.searchsorted(line, np.arange(len(lines)), side="right") - 1
    first = np.concatenate([[0], last[:-1] + 1])
    at = np.concatenate([first, last])
    ends = xy[at]
    points = shapely.points(ends)
    a, b = shapely.STRtree(points).query(points, predicate="dwithin", distance=snap_m)
    count, place = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(len(at), len(at))), directed=False)
    place = place.astype(np.int64)
    chosen = np.zeros((count, 2))
    order = np.argsort(place, kind="stable")[::-1]
    chosen[place[order]] = ends[order]
    is_inner = np.ones(len(xy), bool)
    is_inner[at] = False
    chosen = _onto_vertices(chosen, xy[is_inner], snap_m)
    moves = np.hypot(*(ends - chosen[place]).T) > SAME_M
    xy = xy.copy()
    xy[at] = chosen[place]
    moved = len(np.unique(place[moves]))
    return np.asarray(shapely.linestrings(xy, indices=line)), place, moved


def _onto_vertices(places: Floats, vertices: Floats, snap_m: float) -> Floats:
    """Return the places, each moved onto the nearest vertex inside a line within reach."""
    if not len(vertices):
        return places
    tree = shapely.STRtree(shapely.points(vertices))
    (near, vertex) = tree.query_nearest(shapely.points(places), max_distance=snap_m, all_matches=False)
    places = places.copy()
    places[near] = vertices[vertex]
    return places


def _ends_on_lines(lines: Shapes, place: Ints, level: Ints, snap_m: float) -> tuple[Ints, Floats]:
    """Return lines that pass a place where others end, and the places, metres."""
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    owner = np.tile(np.arange(len(lines)), 2)
    _, lone = np.unique(place, return_index=True)
    end, line = shapely.STRtree(lines).query(ends[lone], predicate="dwithin", distance=snap_m)
    end = lone[end]
    both = np.sort(np.column_stack([place[: len(lines)], place[len(lines) :]]), axis=1)
    ends_here = (both[line, 0] == place[end]) | (both[line, 1] == place[end])
    meets = (level[line] == 0) | (level[line] == level[owner[end]])
    end, line = end[~ends_here & meets], line[~ends_here & meets]
    along = shapely.line_locate_point(lines[line], ends[end])
    is_new = _to_vertex(lines, line, along) > SAME_M
    return line[is_new], shapely.get_coordinates(ends[end[is_new]])


def _crossings(lines: Shapes, level: Ints) -> tuple[Ints, Ints, Floats]:
    """Return pairs of lines of one level that cross without a common vertex, and where, metres."""
    first, second = shapely.STRtree(lines).query(lines, predicate="intersects")
    pair = (first < second) & (level[first] == level[second])
    first, second = first[pair], second[pair]
    shared, owner = shapely.get_parts(shapely.intersection(lines[first], lines[second]), return_index=True)
    is_point = shapely.get_type_id(shared) == 0
    shared, first, second = shared[is_point], first[owner[is_point]], second[owner[is_point]]
    apart = [
        _to_vertex(lines, line, shapely.line_locate_point(lines[line], shared)) > SAME_M for line in (first, second)
    ]
    crosses = apart[0] | apart[1]
    return first[crosses], second[crosses], shapely.get_coordinates(shared[crosses])


def _along(lines: Shapes) -> tuple[Floats, Ints, Floats]:
    """Return the vertices, their line, and how far along it each lies, metres."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    begins = np.diff(line, prepend=-1) != 0
    whole = np.cumsum(np.where(begins, 0.0, step))
    return xy, line, whole - whole[np.flatnonzero(begins)][np.cumsum(begins) - 1]


def _to_vertex(lines: Shapes, line: Ints, along: Floats) -> Floats:
    """Return how far places lie from the next vertex of their line, metres along it."""
    _, owner, vertex = _along(lines)
    length = shapely.length(lines)
    offset = np.concatenate([[0.0], np.cumsum(length + 10.0)])
    known, asked = offset[owner] + vertex, offset[line] + along
    after = np.clip(np.searchsorted(known, asked), 1, len(known) - 1)
    return np.asarray(np.minimum(np.abs(known[after] - asked), np.abs(known[after - 1] - asked)))


def _with_vertices(lines: Shapes, line: Ints, where: Floats) -> Shapes:
    """Return the lines with further vertices, each put where its line passes it."""
    if not len(line):
        return lines
    xy, owner, along = _along(lines)
    added = shapely.line_locate_point(lines[line], shapely.points(where))
    owner, along = np.concatenate([owner, line]), np.concatenate([along, added])
    order = np.lexsort((along, owner))
    return np.asarray(shapely.linestrings(np.concatenate([xy, where])[order], indices=owner[order]))
