"""Standards over the API: listed, read, stored, removed, judged by."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from geo.model.errors import LimitError, NotFoundError
from geo.store import remove_own
from geo.store.standards import MOST_BYTES
from web.answers import answer, to_json
from web.problems import ParameterError
from web.queries import parameters, shelf
from web.standards import kept as keeping
from web.standards.kept import Kept, every, kept
from web.standards.pages import YAML, queue, text_of
from web.standards.pages import own as must_be_own

blueprint = Blueprint("standards_api", __name__)


@blueprint.get("/api/v1/standards")
def listing() -> Response:
    """Every standard, those that ship and the planner's own."""
    parameters()
    return answer(to_json({"standards": [_told(one) for one in every()]}))


@blueprint.get("/api/v1/standards/<standard_id>")
def show(standard_id: str) -> Response:
    """What stands in a standard, key by key as in its file."""
    parameters()
    one = kept(standard_id)
    return answer(to_json({**_told(one), "standard": one.record}))


@blueprint.get("/api/v1/standards/<standard_id>.yaml")
def download(standard_id: str) -> Response:
    """A standard as its file."""
    parameters()
    return answer(kept(standard_id).text, kind=YAML, download=f"{standard_id}.yaml")


@blueprint.put("/api/v1/standards/<standard_id>")
def store(standard_id: str) -> Response:
    """Store an own standard sent as YAML; with ``wording`` only where the one that is kept is still of that wording."""
    asked = parameters("wording")
    if request.content_length is None or request.content_length > MOST_BYTES:
        raise LimitError(f"a standard has at most {MOST_BYTES >> 10} KB.", code="standard_too_large")
    is_there = standard_id in keeping.own()
    over = asked.get("wording") or (kept(standard_id).wording if is_there else None)
    text = text_of(request.get_data(), f"{standard_id[:63]}.yaml")
    keeping.save(text, f"{standard_id[:63]}.yaml", over, standard_id)
    response = answer(to_json(_told(kept(standard_id))))
    response.status_code = 200 if is_there else 201
    return response


@blueprint.delete("/api/v1/standards/<standard_id>")
def remove(standard_id: str) -> Response:
    """Remove an own standard; assessments made by it stay."""
    parameters()
    remove_own(keeping.folder(), must_be_own(standard_id).standard_id)
    return Response(status=204)


@blueprint.post("/api/v1/studies/<study>/assessments")
def judge(study: str) -> Response:
    """Judge a study by the standard asked for: a job."""
    asked = parameters()
    if "standard" not in asked:
        raise ParameterError("'standard' is missing: standard=gb50180-2018.")
    if study not in shelf().names():
        raise NotFoundError(f"no study '{study[:63]}'. Stored: {', '.join(shelf().names()) or 'none yet'}.")
    job = queue(study, asked["standard"])
    response = answer(to_json(job.to_json()))
    response.status_code = 202
    response.headers["Location"] = f"/api/v1/jobs/{job.job_id}"
    return response


def _told(one: Kept) -> dict[str, Any]:
    found: dict[str, Any] = {"id": one.standard_id, "is_own": one.is_own, "wording": one.wording,
                             "based_on": one.record.get("based_on"), "fault": one.fault or None}  # fmt: skip
    if one.standard is not None:
        name = one.standard.name
        found |= {"name": {"zh": name.zh, "en": name.en}, "version": one.standard.version,
                  "source": one.standard.source, "target_share": one.standard.target_share,
                  "rules": len(one.standard.rules)}  # fmt: skip
    return found
