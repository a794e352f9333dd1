"""Which unit lies above which: as the file says, else by place; never a loop, never sideways."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.model.errors import Problem, told
from geo.model.tables import LEVELS


def settle_parents(units: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, tuple[Problem, ...]]:
    """Return the units with ``parent_id`` naming a unit of a higher level or nothing, and what was changed.

    A parent that is missing, or not of a higher level, is dropped; a unit left without one goes to the unit of the
    nearest higher level that holds more than half of its area, if the study has any.
    """
    if units.empty:
        return units, ()
    depth = np.array([LEVELS.index(level) for level in units["level"]])
    at = {unit_id: row for row, unit_id in enumerate(units["unit_id"])}
    given = units["parent_id"].to_numpy(dtype=object)
    is_given = np.array([isinstance(parent, str) for parent in given])
    above = np.array([at.get(parent, -1) if isinstance(parent, str) else -1 for parent in given])
    is_wrong = (above >= 0) & (depth[np.maximum(above, 0)] >= depth)
    above[is_wrong] = -1
    found = _holding(units, depth, above < 0)
    above = np.where(above < 0, found, above)
    ids = np.array([*units["unit_id"], None], dtype=object)
    problems = []
    if is_wrong.any():
        problems.append(_note(is_wrong, "parent_level", "units name a parent that is not of a higher level; ignored."))
    by_place = ~is_given & (found >= 0)
    if by_place.any():
        problems.append(_note(by_place, "parent_by_place", "units name no parent; it was found by place."))
    is_orphan = (above < 0) & (depth > depth.min())
    if is_orphan.any():
        problems.append(_note(is_orphan, "unit_orphan", "units belong to no unit of a higher level."))
    return units.assign(parent_id=pd.Series(ids[above], index=units.index, dtype=object)), tuple(problems)


def _holding(units: gpd.GeoDataFrame, depth: NDArray[np.int64], wanted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the row of the unit of the nearest higher level that holds most of each wanted unit, else -1."""
    found = np.full(len(units), -1, np.int64)
    rows = np.flatnonzero(wanted & (depth > depth.min()))
    if not len(rows):
        return found
    shapes = units.geometry.to_numpy()
    for level in sorted(set(depth.tolist()), reverse=True):
        above = np.flatnonzero(depth == level)
        above = above[np.argsort(units["unit_id"].to_numpy(dtype=str)[above])]
        open_rows = rows[(found[rows] < 0) & (depth[rows] > level)]
        held = most_held_by(shapes[open_rows], shapes[above])
        found[open_rows[held >= 0]] = above[held[held >= 0]]
    return found


def most_held_by(shapes: NDArray[np.object_], holders: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return for each area the holder in which more than half of it lies, the one with most of it; -1 for none."""
    found = np.full(len(shapes), -1, np.int64)
    nth, other = shapely.STRtree(holders).query(shapes, predicate="intersects")
    common = shapely.area(shapely.intersection(shapes[nth], holders[other]))
    is_most = common > shapely.area(shapes[nth]) / 2
    nth, other, common = nth[is_most], other[is_most], common[is_most]
    order = np.lexsort((other, -common, nth))
    first, at = np.unique(nth[order], return_index=True)
    found[first] = other[order][at]
    return found


def _note(rows: NDArray[np.bool_], code: str, message: str) -> Problem:
    count = int(rows.sum())
    first = tuple(int(row) + 1 for row in np.flatnonzero(rows)[:20])
    return Problem(
        "units", told("{units} " + message, units=count), "", code=code, rows=first, count=count, severity="note"
    )
