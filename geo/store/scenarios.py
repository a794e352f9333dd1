"""Scenarios saved with a study: one file each, whole or not there, kept when the study is loaded anew.

    <folder>/<study>/scenarios/<hash of the name>.json

A file holds what `geo.plan.scenario.scenario_json` writes, so that it can be opened anywhere else too. Two scenarios of
other names may do the same and so have the same id. A scenario is not checked against the study here: one whose edits
no longer fit newer data is still the planner's work.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

from geo.model.errors import InputError, LimitError, NotFoundError, Problem, ScenarioError, StoreError
from geo.plan.scenario import Scenario, read_scenario, scenario_json
from geo.store.files import study_lock, write_text
from geo.store.studies import SCENARIOS, study_folder

MOST_SCENARIOS, MOST_NAME = 1000, 80
_FORBIDDEN = frozenset('/\\<>"|?*#%')


def check_scenario_name(name: str) -> str:
    """Return the name in its composed form (Unicode NFC), or raise `InputError` unless it can name a scenario."""
    found = unicodedata.normalize("NFC", name)
    is_plain = all(char.isprintable() and char not in _FORBIDDEN for char in found)
    if not is_plain or not 0 < len(found) <= MOST_NAME or found != found.strip() or not found.strip("."):
        message = f"'{found[:MOST_NAME]}' is not usable."
        signs = " ".join(sorted(_FORBIDDEN))
        remedy = f"Use up to {MOST_NAME} signs, none of {signs}, no space at the ends, not dots alone."
        raise InputError(Problem("scenario name", message, remedy, code="bad_scenario_name"))
    return found


def scenario_facts(scenario: Scenario) -> dict[str, Any]:
    """Return what a list tells of a scenario: name, id, note, author, date, cost, how many edits, how many are on."""
    return {
        "name": scenario.name, "scenario_id": scenario.scenario_id, "note": scenario.note, "author": scenario.author,
        "date": scenario.date, "cost": scenario.total_cost, "edits": len(scenario.edits),
        "edits_on": sum(edit.is_on for edit in scenario.edits),
    }  # fmt: skip


def list_scenarios(folder: Path, study: str) -> list[Scenario]:
    """Return the scenarios saved with a study, by name.

    Raises
    ------
    NotFoundError
        No such study.
    StoreError
        A stored scenario is damaged.
    """
    home = study_folder(folder, study) / SCENARIOS
    return sorted((_read(path) for path in home.glob("[!.]*.json")), key=lambda one: one.name)


def open_scenario(folder: Path, study: str, name: str) -> Scenario:
    """Return a saved scenario; `NotFoundError` where there is none of the name."""
    path = _path(folder, study, name)
    if not path.is_file():
        raise _missing(folder, study, name)
    return _read(path)


def has_scenario(folder: Path, study: str, name: str) -> bool:
    """Return whether a scenario of the name is saved with the study."""
    return _path(folder, study, name).is_file()


def save_scenario(folder: Path, study: str, scenario: Scenario) -> Scenario:
    """Save a scenario under its name, in place of an earlier one of that name; return it as it is saved.

    Raises
    ------
    InputError
        The name is not usable.
    LimitError
        The study has `MOST_SCENARIOS` already.
    BusyError
        Another process is writing the study.
    """
    kept = replace(scenario, name=check_scenario_name(scenario.name), lines=())
    path = _path(folder, study, kept.name)
    with study_lock(folder, study):
        path.parent.mkdir(exist_ok=True)
        if not path.exists() and len(list(path.parent.glob("[!.]*.json"))) >= MOST_SCENARIOS:
            raise LimitError(f"study '{study}' has {MOST_SCENARIOS} scenarios. Delete one first.")
        write_text(path, scenario_json(kept))
    return kept


def delete_scenario(folder: Path, study: str, name: str) -> None:
    """Delete a saved scenario; `NotFoundError` where there is none of the name."""
    path = _path(folder, study, name)
    with study_lock(folder, study):
        if not path.is_file():
            raise _missing(folder, study, name)
        path.unlink()


def _path(folder: Path, study: str, name: str) -> Path:
    """Return the file of a name: any name at all makes a safe one, on every system."""
    digest = hashlib.sha256(unicodedata.normalize("NFC", name).encode("utf-8", "replace")).hexdigest()
    return study_folder(folder, study) / SCENARIOS / f"{digest[:24]}.json"


def _missing(folder: Path, study: str, name: str) -> NotFoundError:
    known = ", ".join(f"'{one.name}'" for one in list_scenarios(folder, study)[:20]) or "none yet"
    return NotFoundError(f"study '{study}' has no scenario '{name[:MOST_NAME]}'. Saved: {known}.")


def _read(path: Path) -> Scenario:
    try:
        return read_scenario(path.read_bytes(), path.name)
    except (OSError, ScenarioError) as fault:
        raise StoreError(f"scenario {path.name} is damaged ({fault}). Delete the file, or save it again.") from None
