"""Where a new way could be opened through a wall, and what each candidate gains by its link alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.judge.coverage import SECONDS_PER_MINUTE, cost_of_rule
from geo.model.assessment import COVERED
from geo.model.standards import Profile
from geo.plan.baseline import Baseline, is_in_minutes
from geo.plan.draft import start_draft
from geo.plan.ways import every, link_at
from geo.walk.pairs import pairs_of
from geo.walk.reach import Entrances, nearest_of_groups
from geo.walk.snap import Joins, join
from geo.walk.timed import timed_joins, timed_network

EVERY_M = 50.0
"""Candidates stand this far apart along a wall (ours: half a street block)."""

NO_WALL = -1


@dataclass(frozen=True)
class Candidates:
    """N places for a new way: row of the wall (`NO_WALL` for a missing link), the middle, where it meets the streets on
    both sides, and its length (metres on the ground).
    """

    wall: NDArray[np.int64]
    points: NDArray[np.object_]
    left: NDArray[np.object_]
    right: NDArray[np.object_]
    link_m: NDArray[np.float64]

    def take(self, at: NDArray[np.integer]) -> Candidates:
        """Return some of the candidates."""
        return Candidates(**{field.name: getattr(self, field.name)[at] for field in fields(self)})

    def and_these(self, more: Candidates) -> Candidates:
        """Return these candidates, then others."""
        names = [field.name for field in fields(self)]
        return Candidates(**{name: np.concatenate([getattr(self, name), getattr(more, name)]) for name in names})


def nowhere() -> Candidates:
    """Return no candidates."""
    none = np.empty(0, object)
    return Candidates(np.empty(0, np.int64), none, none, none, np.empty(0))


def find_openings(base: Baseline) -> Candidates:
    """Return the places along all walls where a link would join streets that no street joins there yet.

    Looked for once a study and kept with its network.
    """
    if find_openings not in base.network.made:
        base.network.made[find_openings] = _find_openings(base)
    found: Candidates = base.network.made[find_openings]
    return found


def _find_openings(base: Baseline) -> Candidates:
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
    return Candidates(np.array(rows, np.int64), at, near, far, link_m)


def gains_of_links(base: Baseline, some: Candidates, columns: Collection[int]) -> NDArray[np.int64]:
    """Return thousandths of people that each link alone newly covers by any of some rules: int64 (N,).

    With one more link the shortest walk uses it at most once: home to one side, link, other side to facility. Rules in
    metres are asked in metres, those in minutes in the seconds of the profile.
    """
    rules, homes = base.standard.rules, len(base.unit)
    gained, weight = list[NDArray[np.int64]](), list[NDArray[np.int64]]()
    for profile in (None, base.profile):
        mine = [column for column in columns if is_in_minutes(rules[column]) == (profile is not None)]
        for candidate, home, people in _newly(base, some, mine, profile) if mine else ():
            gained.append(candidate * homes + home)
            weight.append(people)
    total = np.zeros(len(some.wall), np.int64)
    if gained:
        key, where = np.unique(np.concatenate(gained), return_inverse=True)
        most = np.zeros(len(key), np.int64)
        np.maximum.at(most, where, np.concatenate(weight))
        np.add.at(total, key // homes, most)
    return total


def people_of(base: Baseline, columns: Collection[int]) -> NDArray[np.int64]:
    """Return thousandths of those whom each of some rules counts at every home: int64 (D, N)."""
    return base.crowd.people[:, [base.crowd.of_rule[column] for column in columns]]


def _newly(
    base: Baseline, some: Candidates, columns: list[int], profile: Profile | None
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """Yield candidate, home and the thousandths of people newly covered there, in one measure."""
    count, rules, categories = len(some.wall), [base.standard.rules[c] for c in columns], base.found.categories
    ends = gpd.GeoSeries(np.concatenate([some.left, some.right]), crs=base.study.crs)
    joins = join(base.network, ends, walls=base.study.walls.geometry.iloc[:0])
    network = timed_network(base.network, profile, is_towards=True) if profile else base.network

    def measured(places: Joins) -> Joins:
        return timed_joins(base.network, network, places, profile) if profile else places  # type: ignore[arg-type]

    named = sorted({categories.index(c) for rule in rules for c in rule.categories})
    group = np.full(len(categories) + 1, -1, np.int32)
    group[named] = np.arange(len(named))
    entrances = base.found.entrances
    served = Entrances(measured(entrances.joins), entrances.owner, group[entrances.group])
    limit = np.array([(r.threshold_min or 0) * SECONDS_PER_MINUTE if profile else r.threshold_m or 0.0 for r in rules])
    farthest, joins = float(limit.max()), measured(joins)
    onward = nearest_of_groups(network, served, joins, groups=len(named), limit_m=farthest).place_m
    by_rule = [(rule, [int(group[categories.index(c)]) for c in rule.categories]) for rule in rules]
    beyond = np.stack([cost_of_rule(rule, which, onward) for rule, which in by_rule], axis=1)
    link = some.link_m / (profile.speed_mps if profile else 1.0)
    other = np.concatenate([beyond[count:], beyond[:count]]) + np.tile(link, 2)[:, None]
    lacks, people = base.answers.status[:, columns] != COVERED, people_of(base, columns)
    doors = Entrances(joins, np.arange(2 * count, dtype=np.int32), np.zeros(2 * count, np.int32))
    for pairs in pairs_of(network, doors, measured(base.found.homes), owners=2 * count, limit_m=farthest):
        walk = pairs.walk_m[:, None] + other[pairs.owner]
        newly = np.where((walk <= limit) & lacks[pairs.place], people[pairs.place], 0).max(axis=1)
        is_new = newly > 0
        yield (pairs.owner[is_new] % count).astype(np.int64), pairs.place[is_new].astype(np.int64), newly[is_new]
