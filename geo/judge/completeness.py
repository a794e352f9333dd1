"""How complete the services of a place are: every required one, how many are missing, and a weighted share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.judge.coverage import complete, rules_without_data
from geo.judge.rollup import THOUSANDTHS, climb, tally
from geo.model.assessment import COVERED, UNCOVERED, UNKNOWN
from geo.model.standards import Standard


@dataclass(frozen=True)
class Completeness:
    """The completeness of D places.

    Attributes
    ----------
    answer
        int8 (D,): whether the place has every required service that the data can tell.
    missing
        int16 (D,): required services it lacks for certain, -1 where none could be judged.
    share
        float64 (D,): weight of the services it has / weight of those that could be judged; nan where none could.
    """

    answer: NDArray[np.int8]
    missing: NDArray[np.int16]
    share: NDArray[np.float64]


def completeness_of(standard: Standard, status: NDArray[np.int8], missing: tuple[str, ...]) -> Completeness:
    """Return the completeness of every place; ``status`` is int8 (D, R). Rules without data count for nothing."""
    without = rules_without_data(standard, missing)
    judged = [number for number, rule in enumerate(standard.rules) if rule.rule_id not in without]
    lacking, known = (np.zeros(len(status), np.int16) for _ in range(2))
    has, could = (np.zeros(len(status)) for _ in range(2))
    for number in judged:
        rule, answer = standard.rules[number], status[:, number]
        has += rule.weight * (answer == COVERED)
        could += rule.weight * (answer != UNKNOWN)
        if rule.is_must:
            lacking += answer == UNCOVERED
            known += answer != UNKNOWN
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(could > 0, has / could, np.nan)
    return Completeness(complete(standard, status, missing), np.where(known > 0, lacking, -1).astype(np.int16), share)


def unit_frame(
    found: Completeness, people: NDArray[np.int64], unit: NDArray[np.int32], units: pd.DataFrame
) -> pd.DataFrame:
    """Return one row per unit: people, ``complete_ratio``, ``services_missing`` and ``completeness``.

    The last two are means over the residents who could be judged by any rule; null where there are none.
    """
    totals = climb(tally(people, found.answer, unit, len(units))[:-1], units)
    judged = totals[:, 0] + totals[:, 1]
    everybody = totals.sum(axis=1)
    return pd.DataFrame(
        {
            "unit_id": units["unit_id"].tolist(),
            "people": everybody / THOUSANDTHS,
            "complete_ratio": np.where(judged > 0, totals[:, 0] / np.maximum(everybody, 1), np.nan),
            "services_missing": _means(np.where(found.missing >= 0, found.missing, np.nan), people, unit, units),
            "completeness": _means(found.share, people, unit, units),
        }
    )


def mean(values: NDArray[np.floating], people: NDArray[np.int64]) -> float | None:
    """Return the mean over the people of the places whose value is known; None where there are none."""
    known = np.isfinite(values)
    total = people[known].sum()
    return float((values[known] * people[known]).sum() / total) if total else None


def _means(
    values: NDArray[np.floating], people: NDArray[np.int64], unit: NDArray[np.int32], units: pd.DataFrame
) -> NDArray[np.float64]:
    """Return the mean of a value over the people of each unit and those below it, to a thousandth."""
    inside = (unit >= 0) & np.isfinite(values)
    parts: Sequence[NDArray[np.float64]] = (np.rint(values[inside] * people[inside]), people[inside].astype(float))
    sums = [np.bincount(unit[inside], weights=part, minlength=len(units)).astype(np.int64) for part in parts]
    worth, crowd = (climb(part, units) for part in sums)
    return np.where(crowd > 0, np.round(worth / np.maximum(crowd, 1), 3), np.nan)
