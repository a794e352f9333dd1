"""Where edits lie and what they could take hold of: the edits of a scenario as places, and what is near a place."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from flask import Blueprint, Response, request

from geo.judge.rollup import assign_units
from geo.model.crs import WGS84
from geo.model.study import Study
from geo.plan.edits import Edit
from geo.plan.scenario import Scenario, edit_digest, read_scenario
from layers.export import feature_collection
from web.answers import answer
from web.opened import Opened
from web.problems import ParameterError
from web.queries import opened, parameters, place, whole_number

blueprint = Blueprint("plan_places", __name__)
GEOJSON = "application/geo+json"
MOST_NEAR, NEAR = 100, 8
REACHES_M = (50.0, 300.0, 1500.0, 5000.0)
"""How far around a place is looked, step by step, until enough is found."""

TABLES = {
    "walls": ("walls", "wall_id", ("name", "kind")), "gates": ("gates", "gate_id", ("name", "access")),
    "facilities": ("facilities", "facility_id", ("name", "name_en", "category")),
    "homes": ("demand", "demand_id", ("name", "people")), "streets": ("streets", "edge_id", ("name", "kind")),
}  # fmt: skip
"""What can be near -> its table, the column with its id, and what is told of it."""

REFERENCES = {"facility_id": ("facilities", "new-"), "gate_id": ("gates", "gate-"), "demand_id": ("demand", "new-"),
              "wall_id": ("walls", "")}  # fmt: skip

MADE = {"add_facility": "facility_id", "add_people": "demand_id", "add_gate": "gate_id"}
"""Edits that make something that later edits may name, and by what."""


@blueprint.get("/api/v1/studies/<study>/near")
def near(study: str) -> Response:
    """What lies near a place, the nearest first: the point of it that is nearest, its id, how far away it is."""
    asked = parameters("at", "of", "limit")
    if "at" not in asked or asked.get("of") not in TABLES:
        raise ParameterError(f"'at' and 'of' are needed: at=104.50,30.40&of=walls. 'of': {', '.join(TABLES)}.")
    limit = whole_number(asked.get("limit", str(NEAR)), name="limit", low=1, high=MOST_NEAR)
    frame = near_rows(opened(study), asked["of"], place(asked["at"]), limit)
    return answer(feature_collection(frame, frame["id"].tolist(), {}), kind=GEOJSON)


@blueprint.post("/api/v1/studies/<study>/edits.geojson")
def edits(study: str) -> Response:
    """The edits of the scenario in the body as places, whether or not they fit; null where one has no place."""
    parameters()
    scenario = read_scenario(request.get_data(), "scenario")
    frame = edit_places(opened(study).study, scenario)
    head = {"name": "edits", "scenario": {"name": scenario.name, "id": scenario.scenario_id, "is_what_if": True}}
    return answer(feature_collection(frame, frame["number"].tolist(), head), kind=GEOJSON)


def near_rows(one: Opened, of: str, lon_lat: tuple[float, float], limit: int) -> gpd.GeoDataFrame:
    """Return the nearest rows of a table, at most ``limit``, as points in EPSG:4326."""
    name, key, told = TABLES[of]
    table: gpd.GeoDataFrame = getattr(one.study, name)
    scale = one.network.ground_scale
    here = gpd.GeoSeries([shapely.Point(lon_lat)], crs=WGS84).to_crs(one.study.crs).iloc[0]
    rows = np.empty(0, dtype=np.int64)
    for reach in REACHES_M:
        rows = np.sort(table.sindex.query(here, predicate="dwithin", distance=reach * scale))
        if len(rows) >= limit:
            break
    shapes = table.geometry.to_numpy()[rows]
    away = shapely.distance(shapes, here)
    order = np.argsort(away, kind="stable")[:limit]
    found = table.iloc[rows[order]]
    points = shapely.get_point(shapely.shortest_line(shapes[order], here), 0)
    values = {"id": found[key].tolist()} | {n: found[n].to_numpy(dtype=object) for n in told if n in found}
    values["away_m"] = np.round(away[order] / scale, 1)
    return gpd.GeoDataFrame(values, geometry=points, crs=one.study.crs).to_crs(WGS84)


def edit_places(study: Study, scenario: Scenario) -> gpd.GeoDataFrame:
    """Return one row per edit, in order: its number from 1, what it is, what it takes hold of, where, EPSG:4326.

    ``label`` is the name of what it takes hold of, else its id; ``unit_name`` the smallest unit it lies in.
    """
    rows: list[dict[str, Any]] = []
    made: dict[str, Any] = {}
    for number, edit in enumerate(scenario.edits, start=1):
        shape, label = _own_shape(edit), edit.get("name")
        for key, (table, _) in REFERENCES.items():
            if key in edit.values:
                known, name = _known(study, table, key, edit.values[key])
                shape = shape or known or made.get(edit.values[key])
                label = label or name or (None if edit.kind in MADE else edit.values[key])
        if edit.kind in MADE:
            key = MADE[edit.kind]
            made[edit.get(key) or f"{REFERENCES[key][1]}{edit_digest(edit)}"] = shape
        rows.append({"number": number, "edit": edit.kind, "is_on": edit.is_on, "label": label, "note": edit.note,
                     "cost": edit.cost, "category": edit.get("category"), "geometry": shape})  # fmt: skip
    columns = ("number", "edit", "is_on", "label", "note", "cost", "category", "geometry")
    frame = gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=WGS84)
    points = frame.geometry.representative_point().to_crs(study.crs)
    unit = assign_units(points.where(points.notna(), shapely.Point()), study.units)[0]
    for name in ("name", "name_en"):
        names = [*study.units[name].tolist(), None]
        frame.insert(len(columns) - 1, f"unit_{name}", [names[row] for row in unit])
    return frame


def _own_shape(edit: Edit) -> shapely.Geometry | None:
    """Return the shape that an edit gives itself, in degrees."""
    if "at" in edit.values:
        return shapely.Point(edit.values["at"])
    if "line" in edit.values:
        return shapely.LineString(edit.values["line"])
    return shapely.Polygon(edit.values["area"]) if "area" in edit.values else None


def _known(study: Study, name: str, key: str, value: str) -> tuple[shapely.Geometry | None, str | None]:
    """Return where a row of the study lies, in degrees, and its name; None where there is none of the id."""
    table: gpd.GeoDataFrame = getattr(study, name)
    found = table[table[key] == value]
    if found.empty:
        return None, None
    label = found["name"].iloc[0] if "name" in found else None
    return found.geometry.to_crs(WGS84).iloc[0], label if isinstance(label, str) else None
