"""What a reader does on request: look at files, load or judge a study, or choose sites in one."""

from __future__ import annotations

import glob
from collections.abc import Callable
from pathlib import Path
from typing import Any

from geo.intake.classify import read_categories
from geo.intake.columns import read_aliases
from geo.intake.gather import Inputs
from geo.intake.limits import Limits
from geo.intake.look import look
from geo.intake.raw import FileRef
from geo.model.crs import parse_crs
from geo.model.study import Progress
from geo.plan.baseline import baseline
from geo.walk.kernels import nearest
from web.answers import to_json
from web.making import DATA, judge_study, make_study
from web.opened import Shelf
from web.site_request import answer_sites

Task = Callable[[dict[str, Any], Progress], Any]

SEVERAL = ("units", "facilities")
"""Roles that several files may have."""

assert nearest  # imported before the first request, as everything that a task needs


def warm_up() -> None:
    """Read our own tables once, for every request that follows."""
    read_aliases(DATA / "columns.yaml")
    read_categories(DATA / "categories" / "categories.yaml")


def file_ref(file: dict[str, Any], limits: Limits) -> FileRef:
    """Return the file that a request names; `CrsError` for an unknown coordinate system."""
    crs = parse_crs(file["crs"], source=file["name"]) if file.get("crs") else None
    return FileRef(Path(file["path"]), crs, file.get("layer") or None, shown=file["name"], limits=limits)


def _look(request: dict[str, Any], tell: Progress) -> list[dict[str, Any]]:
    """Return what each file seems to be."""
    found = []
    limits = Limits(**request["limits"])
    for number, file in enumerate(request["files"]):
        tell(file["name"], number / len(request["files"]))
        found.append(look(file_ref(file, limits), DATA / "columns.yaml", file.get("role", "")))
    return found


def _load(request: dict[str, Any], tell: Progress) -> dict[str, Any]:
    """Make the study and judge it; the result names it."""
    limits = Limits(**request["limits"])
    refs: dict[str, Any] = {}
    for file in request["files"]:
        ref = file_ref(file, limits)
        refs[file["role"]] = (*refs.get(file["role"], ()), ref) if file["role"] in SEVERAL else ref
    columns = _mapping(request["files"], Path(request["temp"]))
    inputs = Inputs(mend_units=request["mend_units"], is_merged=request["is_merged"], columns=columns, **refs)
    folder, name = Path(request["folder"]), request["study"]
    make_study(
        folder, name, inputs, accept_faults=request["accept_faults"], tell=lambda s, p: tell(s, 0.6 * p)
    )  # fmt: skip
    judge_study(folder, name, lambda s, p: tell(s, 0.6 + 0.4 * p))
    return {"study": name}


def _judge(request: dict[str, Any], tell: Progress) -> dict[str, Any]:
    """Judge a stored study by a standard; the result names it."""
    judge_study(Path(request["folder"]), request["study"], tell, (request["standard"],))
    return {"study": request["study"]}


def _mapping(files: list[dict[str, Any]], folder: Path) -> tuple[Path, ...]:
    """Write what the planner said of the columns as a mapping, as `geo.intake.mapping` reads it; none where nothing."""
    said = [
        {"file": glob.escape(file["name"]), "role": file["role"], "columns": file["columns"]}
        for file in files
        if file.get("columns")
    ]
    if not said:
        return ()
    path = folder / "columns.yaml"
    path.write_text(to_json({"files": said}), encoding="utf-8")
    return (path,)


def _sites(request: dict[str, Any], tell: Progress) -> dict[str, Any]:
    """Return the best sites for what is asked, by the newest assessment of a standard."""
    tell("opening the study", 0.0)
    one = Shelf(Path(request["folder"]), DATA).open(request["study"], request["standard"])
    base = baseline(one.study, one.network, one.judged.standard, one.judged.profile)
    tell("choosing sites", 0.1)
    return answer_sites(base, request["asked"])


TASKS: dict[str, Task] = {"look": _look, "load": _load, "judge": _judge, "sites": _sites}
