"""The planner's own files: units, facilities, homes, walls, gates, streets, and points for a distance table."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.intake.classify import UNCLASSIFIED, CategoryTable
from geo.intake.evidence import classify_rows
from geo.intake.floors import M2_PER_PERSON, floor_area_m2
from geo.intake.layer import Aliases, Rows, in_wgs84, open_rows
from geo.intake.levels import INSIDE
from geo.intake.raw import FileRef
from geo.model.crs import WGS84
from geo.model.errors import InputError, Problem
from geo.model.study import FileReport
from geo.model.tables import AGE_GROUPS, LEVELS

POINTS = ("Point",)
POLYGONS = ("Polygon", "MultiPolygon")
LINES = ("LineString", "MultiLineString")
ACCESS = ("public", "residents", "closed", "unknown")
MOST_PEOPLE = 10_000_000.0
"""More people than this in one place are a slip: the most populous sub-districts have a tenth of it."""

_CODE_LENGTH = 12
_COUNTY_ZEROS, _TOWN_ZEROS, _CITY_ZEROS = "0" * 6, "0" * 3, "0" * 8

Read = tuple[gpd.GeoDataFrame, FileReport]


def read_units(ref: FileRef, aliases: Aliases) -> Read:
    """Return administrative units (`tables.UNITS`, EPSG:4326) and the report of the file.

    The level comes from its column, else from 12-digit codes, else everything is a community.
    """
    rows = open_rows(ref, "units", aliases, kinds=POLYGONS)
    unit_id = _ids(rows, "unit_id")
    level, parent = rows.text("level"), rows.text("parent_id")
    is_code = np.array([len(i) == _CODE_LENGTH and i.isdigit() for i in unit_id])
    if "level" in rows.used:
        wrong = np.array([value not in LEVELS for value in level])
        remedy = f"Use one of {', '.join(LEVELS)}."
        rows.fault(wrong, "level_unknown", "the level is not one we know.", remedy=remedy, column="level")
        level[wrong] = "community"
    elif is_code.all():
        level = np.array([_level_of_code(code) for code in unit_id], dtype=object)
        parent = np.array([p or _parent_of_code(code) for p, code in zip(parent, unit_id, strict=True)], dtype=object)
    else:
        level = np.full(len(unit_id), "community", dtype=object)
        rows.note("level_assumed", "no column for the level and no 12-digit codes: every unit counts as a community.")
    frame = {"unit_id": unit_id, "name": _names(rows, unit_id), "name_en": rows.text("name_en")}
    for column in INSIDE.values():
        if column in rows.used:
            frame[column] = rows.text(column)
    return rows.finish("units", _table(rows, {**frame, "level": level, "parent_id": parent}))


def read_facilities(ref: FileRef, aliases: Aliases, categories: CategoryTable) -> tuple[Read, gpd.GeoDataFrame]:
    """Return facilities (`tables.FACILITIES`) with the report, and their entrances (`tables.ENTRANCES`); EPSG:4326."""
    rows = open_rows(ref, "facilities", aliases, kinds=(*POINTS, "MultiPoint", *POLYGONS))
    facility_id = _ids(rows, "facility_id")
    category, matched_by = _categories(rows, categories)
    capacity = rows.number("capacity", remedy="Give a number or leave it empty.")
    frame = {
        "facility_id": facility_id,
        "name": _names(rows, facility_id),
        "name_en": rows.text("name_en"),
        "category": category,
        "capacity": capacity,
        "capacity_unit": rows.text("capacity_unit"),
        "opening": rows.text("opening"),
        "phone": rows.text("phone"),
        "matched_by": matched_by,
        "source": np.full(len(category), ref.name, dtype=object),
    }
    entrances = _entrances(rows, facility_id)
    whole = _table(rows, frame)
    whole["geometry"] = shapely.point_on_surface(np.where(rows.rejected, shapely.Point(), rows.shapes))
    table, report = rows.finish("facilities", whole)
    return (table, report), entrances[entrances["facility_id"].isin(table["facility_id"])].reset_index(drop=True)


def _categories(rows: Rows, categories: CategoryTable) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the category of each row and the rule that gave it.

    Where a list has categories of its own and no other classes, a word we do not know is a slip, and rejected. In
    other lists what nothing tells is kept apart as `UNCLASSIFIED`, counted with examples.
    """
    columns = [rows.text(name) for name in ("category", "typecode", "type", "name")]
    category, matched_by = classify_rows(categories.evidence, categories.named, columns)
    blank = category == None  # noqa: E711
    classes = [name for name in ("typecode", "type") if name in rows.used]
    if "category" in rows.used and not classes:
        _check_categories(rows, np.where(blank, columns[0], category), categories)
    elif not classes and blank.all():
        found = ", ".join(str(name) for name in list(rows.columns.columns)[:12])
        raise InputError(
            Problem(
                rows.ref.name, f"has no column for the category; found: {found}.", "Name it category (or 类别).",
                code="columns_missing",
            )
        )  # fmt: skip
    else:
        said = pd.Series((columns[2] if "type" in classes else columns[-1])[blank]).value_counts()
        shown = ", ".join(f"{word} ({count})" for word, count in said.head(5).items())
        message = f"nothing tells the category: {shown}. They are kept apart and count for no rule."
        remedy = "Add words to a category table of your own."
        rows.fault(blank, "category_unmatched", message, remedy=remedy, severity="note")
        category[blank] = UNCLASSIFIED
    return category, matched_by


def _check_categories(rows: Rows, category: NDArray[np.object_], categories: CategoryTable) -> None:
    """Reject rows without a category, or with one we do not know; tell the nearest known ones."""
    known = categories.categories
    words = [*known, *(c.name.zh for c in known.values()), *(c.name.en for c in known.values())]
    for value in dict.fromkeys(c for c in category if c not in known):
        near = difflib.get_close_matches(str(value), words, n=3, cutoff=0.4) if value else []
        hint = f"Did you mean {', '.join(near)}?" if near else "See data/categories/categories.yaml."
        message = f"unknown category '{value}'." if value else "the category is empty."
        here = np.array([c == value for c in category])
        rows.fault(here, "category_unknown", message, remedy=hint, column="category")


def read_demand(ref: FileRef, aliases: Aliases) -> Read:
    """Return places where people live (`tables.DEMAND`, EPSG:4326), people rounded to a thousandth.

    Without a column for people they are assumed from the floor area of residential buildings.
    """
    rows = open_rows(ref, "demand", aliases, kinds=(*POINTS, *POLYGONS))
    demand_id = _ids(rows, "demand_id")
    people, how = _residents(rows)
    frame = {"demand_id": demand_id, "name": rows.text("name"), "people": np.nan_to_num(people)}
    for group in AGE_GROUPS:
        if group in rows.columns:
            frame[group] = people_column(rows, group, remedy="Give a number or leave it empty.")
    frame["people_source"] = np.full(len(people), how, dtype=object)
    frame["source"] = np.full(len(people), ref.name, dtype=object)
    whole = _table(rows, frame)
    whole["geometry"] = shapely.point_on_surface(np.where(rows.rejected, shapely.Point(), rows.shapes))
    table, report = rows.finish("demand", whole, people=float(np.round(people[~rows.rejected].sum(), 3)))
    return table, report


def _residents(rows: Rows) -> tuple[NDArray[np.float64], str]:
    """Return the people of every place, and how they are known: counted, or assumed from buildings."""
    if "people" in rows.used:
        people = people_column(rows, "people", remedy="Give the number of residents.")
        missing = np.isnan(people)
        rows.fault(missing, "people_missing", "the number of people is missing.", remedy="Fill it in.", column="people")
        return people, "counted"
    area = floor_area_m2(rows)
    if area is None:
        found = ", ".join(str(name) for name in list(rows.columns.columns)[:12])
        message = f"has no column for people, and none for floors or floor area; found: {found}."
        raise InputError(Problem(rows.ref.name, message, "Name it people (or 常住人口).", code="columns_missing"))
    people = np.where(rows.rejected, 0.0, area / M2_PER_PERSON).round(3)
    message = (
        f"has no people: {people.sum():,.0f} are ASSUMED, one for {M2_PER_PERSON:g} m2 of residential floor "
        f"({(people > 0).sum()} of {len(people)} buildings)."
    )
    rows.note("people_assumed", message, "Give a table of totals (--population), or people for every building.")
    return people, "buildings"


def people_column(rows: Rows, column: str, *, remedy: str) -> NDArray[np.float64]:
    """Return a column of people to a thousandth, ``nan`` where empty; fewer than none and slips are rejected."""
    people: NDArray[np.float64] = rows.number(column, remedy=remedy)
    rows.fault(
        people < 0, "people_negative", "the number of people is negative.", remedy="Set it to 0 or remove the row.",
        column=column,
    )  # fmt: skip
    rows.fault(
        people > MOST_PEOPLE, "people_too_many", f"more than {MOST_PEOPLE:,.0f} people in one place.",
        remedy="Correct it, or divide the place.", column=column,
    )  # fmt: skip
    return np.minimum(people, MOST_PEOPLE).round(3)


def read_walls(ref: FileRef, aliases: Aliases) -> Read:
    """Return the planner's walls (`tables.WALLS`, EPSG:4326); outlines of polygons count as walls."""
    rows = open_rows(ref, "walls", aliases, kinds=(*LINES, *POLYGONS))
    wall_id, kind = _ids(rows, "wall_id"), rows.text("kind")
    frame = {
        "wall_id": wall_id, "name": rows.text("name"), "name_en": rows.text("name_en"),
        "kind": np.where(kind == None, "wall", kind), "is_planners": np.ones(len(wall_id), bool),  # noqa: E711
        "source": np.full(len(wall_id), ref.name, dtype=object),
    }  # fmt: skip
    rows.shapes = np.array([s.boundary if s is not None and "Polygon" in s.geom_type else s for s in rows.shapes])
    return rows.finish("walls", _table(rows, frame))


def read_gates(ref: FileRef, aliases: Aliases) -> Read:
    """Return the planner's gates (`tables.GATES`, EPSG:4326)."""
    rows = open_rows(ref, "gates", aliases, kinds=POINTS)
    gate_id, access = _ids(rows, "gate_id"), rows.text("access")
    access = np.where(access == None, "unknown", access)  # noqa: E711
    wrong = np.array([value not in ACCESS for value in access])
    rows.fault(wrong, "access_unknown", "unknown access.", remedy=f"Use one of {', '.join(ACCESS)}.", column="access")
    frame = {
        "gate_id": gate_id, "name": rows.text("name"), "access": access, "hours": rows.text("hours"),
        "source": np.full(len(gate_id), ref.name, dtype=object),
    }  # fmt: skip
    return rows.finish("gates", _table(rows, frame))


def read_points(ref: FileRef, aliases: Aliases) -> gpd.GeoDataFrame:
    """Return points with an ``id`` column (their own, else the row number) in EPSG:4326, for a distance table.

    Raises
    ------
    InputError
        Any row has no usable place.
    """
    rows = open_rows(ref, "points", aliases, kinds=POINTS)
    if rows.rejected.any():
        raise InputError([p for p in rows.problems if p.severity == "error"])
    given = rows.text("id")
    ids = [value if value is not None else str(row) for row, value in enumerate(given, start=1)]
    return gpd.GeoDataFrame({"id": ids}, geometry=rows.shapes, crs=WGS84)


def _ids(rows: Rows, name: str) -> NDArray[np.object_]:
    """Return the ids; missing ones become the row number, doubled ones are rejected."""
    ids = rows.text(name)
    blank = np.array([value is None for value in ids])
    ids = np.where(blank, [str(row) for row in range(1, len(ids) + 1)], ids)
    if name not in rows.used:
        rows.note("id_missing", "no column for the id: the row number is used.")
    else:
        rows.fault(blank, "id_empty", "no id: the row number is used.", remedy="", column=name, severity="note")
    doubled = pd.Series(ids).duplicated().to_numpy()
    rows.fault(doubled, "duplicate_id", "the id stands above already.", remedy="Make ids unique.", column=name)
    return np.asarray(ids, dtype=object)


def _names(rows: Rows, ids: Sequence[str] | NDArray[np.object_]) -> NDArray[np.object_]:
    names = rows.text("name")
    return np.array([n if n is not None else f"(no name {i})" for n, i in zip(names, ids, strict=True)], dtype=object)


def _entrances(rows: Rows, facility_id: NDArray[np.object_]) -> gpd.GeoDataFrame:
    """Return entrances: the listed ones, else, also beside a mere count, the points of the place itself."""
    listed, owners, points = rows.text("entrances"), [], []
    for owner, text, shape, is_rejected in zip(facility_id, listed, rows.shapes, rows.rejected, strict=True):
        if is_rejected:
            continue
        is_list = text is not None and not text.isdecimal()
        found = _listed_points(text, rows.crs) if is_list else []
        if is_list and not found:
            rows.fault(
                facility_id == owner, "entrances_invalid", "the entrances cannot be read.",
                remedy="Write lon lat;lon lat.", column="entrances",
            )  # fmt: skip
            continue
        found = found or ([shape] if shape.geom_type == "Point" else _own_points(shape))
        owners += [owner] * len(found)
        points += found
    return gpd.GeoDataFrame({"facility_id": pd.Series(owners, dtype=object)}, geometry=points, crs=WGS84)


def _own_points(shape: shapely.Geometry) -> list[shapely.Point]:
    return list(shape.geoms) if shape.geom_type == "MultiPoint" else [shape.representative_point()]


def _listed_points(text: str, crs: str) -> list[shapely.Point]:
    try:
        pairs = [[float(value) for value in part.split()] for part in text.split(";") if part.strip()]
        points = [shapely.Point(lon, lat) for lon, lat in pairs]
    except ValueError:
        return []
    is_finite = np.isfinite(shapely.get_coordinates(points)).all()
    return list(in_wgs84(np.array(points, dtype=object), crs)) if is_finite and points else []


def _table(rows: Rows, columns: dict[str, NDArray[np.generic] | NDArray[np.object_]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=rows.shapes, crs=WGS84)


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
