"""The API of plans: who gains and loses by a scenario that is sent, and the schema such a file follows."""

from __future__ import annotations

from typing import Any

import numpy as np
from flask import Blueprint, Response, request

from geo.judge.verdicts import Counts, frame
from geo.plan.apply import apply
from geo.plan.baseline import Baseline
from geo.plan.compare import Comparison
from geo.plan.quick import compare_quickly
from geo.plan.scenario import read_scenario
from geo.plan.schema import scenario_schema
from geo.store import ledger_facts, open_ledger
from layers.export import csv_bytes, geojson_bytes
from layers.plans import plan_layer
from web.answers import answer, to_json
from web.describe import rule_figures
from web.opened import Opened
from web.problems import ParameterError
from web.queries import opened, parameters, shelf

blueprint = Blueprint("plans", __name__)


@blueprint.get("/api/v1/scenario.schema.json")
def schema() -> Response:
    """The JSON schema of a scenario."""
    parameters()
    return answer(to_json(scenario_schema()), kind="application/schema+json")


@blueprint.post("/api/v1/studies/<study>/compare")
def compare_scenario(study: str) -> Response:
    """Who gains and who loses by the scenario in the body; with detail=map also what a map of afterwards shows."""
    asked = parameters("detail")
    if asked.get("detail", "map") != "map":
        raise ParameterError("'detail' can only be map.")
    one = opened(study)
    made = _compared(one)
    drawn = {"map": _drawn(one.standing.base, made)} if "detail" in asked else {}
    return answer(to_json({**made.figures, "provenance": _provenance(one, made), **drawn}))


@blueprint.post("/api/v1/studies/<study>/changes.geojson")
def changes(study: str) -> Response:
    """The units that the scenario in the body changes."""
    parameters()
    one = opened(study)
    made = _compared(one)
    data = geojson_bytes(plan_layer(made.changes), "changes", _provenance(one, made))
    return answer(data, kind="application/geo+json")


@blueprint.post("/api/v1/studies/<study>/changes.csv")
def changes_table(study: str) -> Response:
    """The same as a table; every row names the scenario, so that it is never taken for today."""
    parameters()
    made = _compared(opened(study))
    table = plan_layer(made.changes)
    table.insert(0, "what_if", f"{made.figures['scenario']['name']} ({made.figures['scenario']['id']})")
    return answer(csv_bytes(table), kind="text/csv; charset=utf-8")


@blueprint.get("/api/v1/studies/<study>/ledger")
def ledger(study: str) -> Response:
    """What was built since the first base, and the hashes of both bases."""
    parameters()
    found = open_ledger(shelf().folder, opened(study).study.name)
    return answer(to_json(ledger_facts(found)))


def _compared(one: Opened) -> Comparison:
    stands = one.standing
    scenario = read_scenario(request.get_data(), "scenario")
    known = shelf().categories.categories
    return compare_quickly(stands, apply(one.study, scenario, scale=one.network.ground_scale, categories=known))


def _drawn(base: Baseline, made: Comparison) -> dict[str, Any]:
    """Return what a map of afterwards shows: figures by rule of everybody and of every changed unit, changed homes."""
    units, standard = base.study.units, base.standard
    changed = np.flatnonzero(units["unit_id"].isin([row["unit_id"] for row in made.figures["units"]]).to_numpy())
    every = vars(made.counts.of(units))
    mine = frame(Counts(**{name: array[changed] for name, array in every.items()}), standard)
    figures, size = rule_figures(mine), len(standard.rules)
    ids = units["unit_id"].iloc[changed].tolist()
    return {
        "everybody": dict(rule_figures(frame(made.counts.total(), standard))),
        "units": {unit: dict(figures[n * size : (n + 1) * size]) for n, unit in enumerate(ids)},
        "homes": _homes(base, made),
    }


def _homes(base: Baseline, made: Comparison) -> dict[str, dict[str, list[int]]]:
    """Return for each rule the homes whose answer changes, by their feature id in the tiles: before and after."""
    was, now = base.answers.status, made.status[: len(base.answers.status)]
    found = {}
    for number, rule in enumerate(base.standard.rules):
        rows = np.flatnonzero(was[:, number] != now[:, number])
        if len(rows):
            answers = {"before": was[rows, number].tolist(), "after": now[rows, number].tolist()}
            found[rule.rule_id] = {"row": rows.tolist(), **answers}
    return found


def _provenance(one: Opened, made: Comparison) -> dict[str, Any]:
    return {**one.inputs, "scenario": made.figures["scenario"]}
