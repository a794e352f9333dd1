"""The renewal ledger of a study: scenarios that were built, each of which made a new base of it.

    <folder>/<study>/ledger/
        ledger.json          the hash of the first base, and the entries in order, each with that of the base after it
        first/               the study as it was before the first entry, with its network and assessments
        0001.json ...        what was built: scenarios

The study itself is always the present base. Replaying the entries on the first base gives it again, hash for hash.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from geo.judge.provenance import fingerprint
from geo.model.errors import InputError, NotFoundError, Problem
from geo.model.study import Study
from geo.plan.apply import apply
from geo.plan.scenario import Scenario, read_scenario, scenario_json
from geo.store.files import published, read_json, study_lock, to_json, write_text
from geo.store.studies import SCENARIOS, keep_scenarios, open_study, study_folder, write_study
from geo.walk.build import build_network, study_scale

LEDGER, FIRST, ENTRIES = "ledger", "first", "ledger.json"
REMEDY = "Restore the study from a copy, or load it again."


@dataclass(frozen=True)
class Entry:
    """What was built: number from 1, id, name and cost of its scenario, day (ISO 8601), a note, how many edits were on,
    and the hash of the base after it.
    """

    number: int
    scenario_id: str
    name: str
    built: str
    note: str
    cost: float | None
    edits: int
    base_sha256: str


@dataclass(frozen=True)
class Ledger:
    """The hash of the first base, and what was built since."""

    first_sha256: str
    entries: tuple[Entry, ...]


def open_ledger(folder: Path, name: str) -> Ledger:
    """Return the ledger of a stored study, without entries where nothing was built; `StoreError` where damaged."""
    path = study_folder(folder, name) / LEDGER / ENTRIES
    if not path.exists():
        return Ledger(fingerprint(open_study(folder, name)), ())
    record = read_json(path)
    return Ledger(record["first_sha256"], tuple(Entry(**entry) for entry in record["entries"]))


def add_entry(
    folder: Path,
    name: str,
    scenario: Scenario,
    *,
    built: str,
    note: str = "",
    categories: Collection[str] | None = None,
) -> Entry:
    """Make what a scenario leaves the new base of a study, under the same name, and enter it in the ledger.

    The assessments of the base before go with it; those of the first base stay in the ledger.

    Raises
    ------
    InputError
        No edit is on, or the day lies before that of the last entry; as `ScenarioError`, edits that do not fit.
    BusyError
        Another process is writing the study.
    """
    with study_lock(folder, name):
        ledger, before = open_ledger(folder, name), open_study(folder, name)
        if not any(edit.is_on for edit in scenario.edits):
            raise InputError(Problem(scenario.name, "no edit is on.", "Switch on what was built.", code="ledger_empty"))
        if ledger.entries and built < ledger.entries[-1].built:
            message = f"{built} lies before the last entry, of {ledger.entries[-1].built}."
            raise InputError(Problem("built", message, "Enter what was built in its order.", code="ledger_order"))
        after = apply(before, scenario, scale=study_scale(before), categories=categories).study
        done = sum(edit.is_on for edit in scenario.edits)
        entry = Entry(
            len(ledger.entries) + 1, scenario.scenario_id, scenario.name, built, note, scenario.total_cost, done,
            fingerprint(after),
        )  # fmt: skip
        home = study_folder(folder, name)
        with published(home) as aside:
            if (home / LEDGER).is_dir():
                shutil.copytree(home / LEDGER, aside / LEDGER)
            else:
                shutil.copytree(home, aside / LEDGER / FIRST, ignore=shutil.ignore_patterns(SCENARIOS))
            write_text(aside / LEDGER / _file(entry.number), scenario_json(scenario))
            record = asdict(Ledger(ledger.first_sha256, (*ledger.entries, entry)))
            write_text(aside / LEDGER / ENTRIES, to_json(record))
            write_study(aside, after, build_network(after))
            keep_scenarios(home, aside)
    return entry


def bases(folder: Path, name: str) -> Iterator[Study]:
    """Yield the first base, and by replaying each entry on it, the base after every entry."""
    ledger = open_ledger(folder, name)
    if not ledger.entries:
        yield open_study(folder, name)
        return
    base = replace(open_study(study_folder(folder, name) / LEDGER, FIRST), name=name)
    yield base
    for entry in ledger.entries:
        base = apply(base, built_scenario(folder, name, entry.number), scale=study_scale(base)).study
        yield base


def base_after(folder: Path, name: str, number: int) -> Study:
    """Return the base after an entry, 0 for the first base; `NotFoundError` where the ledger has no such entry."""
    for at, base in enumerate(bases(folder, name)):
        if at == number:
            return base
    raise NotFoundError(f"the ledger of '{name}' has no entry {number}; it has {at}. 0 is the first base.")


def built_scenario(folder: Path, name: str, number: int) -> Scenario:
    """Return what an entry built."""
    file = study_folder(folder, name) / LEDGER / _file(number)
    return read_scenario(file.read_bytes(), f"entry {number}")


def built_since(folder: Path, name: str, number: int) -> Scenario:
    """Return all that was built after an entry as one scenario, 0 for all of the ledger."""
    numbers = [entry.number for entry in open_ledger(folder, name).entries if entry.number > number]
    edits = [edit for n in numbers for edit in built_scenario(folder, name, n).edits]
    return Scenario(f"built since entry {number}" if number else "built", tuple(edits))


def replay(folder: Path, name: str) -> list[Problem]:
    """Return the entries whose base is not the one that replaying gives; none where the ledger holds."""
    ledger = open_ledger(folder, name)
    hashes = [ledger.first_sha256, *(entry.base_sha256 for entry in ledger.entries)]
    present, problems = fingerprint(open_study(folder, name)), list[Problem]()

    def told(where: str, message: str) -> None:
        problems.append(Problem(f"{name}/{LEDGER}/{where}", message, REMEDY, code="ledger_broken"))

    try:
        for number, base in enumerate(bases(folder, name)):
            if fingerprint(base) != hashes[number]:
                told(_file(number) if number else FIRST, "is not the base that replaying gives.")
    except InputError as fault:
        told(ENTRIES, f"can no longer be replayed ({fault}).")
    if present != hashes[-1]:
        told(ENTRIES, "the study is not the base after the last entry.")
    return problems


def ledger_facts(ledger: Ledger) -> dict[str, Any]:
    """Return the ledger as plain values, the present base last."""
    record = asdict(ledger)
    present = ledger.entries[-1].base_sha256 if ledger.entries else ledger.first_sha256
    return {**record, "entries": list(record["entries"]), "present_sha256": present}


def _file(number: int) -> str:
    return f"{number:04d}.json"
