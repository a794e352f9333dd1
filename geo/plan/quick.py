"""The same comparison at once: the searches of the base are repaired, and only what changed is judged anew.

Equal to `geo.plan.compare.compare` to the last figure; the tests hold it against that.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.judge.causes import line_distances
from geo.judge.coverage import Costs, judge
from geo.judge.doors import concatenated, of_homes, outlook
from geo.judge.several import several_by_line
from geo.model.standards import Rule
from geo.plan.apply import Edited
from geo.plan.baseline import Baseline
from geo.plan.compare import After, Comparison, compare, told
from geo.plan.overlay import Ways, after_new_ways, after_places
from geo.plan.searches import Kept, Moved, costs_after, keep
from geo.walk.reach import Entrances


@dataclass(frozen=True)
class Standing:
    """A judged study with its searches, in metres and, where a rule asks for them, in seconds; repaired one at a time.

    Rules by straight radius are measured anew where their facilities change.
    """

    base: Baseline
    in_metres: Kept
    in_seconds: Kept | None
    lock: threading.Lock = field(default_factory=threading.Lock)


def standing(base: Baseline) -> Standing:
    """Return the searches of a judged study, ready to be repaired."""
    network, entrances = base.network, base.found.entrances
    in_metres = keep(network, entrances, range(len(base.found.categories)))
    return Standing(base, in_metres, keep(network, entrances, base.timed, base.profile) if base.timed else None)


def compare_quickly(stands: Standing, edited: Edited) -> Comparison:
    """Return what a scenario changes, by repairing; anew where a rule asks for more or the edit is very large."""
    base = stands.base
    if edited.is_same:
        return compare(base, edited)
    ways = after_new_ways(base, edited) if edited.has_new_ways else after_places(base, edited)
    if ways is None:
        return compare(base, edited)
    moved = _moved(base, edited, ways)
    if _needs_all(base, edited, moved):
        return compare(base, edited)
    walk_s, found, doors = None, base.found, ways.doors
    with stands.lock:
        walk_m = _of_homes(moved, costs_after(stands.in_metres, moved, found.reach.place_m))
        if stands.in_seconds is not None:
            walk_s = _of_homes(moved, costs_after(stands.in_seconds, moved, found.walk_s))
    homes, is_island = outlook(ways.network, doors)
    status = _answers(base, edited, moved, (walk_m, walk_s, homes.is_joined & ~is_island))
    seconds = None if walk_s is None else walk_s[:, base.timed]
    return told(base, edited, After(status, homes.is_joined, walk_m, seconds, base.ground))


def _of_homes(moved: Moved, cost: NDArray[np.float64]) -> NDArray[np.float64]:
    return of_homes(moved.ways.doors, cost, np.zeros(cost.shape, np.int32))[0]


def _needs_all(base: Baseline, edited: Edited, moved: Moved) -> bool:
    """Return whether a rule may change that is not answered by repairs: for several on foot, or for a share of area."""
    is_fewer = edited.places.demand is base.study.demand
    ground = set(base.ground.rules) if base.ground is not None else set()
    for number, rule in enumerate(base.standard.rules):
        is_several = rule.measure == "walk" and rule.min_count > 1
        if not is_several and number not in ground:
            continue
        has_new_ways = edited.has_new_ways and rule.measure == "walk"
        if has_new_ways or not is_fewer or moved.changed & _columns(base, rule):
            return True
    return False


def _columns(base: Baseline, rule: Rule) -> set[int]:
    return {base.found.categories.index(category) for category in rule.categories}


def _answers(
    base: Baseline,
    edited: Edited,
    moved: Moved,
    now: tuple[NDArray[np.float64], NDArray[np.float64] | None, NDArray[np.bool_]],
) -> NDArray[np.int8]:
    """Return the answers after; only homes whose walks or doors changed are judged, and where they may change by
    straight radius, all. ``now``: metres, seconds, whether a home is judged.
    """
    walk_m, walk_s, is_judged = now
    found, rules, count = base.found, base.standard.rules, len(base.unit)
    changed = np.ones(len(walk_m), bool)
    by_line = [rule for rule in rules if rule.measure == "line"]
    if not any(moved.changed & _columns(base, rule) for rule in by_line):
        was_judged = found.homes.is_joined & ~found.is_island
        changed[:count] = (walk_m[:count] != found.reach.place_m).any(axis=1) | (is_judged[:count] != was_judged)
        if walk_s is not None:
            changed[:count] |= (walk_s[:count] != found.walk_s).any(axis=1)
    status = np.zeros((len(walk_m), len(rules)), np.int8)
    status[:count] = base.answers.status
    some, scale = replace(edited.places, demand=edited.places.demand[changed]), base.network.ground_scale
    points = shapely.get_coordinates(some.demand.geometry.to_numpy())
    line_m = np.full((len(points), len(found.categories)), np.inf)
    columns = sorted(set[int]().union(*(_columns(base, rule) for rule in by_line)))
    if columns:
        place = np.full(len(found.categories) + 1, -1, np.int32)
        place[columns] = np.arange(len(columns))
        names = tuple(found.categories[column] for column in columns)
        line_m[:, columns] = line_distances(some, names, place[moved.now.group], scale=scale).metres
    several = [rule for rule in by_line if rule.min_count > 1]
    costs = Costs(
        walk_m=walk_m[changed],
        walk_s=None if walk_s is None else walk_s[changed],
        line_m=line_m,
        is_judged=is_judged[changed],
        several_m={rule: metres[changed] for rule, metres in found.several_m.items() if len(metres) == len(changed)},
        several_line_m=several_by_line(some, points, several, scale=scale) if several else {},
    )
    judged = judge(rules, found.categories, costs, missing=found.missing, speed_mps=base.profile.speed_mps)
    status[changed] = judged.status
    return status


def _moved(base: Baseline, edited: Edited, ways: Ways) -> Moved:
    """Return the entrances after, owned by rows of the base's facilities or numbers above, and what else changes."""
    before, facilities = base.study.facilities, edited.places.facilities
    column = {category: n for n, category in enumerate(base.found.categories)}
    group_of = facilities["category"].map(column).fillna(-1).to_numpy(dtype=np.int32)
    ids = pd.Index(facilities["facility_id"])
    label = pd.Index(before["facility_id"]).get_indexer(ids)
    label = np.where(label >= 0, label, len(before) + np.arange(len(label)))
    doors, table = ways.doors, edited.places.entrances
    owner = ids.get_indexer(table["facility_id"])
    owner = np.concatenate([owner, owner[doors.more_entrance_row]])
    changed = set(group_of[owner[ways.entrances]].tolist()) | set(group_of[owner[len(table) :]].tolist())
    if facilities is not before:
        is_gone = ~np.isin(np.arange(len(base.study.entrances)), edited.entrance_row)
        changed |= set(base.found.entrances.group[: len(is_gone)][is_gone].tolist())
    joins = concatenated(doors.entrances, doors.more_entrances)
    is_other = np.zeros(len(doors.homes.edge) + len(doors.more.edge), bool)
    is_other[ways.homes] = is_other[len(doors.homes.edge) :] = True
    now = Entrances(joins, label[owner].astype(np.int32), group_of[owner])
    return Moved(ways, base.found.entrances, now, frozenset(changed), is_other)
