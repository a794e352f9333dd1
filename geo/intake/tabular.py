"""Reading any table as it comes: GeoJSON and CSV by ourselves, strictly; GeoPackage and Shapefile through GDAL.

GDAL opens other formats under a false name, follows links and passes NaN in silence, so a file is recognised by its
content first and its driver is named. What comes out still has the planner's headings.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geo.intake.archive import unpacked_shapefile
from geo.intake.excel import read_excel
from geo.intake.parquet import read_parquet
from geo.intake.raw import FileRef, RawTable, choose_layer, fault, table_of
from geo.model.crs import WGS84, parse_crs
from geo.model.errors import InputError, Problem, SourceError

log = logging.getLogger(__name__)

_DEGREE_FORMS = ("epsg::4326", "crs84", "epsg:4326")
_OGC = re.compile(r"urn:ogc:def:crs:([A-Za-z]+):[^:]*:([A-Za-z0-9]+)$")


def read_raw(ref: FileRef) -> RawTable:
    """Return the rows of a GeoJSON, GeoPackage, Shapefile (also zipped), FlatGeobuf, GeoParquet, CSV or Excel file.

    Raises
    ------
    SourceError
        The file is missing or unreadable.
    InputError
        It is of another format, malformed, in an unknown encoding or coordinate system, or empty.
    """
    if not ref.path.is_file():
        raise SourceError(f"{ref.name}: no such file. Check the path and the spelling.", code="file_missing")
    readers = {
        ".geojson": _read_geojson, ".json": _read_geojson, ".csv": _read_csv, ".txt": _read_csv, ".tsv": _read_csv,
        ".gpkg": _read_gpkg, ".shp": _read_shapefile, ".xlsx": read_excel, ".xlsm": read_excel, ".xls": read_excel,
        ".ods": read_excel, ".parquet": read_parquet, ".geoparquet": read_parquet,
        ".zip": _read_zip, ".fgb": _read_flatgeobuf,
    }  # fmt: skip
    reader = readers.get(ref.path.suffix.lower())
    if reader is None:
        raise fault(
            ref,
            f"'{ref.path.suffix}' is not read here.",
            "Use .geojson, .gpkg, .shp, .zip, .fgb, .parquet, .csv or .xlsx.",
            "type_not_allowed",
        )
    try:
        raw = reader(ref)
    except OSError as broken:
        raise SourceError(f"{ref.name}: {broken.strerror or broken}.") from None
    if not len(raw.columns) and not raw.faults:
        raise fault(ref, "holds no rows.", "Export it again, or leave it out.", "layer_empty")
    declared = ref.crs or raw.crs
    return RawTable(raw.columns, raw.shapes, declared, raw.encoding, raw.faults)


def _read_geojson(ref: FileRef) -> RawTable:
    try:
        text = ref.path.read_bytes().decode("utf-8-sig")
        document = json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError as broken:
        raise fault(ref, f"is not UTF-8 (byte {broken.start}).", "Save it as UTF-8.", "encoding_invalid") from None
    except (ValueError, RecursionError) as broken:
        raise fault(ref, f"is not valid JSON: {broken}.", "Export it again.", "json_invalid") from None
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
    return RawTable(
        pd.DataFrame(rows, index=range(len(rows))), array, _geojson_crs(document, ref), "utf-8", tuple(faults)
    )


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
    """Return the CRS: RFC 7946 says WGS 84, an older file may name another; a link to one is refused."""
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
    delimiter = max(",;\t", key=head.split("\n", 1)[0].count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        raise fault(ref, "holds no rows below its heading.", "Export it again.", "layer_empty")
    heading = [cell.strip() for cell in rows[0]]
    ragged = [number for number, row in enumerate(rows[1:], start=1) if len(row) != len(heading)]
    if ragged:
        raise InputError(
            Problem(
                ref.name,
                f"has {len(ragged)} rows whose number of cells differs from the heading's {len(heading)}.",
                "Quote cells that hold the delimiter.",
                code="csv_ragged",
                rows=tuple(ragged[:20]),
                count=len(ragged),
            )
        )
    return table_of(ref, heading, rows[1:], encoding)


def _decode(ref: FileRef) -> tuple[str, str]:
    data = ref.path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError as broken:
            last = broken
    raise fault(ref, f"is neither UTF-8 nor GB18030 (byte {last.start}).", "Save it as UTF-8.", "encoding_invalid")


def _read_gpkg(ref: FileRef) -> RawTable:
    with ref.path.open("rb") as file:
        if file.read(16) != b"SQLite format 3\0":
            raise fault(ref, "is not a GeoPackage.", "Export it again.", "gpkg_invalid")
    return _read_by_gdal(ref, "gpkg_invalid")


def _read_shapefile(ref: FileRef) -> RawTable:
    missing = [end for end in (".dbf", ".shx") if not ref.path.with_suffix(end).is_file()]
    if missing:
        raise fault(ref, f"comes without its {missing[0]} part.", "Copy all parts.", "shapefile_part_missing")
    data = ref.path.read_bytes()
    if len(data) < 100 or data[:4] != b"\0\0\x27\x0a" or int.from_bytes(data[24:28], "big") * 2 != len(data):
        raise fault(ref, "is cut short or damaged.", "Copy it again.", "file_truncated")
    return _read_by_gdal(ref, "shapefile_invalid", encoding=_dbf_encoding(ref.path))


def _read_zip(ref: FileRef) -> RawTable:
    with unpacked_shapefile(ref) as inside:
        return _read_shapefile(inside)


def _read_flatgeobuf(ref: FileRef) -> RawTable:
    with ref.path.open("rb") as file:
        if not file.read(8).startswith(b"fgb\x03fgb"):
            raise fault(ref, "is not a FlatGeobuf file.", "Export it again.", "flatgeobuf_invalid")
    return _read_by_gdal(ref, "flatgeobuf_invalid")


def _dbf_encoding(path: Path) -> str | None:
    """Return the encoding where no .cpg declares it: UTF-8 where every byte agrees, else GB18030."""
    if path.with_suffix(".cpg").is_file():
        return None
    try:
        path.with_suffix(".dbf").read_bytes()[32:].decode("utf-8")
    except UnicodeDecodeError:
        return "GB18030"
    return "UTF-8"


def _read_by_gdal(ref: FileRef, code: str, encoding: str | None = None) -> RawTable:
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            layers = [str(name) for name in pyogrio.list_layers(ref.path)[:, 0]]
            if not layers:
                raise fault(ref, "holds no layer that can be read.", "Export it again.", code)
            layer = choose_layer(ref, layers)
            frame = pyogrio.read_dataframe(ref.path, layer=layer, encoding=encoding)
        for warning in told:
            log.info("%s: %s", ref.name, warning.message)
    except (pyogrio.errors.DataSourceError, UnicodeDecodeError, ValueError) as broken:
        if isinstance(broken, InputError):
            raise
        raise fault(ref, f"cannot be read ({str(broken)[:120]}).", "Export it again.", code) from None
    if not isinstance(frame, gpd.GeoDataFrame):
        return RawTable(frame.astype(object), None, None, encoding or "utf-8")
    crs = frame.crs.to_string() if frame.crs else None
    columns = pd.DataFrame(frame.drop(columns=frame.geometry.name)).astype(object)
    shapes = frame.geometry.to_numpy()
    faults = [
        (row + 1, "no_geometry", "no geometry")
        for row in np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes)).tolist()
    ]
    return RawTable(columns, shapes, crs, encoding or "utf-8", tuple(faults))
