"""Why a place lacks a service: nothing near even as the crow flies, something in the way, too few places, unknown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.judge.coverage import Answers, cost_of_rule
from geo.judge.populations import Populations
from geo.judge.reachable import Reachable
from geo.judge.rollup import THOUSANDTHS
from geo.model.assessment import CAUSES, COVERED, NO_CAUSE, UNCOVERED, UNKNOWN
from geo.model.standards import Rule
from geo.model.study import Study

NONE_IN_RANGE, SEVERED, OVER_CAPACITY, NOT_KNOWN = range(len(CAUSES))


@dataclass(frozen=True)
class LineDistance:
    """As the crow flies: metres (D, C) to the nearest entrance of each category and where it stands (D, C, 2)."""

    metres: NDArray[np.float64]
    target_xy: NDArray[np.float64]


@dataclass(frozen=True)
class Causes:
    """Why each place lacks what each rule asks for.

    Attributes
    ----------
    code
        int8 (D, R): position in `CAUSES`, `NO_CAUSE` where nothing is lacking.
    line
        Distances as the crow flies.
    limits_m
        The metres each rule allows, in the order of the rules (`Rule.metres`).
    people
        float64 (D, R): whom each rule counts.
    """

    code: NDArray[np.int8]
    line: LineDistance
    limits_m: list[float]
    people: NDArray[np.float64]


@dataclass(frozen=True)
class Nearest:
    """For one rule and every place: metres on foot, by line, and where the nearest by line stands (D, 2)."""

    walk_m: NDArray[np.float64]
    line_m: NDArray[np.float64]
    target_xy: NDArray[np.float64]


def line_distances(
    study: Study, categories: tuple[str, ...], entrance_category: NDArray[np.int32], *, scale: float
) -> LineDistance:
    """Return straight distances from every demand place to the nearest entrance of every category.

    Parameters
    ----------
    entrance_category
        int32 (K,): position in ``categories`` for the rows of ``study.entrances``; further doors of theirs may follow.
    scale
        Metres of study.crs per metre on the ground.
    """
    places = shapely.get_coordinates(study.demand.geometry.to_numpy())
    doors = shapely.get_coordinates(study.entrances.geometry.to_numpy())
    metres = np.full((len(places), len(categories)), np.inf)
    target = np.full((len(places), len(categories), 2), np.nan)
    for column in range(len(categories)):
        mine = doors[entrance_category[: len(doors)] == column]
        if len(mine) and len(places):
            distance, nearest = cKDTree(mine).query(places)
            metres[:, column], target[:, column] = distance / scale, mine[nearest]
    return LineDistance(metres, target)


def find_causes(
    answers: Answers,
    line: LineDistance,
    limits_m: list[float],
    *,
    is_short: NDArray[np.bool_],
    people: NDArray[np.float64],
) -> Causes:
    """Return the cause of every place and rule.

    Parameters
    ----------
    answers
        From `coverage.judge`: severed is what the walk leaves out and the straight line does not.
    is_short
        bool (D, R): the facilities in reach have too few places for the people round them (`capacity`).
    people
        float64 (D, R), from `counted`.
    """
    status, by_line = answers.status, answers.line
    code = np.select(
        [status == UNKNOWN, status == UNCOVERED, is_short],
        [NOT_KNOWN, np.where(by_line == COVERED, SEVERED, NONE_IN_RANGE), OVER_CAPACITY],
        NO_CAUSE,
    )
    return Causes(code.astype(np.int8), line, limits_m, people)


def counted(crowd: Populations) -> NDArray[np.float64]:
    """Return the people (D, R) of every place whom each rule counts; residents where nobody tells them apart."""
    is_stated = np.asarray(crowd.people.any(axis=0) | ~crowd.unstated.any(axis=0))
    column = [number if is_stated[number] else 0 for number in crowd.of_rule]
    return np.asarray(crowd.people[:, column] / THOUSANDTHS)


def nearest_for(rule: Rule, found: Reachable, line: LineDistance) -> Nearest:
    """Return the nearest facility of a rule on foot and as the crow flies; where it asks for each, the farthest."""
    columns = [found.categories.index(c) for c in rule.categories]
    crow = line.metres[:, columns]
    at = np.argmax(crow, axis=1) if rule.combine == "each" else np.argmin(crow, axis=1)
    rows, chosen = np.arange(len(crow)), np.asarray(columns)[at]
    walk = cost_of_rule(rule, columns, found.reach.place_m)
    return Nearest(walk, line.metres[rows, chosen], line.target_xy[rows, chosen])
