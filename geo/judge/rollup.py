"""Rolling people up from places to units, level by level, equal at each level to the last person.

People are whole thousandths inside (64-bit integers), so that every total is exact whatever the order of summing.
Each place belongs to one unit only; people outside every unit are a line of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.model.assessment import COVERED, UNCOVERED, UNKNOWN
from geo.model.standards import Rule, Standard
from geo.model.tables import LEVELS

THOUSANDTHS = 1000

PASS, FAIL, INSUFFICIENT = "pass", "fail", "insufficient data"
_ANSWERS = (COVERED, UNCOVERED, UNKNOWN)


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


def roll_up(values: NDArray[np.int64], unit: NDArray[np.int32], units: pd.DataFrame) -> NDArray[np.int64]:
    """Return the sum of every column over the places of each unit and of the units below it.

    Parameters
    ----------
    values
        int64 (D, K): thousandths of people.
    unit
        int32 (D,): from `assign_units`.

    Returns
    -------
    totals
        int64 (U, K).
    """
    totals = np.zeros((len(units), values.shape[1]), np.int64)
    inside = unit >= 0
    np.add.at(totals, unit[inside], values[inside])
    position = {unit_id: row for row, unit_id in enumerate(units["unit_id"])}
    parents = [position.get(parent, -1) if isinstance(parent, str) else -1 for parent in units["parent_id"]]
    for row in np.argsort(-depths(units), kind="stable"):
        if parents[row] >= 0:
            totals[parents[row]] += totals[row]
    return totals


def answers(people: NDArray[np.int64], status: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return int64 (D, 3 R): thousandths covered, uncovered, unknown, rule by rule."""
    parts = [(status == answer) * people[:, None] for answer in _ANSWERS]
    return np.stack(parts, axis=2).reshape(len(people), 3 * status.shape[1])


def frame(totals: NDArray[np.int64], standard: Standard, unit_ids: Sequence[str] | None = None) -> pd.DataFrame:
    """Return one row per unit and rule from rolled-up `answers`: people, ratio and verdict.

    The ratio is covered / people: unknown people stay below the line, so it is a lower bound; null where nobody
    could be judged.
    """
    rules, count = standard.rules, len(totals)
    cube = totals.reshape(count, len(rules), 3)
    people = cube.sum(axis=2)
    judged = cube[:, :, 0] + cube[:, :, 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(judged > 0, cube[:, :, 0] / people, np.nan)
    columns = {
        "rule_id": np.tile([rule.rule_id for rule in rules], count),
        "people": people.ravel() / THOUSANDTHS,
        "covered": cube[:, :, 0].ravel() / THOUSANDTHS,
        "uncovered": cube[:, :, 1].ravel() / THOUSANDTHS,
        "unknown": cube[:, :, 2].ravel() / THOUSANDTHS,
        "ratio": ratio.ravel(),
        "target": np.full(count * len(rules), standard.target_share),
        "verdict": _verdicts(cube, standard.target_share).ravel(),
    }
    if unit_ids is not None:
        columns = {"unit_id": np.repeat(np.asarray(unit_ids, dtype=object), len(rules)), **columns}
    return pd.DataFrame(columns)


def unit_frame(totals: NDArray[np.int64], unit_ids: Sequence[str]) -> pd.DataFrame:
    """Return one row per unit from rolled-up `answers` of a single question, completeness."""
    people, judged = totals.sum(axis=1), totals[:, 0] + totals[:, 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(judged > 0, totals[:, 0] / people, np.nan)
    return pd.DataFrame({"unit_id": list(unit_ids), "people": people / THOUSANDTHS, "complete_ratio": ratio})


def _verdicts(cube: NDArray[np.int64], target: float) -> NDArray[np.object_]:
    """Pass or fail only where the unknown people cannot turn it round."""
    people = cube.sum(axis=2)
    verdict = np.full(people.shape, INSUFFICIENT, dtype=object)
    verdict[cube[:, :, 0] + cube[:, :, 2] < target * people] = FAIL
    verdict[(cube[:, :, 0] >= target * people) & (people > 0)] = PASS
    return verdict


def threshold_text(rule: Rule) -> str:
    """Return the threshold as "300 m" or "5 min"."""
    return f"{rule.threshold_m:g} m" if rule.threshold_m is not None else f"{rule.threshold_min:g} min"
