"""How long residents walk: median, ninetieth percentile, the worst-served tenth, and how unequal the walks are.

People count, not places: the median is the walk of the resident in the middle. Walks are in minutes of the profile,
searched in seconds. Whoever reaches nothing counts with the longest walk that is searched, so the figures are then
lower bounds; a figure that falls on such a resident is null. Those who joined no street are left out.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.judge.coverage import SECONDS_PER_MINUTE, cost_of_rule, rules_without_data
from geo.judge.populations import Populations
from geo.judge.reachable import Reachable
from geo.judge.rollup import levels_of
from geo.model.standards import Rule, Standard
from geo.model.study import Study

COLUMNS = ("walk_min_median", "walk_min_p90", "walk_min_worst_tenth", "walk_gini", "nearest_row")
WORST, HUNDREDTHS = 0.1, 100


def walks_of(
    study: Study, standard: Standard, found: Reachable, crowd: Populations, unit: NDArray[np.int32]
) -> dict[str, NDArray[np.float64]]:
    """Return float64 (U + 2, R) for each of `COLUMNS`: units, then those outside every unit, then everybody.

    ``nearest_row`` is the row of the facility nearest to the resident whose walk is the median; nan where none is.
    Rules on the same categories for the same people share their figures.
    """
    units = study.units
    groups, rank = _groups(unit, units), _ranks(study.facilities["facility_id"])
    size = len(units) + 2
    shared: dict[tuple[tuple[str, ...], str, int], list[int]] = {}
    without = rules_without_data(standard, found.missing)
    for number, rule in enumerate(standard.rules):
        if rule.rule_id not in without:
            shared.setdefault((rule.categories, rule.combine, crowd.of_rule[number]), []).append(number)
    result = {name: np.full((size, len(standard.rules)), np.nan) for name in COLUMNS}

    def work(same: list[int]) -> None:
        numbers = np.array(same)
        rule, population = standard.rules[same[0]], crowd.of_rule[same[0]]
        seconds, nearest = _walk_of(rule, found)
        has_walk = (np.isfinite(seconds) | (found.homes.is_joined & ~found.is_island)) & (
            crowd.people[:, population] > 0
        )
        order = np.flatnonzero(has_walk)
        order = order[_by_walk(seconds[order], rank[nearest[order]], found.limit_s)]
        for group in groups:
            slots, figures = _spread(group[order], seconds[order], crowd.people[order, population], found.limit_s)
            for name in COLUMNS[:-1]:
                result[name][np.ix_(slots, numbers)] = figures[name][:, None]
            at = order[figures["middle"].astype(np.int64)]
            result["nearest_row"][np.ix_(slots, numbers)] = np.where(nearest[at] >= 0, nearest[at], np.nan)[:, None]

    with ThreadPoolExecutor() as pool:
        list(pool.map(work, shared.values()))
    return result


def _ranks(ids: pd.Series) -> NDArray[np.int64]:
    """Return the place of every facility in the order of the ids, and one more for none."""
    rank = np.full(len(ids) + 1, len(ids), np.int64)
    rank[np.argsort(ids.to_numpy(dtype=str), kind="stable")] = np.arange(len(ids))
    return rank


def _by_walk(seconds: NDArray[np.float64], rank: NDArray[np.int64], limit_s: float) -> NDArray[np.int64]:
    """Return the order of the walks, equal ones by facility, so that the order of rows says nothing."""
    hundredths = np.rint(np.minimum(seconds, limit_s + 1.0) * HUNDREDTHS).astype(np.int64)
    return np.argsort((hundredths << 32) | rank, kind="stable").astype(np.int64)


def _groups(unit: NDArray[np.int32], units: pd.DataFrame) -> list[NDArray[np.signedinteger]]:
    """Return for each way to divide the places the group of each: the levels, with those outside, and everybody."""
    kind = np.int16 if len(units) + 2 < np.iinfo(np.int16).max else np.int32
    levels = levels_of(unit, units)
    outside = np.where(unit < 0, len(units), -1)
    everybody = np.full(len(unit), len(units) + 1)
    return [np.asarray(group, dtype=kind) for group in (*levels, outside, everybody)]


def _walk_of(rule: Rule, found: Reachable) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return seconds to what the rule asks for, and the facility walked to."""
    columns = [found.categories.index(c) for c in rule.categories if c not in found.missing]
    seconds = cost_of_rule(rule, columns, found.walk_s)
    nearest = np.full(len(seconds), -1, np.int32)
    for column in columns:
        is_mine = found.walk_s[:, column] == seconds
        nearest[is_mine] = found.reach.place_owner[is_mine, column]
    return seconds, nearest


def _spread(
    group: NDArray[np.integer], seconds: NDArray[np.float64], people: NDArray[np.int64], limit_s: float
) -> tuple[NDArray[np.int64], dict[str, NDArray[np.float64]]]:
    """Return the groups there are and their figures, for places sorted by their walk.

    The Gini coefficient is one minus twice the area below the curve of the people's running share of all walking.
    """
    inside = np.flatnonzero(group >= 0)
    inside = inside[np.argsort(group[inside], kind="stable")]
    group, weight = group[inside], people[inside]
    if not len(inside):
        return np.empty(0, np.int64), dict.fromkeys((*COLUMNS[:-1], "middle"), np.empty(0))
    first = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
    last = np.append(first[1:], len(inside)) - 1
    # Whole thousandths of people times whole hundredths of seconds: sums are exact, whatever the order.
    cost = np.rint(np.minimum(seconds[inside], limit_s) * HUNDREDTHS).astype(np.int64)
    running, walked = np.cumsum(weight), np.cumsum(weight * cost)
    before, walked_before = running[first] - weight[first], walked[first] - (weight * cost)[first]
    total, total_walked = running[last] - before, walked[last] - walked_before
    middle, tail = (_reached(running, before + total * share, first, last) for share in (0.5, 1 - WORST))
    # The tenth may begin within a place: of that place only the part that lies beyond counts.
    worst = walked[last] - walked[tail] + (running[tail] - before - total * (1 - WORST)) * cost[tail]
    steps = weight * (walked - np.repeat(walked_before, last - first + 1) - weight * cost / 2)
    gini = 1 - 2 * np.add.reduceat(steps, first) / np.maximum(total * total_walked.astype(float), 1.0)
    shown = np.where(np.isfinite(seconds[inside]), cost / (HUNDREDTHS * SECONDS_PER_MINUTE), np.nan)
    figures = {
        "walk_min_median": np.round(shown[middle], 2),
        "walk_min_p90": np.round(shown[tail], 2),
        "walk_min_worst_tenth": np.round(worst / (total * WORST * HUNDREDTHS * SECONDS_PER_MINUTE), 2),
        "walk_gini": np.maximum(np.round(np.where(total_walked > 0, gini, 0.0), 4), 0.0),
        "middle": inside[middle].astype(float),
    }
    return group[first].astype(np.int64), figures


def _reached(
    running: NDArray[np.int64], wanted: NDArray[np.float64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return where the running sum of people comes to what is wanted, within each group."""
    return np.clip(np.searchsorted(running, np.ceil(wanted - 1e-6).astype(np.int64)), first, last)
