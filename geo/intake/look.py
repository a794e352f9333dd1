"""A first look at a file: what it seems to be, by its ending, its columns and its shapes. The planner decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geo.intake.columns import PLACE, Aliases, ColumnMapping, read_aliases, recognise
from geo.intake.raster import read_raster
from geo.intake.raw import ChoiceError, FileRef, RawTable
from geo.intake.tabular import read_raw
from geo.model.crs import WGS84
from geo.model.errors import CrsError, LifeCircleError, problem_of

OSM_ENDINGS = (".pbf", ".osm", ".osm.gz", ".osm.bz2")
RASTER_ENDINGS = (".tif", ".tiff", ".asc", ".img")
FIRST_ROWS, MOST_COLUMNS, MOST_CHARACTERS = 5, 40, 60
"""How much of a file is shown at the first look."""

_WORDS = {
    "walls": ("wall", "fence", "围墙"),
    "gates": ("gate", "大门", "出入口", "小区门"),
    "population": ("totals", "人口统计", "人口表", "总人口"),
    "demand": ("demand", "home", "building", "people", "pop", "住宅", "楼栋", "小区", "建筑", "人口", "网格"),
    "units": ("unit", "boundar", "bounds", "communit", "district", "社区", "街道界", "边界", "区划", "单元", "界线"),
    "streets": ("street", "road", "footway", "路网", "道路", "街巷"),
    "facilities": ("facilit", "poi", "canteen", "school", "设施", "网点", "名录", "一览", "清单"),
}
"""What names of files tell; the first role whose word stands in the name."""

_ELEVATION = ("dem", "dsm", "elev", "height", "高程", "地形")


def look(ref: FileRef, columns: Path, role: str = "") -> dict[str, Any]:
    """Return what a file seems to be, as plain values; its ``role`` is guessed where none is given.

    Keys: ``role`` (or "" where nothing tells), ``crs`` and ``crs_from`` ("file", "degrees" where numbers can be
    degrees and nothing says of which system, "" where it must be declared), ``encoding``, ``layers`` where one must
    be chosen, ``rows``, ``kinds``, ``bounds`` as the file has them, ``columns`` (heading, what it is taken for),
    ``choices`` of our columns, ``first`` rows, ``problems``.
    """
    blank: dict[str, Any] = {
        "role": "", "crs": "", "crs_from": "", "encoding": "", "layers": [], "rows": None, "kinds": {}, "bounds": None,
        "columns": [], "choices": [], "first": [], "problems": [],
    }  # fmt: skip
    name = ref.name.casefold()
    if name.endswith(OSM_ENDINGS):
        return blank | {"role": "osm", "crs": WGS84, "crs_from": "file"}
    try:
        if name.endswith(RASTER_ENDINGS):
            return blank | _raster(ref)
        aliases = read_aliases(columns)
        raw = read_raw(ref)
        return blank | _table(ref, raw, aliases, role)
    except ChoiceError as open_choice:
        return blank | {"role": _by_name(name) or "facilities", "layers": open_choice.layers}
    except LifeCircleError as fault:
        problems = fault.problems or (problem_of(fault, ref.name),)
        return blank | {"role": _by_name(name), "problems": [problem.to_json() for problem in problems]}


def _raster(ref: FileRef) -> dict[str, Any]:
    try:
        found = read_raster(ref)
        crs, crs_from = found.crs, "file"
    except CrsError:
        crs, crs_from = "", ""
    role = "elevation" if any(word in ref.name.casefold() for word in _ELEVATION) else "demand"
    return {"role": role, "crs": crs, "crs_from": crs_from}


def _table(ref: FileRef, raw: RawTable, aliases: Aliases, role: str) -> dict[str, Any]:
    headings = [str(heading) for heading in raw.columns.columns]
    kinds = _kinds(raw)
    place = _recognise(headings, PLACE, ref, aliases) if raw.shapes is None else {}
    has_place = raw.shapes is not None or {"lon", "lat"} <= place.keys() or "point" in place
    has = {table: _recognise(headings, table, ref, aliases) for table in aliases.tables}
    role = role or _role(ref.name.casefold(), kinds, has, has_place=has_place)
    taken = {heading: name for name, heading in has.get(role, {}).items()}
    taken |= {heading: name for name, heading in place.items() if heading not in taken}
    crs, crs_from = raw.crs or "", "file" if raw.crs else ""
    bounds = _bounds(raw, place)
    if not crs and bounds and max(map(abs, bounds)) <= 180:
        crs, crs_from = WGS84, "degrees"
    first = raw.columns.head(FIRST_ROWS).iloc[:, :MOST_COLUMNS]
    return {
        "role": role, "crs": crs, "crs_from": crs_from if has_place else "none", "encoding": raw.encoding,
        "rows": len(raw.columns), "kinds": kinds, "bounds": bounds,
        "columns": [[heading[:MOST_CHARACTERS], taken.get(heading, "")] for heading in headings[:MOST_COLUMNS]],
        "choices": [*aliases.tables.get(role, {}), *(("lon", "lat") if raw.shapes is None else ())],
        "first": [[_cell(value) for value in row] for row in first.itertuples(index=False)],
        "problems": [problem.to_json() for problem in raw.notes],
    }  # fmt: skip


def _kinds(raw: RawTable) -> dict[str, int]:
    if raw.shapes is None:
        return {}
    types = [shape.geom_type for shape in raw.shapes if shape is not None]
    return {kind: types.count(kind) for kind in sorted(set(types))}


def _bounds(raw: RawTable, place: dict[str, str]) -> list[float] | None:
    """Return west, south, east, north in the numbers of the file; None where no place is a number."""
    if raw.shapes is not None:
        box = shapely.total_bounds(raw.shapes)
    elif {"lon", "lat"} <= place.keys():
        sides = [_numbers(raw, place["lon"]), _numbers(raw, place["lat"])]
        if not all(len(side) for side in sides):
            return None
        box = np.array([sides[0].min(), sides[1].min(), sides[0].max(), sides[1].max()])
    else:
        return None
    return [round(float(value), 6) for value in box] if np.isfinite(box).all() else None


def _numbers(raw: RawTable, heading: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    def number(value: Any) -> float:
        try:
            return float(value)
        except (TypeError, ValueError):
            return float("nan")

    found = np.array([number(value) for value in raw.columns[heading]], float)
    finite: np.ndarray[Any, np.dtype[np.float64]] = found[np.isfinite(found)]
    return finite


def _recognise(headings: list[str], table: str, ref: FileRef, aliases: Aliases) -> dict[str, str]:
    return recognise(headings, aliases.tables[table], ColumnMapping(), ref)


def _role(name: str, kinds: dict[str, int], has: dict[str, dict[str, str]], *, has_place: bool) -> str:
    """Return the role that shapes and columns leave open, the name deciding between several."""
    if not has_place:
        return (
            "population" if "people" in has["population"] else "facilities" if "category" in has["facilities"] else ""
        )
    named = _by_name(name)
    if any(kind.endswith("LineString") for kind in kinds):
        return named if named in ("walls", "streets") else "streets"
    has_people = "people" in has["demand"] or "floor_area_m2" in has["demand"] or "floors" in has["demand"]
    if any(kind.endswith("Polygon") for kind in kinds):
        is_unit = any(key in has["units"] for key in ("level", "parent_id", "in_subdistrict", "in_district"))
        return "units" if is_unit or named == "units" else "demand" if has_people else named or "units"
    is_facility = any(key in has["facilities"] for key in ("category", "typecode"))
    if "access" in has["gates"] and not is_facility:
        return "gates"
    if has_people and not is_facility:
        return "demand"
    return "gates" if named == "gates" and not is_facility else "facilities"


def _by_name(name: str) -> str:
    return next((role for role, words in _WORDS.items() if any(word in name for word in words)), "")


def _cell(value: Any) -> str:
    text = "" if value is None or value != value else str(value)
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + "…"
