"""The pages of standards: the list, one standard rule by rule, copied, uploaded, downloaded, removed, judged by."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request

from geo.model.errors import InputError, LifeCircleError, NotFoundError, Problem, RuleError
from geo.model.standards import CIRCLES, Rule, Standard, standard_text
from geo.model.yaml_strict import parse_yaml
from geo.store import remove_own
from geo.store.standards import MOST_BYTES
from web.answers import answer
from web.describe import describe_study
from web.jobs.table import Job
from web.problems import status_of
from web.queries import shelf, study_name
from web.standards import kept as keeping
from web.standards.fields import SAID, changed_columns
from web.standards.kept import Kept, every, kept, standing_of
from web.standards.slips import slip
from web.texts import language
from web.uploading import jobs

blueprint = Blueprint("standards", __name__)
YAML = "application/yaml; charset=utf-8"


@blueprint.get("/standards")
def listing() -> Response:
    """Every standard, those that ship and the planner's own."""
    return _list(())


@blueprint.post("/standards")
def upload() -> Response:
    """Take a standard as a file."""
    given = request.files.get("file")
    name = (given.filename or "")[-80:] if given else ""
    try:
        text = text_of(given.read(MOST_BYTES + 1) if given else b"", name or "standard.yaml")
        standard_id = str(parse_yaml(text, name).get("id"))
        is_again = "replace" in request.form and standard_id in keeping.own()
        stored = keeping.save(text, name, kept(standard_id).wording if is_again else None)
    except LifeCircleError as fault:
        return _list((fault,), status_of(fault))
    return see(stored.standard_id, saved="1")


@blueprint.get("/standards/<standard_id>")
def show(standard_id: str) -> Response:
    """A standard, all its rules in a table."""
    one = kept(standard_id)
    if one.standard is None:
        return page("standard.html", one=one, faults=[one.fault], status=422)
    origin = _origin(one)
    changes, removed = _changes(one.sound, origin) if origin else ({}, [])
    rules = [(level, [r for r in one.sound.rules if r.level == level]) for level in CIRCLES]
    return page(
        "standard.html", one=one, faults=[], standard=one.sound, levels=[pair for pair in rules if pair[1]],
        origin=origin, changes=changes, removed=removed, judged=_judged(standard_id),
        names=shelf().categories.categories,
    )  # fmt: skip


@blueprint.get("/standards/<standard_id>.yaml")
def download(standard_id: str) -> Response:
    """A standard as its file."""
    return answer(kept(standard_id).text, kind=YAML, download=f"{standard_id}.yaml")


@blueprint.get("/standards/<standard_id>/copy")
def ask_copy(standard_id: str) -> Response:
    """Ask for the id and the names of a copy."""
    name = kept(standard_id).sound.name
    return _copy_page(standard_id, {"id": "", "name_zh": f"{name.zh}（副本）", "name_en": f"{name.en} (copy)"})


@blueprint.post("/standards/<standard_id>/copy")
def copy(standard_id: str) -> Response:
    """Copy a standard under another id."""
    one = kept(standard_id)
    said = {key: request.form.get(key, "").strip() for key in ("id", "name_zh", "name_en")}
    record = {
        **one.record,
        "id": said["id"],
        "name": {"zh": said["name_zh"], "en": said["name_en"]},
        "based_on": one.sound.standard_id,
        "source": f"{SAID}; {standard_id}: {one.sound.source.removeprefix(SAID).lstrip('; ')}",
    }
    try:
        keeping.save(standard_text(record), f"{said['id'][:63] or 'copy'}.yaml")
    except (RuleError, InputError) as fault:
        return _copy_page(standard_id, said, fault, 422)
    return see(said["id"], saved="1")


@blueprint.get("/standards/<standard_id>/remove")
def ask_remove(standard_id: str) -> Response:
    """Ask whether to remove an own standard, with the consequence."""
    return page("standard_remove.html", one=own(standard_id), judged=_judged(standard_id))


@blueprint.post("/standards/<standard_id>/remove")
def remove(standard_id: str) -> Response:
    """Remove an own standard."""
    remove_own(keeping.folder(), own(standard_id).standard_id)
    return redirect("/standards", 303)  # type: ignore[return-value]


@blueprint.post("/standards/<standard_id>/judge")
def judge(standard_id: str) -> Response:
    """Judge a study by a standard: a job like a load."""
    study = request.form.get("study", "")
    if study not in shelf().names():
        raise NotFoundError(f"no study '{study[:63]}'.")
    job = queue(study, standard_id)
    return redirect(f"/data/jobs/{job.job_id}", 303)  # type: ignore[return-value]


def queue(study: str, standard_id: str) -> Job:
    """Queue the judging of a study by a standard that is sound."""
    return jobs().add(study, {"task": "judge", "standard": kept(standard_id).sound.standard_id})


def own(standard_id: str) -> Kept:
    """Return a standard that may be changed; `InputError` for one that ships."""
    one = kept(standard_id)
    if not one.is_own:
        message = f"'{standard_id}' ships with the program and is not changed, only copied."
        raise InputError(Problem("standard", message, "Copy it and edit the copy.", code="standard_ships"))
    return one


def page(template: str, status: int = 200, **values: Any) -> Response:
    """Return a page about standards, with the study that the other pages are about."""
    name = study_name()
    about = describe_study(shelf().open(name), shelf().categories) if name else None
    response = make_response(
        render_template(template, page="standards", study=about, slip=partial(slip, language()), **values)
    )
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def see(standard_id: str, **query: str) -> Response:
    """Send the browser to the page of a standard."""
    told = "&".join(f"{key}={value}" for key, value in query.items())
    return redirect(f"/standards/{standard_id}" + (f"?{told}" if told else ""), 303)  # type: ignore[return-value]


def _list(faults: tuple[LifeCircleError, ...], status: int = 200) -> Response:
    there = every()
    return page("standards.html", status, shipped=[one for one in there if not one.is_own],
                own=[one for one in there if one.is_own], faults=faults, most_kb=MOST_BYTES >> 10)  # fmt: skip


def _copy_page(
    standard_id: str, said: dict[str, str], fault: RuleError | InputError | None = None, status: int = 200
) -> Response:
    return page("standard_copy.html", status, one=kept(standard_id), said=said, fault=fault)


def text_of(data: bytes, name: str) -> str:
    """Return the text of an uploaded file; `RuleError` where it is not UTF-8."""
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as fault:
        raise RuleError(f"not UTF-8 at byte {fault.start}; save it as UTF-8", path=name) from None


def _origin(one: Kept) -> Standard | None:
    """Return the standard that another was copied from; None where it is not here any more."""
    based_on = str(one.record.get("based_on", ""))
    try:
        return kept(based_on).standard if based_on else None
    except NotFoundError:
        return None


def _changes(standard: Standard, origin: Standard) -> tuple[dict[str, tuple[Rule | None, set[str]]], list[Rule]]:
    """Return by rule the one it was copied from and the columns that changed, and the rules that are gone."""
    former = {rule.rule_id: rule for rule in origin.rules}
    changes: dict[str, tuple[Rule | None, set[str]]] = {}
    for rule in standard.rules:
        before = former.pop(rule.rule_id, None)
        columns = changed_columns(rule, before, standard, origin) if before else set()
        if before is None or columns:
            changes[rule.rule_id] = (before, columns)
    return changes, list(former.values())


def _judged(standard_id: str) -> list[dict[str, str]]:
    """Return every study with how it stands to a standard: its newest assessment by it, or none."""
    found = []
    for name in shelf().names():
        mine = [made for made in shelf().open(name).made if made["standard"] == standard_id]
        newest = max(mine, key=lambda made: str(made["created"]), default=None)
        state = standing_of(standard_id, newest["wording"], newest["switched_to"]) if newest else ""
        found.append({"study": name, "created": str(newest["created"]) if newest else "", "standing": state})
    return found
