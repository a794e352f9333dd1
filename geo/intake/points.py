"""A planner's points for a table of walking distances."""

from __future__ import annotations

import geopandas as gpd

from geo.intake.columns import Aliases
from geo.intake.layer import open_rows
from geo.intake.raw import FileRef
from geo.intake.rows import POINTS
from geo.model.crs import WGS84
from geo.model.errors import InputError


def read_points(ref: FileRef, aliases: Aliases) -> gpd.GeoDataFrame:
    """Return points with an ``id`` column (their own, else the row number) in EPSG:4326, for a distance table.

    Raises
    ------
    InputError
        Any row has no usable place.
    """
    rows = open_rows(ref, "points", aliases, kinds=POINTS)
    if rows.rejected.any():
        raise InputError([p for p in rows.problems if p.severity == "error"])
    given = rows.text("id")
    ids = [value if value is not None else str(row) for row, value in enumerate(given, start=1)]
    return gpd.GeoDataFrame({"id": ids}, geometry=rows.shapes, crs=WGS84)
