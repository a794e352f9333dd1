"""What is asked for when sites are chosen, which options go together, and how much each resident counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from geo.model.errors import InputError, Problem
from geo.model.standards import SERVED
from geo.plan.baseline import Baseline
from geo.plan.serving import Floats, Ints, Want

Goal = Literal["people", "all", "average", "worst"]
GOALS: tuple[Goal, ...] = ("people", "all", "average", "worst")
"""Most people newly covered (MCLP); all of them by the fewest sites (LSCP); least average walk (p-median); least worst
walk (p-center)."""

Weights = Literal["none", "elders", "worst"]
WEIGHTS: tuple[Weights, ...] = ("none", "elders", "worst")

OF_ELDERS, OF_WORST = 3.0, 3.0
"""An elder (60 or older) counts so much; who walks so many times the threshold or more counts so much (ours)."""

PARTS = 100
"""Weights are whole hundredths, so that sums are exact."""


@dataclass(frozen=True)
class Brief:
    """What is asked for.

    Attributes
    ----------
    categories
        What every site gives; more than one share a building.
    count, goal
        How many sites at most, and what to strive for.
    weights
        Whether elders, or those who walk farthest today, count more.
    capacity
        How many people a site serves at most; None: as many as come.
    closing, may_lose
        How many facilities of the category may be closed, each for one more site; and whether somebody who is covered
        may lose by it.
    is_exact, time_limit_s
        Whether HiGHS is asked, and for how long.
    """

    categories: tuple[str, ...]
    count: int
    goal: Goal = "people"
    weights: Weights = "none"
    capacity: int | None = None
    closing: int = 0
    may_lose: bool = False
    is_exact: bool = True
    time_limit_s: float = 60.0


def check_brief(brief: Brief) -> None:
    """Refuse options that do not go together.

    Raises
    ------
    InputError
        Which, and why.
    """
    several = len(brief.categories) > 1
    faults = (
        (len(set(brief.categories)) < len(brief.categories), "a category is named twice"),
        (brief.weights != "none" and brief.goal in ("all", "worst"), f"goal {brief.goal} counts everybody alike"),
        (several and brief.goal in ("average", "worst"), "walks to several categories are not one walk"),
        (several and brief.closing > 0, "closing is for one category"),
        (brief.closing > 0 and brief.goal in ("all", "worst"), "closing is for the goals people and average"),
        (brief.may_lose and not brief.closing, "nobody loses where nothing is closed"),
        (brief.count < 1 and not brief.closing, "no site is asked for"),
        (
            brief.capacity is not None and (several or brief.closing > 0 or brief.weights != "none"),
            "capacity is for one category, without weights and closing",
        ),
        (brief.capacity is not None and brief.goal != "people", "capacity is for the goal people"),
    )
    told = [Problem("sites", f"{why}.", "Leave one of them out.", code="options_not_together") for is_so, why in faults
            if is_so]  # fmt: skip
    if told:
        raise InputError(told)


def factor_of(base: Baseline, brief: Brief, want: Want) -> Ints | None:
    """Return how much a resident of each home counts, whole hundredths (D,); None where all count one.

    Raises
    ------
    InputError
        Elders are to count more and nobody says how many there are.
    """
    if brief.weights == "none":
        return None
    weight = np.ones(len(want.people))
    if brief.weights == "elders":
        weight *= 1 + (OF_ELDERS - 1) * _share_of_elders(base, want)
    elif brief.weights == "worst":
        weight *= np.clip(np.minimum(want.before, want.far) / want.threshold, 1.0, OF_WORST)
    return np.asarray(np.rint(weight * PARTS), dtype=np.int64)


def weights_told(brief: Brief, wants: tuple[Want, ...]) -> dict[str, Any]:
    """Return the weights as they are told beside the result."""
    told: dict[str, Any] = {"kind": brief.weights}
    if brief.weights == "elders":
        told |= {"from_age": 60, "elders": OF_ELDERS, "others": 1.0}
    elif brief.weights == "worst":
        told |= {"within_threshold": 1.0, "most": OF_WORST, "most_from_thresholds": OF_WORST}
    if len(brief.categories) > 1:
        told["rules"] = {want.rule.rule_id: 1.0 for want in wants}
    return told


def _share_of_elders(base: Baseline, want: Want) -> Floats:
    """Return which share of those whom the rule counts are elders, at every home."""
    serves, demand = want.rule.serves, base.study.demand
    if serves != "all":
        return np.full(len(want.people), float(serves == "elders"))
    elders = np.zeros(len(demand))
    for column in SERVED["elders"]:
        elders = elders + (demand[column].to_numpy(float) if column in demand else np.nan)
    everybody = demand["people"].to_numpy(float)
    if np.isnan(elders[want.people > 0]).any():
        message = "nobody says how many residents are 60 or older."
        raise InputError(Problem("sites", message, "Load people by age.", code="people_not_stated"))
    share = np.divide(np.nan_to_num(elders), everybody, out=np.zeros(len(everybody)), where=everybody > 0)
    return np.asarray(np.clip(share, 0.0, 1.0))
