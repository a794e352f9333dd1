"""Writing layers to files that other programs open: GeoJSON, CSV, Excel, GeoPackage, GeoParquet, KML.

A file is in the coordinate system of the frame (`systems.in_system`), and says so where that is not WGS 84. Whole or
not at all. Every file says what it rests on: inside GeoJSON, GeoPackage and GeoParquet, beside CSV, Excel and KML as
``NAME.provenance.json``.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import shapely
from numpy.typing import NDArray

from geo.model.crs import WGS84
from geo.model.errors import InputError, Problem
from layers.catalog import layer_spec
from layers.plans import PLAN_LAYERS
from layers.systems import is_metric, system_of
from layers.workbook import workbook_bytes

DECIMALS = 7
"""RFC 7946, section 11.2: about a centimetre."""

MILLIMETRES = 3

_RISKY = ("=", "+", "-", "@", "\t", "\r")

Provenance = dict[str, Any]


def check_format(path: Path) -> str:
    """Return the ending of a file we can write, or raise `InputError` listing them."""
    ending = path.suffix.lower()
    if ending not in _WRITERS:
        raise InputError(
            Problem(
                path.name,
                f"'{ending}' is not a format we write.",
                f"Use one of {', '.join(_WRITERS)}.",
                code="format_unknown",
            )
        )
    return ending


def write_layer(frame: gpd.GeoDataFrame, layer_id: str, path: Path, provenance: Provenance) -> None:
    """Write a layer by the ending of ``path``: aside first, then renamed.

    Raises
    ------
    InputError
        The ending is not one of those we write, or the folder does not exist.
    """
    writer = _WRITERS[check_format(path)]
    if not path.parent.is_dir():
        raise InputError(
            Problem(str(path.parent), "no such folder.", "Make it first, or choose another.", code="folder_missing")
        )
    aside = path.with_name(f".{uuid4().hex}{path.suffix}")
    try:
        writer(frame, layer_id, aside, provenance)
        aside.replace(path)
        if path.suffix.lower() in (".csv", ".xlsx", ".kml"):
            _write_beside(path, layer_id, provenance, system_of(frame))
    finally:
        aside.unlink(missing_ok=True)


def geojson_bytes(frame: gpd.GeoDataFrame, layer_id: str, provenance: Provenance | None = None) -> bytes:
    """Return the layer as GeoJSON by RFC 7946: stable ids, right-hand rings, strict JSON.

    Degrees of another system than WGS 84 are named in the member ``coordinate_system``.
    """
    spec = PLAN_LAYERS.get(layer_id) or layer_spec(layer_id)
    ids = frame[spec.id_column].tolist()
    head: dict[str, Any] = {"name": layer_id, "provenance": provenance} if provenance else {}
    head |= {} if system_of(frame) == WGS84 else {"coordinate_system": system_of(frame)}
    return feature_collection(frame, ids, head)


def feature_collection(frame: gpd.GeoDataFrame, ids: list[Any], head: dict[str, Any]) -> bytes:
    """Return any frame in degrees as a GeoJSON FeatureCollection with the given feature ids and top-level members."""
    shapes = shapely.set_precision(_oriented(frame.geometry.to_numpy()), 10.0**-DECIMALS, mode="pointwise")
    geometry = shapely.to_geojson(shapes)
    properties = frame.drop(columns=frame.geometry.name)
    rows = _records(properties)
    parts = [
        f'{{"type":"Feature","id":{json.dumps(i, ensure_ascii=False)},"geometry":{g or "null"},"properties":{p}}}'
        for i, g, p in zip(ids, geometry, rows, strict=True)
    ]
    start = json.dumps({"type": "FeatureCollection", **head}, ensure_ascii=False, allow_nan=False, default=_plain)
    features = ",\n".join(parts)
    return f'{start[:-1]},"features":[\n{features}\n]}}\n'.encode()


def csv_bytes(frame: gpd.GeoDataFrame) -> bytes:
    """Return the layer as CSV with BOM for spreadsheets: points as lon and lat, other shapes by a point inside."""
    table = _flat(frame)
    for column in table:
        if table[column].dtype == object or pd.api.types.is_string_dtype(table[column]):
            table[column] = [_inert(value) for value in table[column]]
    return str(table.to_csv(index=False, lineterminator="\r\n")).encode("utf-8-sig")


def _flat(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the columns with the place of every row as lon and lat, of a point inside where it is no point.

    Metres are x (east) and y (north); of what is not WGS 84 the column crs tells the system.
    """
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    shapes = frame.geometry.to_numpy()
    if len(shapes) and not shapely.is_missing(shapes).all():
        xy = np.full((len(shapes), 2), np.nan)
        is_there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        xy[is_there] = shapely.get_coordinates(shapely.point_on_surface(shapes[is_there]))
        names, decimals = (["x", "y"], MILLIMETRES) if is_metric(frame) else (["lon", "lat"], DECIMALS)
        table[names] = np.round(xy, decimals)
        if system_of(frame) != WGS84:
            table["crs"] = system_of(frame)
    return table


def _records(properties: pd.DataFrame) -> list[str]:
    """Return one JSON object a row; nan and missing values as null."""
    names = list(properties)
    floats = [name for name in names if properties[name].dtype.kind == "f"]
    block = _texts(properties[floats].to_numpy(dtype=float).ravel(order="F"), _number)
    texts = dict(zip(floats, block.reshape(len(floats), len(properties)).tolist(), strict=True))
    for name in names:
        if name not in texts:
            texts[name] = _texts(properties[name].to_numpy(dtype=object), _text).tolist()
    keys = (json.dumps(str(name), ensure_ascii=False).replace("%", "%%") for name in names)
    template = "{" + ",".join(f"{key}:%s" for key in keys) + "}"
    return [template % row for row in zip(*(texts[name] for name in names), strict=True)]


def _texts(values: NDArray[Any], text: Callable[[Any], str]) -> NDArray[np.object_]:
    """Return every value as JSON. Few differ among rounded distances and repeated ids; each is written once."""
    if values.dtype == object and not all(value is None or isinstance(value, str) for value in values):
        return np.array([text(value) for value in values], dtype=object)
    place, different = pd.factorize(values)
    texts: NDArray[np.object_] = np.array([*map(text, different.tolist()), "null"], dtype=object)[place]
    return texts


def _text(value: Any) -> str:
    return json.dumps(_value(value), ensure_ascii=False)


def _number(value: float) -> str:
    if value != value or value in (np.inf, -np.inf):
        return "null"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _value(value: Any) -> Any:
    return None if value is None or value != value else value


def _inert(value: Any) -> Any:
    """Return text that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.startswith(_RISKY):
        return "'" + value
    return _value(value)


def _oriented(shapes: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return np.asarray(shapely.orient_polygons(shapes, exterior_cw=False))


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)


def _write_geojson(frame: gpd.GeoDataFrame, layer_id: str, path: Path, provenance: Provenance) -> None:
    _write_bytes(path, geojson_bytes(frame, layer_id, provenance))


def _write_csv(frame: gpd.GeoDataFrame, _layer_id: str, path: Path, _provenance: Provenance) -> None:
    _write_bytes(path, csv_bytes(frame))


def _write_xlsx(frame: gpd.GeoDataFrame, layer_id: str, path: Path, _provenance: Provenance) -> None:
    _write_bytes(path, workbook_bytes(_flat(frame), layer_id))


def _write_parquet(frame: gpd.GeoDataFrame, _layer_id: str, path: Path, provenance: Provenance) -> None:
    text = json.dumps(provenance, ensure_ascii=False, default=_plain)
    frame.to_parquet(aside := io.BytesIO(), index=False)
    table = pq.read_table(aside)
    with io.BytesIO() as made:
        pq.write_table(table.replace_schema_metadata({**table.schema.metadata, b"provenance": text.encode()}), made)
        _write_bytes(path, made.getvalue())


def _write_gpkg(frame: gpd.GeoDataFrame, layer_id: str, path: Path, provenance: Provenance) -> None:
    text = json.dumps(provenance, ensure_ascii=False, default=_plain)
    pyogrio.write_dataframe(
        frame, path, layer=layer_id, driver="GPKG", geometry_type="Unknown", layer_metadata={"provenance": text}
    )


def _write_kml(frame: gpd.GeoDataFrame, layer_id: str, path: Path, _provenance: Provenance) -> None:
    plain = frame.astype({c: object for c in frame.columns if c != frame.geometry.name and frame[c].dtype == bool})
    name = layer_id if system_of(frame) == WGS84 else f"{layer_id}_{system_of(frame).replace(':', '_')}"
    pyogrio.write_dataframe(plain.set_crs(WGS84, allow_override=True), path, layer=name, driver="KML")


def _write_beside(path: Path, layer_id: str, provenance: Provenance, crs: str) -> None:
    said = {} if crs == WGS84 else {"coordinate_system": crs}
    document = {"layer": layer_id, "file": path.name, **said, "provenance": provenance}
    text = json.dumps(document, ensure_ascii=False, indent=1, default=_plain)
    _write_bytes(path.with_name(f"{path.name}.provenance.json"), text.encode())


def _write_bytes(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


_WRITERS: dict[str, Callable[[gpd.GeoDataFrame, str, Path, Provenance], None]] = {
    ".geojson": _write_geojson,
    ".csv": _write_csv,
    ".xlsx": _write_xlsx,
    ".gpkg": _write_gpkg,
    ".parquet": _write_parquet,
    ".kml": _write_kml,
}
FORMATS = tuple(ending.removeprefix(".") for ending in _WRITERS)
