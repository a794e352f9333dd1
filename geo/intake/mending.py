"""Overlaps and slivers between units, taken away on request only: each square metre goes to one unit, and is told."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from geo.model.errors import Problem, told

SLIVER_WIDTH_M = 20.0
"""A hole narrower than this (twice its area over its outline) is a slip of drawing, and closed (ours)."""


def mend_units(units: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, tuple[Problem, ...]]:
    """Return the units with overlaps of the smallest ones given to the smaller of two, and slivers closed.

    Parameters
    ----------
    units
        `tables.UNITS` in a metric CRS. Units that have others below them are left as they are.

    Returns
    -------
    units, findings
        What was changed: code ``units_mended``. Wider holes stay holes.
    """
    leaves = np.flatnonzero(~units["unit_id"].isin(units["parent_id"].dropna()).to_numpy())
    shapes = units.geometry.to_numpy().copy()
    cut, cut_m2 = _cut_overlaps(shapes, leaves, units["unit_id"].to_numpy(dtype=str))
    closed, closed_m2 = _close_slivers(shapes, leaves)
    if not cut and not closed:
        return units, ()
    message = told(
        "mended on request: {overlaps} overlaps ({overlap_m2:,.0f} m2) given to the smaller unit, "
        "{slivers} slivers " f"narrower than {SLIVER_WIDTH_M:.0f} m " "({sliver_m2:,.0f} m2) to the neighbour.",
        overlaps=cut, overlap_m2=cut_m2, slivers=closed, sliver_m2=closed_m2,
    )  # fmt: skip
    mended = Problem(
        "units", message, "Check them on the map.", "units_mended", count=cut + closed, severity="repaired"
    )
    return units.set_geometry(gpd.GeoSeries(shapes, index=units.index, crs=units.crs)), (mended,)


def _cut_overlaps(shapes: np.ndarray, leaves: np.ndarray, ids: np.ndarray) -> tuple[int, float]:  # type: ignore[type-arg]
    """Cut each unit by the smaller ones it overlaps, smallest first; equal ones by the lower id."""
    order = leaves[np.lexsort((ids[leaves], shapely.area(shapes[leaves])))]
    count, area = 0, 0.0
    first, second = shapely.STRtree(shapes[order]).query(shapes[order], predicate="intersects")
    for small, large in sorted(zip(first.tolist(), second.tolist(), strict=True)):
        if small >= large:
            continue
        common = shapely.area(shapely.intersection(shapes[order[small]], shapes[order[large]]))
        if common > 0:
            rest = shapely.difference(shapes[order[large]], shapes[order[small]])
            if not rest.is_empty:
                shapes[order[large]] = rest
                count, area = count + 1, area + float(common)
    return count, area


def _close_slivers(shapes: np.ndarray, leaves: np.ndarray) -> tuple[int, float]:  # type: ignore[type-arg]
    """Give every narrow hole between units to the neighbour with the longest common border."""
    whole = shapely.get_parts(shapely.union_all(shapes[leaves]))
    holes = np.array([shapely.Polygon(ring) for part in whole for ring in part.interiors], dtype=object)
    count, area = 0, 0.0
    for hole in holes:
        if 2 * hole.area / hole.length > SLIVER_WIDTH_M:
            continue
        border = shapely.length(shapely.intersection(shapely.boundary(shapes[leaves]), hole.exterior))
        best = leaves[int(np.argmax(border))]
        shapes[best] = shapely.union(shapes[best], hole)
        count, area = count + 1, area + float(hole.area)
    return count, area
