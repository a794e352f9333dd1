"""How far it is to the second, third ... nearest facility, for rules that ask for more than one within reach."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.judge.doors import Doors, pairs_by_doors
from geo.model.standards import Rule
from geo.model.study import Study
from geo.walk.network import Network
from geo.walk.pairs import nearest_k_of
from geo.walk.reach import Entrances


def several_on_foot(
    network: Network, entrances: Entrances, doors: Doors, rules: Sequence[Rule], categories: tuple[str, ...]
) -> dict[str, NDArray[np.float64]]:
    """Return for each rule with a ``min_count`` above one the metres (D,) homes walk to the facility of that number.

    ``inf`` where fewer are within the threshold. A facility with several entrances counts once.
    """
    found = {}
    for rule in _with_counts(rules):
        mine = np.flatnonzero(np.isin(entrances.group, [categories.index(c) for c in rule.categories]))
        chosen = Entrances(entrances.joins.take(mine), entrances.owner[mine], entrances.group[mine])
        near = nearest_k_of(network, chosen, doors.homes, k=rule.min_count, limit_m=rule.metres(1.0))
        walk_m = near.walk_m[:, -1]
        walk_m[doors.more_row] = np.inf
        for row, metres in _by_doors(network, chosen, doors, rule).items():
            walk_m[row] = metres
        found[rule.rule_id] = walk_m
    return found


def _by_doors(network: Network, entrances: Entrances, doors: Doors, rule: Rule) -> dict[int, float]:
    """Return the metres of the homes with several doors that reach enough, by their row."""
    near: dict[int, list[float]] = {}
    owners = int(entrances.owner.max(initial=-1)) + 1
    for pairs in pairs_by_doors(network, entrances, doors, owners=owners, limit_m=rule.metres(1.0)):
        for row, metres in zip(pairs.place.tolist(), pairs.walk_m.tolist(), strict=True):
            near.setdefault(row, []).append(metres)
    return {row: sorted(walks)[rule.min_count - 1] for row, walks in near.items() if len(walks) >= rule.min_count}


def several_by_line(
    study: Study, points: NDArray[np.float64], rules: Sequence[Rule], *, scale: float
) -> dict[str, NDArray[np.float64]]:
    """Return the same as the crow flies: metres to the facility of that number, ``inf`` where fewer are within.

    Parameters
    ----------
    points
        float64 (P, 2): the places, in study.crs.
    scale
        Metres of study.crs per metre on the ground.
    """
    rows = {facility_id: row for row, facility_id in enumerate(study.facilities["facility_id"])}
    owner = np.array([rows[facility_id] for facility_id in study.entrances["facility_id"]], np.int64)
    category = study.facilities["category"].to_numpy(dtype=object)[owner]
    doors = shapely.get_coordinates(study.entrances.geometry.to_numpy())
    found = {}
    for rule in _with_counts(rules):
        mine = np.isin(category, rule.categories)
        found[rule.rule_id] = _nth(doors[mine], owner[mine], points, rule.min_count, rule.metres(1.0) * scale) / scale
    return found


def _with_counts(rules: Sequence[Rule]) -> list[Rule]:
    return [rule for rule in rules if rule.min_count > 1]


def _nth(
    doors: NDArray[np.float64], owner: NDArray[np.int64], points: NDArray[np.float64], count: int, limit: float
) -> NDArray[np.float64]:
    """Return the distance to the ``count``-th nearest owner within a limit; every owner counts by its nearest door."""
    nth = np.full(len(points), np.inf)
    if not len(points) or not len(doors):
        return nth
    inside = cKDTree(points).query_ball_point(doors, limit)
    door = np.repeat(np.arange(len(doors)), [len(some) for some in inside])
    place = np.array([row for some in inside for row in some], np.int64)
    metres = np.hypot(*(points[place] - doors[door]).T)
    order = np.lexsort((metres, owner[door], place))
    place, who, metres = place[order], owner[door][order], metres[order]
    is_first = np.append(True, (np.diff(place) != 0) | (np.diff(who) != 0))[: len(place)]
    place, metres = place[is_first], metres[is_first]
    order = np.lexsort((metres, place))
    place, metres = place[order], metres[order]
    first = np.searchsorted(place, np.arange(len(points)))
    enough = np.searchsorted(place, np.arange(len(points)), side="right") - first >= count
    nth[enough] = metres[first[enough] + count - 1]
    return nth
