"""Reading any table as it comes: GeoJSON and CSV by ourselves, strictly; the rest through the reader of its format.

A file is recognised by its content before any reader opens it. What comes out still has the planner's headings.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.intake.database import read_table
from geo.intake.excel import read_excel
from geo.intake.gis import (
    read_archive,
    read_dxf,
    read_flatgeobuf,
    read_folder,
    read_gpkg,
    read_kml,
    read_shapefile,
)
from geo.intake.graphml import read_graphml
from geo.intake.mistaken import refuse_mistaken
from geo.intake.parquet import read_parquet
from geo.intake.raw import FileRef, RawTable, fault
from geo.intake.sheet import office_table
from geo.intake.valid import check_raw
from geo.model.crs import WGS84, parse_crs
from geo.model.errors import InputError, Problem, SourceError, told

_DEGREE_FORMS = ("epsg::4326", "crs84", "epsg:4326")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_OGC = re.compile(r"urn:ogc:def:crs:([A-Za-z]+):[^:]*:([A-Za-z0-9]+)$")


def read_raw(ref: FileRef) -> RawTable:
    """Return the rows of a planner's file of any format, or of a folder that is a Shapefile or a geodatabase.

    Raises
    ------
    SourceError
        The file is missing or unreadable.
    InputError
        It is of another format, malformed, in an unknown encoding or coordinate system, or empty.
    """
    if ref.address is not None:
        return _checked(ref, read_table(ref))
    if not ref.path.exists():
        raise SourceError(
            told("{file}: no such file. Check the path and the spelling.", file=ref.name), code="file_missing"
        )
    refuse_mistaken(ref.path, ref.name)
    readers = {
        ".geojson": _read_geojson, ".json": _read_geojson, ".csv": _read_csv, ".txt": _read_csv, ".tsv": _read_csv,
        ".gpkg": read_gpkg, ".shp": read_shapefile, ".xlsx": read_excel, ".xlsm": read_excel, ".xls": read_excel,
        ".ods": read_excel, ".zip": read_archive, ".kmz": read_archive, ".kml": read_kml, ".dxf": read_dxf,
        ".fgb": read_flatgeobuf, ".parquet": read_parquet, ".geoparquet": read_parquet,
        ".graphml": read_graphml,
    }  # fmt: skip
    reader = read_folder if ref.path.is_dir() else readers.get(ref.path.suffix.lower())
    if reader is None:
        raise fault(
            ref,
            told("'{ending}' is not read here.", ending=ref.path.suffix),
            "Use .geojson, .gpkg, .shp, .zip, .gdb, .kml, .dxf, .fgb, .parquet, .graphml, .csv or .xlsx.",
            "type_not_allowed",
        )
    try:
        raw = reader(ref)
    except OSError as broken:
        raise SourceError(told("{file}: {said}.", file=ref.name, said=str(broken.strerror or broken))) from None
    return _checked(ref, raw)


def _checked(ref: FileRef, raw: RawTable) -> RawTable:
    """Return the rows under the coordinate system that was declared, if any, looked at once more by ourselves."""
    return check_raw(ref, replace(raw, crs=ref.crs or raw.crs))


def _read_geojson(ref: FileRef) -> RawTable:
    try:
        text = ref.path.read_bytes().decode("utf-8-sig")
        document = json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError as broken:
        raise fault(
            ref, told("is not UTF-8 (byte {byte}).", byte=broken.start), "Save it as UTF-8.", "encoding_invalid"
        ) from None
    except (ValueError, RecursionError) as broken:
        raise fault(
            ref, told("is not valid JSON: {said}.", said=str(broken)), "Export it again.", "json_invalid"
        ) from None
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or document.get("type") != "FeatureCollection":
        raise fault(ref, "is not a GeoJSON FeatureCollection.", "Export it as GeoJSON.", "geojson_invalid")
    shapes, rows, faults = [], [], []
    for number, feature in enumerate(features, start=1):
        shape, problem = _shape(feature)
        if problem:
            faults.append((number, *problem))
        shapes.append(shape)
        properties = feature.get("properties") if isinstance(feature, dict) else None
        row = dict(properties) if isinstance(properties, dict) else {}
        if isinstance(feature, dict) and "id" in feature:
            row.setdefault("id", feature["id"])
        rows.append(row)
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    try:
        columns = pd.DataFrame(rows, index=range(len(rows)))
    except UnicodeEncodeError:
        raise fault(ref, "holds half a character (a lone surrogate).", "Correct the text.", "text_invalid") from None
    return RawTable(columns, array, _geojson_crs(document, ref), "utf-8", tuple(faults))


def _shape(feature: Any) -> tuple[Any, tuple[str, str] | None]:
    """Return the geometry of a feature, or None and what is wrong with it."""
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if geometry is None:
        return None, ("no_geometry", "no geometry")
    try:
        text = json.dumps(geometry, allow_nan=False)
    except ValueError:
        return None, ("coordinate_not_finite", "a coordinate is not a finite number")
    try:
        shape = shapely.from_geojson(text)
    except (shapely.errors.GEOSException, ValueError, TypeError) as broken:
        return None, ("geometry_invalid", f"geometry cannot be read ({str(broken).splitlines()[0][:80]})")
    return (shape, None) if shapely.get_num_coordinates(shape) else (None, ("geometry_empty", "empty geometry"))


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON; coordinates must be finite numbers")


def _geojson_crs(document: dict[str, Any], ref: FileRef) -> str:
    """Return the CRS: RFC 7946 says WGS 84, an older file or our own may name another; a link to one is refused."""
    ours = document.get("coordinate_system")
    if isinstance(ours, str):
        return parse_crs(ours, source=ref.name)
    declared = document.get("crs")
    if not declared:
        return WGS84
    name = declared.get("properties", {}).get("name") if isinstance(declared, dict) else None
    if not isinstance(name, str) or declared.get("type") != "name":
        raise InputError(
            Problem(
                ref.name,
                "refers to a coordinate system outside the file.",
                "Name it: FILE@EPSG:4544.",
                code="external_reference",
            )
        )
    if name.lower().endswith(_DEGREE_FORMS):
        return WGS84
    found = _OGC.match(name)
    return parse_crs(f"{found[1]}:{found[2]}" if found else name, source=ref.name)


def _read_csv(ref: FileRef) -> RawTable:
    text, encoding = _decode(ref)
    if "\0" in text:
        raise fault(ref, "holds NUL bytes; it is no text file.", "Export it as CSV.", "text_invalid")
    head = text[:65536]
    first = next((line for line in head.split("\n") if any(mark in line for mark in ",;\t")), head)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    numbered = [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    numbers, rows = [number for number, _ in numbered], [row for _, row in numbered]
    if len(rows) < 2:
        raise fault(ref, "holds no rows below its heading.", "Export it again.", "layer_empty")
    width = max(map(len, rows))
    titles = next(n for n, row in enumerate(rows) if len(row) * 2 > width)
    rows[:titles] = [row + [""] * (width - len(row)) for row in rows[:titles]]
    heading = rows[titles]
    ragged = [n for n, row in enumerate(rows[titles + 1 :], start=1) if len(row) != len(heading)]
    if ragged:
        raise InputError(
            Problem(
                ref.name,
                told(
                    "has {ragged} rows whose number of cells differs from the heading's {cells}.",
                    ragged=len(ragged),
                    cells=len(heading),
                ),
                "Quote cells that hold the delimiter.",
                code="csv_ragged",
                rows=tuple(ragged[:20]),
                count=len(ragged),
            )
        )
    return office_table(ref, rows, encoding, numbers)


def _decode(ref: FileRef) -> tuple[str, str]:
    data = ref.path.read_bytes()
    for encoding in ("utf-16",) if data.startswith(_UTF16) else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError as broken:
            last = broken
    raise fault(
        ref,
        told("is neither UTF-8 nor GB18030 (byte {byte}).", byte=last.start),
        "Save it as UTF-8.",
        "encoding_invalid",
    )
