"""Catchments: each reached piece of street and each cell beside it belongs to the nearest facility.

One search from all facilities together tells whose cost every place has, ties by id. On the field the catchments share
out the cells of the dissolved service area: none twice, none left over.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.features import shapes
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
    parts = [_areal(shapely.intersection(share, area)) for area in whole]
    cell = (grid.cell_m / scale) ** 2
    areas = [
        np.round(np.bincount(field[1][field[0] <= limit], minlength=owner.max(initial=0) + 1) * cell)
        for limit in limits
    ]
    return {
        int(who): ([float(area[who]) for area in areas], [part[row] for part in parts]) for row, who in enumerate(owner)
    }


def _shares(grid: Grid, field: Field) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Return the owners and the ground of each, some cells wider than the field: a contour ends between cells."""
    reached = np.isfinite(field[0])
    if not reached.any():
        return np.empty(0, np.int64), np.empty(0, dtype=object)
    distance, (row, column) = distance_transform_edt(~reached, return_indices=True)
    margin = np.ceil(MIN_HOLE_M2**0.5 / 2 / grid.cell_m) + 2
    who = np.where(reached, field[1], 0)[row, column]
    found, owner = [], []
    near = distance <= margin
    for outline, value in shapes(who.astype(np.int32), mask=near, connectivity=4, transform=Affine.translation(1, 1)):
        rings = [np.array(ring) for ring in outline["coordinates"]]
        found.append(shapely.Polygon(rings[0], rings[1:]))
        owner.append(int(value))
    every, nth = np.unique(owner, return_inverse=True)
    # All corners of cells along a border, so that both sides of it have the same ones.
    cut = shapely.transform(shapely.segmentize(np.array(found, dtype=object), 1.0), np.rint)
    joined = np.array([shapely.MultiPolygon(list(cut[nth == n])) for n in range(len(every))], dtype=object)
    smooth = shapely.coverage_simplify(joined, SMOOTH_CELLS, simplify_boundary=False)
    corner = np.array(grid.origin) - 1.5 * grid.cell_m
    return every, np.asarray(shapely.transform(smooth, lambda xy: xy * grid.cell_m + corner))


def _areal(found: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the polygons of some intersections without the lines and points that touching leaves."""
    parts, owner = shapely.get_parts(found, return_index=True)
    kept = (shapely.get_dimensions(parts) == 2) & (shapely.area(parts) > 0)
    made = np.full(len(found), None, dtype=object)
    for row in range(len(found)):
        made[row] = shapely.MultiPolygon()
    mine = owner[kept]
    starts = np.flatnonzero(np.diff(mine, prepend=-1))
    for start, polygons in zip(starts, np.split(parts[kept], starts[1:]), strict=True):
        made[mine[start]] = shapely.MultiPolygon(list(polygons))
    return made
