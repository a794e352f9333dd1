"""The first figures of an assessment: what ``assess --json`` prints and the desk shows above the map."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.judge.coverage import rules_without_data
from geo.judge.rollup import THOUSANDTHS
from geo.model.assessment import COVERED, UNCOVERED
from geo.model.standards import CIRCLES, Amount, Rule, Standard
from geo.model.study import Study

TELLING_RATIO = 0.6
"""A rule that about this share of people meets tells most on a map (ours)."""

_FIGURES = (
    "people", "covered", "uncovered", "unknown", "ratio", "verdict", "line_covered", "line_ratio", "area_m2",
    "area_covered_m2", "walk_min_median", "walk_min_p90", "walk_min_worst_tenth", "walk_gini",
)  # fmt: skip


def headline(
    study: Study, standard: Standard, *, totals: pd.DataFrame, missing: tuple[str, ...], facts: dict[str, Any]
) -> dict[str, Any]:
    """Return the figures of the contract, with each rule's words, clause and confidence beside its people.

    Parameters
    ----------
    totals
        One row per rule for everybody, from `rollup.frame`.
    facts
        Figures that other steps found; they are added as they are.
    """
    without = rules_without_data(standard, missing)
    return {
        "study": study.name,
        "standard": standard.standard_id,
        "standard_name": {"zh": standard.name.zh, "en": standard.name.en},
        "standard_version": standard.version,
        "target": {"share": standard.target_share, "source": standard.target_source},
        "measure": standard.switched_to or "as the standard says",
        "rules": [
            _rule(standard, rule, row, rule.rule_id not in without)
            for rule, row in zip(standard.rules, totals.to_dict("records"), strict=True)
        ],
        "rules_without_data": list(without),
        "is_made_up": study.is_made_up,
        **facts,
    }


def telling_rules(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the judged rules of a headline, those to show first before others.

    Required ones come first, then the nearest circle, then those that about `TELLING_RATIO` of the people meet.
    """
    known = [rule for rule in figures["rules"] if rule["is_in_data"] and rule["ratio"] is not None]

    def order(rule: dict[str, Any]) -> tuple[bool, int, float]:
        return rule["duty"] != "must", -CIRCLES.index(rule["level"]), abs(rule["ratio"] - TELLING_RATIO)

    return sorted(known, key=order) or list(figures["rules"][:1])


def people_facts(
    people: NDArray[np.int64],
    *,
    unit: NDArray[np.int32],
    contested: NDArray[np.bool_],
    is_joined: NDArray[np.bool_],
    is_island: NDArray[np.bool_],
    answer: NDArray[np.int8],
) -> dict[str, Any]:
    """Return how many people each finding concerns, and the share that has every service the data can tell."""

    def count(which: NDArray[np.bool_]) -> float:
        return float(people[which].sum() / THOUSANDTHS)

    done, judged = count(answer == COVERED), count(answer == COVERED) + count(answer == UNCOVERED)
    return {
        "people": float(people.sum() / THOUSANDTHS),
        "people_outside_units": count(unit < 0),
        "people_in_overlapping_units": count(contested),
        "people_not_joined": count(~is_joined),
        "people_on_islands": count(is_island),
        "complete_ratio": done / float(people.sum() / THOUSANDTHS) if judged else None,
    }


def _rule(standard: Standard, rule: Rule, row: dict[str, Any], is_in_data: bool) -> dict[str, Any]:
    """Return a rule with its people; null where a figure is not stated or could not be told."""
    figures = {name: None if pd.isna(row[name]) else row[name] for name in _FIGURES}
    return {
        "rule_id": rule.rule_id,
        "category": rule.category,
        "level": rule.level,
        **figures,
        "target": standard.target_of(rule),
        "name": {"zh": rule.name.zh, "en": rule.name.en},
        "duty": rule.duty,
        "threshold_m": rule.threshold_m,
        "threshold_min": rule.threshold_min,
        "measure": rule.measure,
        "combine": rule.combine,
        "min_count": rule.min_count,
        "share_of": rule.share_of,
        "serves": rule.serves,
        "area_type": rule.area_type,
        **{name: _shown(getattr(rule, name)) for name in ("capacity_per_1000", "floor_area", "site_area")},
        "weight": rule.weight,
        "clause": rule.clause,
        "confidence": rule.confidence,
        "source": rule.source,
        "note": rule.note,
        "is_in_data": is_in_data,
    }


def _shown(amount: Amount | None) -> str | None:
    return None if amount is None else str(amount)
