"""The searches of a judged study, kept to be repaired: in metres for every category, in a profile's seconds for those
that rules in minutes name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.model.standards import Profile
from geo.plan.overlay import ROOM, Ways
from geo.walk.network import Network
from geo.walk.reach import SEARCH_LIMIT_M, Entrances, at_places, seeds_of
from geo.walk.repair import NO_WAYS, Search, full_search, repaired, undo
from geo.walk.snap import Joins
from geo.walk.timed import timed_joins, timed_network


@dataclass(frozen=True)
class Kept:
    """The searches of some categories (by their column) in one measure, labelled by rows of facilities.

    ``network`` is that of the measure: centimetres, or where there is a ``profile`` its hundredths of a second.
    """

    network: Network
    limit: int
    profile: Profile | None
    searches: dict[int, Search]


@dataclass(frozen=True)
class Moved:
    """What an edit does to the places: entrances before and after, which categories change, and who must be asked.

    ``changed`` are columns of categories whose entrances change; ``is_other`` bool (D + M,) the doors of homes that are
    not those of the base.
    """

    ways: Ways
    was: Entrances
    now: Entrances
    changed: frozenset[int]
    is_other: NDArray[np.bool_]


def keep(network: Network, entrances: Entrances, columns: Sequence[int], profile: Profile | None = None) -> Kept:
    """Return the searches of some categories on a network in metres, in the time of a profile where one is given."""
    limit_m = SEARCH_LIMIT_M / (profile.speed_mps if profile else 1.0)
    measured = timed_network(network, profile, is_towards=True) if profile else network
    kept = Kept(measured, round(limit_m * 100), profile, {})
    for column in columns:
        mine = _of_group(entrances, column)
        mine = replace(mine, joins=_measured(kept, network, measured, mine.joins))
        found = full_search(measured, *seeds_of(measured, mine), kept.limit)
        kept.searches[column] = replace(found, best=np.concatenate([found.best, np.full(ROOM, found.far)]))
    return kept


def costs_after(kept: Kept, moved: Moved, before: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return metres or seconds from every door to the nearest of every category after an edit: float64 (D + M, C).

    Categories that are not kept stay as before.

    Parameters
    ----------
    before
        float64 (D, C): those of the homes of the base.
    """
    ways, places = moved.ways, moved.ways.doors.places
    cost = np.full((len(places.edge), before.shape[1]), np.inf, order="F")
    cost[: len(before)] = before
    network, overlay = ways.measured(kept.network, kept.profile)
    edge = np.maximum(places.edge, 0)
    start, end = network.edge_from[edge], network.edge_to[edge]
    is_touched = np.zeros(len(kept.network.node_id) + ROOM, bool)
    for column, search in kept.searches.items():
        mine, was = _of_group(moved.now, column), _of_group(moved.was, column)
        mine = replace(mine, joins=_measured(kept, ways.network, network, mine.joins))
        gone, added, edges = _seeds_changed(network, search, mine, was, is_changed=column in moved.changed)
        if overlay is None and not len(gone) and not len(added[0]) and not moved.is_other.any():
            continue
        now, changes = repaired(kept.network, overlay or NO_WAYS, search, added=added, label_gone=gone)
        is_touched[changes.node] = True
        is_asked = moved.is_other | is_touched[start] | is_touched[end]
        is_touched[changes.node] = False
        if len(edges):
            is_asked |= np.isin(places.edge, edges)
        at = np.flatnonzero(is_asked)
        asked = _measured(kept, ways.network, network, places.take(at))
        best = at_places(network, asked, now.best.view(np.int64), mine, kept.limit) >> 32
        cost[at, column] = np.where(best <= kept.limit, best / 100, np.inf)
        undo(now, changes)
    return cost


def _measured(kept: Kept, network: Network, measured: Any, joins: Joins) -> Joins:
    """Return joins in the measure of some searches."""
    return timed_joins(network, measured, joins, kept.profile) if kept.profile else joins


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
