"""Rolling people up from places to units, level by level, equal at each level to the last person.

People are whole thousandths inside (64-bit integers), so that every total is exact whatever the order of summing.
Each place belongs to one unit only; people outside every unit are a line of their own.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.model.assessment import COVERED, UNCOVERED, UNKNOWN
from geo.model.tables import LEVELS

THOUSANDTHS = 1000

ANSWERS = (COVERED, UNCOVERED, UNKNOWN)
"""The order of the answers in every table of counts."""


def milli(people: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return people as whole thousandths."""
    thousandths: NDArray[np.int64] = np.rint(np.asarray(people, dtype=float) * THOUSANDTHS).astype(np.int64)
    return thousandths


def assign_units(points: gpd.GeoSeries, units: gpd.GeoDataFrame) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return the unit of every place, and whether several of the same level claimed it.

    Parameters
    ----------
    points, units
        In the same CRS. A place takes the smallest level that holds it, within a level the lowest ``unit_id``.

    Returns
    -------
    unit, is_contested
        int32 (D,) row of ``units``, -1 outside all; bool (D,).
    """
    unit = np.full(len(points), -1, np.int32)
    contested = np.zeros(len(points), bool)
    if units.empty or points.empty:
        return unit, contested
    depth = depths(units)
    rank = np.lexsort((units["unit_id"].to_numpy(dtype=str), -depth))
    place, nth = shapely.STRtree(units.geometry.to_numpy()[rank]).query(points, predicate="intersects")
    order = np.lexsort((nth, place))
    place, row = place[order], rank[nth[order]]
    _, first = np.unique(place, return_index=True)
    unit[place[first]] = row[first]
    same_level = depth[row] == depth[unit[place]]
    contested[np.flatnonzero(np.bincount(place[same_level], minlength=len(points)) > 1)] = True
    return unit, contested


def depths(units: pd.DataFrame) -> NDArray[np.int64]:
    """Return the place of every unit's level among `LEVELS`, 0 the city."""
    return np.array([LEVELS.index(level) for level in units["level"]], dtype=np.int64)


def parent_rows(units: pd.DataFrame) -> NDArray[np.int64]:
    """Return the row of every unit's parent, -1 where it has none."""
    position = {unit_id: row for row, unit_id in enumerate(units["unit_id"])}
    parents = [position.get(parent, -1) if isinstance(parent, str) else -1 for parent in units["parent_id"]]
    return np.array(parents, np.int64)


def top_down(units: pd.DataFrame) -> NDArray[np.int64]:
    """Return the rows of the units, larger levels first."""
    return np.argsort(depths(units), kind="stable").astype(np.int64)


def tally(
    weight: NDArray[np.int64], answer: NDArray[np.int8], unit: NDArray[np.int32], units: int
) -> NDArray[np.int64]:
    """Return int64 (U + 1, 3): the weight covered, uncovered and unknown in each unit, the last row outside all.

    Sums run in floats, exact for whole numbers below 2 ** 53: nine thousand times the people on Earth, in thousandths.
    """
    slot = np.where(unit >= 0, unit, units).astype(np.int64) * len(ANSWERS) + (COVERED - answer)
    return np.bincount(slot, weights=weight, minlength=(units + 1) * len(ANSWERS)).astype(np.int64).reshape(-1, 3)


def climb(totals: NDArray[np.int64], units: pd.DataFrame) -> NDArray[np.int64]:
    """Return int64 (U, ...): every unit's own totals and those of all the units below it."""
    summed, parents, depth = totals.copy(), parent_rows(units), depths(units)
    for level in range(len(LEVELS) - 1, 0, -1):
        rows = np.flatnonzero((depth == level) & (parents >= 0))
        np.add.at(summed, parents[rows], summed[rows])
    return summed


def levels_of(unit: NDArray[np.int32], units: pd.DataFrame) -> list[NDArray[np.int64]]:
    """Return for each level in the data the row of the unit of that level that each place lies in, -1 for none."""
    depth, parents = depths(units), parent_rows(units)
    above = np.full((len(LEVELS), len(units) + 1), -1, np.int64)
    for row in top_down(units):
        if parents[row] >= 0:
            above[:, row] = above[:, parents[row]]
        above[depth[row], row] = row
    return [above[level][unit] for level in range(len(LEVELS)) if (depth == level).any()]
