"""Checking what is stored against its checksums: one fault a file, by name."""

from __future__ import annotations

from pathlib import Path

from geo.model.errors import Problem, StoreError
from geo.store.assessments import HOME
from geo.store.files import MANIFEST, file_sha256, read_manifest
from geo.store.ledger import LEDGER, replay
from geo.store.studies import study_folder

REMEDY = "Load the study and assess it again."


def check_study(folder: Path, name: str) -> list[Problem]:
    """Return every fault of a stored study, its assessments and its ledger; an empty list where all is well.

    Where every file is whole, the ledger is replayed on the first base and must give the present one.

    Raises
    ------
    NotFoundError
        No such study.
    """
    home = study_folder(folder, name)
    problems = _check_folder(home, name)
    assessments = home / HOME
    if assessments.is_dir():
        for path in sorted(assessments.iterdir()):
            if path.is_dir() and not path.name.startswith("."):
                problems += _check_folder(path, f"{name}/{HOME}/{path.name}")
    return problems or (replay(folder, name) if (home / LEDGER).is_dir() else [])


def _check_folder(folder: Path, shown: str) -> list[Problem]:
    try:
        manifest = read_manifest(folder)
    except StoreError as fault:
        return [Problem(f"{shown}/{MANIFEST}", str(fault), REMEDY, code=fault.code)]
    problems = []
    for name, expected in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            problems.append(Problem(f"{shown}/{name}", "is missing.", REMEDY, code="store_corrupt"))
        elif file_sha256(path) != expected:
            problems.append(Problem(f"{shown}/{name}", "was changed or damaged.", REMEDY, code="store_corrupt"))
    return problems
