"""The description of the API (OpenAPI 3.1), declared as a table; a test holds it against the routes."""

from __future__ import annotations

from typing import Any

import geo
from geo.plan.schema import scenario_schema
from web.uploading import FLAGS, ROLES

_STUDY = {"name": "study", "in": "path", "required": True, "schema": {"type": "string"}}

PATHS: dict[str, tuple[str, tuple[str, ...]]] = {
    "/healthz": ("Whether the process is alive.", ()),
    "/readyz": ("Whether the first start is done.", ()),
    "/api/v1/openapi.json": ("This description.", ()),
    "/api/v1/preparation": ("How far the first start is.", ()),
    "/api/v1/studies": ("The stored studies.", ()),
    "/api/v1/jobs": ("The newest loads.", ()),
    "/api/v1/jobs/{job_id}": ("How far a load is, or how it ended.", ()),
    "/api/v1/studies/{study}": ("What a study is: extent, credits, levels, counts, categories.", ()),
    "/api/v1/studies/{study}/assessment": ("The first figures of the newest assessment.", ()),
    "/api/v1/studies/{study}/assessments": ("Every stored assessment, the newest last.", ()),
    "/api/v1/studies/{study}/comparison": ("The assessment beside another, verdict by verdict.", ("with!", "limit")),
    "/api/v1/studies/{study}/report": ("What loading found.", ()),
    "/api/v1/studies/{study}/units": ("Every unit with its figures, rule by rule.", ()),
    "/api/v1/studies/{study}/units.geojson": ("The outlines of the units.", ()),
    "/api/v1/studies/{study}/gaps": ("Patches of uncovered people, most people first.", ("rule", "limit")),
    "/api/v1/studies/{study}/facilities": ("Facilities; several categories joined by |.", ("category",)),
    "/api/v1/studies/{study}/demand": ("One rule's answer and distance for every home.", ("rule!",)),
    "/api/v1/studies/{study}/at": ("The nearest home and how far it walks.", ("at!",)),
    "/api/v1/studies/{study}/isochrone": (
        "What is reached on foot from a place.",
        ("at!", "minutes", "metres", "profile", "direction"),
    ),
    "/api/v1/studies/{study}/service_areas": (
        "The service areas of a facility, or of a category: dissolved, each, or catchments.",
        ("facility", "category", "variant", "minutes", "metres", "profile", "direction"),
    ),
    "/api/v1/studies/{study}/route": (
        "The walk from a place to the nearest facility of a rule, in metres and minutes.",
        ("at!", "rule!", "profile"),
    ),
    "/api/v1/studies/{study}/tiles/{z}/{x}/{y}.mvt": ("A vector tile of the base map and the homes.", ()),
    "/api/v1/scenario.schema.json": ("The JSON schema of a scenario.", ()),
    "/api/v1/studies/{study}/compare": ("Who gains and who loses by the scenario that is sent.", ()),
    "/api/v1/studies/{study}/changes.geojson": ("The units that the scenario that is sent changes.", ()),
    "/api/v1/studies/{study}/layers": ("The layers there are.", ()),
    "/api/v1/studies/{study}/layers/{layer_id}.{ending}": (
        "A layer as a file, in any coordinate system.",
        ("crs",),
    ),
}
"""Path -> what it answers, and the query parameters it takes; ``!`` marks one that must be given."""

SENT = {"/api/v1/studies/{study}/compare": "Scenario", "/api/v1/studies/{study}/changes.geojson": "Scenario"}
"""Paths that are asked with POST and change nothing, and what the body holds."""
_FILE = {"type": "array", "items": {"type": "string", "format": "binary"}}
_UPLOAD = {
    "type": "object",
    "required": ["study"],
    "properties": {
        "study": {"type": "string"},
        **{flag: {"type": "boolean", "default": default} for flag, default in FLAGS.items()},
        **dict.fromkeys(ROLES, _FILE),
    },
}
WRITES: dict[tuple[str, str], dict[str, Any]] = {
    ("/api/v1/studies", "post"): {
        "summary": "Load a study from files, each under its role. A name may carry layer and CRS: poi.csv@gcj02.",
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _UPLOAD}}},
        "responses": {"202": {"description": "The load is queued; Location names its job."}},
    },
    ("/api/v1/jobs/{job_id}", "delete"): {
        "summary": "Stop a load.",
        "responses": {"202": {"description": "It stops, or will within a second."}},
    },
}
"""What changes something: path and method -> its description."""


def describe_api() -> dict[str, Any]:
    """Return the OpenAPI document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "LifeCircle 生活圈", "version": geo.__version__, "license": {"name": "MIT"}},
        "paths": {
            path: {"post" if path in SENT else "get": _operation(path, *spec)}
            | {method: _change(path, told) for (place, method), told in WRITES.items() if place == path}
            for path, spec in PATHS.items()
        },
        "components": {"schemas": {"Problem": _PROBLEM, "Scenario": scenario_schema()}},
    }


def _operation(path: str, summary: str, query: tuple[str, ...]) -> dict[str, Any]:
    in_query = [
        {"name": name.rstrip("!"), "in": "query", "required": name.endswith("!"), "schema": {"type": "string"}}
        for name in query
    ]
    told: dict[str, Any] = {
        "summary": summary,
        "parameters": _in_path(path) + in_query,
        "responses": {"200": {"description": "Done"}, "default": _FAULT},
    }
    if path in SENT:
        reference = {"$ref": f"#/components/schemas/{SENT[path]}"}
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": reference}}}
    return told


def _change(path: str, told: dict[str, Any]) -> dict[str, Any]:
    return {**told, "parameters": _in_path(path), "responses": {**told["responses"], "default": _FAULT}}


def _in_path(path: str) -> list[dict[str, Any]]:
    return [{**_STUDY, "name": part.split("}")[0]} for part in path.split("{")[1:]]


_REFERENCE = {"$ref": "#/components/schemas/Problem"}
_FAULT = {"description": "What is wrong", "content": {"application/problem+json": {"schema": _REFERENCE}}}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "problems"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "problems": {"type": "array", "items": {"type": "object"}},
    },
}
