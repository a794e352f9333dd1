"""Rasters: one band of numbers on the ground, read whole, and its value at any place.

GeoTIFF and whatever else GDAL reads without a server, by rasterio. What a raster cannot tell is ``nan``, never zero.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pyproj
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from geo.intake.raw import FileRef
from geo.model.crs import SHIFTED, WGS84
from geo.model.errors import CrsError, InputError, Problem, SourceError, told

FORMATS = ["GTiff", "COG", "HFA", "AAIGrid", "EHdr"]
"""Drivers of GDAL that read a raster and nothing beside it; others follow what a file refers to."""

MOST_CELLS = 100_000_000
"""Larger rasters are refused: 800 MB as 64-bit numbers."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Raster:
    """One band of numbers.

    Attributes
    ----------
    values
        float64 (rows, columns), the first row as the file has it; ``nan`` where the file holds no value.
    transform
        ``(a, b, c, d, e, f)``: the corner of a cell lies at ``x = a column + b row + c, y = d column + e row + f``.
    crs
        The coordinate system of x and y, as "EPSG:4326" or WKT; the order of axes is always east, north.
    nodata
        The number that stood for no value in the file, None where it names none.
    """

    values: Floats
    transform: tuple[float, float, float, float, float, float]
    crs: str
    nodata: float | None


def read_raster(ref: FileRef) -> Raster:
    """Return the only band of a raster file, in the coordinate system declared or its own.

    Raises
    ------
    SourceError
        There is no such file.
    CrsError
        Neither the file nor the planner says its coordinate system.
    InputError
        Not a raster, several bands, too large, not laid on the ground, or no value anywhere.
    """
    if not ref.path.is_file():
        raise SourceError(told("{file}: there is no such file.", file=ref.name), code="file_missing")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            with rasterio.Env(), rasterio.DatasetReader(str(ref.path), driver=FORMATS, sharing=False) as file:
                _check(ref, file)
                band = file.read(1, masked=True)
                crs = ref.crs or _crs_text(file.crs)
                transform, nodata = tuple(file.transform)[:6], file.nodata
        except RasterioError as fault:
            raise _bad(
                ref,
                "raster_unreadable",
                told("it is not a raster that can be read ({said}).", said=str(fault).replace(str(ref.path), ref.name)),
            ) from None
    values = np.ma.filled(band.astype(np.float64), np.nan)
    values[~np.isfinite(values)] = np.nan
    if np.isnan(values).all():
        raise _bad(ref, "raster_empty", "no cell of the raster holds a value.")
    return Raster(values, transform, crs, None if nodata is None else float(nodata))


def sample(raster: Raster, lon: Floats, lat: Floats) -> Floats:
    """Return the value at places in degrees (WGS 84), float64, between the centres of the four cells around.

    Where some of the four hold no value the others count by their nearness; ``nan`` outside the raster and where the
    cell the place lies in holds none.
    """
    forward = pyproj.Transformer.from_crs(WGS84, raster.crs, always_xy=True)
    x, y = forward.transform(np.asarray(lon, float), np.asarray(lat, float))
    a, b, c, d, e, f = raster.transform
    size = a * e - b * d
    column = np.asarray((e * (x - c) - b * (y - f)) / size)
    row = np.asarray((a * (y - f) - d * (x - c)) / size)
    rows, columns = raster.values.shape
    inside = (row >= 0) & (row <= rows) & (column >= 0) & (column <= columns)
    row, column = np.where(inside, row, 0.0), np.where(inside, column, 0.0)
    own = raster.values[np.minimum(row, rows - 1).astype(int), np.minimum(column, columns - 1).astype(int)]
    total, weight = np.zeros(row.shape), np.zeros(row.shape)
    top, left = np.floor(row - 0.5), np.floor(column - 0.5)
    for i in (0, 1):
        for j in (0, 1):
            share = (1 - np.abs(row - 0.5 - top - i)) * (1 - np.abs(column - 0.5 - left - j))
            value = raster.values[
                np.clip(top + i, 0, rows - 1).astype(int), np.clip(left + j, 0, columns - 1).astype(int)
            ]
            known = ~np.isnan(value)
            total[known] += share[known] * value[known]
            weight[known] += share[known]
    found = np.divide(total, weight, out=np.full(row.shape, np.nan), where=weight > 0)
    return np.where(inside & ~np.isnan(own), found, np.nan)


def cell_metres(raster: Raster, lon: float, lat: float) -> float:
    """Return the longer side of a cell in metres on the ground, at a place in degrees."""
    a, b, _, d, e, _ = raster.transform
    back = pyproj.Transformer.from_crs(raster.crs, WGS84, always_xy=True)
    x, y = pyproj.Transformer.from_crs(WGS84, raster.crs, always_xy=True).transform(lon, lat)
    east, north = back.transform([x, x + a, x + b], [y, y + d, y + e])
    _, _, side = pyproj.Geod(ellps="WGS84").inv([east[0]] * 2, [north[0]] * 2, east[1:], north[1:])
    return float(max(side))


def _check(ref: FileRef, file: rasterio.DatasetReader) -> None:
    if file.count != 1:
        raise _bad(
            ref,
            "raster_bands",
            told("it holds {bands} bands; one is needed.", bands=file.count),
            "Save the one you mean.",
        )
    if file.width * file.height > MOST_CELLS:
        cells = file.width * file.height
        message = told("it holds {cells:,} cells; at most {most:,} are read.", cells=cells, most=MOST_CELLS)
        raise _bad(ref, "raster_too_large", message, "Cut it to the study.")
    if file.transform.is_identity or not file.transform.determinant:
        raise _bad(ref, "raster_not_placed", "the file does not say where on the ground its cells lie.")
    if file.crs is None and ref.crs is None:
        raise CrsError(
            Problem(ref.name, "the raster does not name its coordinate system.",
                    f"Declare it: {ref.name}@EPSG:4326.", code="crs_missing")
        )  # fmt: skip

    if ref.crs in SHIFTED:
        raise CrsError(
            Problem(ref.name, told("a raster cannot be moved cell by cell from {crs}.", crs=str(ref.crs)),
                    "Give it in WGS 84 or an EPSG system.", code="raster_shifted_crs")
        )  # fmt: skip


def _crs_text(crs: rasterio.crs.CRS) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt())


def _bad(ref: FileRef, code: str, message: str, remedy: str = "Export it again as GeoTIFF.") -> InputError:
    return InputError(Problem(ref.name, message, remedy, code=code))
