"""The streets, walls and gates of a study while edits are made to them; never leaves `geo.plan.apply`.

A street row is kept whole and described by its stops: where junctions, cuts and closed stretches begin. Only the rows
that an edit touches have any. Stops stand at whole centimetres counted from the start of the row, so that the parts
add up to it exactly and the order of edits is of no consequence.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from geo.model.crs import WGS84
from geo.model.study import Study
from geo.walk.build import CM_PER_M
from geo.walk.walls import TOUCH_M, find_crossings


@dataclass
class Stop:
    """A place on a row: centimetres and planar metres from its start, the junction before it and the one after.

    Both are one, unless the street is cut there.
    """

    cm: int
    along: float
    before: int
    after: int


@dataclass(frozen=True)
class Part:
    """A stretch of a row between two stops: base row (-1 new), its own start, centimetres, junctions, line."""

    row: int
    start_cm: int
    cm: int
    from_node: int
    to_node: int
    line: shapely.LineString
    is_closed: bool


@dataclass
class Draft:
    """A study under edit. ``made`` are rows of streets that edits add: id, line, centimetres, name, kind.

    Rows beyond the base's are those of ``made``. ``walls`` and ``gates`` hold what changed, by row of the base;
    ``opened`` are the lines and points where somebody may walk now who could not before.
    """

    study: Study
    scale: float
    next_node: int
    lines: NDArray[np.object_]
    stops: dict[int, list[Stop]] = field(default_factory=dict)
    closed: dict[int, list[shapely.Polygon]] = field(default_factory=dict)
    made: list[dict[str, Any]] = field(default_factory=list)
    walls: dict[int, shapely.Geometry] = field(default_factory=dict)
    gates: dict[int, str] = field(default_factory=dict)
    made_gates: list[dict[str, Any]] = field(default_factory=list)
    opened: list[shapely.Geometry] = field(default_factory=list)

    def line_of(self, row: int) -> shapely.LineString:
        """Return the whole line of a row."""
        base = len(self.lines)
        return self.lines[row] if row < base else self.made[row - base]["line"]

    def cm_of(self, row: int) -> int:
        """Return the length of a row on the ground, centimetres, as the network counts it."""
        base = len(self.study.streets)
        if row >= base:
            return int(self.made[row - base]["cm"])
        return int(np.rint(self.study.streets["length_m"].iat[row] * CM_PER_M))


def start_draft(study: Study, scale: float) -> Draft:
    """Return a draft without edits; ``scale`` is that of the network (metres of study.crs per metre on the ground)."""
    streets = study.streets
    top = max(streets["from_node"].max(), streets["to_node"].max()) if len(streets) else 0
    return Draft(study, scale, int(top) + 1, streets.geometry.to_numpy())


def to_study(draft: Draft, lon_lat: list[list[float]]) -> list[tuple[float, float]]:
    """Return places in study.crs."""
    turn = pyproj.Transformer.from_crs(WGS84, draft.study.crs, always_xy=True)
    x, y = turn.transform([p[0] for p in lon_lat], [p[1] for p in lon_lat])
    return list(zip(map(float, x), map(float, y), strict=True))


def rows_near(draft: Draft, shape: shapely.Geometry, distance: float) -> list[int]:
    """Return the rows of streets within planar metres of a shape, ascending."""
    found = draft.study.streets.sindex.query(shape, predicate="dwithin", distance=distance)
    base = len(draft.study.streets)
    more = [base + n for n, made in enumerate(draft.made) if made["line"].distance(shape) <= distance]
    return [*sorted(int(row) for row in found), *more]


def is_closed_at(draft: Draft, row: int, point: shapely.Point) -> bool:
    """Return whether the row is closed at a point."""
    return any(area.covers(point) for area in draft.closed.get(row, ()))


def stop_at(draft: Draft, row: int, along: float) -> Stop:
    """Return the stop of a row at planar metres from its start, made where there is none."""
    stops = _stops(draft, row)
    line, whole = draft.line_of(row), draft.cm_of(row)
    cm = round(whole * along / line.length) if line.length else 0
    at = bisect.bisect_left(stops, cm, key=lambda stop: stop.cm)
    if at < len(stops) and stops[at].cm == cm:
        return stops[at]
    stops.insert(at, Stop(cm, along, draft.next_node, draft.next_node))
    draft.next_node += 1
    return stops[at]


def cut_at(draft: Draft, row: int, along: float) -> None:
    """Cut a row: what lies before the place and what lies after it no longer meet there."""
    stop = stop_at(draft, row, along)
    if stop.before == stop.after:
        stop.before, stop.after = draft.next_node, draft.next_node + 1
        draft.next_node += 2


def close_inside(draft: Draft, row: int, area: shapely.Polygon) -> None:
    """Close the stretches of a row that lie inside an area."""
    line = draft.line_of(row)
    for point in shapely.get_parts(shapely.intersection(line, area.boundary)):
        if point.geom_type == "Point":
            stop_at(draft, row, float(line.project(point)))
    _stops(draft, row)
    draft.closed.setdefault(row, []).append(area)


def add_row(draft: Draft, made: dict[str, Any], at: list[tuple[float, int]]) -> None:
    """Add a street. ``at`` lists planar metres along its line and the junction there; loose ends get new ones."""
    row = len(draft.study.streets) + len(draft.made)
    draft.made.append(made)
    length = made["line"].length
    stops = [Stop(round(made["cm"] * along / length), along, node, node) for along, node in sorted(at)]
    for along, cm, place in ((0.0, 0, 0), (length, int(made["cm"]), len(stops) + 1)):
        if not any(stop.cm == cm for stop in stops):
            stops.insert(place, Stop(cm, along, draft.next_node, draft.next_node))
            draft.next_node += 1
    twice = [b for a, b in itertools.pairwise(stops) if (a.cm, a.after) == (b.cm, b.after)]
    draft.stops[row] = [stop for stop in stops if not any(stop is other for other in twice)]
    draft.opened.append(made["line"])


def parts_of(draft: Draft, row: int) -> Iterator[Part]:
    """Yield the parts of a touched row, in order; closed ones have junctions of their own."""
    line = draft.line_of(row)
    origin = row if row < len(draft.study.streets) else -1
    for a, b in itertools.pairwise(draft.stops[row]):
        is_closed = is_closed_at(draft, row, line.interpolate((a.along + b.along) / 2))
        start, end = a.after, b.before
        if is_closed:
            start, end, draft.next_node = draft.next_node, draft.next_node + 1, draft.next_node + 2
        yield Part(origin, a.cm, b.cm - a.cm, start, end, _stretch(line, a.along, b.along), is_closed)


def _stretch(line: shapely.LineString, start: float, end: float) -> shapely.LineString:
    """Return the line between two places; one of no length is a line of two equal points."""
    found = substring(line, start, end)
    return found if found.geom_type == "LineString" else shapely.LineString([found, found])


def walls_now(draft: Draft) -> gpd.GeoDataFrame:
    """Return the walls as the edits so far leave them; those opened whole are gone."""
    walls = draft.study.walls
    if not draft.walls:
        return walls
    shapes = walls.geometry.to_numpy().copy()
    for row, shape in draft.walls.items():
        shapes[row] = shape
    return walls.set_geometry(gpd.GeoSeries(shapes, index=walls.index, crs=walls.crs))[~shapely.is_empty(shapes)]


def gates_now(draft: Draft) -> gpd.GeoDataFrame:
    """Return the gates as the edits so far leave them."""
    gates = draft.study.gates
    access = gates["access"].to_numpy(dtype=object).copy()
    for row, value in draft.gates.items():
        access[row] = value
    changed = gates.assign(access=access)
    if not draft.made_gates:
        return changed
    return with_rows(changed, draft.made_gates)


def with_rows(table: gpd.GeoDataFrame, rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Return the table with more rows; columns that a row does not give are null."""
    more = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=table.crs)
    for name in table.columns.difference(more.columns):
        more[name] = pd.Series([None] * len(more), dtype=table[name].dtype if table[name].dtype != bool else object)
        if table[name].dtype == bool:
            more[name] = False
    more = more[list(table.columns)]
    if table.empty:
        return gpd.GeoDataFrame(more, geometry="geometry", crs=table.crs)
    for name in more.columns:
        if more[name].dtype != table[name].dtype:
            more[name] = more[name].astype(table[name].dtype)
    return gpd.GeoDataFrame(pd.concat([table, more], ignore_index=True), geometry="geometry", crs=table.crs)


def _stops(draft: Draft, row: int) -> list[Stop]:
    """Return the stops of a row; where walls of the planner cross it is told first, as the network cuts it."""
    if row in draft.stops:
        return draft.stops[row]
    street = draft.study.streets.iloc[row]
    line, cm = draft.line_of(row), draft.cm_of(row)
    start, end = int(street["from_node"]), int(street["to_node"])
    draft.stops[row] = [Stop(0, 0.0, start, start), Stop(cm, line.length, end, end)]
    near = draft.study.walls.iloc[np.sort(draft.study.walls.sindex.query(line, predicate="intersects"))]
    crossings = find_crossings(np.array([line], dtype=object), near, draft.study.gates.iloc[:0])
    for along in crossings.along_m[crossings.is_planners]:
        if TOUCH_M < along < line.length - TOUCH_M:
            stop_at(draft, row, float(along))
    return draft.stops[row]
