"""Are a file's numbers where its coordinate system says? Degrees taken for metres, axes swapped, places abroad.

What numbers can tell is told, with the system they suggest; it is never applied.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyproj
from numpy.typing import NDArray

from geo.intake.raw import FileRef, need_crs
from geo.model.crs import SHIFTED, WGS84, is_in_china
from geo.model.errors import CrsError, Problem, told

Floats = NDArray[np.float64]

_FALSE_EASTING_M = 500_000.0
_HALF_ZONE_M = 350_000.0
_NORTHINGS = (1_700_000.0, 6_200_000.0)
"""Northings of China in a Gauss-Kruger zone, metres."""

_MERCATOR = (7_900_000.0, 1_700_000.0, 15_200_000.0, 7_200_000.0)


def suggest_crs(x: Floats, y: Floats) -> tuple[str, str]:
    """Return what metric numbers may be: the EPSG code ("" where the zone is open), and a remedy in words.

    Both are empty where nothing is suggested. A prefix before the easting names the zone: 13 to 23 of the 6-degree
    zones, 25 to 45 of the 3-degree ones.

    Source
    ------
    EPSG: 4513 + n - 25 (CGCS2000 / 3-degree Gauss-Kruger zone n), 4491 + n - 13 (zone n), 3857 (Web Mercator).
    """
    if not len(x):
        return "", ""
    east, north = float(np.median(x)), float(np.median(y))
    if _is_northing(east) and not _is_northing(north):
        code, words = suggest_crs(y, x)
        return code, words and _northing_first(words)
    zone, rest = divmod(east, 1e6)
    west, south, far, top = _MERCATOR
    if _is_northing(north) and abs(rest - _FALSE_EASTING_M) <= _HALF_ZONE_M:
        if zone == 0:
            pattern = "They look like CGCS2000 without a zone: declare that of your city, as {zoneless} for 105° E."
            return "", told(pattern, zoneless="EPSG:4544")
        if 25 <= zone <= 45:
            return _declare(f"EPSG:{4513 + int(zone) - 25}", f"CGCS2000 3-degree zone {zone:.0f}")
        if 13 <= zone <= 23:
            return _declare(f"EPSG:{4491 + int(zone) - 13}", f"CGCS2000 6-degree zone {zone:.0f}")
    if west <= east <= far and south <= north <= top:
        return _declare("EPSG:3857", "Web Mercator")
    return "", ""


def _northing_first(words: str) -> str:
    values = getattr(words, "values", {})
    return told("The northing comes first: swap the two columns. Then: " + words, northing_first=True, **values)


def _declare(code: str, name: str) -> tuple[str, str]:
    return code, told(f"They look like {name}: declare FILE@{{looks}}.", looks=code)


def _is_northing(value: float) -> bool:
    return _NORTHINGS[0] <= value <= _NORTHINGS[1]


def misread(x: Floats, y: Floats, crs: str) -> str:
    """Return what to do where most numbers cannot be of ``crs``: metres for degrees or degrees for metres, else ""."""
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = x[finite], y[finite]
    if not len(x):
        return ""
    are_degrees = bool(np.mean((np.abs(x) <= 180) & (np.abs(y) <= 180)) > 0.5)
    is_metric = crs not in SHIFTED and pyproj.CRS(crs).is_projected
    if is_metric and are_degrees:
        return told("They look like degrees: declare FILE@wgs84 (or @gcj02, @bd09).", degrees="wgs84, gcj02, bd09")
    return "" if is_metric or are_degrees else suggest_crs(x, y)[1]


def refuse_misread(ref: FileRef, x: Floats, y: Floats, crs: str) -> None:
    """Raise `CrsError` with the system that numbers look like, where most of them cannot be of ``crs``."""
    remedy = misread(x, y, crs)
    if remedy:
        message = told("the numbers cannot be of {crs}.", crs=crs, **getattr(remedy, "values", {}))
        raise CrsError(Problem(ref.name, message, remedy.replace("FILE", ref.name), code="crs_mismatch"))


def need_metric(ref: FileRef, x: Floats, y: Floats) -> str:
    """Raise `CrsError` for metres that nothing declares, with the system they look like."""
    _, remedy = suggest_crs(x, y)
    if not remedy:
        return need_crs(ref, None)
    message = told(
        "says nothing about its coordinate system, and the numbers are no degrees.", **getattr(remedy, "values", {})
    )
    raise CrsError(Problem(ref.name, message, remedy.replace("FILE", ref.name), code="crs_missing"))


def are_swapped(x: Floats, y: Floats, crs: str) -> NDArray[np.bool_]:
    """Return where numbers lie outside the area for which a metric ``crs`` is made, and inside it the other way round.

    Degrees answer False: their own check comes after, on the globe.
    """
    nowhere = np.zeros(len(x), bool)
    if crs in SHIFTED or not pyproj.CRS(crs).is_projected or pyproj.CRS(crs).area_of_use is None:
        return nowhere
    to_degrees = _to_degrees(crs)
    area = pyproj.CRS(crs).area_of_use
    assert area is not None

    def inside(east: Floats, north: Floats) -> NDArray[np.bool_]:
        lon, lat = to_degrees.transform(east, north)
        margin = 3.0
        wide = (lon >= area.west - margin) & (lon <= area.east + margin)
        return np.asarray(wide & (lat >= area.south - margin) & (lat <= area.north + margin))

    return np.asarray(inside(y, x) & ~inside(x, y))


@lru_cache(maxsize=8)
def _to_degrees(crs: str) -> pyproj.Transformer:
    """Return the way to degrees, made once: making it takes longer than using it on a thousand places."""
    return pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)


def outside_china(lon: Floats, lat: Floats, usable: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which usable places (degrees, WGS 84) lie outside China where most of the others lie inside."""
    with np.errstate(invalid="ignore"):
        inside = is_in_china(lon, lat)
    most = usable.any() and inside[usable].mean() > 0.5
    return np.asarray(usable & ~inside & most)
