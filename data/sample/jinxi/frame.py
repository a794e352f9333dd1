"""The two planes of the sample town and the way between them.

The town is planned on a flat, square-ruled *plan* (metres, x east, y north), where streets and walls are easy to
reason about. `ground` bends that plan into the town one sees: rounded corners, swinging arterials, crooked old lanes.
Ground metres are EPSG:4544 (CGCS2000, 3-degree zone, central meridian 105 E) less the origin; `lonlat` makes WGS84.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

Array = NDArray[np.float64]
Point = tuple[float, float]

CENTRE = (104.50, 30.40)
"""Longitude and latitude of the middle of the town."""

HALF_WIDTH_M, HALF_HEIGHT_M = 2190.0, 1760.0
"""Half the size of the plan."""

ROUNDING = 0.2
"""How much the corners of the plan are drawn in: the ring road becomes round."""

TURN_RAD = 0.09
"""The grid of Jinxi is turned by five degrees."""

_TO_METRES = Transformer.from_crs("EPSG:4326", "EPSG:4544", always_xy=True)
_TO_LONLAT = Transformer.from_crs("EPSG:4544", "EPSG:4326", always_xy=True)
_ORIGIN = np.array(_TO_METRES.transform(*CENTRE))

OLD_TOWN = ((-780.0, 280.0, -170.0, 290.0), (-780.0, 280.0, -870.0, -370.0))
"""Plan rectangles (west, east, south, north) where lanes are crooked."""


def ground(points: Sequence[Point] | Array) -> Array:
    """Return plan points as ground metres, one row per point."""
    xy = np.asarray(points, dtype=float).reshape(-1, 2)
    x, y = xy[:, 0].copy(), xy[:, 1].copy()
    for west, east, south, north in OLD_TOWN:
        u, v = (xy[:, 0] - west) / (east - west), (xy[:, 1] - south) / (north - south)
        inside = (u > 0) & (u < 1) & (v > 0) & (v < 1)
        fade = np.where(inside, np.sqrt(np.abs(np.sin(np.pi * u) * np.sin(np.pi * v))), 0.0)
        x += 7.0 * fade * np.sin(xy[:, 1] / 31.0 + xy[:, 0] / 90.0)
        y += 7.0 * fade * np.sin(xy[:, 0] / 34.0 - xy[:, 1] / 80.0)
    u, v = x / HALF_WIDTH_M, y / HALF_HEIGHT_M
    x, y = x * np.sqrt(1 - ROUNDING * np.minimum(v * v, 1.2)), y * np.sqrt(1 - ROUNDING * np.minimum(u * u, 1.2))
    x = x + 70.0 * np.sin(y / 640.0 + 0.5)
    y = y + 105.0 * np.sin(x / 760.0 - 0.5) + 18.0 * np.sin(x / 270.0 + y / 500.0)
    c, s = np.cos(TURN_RAD), np.sin(TURN_RAD)
    return np.column_stack([c * x - s * y, s * x + c * y])


def lonlat(points: Sequence[Point] | Array) -> Array:
    """Return plan points as longitude and latitude, rounded to the seven decimals of OpenStreetMap."""
    return ground_lonlat(ground(points))


def ground_lonlat(xy: Array) -> Array:
    """Return ground metres as longitude and latitude with seven decimals."""
    lon, lat = _TO_LONLAT.transform(xy[:, 0] + _ORIGIN[0], xy[:, 1] + _ORIGIN[1])
    return np.round(np.column_stack([lon, lat]), 7)


def lonlat_ground(points: Array) -> Array:
    """Return longitude and latitude as ground metres."""
    x, y = _TO_METRES.transform(points[:, 0], points[:, 1])
    return np.column_stack([x - _ORIGIN[0], y - _ORIGIN[1]])


def densify(line: Sequence[Point], step_m: float = 45.0) -> list[Point]:
    """Return the line with points added so that no piece is longer than ``step_m``: bent streets look bent."""
    dense = [line[0]]
    for (ax, ay), (bx, by) in itertools.pairwise(line):
        pieces = max(1, int(np.ceil(np.hypot(bx - ax, by - ay) / step_m)))
        dense += [(ax + (bx - ax) * k / pieces, ay + (by - ay) * k / pieces) for k in range(1, pieces)]
        dense.append((bx, by))
    return dense


def box_on_ground(x: float, y: float, width_m: float, depth_m: float, turn: float = 0.0) -> Array:
    """Return the four corners, in ground metres, of a right-angled house that stands on the plan at (x, y)."""
    c, s = np.cos(turn), np.sin(turn)
    here, east = ground([(x, y), (x + 4 * c, y + 4 * s)])
    along = (east - here) / np.hypot(*(east - here))
    across = np.array([-along[1], along[0]])
    half, deep = along * width_m / 2, across * depth_m / 2
    return np.array([here - half - deep, here + half - deep, here + half + deep, here - half + deep])
