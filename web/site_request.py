"""Choosing sites as JSON: what is asked for is checked whole, and answered as the command prints it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

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
from web.answers import to_json
from web.settings import ROOT

AT_ONCE, AS_JOB = (50, 5000, 20.0), (1000, 50_000, 600.0)
"""Sites, candidates and seconds that may be asked for: answered at once, and as a job. The command takes more."""

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
        "count": {"type": "integer", "minimum": 0, "maximum": AS_JOB[0]},
        "goal": {"enum": list(GOALS), "default": "people"},
        "method": {"enum": list(METHODS), "default": "exact"},
        "weights": {"enum": list(WEIGHTS), "default": "none"},
        "capacity": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
        "closing": {"type": "integer", "minimum": 0, "maximum": AS_JOB[0], "default": 0},
        "may_lose": {"type": "boolean", "default": False},
        "candidates": {
            "description": "junctions of streets, community premises, or points and parcels",
            "oneOf": [{"enum": [STREETS, PREMISES]}, _SHAPES],
            "default": STREETS,
        },
        "forbidden": {**_SHAPES, "description": "areas where nothing may stand, as GeoJSON"},
        "time_limit_s": {"type": "number", "minimum": 0, "maximum": AS_JOB[2], "default": AT_ONCE[2]},
        "as_job": {"type": "boolean", "default": False, "description": "answered later, and may ask for more"},
    },
}
"""The body of a request."""

_INSTEAD = "Ask for fewer, or send 'as_job': true, or use the command sites."
_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,),
    "object": (dict,),
}  # fmt: skip


def answer_sites(base: Baseline, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the best sites as ``sites --json`` prints them, and the ``scenario`` that builds them.

    ``asked`` is what `read_request` returns.
    """
    brief = Brief(
        (asked["category"], *asked["together"]), asked["count"], asked["goal"], asked["weights"], asked["capacity"],
        asked["closing"], asked["may_lose"], asked["method"] == "exact", float(asked["time_limit_s"]),
    )  # fmt: skip
    made = find_sites(base, brief, _candidates(base, asked))
    provenance = inputs_of(base.study, base.standard, base.profile, geo.__version__)
    scenario = json.loads(scenario_json(scenario_of(made, brief)))
    return {**describe_sites(made), "scenario": scenario, "provenance": provenance}


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


def read_request(data: bytes, categories: Collection[str]) -> dict[str, Any]:
    """Return the body of a request with its defaults.

    Raises
    ------
    InputError
        Every key and value that is wrong.
    LimitError
        It asks for more than is answered at once, and not as a job.
    """
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
    asked = {key: said.get("default") for key, said in known.items()} | {"together": []} | given
    unknown = [c for c in (asked["category"], *asked["together"]) if c not in categories]
    if unknown:
        raise _fault(f"no category '{unknown[0][:40]}'.", "category", "See docs/tables.md.")
    most, _, seconds = AT_ONCE
    if not asked["as_job"] and (max(asked["count"], asked["closing"]) > most or asked["time_limit_s"] > seconds):
        raise LimitError(f"more than {most} sites or {seconds:g} s are not answered at once. {_INSTEAD}")
    return asked


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
    most = (AS_JOB if asked["as_job"] else AT_ONCE)[1]
    if asked["candidates"] == STREETS:
        found = _thinned(base, most)
    elif asked["candidates"] == PREMISES:
        found = premises_candidates(base)
    else:
        drawn = _shapes(asked["candidates"], "candidates")
        found = drawn_candidates(base, drawn["id"].tolist(), drawn.geometry)
    if asked["forbidden"] is not None:
        found = without_forbidden(found, _shapes(asked["forbidden"], "forbidden").geometry)
    if len(found.ids) > most:
        raise LimitError(f"{len(found.ids):,} candidates are more than {most:,}. {_INSTEAD}")
    return found


def _thinned(base: Baseline, most: int) -> Candidates:
    """Return junctions of streets, in as wide squares as it takes not to be too many."""
    spacing_m = SPACING_M
    while len((found := street_candidates(base, spacing_m)).ids) > most:
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
