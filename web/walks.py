"""The API of walking: isochrones of a place, service areas of facilities, the walk to the nearest."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
from flask import Blueprint, Response

from geo.model.errors import InputError, LimitError
from geo.model.standards import Profile, find_file, read_profile
from geo.walk.isochrone import FROM, TO, Walk, isochrone
from geo.walk.service_area import DISSOLVED, EACH, VARIANTS, band_ids, facility_areas, service_areas
from layers.export import feature_collection
from web.answers import answer
from web.problems import ParameterError
from web.queries import opened, parameters, place, rule_number
from web.routes import draw_route
from web.settings import ROOT
from web.thresholds import parse_limits, parse_place

blueprint = Blueprint("walks", __name__)
GEOJSON = "application/geo+json"
HOW = ("minutes", "metres", "profile", "direction")
MOST_EACH = 100
"""Facilities whose own areas one request may ask for; the command line draws any number."""


@blueprint.get("/api/v1/studies/<study>/isochrone")
def isochrone_at(study: str) -> Response:
    """What is reached on foot from a place."""
    asked = parameters("at", *HOW)
    if "at" not in asked:
        raise ParameterError("'at' is missing: at=104.06,30.66.")
    walk = _walk(asked, FROM)
    try:
        lon_lat = parse_place(asked["at"])
    except InputError as fault:
        raise ParameterError(str(fault.problems[0])) from None
    one = opened(study)
    return _bands(*isochrone(one.study, one.network, lon_lat, walk, homes=one.homes))


@blueprint.get("/api/v1/studies/<study>/service_areas")
def areas(study: str) -> Response:
    """The service areas of a facility or of a category."""
    asked = parameters("facility", "category", "variant", *HOW)
    if ("facility" in asked) == ("category" in asked):
        raise ParameterError("give either 'facility' or 'category'.")
    variant = asked.get("variant", DISSOLVED)
    if variant not in VARIANTS or ("variant" in asked and "facility" in asked):
        raise ParameterError(f"'variant' goes with 'category' and is one of {', '.join(VARIANTS)}.")
    walk, one = _walk(asked, TO), opened(study)
    if "facility" in asked:
        return _bands(*facility_areas(one.study, one.network, [asked["facility"]], walk))
    count = int((one.study.facilities["category"] == asked["category"]).sum())
    if variant == EACH and count > MOST_EACH:
        raise LimitError(f"{count} facilities are more than {MOST_EACH}. Use the command isochrone --category --each.")
    return _bands(*service_areas(one.study, one.network, asked["category"], walk, variant))


@blueprint.get("/api/v1/studies/<study>/route")
def route(study: str) -> Response:
    """The walk from a place to the nearest facility of a rule."""
    asked = parameters("at", "rule", "profile")
    if "at" not in asked or "rule" not in asked:
        raise ParameterError("'at' and 'rule' are needed: at=104.06,30.66&rule=5min/kindergarten.")
    one = opened(study)
    rule = one.judged.standard.rules[rule_number(one, asked["rule"])]
    frame, facts = draw_route(one, place(asked["at"]), rule, _profile(asked))
    return answer(feature_collection(frame, [rule.rule_id] * len(frame), facts), kind=GEOJSON)


def _walk(asked: dict[str, str], direction: str) -> Walk:
    """Return how far to walk and which way; a malformed text is a wrong parameter."""
    direction = asked.get("direction", direction)
    if direction not in (FROM, TO):
        raise ParameterError(f"'direction' must be {FROM} or {TO}.")
    try:
        thresholds, unit = parse_limits(asked.get("minutes"), asked.get("metres"))
    except InputError as fault:
        raise ParameterError(str(fault.problems[0])) from None
    return Walk(thresholds, unit, _profile(asked), direction)


def _profile(asked: dict[str, str]) -> Profile:
    name = asked.get("profile", "adult")
    if not name.replace("-", "").replace("_", "").isalnum():
        raise ParameterError("'profile' must be the id of a profile.")
    return read_profile(find_file(name, ROOT / "data" / "profiles"))


def _bands(bands: gpd.GeoDataFrame, facts: dict[str, Any]) -> Response:
    return answer(feature_collection(bands, band_ids(bands), facts), kind=GEOJSON)
