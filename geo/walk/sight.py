"""Whether walls stand between two places: many legs against many walls, most of them far from any.

Cells that a wall may pass are counted up once, from the corner of a grid; four of these counts then tell of any box
whether a wall may touch it. Only legs whose box may be touched are held against the walls themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.walk.grid import Frame

LEG_TRIM_M = 0.02
"""A leg ends this short of the street, so that a street lying on a wall's gate is not across it."""

_MOST_CELLS = 1 << 20

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sight:
    """Walls as that which hides one place from another.

    Attributes
    ----------
    lines
        The walls, in study.crs (metres).
    tree
        A `shapely.STRtree` of them.
    frame
        West, south, side of a cell, rows, columns.
    upto
        int32 (rows + 1, columns + 1): how many cells south and west of each corner the box of a wall's piece touches.
    """

    lines: NDArray[np.object_]
    tree: Any
    frame: Frame
    upto: NDArray[np.int32]

    def hidden(self, begin: Floats, end: Floats) -> NDArray[np.bool_]:
        """Return whether a wall crosses the leg between two places, (L, 2) each; it ends `LEG_TRIM_M` short."""
        found = np.zeros(len(begin), bool)
        at = np.flatnonzero(self._may_touch(np.minimum(begin, end), np.maximum(begin, end)))
        if not len(at):
            return found
        a, b = begin[at], end[at]
        length = np.hypot(*(b - a).T)
        share = np.where(length > 2 * LEG_TRIM_M, 1 - LEG_TRIM_M / np.maximum(length, LEG_TRIM_M), 0.0)
        legs = shapely.linestrings(np.stack([a, a + (b - a) * share[:, None]], axis=1))
        found[at[self.crossings(legs)[0]]] = True
        return found

    def crossings(self, lines: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows of lines, ascending, and of the walls that they cross.

        Whether they meet at all is asked first, of walls made ready for it: the banks of a river have many corners.
        """
        line, wall = self.tree.query(lines)
        meet = shapely.intersects(self.lines[wall], lines[line])
        line, wall = line[meet], wall[meet]
        crosses = shapely.crosses(lines[line], self.lines[wall])
        return line[crosses], wall[crosses]

    def _may_touch(self, low: Floats, high: Floats) -> NDArray[np.bool_]:
        """Return whether cells with walls lie in each of some boxes."""
        west, south, side, rows, columns = self.frame
        most = (columns, rows)
        first = np.clip(np.floor((low - (west, south)) / side), 0, most).astype(np.int64)
        last = np.clip(np.floor((high - (west, south)) / side) + 1, 0, most).astype(np.int64)
        (left, bottom), (right, top) = first.T, last.T
        inside = self.upto[top, right] - self.upto[bottom, right] - self.upto[top, left] + self.upto[bottom, left]
        return np.asarray(inside > 0)


def sight_over(walls: gpd.GeoSeries, legs: int) -> Sight:
    """Return walls ready to be looked over along about so many legs: more of them pay for finer cells."""
    lines = walls.to_numpy()
    xy, line = shapely.get_coordinates(shapely.get_parts(lines), return_index=True)
    west, south, side, rows, columns = frame = _frame(xy, legs + len(xy))
    at = np.flatnonzero(line[1:] == line[:-1])
    corners = ((xy - (west, south)) / side).astype(np.int64)
    first, last = np.minimum(corners[at], corners[at + 1]), np.maximum(corners[at], corners[at + 1]) + 1
    steps = np.zeros((rows + 1, columns + 1), np.int32)
    for x, y, step in ((first, first, 1), (last, last, 1), (first, last, -1), (last, first, -1)):
        np.add.at(steps, (y[:, 1], x[:, 0]), step)
    has_wall = steps.cumsum(axis=0).cumsum(axis=1)[:-1, :-1] > 0
    upto = np.zeros((rows + 1, columns + 1), np.int32)
    upto[1:, 1:] = has_wall.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
    shapely.prepare(lines)
    return Sight(lines, shapely.STRtree(lines), frame, upto)


def _frame(xy: Floats, cells: int) -> Frame:
    """Return about so many cells over some places."""
    if not len(xy):
        return 0.0, 0.0, 1.0, 1, 1
    west, south = xy.min(axis=0)
    width, height = np.maximum(xy.max(axis=0) - (west, south), 1.0)
    side = float(np.sqrt(width * height / min(cells, _MOST_CELLS)))
    return float(west), float(south), side, int(height / side) + 1, int(width / side) + 1
