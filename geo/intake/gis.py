"""Files of GIS and CAD programs through GDAL: recognised by content, so that only that reader opens it.

GDAL opens other formats under a false name and follows what they refer to, so nothing reaches it unrecognised.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geo.intake.archive import unpacked
from geo.intake.gpkg import check_gpkg
from geo.intake.raw import FileRef, RawTable, choose_layer, fault
from geo.intake.shapefile import check_shapefile
from geo.intake.valid import check_size
from geo.model.crs import crs_name
from geo.model.errors import InputError, told

log = logging.getLogger(__name__)

_AGAIN = "Export it again."
_DBF_NAME = 10
_BINARY_DXF = b"AutoCAD Binary DXF"
_OUTSIDE = (b"<!DOCTYPE", b"<!ENTITY", b"<NETWORKLINK", b"OGRVRT", b"\0")
"""What refers outside a KML file, or makes GDAL take it for a virtual table that does."""


def read_gpkg(ref: FileRef) -> RawTable:
    """Return a layer of a GeoPackage."""
    return _read_by_gdal(ref, "GPKG", "gpkg_invalid", known=check_gpkg(ref))


def read_shapefile(ref: FileRef) -> RawTable:
    """Return a Shapefile whose parts lie side by side, whatever the case of their endings."""
    beside, rows = check_shapefile(ref)
    raw = _read_parts(ref, beside)
    if len(raw.columns) != rows:
        message = told(
            "gives {read:,} rows where its parts tell of {announced:,}.", read=len(raw.columns), announced=rows
        )
        raise fault(ref, message, "Copy it again.", "file_truncated")
    return raw


def _read_parts(ref: FileRef, beside: dict[str, Path]) -> RawTable:
    """Return a Shapefile in its encoding, field names that were cut within a sign mended in a copy."""
    dbf = beside[".dbf"].read_bytes()
    mended = _with_whole_names(dbf)
    is_utf8 = _is_utf8(mended)
    encoding = None if ".cpg" in beside else "UTF-8" if is_utf8 else "GB18030"
    if mended == dbf or not is_utf8:
        return _read_by_gdal(ref, "ESRI Shapefile", "shapefile_invalid", encoding=encoding)
    with tempfile.TemporaryDirectory() as folder:
        for ending, part in beside.items():
            Path(folder, f"{ref.path.stem}{ending}").write_bytes(mended if ending == ".dbf" else part.read_bytes())
        copy = replace(ref, path=Path(folder, f"{ref.path.stem}.shp"), layer=None, shown=ref.name)
        return _read_by_gdal(copy, "ESRI Shapefile", "shapefile_invalid", encoding=encoding)


def _with_whole_names(dbf: bytes) -> bytes:
    """Return a .dbf in UTF-8 without the part of a sign that is left where a field name was cut at ten bytes."""
    whole = bytearray(dbf)
    for at in range(32, min(int.from_bytes(dbf[8:10], "little"), len(dbf)) - 32, 32):
        name = dbf[at : at + 11].split(b"\0")[0]
        cut = name.decode("utf-8", "ignore").encode()
        if len(name) == _DBF_NAME and cut and name.startswith(cut):
            whole[at : at + 11] = cut.ljust(11, b"\0")
    return bytes(whole)


def _is_utf8(dbf: bytes) -> bool:
    """Return whether every byte of a .dbf agrees with UTF-8."""
    try:
        dbf[32:].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def read_flatgeobuf(ref: FileRef) -> RawTable:
    """Return a FlatGeobuf file."""
    with ref.path.open("rb") as file:
        if file.read(4) != b"fgb\x03":
            raise fault(ref, "is not a FlatGeobuf file.", _AGAIN, "flatgeobuf_invalid")
    return _read_by_gdal(ref, "FlatGeobuf", "flatgeobuf_invalid")


def read_kml(ref: FileRef) -> RawTable:
    """Return a layer of a KML file; one that refers to another file or declares entities is refused."""
    data = ref.path.read_bytes()
    if b"<kml" not in data[:4096] or b"</kml>" not in data[-4096:]:
        raise fault(ref, "is not a KML file, or is cut short.", _AGAIN, "kml_invalid")
    if any(mark in data.upper() for mark in _OUTSIDE):
        message = "refers to something outside the file."
        raise fault(ref, message, "Save the places themselves as KML.", "external_reference")
    raw = _read_by_gdal(ref, "LIBKML", "kml_invalid")
    filled = raw.columns.loc[:, raw.columns.notna().any()]  # GDAL adds empty columns of its own, such as Name
    numbered = [str(value).rpartition(".")[2] for value in filled.get("id", ())]
    is_counted = numbered == [str(row) for row in range(1, len(filled) + 1)]  # and ids of its own, such as homes.1
    return replace(raw, columns=filled.drop(columns="id") if is_counted and "id" in filled else filled)


def read_dxf(ref: FileRef) -> RawTable:
    """Return the drawing of a DXF file in text form; it never says its coordinate system."""
    data = ref.path.read_bytes()
    if data.startswith(_BINARY_DXF):
        raise fault(ref, "is a binary DXF.", "Save it as ASCII DXF.", "dxf_binary")
    if b"SECTION" not in data[:4096] or data.rstrip()[-3:] != b"EOF":
        raise fault(ref, "is not a DXF file in text form, or is cut short.", "Save it as ASCII DXF.", "dxf_invalid")
    return _read_by_gdal(ref, "DXF", "dxf_invalid")


def read_folder(ref: FileRef) -> RawTable:
    """Return a file geodatabase, or the Shapefile in a folder; of several Shapefiles the layer names one."""
    if any(path.is_symlink() for path in ref.path.rglob("*")):
        raise fault(ref, "holds a link.", "Copy the files themselves.", "archive_unsafe")
    if ref.path.suffix.lower() == ".gdb":
        if not (ref.path / "a00000001.gdbtable").is_file():
            raise fault(ref, "is not a file geodatabase.", "Copy the whole folder.", "gdb_invalid")
        return _read_by_gdal(ref, "OpenFileGDB", "gdb_invalid")
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
    ref: FileRef, driver: str, code: str, encoding: str | None = None, known: list[str] | None = None
) -> RawTable:  # fmt: skip
    """Return a layer, one of the ``known`` ones where these are given.

    No feature is read where GDAL took the file for anything but the format it was recognised as.
    """
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            layers = [str(name) for name in pyogrio.list_layers(ref.path)[:, 0]]
            layers = [name for name in layers if known is None or name in known]
            if not layers:
                raise fault(ref, "holds no layer, or is cut short.", _AGAIN, code)
            layer = choose_layer(ref, layers)
            info = pyogrio.read_info(ref.path, layer=layer, encoding=encoding)
            check_size(ref, max(info.get("features", 0), 0))
            if info["driver"] != driver:
                raise fault(ref, "is of another format than its name says.", _AGAIN, code)
            frame = pyogrio.read_dataframe(ref.path, layer=layer, encoding=encoding)
        for warning in warned:
            log.info("%s: %s", ref.name, warning.message)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError, UnicodeDecodeError, ValueError) as broken:
        if isinstance(broken, InputError):
            raise
        message = told("cannot be read ({said}).", said=str(broken).replace(str(ref.path), ref.name)[:120])
        raise fault(ref, message, _AGAIN, code) from None
    if not isinstance(frame, gpd.GeoDataFrame):
        return RawTable(frame.astype(object), None, None, encoding or "utf-8")
    return from_frame(frame, encoding or "utf-8")


def with_none(columns: pd.DataFrame) -> pd.DataFrame:
    """Return columns of plain values, None where one is missing."""
    plain = columns.astype(object)
    return plain.where(columns.notna(), None)


def from_frame(frame: gpd.GeoDataFrame, encoding: str) -> RawTable:
    """Return a frame as a raw table, rows without geometry among its faults."""
    crs = crs_name(frame.crs) if frame.crs else None
    columns = with_none(pd.DataFrame(frame.drop(columns=frame.geometry.name)))
    shapes = frame.geometry.to_numpy()
    faults = [
        (row + 1, "no_geometry", "no geometry")
        for row in np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes)).tolist()
    ]
    return RawTable(columns, shapes, crs, encoding, tuple(faults))
