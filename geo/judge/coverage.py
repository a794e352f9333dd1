"""Judging every place by every rule: covered, not covered, or unknown. Distances decide; nothing is drawn here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.model.assessment import COVERED, UNCOVERED, UNKNOWN
from geo.model.standards import Rule, Standard

TOLERANCE = 1e-9
SECONDS_PER_MINUTE = 60.0


def judge(
    standard: Standard,
    categories: tuple[str, ...],
    *,
    missing: tuple[str, ...],
    walk_m: NDArray[np.float64],
    walk_s: NDArray[np.float64] | None,
    is_judged: NDArray[np.bool_],
) -> NDArray[np.int8]:
    """Return the answer for every place and rule.

    Parameters
    ----------
    categories
        The C categories that the columns of ``walk_m`` stand for.
    missing
        Categories without one facility in the data: nobody can tell who reaches them.
    walk_m, walk_s
        float64 (D, C): metres, and seconds where a rule is in minutes; ``inf`` where unreached.
    is_judged
        bool (D,): the place joined the streets, and not a scrap of street that leads nowhere.

    Returns
    -------
    status
        int8 (D, R): COVERED where any category of the rule is within its threshold; UNCOVERED where none is;
        UNKNOWN where the place did not join the network, or no category of the rule is in the data (only a scenario
        adds a facility of one). A place on an island is judged only by what it reaches.
    """
    status = np.full((len(is_judged), len(standard.rules)), UNKNOWN, np.int8)
    for column, rule in enumerate(standard.rules):
        columns = [categories.index(c) for c in rule.categories]
        near = _nearest(rule, columns, walk_m, walk_s) <= _threshold(rule) + TOLERANCE
        if any(c not in missing for c in rule.categories):
            status[is_judged, column] = UNCOVERED
        status[near, column] = COVERED
    return status


def complete(standard: Standard, status: NDArray[np.int8], missing: tuple[str, ...]) -> NDArray[np.int8]:
    """Return int8 (D,): COVERED where every must-rule with data is met, UNCOVERED where one is not, else UNKNOWN."""
    columns = [
        r for r, rule in enumerate(standard.rules) if rule.is_must and any(c not in missing for c in rule.categories)
    ]
    if not columns:
        return np.full(len(status), UNKNOWN, np.int8)
    judged = status[:, columns]
    answer = np.where((judged == COVERED).all(axis=1), COVERED, UNKNOWN)
    return np.where((judged == UNCOVERED).any(axis=1), UNCOVERED, answer).astype(np.int8)


def rules_without_data(standard: Standard, missing: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids of the rules none of whose categories has a facility in the data."""
    return tuple(rule.rule_id for rule in standard.rules if all(c in missing for c in rule.categories))


def strictest_rules(standard: Standard) -> dict[str, Rule]:
    """Return for every category the rule that speaks for it alone: a must before an as-needed, then the nearest."""
    chosen: dict[str, Rule] = {}
    for rule in sorted(standard.rules, key=lambda r: (not r.is_must, r.threshold_m or np.inf)):
        for category in rule.categories:
            chosen.setdefault(category, rule)
    return chosen


def _threshold(rule: Rule) -> float:
    return rule.threshold_m if rule.threshold_m is not None else (rule.threshold_min or 0) * SECONDS_PER_MINUTE


def _nearest(
    rule: Rule, columns: list[int], walk_m: NDArray[np.float64], walk_s: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    cost = walk_m if rule.threshold_m is not None else walk_s
    if cost is None:
        raise ValueError(f"rule {rule.rule_id} is in minutes: walk_s is needed")
    return np.asarray(cost[:, columns].min(axis=1))
