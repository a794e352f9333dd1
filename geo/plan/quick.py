"""The same comparison at once: the searches of the base are repaired, and only what changed is judged anew.

Equal to `geo.plan.compare.compare` to the last figure; the tests hold it against that.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.judge.coverage import Costs, judge
from geo.judge.doors import concatenated, of_homes, outlook
from geo.plan.apply import Edited
from geo.plan.baseline import Baseline, why_not_repaired
from geo.plan.compare import After, Comparison, compare, told
from geo.plan.overlay import ROOM, Ways, after_new_ways, after_places
from geo.walk.network import Network
from geo.walk.reach import SEARCH_LIMIT_M, Entrances, at_places, seeds_of
from geo.walk.repair import Overlay, Search, full_search, repaired, undo

_LIMIT = round(SEARCH_LIMIT_M * 100)


@dataclass(frozen=True)
class Standing:
    """A judged study with the search of every category, labelled by rows of facilities; one is repaired at a time."""

    base: Baseline
    searches: tuple[Search, ...]
    lock: threading.Lock = field(default_factory=threading.Lock)


def standing(base: Baseline) -> Standing:
    """Return the searches of a judged study, ready to be repaired."""
    searches = []
    for group in range(len(base.found.categories)):
        found = full_search(base.network, *seeds_of(base.network, _of_group(base.found.entrances, group)), _LIMIT)
        best = np.concatenate([found.best, np.full(ROOM, found.far)])
        searches.append(replace(found, best=best))
    return Standing(base, tuple(searches))


def is_repairable(base: Baseline) -> bool:
    """Return whether every answer hangs on the nearest facility by metres on foot, which is what repairs keep."""
    return base.ground is None and not any(why_not_repaired(rule) for rule in base.standard.rules)


def compare_quickly(stands: Standing, edited: Edited) -> Comparison:
    """Return what a scenario changes, by repairing; anew where a rule asks for more or the edit is very large."""
    base = stands.base
    if edited.is_same or not is_repairable(base):
        return compare(base, edited)
    ways = after_new_ways(base, edited) if edited.has_new_ways else after_places(base, edited)
    if ways is None:
        return compare(base, edited)
    with stands.lock:
        walk_m = _walks(stands, edited, ways)
    homes, is_island = outlook(ways.network, ways.doors)
    return told(
        base, edited, After(_answers(base, walk_m, homes.is_joined & ~is_island), homes.is_joined, walk_m, None)
    )


def _answers(base: Baseline, walk_m: NDArray[np.float64], is_judged: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Return the answers after; only homes whose walks or doors changed are judged."""
    count = len(base.unit)
    was_judged = base.found.homes.is_joined & ~base.found.is_island
    changed = np.ones(len(walk_m), bool)
    changed[:count] = (walk_m[:count] != base.found.reach.place_m).any(axis=1) | (is_judged[:count] != was_judged)
    status = np.zeros((len(walk_m), len(base.standard.rules)), np.int8)
    status[:count] = base.answers.status
    costs = Costs(walk_m[changed], None, np.full_like(walk_m[changed], np.inf), is_judged[changed])
    speed = base.profile.speed_mps
    found = base.found
    judged = judge(base.standard.rules, found.categories, costs, missing=found.missing, speed_mps=speed)
    status[changed] = judged.status
    return status


def _walks(stands: Standing, edited: Edited, ways: Ways) -> NDArray[np.float64]:
    """Return metres from every home to the nearest of every category of the base."""
    base, doors, network = stands.base, ways.doors, ways.network
    entrances, changed = _entrances(base, edited, ways)
    places, count, old = doors.places, len(doors.homes.edge), len(base.unit)
    walk = np.full((len(places.edge), len(base.found.categories)), np.inf, order="F")
    walk[:old] = base.found.reach.place_m
    is_other = np.zeros(len(places.edge), bool)
    is_other[ways.homes] = is_other[count:] = True
    edge = np.maximum(places.edge, 0)
    overlay = ways.overlay or Overlay(np.empty(0, np.uint32), np.zeros(1, np.uint32), np.empty(0, np.uint64))
    for group, search in enumerate(stands.searches):
        mine = _of_group(entrances, group)
        was = _of_group(base.found.entrances, group)
        gone, added, edges = _seeds_changed(network, search, mine, was, is_changed=group in changed)
        if ways.overlay is None and not len(gone) and not len(added[0]) and not is_other.any():
            continue
        now, changes = repaired(network, overlay, search, added=added, label_gone=gone)
        is_touched = np.zeros(len(search.best), bool)
        is_touched[changes.node] = True
        is_asked = is_other | is_touched[network.edge_from[edge]] | is_touched[network.edge_to[edge]]
        at = np.flatnonzero(is_asked | np.isin(places.edge, edges))
        best = at_places(network, places.take(at), now.best.view(np.int64), mine, _LIMIT) >> 32
        walk[at, group] = np.where(best <= _LIMIT, best / 100, np.inf)
        undo(now, changes)
    return of_homes(doors, walk, np.zeros(walk.shape, np.int32))[0]


def _entrances(base: Baseline, edited: Edited, ways: Ways) -> tuple[Entrances, frozenset[int]]:
    """Return the entrances after, owned by rows of the base's facilities or numbers above, and groups that change."""
    before, facilities = base.study.facilities, edited.study.facilities
    column = {category: n for n, category in enumerate(base.found.categories)}
    group_of = facilities["category"].map(column).fillna(-1).to_numpy(dtype=np.int32)
    ids = pd.Index(facilities["facility_id"])
    label = pd.Index(before["facility_id"]).get_indexer(ids)
    label = np.where(label >= 0, label, len(before) + np.arange(len(label)))
    doors, table = ways.doors, edited.study.entrances
    owner = ids.get_indexer(table["facility_id"])
    owner = np.concatenate([owner, owner[doors.more_entrance_row]])
    changed = set(group_of[owner[ways.entrances]].tolist()) | set(group_of[owner[len(table) :]].tolist())
    if facilities is not before:
        is_gone = ~np.isin(np.arange(len(base.study.entrances)), edited.entrance_row)
        changed |= set(base.found.entrances.group[: len(is_gone)][is_gone].tolist())
    joins = concatenated(doors.entrances, doors.more_entrances)
    return Entrances(joins, label[owner].astype(np.int32), group_of[owner]), frozenset(changed)


def _seeds_changed(
    network: Network, search: Search, mine: Entrances, was: Entrances, *, is_changed: bool
) -> tuple[NDArray[np.int64], tuple[Any, Any], NDArray[np.int32]]:
    """Return labels whose seeds went, seeds that came, and the edges where those labels join, before or after."""
    none = np.empty(0, np.int64), (np.empty(0, np.uint32), np.empty(0, np.uint64)), np.empty(0, np.int32)
    if not is_changed:
        return none
    node, key = seeds_of(network, mine)
    is_within = key < search.far
    node, key = node[is_within], key[is_within]
    before = set(zip(search.seed_node.tolist(), search.seed_key.tolist(), strict=True))
    now = set(zip(node.tolist(), key.tolist(), strict=True))
    labels = np.array(sorted({k & 0xFFFFFFFF for _, k in before ^ now}), dtype=np.int64)
    comes = np.isin(key & np.uint64(0xFFFFFFFF), labels.astype(np.uint64))
    edges = [e.joins.edge[np.isin(e.owner, labels)] for e in (mine, was)]
    return labels, (node[comes], key[comes]), np.concatenate(edges)


def _of_group(entrances: Entrances, group: int) -> Entrances:
    at = np.flatnonzero((entrances.group == group) & entrances.joins.is_joined)
    return Entrances(entrances.joins.take(at), entrances.owner[at], entrances.group[at])
