"""Assessments on disk: arrays as they are, tables as CSV, gaps as Parquet, named by the hash of their inputs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo.model.assessment import Assessment
from geo.model.errors import NotFoundError, StoreError
from geo.model.standards import Amount, Profile, Rule, Standard, Text
from geo.model.standards.hindrances import Figure, Hindrances
from geo.store.files import published, read_json, read_manifest, study_lock, to_json, write_manifest, write_text
from geo.store.studies import study_folder

HOME, LATEST = "assessments", "latest"
ARRAYS = (
    "node_id", "node_walk_m", "demand_walk_m", "demand_nearest", "demand_line_m", "demand_access_m",
    "demand_is_island", "demand_unit", "demand_missing", "demand_completeness", "demand_gap", "status", "cause",
    "facility_access_m", "facility_people",
)  # fmt: skip
FRAMES = ("units", "verdicts", "outside", "totals", "capacity")
GAPS = "gaps.parquet"
FACTS = "facts.json"
_TEXT_COLUMNS = {"unit_id": str, "rule_id": str, "verdict": str, "measure": str, "nearest_id": str}


def save_assessment(folder: Path, assessment: Assessment) -> None:
    """Store an assessment whole and make it the newest of its study."""
    home = study_folder(folder, assessment.study_name) / HOME
    with study_lock(folder, assessment.study_name):
        with published(home / assessment.assessment_id) as aside:
            for name in ARRAYS:
                np.save(aside / f"{name}.npy", getattr(assessment, name))
            for name in FRAMES:
                getattr(assessment, name).to_csv(aside / f"{name}.csv", index=False)
            assessment.gaps.to_parquet(aside / GAPS, index=False)
            write_text(aside / FACTS, to_json(_facts(assessment)))
            write_manifest(aside, {"name": assessment.assessment_id})
        write_text(home / LATEST, assessment.assessment_id)


def assessment_ids(folder: Path, name: str) -> list[str]:
    """Return the ids of a study's stored assessments, the newest last."""
    home = study_folder(folder, name) / HOME
    if not (home / LATEST).is_file():
        return []
    latest = (home / LATEST).read_text(encoding="utf-8").strip()
    others = sorted(path.name for path in home.iterdir() if path.is_dir() and not path.name.startswith("."))
    return [other for other in others if other != latest] + [latest]


def list_assessments(folder: Path, name: str) -> list[dict[str, Any]]:
    """Return what each stored assessment of a study was made by, the newest last."""
    found = []
    for assessment_id in assessment_ids(folder, name):
        facts = read_json(study_folder(folder, name) / HOME / assessment_id / FACTS)
        provenance, headline = facts["provenance"], facts["headline"]
        found.append(
            {
                "assessment_id": assessment_id,
                "standard": headline["standard"],
                "standard_name": headline["standard_name"],
                "wording": provenance["standard"]["sha256"],
                "switched_to": facts["standard"]["switched_to"],
                "measure": headline["measure"],
                "profile": headline["profile"],
                "created": provenance["created"],
            }
        )
    return found


def open_assessment(folder: Path, name: str, assessment_id: str | None = None) -> Assessment:
    """Return a stored assessment, the newest where no id is given.

    Raises
    ------
    NotFoundError
        The study was not assessed, or not with that id.
    StoreError
        What is stored is damaged.
    """
    ids = assessment_ids(folder, name)
    if not ids:
        raise NotFoundError(f"study '{name}' was not assessed yet. Run: assess {name}", code="not_assessed")
    chosen = assessment_id or ids[-1]
    if chosen not in ids:
        raise NotFoundError(f"study '{name}' has no assessment '{chosen}'. Stored: {', '.join(ids)}.")
    home = study_folder(folder, name) / HOME / chosen
    read_manifest(home)
    facts = read_json(home / FACTS)
    try:
        arrays = {n: np.load(home / f"{n}.npy", mmap_mode="r", allow_pickle=False) for n in ARRAYS}
        frames = {n: _read_frame(home / f"{n}.csv") for n in FRAMES}
        gaps = pd.read_parquet(home / GAPS)
    except (OSError, ValueError) as fault:
        raise StoreError(f"assessment {chosen} of '{name}' is damaged ({fault}). Run: assess {name}") from None
    return Assessment(
        assessment_id=chosen,
        study_name=name,
        standard=_standard(facts["standard"]),
        profile=_profile(facts["profile"]),
        categories=tuple(facts["categories"]),
        missing_categories=tuple(facts["missing_categories"]),
        search_limit_m=facts["search_limit_m"],
        headline=facts["headline"],
        provenance=facts["provenance"],
        gaps=gaps,
        **arrays,
        **frames,
    )


def _facts(assessment: Assessment) -> dict[str, Any]:
    names = ("categories", "missing_categories", "search_limit_m", "headline", "provenance")
    plain = {name: getattr(assessment, name) for name in names}
    return {**plain, "standard": asdict(assessment.standard), "profile": asdict(assessment.profile)}


def _profile(record: dict[str, Any]) -> Profile:
    figures = tuple(Figure(**figure) for figure in record["hindrances"]["figures"])
    return Profile(**{**record, "name": Text(**record["name"]), "hindrances": Hindrances(figures)})


def _standard(record: dict[str, Any]) -> Standard:
    rules = tuple(_rule(rule) for rule in record["rules"])
    return Standard(**{**record, "name": Text(**record["name"]), "rules": rules})


def _rule(record: dict[str, Any]) -> Rule:
    sizes = ("capacity_per_1000", "floor_area", "site_area")
    amounts = {name: Amount(**record[name]) for name in sizes if record[name] is not None}
    words, categories = Text(**record["name"]), tuple(record["categories"])
    return Rule(**{**record, **amounts, "name": words, "categories": categories})


def _read_frame(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=_TEXT_COLUMNS, keep_default_na=True)
