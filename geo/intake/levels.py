"""Levels that files leave open: from the names of parents, from codes, from which file holds which, by dissolving.

A unit that is named as a parent and is nowhere drawn is made of the units that name it, and marked so.
"""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.intake.parents import most_held_by
from geo.model.errors import Problem, told
from geo.model.tables import LEVELS

INSIDE = {level: f"in_{level}" for level in LEVELS[:-1]}
"""Columns of a units file that name the unit of a higher level: ``in_city``, ``in_district``, ``in_subdistrict``."""

_HELD_SHARE = 0.8
_CODE_LENGTH, _ZEROS = 12, {"city": "0" * 8, "district": "0" * 6, "subdistrict": "0" * 3}


def rank_files(
    parts: list[gpd.GeoDataFrame], is_open: list[bool]
) -> tuple[list[gpd.GeoDataFrame], tuple[Problem, ...]]:
    """Return the units of several files, the level of those that name none told by which file holds which.

    The file of the smallest units (by median area) is the communities; each that holds at least 80 % of the units of
    the one below by most of their area is the level above it. Otherwise they stay communities.
    """
    nth = [n for n, one in enumerate(is_open) if one and not parts[n].empty]
    if len(nth) < 2:
        return parts, ()
    sizes = {n: float(np.median(shapely.area(parts[n].geometry.to_numpy()))) for n in nth}
    ranked, found, depth = list(parts), [], len(LEVELS) - 1
    nth.sort(key=lambda n: sizes[n])
    for below, above in pairwise(nth):
        held = most_held_by(parts[below].geometry.to_numpy(), parts[above].geometry.to_numpy()) >= 0
        if held.mean() < _HELD_SHARE or depth == 0:
            break
        depth -= 1
        ranked[above] = parts[above].assign(level=LEVELS[depth])
        message = told("{units} units hold those of another file: taken as level {level}.", units=len(parts[above]),
                       level=LEVELS[depth])  # fmt: skip
        found.append(Problem("units", message, "", "level_by_place", count=len(parts[above]), severity="note"))
    return ranked, tuple(found)


def complete_levels(units: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, tuple[Problem, ...]]:
    """Return the units with parents found by name, and with units that are named only made of those that name them.

    Parameters
    ----------
    units
        `tables.UNITS` in a metric CRS, with the columns of `INSIDE` where the file has them. They are dropped.

    Returns
    -------
    units, findings
        Made units carry in ``made_from`` the level of which they are made.
    """
    problems: list[Problem] = []
    for level in reversed(LEVELS[:-1] if len(units) else ()):
        depth = LEVELS.index(level)
        lower = np.array([LEVELS.index(one) > depth for one in units["level"]])
        is_known = units["parent_id"].isin(units["unit_id"]).to_numpy()
        wanted = _wanted(units, level, lower & ~is_known)
        if wanted.isna().all():
            continue
        units, made = _with_parents(units, level, wanted)
        if made:
            shown = ", ".join(made[:5]) + (" …" if len(made) > 5 else "")
            message = told("{units} units of level {level} were made of the units that name them: {examples}.",
                           units=len(made), level=level, examples=shown)  # fmt: skip
            remedy = "Give their own outlines where you have them."
            problems.append(Problem("units", message, remedy, "units_made", count=len(made), severity="note"))
    return units.drop(columns=[c for c in INSIDE.values() if c in units]), tuple(problems)


def _wanted(units: gpd.GeoDataFrame, level: str, which: NDArray[np.bool_]) -> pd.Series:
    """Return the id or name of the unit of a level that each unit names, None where it names none."""
    given = units["parent_id"].where(which & units["parent_id"].map(lambda p: _level_of(p) == level))
    if INSIDE[level] in units:
        given = given.where(given.notna(), units[INSIDE[level]].where(which))
    return given


def _level_of(code: object) -> str | None:
    """Return the level of a 12-digit code above the communities, else None."""
    if not isinstance(code, str) or len(code) != _CODE_LENGTH or not code.isdigit():
        return None
    return next((level for level, zeros in _ZEROS.items() if code.endswith(zeros)), None)


def _with_parents(units: gpd.GeoDataFrame, level: str, wanted: pd.Series) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return the units with the parent each names: drawn under that name or code, else made."""
    drawn = units[units["level"] == level]
    known = {**dict(zip(drawn["name"], drawn["unit_id"], strict=True)), **{i: i for i in drawn["unit_id"]}}
    rows, made = [], []
    for name, group in units[wanted.notna()].groupby(wanted.dropna()):
        if name in known:
            continue
        known[name] = str(name) if _level_of(name) else f"{level}/{name}"
        made.append(str(name))
        row = {"unit_id": known[name], "name": str(name), "name_en": None, "level": level, "parent_id": None}
        row["made_from"] = group["level"].iloc[0]
        if _level_of(name) and level != "city":
            row["parent_id"] = f"{str(name)[: 4 if level == 'district' else 6]:0<{_CODE_LENGTH}}"
        for column in INSIDE.values():
            if column in units and column != INSIDE[level]:
                row[column] = group[column].iloc[0]
        rows.append({**row, "geometry": shapely.union_all(group.geometry.to_numpy())})
    parent = wanted.map(known).where(wanted.notna(), units["parent_id"])
    units = units.assign(parent_id=parent.astype(object).where(parent.notna(), None))
    if rows:
        more = gpd.GeoDataFrame(rows, geometry="geometry", crs=units.crs)
        units = gpd.GeoDataFrame(pd.concat([units, more], ignore_index=True), geometry="geometry", crs=units.crs)
    return units, made
