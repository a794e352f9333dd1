"""Files of GIS and CAD programs through GDAL, and GeoParquet: recognised by content, so that only that reader opens it.

GDAL opens other formats under a false name and follows what they refer to, so nothing reaches it unrecognised.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
import pyogrio
import shapely

from geo.intake.archive import unpacked
from geo.intake.gpkg import check_gpkg
from geo.intake.raw import FileRef, RawTable, choose_layer, fault
from geo.intake.shapefile import check_shapefile
from geo.intake.valid import check_size
from geo.model.crs import WGS84
from geo.model.errors import InputError

log = logging.getLogger(__name__)

_AGAIN = "Export it again."
_DEGREES = ("OGC:CRS84", "CRS84")
_OUTSIDE = (b"<!DOCTYPE", b"<!ENTITY", b"<NETWORKLINK", b"OGRVRT", b"\0")
"""What refers outside a KML file, or makes GDAL take it for a virtual table that does."""


def read_gpkg(ref: FileRef) -> RawTable:
    """Return a layer of a GeoPackage."""
    return _read_by_gdal(ref, "gpkg_invalid", known=check_gpkg(ref))


def read_shapefile(ref: FileRef) -> RawTable:
    """Return a Shapefile whose parts lie side by side, whatever the case of their endings."""
    beside, rows = check_shapefile(ref)
    raw = _read_by_gdal(ref, "shapefile_invalid", encoding=_dbf_encoding(beside))
    if len(raw.columns) != rows:
        message = f"gives {len(raw.columns):,} rows where its parts tell of {rows:,}."
        raise fault(ref, message, "Copy it again.", "file_truncated")
    return raw


def _dbf_encoding(beside: dict[str, Path]) -> str | None:
    """Return the encoding where no .cpg declares it: UTF-8 where every byte agrees, else GB18030."""
    if ".cpg" in beside:
        return None
    try:
        beside[".dbf"].read_bytes()[32:].decode("utf-8")
    except UnicodeDecodeError:
        return "GB18030"
    return "UTF-8"


def read_flatgeobuf(ref: FileRef) -> RawTable:
    """Return a FlatGeobuf file."""
    with ref.path.open("rb") as file:
        if file.read(4) != b"fgb\x03":
            raise fault(ref, "is not a FlatGeobuf file.", _AGAIN, "flatgeobuf_invalid")
    return _read_by_gdal(ref, "flatgeobuf_invalid")


def read_kml(ref: FileRef) -> RawTable:
    """Return a layer of a KML file; one that refers to another file or declares entities is refused."""
    data = ref.path.read_bytes()
    if b"<kml" not in data[:4096] or b"</kml>" not in data[-4096:]:
        raise fault(ref, "is not a KML file, or is cut short.", _AGAIN, "kml_invalid")
    if any(mark in data.upper() for mark in _OUTSIDE):
        message = "refers to something outside the file."
        raise fault(ref, message, "Save the places themselves as KML.", "external_reference")
    raw = _read_by_gdal(ref, "kml_invalid")
    filled = raw.columns.loc[:, raw.columns.notna().any()]  # GDAL adds empty columns of its own, such as Name
    return replace(raw, columns=filled)


def read_dxf(ref: FileRef) -> RawTable:
    """Return the drawing of a DXF file in text form; it never says its coordinate system."""
    data = ref.path.read_bytes()
    if b"SECTION" not in data[:4096] or data.rstrip()[-3:] != b"EOF":
        raise fault(ref, "is not a DXF file in text form, or is cut short.", "Save it as ASCII DXF.", "dxf_invalid")
    return _read_by_gdal(ref, "dxf_invalid")


def read_parquet(ref: FileRef) -> RawTable:
    """Return a GeoParquet file, or a Parquet table that has its places in columns."""
    try:
        file = pyarrow.parquet.ParquetFile(ref.path)
        check_size(ref, file.metadata.num_rows, file.metadata.num_columns)
        if b"geo" not in (file.schema_arrow.metadata or {}):
            return RawTable(_with_none(file.read().to_pandas()), None, None)
        return _from_frame(gpd.read_parquet(ref.path), "utf-8")
    except (pyarrow.ArrowException, ValueError, KeyError, TypeError, OSError, shapely.errors.GEOSException) as broken:
        if isinstance(broken, InputError):
            raise
        raise fault(ref, f"cannot be read ({str(broken)[:120]}).", _AGAIN, "parquet_invalid") from None


def read_folder(ref: FileRef) -> RawTable:
    """Return a file geodatabase, or the Shapefile in a folder; of several Shapefiles the layer names one."""
    if any(path.is_symlink() for path in ref.path.rglob("*")):
        raise fault(ref, "holds a link.", "Copy the files themselves.", "archive_unsafe")
    if ref.path.suffix.lower() == ".gdb":
        if not (ref.path / "a00000001.gdbtable").is_file():
            raise fault(ref, "is not a file geodatabase.", "Copy the whole folder.", "gdb_invalid")
        return _read_by_gdal(ref, "gdb_invalid")
    return _read_inside(ref, ref.path)


def read_archive(ref: FileRef) -> RawTable:
    """Return what a .zip or .kmz holds: a file geodatabase, Shapefiles or a KML file."""
    with unpacked(ref) as folder:
        return _read_inside(ref, folder)


def _read_inside(ref: FileRef, folder: Path) -> RawTable:
    inside = sorted(folder.rglob("*"))
    geodatabases = [path for path in inside if path.suffix.lower() == ".gdb" and path.is_dir()]
    if len(geodatabases) == 1:
        return read_folder(replace(ref, path=geodatabases[0], shown=ref.name))
    drawings = [path for path in inside if path.suffix.lower() == ".kml" and path.is_file()]
    if drawings and ref.path.suffix.lower() == ".kmz":
        return read_kml(replace(ref, path=drawings[0], shown=ref.name))
    shapefiles = {path.stem: path for path in inside if path.suffix.lower() == ".shp"}
    if not shapefiles:
        message = "holds no Shapefile, no file geodatabase and no KML."
        raise fault(ref, message, "Give the file itself, or pack one of these.", "archive_empty")
    chosen = shapefiles[choose_layer(ref, list(shapefiles))]
    return read_shapefile(replace(ref, path=chosen, layer=None, shown=ref.name))


def _read_by_gdal(
    ref: FileRef, code: str, encoding: str | None = None, known: list[str] | None = None
) -> RawTable:  # fmt: skip
    """Return a layer, one of the ``known`` ones where these are given."""
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            layers = [str(name) for name in pyogrio.list_layers(ref.path)[:, 0]]
            layers = [name for name in layers if known is None or name in known]
            if not layers:
                raise fault(ref, "holds no layer, or is cut short.", _AGAIN, code)
            layer = choose_layer(ref, layers)
            told_rows = pyogrio.read_info(ref.path, layer=layer)["features"]
            check_size(ref, max(told_rows, 0))
            frame = pyogrio.read_dataframe(ref.path, layer=layer, encoding=encoding)
        for warning in told:
            log.info("%s: %s", ref.name, warning.message)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError, UnicodeDecodeError, ValueError) as broken:
        if isinstance(broken, InputError):
            raise
        message = f"cannot be read ({str(broken).replace(str(ref.path), ref.name)[:120]})."
        raise fault(ref, message, _AGAIN, code) from None
    if not isinstance(frame, gpd.GeoDataFrame):
        return RawTable(frame.astype(object), None, None, encoding or "utf-8")
    return _from_frame(frame, encoding or "utf-8")


def _with_none(columns: pd.DataFrame) -> pd.DataFrame:
    plain = columns.astype(object)
    return plain.where(columns.notna(), None)


def _from_frame(frame: gpd.GeoDataFrame, encoding: str) -> RawTable:
    crs = frame.crs.to_string() if frame.crs else None
    crs = WGS84 if crs in _DEGREES else crs
    columns = _with_none(pd.DataFrame(frame.drop(columns=frame.geometry.name)))
    shapes = frame.geometry.to_numpy()
    faults = [
        (row + 1, "no_geometry", "no geometry")
        for row in np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes)).tolist()
    ]
    return RawTable(columns, shapes, crs, encoding, tuple(faults))
