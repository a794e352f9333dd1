"""The API of siting: the best sites at once, or as a job where it takes longer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, request

from geo.model.errors import NotFoundError
from web.answers import answer, to_json
from web.jobs.table import Job, JobTable
from web.jobs.uploads import FOLDER
from web.jobs.worker import Jobs
from web.queries import opened, parameters, shelf
from web.site_request import answer_sites, read_request

blueprint = Blueprint("siting", __name__)


def make_site_jobs(settings: Mapping[str, Any], loads: Jobs) -> Jobs:
    """Return the jobs of siting: a table of their own, done by the readers that load files."""
    folder = Path(settings["STUDIES"])
    return Jobs(JobTable(folder / FOLDER / "sites.sqlite"), loads.readers, folder, settings["MOST_WAITING"])


@blueprint.post("/api/v1/studies/<study>/sites")
def sites(study: str) -> Response:
    """The best sites for a category, and the scenario that builds them."""
    parameters()
    asked = read_request(request.get_data(), shelf().categories.categories)
    one = opened(study)
    if not asked["as_job"]:
        return answer(to_json(answer_sites(one.standing.base, asked)))
    standard = one.judged.standard.standard_id
    job = _jobs().add(study, {"task": "sites", "asked": asked, "standard": standard})
    response = answer(to_json(_told(job)))
    response.status_code = 202
    response.headers["Location"] = f"/api/v1/studies/{study}/sites/{job.job_id}"
    return response


@blueprint.get("/api/v1/studies/<study>/sites/<job_id>")
def sites_job(study: str, job_id: str) -> Response:
    """How far a job of siting is, and what it found."""
    parameters()
    _jobs().wake()
    return answer(to_json(_told(_job(study, job_id))))


@blueprint.delete("/api/v1/studies/<study>/sites/<job_id>")
def stop_sites(study: str, job_id: str) -> Response:
    """Stop a job of siting."""
    parameters()
    response = answer(to_json(_told(_jobs().table.cancel(_job(study, job_id).job_id))))
    response.status_code = 202
    return response


def _jobs() -> Jobs:
    found: Jobs = current_app.extensions["site_jobs"]
    return found


def _job(study: str, job_id: str) -> Job:
    job = _jobs().table.get(job_id)
    if job.study != study:
        raise NotFoundError(f"no job '{job_id[:40]}'.")
    return job


def _told(job: Job) -> dict[str, Any]:
    return {
        "job_id": job.job_id, "study": job.study, "state": job.state, "step": job.step, "share": round(job.share, 3),
        "created": job.created, "ended": job.ended or None, "problem": job.outcome.get("failed"),
        "result": job.outcome.get("done"),
    }  # fmt: skip
