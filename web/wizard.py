"""The pages of loading: choose files, correct what they were taken for, watch the load. Plain forms, no script."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request

from geo.model.crs import parse_crs
from geo.model.errors import BusyError, InputError, LifeCircleError, Problem, problem_of
from web.jobs.table import ACTIVE, Job
from web.jobs.uploads import Draft, open_draft, remove_uploads, save_draft, take_files, waiting_drafts
from web.queries import shelf
from web.settings import limits_of
from web.uploading import FLAGS, ROLES, again, allow_uploads, begin_draft, jobs, submit

blueprint = Blueprint("wizard", __name__)
blueprint.before_request(allow_uploads)

SYSTEMS = ("EPSG:4326", "GCJ02", "BD09", "EPSG:4490", "EPSG:4544", "EPSG:3857")
"""Coordinate systems to choose from; any other is written out."""

OWN, OTHER = "file", "other"


@blueprint.get("/data/new")
def choose() -> Response:
    """Choose the files of a study."""
    loads = [_told(job) for job in jobs().table.newest(8)]
    return _show("new.html", loads=loads, drafts=waiting_drafts(jobs().folder), most_mb=_most_mb())


@blueprint.post("/data/new")
def upload() -> Response:
    """Take the files and look at them."""
    draft = begin_draft()
    try:
        draft = _with_files(draft)
    except BaseException:
        remove_uploads(jobs().folder, draft["draft_id"])
        raise
    return _see(f"/data/new/{draft['draft_id']}")


@blueprint.get("/data/new/<draft_id>")
def correct(draft_id: str) -> Response:
    """Show what each file was taken for."""
    return _draft_page(open_draft(jobs().folder, draft_id), [])


@blueprint.post("/data/new/<draft_id>")
def go_on(draft_id: str) -> Response:
    """Take more files, look again, or load."""
    draft = _corrected(open_draft(jobs().folder, draft_id))
    if request.form.get("do") == "add":
        _with_files(draft)
        return _see(f"/data/new/{draft_id}")
    if request.form.get("do") == "look":
        _looked_at({**draft, "files": [{**file, "look": None} for file in draft["files"]]})
        return _see(f"/data/new/{draft_id}")
    try:
        _refuse_undeclared(draft)
        job = submit(draft, draft["study"], {name: name in request.form for name in FLAGS})
    except LifeCircleError as fault:
        problems = fault.problems or (problem_of(fault, ""),)
        return _draft_page(draft, [problem.to_json() for problem in problems], 422)
    return _see(f"/data/jobs/{job.job_id}")


@blueprint.post("/data/new/<draft_id>/remove")
def remove(draft_id: str) -> Response:
    """Remove files that wait; not those that a load is reading."""
    open_draft(jobs().folder, draft_id)
    if any(job.request.get("draft_id") == draft_id for job in jobs().table.newest() if job.state in ACTIVE):
        raise BusyError("these files are being loaded. Wait for that load, or stop it.")
    remove_uploads(jobs().folder, draft_id)
    return _see("/data/new")


@blueprint.get("/data/jobs/<job_id>")
def watch(job_id: str) -> Response:
    """Show how far a load is, or how it ended."""
    job = jobs().table.get(job_id)
    jobs().wake()
    problem = job.outcome.get("failed") or {}
    problems = problem.get("problems") or ([problem] if problem else [])
    has_files = job.state not in (*ACTIVE, "done") and _has_draft(job)
    can_accept = has_files and bool(problems) and all(one.get("rows") for one in problems)
    return _show(
        "job.html", job=_told(job), problems=problems, is_active=job.state in ACTIVE, can_accept=can_accept,
        draft_id=job.request["draft_id"] if has_files else "",
    )  # fmt: skip


@blueprint.post("/data/jobs/<job_id>/cancel")
def cancel(job_id: str) -> Response:
    """Stop a load."""
    jobs().table.cancel(job_id)
    return _see(f"/data/jobs/{job_id}")


@blueprint.post("/data/jobs/<job_id>/again")
def accept(job_id: str) -> Response:
    """Load again with the good rows alone."""
    return _see(f"/data/jobs/{again(jobs().table.get(job_id)).job_id}")


def _with_files(draft: Draft) -> Draft:
    given = [(storage, {}) for storage in request.files.getlist("files") if storage.filename]
    return _looked_at(take_files(jobs().folder, draft, given))


def _looked_at(draft: Draft) -> Draft:
    """Return the draft with a look at every file that was not looked at since its layer was chosen."""
    new = [file for file in draft["files"] if file["look"] is None]
    if not new:
        return draft
    asked = [{key: file[key] for key in ("name", "path", "crs", "layer", "role")} for file in new]
    limits = vars(limits_of(current_app.config))
    found = jobs().readers.run({"task": "look", "files": asked, "limits": limits})
    for number, file in enumerate(new):
        failed = found.get("failed")
        file["look"] = found["done"][number] if failed is None else {"role": "", "problems": [_source(failed, file)]}
        file["role"] = file["role"] or file["look"]["role"]
    return save_draft(jobs().folder, draft)


def _source(problem: dict[str, Any], file: dict[str, Any]) -> dict[str, Any]:
    """Return a failure of the reader as a fault of the file it broke at."""
    return {"source": file["name"], "code": problem["code"], "message": problem["detail"], "remedy": "", "rows": [],
            "count": 0, "column": None, "severity": "error", "values": problem.get("values", {})}  # fmt: skip


def _corrected(draft: Draft) -> Draft:
    """Return the draft with what the form says of every file."""
    form = request.form
    draft["study"] = form.get("study", draft.get("study", "")).strip()
    for number, file in enumerate(draft["files"], start=1):
        role = form.get(f"role-{number}", file["role"])
        file["role"] = role if role in ROLES else ""
        chosen, other = form.get(f"crs-{number}", ""), form.get(f"other-{number}", "").strip()
        file["crs"] = other if other else "" if chosen == OWN else chosen
        file["is_declared"] = bool(other or chosen)
        headings = [heading for heading, _ in (file["look"] or {}).get("columns", [])]
        said = {form.get(f"column-{number}-{at}", ""): heading for at, heading in enumerate(headings, start=1)}
        file["columns"] = {name: heading for name, heading in said.items() if name} if said else file["columns"]
        layer = form.get(f"layer-{number}", file["layer"])
        if layer != file["layer"]:
            file["layer"], file["look"] = layer, None
    return save_draft(jobs().folder, draft)


def _refuse_undeclared(draft: Draft) -> None:
    """Raise for every file that needs a coordinate system, a sheet, or has a system that nobody knows."""
    problems: list[Problem] = []
    for file in draft["files"]:
        if not file["role"]:
            continue
        found = file["look"] or {}
        if found.get("crs_from") in ("", "degrees") and not file.get("is_declared") and not found.get("layers"):
            message, remedy = "its coordinate system is not declared.", "Choose the one it was made in."
            problems.append(Problem(file["name"], message, remedy, code="crs_missing"))
        if found.get("layers"):
            problems.append(Problem(file["name"], "holds several layers.", "Choose one.", code="choose_layer"))
        if file["crs"]:
            try:
                parse_crs(file["crs"], source=file["name"])
            except InputError as fault:
                problems += fault.problems
    if problems:
        raise InputError(problems)


def _draft_page(draft: Draft, problems: list[dict[str, Any]], status: int = 200) -> Response:
    response = _show("draft.html", draft=draft, problems=problems, roles=ROLES, systems=SYSTEMS, most_mb=_most_mb(),
                     taken=list(shelf().names()))  # fmt: skip
    response.status_code = status
    return response


def _told(job: Job) -> dict[str, Any]:
    return {**job.to_json(), "percent": round(100 * job.share)}


def _has_draft(job: Job) -> bool:
    try:
        open_draft(jobs().folder, job.request.get("draft_id", ""))
    except LifeCircleError:
        return False
    return True


def _most_mb() -> int:
    return int(current_app.config["MOST_UPLOAD_MB"])


def _show(template: str, **values: Any) -> Response:
    response = make_response(render_template(template, page="data", **values))
    response.headers["Cache-Control"] = "no-store"
    return response


def _see(address: str) -> Response:
    return redirect(address, 303)  # type: ignore[return-value]
