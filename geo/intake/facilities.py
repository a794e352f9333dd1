"""A planner's list of facilities: what each is, and where one enters it."""

from __future__ import annotations

import difflib

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.intake.classify import UNCLASSIFIED, CategoryTable
from geo.intake.columns import Aliases
from geo.intake.evidence import classify_rows
from geo.intake.layer import in_wgs84, open_rows
from geo.intake.raw import FileRef
from geo.intake.rows import POINTS, POLYGONS, Read, Rows
from geo.intake.states import OPEN, not_open_message
from geo.model.crs import WGS84
from geo.model.errors import told


def read_facilities(ref: FileRef, aliases: Aliases, categories: CategoryTable) -> tuple[Read, gpd.GeoDataFrame]:
    """Return facilities (`tables.FACILITIES`) with the report, and their entrances (`tables.ENTRANCES`); EPSG:4326."""
    rows = open_rows(ref, "facilities", aliases, kinds=(*POINTS, "MultiPoint", *POLYGONS))
    facility_id = rows.ids("facility_id")
    category, matched_by = _categories(rows, categories)
    capacity = rows.number("capacity", remedy="Give a number or leave it empty.")
    frame = {
        "facility_id": facility_id,
        "name": rows.names(facility_id),
        "name_en": rows.text("name_en"),
        "category": category,
        "capacity": capacity,
        "capacity_unit": rows.text("capacity_unit"),
        "opening": rows.text("opening"),
        "phone": rows.text("phone"),
        "matched_by": matched_by,
        "state": _states(rows, categories),
        "source": np.full(len(category), ref.name, dtype=object),
    }
    if "parent" in rows.used:
        frame["parent"] = rows.text("parent")
    entrances = _entrances(rows, facility_id)
    whole = rows.table(frame)
    whole["geometry"] = rows.points()
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
        raise rows.lacks("the category", "Name it category (or 类别).")
    else:
        said = pd.Series((columns[2] if "type" in classes else columns[-1])[blank]).value_counts()
        shown = ", ".join(f"{word} ({count})" for word, count in said.head(5).items())
        message = told("nothing tells the category: {words}. They are kept apart and count for no rule.", words=shown)
        remedy = "Add words to a category table of your own."
        rows.fault(blank, "category_unmatched", message, remedy=remedy, severity="note")
        category[blank] = UNCLASSIFIED
    return category, matched_by


def _states(rows: Rows, categories: CategoryTable) -> NDArray[np.object_]:
    """Return open, closed or planned for each row: what its status says, else its name, else open."""
    status, names, kinds = rows.text("status"), rows.text("name"), categories.evidence.words
    known = {text: categories.states.of_status(text) for text in dict.fromkeys(status) if text is not None}
    said = np.array([known.get(text) for text in status], dtype=object)
    unknown = np.array([text is not None and known[text] is None for text in status], dtype=bool)
    words = ", ".join(list(dict.fromkeys(status[unknown]))[:5])
    message = told("the status says neither open, closed nor planned ({words}): counted as open.", words=words)
    remedy = "Add words to states in a category table of your own."
    rows.fault(unknown, "status_unknown", message, remedy=remedy, column="status", severity="note")
    by_name = {name: categories.states.of_name(name, kinds) for name in dict.fromkeys(names) if name is not None}
    state = np.array([s or by_name.get(n) or OPEN for s, n in zip(said, names, strict=True)], dtype=object)
    message = not_open_message(state, names[state != OPEN])
    rows.fault(state != OPEN, "facility_not_open", message, remedy="", severity="note")
    return state


def _check_categories(rows: Rows, category: NDArray[np.object_], categories: CategoryTable) -> None:
    """Reject rows without a category, or with one we do not know; tell the nearest known ones."""
    known = categories.categories
    words = [*known, *(c.name.zh for c in known.values()), *(c.name.en for c in known.values())]
    for value in dict.fromkeys(c for c in category if c not in known):
        near = difflib.get_close_matches(str(value), words, n=3, cutoff=0.4) if value else []
        hint = told("Did you mean {near}?", near=", ".join(near)) if near else "See data/categories/categories.yaml."
        message = told("unknown category '{word}'.", word=value) if value else "the category is empty."
        here = np.array([c == value for c in category])
        rows.fault(here, "category_unknown", message, remedy=hint, column="category")


def _entrances(rows: Rows, facility_id: NDArray[np.object_]) -> gpd.GeoDataFrame:
    """Return entrances: the listed ones, else, also beside a mere count, the points of the place itself, or its area.

    Where an area is entered is known when streets and gates are: see `geo.intake.outlines`.
    """
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


def _own_points(shape: shapely.Geometry) -> list[shapely.Geometry]:
    return list(shape.geoms) if shape.geom_type == "MultiPoint" else [shape]


def _listed_points(text: str, crs: str) -> list[shapely.Point]:
    try:
        pairs = [[float(value) for value in part.split()] for part in text.split(";") if part.strip()]
        points = [shapely.Point(lon, lat) for lon, lat in pairs]
    except ValueError:
        return []
    is_finite = np.isfinite(shapely.get_coordinates(points)).all()
    return list(in_wgs84(np.array(points, dtype=object), crs)) if is_finite and points else []
