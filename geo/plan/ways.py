"""Edits of the ways: paths drawn, walls opened, gates added and shut, streets closed.

Every function changes the draft, or says why it cannot and leaves it as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.ops import nearest_points, substring

from geo.plan.draft import (
    Draft,
    add_row,
    close_inside,
    cut_at,
    gates_now,
    is_closed_at,
    rows_near,
    stop_at,
    to_study,
    walls_now,
)
from geo.plan.edits import OPENING_M, TOLERANCE_M, Edit
from geo.plan.scenario import edit_digest
from geo.walk.build import CM_PER_M
from geo.walk.walls import GATE_REACH_M, find_crossings

Refuse = Callable[[str, str, str], None]
"""Called with code, message and remedy of a fault."""

LINK_REACH_M = 60.0
"""An opening links the nearest streets on both sides within this distance (ours: a court deep)."""

LINK_EVERY_M = 50.0
"""A wall opened whole is crossed this often (ours: half a street block)."""

SHUT_M = 1.0
"""A gate that is shut cuts the streets that pass this near."""

_TRIM_M = 0.02
_NEAR_END_M = 0.01


def add_path(draft: Draft, edit: Edit, refuse: Refuse) -> None:
    """Add a drawn line as a street, joined where it meets streets."""
    coords = to_study(draft, edit.values["line"])
    form = edit.values["form"]
    reach = edit.get("tolerance_m", TOLERANCE_M) * draft.scale
    ends = [_nearest_street(draft, shapely.Point(coords[i]), reach) for i in (0, -1)]
    feet = [None if end is None else draft.line_of(end[0]).interpolate(end[1]).coords[0] for end in ends]
    first, last = ([] if f is None or f == c else [f] for f, c in zip(feet, (coords[0], coords[-1]), strict=True))
    line = shapely.LineString([*first, *coords, *last])
    met = [] if form == "bridge" else _meetings(draft, line)
    missing = [name for name, end in zip(("start", "end"), ends, strict=True) if end is None]
    if (form != "path" and missing) or (len(missing) == 2 and not met):
        more = f"within {reach / draft.scale:g} m of its {' and '.join(missing)}" if missing else "anywhere"
        refuse("edit_no_street", f"the {form} meets no street {more}.", "Draw it up to a street, or set tolerance_m.")
        return
    if _is_walled(draft, line):
        refuse("edit_behind_wall", f"the {form} runs through a wall.", "Open the wall or add a gate there first.")
        return
    ends_along = [(0.0, ends[0]), (line.length, ends[1])]
    met = [(a, row, b) for a, row, b in met if not _is_at_end(a, row, ends_along)]
    met += [(along, *end) for along, end in ends_along if end is not None]
    _add_street(draft, edit, line, met, kind=form)


def open_wall(draft: Draft, edit: Edit, refuse: Refuse) -> None:
    """Take a wall down, whole or in part, and link the streets on both sides of the opening."""
    rows = np.flatnonzero((draft.study.walls["wall_id"] == edit.values["wall_id"]).to_numpy())
    if not len(rows):
        refuse("edit_unknown_id", f"no wall '{edit.values['wall_id'][:40]}' in the study.", "Take an id of the walls.")
        return
    row = int(rows[0])
    wall = draft.walls.get(row, draft.study.walls.geometry.iloc[row])
    if wall.is_empty:
        refuse("edit_conflict", "the wall is open already.", "Leave the edit out.")
        return
    if "at" not in edit.values:
        draft.walls[row] = shapely.LineString()
        draft.opened.append(wall)
        for point in every(wall, LINK_EVERY_M * draft.scale):
            _link_across(draft, edit, point, wall)
        return
    here = shapely.Point(to_study(draft, [edit.values["at"]])[0])
    if here.distance(wall) > TOLERANCE_M * draft.scale:
        refuse("edit_no_wall", f"the place is {here.distance(wall) / draft.scale:,.0f} m from the wall.",
             f"Give one within {TOLERANCE_M:g} m.")  # fmt: skip
        return
    middle = nearest_points(wall, here)[0]
    disc = middle.buffer(edit.get("width_m", OPENING_M) / 2 * draft.scale)
    draft.walls[row] = wall.difference(disc)
    draft.opened.append(wall.intersection(disc))
    _add_gate(draft, edit, middle, "public")
    _link_across(draft, edit, middle, wall)


def add_gate(draft: Draft, edit: Edit, refuse: Refuse) -> None:
    """Add a gate in the wall nearest to a place, and link the streets on both sides of it."""
    here = shapely.Point(to_study(draft, [edit.values["at"]])[0])
    walls = walls_now(draft)
    near = walls.iloc[walls.sindex.query(here, predicate="dwithin", distance=TOLERANCE_M * draft.scale)]
    if near.empty:
        refuse("edit_no_wall", f"no wall within {TOLERANCE_M:g} m of the gate.", "Put the gate on a wall.")
        return
    near = near.iloc[np.lexsort((near["wall_id"].to_numpy(dtype=str), near.distance(here).to_numpy()))]
    wall = near.geometry.iloc[0]
    middle = nearest_points(wall, here)[0]
    _add_gate(draft, edit, middle, edit.values["access"])
    _link_across(draft, edit, middle, wall)


def close_gate(draft: Draft, edit: Edit, refuse: Refuse) -> None:
    """Shut a gate; streets through it are cut there."""
    gates = gates_now(draft)
    rows = np.flatnonzero((gates["gate_id"] == edit.values["gate_id"]).to_numpy())
    if not len(rows):
        refuse("edit_unknown_id", f"no gate '{edit.values['gate_id'][:40]}' in the study.", "Take an id of the gates.")
        return
    row, base = int(rows[0]), len(draft.study.gates)
    if gates["access"].iloc[row] == "closed":
        refuse("edit_conflict", "the gate is shut already.", "Leave the edit out.")
        return
    if row < base:
        draft.gates[row] = "closed"
    else:
        draft.made_gates[row - base]["access"] = "closed"
    here = gates.geometry.iloc[row]
    for street in rows_near(draft, here, SHUT_M * draft.scale):
        cut_at(draft, street, float(draft.line_of(street).project(here)))


def close_street(draft: Draft, edit: Edit, refuse: Refuse) -> None:
    """Close streets: the nearest at a point, those that cross a line, or all inside an area."""
    if "at" in edit.values:
        found = _nearest_street(
            draft, shapely.Point(to_study(draft, [edit.values["at"]])[0]), TOLERANCE_M * draft.scale
        )
        if found is None:
            refuse("edit_no_street", f"no street within {TOLERANCE_M:g} m of the place.", "Give a place on a street.")
        else:
            cut_at(draft, *found)
        return
    key = "line" if "line" in edit.values else "area"
    coords = to_study(draft, edit.values[key])
    shape = shapely.LineString(coords) if key == "line" else shapely.Polygon(coords)
    if not shape.is_valid:
        refuse("edit_shape", "the outline crosses itself.", "Draw it again.")
        return
    rows = rows_near(draft, shape, 0.0)
    if not rows:
        refuse("edit_no_street", f"no street meets the {key}.", "Draw it over a street.")
    for row in rows:
        if key == "area":
            close_inside(draft, row, shape)
            continue
        for point in _points(shapely.intersection(draft.line_of(row), shape)):
            cut_at(draft, row, float(draft.line_of(row).project(point)))


def every(wall: shapely.Geometry, step: float) -> list[shapely.Point]:
    """Return points along a wall, at most planar metres apart and half of that from its ends."""
    count = max(1, int(np.ceil(wall.length / step)))
    return [wall.interpolate((n + 0.5) / count, normalized=True) for n in range(count)]


def _add_gate(draft: Draft, edit: Edit, point: shapely.Point, access: str) -> None:
    draft.made_gates.append(
        {"gate_id": f"gate-{edit_digest(edit)}", "name": edit.get("name"), "access": access,
         "hours": edit.get("hours"), "source": "scenario", "geometry": point}
    )  # fmt: skip
    draft.opened.append(point)


def link_at(
    draft: Draft, point: shapely.Point, wall: shapely.Geometry, walls: gpd.GeoDataFrame
) -> tuple[tuple[int, float], tuple[int, float]] | None:
    """Return the nearest streets in sight on both sides of a wall: row and metres along it, left, then right.

    None where a street passes there already, or where a side has no street within `LINK_REACH_M`.
    """
    span = wall.intersection(point.buffer(GATE_REACH_M))
    if any(draft.line_of(row).intersects(span) for row in rows_near(draft, point, GATE_REACH_M)):
        return None
    at = wall.project(point)
    a, b = (shapely.get_coordinates(wall.interpolate(s))[0] for s in (max(at - 0.5, 0), min(at + 0.5, wall.length)))
    best: dict[bool, tuple[float, int, float]] = {}
    for row in rows_near(draft, point, LINK_REACH_M * draft.scale):
        line = draft.line_of(row)
        along = float(line.project(point))
        foot = line.interpolate(along)
        offset = max((_side(a, b, line.interpolate(s)) for s in (along, max(along - 1, 0), along + 1)), key=abs)
        found = (float(foot.distance(point)), row, along)
        side = bool(offset > 0)
        if side in best and best[side] <= found:
            continue
        if _in_sight(foot, point, walls) and not is_closed_at(draft, row, foot):
            best[side] = found
    return (best[True][1:], best[False][1:]) if len(best) == 2 else None


def _link_across(draft: Draft, edit: Edit, point: shapely.Point, wall: shapely.Geometry) -> None:
    """Link the nearest streets in sight on both sides of a wall, unless a street passes there already."""
    found = link_at(draft, point, wall, walls_now(draft))
    if found is not None:
        near, far = (draft.line_of(row).interpolate(along) for row, along in found)
        line = shapely.LineString([near, point, far])
        _add_street(draft, edit, line, [(0.0, *found[0]), (line.length, *found[1])], kind="path")


def _add_street(
    draft: Draft, edit: Edit, line: shapely.LineString, met: list[tuple[float, int, float]], *, kind: str
) -> None:
    """Add a street that meets others: metres along it, their row, metres along that."""
    nodes = [(along, stop_at(draft, row, there).after) for along, row, there in met]
    nth = sum(made["edge_id"].startswith(f"path-{edit_digest(edit)}") for made in draft.made)
    made = {
        "edge_id": f"path-{edit_digest(edit)}" + (f"-{nth}" if nth else ""), "line": line, "kind": kind,
        "cm": max(1, round(line.length / draft.scale * CM_PER_M)), "name": edit.get("name"),
    }  # fmt: skip
    add_row(draft, made, nodes)


def _nearest_street(draft: Draft, point: shapely.Point, reach: float) -> tuple[int, float] | None:
    """Return the row of the nearest street and planar metres along it, None where none is within reach."""
    found = []
    for row in rows_near(draft, point, reach):
        line = draft.line_of(row)
        along = float(line.project(point))
        if not is_closed_at(draft, row, line.interpolate(along)):
            found.append((float(line.distance(point)), row, along))
    return min(found)[1:] if found else None


def _meetings(draft: Draft, line: shapely.LineString) -> list[tuple[float, int, float]]:
    """Return where a line meets streets: metres along it, the row, metres along that; the ends of shared stretches."""
    met = []
    for row in rows_near(draft, line, 0.0):
        street = draft.line_of(row)
        for point in _points(shapely.intersection(street, line)):
            if not is_closed_at(draft, row, point):
                met.append((float(line.project(point)), row, float(street.project(point))))
    return sorted(met)


def _points(shape: shapely.Geometry) -> list[shapely.Point]:
    """Return the points of an intersection of lines, and the ends of what the lines share."""
    found: list[shapely.Point] = []
    for part in shapely.get_parts(shape):
        ends = [part.coords[0], part.coords[-1]] if part.geom_type == "LineString" else [part.coords[0]]
        found += [shapely.Point(xy) for xy in ends]
    return found


def _is_at_end(along: float, row: int, ends: list[tuple[float, tuple[int, float] | None]]) -> bool:
    return any(end is not None and end[0] == row and abs(along - at) < _NEAR_END_M for at, end in ends)


def _is_walled(draft: Draft, line: shapely.LineString) -> bool:
    walls = walls_now(draft)
    near = walls.iloc[walls.sindex.query(line, predicate="intersects")]
    lines: Any = np.array([line], dtype=object)
    return bool(find_crossings(lines, near, gates_now(draft)).cuts.any())


def _in_sight(foot: shapely.Point, point: shapely.Point, walls: gpd.GeoDataFrame) -> bool:
    """Return whether the straight way between a street and an opening, short of both, crosses no wall."""
    if foot.distance(point) <= 2 * _TRIM_M:
        return True
    whole = shapely.LineString([foot, point])
    way = substring(whole, _TRIM_M, whole.length - _TRIM_M)
    return not len(walls.sindex.query(way, predicate="intersects"))


def _side(a: np.ndarray, b: np.ndarray, point: shapely.Point) -> float:  # type: ignore[type-arg]
    """Return how far a point lies left (above 0) or right of the line from a to b, times its length."""
    return float((b[0] - a[0]) * (point.y - a[1]) - (b[1] - a[1]) * (point.x - a[0]))
