"""Streets from a layer that is not OpenStreetMap: lines that meet where they share a vertex."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from geo.intake.columns import Aliases
from geo.intake.layer import open_rows
from geo.intake.osm_streets import Ways, cut_into_pieces
from geo.intake.raw import FileRef
from geo.intake.rows import LINES
from geo.model.study import FileReport

VERTEX_UNIT = 1e-7
"""Vertices closer than this many degrees (about a centimetre) are the same junction."""


def read_street_layer(ref: FileRef, aliases: Aliases) -> tuple[gpd.GeoDataFrame, FileReport]:
    """Return pieces of street between shared vertices (`tables.STREETS` without lengths, EPSG:4326) and the report.

    Every line may be walked. ``kind`` and ``name`` are taken from columns of these names.
    """
    rows = open_rows(ref, "streets", aliases, kinds=LINES)
    shapes = rows.shapes.copy()
    shapes[rows.rejected] = None
    lines, owner = shapely.get_parts(shapes, return_index=True)
    kinds, names = rows.text("kind"), rows.text("name")
    xy, line = shapely.get_coordinates(lines, return_index=True)
    whole = np.rint(xy / VERTEX_UNIT).astype(np.int64)
    _, number = np.unique(whole, axis=0, return_inverse=True)
    ways = Ways()
    for row, (first, last) in enumerate(_spans(line, len(lines))):
        tags = {"highway": str(kinds[owner[row]] or "street")}
        if names[owner[row]]:
            tags["name"] = str(names[owner[row]])
        nodes = zip(number[first:last].tolist(), *whole[first:last].T.tolist(), strict=True)
        ways.add(row + 1, tags, list(nodes))
    table = cut_into_pieces(ways)
    table["edge_id"] = table["edge_id"].str.replace("osm/w", "line-")
    _, report = rows.finish("streets", gpd.GeoDataFrame({"row": owner[:0]}).reindex(range(len(rows.columns))))
    return table, report


def _spans(line: np.ndarray, count: int) -> list[tuple[int, int]]:  # type: ignore[type-arg]
    first = np.searchsorted(line, np.arange(count + 1))
    return list(zip(first[:-1].tolist(), first[1:].tolist(), strict=True))
