"""The JSON API: studies, results and the map's geometry. Described at /api/v1/openapi.json."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from flask import Blueprint, Response, current_app

from geo.judge.coverage import cost_of_rule
from geo.judge.patches import draw_gaps
from geo.model.assessment import CAUSES
from geo.model.crs import WGS84
from geo.model.errors import NotFoundError
from layers.catalog import make_layer
from layers.export import feature_collection
from layers.tiles import cut_tile
from web.answers import answer, to_json
from web.describe import describe_place, describe_study, describe_units
from web.openapi import describe_api
from web.prepare import Preparation
from web.problems import ParameterError
from web.queries import opened, parameters, place, rule_number, shelf, whole_number

blueprint = Blueprint("api", __name__)
GEOJSON, TILE = "application/geo+json", "application/vnd.mapbox-vector-tile"
DISPLAY_DEGREES = 2e-5
MOST_GAPS = 10_000


@blueprint.get("/healthz")
def healthz() -> Response:
    """Whether the process is alive."""
    parameters()
    return answer(to_json({"is_alive": True}))


@blueprint.get("/readyz")
def readyz() -> Response:
    """Whether the first start is done."""
    parameters()
    state = _preparation().to_json()
    response = answer(to_json(state))
    response.status_code = 200 if state["is_ready"] else 503
    return response


@blueprint.get("/api/v1/preparation")
def preparation() -> Response:
    """How far the first start is."""
    parameters()
    return answer(to_json(_preparation().to_json()))


@blueprint.get("/api/v1/openapi.json")
def openapi() -> Response:
    """The API, described."""
    parameters()
    return answer(to_json(describe_api()))


@blueprint.get("/api/v1/studies")
def studies() -> Response:
    """The stored studies."""
    parameters()
    found = []
    for name in shelf().names():
        one = opened(name)
        people = float(one.study.demand["people"].sum())
        found.append(
            {
                "name": name,
                "is_made_up": one.study.is_made_up,
                "people": people,
                "is_assessed": one.assessment is not None,
            }
        )
    return answer(to_json({"studies": found}))


@blueprint.get("/api/v1/studies/<study>")
def study(study: str) -> Response:
    """What a study is."""
    parameters()
    return answer(to_json(describe_study(opened(study), shelf().categories)))


@blueprint.get("/api/v1/studies/<study>/assessment")
def assessment(study: str) -> Response:
    """The first figures of the newest assessment."""
    parameters()
    return answer(to_json(opened(study).judged.headline))


@blueprint.get("/api/v1/studies/<study>/report")
def report(study: str) -> Response:
    """What loading found."""
    parameters()
    return answer(to_json(opened(study).study.report.to_json()))


@blueprint.get("/api/v1/studies/<study>/units")
def units(study: str) -> Response:
    """Every unit with its figures, rule by rule."""
    parameters()
    return answer(to_json(describe_units(opened(study))))


@blueprint.get("/api/v1/studies/<study>/units.geojson")
def units_geojson(study: str) -> Response:
    """The outlines of the units, simplified for the screen."""
    parameters()
    frame = opened(study).study.units[["unit_id", "name", "name_en", "level", "geometry"]].to_crs(WGS84)
    frame.insert(4, "at", _label_points(frame))
    frame["geometry"] = shapely.coverage_simplify(frame.geometry.to_numpy(), DISPLAY_DEGREES)
    return answer(feature_collection(frame, list(range(len(frame))), {}), kind=GEOJSON)


@blueprint.get("/api/v1/studies/<study>/gaps")
def gaps(study: str) -> Response:
    """The patches of uncovered people, most people first."""
    asked = parameters("rule", "limit")
    one = opened(study)
    frame = one.judged.gaps
    if "rule" in asked:
        rule_number(one, asked["rule"])
        frame = frame[frame["rule_id"] == asked["rule"]]
    limit = whole_number(asked.get("limit", "200"), name="limit", low=1, high=MOST_GAPS)
    total: dict[str, Any] = {"total": len(frame)}
    if "rule" in asked:
        total |= {f"people_{cause.replace(' ', '_')}": float(frame[f"people_{cause.replace(' ', '_')}"].sum())
                  for cause in CAUSES}  # fmt: skip
        total["people"] = total["people_none_in_range"] + total["people_severed"]
    names = one.study.units[["unit_id", "name", "name_en"]].rename(
        columns={"name": "unit_name", "name_en": "unit_name_en"}
    )
    shown = draw_gaps(one.study, one.judged, frame.head(limit)).merge(names, on="unit_id", how="left").to_crs(WGS84)
    shown.insert(0, "at", _label_points(shown))
    return answer(feature_collection(gpd.GeoDataFrame(shown), shown["gap_id"].tolist(), total), kind=GEOJSON)


@blueprint.get("/api/v1/studies/<study>/facilities")
def facilities(study: str) -> Response:
    """The facilities, of some categories or all."""
    asked = parameters("category")
    one = opened(study)
    frame = make_layer(one.study, one.judged, "facilities")
    if "category" in asked:
        wanted = asked["category"].split("|")
        unknown = [c for c in wanted if c not in shelf().categories.categories]
        if unknown:
            raise NotFoundError(f"no category '{unknown[0][:40]}'.")
        frame = frame[frame["category"].isin(wanted)]
    names = ["facility_id", "name", "name_en", "category", "capacity", "access_m", "people_in_reach", "geometry"]
    return answer(feature_collection(frame[names], frame["facility_id"].tolist(), {}), kind=GEOJSON)


@blueprint.get("/api/v1/studies/<study>/demand")
def demand(study: str) -> Response:
    """One rule's answer and distance for every home, in the order of their feature ids in the tiles."""
    asked = parameters("rule")
    if "rule" not in asked:
        raise ParameterError("'rule' is missing: rule=5min/kindergarten.")
    one = opened(study)
    judged, number = one.judged, rule_number(one, asked["rule"])
    rule = judged.standard.rules[number]
    walk = cost_of_rule(rule, [judged.categories.index(c) for c in rule.categories], judged.demand_walk_m)
    metres = [round(value) if value < np.inf else None for value in walk.tolist()]
    return answer(to_json({"status": judged.status[:, number].tolist(), "walk_m": metres}))


@blueprint.get("/api/v1/studies/<study>/tiles/<int:z>/<int:x>/<int:y>.mvt")
def tile(study: str, z: int, x: int, y: int) -> Response:
    """A vector tile of what lies beneath the figures."""
    parameters()
    data = cut_tile(opened(study).tiles, z, x, y)
    response = answer(data, kind=TILE)
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response


@blueprint.get("/api/v1/studies/<study>/at")
def at(study: str) -> Response:
    """The home nearest to a place, and how far it walks by every rule."""
    asked = parameters("at")
    if "at" not in asked:
        raise ParameterError("'at' is missing: at=104.06,30.66.")
    lon, lat = place(asked["at"])
    one = opened(study)
    point = gpd.GeoSeries(gpd.points_from_xy([lon], [lat]), crs=WGS84).to_crs(one.study.crs).iloc[0]
    return answer(to_json(describe_place(one, (point.x, point.y))))


def _label_points(frame: gpd.GeoDataFrame) -> list[list[float]]:
    """Return where a label stands: a point inside each shape, degrees."""
    points = shapely.get_coordinates(frame.geometry.representative_point().to_numpy())
    return np.round(points, 6).tolist()


def _preparation() -> Preparation:
    found: Preparation = current_app.extensions["preparation"]
    return found
