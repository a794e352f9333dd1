"""A planner's places without people or category: points for a table of walks, places to build, areas to keep free."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd

from geo.intake.columns import Aliases
from geo.intake.layer import open_rows
from geo.intake.raw import FileRef
from geo.intake.rows import POINTS, POLYGONS
from geo.model.crs import WGS84
from geo.model.errors import InputError


def read_points(ref: FileRef, aliases: Aliases) -> gpd.GeoDataFrame:
    """Return points with an ``id`` column (their own, else the row number) in EPSG:4326, for a distance table.

    Raises
    ------
    InputError
        Any row has no usable place.
    """
    return _read(ref, aliases, POINTS)


def read_candidates(ref: FileRef, aliases: Aliases) -> gpd.GeoDataFrame:
    """Return points and parcels as `read_points` does."""
    return _read(ref, aliases, (*POINTS, *POLYGONS))


def read_areas(ref: FileRef, aliases: Aliases) -> gpd.GeoDataFrame:
    """Return areas as `read_points` does."""
    return _read(ref, aliases, POLYGONS)


def _read(ref: FileRef, aliases: Aliases, kinds: Sequence[str]) -> gpd.GeoDataFrame:
    rows = open_rows(ref, "points", aliases, kinds=kinds)
    if rows.rejected.any():
        raise InputError([p for p in rows.problems if p.severity == "error"])
    given = rows.text("id")
    ids = [value if value is not None else str(row) for row, value in enumerate(given, start=1)]
    return gpd.GeoDataFrame({"id": ids}, geometry=rows.shapes, crs=WGS84)
