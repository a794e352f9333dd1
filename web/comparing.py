"""Comparing assessments, for the command line and the API: with another of the study, or with one of another study."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from flask import Blueprint, Response, current_app

from geo.judge.compare import WHOLE, compare_in_time, compare_standards, summary
from geo.model.assessment import Assessment
from geo.store import list_assessments, open_assessment
from web.answers import answer, to_json
from web.problems import ParameterError
from web.queries import opened, parameters, whole_number
from web.standards.kept import standing_of

blueprint = Blueprint("comparing", __name__)
MOST_CHANGES, SHOWN_CHANGES = 100_000, 1000


def open_other(folder: Path, study: str, reference: str) -> Assessment:
    """Return the assessment that "ID", "STUDY/ID" or "STUDY/" names; without an id the newest of that study."""
    other, slash, chosen = reference.rpartition("/")
    return open_assessment(folder, other if slash else study, chosen or None)


def compared(before: Assessment, after: Assessment) -> tuple[str, pd.DataFrame]:
    """Return what two assessments are compared by, "rule" or "category", and the rows of both.

    By rule where they are of one standard, or of two of which one was copied from the other: at least half of the
    rules of the shorter one bear the same id in both. Else by category, each standard speaking by its strictest rule.
    """
    ids = [{rule.rule_id for rule in each.standard.rules} for each in (before, after)]
    is_by_rule = 2 * len(ids[0] & ids[1]) >= min(map(len, ids))
    if before.standard.standard_id == after.standard.standard_id or is_by_rule:
        return "rule", compare_in_time(before, after)
    return "category", compare_standards(before, after)


def describe_comparison(before: Assessment, after: Assessment, most: int = SHOWN_CHANGES) -> dict[str, Any]:
    """Return two assessments side by side: what each was made by, counts of verdicts, everybody, what changed.

    ``by`` and rows as of `compared`. ``changes`` holds the rows whose verdict changed, at most ``most`` of them.
    """
    by, table = compared(before, after)
    changed = table[table["is_changed"] & (table["unit_id"] != WHOLE)]
    return {
        "before": _made_by(before),
        "after": _made_by(after),
        "by": by,
        **summary(table[table["unit_id"] != WHOLE]),
        "everybody": _rows(table[table["unit_id"] == WHOLE].drop(columns="unit_id")),
        "changes": _rows(changed.head(most)),
    }


@blueprint.get("/api/v1/studies/<study>/assessments")
def assessments(study: str) -> Response:
    """Every stored assessment, the newest last, each with whether its standard is still kept as it was then."""
    parameters()
    opened(study)
    found = list_assessments(Path(current_app.config["STUDIES"]), study)
    told = [{**one, "standing": standing_of(one["standard"], one["wording"], one["switched_to"])} for one in found]
    return answer(to_json({"assessments": told}))


@blueprint.get("/api/v1/studies/<study>/comparison")
def comparison(study: str) -> Response:
    """The assessment shown, beside an earlier one or one by another standard."""
    asked = parameters("with", "limit")
    if "with" not in asked:
        raise ParameterError("'with' is missing: the id of an assessment, or STUDY/ID.")
    most = whole_number(asked.get("limit", str(SHOWN_CHANGES)), name="limit", low=1, high=MOST_CHANGES)
    after = opened(study).judged
    before = open_other(Path(current_app.config["STUDIES"]), study, asked["with"])
    return answer(to_json(describe_comparison(before, after, most)))


def _made_by(assessment: Assessment) -> dict[str, Any]:
    return {
        "assessment_id": assessment.assessment_id,
        "study": assessment.study_name,
        "standard": assessment.standard.standard_id,
        "measure": assessment.headline["measure"],
        "profile": assessment.profile.profile_id,
        "created": assessment.provenance["created"],
    }


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.astype(object).where(table.notna(), None).to_dict("records")
    return rows
