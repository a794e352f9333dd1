"""Judging every place by every rule: covered, not covered, or unknown. Distances decide; nothing is drawn here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geo.model.assessment import COVERED, UNCOVERED, UNKNOWN
from geo.model.standards import Rule, Standard

TOLERANCE = 1e-9
SECONDS_PER_MINUTE = 60.0

Several = Mapping[str, NDArray[np.float64]]
"""Rule id -> metres to its ``min_count``-th nearest facility, for the rules that ask for more than one."""


@dataclass(frozen=True)
class Costs:
    """What P places walk to C categories, and how far those lie as the crow flies.

    Attributes
    ----------
    walk_m, walk_s
        float64 (P, C): metres, and seconds where somebody asks for them; ``inf`` where unreached.
    line_m
        float64 (P, C): straight metres; ``inf`` where there is none.
    is_judged
        bool (P,): the place joined the streets, and not a scrap of street that leads nowhere.
    several_m, several_line_m
        Metres to the n-th nearest, along the streets and straight.
    """

    walk_m: NDArray[np.float64]
    walk_s: NDArray[np.float64] | None
    line_m: NDArray[np.float64]
    is_judged: NDArray[np.bool_]
    several_m: Several = field(default_factory=dict)
    several_line_m: Several = field(default_factory=dict)


@dataclass(frozen=True)
class Answers:
    """The answers of P places to R rules, by each rule's own measure, and by straight radius beside it.

    Attributes
    ----------
    status
        int8 (P, R): COVERED, UNCOVERED or UNKNOWN.
    line
        int8 (P, R): the same by straight radius; UNKNOWN only where the data lack what the rule asks for.
    """

    status: NDArray[np.int8]
    line: NDArray[np.int8]


def judge(
    rules: Sequence[Rule],
    categories: tuple[str, ...],
    costs: Costs,
    *,
    missing: tuple[str, ...],
    speed_mps: float,
) -> Answers:
    """Return the answer for every place and rule.

    Parameters
    ----------
    categories
        The C categories that the columns of ``costs`` stand for.
    missing
        Categories without one facility in the data: nobody can tell who reaches them.
    speed_mps
        Metres a second on the flat: a rule in minutes is set beside the straight metres walked in them.

    Returns
    -------
    answers
        COVERED where what the rule asks for is within its threshold, else UNCOVERED. UNKNOWN on foot where the place
        did not join the network; by any measure where the category is not in the data (only a scenario adds a facility
        of one), or, of a rule that asks for each of several, where those that are in the data are near. A place on an
        island is judged only by what it reaches.
    """
    everywhere = np.ones(len(costs.is_judged), bool)
    shape = (len(costs.is_judged), len(rules))
    status, line = (np.full(shape, UNKNOWN, np.int8, order="F") for _ in range(2))
    for number, rule in enumerate(rules):
        if not rule.has_threshold:
            continue
        columns = [categories.index(c) for c in rule.categories]
        asked = _Asked(rule, columns, [n for n in columns if categories[n] not in missing])
        limit = rule.metres(speed_mps)
        line[:, number] = _answer(asked, costs.line_m, costs.several_line_m, limit, everywhere)
        if rule.measure == "line":
            status[:, number] = line[:, number]
            continue
        found = costs.walk_m if rule.threshold_m is not None else costs.walk_s
        if found is None:
            raise ValueError(f"rule {rule.rule_id} is in minutes: walk_s is needed")
        status[:, number] = _answer(asked, found, costs.several_m, _threshold(rule), costs.is_judged)
    return Answers(status, line)


def cost_of_rule(rule: Rule, columns: list[int], cost: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (P,) the cost to the nearest of the columns, to the farthest of them where the rule asks for each."""
    combine = np.maximum if rule.combine == "each" else np.minimum
    return np.asarray(combine.reduce([cost[:, column] for column in columns]))


def complete(standard: Standard, status: NDArray[np.int8], missing: tuple[str, ...]) -> NDArray[np.int8]:
    """Return int8 (D,): COVERED where every must-rule with data is met, UNCOVERED where one is not, else UNKNOWN."""
    without = rules_without_data(standard, missing)
    columns = [r for r, rule in enumerate(standard.rules) if rule.is_must and rule.rule_id not in without]
    if not columns:
        return np.full(len(status), UNKNOWN, np.int8)
    judged = status[:, columns]
    answer = np.where((judged == COVERED).all(axis=1), COVERED, UNKNOWN)
    return np.where((judged == UNCOVERED).any(axis=1), UNCOVERED, answer).astype(np.int8)


def rules_without_data(standard: Standard, missing: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids of the rules that nobody can be judged by.

    None of the categories has a facility in the data, one of those that are asked for together has none, or the rule
    asks for an amount alone.
    """

    def is_without(rule: Rule) -> bool:
        lacking = [c in missing for c in rule.categories]
        return not rule.has_threshold or all(lacking) or (rule.combine == "each" and any(lacking))

    return tuple(rule.rule_id for rule in standard.rules if is_without(rule))


def strictest_rules(standard: Standard) -> dict[str, Rule]:
    """Return for every category the rule that speaks for it alone: a must before an as-needed, then the nearest."""
    chosen: dict[str, Rule] = {}
    for rule in sorted(standard.rules, key=lambda r: (not r.is_must, r.threshold_m or np.inf)):
        for category in rule.categories:
            chosen.setdefault(category, rule)
    return chosen


def _threshold(rule: Rule) -> float:
    return rule.threshold_m if rule.threshold_m is not None else (rule.threshold_min or 0) * SECONDS_PER_MINUTE


def _costs_of(rule: Rule, columns: list[int], cost: NDArray[np.float64], several: Several) -> NDArray[np.float64]:
    return several[rule.rule_id] if rule.min_count > 1 else cost_of_rule(rule, columns, cost)


@dataclass(frozen=True)
class _Asked:
    """A rule, the columns of its categories, and those of them that are in the data."""

    rule: Rule
    columns: list[int]
    present: list[int]


def _answer(
    asked: _Asked, cost: NDArray[np.float64], several: Several, limit: float, is_judged: NDArray[np.bool_]
) -> NDArray[np.int8]:
    """Return the answers by a cost: near all that is asked for, or far from what is in the data."""
    near = _costs_of(asked.rule, asked.columns, cost, several) <= limit + TOLERANCE
    far = is_judged & ~near
    if not asked.present:
        far = np.zeros(len(near), bool)
    elif len(asked.present) < len(asked.columns):
        far &= _costs_of(asked.rule, asked.present, cost, several) > limit + TOLERANCE
    return np.where(near, COVERED, np.where(far, UNCOVERED, UNKNOWN)).astype(np.int8)
