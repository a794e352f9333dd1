"""The API of plans: who gains and loses by a scenario that is sent, and the schema such a file follows."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

import geo
from geo.judge.provenance import inputs_of
from geo.plan.apply import apply
from geo.plan.compare import Comparison
from geo.plan.quick import compare_quickly
from geo.plan.scenario import read_scenario
from geo.plan.schema import scenario_schema
from layers.export import geojson_bytes
from layers.plans import plan_layer
from web.answers import answer, to_json
from web.opened import Opened
from web.queries import opened, parameters, shelf

blueprint = Blueprint("plans", __name__)


@blueprint.get("/api/v1/scenario.schema.json")
def schema() -> Response:
    """The JSON schema of a scenario."""
    parameters()
    return answer(to_json(scenario_schema()), kind="application/schema+json")


@blueprint.post("/api/v1/studies/<study>/compare")
def compare_scenario(study: str) -> Response:
    """Who gains and who loses by the scenario in the body."""
    parameters()
    one = opened(study)
    made = _compared(one)
    return answer(to_json({**made.figures, "provenance": _provenance(one, made)}))


@blueprint.post("/api/v1/studies/<study>/changes.geojson")
def changes(study: str) -> Response:
    """The units that the scenario in the body changes."""
    parameters()
    one = opened(study)
    made = _compared(one)
    data = geojson_bytes(plan_layer(made.changes), "changes", _provenance(one, made))
    return answer(data, kind="application/geo+json")


def _compared(one: Opened) -> Comparison:
    stands = one.standing
    scenario = read_scenario(request.get_data(), "scenario")
    known = shelf().categories.categories
    return compare_quickly(stands, apply(one.study, scenario, scale=one.network.ground_scale, categories=known))


def _provenance(one: Opened, made: Comparison) -> dict[str, Any]:
    inputs = inputs_of(one.study, one.judged.standard, one.judged.profile, geo.__version__)
    return {**inputs, "scenario": made.figures["scenario"]}
