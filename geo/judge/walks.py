"""How long residents walk: median, ninetieth percentile, the worst-served tenth, and how unequal the walks are.

People count, not places: the median is the walk of the resident in the middle. Walks are in minutes of the profile,
searched in seconds. Whoever reaches nothing counts with the longest walk that is searched, so the figures are then
lower bounds; a figure that falls on such a resident is null. Those who joined no street are left out.

Every place is packed into one whole number, its group before its walk before its own number, so that one sort of plain
numbers orders all groups at once.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.judge.coverage import SECONDS_PER_MINUTE, cost_of_rule, rules_without_data
from geo.judge.populations import Populations
from geo.judge.reachable import Reachable
from geo.judge.rollup import levels_of
from geo.model.standards import Rule, Standard
from geo.model.study import Study

COLUMNS = ("walk_min_median", "walk_min_p90", "walk_min_worst_tenth", "walk_gini", "nearest_row")
WORST, HUNDREDTHS = 0.1, 100

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Packing:
    """How group, walk and place share a number: the bits of the last two, and the longest walk, in 1/100 s."""

    place_bits: int
    walk_bits: int
    limit: int

    def walk(self, keys: Ints) -> Ints:
        """Return the walk of each key, one more than the limit where nothing is reached."""
        return (keys >> self.place_bits) & ((1 << self.walk_bits) - 1)

    def place(self, keys: Ints) -> Ints:
        """Return the place of each key."""
        return keys & ((1 << self.place_bits) - 1)

    def group(self, keys: Ints) -> Ints:
        """Return the group of each key."""
        return keys >> (self.place_bits + self.walk_bits)


def walks_of(
    study: Study, standard: Standard, found: Reachable, crowd: Populations, unit: NDArray[np.int32]
) -> dict[str, Floats]:
    """Return float64 (U + 2, R) for each of `COLUMNS`: units, then those outside every unit, then everybody.

    ``nearest_row`` is the row of the facility nearest to the resident whose walk is the median; nan where none is.
    Rules on the same categories for the same people share their figures.
    """
    # Places are taken in the order of their ids, so that among equal walks the order of rows says nothing.
    by_id = np.argsort(study.demand["demand_id"].to_numpy(dtype=str), kind="stable")
    limit = round(found.limit_s * HUNDREDTHS)
    packing = _Packing(len(by_id).bit_length(), (limit + 1).bit_length(), limit)
    groups = [
        group[by_id].astype(np.int64) << (packing.place_bits + packing.walk_bits) for group in _groups(study, unit)
    ]
    can_walk = (found.homes.is_joined & ~found.is_island)[by_id]
    result = {name: np.full((len(study.units) + 2, len(standard.rules)), np.nan) for name in COLUMNS}

    def work(same: list[int]) -> None:
        numbers = np.array(same)
        people = crowd.people[by_id, crowd.of_rule[same[0]]]
        seconds, nearest = (values[by_id] for values in _walk_of(standard.rules[same[0]], found))
        has_walk = (np.isfinite(seconds) | can_walk) & (people > 0)
        walk = np.rint(np.minimum(seconds, found.limit_s + 1) * HUNDREDTHS).astype(np.int64)
        keys = np.minimum(walk, limit + 1) << packing.place_bits | np.arange(len(by_id))
        for group in groups:
            inside = np.sort((group + keys)[has_walk & (group >= 0)])
            if not len(inside):
                continue
            slots, figures = _spread(inside, people, packing)
            figures["nearest_row"] = nearest[figures["nearest_row"].astype(np.int64)].astype(float)
            figures["nearest_row"][figures["nearest_row"] < 0] = np.nan
            for name in COLUMNS:
                result[name][np.ix_(slots, numbers)] = figures[name][:, None]

    with ThreadPoolExecutor() as pool:
        list(pool.map(work, _alike(standard, found, crowd)))
    return result


def _alike(standard: Standard, found: Reachable, crowd: Populations) -> list[list[int]]:
    """Return the numbers of the rules that can be judged, those that share their walks together."""
    without = rules_without_data(standard, found.missing)
    shared: dict[tuple[tuple[str, ...], str, int], list[int]] = {}
    for number, rule in enumerate(standard.rules):
        if rule.rule_id not in without:
            shared.setdefault((rule.categories, rule.combine, crowd.of_rule[number]), []).append(number)
    return list(shared.values())


def _groups(study: Study, unit: NDArray[np.int32]) -> list[Ints]:
    """Return for each way to divide the places the group of each, -1 for none: levels, those outside, everybody."""
    units = len(study.units)
    return [*levels_of(unit, study.units), np.where(unit < 0, units, -1), np.full(len(unit), units + 1)]


def _walk_of(rule: Rule, found: Reachable) -> tuple[Floats, NDArray[np.int32]]:
    """Return seconds to what the rule asks for, and the facility walked to."""
    columns = [found.categories.index(c) for c in rule.categories if c not in found.missing]
    seconds = cost_of_rule(rule, columns, found.walk_s)
    nearest = np.full(len(seconds), -1, np.int32)
    for column in columns:
        is_mine = found.walk_s[:, column] == seconds
        nearest[is_mine] = found.reach.place_owner[is_mine, column]
    return seconds, nearest


def _spread(keys: Ints, people: Ints, packing: _Packing) -> tuple[Ints, dict[str, Floats]]:
    """Return the groups there are and their figures, from sorted keys; ``nearest_row`` is the place in the middle.

    The Gini coefficient is one minus twice the area below the curve of the people's running share of all walking.
    """
    group, place, walk = packing.group(keys), packing.place(keys), packing.walk(keys)
    weight, cost = people[place], np.minimum(walk, packing.limit)
    first = np.flatnonzero(np.diff(group, prepend=-1))
    last = np.append(first[1:], len(keys)) - 1
    # Whole thousandths of people times whole hundredths of seconds: sums are exact, whatever the order.
    walking = weight * cost
    running, walked = np.cumsum(weight), np.cumsum(walking)
    before, walked_before = running[first] - weight[first], walked[first] - walking[first]
    total, total_walked = running[last] - before, walked[last] - walked_before
    middle, tail = (_reached(running, before + total * share, first, last) for share in (0.5, 1 - WORST))
    # The tenth may begin within a place: of that place only the part that lies beyond counts.
    worst = walked[last] - walked[tail] + (running[tail] - before - total * (1 - WORST)) * cost[tail]
    steps = weight * (walked - np.repeat(walked_before, last - first + 1) - walking / 2)
    gini = 1 - 2 * np.add.reduceat(steps, first) / np.maximum(total * total_walked.astype(float), 1.0)
    per_minute = HUNDREDTHS * SECONDS_PER_MINUTE
    return group[first], {
        "walk_min_median": np.round(_minutes(walk[middle], packing), 2),
        "walk_min_p90": np.round(_minutes(walk[tail], packing), 2),
        "walk_min_worst_tenth": np.round(worst / (total * WORST * per_minute), 2),
        "walk_gini": np.maximum(np.round(np.where(total_walked > 0, gini, 0.0), 4), 0.0),
        "nearest_row": place[middle].astype(float),
    }


def _minutes(walk: Ints, packing: _Packing) -> Floats:
    return np.where(walk <= packing.limit, walk / (HUNDREDTHS * SECONDS_PER_MINUTE), np.nan)


def _reached(running: Ints, wanted: Floats, first: Ints, last: Ints) -> Ints:
    """Return where the running sum of people comes to what is wanted, within each group."""
    return np.clip(np.searchsorted(running, np.ceil(wanted - 1e-6).astype(np.int64)), first, last)
