"""How much people can live on in a building: floor area from its column, its floors, its height, or its outline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

from geo.intake.rows import Rows

M2_PER_PERSON = 35.0
"""Square metres of residential floor per resident, where nothing else is known (ours; a test value met in Chinese
planning tools, uncertain)."""

STOREY_M = 3.0
"""Height of a storey (ours)."""

_HOMES = ("住", "宿舍", "公寓", "resid", "apartment", "house", "dormitory", "dwelling", "terrace", "detached")
_NO_HOMES = ("非住", "warehouse", "greenhouse", "non-resid", "nonresid", "住院")


def floor_area_m2(rows: Rows) -> NDArray[np.float64] | None:
    """Return residential floor area, m2, 0 where another use is named; None where nothing tells it.

    The column of it comes first, then ground area (its column, else the outline's) times floors, else times height
    over `STOREY_M`, else once.
    """
    names = ("floor_area_m2", "floors", "height_m", "ground_area_m2")
    if not set(names) & set(rows.used) and not _are_areas(rows):
        return None
    remedy = "Give a number or leave it empty."
    given, floors, height, ground = (np.maximum(rows.number(name, remedy=remedy), 0) for name in names)
    ground = np.where(np.isnan(ground), _outline_m2(rows), ground)
    floors = np.where(np.isnan(floors), np.maximum(1, np.rint(height / STOREY_M)), floors)
    area = np.where(np.isnan(given), ground * np.where(np.isnan(floors), 1, floors), given)
    return np.where(_are_homes(rows), np.nan_to_num(area), 0.0)


def _are_areas(rows: Rows) -> bool:
    return any(shape is not None and "Polygon" in shape.geom_type for shape in rows.shapes)


def _outline_m2(rows: Rows) -> NDArray[np.float64]:
    measure = Geod(ellps="WGS84").geometry_area_perimeter
    return np.array([0.0 if shape is None else abs(measure(shape)[0]) for shape in rows.shapes])


def _are_homes(rows: Rows) -> NDArray[np.bool_]:
    """Return where the use is residential, or not told."""
    if "use" not in rows.used:
        return np.ones(len(rows.columns), bool)
    uses = [(use or "").casefold() for use in rows.text("use")]
    return np.array([any(w in use for w in _HOMES) and not any(w in use for w in _NO_HOMES) for use in uses])
