"""What changed since the last assessment of a study, unit by unit, for report cards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from geo.judge.compare import compare_in_time
from geo.judge.verdicts import PASS
from geo.model.assessment import Assessment
from geo.store import open_assessment
from web.opened import Opened

MOST_CHANGES = 3
ALIKE = ("standard", "measure", "profile")


def earlier_of(folder: Path, one: Opened) -> Assessment | None:
    """Return the last assessment of a study before the one shown: by the same standard, measure and profile."""
    if one.assessment is None:
        return None
    facts = {record["assessment_id"]: record for record in one.made}
    mine = facts.get(one.assessment.assessment_id)
    before = [
        record
        for record in one.made
        if mine and record["created"] < mine["created"] and all(record[name] == mine[name] for name in ALIKE)
    ]
    if not before:
        return None
    return open_assessment(folder, one.study.name, max(before, key=lambda r: str(r["created"]))["assessment_id"])


class Changes:
    """Two assessments rule by rule, and what became of each unit."""

    def __init__(self, before: Assessment, after: Assessment, must: list[dict[str, Any]]) -> None:
        self.before, self._rules = before, {rule["rule_id"]: rule for rule in must}
        self._are_rules_new = before.provenance["standard"]["sha256"] != after.provenance["standard"]["sha256"]
        table = compare_in_time(before, after)
        self._rows = dict(list(table[table["rule_id"].isin(list(self._rules))].groupby("unit_id")))

    def of(self, unit_id: str) -> dict[str, Any] | None:
        """Return what changed for a unit, or for everybody (`WHOLE`); None where it was not judged before.

        ``met`` and ``lost`` are rules that pass now and did not, and the reverse; ``gained`` the rules that cover most
        more or fewer people, with how many.
        """
        mine = self._rows.get(unit_id, pd.DataFrame())
        if mine.empty or mine["verdict_before"].isna().all():
            return None
        passed, passes = mine["verdict_before"] == PASS, mine["verdict_after"] == PASS
        moved = mine.assign(by=mine["covered_gained"].astype(float).round().fillna(0))
        moved = moved[moved["by"] != 0].sort_values("by", key=lambda by: -by.abs(), kind="stable").head(MOST_CHANGES)
        return {
            "created": str(self.before.provenance["created"])[:10],
            "assessment_id": self.before.assessment_id,
            "are_rules_new": self._are_rules_new,
            "people_before": float(mine["people_before"].max()),
            "met": [self._rules[rule_id] for rule_id in mine["rule_id"][passes & ~passed]],
            "lost": [self._rules[rule_id] for rule_id in mine["rule_id"][passed & ~passes]],
            "gained": [
                {"rule": self._rules[r], "people": by} for r, by in zip(moved["rule_id"], moved["by"], strict=True)
            ],
        }
