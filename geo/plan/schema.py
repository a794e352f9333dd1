"""The JSON schema of scenario files, made from the declared edits; it lies in docs/ and the app serves it."""

from __future__ import annotations

from typing import Any

from geo.plan.edits import AGES, KINDS, EditKind, Field
from geo.plan.scenario import FORMAT, MOST_EDITS, MOST_TEXT, MOST_VERTICES

_POINT = {
    "type": "array",
    "description": "longitude, latitude in degrees, WGS 84",
    "prefixItems": [
        {"type": "number", "minimum": -180, "maximum": 180},
        {"type": "number", "minimum": -90, "maximum": 90},
    ],
    "minItems": 2,
    "maxItems": 2,
}
_TEXT = {"type": "string", "minLength": 1, "maxLength": MOST_TEXT}
_COST = {"type": ["number", "null"], "minimum": 0}


def scenario_schema() -> dict[str, Any]:
    """Return the schema (JSON Schema 2020-12) of a scenario file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "LifeCircle scenario",
        "type": "object",
        "required": ["format", "name", "edits"],
        "additionalProperties": False,
        "properties": {
            "format": {"const": FORMAT},
            "name": _TEXT,
            "note": _TEXT,
            "author": _TEXT,
            "date": {"type": "string", "format": "date"},
            "cost": _COST,
            "edits": {"type": "array", "maxItems": MOST_EDITS, "items": {"oneOf": [_edit(*k) for k in KINDS.items()]}},
        },
    }


def _edit(name: str, kind: EditKind) -> dict[str, Any]:
    common = {"is_on": {"type": "boolean", "default": True}, "note": _TEXT, "cost": _COST}
    found: dict[str, Any] = {
        "type": "object",
        "title": name,
        "description": kind.meaning,
        "required": ["edit", *(key for key, field in kind.fields.items() if field.is_required)],
        "additionalProperties": False,
        "properties": {"edit": {"const": name}, **{key: _field(f) for key, f in kind.fields.items()}, **common},
    }
    if kind.one_of:
        found["oneOf"] = [{"required": [key]} for key in kind.one_of]
    return found


def _field(field: Field) -> dict[str, Any]:
    points = {"type": "array", "items": _POINT, "maxItems": MOST_VERTICES}
    number = {"type": "number", "minimum": field.low, "maximum": field.high}
    kinds: dict[str, dict[str, Any]] = {
        "text": _TEXT,
        "number": number,
        "point": _POINT,
        "points": {**points, "minItems": 1},
        "line": {**points, "minItems": 2},
        "area": {**points, "minItems": 3},
        "ages": {
            "type": "object",
            "additionalProperties": False,
            "properties": dict.fromkeys(sorted(AGES), number),
        },
        "choice": {"enum": list(field.choices)},
    }
    described = kinds[field.kind]
    more = f"; {described['description']}" if "description" in described else ""
    return {**described, "description": field.meaning + more}
