"""From a study's tables to walking distances: join homes and entrances, search every category, measure lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.judge.several import several_on_foot
from geo.model.standards import Profile, Standard
from geo.model.study import Study
from geo.walk.network import Network
from geo.walk.reach import SEARCH_LIMIT_M, Entrances, Reach, nearest_of_groups
from geo.walk.snap import Joins, is_on_island, join
from geo.walk.timed import timed_joins, timed_network


@dataclass(frozen=True)
class Reachable:
    """What every place reaches.

    ``reach.place_owner`` holds rows of ``study.facilities``; ``walk_s`` is float64 (D, C) seconds of the profile,
    looked for up to ``limit_s``. ``several_m`` holds, by rule, metres to its ``min_count``-th nearest facility.
    """

    categories: tuple[str, ...]
    missing: tuple[str, ...]
    homes: Joins
    is_island: NDArray[np.bool_]
    entrances: Entrances
    reach: Reach
    walk_s: NDArray[np.float64]
    limit_s: float
    several_m: dict[str, NDArray[np.float64]]
    facility_access_m: NDArray[np.float64]


def find_reachable(study: Study, network: Network, standard: Standard, profile: Profile) -> Reachable:
    """Join homes and facilities to the network and search every category of the study and the standard."""
    present = set(study.facilities["category"])
    categories = tuple(sorted(present | set(standard.categories)))
    walls = study.walls.geometry
    homes = join(network, study.demand.geometry, walls=walls, gates=study.gates)
    entrances, rank_to_row = _entrances(study, network, categories)
    reach = nearest_of_groups(network, entrances, homes, groups=len(categories))
    owner = np.where(reach.place_owner >= 0, rank_to_row[np.maximum(reach.place_owner, 0)], -1).astype(np.int32)
    by_row = Entrances(entrances.joins, rank_to_row[entrances.owner].astype(np.int32), entrances.group)
    return Reachable(
        categories=categories,
        missing=tuple(c for c in categories if c not in present),
        homes=homes,
        is_island=is_on_island(network, homes),
        entrances=by_row,
        reach=Reach(reach.node_m, reach.place_m, owner),
        walk_s=_seconds(network, entrances, homes, profile, len(categories)),
        limit_s=SEARCH_LIMIT_M / profile.speed_mps,
        several_m=several_on_foot(network, entrances, homes, standard.rules, categories),
        facility_access_m=_shortest_access(by_row, len(study.facilities)),
    )


def _entrances(study: Study, network: Network, categories: tuple[str, ...]) -> tuple[Entrances, NDArray[np.int64]]:
    """Return entrances owned by the rank of their facility's id, so that ties do not hang on the order of rows."""
    ids = study.facilities["facility_id"].to_numpy(dtype=str)
    rank_to_row = np.argsort(ids, kind="stable")
    rank = np.empty(len(ids), np.int32)
    rank[rank_to_row] = np.arange(len(ids))
    position = {facility_id: row for row, facility_id in enumerate(ids)}
    row = np.array([position[owner] for owner in study.entrances["facility_id"]], dtype=np.int64)
    column = {category: number for number, category in enumerate(categories)}
    group = np.array([column[c] for c in study.facilities["category"]], dtype=np.int32)
    joins = join(network, study.entrances.geometry, walls=study.walls.geometry, gates=study.gates)
    rank_to_row = rank_to_row if len(ids) else np.zeros(1, np.int64)
    return Entrances(joins, rank[row], group[row]), rank_to_row


def _seconds(
    network: Network, entrances: Entrances, homes: Joins, profile: Profile, groups: int
) -> NDArray[np.float64]:
    timed = timed_network(network, profile, is_towards=True)
    doors = Entrances(timed_joins(network, timed, entrances.joins, profile), entrances.owner, entrances.group)
    limit_s = SEARCH_LIMIT_M / profile.speed_mps
    places = timed_joins(network, timed, homes, profile)
    return nearest_of_groups(timed, doors, places, groups=groups, limit_m=limit_s).place_m


def _shortest_access(entrances: Entrances, facilities: int) -> NDArray[np.float64]:
    access = np.full(facilities, np.inf)
    joined = entrances.joins.is_joined
    np.minimum.at(access, entrances.owner[joined], entrances.joins.access_m[joined])
    return np.where(np.isfinite(access), access, np.nan)
