"""Walls worth opening: where, for how many residents, and which few of them together.

Candidates stand along every wall where streets lie close on both sides. All are looked through by their links alone;
the best opening of each of the best walls is then compared as a scenario, and only those figures are told.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.judge.coverage import cost_of_rule
from geo.judge.rollup import THOUSANDTHS
from geo.model.assessment import COVERED
from geo.model.crs import WGS84
from geo.model.errors import InputError, NotFoundError, Problem
from geo.model.standards import Standard
from geo.model.study import Progress, no_progress
from geo.plan.apply import apply
from geo.plan.baseline import Baseline, why_not_repaired
from geo.plan.draft import start_draft
from geo.plan.edits import Edit
from geo.plan.quick import Standing, compare_quickly
from geo.plan.scenario import Scenario
from geo.plan.ways import every, link_at
from geo.walk.pairs import pairs_of
from geo.walk.reach import SEARCH_LIMIT_M, Entrances, nearest_of_groups
from geo.walk.snap import join

EVERY_M = 50.0
"""Candidates stand this far apart along a wall (ours: half a street block)."""

SHORTLIST = 60
"""So many walls are compared as scenarios, those whose links alone help most."""

MOST_TOGETHER = 200
"""So many combinations are all tried; more are chosen one after the other."""


@dataclass(frozen=True)
class Openings:
    """N places to open walls: row of the wall, point, nearest streets on both sides, length of the link (metres)."""

    wall: NDArray[np.int64]
    points: NDArray[np.object_]
    left: NDArray[np.object_]
    right: NDArray[np.object_]
    link_m: NDArray[np.float64]


@dataclass(frozen=True)
class Gates:
    """The walls compared, most gain first (layer ``gates``, study.crs), and what is told of the whole."""

    frame: gpd.GeoDataFrame
    figures: dict[str, Any]
    scenario: Scenario


def find_openings(base: Baseline) -> Openings:
    """Return the places along all walls where a link would join streets that no street joins there yet."""
    draft, walls = start_draft(base.study, base.network.ground_scale), base.study.walls
    rows, points, left, right = list[int](), list[Any](), list[Any](), list[Any]()
    for row, wall in enumerate(walls.geometry):
        for point in every(wall, EVERY_M * draft.scale):
            found = link_at(draft, point, wall, walls)
            if found is not None:
                rows.append(row)
                points.append(point)
                for side, (street, along) in zip((left, right), found, strict=True):
                    side.append(draft.line_of(street).interpolate(along))
    at, near, far = (np.array(side, dtype=object) for side in (points, left, right))
    link_m = (shapely.distance(at, near) + shapely.distance(at, far)) / draft.scale
    return Openings(np.array(rows, np.int64), at, near, far, link_m)


def gains_of_links(base: Baseline, openings: Openings, columns: Collection[int]) -> NDArray[np.int64]:
    """Return thousandths of people that each link alone newly covers by any of some rules: int64 (N,).

    With one more link the shortest walk uses it at most once: home to one side, link, other side to facility.
    """
    count, network, rules = len(openings.wall), base.network, base.standard.rules
    bare = base.study.walls.geometry.iloc[:0]
    ends = gpd.GeoSeries(np.concatenate([openings.left, openings.right]), crs=base.study.crs)
    joins = join(network, ends, walls=bare)
    groups = len(base.found.categories)
    onward = nearest_of_groups(network, base.found.entrances, joins, groups=groups).place_m
    limit = np.array([rules[c].threshold_m or 0.0 for c in columns])
    by_rule = [(rules[r], [base.found.categories.index(c) for c in rules[r].categories]) for r in columns]
    beyond = np.stack([cost_of_rule(rule, which, onward) for rule, which in by_rule], axis=1)
    other = np.concatenate([beyond[count:], beyond[:count]]) + np.tile(openings.link_m, 2)[:, None]
    lacks = base.answers.status[:, list(columns)] != COVERED
    people = _people(base, columns)
    doors = Entrances(joins, np.arange(2 * count, dtype=np.int32), np.zeros(2 * count, np.int32))
    gained, weight = [], []
    for pairs in pairs_of(network, doors, base.found.homes, owners=2 * count, limit_m=float(limit.max())):
        walk = pairs.walk_m[:, None] + other[pairs.owner]
        newly = np.where((walk <= limit) & lacks[pairs.place], people[pairs.place], 0).max(axis=1)
        is_new = newly > 0
        gained.append((pairs.owner[is_new] % count).astype(np.int64) * len(people) + pairs.place[is_new])
        weight.append(newly[is_new])
    total = np.zeros(count, np.int64)
    if gained:
        key, where = np.unique(np.concatenate(gained), return_inverse=True)
        most = np.zeros(len(key), np.int64)
        np.maximum.at(most, where, np.concatenate(weight))
        np.add.at(total, key // len(people), most)
    return total


def _people(base: Baseline, columns: Collection[int]) -> NDArray[np.int64]:
    """Return thousandths of those whom each of some rules counts at every home: int64 (D, N)."""
    return base.crowd.people[:, [base.crowd.of_rule[column] for column in columns]]


def for_gates(standard: Standard) -> Standard:
    """Return the standard with the rules only that walls are compared by: the nearest in metres on foot."""
    return replace(standard, rules=tuple(rule for rule in standard.rules if not why_not_repaired(rule)))


def find_gates(
    stands: Standing, *, count: int, categories: Collection[str] = (), progress: Progress = no_progress
) -> Gates:
    """Return the walls worth opening for the rules that name some categories (all where none is given).

    ``count`` walls are chosen together; the layer holds every wall that was compared.

    Raises
    ------
    InputError
        The study has no wall with streets on both sides.
    NotFoundError
        No rule names a category.
    """
    base = stands.base
    columns = _columns(base, categories)
    progress("looking along the walls", 0.0)
    openings = find_openings(base)
    if not len(openings.wall):
        message = "no wall has streets close on both sides."
        raise InputError(Problem("walls", message, "Load walls and inner paths.", code="no_openings"))
    progress("measuring links", 0.2)
    gains = gains_of_links(base, openings, columns)
    order = np.lexsort((openings.link_m, -gains))
    best = order[np.sort(np.unique(openings.wall[order], return_index=True)[1])]
    short = best[:SHORTLIST]
    edits = _edits(base, openings, short)
    told = _Told(stands, tuple(columns), edits)
    alone = []
    for number in range(len(short)):
        progress("comparing openings", 0.3 + 0.5 * number / len(short))
        alone.append(told.figures((number,)))
    progress("choosing together", 0.8)
    chosen = _together(told, count)
    progress("done", 1.0)
    frame = _frame(base, openings, short, alone, told, chosen)
    figures = {
        "study": base.study.name, "categories": sorted(categories),
        "rules": [base.standard.rules[c].rule_id for c in columns],
        "count": count, "candidates": len(openings.wall), "walls": len(best), "compared": len(short),
        "people_gained": told.figures(chosen)["people_gained"], "people_lost": told.figures(chosen)["people_lost"],
    }  # fmt: skip
    return Gates(frame, figures, Scenario("gates", tuple(edits[n] for n in chosen)))


class _Told:
    """What opening some of the shortlisted walls gains, each set compared once."""

    def __init__(self, stands: Standing, columns: tuple[int, ...], edits: list[Edit]) -> None:
        self._stands, self._columns, self.edits = stands, columns, edits
        self._known: dict[frozenset[int], dict[str, float]] = {}

    def figures(self, chosen: tuple[int, ...]) -> dict[str, float]:
        """Return people and services gained and lost by the chosen rules, and metres saved."""
        key = frozenset(chosen)
        if key not in self._known:
            self._known[key] = self._compared(sorted(chosen))
        return self._known[key]

    def _compared(self, chosen: list[int]) -> dict[str, float]:
        base, columns = self._stands.base, list(self._columns)
        scenario = Scenario("gates", tuple(self.edits[n] for n in chosen))
        made = compare_quickly(self._stands, apply(base.study, scenario, scale=base.network.ground_scale))
        people, everybody = _people(base, columns), base.everybody
        had, has = base.answers.status[:, columns] == COVERED, made.status[:, columns] == COVERED
        gained, lost = has & ~had, had & ~has
        which = sorted({base.found.categories.index(c) for r in columns for c in base.standard.rules[r].categories})
        before, after = (np.minimum(w[:, which], SEARCH_LIMIT_M) for w in (base.found.reach.place_m, made.walk_m))
        saved = (before - after).sum(axis=1)
        is_saved = (saved > 0) & (everybody > 0)
        crowd = float(everybody[is_saved].sum())
        return {
            "people_gained": float((gained * people).max(axis=1).sum() / THOUSANDTHS),
            "people_lost": float((lost * people).max(axis=1).sum() / THOUSANDTHS),
            "services_gained": float((gained * people).sum() / THOUSANDTHS),
            "people_nearer": crowd / THOUSANDTHS,
            "saved_m": float((saved * everybody)[is_saved].sum() / crowd / len(which)) if crowd else 0.0,
        }


def _together(told: _Told, count: int) -> tuple[int, ...]:
    """Return the openings that gain most together: all combinations where they are few, else one after the other."""
    number = len(told.edits)
    count = min(count, number)

    def worth(chosen: tuple[int, ...]) -> tuple[float, float]:
        figures = told.figures(chosen)
        return figures["people_gained"], figures["services_gained"]

    if math.comb(number, count) <= MOST_TOGETHER:
        found = max(itertools.combinations(range(number), count), key=lambda c: (worth(c), [-n for n in c]))
        return _in_order(found, worth)
    chosen: tuple[int, ...] = ()
    hopes = [(worth((n,)), n) for n in range(number)]
    while len(chosen) < count and hopes:
        have, checked = worth(chosen) if chosen else (0.0, 0.0), set[int]()
        while True:
            hopes.sort(key=lambda hope: (-hope[0][0], -hope[0][1], hope[1]))
            top = hopes[0][1]
            if top in checked:
                break
            now = worth((*chosen, top))
            hopes[0] = ((now[0] - have[0], now[1] - have[1]), top)
            checked.add(top)
        chosen = (*chosen, hopes.pop(0)[1])
    return chosen


def _in_order(found: tuple[int, ...], worth: Any) -> tuple[int, ...]:
    chosen: tuple[int, ...] = ()
    rest = list(found)
    while rest:
        best = max(rest, key=lambda n: (worth((*chosen, n)), -n))
        chosen = (*chosen, best)
        rest.remove(best)
    return chosen


def _columns(base: Baseline, categories: Collection[str]) -> list[int]:
    """Return the rules in metres that name any of the categories, all where none is given."""
    for category in categories:
        if category not in base.standard.categories:
            raise NotFoundError(f"no rule of {base.standard.standard_id} names '{category[:40]}'.")
    columns = [
        n
        for n, rule in enumerate(base.standard.rules)
        if not why_not_repaired(rule) and (not categories or set(rule.categories) & set(categories))
    ]
    if not columns:
        raise NotFoundError(f"{base.standard.standard_id} has no rule in metres on foot for these categories.")
    return columns


def _edits(base: Baseline, openings: Openings, short: NDArray[np.int64]) -> list[Edit]:
    ids = base.study.walls["wall_id"].to_numpy(dtype=object)[openings.wall[short]]
    places = gpd.GeoSeries(openings.points[short], crs=base.study.crs).to_crs(WGS84)
    return [
        Edit("open_wall", {"wall_id": str(wall), "at": [float(p.x), float(p.y)]})
        for wall, p in zip(ids, places, strict=True)
    ]


def _frame(
    base: Baseline,
    openings: Openings,
    short: NDArray[np.int64],
    alone: list[dict[str, float]],
    told: _Told,
    chosen: tuple[int, ...],
) -> gpd.GeoDataFrame:
    walls = base.study.walls.iloc[openings.wall[short]]
    table = pd.DataFrame(alone)
    table.insert(0, "opening_id", [f"{wall}-{n}" for n, wall in zip(short.tolist(), walls["wall_id"], strict=True)])
    table.insert(1, "wall_id", walls["wall_id"].to_numpy(dtype=object))
    table["people_gained_per_wall_m"] = table["people_gained"] / (walls.length.to_numpy() / base.network.ground_scale)
    table["link_m"] = openings.link_m[short]
    place = {number: nth for nth, number in enumerate(chosen)}
    table["together"] = [place[n] + 1.0 if n in place else np.nan for n in range(len(short))]
    total = [told.figures(chosen[: nth + 1])["people_gained"] for nth in range(len(chosen))]
    table["together_gained"] = [total[place[n]] if n in place else np.nan for n in range(len(short))]
    order = np.lexsort((table["opening_id"], -table["services_gained"], -table["people_gained"]))
    points = gpd.GeoSeries(openings.points[short], crs=base.study.crs)
    frame = gpd.GeoDataFrame(table, geometry=points, crs=base.study.crs).iloc[order].reset_index(drop=True)
    frame.insert(2, "rank", np.arange(1, len(frame) + 1))
    return frame
