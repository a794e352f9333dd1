"""A distance field on a grid around the reached streets, and its contours: how isochrones are drawn.

Polygons are drawings. Costs are exact on the streets; beside them the field grows outwards up to `OFF_STREET_M`, never
across a wall or water, and is contoured. Adding a street can only lower the field, so it never shrinks a polygon.
Where the costs are those from many facilities, every cell also knows whose cost it took: the nearest facility's.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import contourpy
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.walk.barriers import Barriers, is_hidden, make_barriers

CELL_M = 10.0
"""Side of a cell of the grid for one isochrone."""

OFF_STREET_M = 40.0
"""How far the drawing reaches beside a street."""

MIN_HOLE_M2 = 2500.0
"""Unreached holes smaller than this are filled."""

METHOD = "distance field on a grid around the reached streets, contoured; a drawing, nothing is counted by it"

NOBODY = np.int32(np.iinfo(np.int32).max)
"""Owner of a cell that nobody reaches."""

_STEPS = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0)]


@dataclass(frozen=True)
class Grid:
    """Where the cells lie, and what nobody crosses off the streets.

    ``origin`` is the centre of the lower left cell in study.crs; ``blocked`` is bool (rows, columns): water;
    ``barriers`` are the walls between cells, None where there are none.
    """

    origin: tuple[float, float]
    cell_m: float
    shape: tuple[int, int]
    blocked: NDArray[np.bool_]
    barriers: Barriers | None = None


def make_grid(
    bounds: tuple[float, float, float, float],
    *,
    cell_m: float,
    walls: NDArray[np.object_],
    water: NDArray[np.object_],
) -> Grid:
    """Return a grid over the bounds (study.crs) that knows walls and water.

    Centres of cells lie on whole multiples of ``cell_m``, so that cells of two grids are the same where both have them.
    """
    margin = OFF_STREET_M + 2 * cell_m
    west, south = (float(np.floor((low - margin) / cell_m)) * cell_m for low in bounds[:2])
    shape = (int((bounds[3] - south + margin) / cell_m) + 2, int((bounds[2] - west + margin) / cell_m) + 2)
    extent = shapely.box(west, south, west + shape[1] * cell_m, south + shape[0] * cell_m)
    lines = walls[shapely.intersects(walls, extent)] if len(walls) else walls
    barriers = make_barriers(lines, (west, south), cell_m, shape) if len(lines) else None
    blocked = np.zeros(shape, bool)
    areas = water[shapely.intersects(water, extent)] if len(water) else water
    areas = areas[shapely.get_dimensions(areas) == 2] if len(areas) else areas
    if len(areas):
        whole = shapely.union_all(shapely.make_valid(areas))
        shapely.prepare(whole)
        x = west + np.arange(shape[1]) * cell_m
        y = south + np.arange(shape[0]) * cell_m
        blocked |= shapely.contains_xy(whole, *np.meshgrid(x, y))
    return Grid((west, south), cell_m, shape, blocked, barriers)


def spread(grid: Grid, xy: NDArray[np.float64], cost: NDArray[np.float64], *, per_m: float) -> NDArray[np.float32]:
    """Return the field: the least cost in every street cell, grown outwards, ``inf`` beyond.

    Parameters
    ----------
    xy, cost
        Samples on streets and their cost.
    per_m
        Cost of a metre beside the street.
    """
    return _spread(grid, xy, cost, None, per_m=per_m)[0]


def spread_owned(
    grid: Grid, xy: NDArray[np.float64], cost: NDArray[np.float64], owner: NDArray[np.int32], *, per_m: float
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return the field of `spread`, and the owner of the sample that each cell's cost came from, the lowest of equals.

    ``owner`` int32 (S,); `NOBODY` in the result where nothing came.
    """
    field, who = _spread(grid, xy, cost, owner, per_m=per_m)
    assert who is not None
    return field, who


def _spread(
    grid: Grid, xy: NDArray[np.float64], cost: NDArray[np.float64], owner: NDArray[np.int32] | None, *, per_m: float
) -> tuple[NDArray[np.float32], NDArray[np.int32] | None]:
    cell, is_seen = _cells_of(grid, xy)
    usable = (cell >= 0) & np.isfinite(cost)
    field = np.full(grid.shape, np.inf, np.float32)
    who = None if owner is None else np.full(grid.shape, NOBODY, np.int32)
    _put(field, who, (cell, cost, owner), usable & is_seen)
    moves = _moves(grid, per_m)
    for _ in range(max(1, round(OFF_STREET_M / grid.cell_m))):
        field, who = _grown(field, who, moves)
    _put(field, who, (cell, cost, owner), usable & ~is_seen)
    return field, who


def _put(
    field: NDArray[np.float32],
    who: NDArray[np.int32] | None,
    samples: tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int32] | None],
    at: NDArray[np.bool_],
) -> None:
    """Lower the field in place to the cost of some samples, in their cells; theirs are the cells that they lower."""
    cell, least, flat = samples[0][at], samples[1][at].astype(np.float32), field.reshape(-1)
    before = flat[cell]
    np.minimum.at(flat, cell, least)
    if who is not None and samples[2] is not None:
        flat_who = who.reshape(-1)
        flat_who[cell[flat[cell] < before]] = NOBODY
        first = least == flat[cell]
        np.minimum.at(flat_who, cell[first], samples[2][at][first])


_Move = tuple[tuple[slice, slice], tuple[slice, slice], NDArray[np.bool_] | bool, np.float32]


def _moves(grid: Grid, per_m: float) -> list[_Move]:
    """Return the eight steps into a cell: to and from which part of the grid, where it is allowed, its cost.

    A diagonal step needs both corners free, so that no wall leaks.
    """
    free, (rows, columns) = ~grid.blocked, grid.shape
    found: list[_Move] = []
    is_open = grid.barriers is None and bool(free.all())
    for dy, dx in _STEPS:
        here = (slice(max(dy, 0), rows + min(dy, 0)), slice(max(dx, 0), columns + min(dx, 0)))
        there = (slice(max(-dy, 0), rows + min(-dy, 0)), slice(max(-dx, 0), columns + min(-dx, 0)))
        allowed = free[here]
        if dy and dx:
            allowed = allowed & free[here[0], there[1]] & free[there[0], here[1]]
        if grid.barriers is not None:
            barred = grid.barriers.squares if dy and dx else grid.barriers.north if dy else grid.barriers.east
            allowed = allowed & ~barred
        found.append(
            (here, there, is_open or allowed, np.float32(per_m * grid.cell_m * (1.4142135 if dy and dx else 1.0)))
        )
    return found


def _grown(
    field: NDArray[np.float32], who: NDArray[np.int32] | None, moves: list[_Move]
) -> tuple[NDArray[np.float32], NDArray[np.int32] | None]:
    """Return the field and its owners one cell wider."""
    grown = field.copy()
    for here, there, allowed, step in moves:
        np.minimum(grown[here], field[there] + step, out=grown[here], where=allowed)
    if who is None:
        return grown, None
    owned = np.where(grown < field, NOBODY, who)
    for here, there, allowed, step in moves:
        first = allowed & (field[there] + step == grown[here])
        np.minimum(owned[here], who[there], out=owned[here], where=first)
    return grown, owned


def _cells_of(grid: Grid, xy: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the cell of every sample, -1 outside, and whether it sees the cell's centre.

    The nearest centre, or where a wall hides it the nearest in sight of the four beside it.
    """
    place = (xy - grid.origin) / grid.cell_m
    column, row = np.rint(place).astype(np.int64).T
    cell = row * grid.shape[1] + column
    cell[(row < 0) | (row >= grid.shape[0]) | (column < 0) | (column >= grid.shape[1])] = -1
    is_seen = np.ones(len(xy), bool)
    if grid.barriers is None:
        return cell, is_seen
    near = np.flatnonzero(np.isin(cell, grid.barriers.cell))
    centre = np.stack([column, row], axis=1)
    near = near[is_hidden(grid.barriers, place[near], centre[near].astype(float), cell[near][:, None])]
    is_seen[near] = False
    best = np.full(len(near), np.inf)
    for move in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        other = centre[near] + move
        beside = cell[near] + move[0] + move[1] * grid.shape[1]
        look = np.stack([centre[near, 1] * grid.shape[1] + centre[near, 0], beside], axis=1)
        distance = np.hypot(*(other - place[near]).T)
        better = (distance < best) & ~is_hidden(grid.barriers, place[near], other.astype(float), look)
        best[better] = distance[better]
        cell[near[better]] = beside[better]
        is_seen[near[better]] = True
    return cell, is_seen


def contours(grid: Grid, field: NDArray[np.float32], thresholds: list[float]) -> list[shapely.Geometry]:
    """Return for each threshold the area with at most that cost: valid, holes kept from `MIN_HOLE_M2`, nested."""
    west, south = grid.origin
    x = west + np.arange(grid.shape[1]) * grid.cell_m
    y = south + np.arange(grid.shape[0]) * grid.cell_m
    ceiling = max(thresholds) * 1.05 + 1.0
    generator = contourpy.contour_generator(
        x, y, np.minimum(field, ceiling), name="serial", fill_type=contourpy.FillType.OuterOffset
    )
    found = [_polygons(*generator.filled(-1.0, threshold)) for threshold in thresholds]
    for number in range(1, len(found)):
        found[number] = shapely.union(found[number], found[number - 1])
    return found


def areas_m2(grid: Grid, field: NDArray[np.float32], thresholds: list[float], scale: float) -> list[float]:
    """Return square metres on the ground of the cells with at most each threshold."""
    cell = (grid.cell_m / scale) ** 2
    return [round(float((field <= threshold).sum()) * cell, 0) for threshold in thresholds]


def _polygons(points: list[NDArray[np.float64]], offsets: list[NDArray[np.uint32]]) -> shapely.Geometry:
    polygons = []
    for xy, offset in zip(points, offsets, strict=True):
        rings = [xy[a:b] for a, b in itertools.pairwise(offset)]
        holes = [ring for ring in rings[1:] if shapely.Polygon(ring).area >= MIN_HOLE_M2]
        polygons.append(shapely.Polygon(rings[0], holes))
    if not polygons:
        return shapely.MultiPolygon()
    whole = shapely.union_all(shapely.make_valid(np.array(polygons, dtype=object)))
    parts = [part for part in shapely.get_parts(whole) if part.geom_type == "Polygon" and part.area > 0]
    return shapely.MultiPolygon(parts)
