"""Reading GeoParquet and plain Parquet through pyarrow; the format is at https://geoparquet.org."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geo.intake.raw import FileRef, RawTable, fault
from geo.model.crs import WGS84

_MARK = b"PAR1"


def read_parquet(ref: FileRef) -> RawTable:
    """Return the rows of a GeoParquet file, or of a Parquet file without geometry.

    GeoParquet that names no coordinate system is WGS 84, as its standard says; one that is null stays unknown.

    Raises
    ------
    InputError
        No Parquet, cut short, damaged, or its description of the geometry cannot be read.
    """
    with ref.path.open("rb") as file:
        head = file.read(4)
        file.seek(max(0, ref.path.stat().st_size - 4))
        tail = file.read(4)
    if head != _MARK or tail != _MARK:
        raise fault(ref, "is no whole Parquet file.", "Copy or export it again.", "parquet_invalid")
    try:
        with pq.ParquetFile(ref.path) as opened:
            has_places = b"geo" in (opened.schema_arrow.metadata or {})
        frame = gpd.read_parquet(ref.path) if has_places else pd.read_parquet(ref.path)
    except (pa.ArrowException, shapely.errors.ShapelyError, ValueError, TypeError, KeyError, OSError) as broken:
        message = f"cannot be read ({str(broken).splitlines()[0][:120] if str(broken) else 'damaged'})."
        raise fault(ref, message, "Export it again.", "parquet_invalid") from None
    if not isinstance(frame, gpd.GeoDataFrame):
        return RawTable(_plain(frame), None, None)
    shapes = frame.geometry.to_numpy()
    empty = np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes)).tolist()
    columns = _plain(pd.DataFrame(frame.drop(columns=frame.geometry.name)))
    return RawTable(columns, shapes, _crs(frame), "utf-8", tuple((n + 1, "no_geometry", "no geometry") for n in empty))


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the cells as plain values, missing ones as None, rows numbered from 0."""
    cells = frame.reset_index(drop=True).astype(object)
    return cells.where(cells.notna(), None)


def _crs(frame: gpd.GeoDataFrame) -> str | None:
    if frame.crs is None:
        return None
    name = str(frame.crs.to_string())
    return WGS84 if name in ("OGC:CRS84", WGS84) else name
