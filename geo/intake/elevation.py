"""Slopes of the streets from an elevation raster: how much longer each piece takes uphill than on the flat.

Source: Tobler (1993), walking speed 6 exp(-3.5 |slope + 0.05|) km/h, here divided by its value on the flat, so that
a profile keeps its own speed there. It is fastest 5 % downhill. Known heights only; nothing is guessed.
"""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from geo.intake.decks import stretch_decks
from geo.intake.raster import Raster, cell_metres, read_raster, sample
from geo.intake.raw import FileRef
from geo.model.crs import WGS84
from geo.model.errors import InputError, Problem, told
from geo.model.study import FileReport

STEP_M = 30.0
"""Slopes are taken over steps along a street of about this length, or a cell of the raster where that is larger."""

STEEPEST = 0.35
"""Steeper slopes count as this: on a street they are most likely a fault of the raster, a bridge or a cutting."""

Floats = NDArray[np.float64]


def against_the_flat(slope: Floats) -> Floats:
    """Return walking time on a slope (rise / run, downhill negative) against the flat, by Tobler's function."""
    return np.exp(3.5 * (np.abs(np.clip(slope, -STEEPEST, STEEPEST) + 0.05) - 0.05))


COLUMNS = ("climb_forward", "climb_back", "rise_m", "fall_m")
"""Columns of `tables.STREETS` that a raster of heights gives."""


def climb_of(streets: gpd.GeoDataFrame, ref: FileRef) -> tuple[pd.DataFrame, FileReport]:
    """Return the slopes of every piece, and what the raster told.

    Parameters
    ----------
    streets
        `tables.STREETS` in a metric CRS, with ``length_m``.

    Returns
    -------
    climb, report
        Columns `COLUMNS`: walking time against the flat, forward and back; metres up and metres down from start to end,
        summed over the steps. ``nan`` where the height of any step is unknown. Facts: ``crs``, ``cell_m``, ``step_m``
        and ``covered_share``, the share of the metres of street whose slope is known.

    Raises
    ------
    InputError
        The raster cannot be used (`geo.intake.raster.read_raster`), or covers no street.
    """
    raster = read_raster(ref)
    middle = shapely.centroid(shapely.box(*streets.to_crs(WGS84).total_bounds))
    raster = _coarsened(raster, cell_metres(raster, middle.x, middle.y))
    cell_m = cell_metres(raster, middle.x, middle.y)
    step_m = max(STEP_M, cell_m)
    climb = _along(streets, raster, step_m)
    length = streets["length_m"].to_numpy(dtype=float)
    is_known = climb["climb_forward"].notna().to_numpy()
    share = float(length[is_known].sum() / max(length.sum(), 1e-9))
    if not is_known.any():
        message = "the raster holds no height for any street of the study."
        raise InputError(Problem(ref.name, message, "Check its coordinate system.", code="elevation_elsewhere"))
    problems = () if is_known.all() else (_partly(ref, share, int((~is_known).sum())),)
    cells = raster.values.size
    facts = {"crs": raster.crs, "cell_m": round(cell_m, 1), "step_m": round(step_m, 1), "covered_share": share}
    return climb, FileReport("elevation", ref.name, cells, cells, problems=problems, facts=facts)


def _along(streets: gpd.GeoDataFrame, raster: Raster, step_m: float) -> pd.DataFrame:
    """Return `COLUMNS` of every piece: the mean of the factors over its steps, the sums of its rises and falls."""
    length = streets["length_m"].to_numpy(dtype=float)
    steps = np.maximum(1, np.ceil(length / step_m)).astype(np.int64)
    points = steps + 1
    piece = np.repeat(np.arange(len(steps)), points)
    nth = np.arange(points.sum()) - np.repeat(np.cumsum(points) - points, points)
    places = shapely.line_interpolate_point(streets.geometry.to_numpy()[piece], nth / steps[piece], normalized=True)
    xy = shapely.get_coordinates(places)
    back = pyproj.Transformer.from_crs(streets.crs, WGS84, always_xy=True)
    lon, lat = back.transform(xy[:, 0], xy[:, 1])
    height = sample(raster, lon, lat)
    is_step = piece[1:] == piece[:-1]
    owner, rise = piece[1:][is_step], np.diff(height)[is_step]
    last = np.cumsum(points) - 1
    deck = stretch_decks(streets, np.stack([height[last - steps], height[last]], axis=1))
    on_deck = streets["structure"].notna().to_numpy()
    rise = np.where(on_deck[owner], (np.diff(deck)[:, 0] / steps)[owner], rise)
    run = np.maximum(length / steps, 0.01)[owner]
    ahead, back = (np.bincount(owner, against_the_flat(sign * rise / run), len(steps)) / steps for sign in (1, -1))
    up, down = (np.bincount(owner, np.maximum(sign * rise, 0), len(steps)) for sign in (1, -1))
    columns = (ahead, back, np.round(up, 2), np.round(down, 2))
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)), index=streets.index)


def _coarsened(raster: Raster, cell_m: float) -> Raster:
    """Return the raster with cells of about `STEP_M`, each the mean of those in it: kerbs and walls are no slopes."""
    times = int(STEP_M // cell_m)
    if times < 2:
        return raster
    rows, columns = raster.values.shape
    padded = np.pad(raster.values, ((0, -rows % times), (0, -columns % times)), constant_values=np.nan)
    blocks = padded.reshape(padded.shape[0] // times, times, padded.shape[1] // times, times)
    known = (~np.isnan(blocks)).sum(axis=(1, 3))
    total = np.nansum(blocks, axis=(1, 3))
    values = np.divide(total, known, out=np.full(known.shape, np.nan), where=known > 0)
    a, b, c, d, e, f = raster.transform
    return replace(raster, values=values, transform=(a * times, b * times, c, d * times, e * times, f))


def _partly(ref: FileRef, share: float, count: int) -> Problem:
    message = told(
        "it tells the slope of {share:.1%} of the streets; {pieces} pieces are walked as on the flat.",
        share=share, pieces=count,
    )  # fmt: skip
    return Problem(ref.name, message, "Give a raster of the whole study.", "elevation_partial", count=count,
                   severity="note")  # fmt: skip
