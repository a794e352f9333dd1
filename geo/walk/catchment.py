"""Catchments: each reached piece of street and each cell beside it belongs to the nearest facility.

One search from all facilities together tells whose cost every place has, ties by id. On the field the catchments share
out the cells of the dissolved service area: none twice, none left over.
"""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from geo.walk.field import MIN_HOLE_M2, Grid, spread_owned
from geo.walk.network import Network
from geo.walk.reach import Entrances, nearest_owned
from geo.walk.samples import Samples, cost_along, owner_along

Field = tuple[NDArray[np.float32], NDArray[np.int32]]
"""The cost of every cell and its owner, `NOBODY` where nothing came."""

SMOOTH_CELLS = 1.0
"""Steps between two catchments up to this size, in cells, are drawn as a straight border."""


def owned_field(
    network: Network, grid: Grid, samples: Samples, entrances: Entrances, *, limit: float, per_m: float
) -> Field:
    """Return the field round all entrances together, and whose each cell is.

    Parameters
    ----------
    samples
        Of ascending edges: all that may be reached.
    entrances
        Those that are joined; of equally near owners the lower one has the cell.
    limit, per_m
        In the network's own units: how far to walk, and the cost of a metre beside the street.
    """
    nodes = nearest_owned(network, entrances, int(limit))
    along = cost_along(network, samples, nodes[0], entrances.joins)
    near = np.flatnonzero(along <= limit)
    # The samples of an edge stay together, so those that are left still ascend.
    samples, along = samples.take(near), along[near]
    owner = owner_along(network, samples, along, nodes, (entrances.joins, entrances.owner))
    return spread_owned(grid, samples.xy, along, owner, per_m=per_m)


def shared_out(
    grid: Grid, field: Field, whole: list[shapely.Geometry], limits: list[float], *, scale: float
) -> dict[int, tuple[list[float], list[shapely.Geometry]]]:
    """Return for each owner with any cell its area and its part of the dissolved polygon at each limit.

    The parts of one polygon share their borders, do not overlap and together are the polygon (study.crs). Areas are
    square metres on the ground, from the cells.
    """
    owner, share = _shares(grid, field)
    if not len(owner):
        return {}
    parts = [_areal(_within(share, area)) for area in whole]
    cell = (grid.cell_m / scale) ** 2
    areas = [np.round(np.bincount(field[1][field[0] <= limit], minlength=owner.max() + 1) * cell) for limit in limits]
    return {
        int(who): ([float(area[who]) for area in areas], [part[row] for part in parts]) for row, who in enumerate(owner)
    }


def _shares(grid: Grid, field: Field) -> tuple[NDArray[np.int32], NDArray[np.object_]]:
    """Return the owners and the ground of each, some cells wider than the field: a contour ends between cells."""
    reached = np.isfinite(field[0])
    if not reached.any():
        return np.empty(0, np.int32), np.empty(0, dtype=object)
    distance, (row, column) = distance_transform_edt(~reached, return_indices=True)
    margin = np.ceil(MIN_HOLE_M2**0.5 / 2 / grid.cell_m) + 2
    who = np.where(reached, field[1], -1)[row, column]
    outlines, value = _outlines(np.where(distance <= margin, who, -1))
    every, nth = np.unique(value, return_inverse=True)
    order = np.argsort(nth, kind="stable")
    joined = shapely.multipolygons(outlines[order], indices=nth[order])
    smooth = shapely.coverage_simplify(joined, SMOOTH_CELLS, simplify_boundary=False)
    corner = np.array(grid.origin) - grid.cell_m / 2
    return every, np.asarray(shapely.transform(smooth, lambda xy: xy * grid.cell_m + corner))


def _outlines(label: NDArray[np.int32]) -> tuple[NDArray[np.object_], NDArray[np.int32]]:
    """Return the polygons of cells of one label that hang together by their sides, in cells, and their labels.

    Every corner of a cell along a border is a corner of the polygons on both sides. Cells of -1 are left out.
    """
    framed = np.pad(label, 1, constant_values=-1)
    row, column = np.nonzero(framed[1:-1, 1:] != framed[1:-1, :-1])
    upright = np.stack([column, row, column, row + 1], axis=1)
    row, column = np.nonzero(framed[1:, 1:-1] != framed[:-1, 1:-1])
    level = np.stack([column, row, column + 1, row], axis=1)
    sides = np.concatenate([upright, level]).reshape(-1, 2, 2).astype(float)
    found = np.array(shapely.get_parts(shapely.polygonize(shapely.linestrings(sides))), dtype=object)
    x, y = np.floor(shapely.get_coordinates(shapely.point_on_surface(found))).astype(np.int64).T
    value = label[y, x]
    return found[value >= 0], value[value >= 0]


def _within(shares: NDArray[np.object_], area: shapely.Geometry) -> NDArray[np.object_]:
    """Return the part of each share inside a large area, which is cut to size for neighbours together first."""
    found = np.empty(len(shares), dtype=object)
    order = np.argsort(gpd.GeoSeries(shares).hilbert_distance().to_numpy(), kind="stable")
    for rows in np.array_split(order, round(len(shares) ** 0.5)):
        frame = shapely.buffer(shapely.box(*shapely.total_bounds(shares[rows])), 1.0)
        found[rows] = shapely.intersection(shares[rows], shapely.intersection(area, frame))
    return found


def _areal(found: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the polygons of some intersections without the lines and points that touching leaves."""
    parts, owner = shapely.get_parts(found, return_index=True)
    kept = (shapely.get_dimensions(parts) == 2) & (shapely.area(parts) > 0)
    made = np.full(len(found), None, dtype=object)
    for row in range(len(found)):
        made[row] = shapely.MultiPolygon()
    mine = owner[kept]
    starts = np.flatnonzero(np.diff(mine, prepend=-1))
    polygons = parts[kept]
    for start, end in itertools.pairwise([*starts, len(mine)]):
        made[mine[start]] = shapely.MultiPolygon(list(polygons[start:end]))
    return made
