"""Layers in the coordinate system that a planner's other programs use: GCJ-02, BD-09, or any EPSG code."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from geo.model.crs import SHIFTED, WGS84, as_pyproj, crs_name, parse_crs, wgs84_to_shifted
from geo.model.errors import InputError, Problem

_FIRST_MERIDIAN, _ZONES = 4534, 21

DEGREES_ONLY = (".geojson", ".kml")
"""Formats that hold longitude and latitude, whatever the system of the degrees."""


def check_system(crs: str, path: Path) -> str:
    """Return the coordinate system that a planner names for a file; `InputError` where its format cannot hold it."""
    known = parse_crs(crs, source=path.name)
    if path.suffix.lower() in DEGREES_ONLY and not as_pyproj(known).is_geographic:
        message = f"a {path.suffix} file holds degrees, and {known} is in metres."
        raise InputError(Problem(path.name, message, "Use .gpkg, .parquet, .csv or .xlsx.", code="crs_not_in_format"))
    return known


def offered_systems(metric: str) -> list[tuple[str, str]]:
    """Return the systems that a page offers, each with its name: degrees, then metres, with and without zone.

    Source
    ------
    EPSG: CGCS2000 / 3-degree Gauss-Kruger, 4534 to 4554 by central meridian, 4513 to 4533 with the zone in the easting.
    """
    code = int(metric.removeprefix("EPSG:"))
    zones = [metric, f"EPSG:{code - _ZONES}"] if _FIRST_MERIDIAN <= code < _FIRST_MERIDIAN + _ZONES else [metric]
    return [(crs, as_pyproj(crs).name) for crs in (WGS84, *SHIFTED, "EPSG:4490", *zones)]


def in_system(frame: gpd.GeoDataFrame, crs: str) -> gpd.GeoDataFrame:
    """Return an EPSG:4326 frame in another coordinate system, which ``frame.crs`` then is."""
    if crs == WGS84:
        return frame
    if crs not in SHIFTED:
        return frame.to_crs(crs)
    moved = shapely.transform(
        frame.geometry.to_numpy(), lambda xy: np.column_stack(wgs84_to_shifted(crs, xy[:, 0], xy[:, 1]))
    )
    return frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=as_pyproj(crs)))


def system_of(frame: gpd.GeoDataFrame) -> str:
    """Return the name of a frame's coordinate system; WGS 84 where it says none."""
    return crs_name(frame.crs) if frame.crs is not None else WGS84


def is_metric(frame: gpd.GeoDataFrame) -> bool:
    """Return whether the coordinates of a frame are metres."""
    return frame.crs is not None and pyproj.CRS(frame.crs).is_projected
