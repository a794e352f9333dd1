"""The homes where a scenario changes anything, and who of them gains and loses: by rule, category and age group.

A resident who gains by several rules counts once, in the widest of the groups that those rules count.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.judge.populations import Populations
from geo.judge.rollup import THOUSANDTHS, milli
from geo.judge.verdicts import Counts
from geo.model.assessment import COVERED
from geo.model.standards import SERVED, Standard
from geo.model.tables import AGE_GROUPS
from geo.plan.apply import Edited
from geo.plan.baseline import Baseline


@dataclass(frozen=True)
class Flow:
    """The M homes where anything changes: rows after, whom each rule counts, answers before and after.

    ``before`` and ``after`` are int64 (M, R + 1) thousandths of the people that each rule counts, everybody last;
    ``had`` and ``has`` the answers, completeness last. Homes that are new had nobody and no answer before.
    """

    row: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    had: NDArray[np.int8]
    has: NDArray[np.int8]
    crowds: tuple[Populations, Populations]

    @cached_property
    def stay(self) -> NDArray[np.int64]:
        """Thousandths of the people who live there before and after: (M, R + 1)."""
        return np.minimum(self.before, self.after)

    @cached_property
    def gained(self) -> NDArray[np.int64]:
        """Those of them who are newly covered."""
        return np.asarray(self.stay * ((self.has == COVERED) & (self.had != COVERED)))

    @cached_property
    def lost(self) -> NDArray[np.int64]:
        """Those of them who are covered no more."""
        return np.asarray(self.stay * ((self.had == COVERED) & (self.has != COVERED)))

    @property
    def people_gained(self) -> NDArray[np.int64]:
        """Residents who gain by any rule: (M,)."""
        return np.asarray(self.gained[:, :-1].max(axis=1, initial=0))

    @property
    def people_lost(self) -> NDArray[np.int64]:
        """Residents who lose by any rule: (M,)."""
        return np.asarray(self.lost[:, :-1].max(axis=1, initial=0))


def flow_of(base: Baseline, crowd: Populations, status: NDArray[np.int8], is_complete: NDArray[np.int8]) -> Flow:
    """Return the homes where answers (int8, (D, R)), completeness (D,) or people are other than on the base."""
    old, count = len(base.unit), len(status)
    is_other = np.ones(count, bool)
    is_other[:old] = (status[:old] != base.answers.status).any(axis=1) | (is_complete[:old] != base.is_complete)
    if crowd is not base.crowd:
        is_other[:old] |= (crowd.people[:old] != base.crowd.people).any(axis=1)
        is_other[:old] |= (crowd.unstated[:old] != base.crowd.unstated).any(axis=1)
    row = np.flatnonzero(is_other)
    known = row[row < old]
    had = np.zeros((len(row), status.shape[1] + 1), np.int8)
    had[: len(known)] = np.column_stack([base.answers.status[known], base.is_complete[known]])
    then = Populations(
        _padded(base.crowd.people[known], len(row)), _padded(base.crowd.unstated[known], len(row)), crowd.of_rule
    )
    now = Populations(crowd.people[row], crowd.unstated[row], crowd.of_rule)
    columns = [*crowd.of_rule, 0]
    return Flow(row, then.people[:, columns], now.people[:, columns], had,
                 np.column_stack([status[row], is_complete[row]]), (then, now))  # fmt: skip


def _padded(array: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    whole = np.zeros((count, array.shape[1]), np.int64)
    whole[: len(array)] = array
    return whole


def people_facts(base: Baseline, flow: Flow, everybody: NDArray[np.int64]) -> dict[str, float | None]:
    """Return how many live there, move, gain and lose, and the share with every required service."""
    before, after = flow.before[:, -1], flow.after[:, -1]
    was_complete = int(base.everybody[base.is_complete == COVERED].sum())
    change = after[flow.has[:, -1] == COVERED].sum() - before[flow.had[:, -1] == COVERED].sum()
    people, people_after = int(base.everybody.sum()), int(everybody.sum())
    is_told = bool((base.is_complete >= 0).any() or (flow.has[:, -1] >= 0).any())
    return {
        "people_before": people / THOUSANDTHS,
        "people_after": people_after / THOUSANDTHS,
        "people_moved_in": _sum(np.maximum(after - before, 0)),
        "people_moved_out": _sum(np.maximum(before - after, 0)),
        "people_gained": _sum(flow.people_gained),
        "people_lost": _sum(flow.people_lost),
        "complete_ratio_before": was_complete / people if is_told and people else None,
        "complete_ratio_after": (was_complete + int(change)) / people_after if is_told and people_after else None,
    }


def rule_facts(base: Baseline, flow: Flow, counts: Counts) -> list[dict[str, Any]]:
    """Return for each rule who is covered, gains and loses among those it counts; null where that is not stated."""
    came, left = np.maximum(flow.after - flow.before, 0), np.maximum(flow.before - flow.after, 0)
    then, now = base.counts.total(), counts.total()
    is_stated = (then.unstated[0] == 0) & (now.unstated[0] == 0)
    found = []
    for column, rule in enumerate(base.standard.rules):
        figures = {
            "covered_before": _sum(then.people[0, column, 0]),
            "covered_after": _sum(now.people[0, column, 0]),
            "gained": _sum(flow.gained[:, column]),
            "lost": _sum(flow.lost[:, column]),
            "moved_in_covered": _sum(came[flow.has[:, column] == COVERED, column]),
            "moved_out_covered": _sum(left[flow.had[:, column] == COVERED, column]),
        }
        told = figures if is_stated[column] else dict.fromkeys(figures)
        found.append({"rule_id": rule.rule_id, "category": rule.category, "level": rule.level, **told})
    return found


def category_facts(standard: Standard, flow: Flow) -> list[dict[str, Any]]:
    """Return for each category how many residents gain and lose by any rule that names it."""
    found = []
    for category in standard.categories:
        mine = [n for n, rule in enumerate(standard.rules) if category in rule.categories]
        gained, lost = (_sum(which[:, mine].max(axis=1, initial=0)) for which in (flow.gained, flow.lost))
        found.append({"category": category, "gained": gained, "lost": lost})
    return found


def age_facts(base: Baseline, edited: Edited, flow: Flow) -> list[dict[str, Any]]:
    """Return for each age group in the data who gains and loses by any rule that serves it, and by each such rule."""
    found = []
    is_gained, is_lost = flow.gained[:, :-1] > 0, flow.lost[:, :-1] > 0
    for group in AGE_GROUPS:
        if group not in base.study.demand or group not in edited.places.demand:
            continue
        stay = _staying(base, edited, flow, group)
        mine = [n for n, rule in enumerate(base.standard.rules) if group in SERVED[rule.serves] or rule.serves == "all"]
        rules = [
            {"rule_id": base.standard.rules[n].rule_id, "gained": _sum(stay[is_gained[:, n]]),
             "lost": _sum(stay[is_lost[:, n]])}
            for n in mine if is_gained[:, n].any() or is_lost[:, n].any()
        ]  # fmt: skip
        gained, lost = (_sum(stay[which[:, mine].any(axis=1)]) for which in (is_gained, is_lost))
        found.append({"group": group, "gained": gained, "lost": lost, "rules": rules})
    return found


def _staying(base: Baseline, edited: Edited, flow: Flow, group: str) -> NDArray[np.int64]:
    """Return thousandths of an age group who live there before and after; 0 where it is not stated."""
    now = milli(np.nan_to_num(edited.places.demand[group].to_numpy(dtype=float)[flow.row]))
    then = np.zeros_like(now)
    known = flow.row[flow.row < len(base.unit)]
    then[: len(known)] = milli(np.nan_to_num(base.study.demand[group].to_numpy(dtype=float)[known]))
    return np.minimum(then, now)


def _sum(thousandths: Any) -> float:
    return float(np.sum(thousandths) / THOUSANDTHS)
