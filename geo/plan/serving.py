"""Whom a place serves by a rule: by walking metres, by the seconds of a profile, or by straight radius.

Sites and facilities are measured as the judgement measures them, from the homes' own doors, so that what is promised
is what a scenario gains.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from geo.judge.causes import line_distances
from geo.judge.coverage import SECONDS_PER_MINUTE, TOLERANCE, cost_of_rule, strictest_rules
from geo.model.assessment import COVERED
from geo.model.errors import InputError, NotFoundError, Problem
from geo.model.standards import Rule
from geo.plan.baseline import Baseline
from geo.walk.pairs import pairs_of
from geo.walk.reach import Entrances
from geo.walk.snap import Joins, join
from geo.walk.timed import timed_joins, timed_network

FAR_M = 3000.0
"""For average and worst walk, a walk that is longer or leads nowhere counts as this (ours)."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Want:
    """What the homes want by one rule; costs are metres, or seconds of the profile.

    Attributes
    ----------
    number, rule
        The rule and its place in the standard.
    threshold, far
        Within which a home is covered; what a longer walk counts for.
    people
        int64 (D,): thousandths of those whom the rule counts.
    before, fixed, rest
        float64 (D,): cost to what there is; the same without the facilities of the categories that are built; and
        cost to whatever else the rule asks for besides, 0 where one of its categories is enough.
    is_open
        bool (D,): not covered, though it could be.
    """

    number: int
    rule: Rule
    threshold: float
    far: float
    people: Ints
    before: Floats
    fixed: Floats
    rest: Floats
    is_open: NDArray[np.bool_]

    @property
    def is_in_seconds(self) -> bool:
        """Whether costs are seconds, not metres."""
        return self.rule.measure == "walk" and self.rule.threshold_m is None

    def capped(self, cost: Floats) -> Ints:
        """Return costs as whole hundredths, `far` at most."""
        return np.asarray(np.rint(np.minimum(cost, self.far) * 100), dtype=np.int64)


@dataclass(frozen=True)
class Places:
    """N places that may serve, by all their doors: how these join, where they lie (K, 2), and whose they are (K,)."""

    joins: Joins
    xy: Floats
    owner: NDArray[np.int32]
    count: int


def wants_of(base: Baseline, categories: Collection[str]) -> tuple[Want, ...]:
    """Return what the homes want by the strictest rule of each category that is built, each rule once.

    Raises
    ------
    NotFoundError
        No rule of the standard names a category.
    InputError
        A rule asks for several places or for no distance, or whom it counts is not stated.
    """
    strictest, rules = strictest_rules(base.standard), list[Rule]()
    for category in categories:
        rule = strictest.get(category)
        if rule is None:
            raise NotFoundError(f"no rule of {base.standard.standard_id} names '{category[:40]}'.")
        why = "for several places" if rule.min_count > 1 else "" if rule.has_threshold else "without a distance"
        if why:
            remedy = "Take a standard that asks for the nearest."
            raise InputError(Problem("sites", f"{rule.rule_id} is {why}.", remedy, code="rule_not_for_sites"))
        if rule not in rules:
            rules.append(rule)
    return tuple(_want(base, rule, categories) for rule in rules)


def places_of(base: Baseline, points: gpd.GeoSeries) -> Places:
    """Return points (study.crs) as places, one door each."""
    joins = join(base.network, points, walls=base.study.walls.geometry, gates=base.study.gates)
    return Places(
        joins, shapely.get_coordinates(points.to_numpy()), np.arange(len(points), dtype=np.int32), len(points)
    )


def facilities_of(base: Baseline, category: str) -> tuple[Places, Ints]:
    """Return the facilities of a category as places, and their rows in ``study.facilities``."""
    doors = base.found.entrances
    xy = shapely.get_coordinates(base.study.entrances.geometry.to_numpy())
    mine = np.flatnonzero(doors.group[: len(xy)] == base.found.categories.index(category))
    rows, owner = np.unique(doors.owner[mine], return_inverse=True)
    return Places(doors.joins.take(mine), xy[mine], owner.astype(np.int32), len(rows)), rows.astype(np.int64)


def costs_of(base: Baseline, want: Want, places: Places, ceiling: Floats) -> csr_array:
    """Return what homes with people walk to each place, where it is no more than a ceiling of theirs, float64 (D,).

    int64 (N, D), whole hundredths, 1 at least.
    """
    parts = [(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int64))]
    limit = float(ceiling.max(initial=0.0))
    for owner, home, cost in _measured(base, want, places, limit) if limit > 0 else ():
        cost = np.maximum(cost, want.rest[home])
        kept = (cost <= ceiling[home] + TOLERANCE) & (want.people[home] > 0)
        whole = np.ceil(cost[kept] * 100 - TOLERANCE * 1000)  # up: what is rounded must not come within a threshold
        parts.append((owner[kept], home[kept], np.maximum(whole, 1).astype(np.int64)))
    owner, home, data = (np.concatenate(side) for side in zip(*parts, strict=True))
    return csr_array((data, (owner, home)), shape=(places.count, len(want.people)))


def near(want: Want, cost: csr_array, who: NDArray[np.bool_]) -> csr_array:
    """Return of the costs whom each place covers among some homes: thousandths of people, int64 (N, D)."""
    row = np.repeat(np.arange(cost.shape[0]), np.diff(cost.indptr))
    kept = (cost.data <= round(want.threshold * 100)) & who[cost.indices]
    home = cost.indices[kept]
    return csr_array((want.people[home], (row[kept], home)), shape=cost.shape)


def savings(want: Want, cost: csr_array, before: Ints) -> csr_array:
    """Return what each place saves each home: thousandths of people times hundredths of the cost, int64 (N, D)."""
    saved = np.maximum(before[cost.indices] - cost.data, 0) * want.people[cost.indices]
    found = csr_array((saved, cost.indices.copy(), cost.indptr.copy()), shape=cost.shape)
    found.eliminate_zeros()
    return found


def _want(base: Baseline, rule: Rule, built: Collection[str]) -> Want:
    number, found = base.standard.rules.index(rule), base.found
    population = base.crowd.of_rule[number]
    if base.crowd.unstated[:, population].any():
        message = f"nobody says how many of the residents {rule.rule_id} counts ({rule.serves}, {rule.area_type})."
        raise InputError(Problem("sites", message, "Load people by age.", code="people_not_stated"))
    speed, is_line = base.profile.speed_mps, rule.measure == "line"
    is_timed = not is_line and rule.threshold_m is None
    cost = found.walk_s if is_timed else found.reach.place_m
    if is_line:
        scale = base.network.ground_scale
        cost = line_distances(base.study, found.categories, found.entrances.group, scale=scale).metres
    columns = [found.categories.index(category) for category in rule.categories]
    others = [n for n in columns if found.categories[n] not in built]
    none, zero = np.full(len(cost), np.inf), np.zeros(len(cost))
    is_each = rule.combine == "each"
    is_judged = found.homes.is_joined | is_line
    return Want(
        number=number, rule=rule,
        threshold=(rule.threshold_min or 0.0) * SECONDS_PER_MINUTE if is_timed else rule.metres(speed),
        far=FAR_M / speed if is_timed else FAR_M,
        people=np.where(is_judged, base.crowd.people[:, population], 0),
        before=cost_of_rule(rule, columns, cost),
        fixed=none if is_each or not others else cost_of_rule(rule, others, cost),
        rest=cost_of_rule(rule, others, cost) if is_each and others else zero,
        is_open=(base.answers.status[:, number] != COVERED) & is_judged,
    )  # fmt: skip


def _measured(
    base: Baseline, want: Want, places: Places, limit: float
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32], Floats]]:
    """Yield place, home and cost of the pairs within a limit, by the measure of the rule."""
    if want.rule.measure == "line":
        yield _by_line(base, places, limit)
        return
    network, doors, homes = base.network, places.joins, base.found.homes
    if want.is_in_seconds:
        timed = timed_network(network, base.profile, is_towards=True)
        doors, homes = (timed_joins(network, timed, joins, base.profile) for joins in (doors, homes))
        network = timed
    entrances = Entrances(doors, places.owner, np.zeros(len(places.owner), np.int32))
    for pairs in pairs_of(network, entrances, homes, owners=places.count, limit_m=limit):
        yield pairs.owner, pairs.place, pairs.walk_m


def _by_line(base: Baseline, places: Places, limit: float) -> tuple[NDArray[np.int32], NDArray[np.int32], Floats]:
    """Return the pairs within a straight radius; a place with several doors counts by the nearest."""
    homes, scale = shapely.get_coordinates(base.study.demand.geometry.to_numpy()), base.network.ground_scale
    inside = cKDTree(homes).query_ball_point(places.xy, (limit + TOLERANCE) * scale) if len(homes) else []
    door = np.repeat(np.arange(len(inside)), [len(some) for some in inside])
    home = np.array([row for some in inside for row in some], np.int64)
    metres = np.hypot(*(homes[home] - places.xy[door]).T) / scale
    key = places.owner[door].astype(np.int64) * max(len(homes), 1) + home
    order = np.lexsort((metres, key))
    first = order[np.flatnonzero(np.diff(key[order], prepend=-1))]
    return places.owner[door[first]], home[first].astype(np.int32), metres[first]
