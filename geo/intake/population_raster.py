"""People from a population raster (WorldPop, GHS-POP): every cell where somebody lives is a place."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj

from geo.intake.raster import read_raster
from geo.intake.raw import FileRef
from geo.intake.rows import Read
from geo.model.crs import WGS84
from geo.model.errors import InputError, Problem, told
from geo.model.study import FileReport

ENDINGS = (".tif", ".tiff")
BEYOND_DEGREES = 0.02
"""Cells this far beyond the streets (about 2 km) are still read, and told as joining no street."""


def is_raster(ref: FileRef | None) -> bool:
    """Return whether a file is a raster by its ending."""
    return ref is not None and ref.path.suffix.casefold() in ENDINGS


def read_population_raster(ref: FileRef, extent: tuple[float, float, float, float]) -> Read:
    """Return demand (`tables.DEMAND`, EPSG:4326) from a raster of people per cell, and the report of the file.

    Parameters
    ----------
    extent
        West, south, east, north of the streets in degrees; cells far beyond are left out and told.

    Raises
    ------
    InputError, CrsError, SourceError
        No raster, or none that lies on the study.
    """
    raster = read_raster(ref)
    rows, columns = np.nonzero(np.nan_to_num(raster.values) != 0)
    a, b, c, d, e, f = raster.transform
    x, y = a * (columns + 0.5) + b * (rows + 0.5) + c, d * (columns + 0.5) + e * (rows + 0.5) + f
    lon, lat = pyproj.Transformer.from_crs(raster.crs, WGS84, always_xy=True).transform(x, y)
    west, south, east, north = extent
    inside = (lon >= west - BEYOND_DEGREES) & (lon <= east + BEYOND_DEGREES)
    inside &= (lat >= south - BEYOND_DEGREES) & (lat <= north + BEYOND_DEGREES)
    if not inside.any():
        message = "the raster has nobody where the streets are."
        raise InputError(Problem(ref.name, message, "Check its coordinate system and place.", "raster_elsewhere"))
    rows, columns, lon, lat = rows[inside], columns[inside], lon[inside], lat[inside]
    people = raster.values[rows, columns].round(3)
    negative, kept = people < 0, people > 0
    problems = [
        _note(
            ref,
            "raster_people",
            told("{cells} cells hold {people:,.0f} people, modelled.", cells=kept.sum(), people=people[kept].sum()),
        )
    ]
    if negative.any():
        message = told("{cells} cells hold fewer than no people; they are left out.", cells=negative.sum())
        problems.append(Problem(ref.name, message, "Check which number stands for no value.", "people_negative",
                                count=int(negative.sum())))  # fmt: skip
    if not inside.all():
        message = told("{cells} cells with people lie far beyond the streets; they belong to other studies.",
                       cells=(~inside).sum())  # fmt: skip
        problems.append(_note(ref, "raster_cut", message))
    table = gpd.GeoDataFrame(
        {
            "demand_id": [f"r{row}c{column}" for row, column in zip(rows[kept], columns[kept], strict=True)],
            "name": None, "people": people[kept], "people_source": "raster", "source": ref.name,
        },
        geometry=gpd.points_from_xy(lon[kept], lat[kept]), crs=WGS84,
    )  # fmt: skip
    read, rejected = int((negative | kept).sum()), int(negative.sum())
    facts = {"crs": raster.crs, "people": float(people[kept].sum().round(3)), "encoding": "", "columns": {}}
    return table, FileReport("demand", ref.name, read, read - rejected, 0, rejected, tuple(problems), facts)


def _note(ref: FileRef, code: str, message: str) -> Problem:
    return Problem(ref.name, message, code=code, severity="note")
