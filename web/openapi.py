"""The description of the API (OpenAPI 3.1), declared as a table; a test holds it against the routes."""

from __future__ import annotations

from typing import Any

import geo
from geo.plan.schema import scenario_schema
from web import plans_gates, site_request
from web.uploading import FLAGS, ROLES

_STUDY = {"name": "study", "in": "path", "required": True, "schema": {"type": "string"}}

PATHS: dict[str, tuple[str, tuple[str, ...]]] = {
    "/healthz": ("Whether the process is alive.", ()),
    "/readyz": ("Whether the first start is done.", ()),
    "/api/v1/openapi.json": ("This description.", ()),
    "/api/v1/preparation": ("How far the first start is.", ()),
    "/api/v1/standards": ("Every standard: those that ship, and the planner's own.", ()),
    "/api/v1/standards/{standard_id}": ("What stands in a standard.", ()),
    "/api/v1/standards/{standard_id}.yaml": ("A standard as its file.", ()),
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
    "/api/v1/studies/{study}/compare": ("Who gains and who loses by the scenario that is sent.", ("detail",)),
    "/api/v1/studies/{study}/changes.geojson": ("The units that the scenario that is sent changes.", ()),
    "/api/v1/studies/{study}/sites": ("The best sites for a category, and the scenario that builds them.", ()),
    "/api/v1/studies/{study}/gates": ("Walls and missing links worth opening, and the scenario that opens them.", ()),
    "/api/v1/studies/{study}/changes.csv": ("The same as a table.", ()),
    "/api/v1/studies/{study}/edits.geojson": ("The edits of the scenario that is sent, as places.", ()),
    "/api/v1/studies/{study}/near": ("What lies near a place, the nearest first.", ("at!", "of!", "limit")),
    "/api/v1/studies/{study}/scenarios": ("The scenarios saved with a study.", ()),
    "/api/v1/studies/{study}/scenarios/{name}": ("A saved scenario.", ()),
    "/api/v1/studies/{study}/sites/{job_id}": ("How far a job of siting is, and what it found.", ()),
    "/api/v1/studies/{study}/ledger": ("What was built since the first base.", ()),
    "/api/v1/studies/{study}/layers": ("The layers there are.", ()),
    "/api/v1/studies/{study}/layers/{layer_id}.{ending}": (
        "A layer as a file, in any coordinate system.",
        ("crs",),
    ),
}
"""Path -> what it answers, and the query parameters it takes; ``!`` marks one that must be given."""

SENT = {
    "/api/v1/studies/{study}/compare": "Scenario",
    "/api/v1/studies/{study}/changes.geojson": "Scenario",
    "/api/v1/studies/{study}/sites": "Sites",
    "/api/v1/studies/{study}/gates": "Gates",
    "/api/v1/studies/{study}/changes.csv": "Scenario",
    "/api/v1/studies/{study}/edits.geojson": "Scenario",
}
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
    ("/api/v1/studies/{study}/assessments", "post"): {
        "summary": "Judge a study by the standard that the parameter `standard` names.",
        "responses": {"202": {"description": "It is queued; Location names its job."}},
    },
    ("/api/v1/standards/{standard_id}", "put"): {
        "summary": "Store an own standard, in place of the former; with `wording`, only where that is still kept.",
        "requestBody": {"required": True, "content": {"application/yaml": {"schema": {"type": "string"}}}},
        "responses": {"200": {"description": "It is stored."}, "201": {"description": "It is stored; it is new."}},
    },
    ("/api/v1/standards/{standard_id}", "delete"): {
        "summary": "Remove an own standard; assessments made by it stay.",
        "responses": {"204": {"description": "It is removed."}},
    },
    ("/api/v1/studies/{study}/scenarios/{name}", "put"): {
        "summary": "Save a scenario. With If-Match or If-None-Match: * nothing is replaced that one has not seen.",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Scenario"}}},
        },
        "responses": {"200": {"description": "Replaced."}, "201": {"description": "Saved."}},
    },
    ("/api/v1/studies/{study}/scenarios/{name}", "delete"): {
        "summary": "Delete a saved scenario.",
        "responses": {"204": {"description": "Gone."}},
    },
    ("/api/v1/studies/{study}/sites/{job_id}", "delete"): {
        "summary": "Stop a job of siting.",
        "responses": {"202": {"description": "It stops, or will within a second."}},
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
        "components": {
            "schemas": {
                "Problem": _PROBLEM,
                "Scenario": scenario_schema(),
                "Sites": site_request.SCHEMA,
                "Gates": plans_gates.BODY,
            }
        },
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
