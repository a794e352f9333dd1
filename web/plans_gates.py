"""The API of walls and missing links worth opening; asked with a small JSON body, bounded, nothing is stored."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, request

import geo
from geo.judge.provenance import inputs_of
from geo.model.errors import InputError, Problem
from geo.plan.edits import KINDS as EDIT_KINDS
from geo.plan.gates import KINDS, Wanted, find_gates
from geo.plan.scenario import scenario_json
from web.answers import answer, to_json
from web.queries import opened, parameters

MOST_TOGETHER = 10
"""So many ways may be asked for together over HTTP."""

MOST_CATEGORIES = 20

ACCESS = EDIT_KINDS["open_wall"].fields["access"].choices

BODY: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["count"],
    "properties": {
        "count": {"type": "integer", "minimum": 1, "maximum": MOST_TOGETHER},
        "categories": {"type": "array", "maxItems": MOST_CATEGORIES, "items": {"type": "string"}, "default": []},
        "kind": {"enum": [*KINDS, "both"], "default": "walls"},
        "access": {"enum": list(ACCESS), "default": "public"},
        "hours": {"type": "string", "maxLength": 200},
    },
}
"""What is asked, as a JSON schema; `wanted_of` holds a body against it."""

blueprint = Blueprint("plans_gates", __name__)


@blueprint.post("/api/v1/studies/<study>/gates")
def gates(study: str) -> Response:
    """Walls and missing links worth opening, and the scenario that opens them."""
    parameters()
    one, wanted = opened(study), wanted_of(request.get_data())
    made = find_gates(one.for_gates, wanted)
    inputs = inputs_of(one.study, one.judged.standard, one.judged.profile, geo.__version__)
    return answer(to_json({**made.told, "scenario": json.loads(scenario_json(made.scenario)),
                           "provenance": inputs}))  # fmt: skip


def wanted_of(body: bytes) -> Wanted:
    """Return what a body asks for; `InputError` with all its faults."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as fault:
        raise InputError(_fault("the body", f"is no JSON ({fault}).", 'Send an object like {"count": 3}.')) from None
    if not isinstance(asked, dict):
        raise InputError(_fault("the body", "is no object.", 'Send an object like {"count": 3}.'))
    kinds, categories = (*KINDS, "both"), asked.get("categories", [])
    count, hours = asked.get("count"), asked.get("hours")
    are_names = isinstance(categories, list) and all(isinstance(name, str) for name in categories)
    is_whole = isinstance(count, int) and not isinstance(count, bool) and 1 <= count <= MOST_TOGETHER
    checks = (
        (is_whole, "count", f"Give a whole number from 1 to {MOST_TOGETHER}."),
        (are_names and len(categories) <= MOST_CATEGORIES, "categories", f"Give up to {MOST_CATEGORIES} category ids."),
        (asked.get("kind", "walls") in kinds, "kind", f"Take one of: {', '.join(kinds)}."),
        (asked.get("access", "public") in ACCESS, "access", f"Take one of: {', '.join(ACCESS)}."),
        (hours is None or (isinstance(hours, str) and len(hours) <= 200), "hours", "Give a text."),
    )
    faults = [_fault(name, "is missing or not of its kind.", remedy) for is_good, name, remedy in checks if not is_good]
    unknown = sorted(set(asked) - set(BODY["properties"]))
    faults += [
        _fault(key[:40], "is no key of this call.", f"Known: {', '.join(BODY['properties'])}.") for key in unknown
    ]
    if faults:
        raise InputError(faults)
    kind = asked.get("kind", "walls")
    return Wanted(count, tuple(categories), KINDS if kind == "both" else (kind,), asked.get("access", "public"), hours)


def _fault(where: str, message: str, remedy: str) -> Problem:
    return Problem(where, message, remedy, code="parameter_invalid")
