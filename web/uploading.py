"""Loading through the web: what is uploaded becomes a job; the API here, the pages in `web.wizard`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, request
from werkzeug.datastructures import FileStorage, MultiDict

from geo.intake.raw import FileRef, parse_file_ref
from geo.model.errors import InputError, Problem, told
from geo.store.studies import check_name
from web.answers import answer, to_json
from web.jobs.confine import Machine
from web.jobs.readers import Readers
from web.jobs.table import Job, JobTable
from web.jobs.tasks import SEVERAL
from web.jobs.uploads import FOLDER, Draft, new_draft, open_draft, remove_uploads, take_files
from web.jobs.worker import Jobs
from web.problems import ParameterError
from web.queries import parameters
from web.settings import limits_of

blueprint = Blueprint("uploading", __name__)

ROLES = ("osm", "streets", "units", "facilities", "demand", "population", "walls", "gates", "elevation")
FLAGS = {"accept_faults": False, "mend_units": False, "is_merged": True}
_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")
_FIELDS = {"study", *FLAGS}


def make_jobs(settings: Mapping[str, Any]) -> Jobs:
    """Return the jobs of an app with these settings."""
    folder = Path(settings["STUDIES"])
    machine = Machine(settings["LOAD_MEMORY_MB"], settings["LOAD_FILE_MB"], settings["LOAD_SECONDS"])
    table = JobTable(folder / FOLDER / "jobs.sqlite")
    return Jobs(table, Readers(machine, folder / FOLDER), folder, settings["MOST_WAITING"])


def jobs() -> Jobs:
    """Return the jobs of this app."""
    found: Jobs = current_app.extensions["jobs"]
    return found


def allow_uploads() -> None:
    """Take a body as large as an upload may be, where this request brings one."""
    if request.method == "POST":
        request.max_content_length = current_app.config["MOST_UPLOAD_MB"] << 20


blueprint.before_request(allow_uploads)


def begin_draft() -> Draft:
    """Return a new draft of this app."""
    return new_draft(jobs().folder, current_app.config["MOST_STORED_MB"])


def submit(draft: Draft, study: str, flags: Mapping[str, bool]) -> Job:
    """Queue the load of a draft whose files have their roles.

    Raises
    ------
    InputError
        The name is not usable; no streets, or two files where one is taken.
    BusyError
        The study is being loaded.
    """
    check_name(study)
    files = [file for file in draft["files"] if file["role"]]
    problems = []
    for role in ROLES:
        names = [file["name"] for file in files if file["role"] == role]
        if len(names) > 1 and role not in SEVERAL:
            message = told("{count} files are given as {roles}: {files}.", count=len(names), roles=role,
                           files=", ".join(names))  # fmt: skip
            problems.append(Problem(role, message, "Keep one of them.", code="one_file_only"))
    streets = sum(file["role"] in ("osm", "streets") for file in files)
    if streets != 1:
        message = "there are no streets." if not streets else "there are streets from two sources."
        remedy = "Give one OpenStreetMap file, or one layer of street lines."
        problems.append(Problem("streets", message, remedy, code="streets_one"))
    if problems:
        raise InputError(problems)
    kept = [{key: file[key] for key in ("name", "path", "role", "crs", "layer", "columns")} for file in files]
    limits = asdict(limits_of(current_app.config))
    return jobs().add(study, {"draft_id": draft["draft_id"], "files": kept, "limits": limits, **flags})


def again(job: Job) -> Job:
    """Queue a failed load once more, keeping the good rows; `NotFoundError` where its files are gone."""
    open_draft(jobs().folder, job.request.get("draft_id", ""))
    kept = {key: job.request[key] for key in ("draft_id", "files", "limits", *FLAGS)}
    return jobs().add(job.study, {**kept, "accept_faults": True})


@blueprint.post("/api/v1/studies")
def load() -> Response:
    """Load a study from files; each is sent under its role, its name may carry layer and CRS: poi.csv@gcj02."""
    parameters()
    if request.mimetype != "multipart/form-data":
        raise ParameterError(
            "send multipart/form-data: the fields 'study' and a role for each file.", code="not_multipart"
        )
    unknown = [name for name in (*request.form, *request.files) if name not in (*_FIELDS, *ROLES)]
    if unknown:
        told = ", ".join((*sorted(_FIELDS), *ROLES))
        raise ParameterError(f"unknown field '{unknown[0][:40]}'. Known: {told}.")
    flags = {name: _flag(request.form, name) for name in FLAGS}
    study = check_name(request.form.get("study", ""))
    given = [_given(role, storage) for role, storages in request.files.lists() for storage in storages]
    draft = begin_draft()
    try:
        job = submit(take_files(jobs().folder, draft, given), study, flags)
    except BaseException:
        remove_uploads(jobs().folder, draft["draft_id"])
        raise
    response = answer(to_json(job.to_json()))
    response.status_code = 202
    response.headers["Location"] = f"/api/v1/jobs/{job.job_id}"
    return response


def _given(role: str, storage: FileStorage) -> tuple[FileStorage, dict[str, str]]:
    """Return an uploaded file and what its name says of it, as on the command line."""
    name = (storage.filename or "").replace("\\", "/").rpartition("/")[2]
    ref = parse_file_ref(name) if set(name) & set("@#") else FileRef(Path(name))
    storage.filename = ref.path.name
    return storage, {"role": role, "crs": ref.crs or "", "layer": ref.layer or ""}


def _flag(form: MultiDict[str, str], name: str) -> bool:
    text = form.get(name)
    if text is None:
        return FLAGS[name]
    if text.casefold() not in _YES + _NO:
        raise ParameterError(f"'{name}' must be true or false.")
    return text.casefold() in _YES


@blueprint.get("/api/v1/jobs")
def newest() -> Response:
    """The newest jobs."""
    parameters()
    return answer(to_json({"jobs": [job.to_json() for job in jobs().table.newest()]}))


@blueprint.get("/api/v1/jobs/<job_id>")
def job(job_id: str) -> Response:
    """How far a job is, or how it ended."""
    parameters()
    found = jobs().table.get(job_id)
    jobs().wake()
    return answer(to_json(found.to_json()))


@blueprint.delete("/api/v1/jobs/<job_id>")
def cancel(job_id: str) -> Response:
    """Stop a job."""
    parameters()
    response = answer(to_json(jobs().table.cancel(job_id).to_json()))
    response.status_code = 202
    return response
