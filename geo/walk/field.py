"""A distance field on a grid around the reached streets, and its contours: how isochrones are drawn.

Polygons are drawings. Costs are exact on the streets; beside them the field grows outwards up to `OFF_STREET_M`, never
across a wall or water, and is contoured. Adding a street can only lower the field, so it never shrinks a polygon.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import contourpy
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.walk.grid import grid_of
from geo.walk.kernels import UNREACHED
from geo.walk.network import Network
from geo.walk.snap import Joins

CELL_M = 10.0
"""Side of a cell of the grid for one isochrone."""

OFF_STREET_M = 40.0
"""How far the drawing reaches beside a street."""

MIN_HOLE_M2 = 2500.0
"""Unreached holes smaller than this are filled."""

METHOD = "distance field on a grid around the reached streets, contoured; a drawing, nothing is counted by it"

_STEPS = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0)]


@dataclass(frozen=True)
class Samples:
    """Points along edges, no farther apart than half a cell: edge (S,), share of its length (S,), place (S, 2)."""

    edge: NDArray[np.int64]
    share: NDArray[np.float64]
    xy: NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """Where the cells lie, and which nobody crosses off the streets.

    ``origin`` is the centre of the lower left cell in study.crs; ``blocked`` is bool (rows, columns).
    """

    origin: tuple[float, float]
    cell_m: float
    shape: tuple[int, int]
    blocked: NDArray[np.bool_]


def sample_edges(network: Network, edges: NDArray[np.int64], *, cell_m: float) -> Samples:
    """Return points along the given edges, ascending, both ends included."""
    grid, first, last = grid_of(network), network.vertex_start[edges], network.vertex_start[edges + 1] - 1
    length = grid.before(last)
    count = np.ceil(length / (cell_m / 2)).astype(np.int64) + 1
    owner = np.repeat(np.arange(len(edges)), count)
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    share = nth / np.maximum(count[owner] - 1, 1)
    along = share * length[owner]
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
    ahead, back = (cost[samples.edge].astype(float) for cost in (network.edge_cm, network.edge_back_cm))
    by_start = _or_inf(node_cost[network.edge_from[samples.edge]]) + samples.share * ahead
    by_end = _or_inf(node_cost[network.edge_to[samples.edge]]) + (1 - samples.share) * back
    cost = np.minimum(by_start, by_end)
    if starts is not None:
        rows = np.flatnonzero(starts.is_joined)
        first = np.searchsorted(samples.edge, starts.edge[rows], side="left")
        count = np.searchsorted(samples.edge, starts.edge[rows], side="right") - first
        row = np.repeat(rows, count)
        at = np.repeat(first - np.cumsum(count) + count, count) + np.arange(len(row))
        onwards = samples.share[at] * ahead[at] - starts.offset_cm[row]
        backwards = starts.back_cm[row] - samples.share[at] * back[at]
        np.minimum.at(cost, at, np.maximum(onwards, backwards) + starts.access_cm[row])
    return np.asarray(cost)


def _or_inf(cost: NDArray[np.number]) -> NDArray[np.float64]:
    return np.where(cost >= UNREACHED, np.inf, cost)


def make_grid(
    bounds: tuple[float, float, float, float],
    *,
    cell_m: float,
    walls: NDArray[np.object_],
    water: NDArray[np.object_],
) -> Grid:
    """Return a grid over the bounds (study.crs) with walls and water marked as blocked."""
    margin = OFF_STREET_M + 2 * cell_m
    west, south = bounds[0] - margin, bounds[1] - margin
    shape = (int((bounds[3] - south + margin) / cell_m) + 1, int((bounds[2] - west + margin) / cell_m) + 1)
    grid = Grid((west, south), cell_m, shape, np.zeros(shape, bool))
    extent = shapely.box(west, south, west + shape[1] * cell_m, south + shape[0] * cell_m)
    lines = walls[shapely.intersects(walls, extent)] if len(walls) else walls
    if len(lines):
        dense = shapely.get_coordinates(shapely.segmentize(lines, cell_m / 4))
        row, column, inside = _cells(grid, dense)
        grid.blocked[row[inside], column[inside]] = True
    areas = water[shapely.intersects(water, extent)] if len(water) else water
    areas = areas[shapely.get_dimensions(areas) == 2] if len(areas) else areas
    if len(areas):
        whole = shapely.union_all(shapely.make_valid(areas))
        shapely.prepare(whole)
        x = west + np.arange(shape[1]) * cell_m
        y = south + np.arange(shape[0]) * cell_m
        grid.blocked[:] |= shapely.contains_xy(whole, *np.meshgrid(x, y))
    return grid


def spread(grid: Grid, xy: NDArray[np.float64], cost: NDArray[np.float64], *, per_m: float) -> NDArray[np.float32]:
    """Return the field: the least cost in every street cell, grown outwards, ``inf`` beyond.

    Parameters
    ----------
    xy, cost
        Samples on streets and their cost.
    per_m
        Cost of a metre beside the street.
    """
    field = np.full(grid.shape, np.inf, np.float32)
    row, column, inside = _cells(grid, xy)
    usable = inside & np.isfinite(cost)
    np.minimum.at(field.reshape(-1), row[usable] * grid.shape[1] + column[usable], cost[usable].astype(np.float32))
    is_street = np.isfinite(field)
    walkable = is_street | ~grid.blocked
    for _ in range(max(1, round(OFF_STREET_M / grid.cell_m))):
        field = _grow(field, walkable, per_m * grid.cell_m)
    return field


def _grow(field: NDArray[np.float32], walkable: NDArray[np.bool_], step: float) -> NDArray[np.float32]:
    """Return the field one cell wider; a diagonal step needs both corners free, so that no wall leaks."""
    grown = field.copy()
    for dy, dx in _STEPS:
        here = (slice(max(dy, 0), field.shape[0] + min(dy, 0)), slice(max(dx, 0), field.shape[1] + min(dx, 0)))
        there = (slice(max(-dy, 0), field.shape[0] + min(-dy, 0)), slice(max(-dx, 0), field.shape[1] + min(-dx, 0)))
        allowed = walkable[here]
        if dy and dx:
            allowed = allowed & walkable[here[0], there[1]] & walkable[there[0], here[1]]
        cost = field[there] + np.float32(step * (1.4142135 if dy and dx else 1.0))
        np.minimum(grown[here], cost, out=grown[here], where=allowed)
    return grown


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


def _cells(grid: Grid, xy: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    column = np.rint((xy[:, 0] - grid.origin[0]) / grid.cell_m).astype(np.int64)
    row = np.rint((xy[:, 1] - grid.origin[1]) / grid.cell_m).astype(np.int64)
    inside = (row >= 0) & (row < grid.shape[0]) & (column >= 0) & (column < grid.shape[1])
    return row, column, inside
