"""Making a study: files read, joined to the streets, stored, judged. The one way, for commands, web and first start."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import geo
from geo.assess import assess, prepare, with_doubts, with_joins
from geo.intake.gather import Inputs
from geo.intake.load import load_study
from geo.model.standards import find_file, read_profile, read_standard
from geo.model.study import Progress, Study, no_progress
from geo.store import open_network, open_study, own_folder, save_assessment, save_study
from web.settings import ROOT

DATA = ROOT / "data"
STANDARD, PROFILE = "gb50180-2018", "adult"


def make_study(
    folder: Path, name: str, inputs: Inputs, *, accept_faults: bool = False, tell: Progress = no_progress
) -> Study:
    """Read the files of a study and store it whole; an earlier one of that name stays until then."""
    study = load_study(name, inputs, DATA, accept_faults=accept_faults, progress=lambda s, p: tell(s, 0.9 * p))
    study = with_doubts(study)
    network = prepare(study)
    study = with_joins(study, network)
    tell("storing the study", 0.95)
    save_study(folder, study, network)
    tell("done", 1.0)
    return study


def judge_study(
    folder: Path, name: str, tell: Progress = no_progress, standards: Sequence[str] = (STANDARD,)
) -> None:  # fmt: skip
    """Judge a stored study by some standards, the last of which is shown first, and store the assessments."""
    study, network = open_study(folder, name), open_network(folder, name)
    profile = read_profile(DATA / "profiles" / f"{PROFILE}.yaml")
    for number, standard in enumerate(standards):
        made = assess(
            study,
            network,
            read_standard(find_file(standard, DATA / "standards", own_folder(folder))),
            profile,
            code_version=geo.__version__,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            progress=lambda s, p, done=number: tell(s, (done + p) / len(standards)),  # type: ignore[misc]
        )
        save_assessment(folder, made)
