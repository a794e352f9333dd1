"""Choosing sites over HTTP: what is asked for comes as JSON and is checked whole, within what a request may cost."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from flask import Blueprint, Response, request

import geo
from geo.intake.columns import read_aliases
from geo.intake.points import read_areas, read_candidates
from geo.intake.raw import FileRef
from geo.judge.provenance import inputs_of
from geo.model.crs import WGS84
from geo.model.errors import InputError, LimitError, Problem
from geo.plan.baseline import Baseline
from geo.plan.briefs import GOALS, WEIGHTS, Brief
from geo.plan.candidates import (
    SPACING_M,
    Candidates,
    drawn_candidates,
    premises_candidates,
    street_candidates,
    without_forbidden,
)
from geo.plan.scenario import Scenario, scenario_json
from geo.plan.sites import Sites, as_scenario, find_sites
from web.answers import answer, to_json
from web.queries import opened, parameters, shelf
from web.settings import ROOT

blueprint = Blueprint("siting", __name__)

MOST_COUNT, MOST_CANDIDATES, MOST_SECONDS = 50, 5000, 20.0
"""What one request may ask for; the command takes more."""

METHODS = ("exact", "greedy")
STREETS, PREMISES = "streets", "premises"

_TEXT = {"type": "string"}
_SHAPES = {"type": "object", "description": "GeoJSON FeatureCollection, WGS 84"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["category", "count"],
    "additionalProperties": False,
    "properties": {
        "category": {**_TEXT, "description": "what to build"},
        "together": {"type": "array", "items": _TEXT, "maxItems": 10, "description": "categories in the same building"},
        "count": {"type": "integer", "minimum": 0, "maximum": MOST_COUNT},
        "goal": {"enum": list(GOALS), "default": "people"},
        "method": {"enum": list(METHODS), "default": "exact"},
        "weights": {"enum": list(WEIGHTS), "default": "none"},
        "capacity": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
        "closing": {"type": "integer", "minimum": 0, "maximum": MOST_COUNT, "default": 0},
        "may_lose": {"type": "boolean", "default": False},
        "candidates": {
            "description": "junctions of streets, community premises, or points and parcels",
            "oneOf": [{"enum": [STREETS, PREMISES]}, _SHAPES],
            "default": STREETS,
        },
        "forbidden": {**_SHAPES, "description": "areas where nothing may stand, as GeoJSON"},
        "time_limit_s": {"type": "number", "minimum": 0, "maximum": MOST_SECONDS, "default": MOST_SECONDS},
    },
}
"""The body of a request."""

_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,),
    "object": (dict,),
}  # fmt: skip


@blueprint.post("/api/v1/studies/<study>/sites")
def sites(study: str) -> Response:
    """The best sites for a category, and the scenario that builds them."""
    parameters()
    asked = read_request(request.get_data())
    one = opened(study)
    base = one.standing.base
    known = shelf().categories.categories
    unknown = [c for c in (asked["category"], *asked["together"]) if c not in known]
    if unknown:
        raise _fault(f"no category '{unknown[0][:40]}'.", "category", "See docs/tables.md.")
    brief = Brief(
        (asked["category"], *asked["together"]), asked["count"], asked["goal"], asked["weights"], asked["capacity"],
        asked["closing"], asked["may_lose"], asked["method"] == "exact", float(asked["time_limit_s"]),
    )  # fmt: skip
    made = find_sites(base, brief, _candidates(base, asked))
    provenance = inputs_of(one.study, base.standard, base.profile, geo.__version__)
    scenario = json.loads(scenario_json(scenario_of(made, brief)))
    return answer(to_json({**describe_sites(made), "scenario": scenario, "provenance": provenance}))


def describe_sites(made: Sites) -> dict[str, Any]:
    """Return what ``sites --json`` prints, without the provenance."""
    table = made.frame.drop(columns="geometry").astype(object)
    rows = table.where(pd.notna(table), None).to_dict("records")
    for row, point in zip(rows, made.frame.geometry.to_crs(WGS84), strict=True):
        row["at"] = [round(point.x, 7), round(point.y, 7)]
    return {**made.figures, "sites": rows}


def scenario_of(made: Sites, brief: Brief) -> Scenario:
    """Return the scenario that builds the sites, under a name of its own."""
    return as_scenario(made, f"{brief.count} {' + '.join(brief.categories)} ({brief.goal})")


def read_request(data: bytes) -> dict[str, Any]:
    """Return the body of a request with its defaults; `InputError` lists every fault."""
    try:
        given = json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise _fault("the body is not JSON.", None, "Send one JSON object.") from None
    if not isinstance(given, dict):
        raise _fault("the body is not a JSON object.", None, 'Send {"category": "canteen", "count": 3}.')
    known: dict[str, Any] = SCHEMA["properties"]
    faults = [_problem(f"unknown key '{key[:40]}'.", key, f"Known: {', '.join(known)}.") for key in given
              if key not in known]  # fmt: skip
    faults += [_problem("is missing.", key, "Give it.") for key in SCHEMA["required"] if key not in given]
    for key, said in known.items():
        why = _wrong(given[key], said) if key in given else ""
        if why:
            faults.append(_problem(f"must be {why}.", key, "Correct it."))
    if faults:
        raise InputError(faults)
    defaults = {key: said.get("default") for key, said in known.items()} | {"together": []}
    return {**defaults, **given}


def _wrong(value: Any, said: Mapping[str, Any]) -> str:
    """Return what a value should be, "" where it is."""
    if "oneOf" in said:
        reasons = [_wrong(value, one) for one in said["oneOf"]]
        return "" if "" in reasons else " or ".join(reasons)
    if "enum" in said:
        return "" if value in said["enum"] else f"one of {', '.join(said['enum'])}"
    kind = said["type"]
    if not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return f"of the kind {kind}"
    if kind == "array":
        is_short = len(value) <= said["maxItems"]
        return "" if is_short and all(isinstance(v, str) for v in value) else f"at most {said['maxItems']} texts"
    if "minimum" in said and not said["minimum"] <= value <= said["maximum"]:
        return f"from {said['minimum']} to {said['maximum']:g}"
    return ""


def _candidates(base: Baseline, asked: Mapping[str, Any]) -> Candidates:
    if asked["candidates"] == STREETS:
        found = _thinned(base)
    elif asked["candidates"] == PREMISES:
        found = premises_candidates(base)
    else:
        drawn = _shapes(asked["candidates"], "candidates")
        found = drawn_candidates(base, drawn["id"].tolist(), drawn.geometry)
    if asked["forbidden"] is not None:
        found = without_forbidden(found, _shapes(asked["forbidden"], "forbidden").geometry)
    if len(found.ids) > MOST_CANDIDATES:
        message = f"{len(found.ids):,} candidates are more than {MOST_CANDIDATES:,} in one request."
        raise LimitError(f"{message} Send fewer as GeoJSON, or use the command sites.")
    return found


def _thinned(base: Baseline) -> Candidates:
    """Return junctions of streets, in as wide squares as it takes not to be too many."""
    spacing_m = SPACING_M
    while len((found := street_candidates(base, spacing_m)).ids) > MOST_CANDIDATES:
        spacing_m += SPACING_M / 4
    return found


def _shapes(collection: Any, name: str) -> gpd.GeoDataFrame:
    """Return a GeoJSON collection, read and checked as a file of the planner's is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.geojson"
        path.write_text(to_json(collection), encoding="utf-8")
        read = read_areas if name == "forbidden" else read_candidates
        return read(FileRef(path, shown=name), read_aliases(ROOT / "data" / "columns.yaml"))


def _problem(message: str, key: str | None, remedy: str) -> Problem:
    return Problem("request", message, remedy, code="request_invalid", column=key)


def _fault(message: str, key: str | None, remedy: str) -> InputError:
    return InputError(_problem(message, key, remedy))


def _no_number(text: str) -> float:
    raise ValueError(text)
