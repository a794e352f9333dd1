"""Streets from a layer that is not OpenStreetMap: lines joined where they meet, with a tolerance that is told."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.intake.columns import Aliases
from geo.intake.layer import open_rows
from geo.intake.noding import islands, node_lines
from geo.intake.osm_streets import COORDINATE_UNIT, Ways, cut_into_pieces
from geo.intake.osm_tags import ONLY_IF_FOOT, WAY_TAGS
from geo.intake.raw import FileRef
from geo.intake.rows import LINES, Read, Rows
from geo.model.crs import WGS84, metric_crs
from geo.model.errors import told
from geo.model.standards.hindrances import CROSSINGS, ROADS

SNAP_M = 0.5
"""Ends of lines closer than this meet (ours: the drawing accuracy of 1:1,000 maps, recalled)."""

NOT_WALKED = frozenset({*ONLY_IF_FOOT, "高速公路", "高速"})
"""Kinds of street that nobody walks on, as in OpenStreetMap."""

_TAGS = ("wheelchair", "surface", "smoothness", "width", "incline", "oneway:foot", "oneway", "bridge", "tunnel")
"""Tags that a street layer may tell in columns, as OpenStreetMap writes them."""

_NO = (None, "0", "no", "否", "f", "false", "none")


@dataclass(frozen=True)
class Joining:
    """How lines of a street layer are joined: the tolerance, metres, and whether lines of one level that cross meet."""

    snap_m: float = SNAP_M
    join_crossings: bool = False


JOINING = Joining()


def read_street_layer(ref: FileRef, aliases: Aliases, joining: Joining = JOINING) -> Read:
    """Return pieces of street between junctions (`tables.STREETS` without lengths, EPSG:4326) and the report.

    ``kind``, ``name`` and `_TAGS` come from columns of these names, levels from ``layer``, ``bridge`` and ``tunnel``.
    Every line may be walked but those of `NOT_WALKED`. A line whose ``crossing`` names a road is one crossing.

    Raises
    ------
    InputError, CrsError, SourceError
        The file as a whole cannot be used.
    """
    rows = open_rows(ref, "streets", aliases, kinds=LINES)
    kinds = np.array([kind or "street" for kind in rows.text("kind")], dtype=object)
    is_walked = ~rows.rejected & ~np.isin(kinds, list(NOT_WALKED))
    found = ", ".join(sorted({str(kind) for kind in kinds[~rows.rejected & ~is_walked]}))
    message = told("nobody walks there ({kinds}): left out.", kinds=found)
    rows.fault(~is_walked, "streets_not_walked", message, remedy="", severity="note")
    shapes = rows.shapes.copy()
    shapes[~is_walked] = None
    lines, owner = shapely.get_parts(shapes, return_index=True)
    lines, owner = lines[shapely.length(lines) > 0], owner[shapely.length(lines) > 0]
    tags, crossing = _tags(rows, kinds)[owner], _crossings(rows)[owner]
    facts: dict[str, float] = {}
    if len(lines):
        before = _pieces(lines, tags)
        lines, facts = _joined(lines, _levels(rows)[owner], joining)
        facts["islands_before"] = islands(before["from_node"].to_numpy(), before["to_node"].to_numpy())
    table = _told(_pieces(lines, tags), crossing)
    if len(lines):
        facts["islands"] = islands(table["from_node"].to_numpy(), table["to_node"].to_numpy())
        _tell(rows, facts, joining)
    _, report = rows.finish("streets", pd.DataFrame(index=range(len(rows.columns))), **facts)
    return table, report


def _tags(rows: Rows, kinds: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the values of `WAY_TAGS` for every line, None where no column tells them."""
    given = {name: rows.text(name) for name in _TAGS} | {"highway": kinds, "name": rows.text("name")}
    for name in ("bridge", "tunnel"):
        given[name] = np.array(
            [None if str(v).casefold() in map(str, _NO) else "yes" for v in given[name]], dtype=object
        )
    nothing = np.full(len(kinds), None, dtype=object)
    return np.column_stack([given.get(name, nothing) for name in WAY_TAGS])


def _crossings(rows: Rows) -> NDArray[np.object_]:
    """Return the road that every line crosses as one of `CROSSINGS`, None where it crosses none."""
    said = np.array(
        [None if str(v).casefold() in map(str, _NO) else str(v) for v in rows.text("crossing")], dtype=object
    )
    unknown = np.array([v not in CROSSINGS for v in said], dtype=bool)
    message = told(
        "a crossing of no known road: {words}.", words=", ".join(sorted({str(v) for v in said[unknown]})[:3])
    )
    remedy = told("Write one of {known}, with ' signals' where there are lights.", known=", ".join(ROADS))
    rows.fault(unknown, "crossing_unknown", message, remedy=remedy, column="crossing", severity="note")
    said[unknown] = None
    return said


def _told(table: gpd.GeoDataFrame, crossing: NDArray[np.object_]) -> gpd.GeoDataFrame:
    """Return pieces with half the crossing of each line at its start, and half at its end."""
    line = table["edge_id"].str.split("-").str[1].astype(int) - 1
    said = pd.Series(crossing[line.to_numpy(int)], index=table.index, dtype=object)
    for column, keep in (("crossing_from", "first"), ("crossing_to", "last")):
        here = said.where(~line.duplicated(keep=keep), None)
        table[column] = here.where(said.notna(), table[column])
    return table


def _levels(rows: Rows) -> NDArray[np.int64]:
    """Return the level of every line: its layer, else 1 on a bridge, -1 in a tunnel, 0 on the ground."""
    layer = rows.number("layer", remedy="Give a whole number or leave it empty.")
    over, under = ([str(v).casefold() not in map(str, _NO) for v in rows.text(name)] for name in ("bridge", "tunnel"))
    return np.where(np.isnan(layer), np.subtract(over, under, dtype=int), np.nan_to_num(layer)).astype(np.int64)


def _joined(
    lines: NDArray[np.object_], level: NDArray[np.int64], joining: Joining
) -> tuple[NDArray[np.object_], dict[str, float]]:
    """Return lines (EPSG:4326) that share a vertex where they meet, and the counts."""
    west, south, east, north = shapely.total_bounds(lines)
    crs = metric_crs((west + east) / 2, (south + north) / 2)
    metric = gpd.GeoSeries(lines, crs=WGS84).to_crs(crs).to_numpy()
    noded = node_lines(metric, level, joining.snap_m, join_crossings=joining.join_crossings)
    return gpd.GeoSeries(noded.lines, crs=crs).to_crs(WGS84).to_numpy(), {"snap_m": joining.snap_m, **noded.facts()}


def _tell(rows: Rows, facts: dict[str, float], joining: Joining) -> None:
    """Say how lines were joined, and what was left apart."""
    crossings = facts.get("crossings_joined", facts.get("crossings_left"))
    rows.note(
        "streets_joined",
        told(
            "lines meet within {snap_m:g} m: {ends_joined:,} places where ends nearly touched, {ends_on_lines:,} ends "
            "on another line"
            + (", {crossings_joined:,} crossings" if joining.join_crossings else "")
            + ". The streets fall into {islands:,} parts; as drawn, into {islands_before:,}.",
            **facts,
        ),
        "Change the tolerance with --snap-m.",
    )
    if crossings and not joining.join_crossings:
        message = told(
            "{crossings:,} places where lines of one level cross without a common vertex: taken for bridges.",
            crossings=crossings,
        )
        rows.note("crossings_apart", message, "Load with --join-crossings where they are junctions.")


def _pieces(lines: NDArray[np.object_], tags: NDArray[np.object_]) -> gpd.GeoDataFrame:
    """Return lines cut where they share a vertex, to a centimetre."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    whole = np.rint(xy / COORDINATE_UNIT).astype(np.int64)
    again = np.zeros(len(whole), bool)
    again[1:] = (np.diff(whole, axis=0) == 0).all(axis=1) & (np.diff(line) == 0)
    whole, line = whole[~again], line[~again]
    _, number = np.unique(whole, axis=0, return_inverse=True)
    count = np.bincount(line, minlength=len(lines))
    ways = Ways()
    nodes = np.ascontiguousarray(np.column_stack([number.ravel(), whole]))
    word = np.fromiter(ways.numbers_of(tags.ravel().tolist()), np.int32, tags.size)
    ways.add_all(np.arange(1, len(lines) + 1), word.reshape(-1, len(WAY_TAGS)), count, nodes)
    table = cut_into_pieces(ways)
    table["edge_id"] = table["edge_id"].str.replace("osm/w", "line-")
    return table
