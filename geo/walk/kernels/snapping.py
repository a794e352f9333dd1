"""The nearest stretch of street to each of many points, through a grid of cells that know what crosses them."""

from __future__ import annotations

import numba
import numpy as np
from numba import types

from geo.walk.kernels.shared import INTS, LONGS

_FLOATS = types.Array(types.float64, 1, "C", readonly=True)
_PLACES = types.Array(types.float64, 2, "C", readonly=True)
_FRAME = types.Tuple((types.float64, types.float64, types.float64, types.int64, types.int64))

_FILL = types.void(_PLACES, INTS, _FRAME, types.int64[::1], types.int32[::1])
_VERTICES = types.Array(types.int32, 2, "C", readonly=True)
_STREETS = types.Tuple((_VERTICES, _FLOATS, INTS, LONGS))
_GRID = types.Tuple((_FRAME, LONGS, INTS))
_FOUND = types.Tuple((types.int32[::1], types.float64[::1], types.float64[::1]))
_NEAREST = types.void(_PLACES, _STREETS, _GRID, types.float64, _FOUND)
_VISIT = types.UniTuple(types.float64, 3)(
    types.UniTuple(types.float64, 2), types.UniTuple(types.int64, 2), _STREETS, _GRID, types.UniTuple(types.float64, 3)
)


@numba.njit(_FILL, nogil=True, cache=True)
def fill_cells(xy, owner, frame, next_free, items):  # type: ignore[no-untyped-def]
    """Write the number of every stretch into each cell its box touches; only count where ``items`` is empty.

    Parameters
    ----------
    xy, owner
        float64 (V, 2) vertices; int32 (V,) the edge of each. Stretch ``k`` leads from vertex ``k`` to ``k + 1`` of the
        same edge.
    frame
        West, south, side of a cell, rows, columns.
    next_free
        int64 (cells,): where the next stretch of a cell is written; one more after each.
    items
        int32: filled, or of no length.
    """
    west, south, side, _, columns = frame
    for k in range(len(owner) - 1):
        if owner[k] != owner[k + 1]:
            continue
        left, right = min(xy[k, 0], xy[k + 1, 0]), max(xy[k, 0], xy[k + 1, 0])
        low, high = min(xy[k, 1], xy[k + 1, 1]), max(xy[k, 1], xy[k + 1, 1])
        for row in range(int((low - south) / side), int((high - south) / side) + 1):
            for column in range(int((left - west) / side), int((right - west) / side) + 1):
                cell = row * columns + column
                if len(items):
                    items[next_free[cell]] = k
                next_free[cell] += 1


@numba.njit(_VISIT, nogil=True, cache=True)
def _visit(point, cell, streets, grid, best):  # type: ignore[no-untyped-def]
    """Return the better of ``best`` (stretch, share, squared distance) and what lies in one cell."""
    whole, origin, owner, rank = streets
    step = origin[2]
    frame, first, items = grid
    at = cell[0] * frame[4] + cell[1]
    kept, share, squared = best
    for i in range(first[at], first[at + 1]):
        k = items[i]
        ax, ay = origin[0] + whole[k, 0] * step, origin[1] + whole[k, 1] * step
        dx, dy = (whole[k + 1, 0] - whole[k, 0]) * step, (whole[k + 1, 1] - whole[k, 1]) * step
        length = dx * dx + dy * dy
        t = 0.0 if length == 0.0 else min(1.0, max(0.0, ((point[0] - ax) * dx + (point[1] - ay) * dy) / length))
        ex, ey = point[0] - ax - t * dx, point[1] - ay - t * dy
        d = ex * ex + ey * ey
        if d < squared:
            kept, share, squared = float(k), t, d
        elif d == squared and kept >= 0.0:
            mine, theirs = rank[owner[k]], rank[owner[int(kept)]]
            if mine < theirs or (mine == theirs and k < kept):
                kept, share = float(k), t
    return kept, share, squared


@numba.njit(_NEAREST, nogil=True, cache=True)
def nearest_stretches(points, streets, grid, limit, found):  # type: ignore[no-untyped-def]
    """Find the nearest stretch of street to each point, ring of cells by ring.

    Parameters
    ----------
    points
        float64 (P, 2).
    streets
        ``(vertex_at, vertex_frame, owner, rank)``: of the network; as in `fill_cells`; int64 (E,) rank of every edge:
        the lower wins among equally near.
    grid
        ``(frame, first, items)``: stretches of cell ``c`` are ``items[first[c]:first[c + 1]]``.
    limit
        Nothing farther is found.
    found
        ``(stretch, share, distance)``: int32 (P,), float64 (P,), float64 (P,), filled; -1, 0 and ``inf`` where
        nothing is near.
    """
    west, south, side, rows, columns = grid[0]
    stretch, share, distance = found
    for p in range(len(points)):
        x, y = points[p, 0], points[p, 1]
        best = (-1.0, 0.0, np.nextafter(limit * limit, np.inf))
        row, column = int(np.floor((y - south) / side)), int(np.floor((x - west) / side))
        ring = 0
        while True:
            for r in range(max(0, row - ring), min(rows - 1, row + ring) + 1):
                step = 1 if r in (row - ring, row + ring) else max(1, 2 * ring)
                for c in range(column - ring, column + ring + 1, step):
                    if 0 <= c < columns:
                        best = _visit((x, y), (r, c), streets, grid, best)
            sides = min(x - west - (column - ring) * side, west + (column + ring + 1) * side - x)
            sides = min(sides, y - south - (row - ring) * side, south + (row + ring + 1) * side - y)
            if sides > limit or sides * sides > best[2]:
                break
            ring += 1
        stretch[p] = int(best[0])
        share[p] = best[1]
        distance[p] = np.sqrt(best[2]) if best[0] >= 0.0 else np.inf
