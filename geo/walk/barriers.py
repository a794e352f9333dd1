"""Walls on a grid of cells: which steps from cell to cell they bar, and which cell a place on a street sees.

A wall lies between the centres of cells and bars every step that crosses it, so that it is as thin on the grid as on
the ground, and a street beside it does not open it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

SHIFT = (1e-4, -0.6e-4)
"""Walls are moved by this share of a cell, a millimetre or two, so that no corner of theirs lies on a cell's centre."""

TRIM = 0.01
"""A look from a street begins this share of a cell away from it: a street on a wall sees both sides."""


@dataclass(frozen=True)
class Barriers:
    """Walls over R x C cells; places in cells, columns and rows, from the centre of the lower left cell.

    Attributes
    ----------
    begin, end
        float64 (S, 2): the straight pieces of the walls.
    cell, piece
        int64 (n,): cells ``row * C + column`` that walls pass, ascending, and the piece in each.
    east, north
        bool (R, C - 1), (R - 1, C): the step from a cell to the next eastwards, northwards is barred.
    """

    begin: Floats
    end: Floats
    cell: Rows
    piece: Rows
    east: NDArray[np.bool_]
    north: NDArray[np.bool_]

    @property
    def squares(self) -> NDArray[np.bool_]:
        """Between four centres a wall bars some step: no diagonal step there. Bool (R - 1, C - 1)."""
        return self.east[:-1] | self.east[1:] | self.north[:, :-1] | self.north[:, 1:]


def make_barriers(
    walls: NDArray[np.object_], origin: tuple[float, float], cell_m: float, shape: tuple[int, int]
) -> Barriers:
    """Return the walls, lines in study.crs, over a grid whose lower left cell has its centre at ``origin``."""
    xy, line = shapely.get_coordinates(shapely.get_parts(walls), return_index=True)
    places = (xy - origin) / cell_m + SHIFT
    follows = np.flatnonzero(line[1:] == line[:-1])
    begin, end = places[follows], places[follows + 1]
    east, north = np.zeros((shape[0], shape[1] - 1), bool), np.zeros((shape[0] - 1, shape[1]), bool)
    for axis, barred in ((1, east), (0, north.T)):
        piece, at, share = _crossed(begin, end, axis, barred.shape[0] - 1)
        across = 1 - axis
        before = np.floor(begin[piece, across] + share * (end - begin)[piece, across]).astype(np.int64)
        inside = (before >= 0) & (before < barred.shape[1])
        barred[at[inside], before[inside]] = True
    cell, piece = _passed(begin, end, shape)
    return Barriers(begin, end, cell, piece, east, north)


def is_hidden(barriers: Barriers, eye: Floats, target: Floats, cells: Rows) -> NDArray[np.bool_]:
    """Return for each of P places whether a wall stands between it and its target.

    ``eye`` and ``target`` are float64 (P, 2) in cells; ``cells`` int64 (P, k) are those that the look passes.
    """
    look = target - eye
    length = np.hypot(*look.T)
    eye = eye + look * np.minimum(TRIM / np.maximum(length, TRIM), 1.0)[:, None]
    first = np.searchsorted(barriers.cell, cells.ravel(), side="left")
    count = np.searchsorted(barriers.cell, cells.ravel(), side="right") - first
    place = np.repeat(np.repeat(np.arange(len(cells)), cells.shape[1]), count)
    piece = barriers.piece[np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())]
    a, b, p, q = barriers.begin[piece], barriers.end[piece], eye[place], target[place]
    apart = (_side(p, q, a) * _side(p, q, b) <= 0) & (_side(a, b, p) * _side(a, b, q) <= 0)
    hidden = np.zeros(len(cells), bool)
    hidden[place[apart]] = True
    return hidden


def _side(a: Floats, b: Floats, c: Floats) -> Floats:
    """Return on which side of the line from a to b each c lies, as a sign."""
    return np.sign((b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]))


def _crossed(begin: Floats, end: Floats, axis: int, last: int, offset: float = 0.0) -> tuple[Rows, Rows, Floats]:
    """Return where pieces cross the lines 0 to ``last`` plus an offset: piece, line, share of the piece."""
    a, b = begin[:, axis] - offset, end[:, axis] - offset
    low = np.maximum(np.ceil(np.minimum(a, b)), 0).astype(np.int64)
    high = np.minimum(np.floor(np.maximum(a, b)), last).astype(np.int64)
    count = np.maximum(high - low + 1, 0)
    piece = np.repeat(np.arange(len(a)), count)
    line = low[piece] + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    along = (b - a)[piece]
    return piece, line, (line - a[piece]) / np.where(along == 0, 1.0, along)


def _passed(begin: Floats, end: Floats, shape: tuple[int, int]) -> tuple[Rows, Rows]:
    """Return the cells that pieces pass, ascending, and the piece in each: between two borders a piece is in one."""
    rows, columns = (_crossed(begin, end, axis, shape[1 - axis], -0.5) for axis in (1, 0))
    every = np.arange(len(begin))
    piece = np.concatenate([every, every, rows[0], columns[0]])
    share = np.concatenate([np.zeros(len(every)), np.ones(len(every)), rows[2], columns[2]])
    order = np.lexsort((share, piece))
    piece, share = piece[order], share[order]
    same = np.flatnonzero(piece[1:] == piece[:-1])
    middle, mine = (share[same] + share[same + 1]) / 2, piece[same]
    column, row = np.rint(begin[mine] + middle[:, None] * (end - begin)[mine]).astype(np.int64).T
    inside = (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
    found = np.unique(np.stack([row[inside] * shape[1] + column[inside], mine[inside]]), axis=1)
    return found[0], found[1]
