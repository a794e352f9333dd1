"""Counting answers into units, and the verdict on every unit and rule.

A verdict is pass or fail only where the people unknown cannot turn it round. Where it is not stated whom a rule counts
(no column of the age it serves), its figures are null, never zero, and the verdict is "insufficient data".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.judge.coverage import Answers
from geo.judge.ground import Ground
from geo.judge.populations import Populations
from geo.judge.rollup import THOUSANDTHS, climb, tally
from geo.model.standards import Rule, Standard

PASS, FAIL, INSUFFICIENT = "pass", "fail", "insufficient data"


@dataclass(frozen=True)
class Counts:
    """Thousandths of people, and square metres of built-up ground, in K groups of places by R rules.

    Attributes
    ----------
    people, ground
        int64 (K, R, 3): covered, uncovered and unknown, in that order.
    by_line
        int64 (K, R): people covered by straight radius. ``ground_by_line`` the same of the ground.
    unjudged_line
        int64 (K, R): people whom no radius can judge, for want of data.
    unstated
        int64 (K, R): residents of whom it is not stated whether the rule counts them.
    """

    people: NDArray[np.int64]
    by_line: NDArray[np.int64]
    unjudged_line: NDArray[np.int64]
    unstated: NDArray[np.int64]
    ground: NDArray[np.int64]
    ground_by_line: NDArray[np.int64]

    def of(self, units: pd.DataFrame) -> Counts:
        """Return the counts of the units with those below them; the last row of each array, outside all, is left."""
        return Counts(**{name: climb(array[:-1], units) for name, array in vars(self).items()})

    def outside(self) -> Counts:
        """Return the counts outside every unit, as one group."""
        return Counts(**{name: array[-1:] for name, array in vars(self).items()})

    def total(self) -> Counts:
        """Return the counts of everybody, as one group."""
        return Counts(**{name: array.sum(axis=0, keepdims=True) for name, array in vars(self).items()})


def count(
    crowd: Populations, answers: Answers, unit: NDArray[np.int32], *, units: int, ground: Ground | None
) -> Counts:
    """Return the counts of each unit's own places, and of those outside every unit in the last row."""
    rules = len(crowd.of_rule)
    people, line = np.zeros((2, units + 1, rules, 3), np.int64)
    unstated = np.zeros((units + 1, rules), np.int64)
    for number, population in enumerate(crowd.of_rule):
        weight = crowd.people[:, population]
        people[:, number] = tally(weight, answers.status[:, number], unit, units)
        line[:, number] = tally(weight, answers.line[:, number], unit, units)
        unstated[:, number] = tally(crowd.unstated[:, population], answers.status[:, number], unit, units).sum(axis=1)
    on_ground, by_line = np.zeros((2, units + 1, rules, 3), np.int64)
    if ground is not None:
        for column, number in enumerate(ground.rules):
            on_ground[:, number] = tally(ground.area_m2, ground.answers.status[:, column], ground.unit, units)
            by_line[:, number] = tally(ground.area_m2, ground.answers.line[:, column], ground.unit, units)
    return Counts(people, line[:, :, 0], line[:, :, 2], unstated, on_ground, by_line[:, :, 0])


def frame(counts: Counts, standard: Standard, unit_ids: Sequence[str] | None = None) -> pd.DataFrame:
    """Return one row per group and rule: people, ground, ratio, the same by straight radius, verdict.

    The ratio is covered / all: the unknown stay below the line, so it is a lower bound; null where nobody could be
    judged. It is of ground where the rule asks for a share of ground.
    """
    rules, size = standard.rules, len(counts.people)
    is_area = np.array([rule.share_of == "area" for rule in rules])
    is_stated = counts.unstated == 0
    shares = np.where(is_area[:, None], counts.ground, counts.people)
    by_line = np.where(is_area, counts.ground_by_line, counts.by_line)
    targets = np.array([standard.target_of(rule) for rule in rules])
    people = np.where(is_stated[:, :, None], counts.people / THOUSANDTHS, np.nan)
    whole = np.where(is_stated, counts.people.sum(axis=2) / THOUSANDTHS, np.nan)
    ground = np.where(is_area[:, None], counts.ground.astype(float), np.nan)
    has_line = is_stated & (counts.unjudged_line == 0) & np.array([rule.has_threshold for rule in rules])
    columns = {
        "rule_id": np.tile([rule.rule_id for rule in rules], size),
        "people": whole.ravel(),
        "covered": people[:, :, 0].ravel(),
        "uncovered": people[:, :, 1].ravel(),
        "unknown": people[:, :, 2].ravel(),
        "ratio": np.where(is_stated, _ratio(shares), np.nan).ravel(),
        "target": np.tile(targets, size),
        "verdict": np.where(is_stated, _verdicts(shares, targets), INSUFFICIENT).ravel(),
        "measure": np.tile([rule.measure for rule in rules], size),
        "line_covered": np.where(has_line, counts.by_line / THOUSANDTHS, np.nan).ravel(),
        "line_ratio": np.where(has_line, _share(by_line, shares.sum(axis=2)), np.nan).ravel(),
        "area_m2": ground.sum(axis=2).ravel(),
        "area_covered_m2": ground[:, :, 0].ravel(),
    }
    if unit_ids is not None:
        columns = {"unit_id": np.repeat(np.asarray(unit_ids, dtype=object), len(rules)), **columns}
    return pd.DataFrame(columns)


def threshold_text(rule: Rule) -> str:
    """Return the threshold as "300 m" or "5 min"; "not stated" where a rule asks for an amount alone."""
    if rule.threshold_m is not None:
        return f"{rule.threshold_m:g} m"
    return f"{rule.threshold_min:g} min" if rule.threshold_min is not None else "not stated"


def _ratio(shares: NDArray[np.int64]) -> NDArray[np.float64]:
    judged = shares[:, :, 0] + shares[:, :, 1]
    return np.where(judged > 0, _share(shares[:, :, 0], shares.sum(axis=2)), np.nan)


def _share(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


def _verdicts(shares: NDArray[np.int64], targets: NDArray[np.float64]) -> NDArray[np.object_]:
    """Pass or fail only where the unknown cannot turn it round."""
    whole = shares.sum(axis=2)
    verdict = np.full(whole.shape, INSUFFICIENT, dtype=object)
    verdict[shares[:, :, 0] + shares[:, :, 2] < targets * whole] = FAIL
    verdict[(shares[:, :, 0] >= targets * whole) & (whole > 0)] = PASS
    return verdict
