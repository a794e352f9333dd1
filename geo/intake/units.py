"""A planner's file of administrative areas; the level comes from a column, from 12-digit codes, or is the lowest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.intake.columns import Aliases
from geo.intake.layer import open_rows
from geo.intake.levels import INSIDE
from geo.intake.raw import FileRef
from geo.intake.rows import POLYGONS, Read, Rows
from geo.model.errors import told
from geo.model.tables import LEVELS

AREA_WORDS = {
    "urban": "urban", "城镇": "urban", "城市": "urban", "rural": "rural", "乡村": "rural", "农村": "rural",
    "old_compound": "old_compound", "老旧小区": "old_compound",
}  # fmt: skip
"""What a file may say -> the type of area, as rules name it."""

_CODE_LENGTH = 12
_COUNTY_ZEROS, _TOWN_ZEROS, _CITY_ZEROS = "0" * 6, "0" * 3, "0" * 8


def read_units(ref: FileRef, aliases: Aliases) -> Read:
    """Return administrative units (`tables.UNITS`, EPSG:4326) and the report of the file.

    The level comes from its column, else from 12-digit codes, else everything is a community.
    """
    rows = open_rows(ref, "units", aliases, kinds=POLYGONS)
    unit_id = rows.ids("unit_id")
    level, parent = rows.text("level"), rows.text("parent_id")
    is_code = np.array([len(i) == _CODE_LENGTH and i.isdigit() for i in unit_id])
    if "level" in rows.used:
        wrong = np.array([value not in LEVELS for value in level])
        remedy = told("Use one of {known}.", known=", ".join(LEVELS))
        rows.fault(wrong, "level_unknown", "the level is not one we know.", remedy=remedy, column="level")
        level[wrong] = "community"
    elif is_code.all():
        level = np.array([_level_of_code(code) for code in unit_id], dtype=object)
        parent = np.array([p or _parent_of_code(code) for p, code in zip(parent, unit_id, strict=True)], dtype=object)
    else:
        level = np.full(len(unit_id), "community", dtype=object)
        rows.note("level_assumed", "no column for the level and no 12-digit codes: every unit counts as a community.")
    frame = {"unit_id": unit_id, "name": rows.names(unit_id), "name_en": rows.text("name_en")}
    for column in INSIDE.values():
        if column in rows.used:
            frame[column] = rows.text(column)
    if "area_type" in rows.used:
        frame["area_type"] = _area_types(rows)
    return rows.finish("units", rows.table({**frame, "level": level, "parent_id": parent}))


def _area_types(rows: Rows) -> NDArray[np.object_]:
    """Return the type of area of every unit, None where it is empty or not one we know."""
    texts = rows.text("area_type")
    found = np.array([AREA_WORDS.get(str(text).strip().lower()) for text in texts], dtype=object)
    unknown = np.array([text is not None for text in texts]) & (found == None)  # noqa: E711
    remedy = told("Use one of {known}, or leave it empty.", known=", ".join(AREA_WORDS))
    rows.fault(unknown, "area_type_unknown", "the type of area is not one we know; it counts as not stated.",
               remedy=remedy, column="area_type", severity="note")  # fmt: skip
    return found


def _level_of_code(code: str) -> str:
    if code.endswith(_CITY_ZEROS):
        return "city"
    if code.endswith(_COUNTY_ZEROS):
        return "district"
    return "subdistrict" if code.endswith(_TOWN_ZEROS) else "community"


def _parent_of_code(code: str) -> str | None:
    level = _level_of_code(code)
    if level == "city":
        return None
    keep = {"district": 4, "subdistrict": 6, "community": 9}[level]
    return code[:keep].ljust(_CODE_LENGTH, "0")
