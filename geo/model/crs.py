"""Coordinate systems: names as planners write them, the metric CRS of a study, the Chinese shifts.

GCJ-02 and BD-09 are not in EPSG: they are WGS 84 displaced by a published, reverse-engineered formula. Forward is
closed; the way back is a fixed-point iteration, exact below a millimetre. Between the two doors everything is in
one metric CRS: CGCS2000 / 3-degree Gauss-Kruger in China, UTM elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pyproj
from numpy.typing import NDArray

from geo.model.errors import CrsError, Problem, told

Floats = NDArray[np.float64]

WGS84 = "EPSG:4326"
SHIFTED = ("GCJ02", "BD09")
"""Coordinate systems that pyproj does not know; degrees, lon/lat."""

_ALIASES = {
    "WGS84": WGS84, "WGS-84": WGS84, "CGCS2000": "EPSG:4490", "GCJ-02": "GCJ02", "GCJ02": "GCJ02",
    "GAODE": "GCJ02", "AMAP": "GCJ02", "TENCENT": "GCJ02", "BD-09": "BD09", "BD09": "BD09", "BAIDU": "BD09",
    "WEBMERCATOR": "EPSG:3857",
}  # fmt: skip

_SHIFTED_NAMES = {"GCJ02": "GCJ-02", "BD09": "BD-09"}
_SHIFTED_WKT = (
    'GEOGCRS["{0}",DATUM["{0}: WGS 84, displaced",ELLIPSOID["WGS 84",6378137,298.257223563]],CS[ellipsoidal,2],'
    'AXIS["longitude",east],AXIS["latitude",north],ANGLEUNIT["degree",0.0174532925199433]]'
)

_DEGREES = ("OGC:CRS84", "CRS84")

CHINA_BOX = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north within which the shift applies."""

_A = 6378245.0
_EE = 0.00669342162296594323
_X_PI = math.pi * 3000.0 / 180.0
_ITERATIONS = 4
"""The error shrinks about a thousandfold each time: 0.2 mm after three, 0.000 001 m after four."""

_AT_ONCE = 16_384
"""So many places stay in the processor's cache from one term of the formula to the next."""


def parse_crs(text: str, *, source: str) -> str:
    """Return "GCJ02", "BD09" or a CRS string that pyproj knows.

    Raises
    ------
    CrsError
        The text names no coordinate system we know; ``source`` names the file in the message.
    """
    name = _ALIASES.get(text.strip().upper(), text.strip())
    if name in SHIFTED:
        return name
    try:
        return str(pyproj.CRS.from_user_input(name).to_string())
    except pyproj.exceptions.CRSError:
        raise CrsError(
            Problem(
                source,
                told("'{system}' names no coordinate system we know.", system=text),
                "Use wgs84, cgcs2000, gcj02, bd09 or an EPSG code such as EPSG:4544.",
                code="crs_unknown",
            )
        ) from None


def crs_name(crs: pyproj.CRS) -> str:
    """Return the EPSG code of a CRS where it is that one but for its name and axis order, else its whole text.

    "GCJ02" and "BD09" for what `as_pyproj` makes of them.
    """
    if crs.name in _SHIFTED_NAMES.values():
        return next(name for name, said in _SHIFTED_NAMES.items() if said == crs.name)
    code = crs.to_epsg()
    is_that = code is not None and crs.equals(pyproj.CRS.from_epsg(code), ignore_axis_order=True)
    if is_that or crs.to_string() in _DEGREES:
        return f"EPSG:{code}" if is_that else WGS84
    return str(crs.to_string())


def as_pyproj(crs: str) -> pyproj.CRS:
    """Return what files say of a coordinate system; GCJ02 and BD09 are degrees of a datum of that name."""
    return pyproj.CRS(_SHIFTED_WKT.format(_SHIFTED_NAMES[crs]) if crs in SHIFTED else crs)


def metric_crs(lon: float, lat: float) -> str:
    """Return the EPSG code of the metric CRS for a study around ``lon``, ``lat`` (degrees, WGS 84).

    In China the CGCS2000 3-degree zone without prefix (EPSG:4534 is CM 75E, 4554 CM 135E), elsewhere UTM.
    """
    if is_in_china(np.array([lon]), np.array([lat]))[0] and 73.5 <= lon < 136.5 and 16 <= lat <= 55:
        zone = round(lon / 3)
        return f"EPSG:{4534 + zone - 25}"
    band = 32600 if lat >= 0 else 32700
    return f"EPSG:{band + min(int((lon + 180) // 6) + 1, 60)}"


def ground_scale(crs: str, lon: float, lat: float) -> float:
    """Return metres of ``crs`` per metre on the ground at ``lon``, ``lat``.

    A planar length divided by it is the length on the ground; within a city it varies by a few parts in 100,000.
    """
    return float(pyproj.Proj(crs).get_factors(lon, lat).meridional_scale)


def is_in_china(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """Return where the GCJ-02 shift applies, by the box that every implementation uses."""
    west, south, east, north = CHINA_BOX
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def wgs84_to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return GCJ-02 degrees of WGS 84 degrees; outside China unchanged.

    Source
    ------
    The published reverse-engineered formula on the Krasovsky ellipsoid; shift about (105, 35).
    """
    return _in_parts(_towards_gcj02, lon, lat)


def gcj02_to_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return WGS 84 degrees of GCJ-02 degrees, exact to well below a millimetre (fixed-point iteration)."""
    return _in_parts(_back_from_gcj02, lon, lat)


def gcj02_to_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return BD-09 degrees of GCJ-02 degrees."""
    return _in_parts(_towards_bd09, lon, lat)


def bd09_to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return GCJ-02 degrees of BD-09 degrees, exact to well below a millimetre (fixed-point iteration)."""
    return _in_parts(_back_from_bd09, lon, lat)


def shifted_to_wgs84(crs: str, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return WGS 84 degrees of GCJ02 or BD09 degrees."""
    if crs == "BD09":
        lon, lat = bd09_to_gcj02(lon, lat)
    return gcj02_to_wgs84(lon, lat)


def wgs84_to_shifted(crs: str, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return GCJ02 or BD09 degrees of WGS 84 degrees."""
    lon, lat = wgs84_to_gcj02(lon, lat)
    return gcj02_to_bd09(lon, lat) if crs == "BD09" else (lon, lat)


def _in_parts(
    turn: Callable[[Floats, Floats], tuple[Floats, Floats]], lon: Floats, lat: Floats
) -> tuple[Floats, Floats]:
    """Return ``turn`` of the places, done in parts that fit the processor's cache."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    if lon.size <= _AT_ONCE:
        return turn(lon, lat)
    turned = np.empty_like(lon), np.empty_like(lat)
    for start in range(0, len(lon), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        turned[0][part], turned[1][part] = turn(lon[part], lat[part])
    return turned


def _towards_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon - 105.0, lat - 35.0
    east, north = _shift_m(x, y)
    radians = np.radians(lat)
    magic = 1 - _EE * np.sin(radians) ** 2
    root = np.sqrt(magic)
    d_lat = north * 180.0 / ((_A * (1 - _EE)) / (magic * root) * math.pi)
    d_lon = east * 180.0 / (_A / root * np.cos(radians) * math.pi)
    inside = is_in_china(lon, lat)
    return np.where(inside, lon + d_lon, lon), np.where(inside, lat + d_lat, lat)


def _back_from_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    guess_lon, guess_lat = lon, lat
    for _ in range(_ITERATIONS):
        there_lon, there_lat = _towards_gcj02(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon + (lon - there_lon), guess_lat + (lat - there_lat)
    return guess_lon, guess_lat


def _towards_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    z = np.sqrt(lon * lon + lat * lat) + 0.00002 * np.sin(lat * _X_PI)
    theta = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _X_PI)
    return z * np.cos(theta) + 0.0065, z * np.sin(theta) + 0.006


def _back_from_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    guess_lon, guess_lat = lon - 0.0065, lat - 0.006
    for _ in range(_ITERATIONS):
        there_lon, there_lat = _towards_bd09(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon + (lon - there_lon), guess_lat + (lat - there_lat)
    return guess_lon, guess_lat


def _shift_m(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return the shift in metres east and north; waves of a third of the length come as sin 3a = 3 sin a - 4 sin3 a."""
    root, xy = np.sqrt(np.abs(x)), 0.1 * x * y
    short = np.sin(2.0 * math.pi * x)
    both = 20.0 * (_thrice(short) + short)
    long_x, long_y = np.sin(x / 3.0 * math.pi), np.sin(y / 3.0 * math.pi)
    waves_x = both + 20.0 * _thrice(long_x) + 40.0 * long_x
    waves_x += 150.0 * np.sin(x / 12.0 * math.pi) + 300.0 * np.sin(x / 30.0 * math.pi)
    waves_y = both + 20.0 * _thrice(long_y) + 40.0 * long_y
    waves_y += 160.0 * np.sin(y / 12.0 * math.pi) + 320.0 * np.sin(y / 30.0 * math.pi)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + xy + 0.1 * root + waves_x * (2.0 / 3.0)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + xy + 0.2 * root + waves_y * (2.0 / 3.0)
    return east, north


def _thrice(sine: Floats) -> Floats:
    return sine * (3.0 - 4.0 * sine * sine)
