"""From a study's tables to walking distances: join homes and entrances, search every category, measure lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.judge.doors import Doors, concatenated, of_homes, outlook, single
from geo.judge.several import several_on_foot
from geo.model.standards import Profile, Standard
from geo.model.study import Study
from geo.walk.network import Network
from geo.walk.reach import SEARCH_LIMIT_M, Entrances, Reach, nearest_of_groups
from geo.walk.snap import Joins, join
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
    doors: Doors
    is_island: NDArray[np.bool_]
    entrances: Entrances
    reach: Reach
    walk_s: NDArray[np.float64]
    limit_s: float
    several_m: dict[str, NDArray[np.float64]]
    facility_access_m: NDArray[np.float64]


def find_reachable(
    study: Study, network: Network, standard: Standard, profile: Profile, doors: Doors | None = None
) -> Reachable:
    """Join homes and facilities to the network and search every category of the study and the standard.

    ``doors`` tells how they join where that is known, as after a scenario. The entrances found are those of the study,
    then their further doors.
    """
    doors = doors or find_doors(study, network)
    present = set(study.facilities["category"])
    known = present if doors.known is None else doors.known
    categories = tuple(sorted(present | known | set(standard.categories)))
    entrances, rank_to_row = _entrances(study, doors, categories)
    reach = nearest_of_groups(network, entrances, doors.places, groups=len(categories))
    walk_m, whom = of_homes(doors, reach.place_m, reach.place_owner)
    owner = np.where(whom >= 0, rank_to_row[np.maximum(whom, 0)], -1).astype(np.int32)
    by_row = Entrances(entrances.joins, rank_to_row[entrances.owner].astype(np.int32), entrances.group)
    homes, is_island = outlook(network, doors)
    return Reachable(
        categories=categories,
        missing=tuple(c for c in categories if c not in known),
        homes=homes,
        doors=doors,
        is_island=is_island,
        entrances=by_row,
        reach=Reach(reach.node_m, walk_m, owner),
        walk_s=_seconds(network, entrances, doors, profile, len(categories)),
        limit_s=SEARCH_LIMIT_M / profile.speed_mps,
        several_m=several_on_foot(network, entrances, doors, standard.rules, categories),
        facility_access_m=_shortest_access(by_row, len(study.facilities)),
    )


def find_doors(study: Study, network: Network) -> Doors:
    """Return how homes and entrances join the streets, each by the nearest."""
    homes, entrances = (
        join(network, table.geometry, walls=study.walls.geometry, gates=study.gates)
        for table in (study.demand, study.entrances)
    )
    return single(homes, entrances)


def _entrances(study: Study, doors: Doors, categories: tuple[str, ...]) -> tuple[Entrances, NDArray[np.int64]]:
    """Return entrances owned by the rank of their facility's id, so that ties do not hang on the order of rows."""
    ids = study.facilities["facility_id"].to_numpy(dtype=str)
    rank_to_row = np.argsort(ids, kind="stable")
    rank = np.empty(len(ids), np.int32)
    rank[rank_to_row] = np.arange(len(ids))
    position = {facility_id: row for row, facility_id in enumerate(ids)}
    row = np.array([position[owner] for owner in study.entrances["facility_id"]], dtype=np.int64)
    row = np.concatenate([row, row[doors.more_entrance_row]])
    column = {category: number for number, category in enumerate(categories)}
    group = np.array([column[c] for c in study.facilities["category"]], dtype=np.int32)
    rank_to_row = rank_to_row if len(ids) else np.zeros(1, np.int64)
    return Entrances(concatenated(doors.entrances, doors.more_entrances), rank[row], group[row]), rank_to_row


def _seconds(
    network: Network, entrances: Entrances, doors: Doors, profile: Profile, groups: int
) -> NDArray[np.float64]:
    timed = timed_network(network, profile, is_towards=True)
    starts = Entrances(timed_joins(network, timed, entrances.joins, profile), entrances.owner, entrances.group)
    limit_s = SEARCH_LIMIT_M / profile.speed_mps
    places = timed_joins(network, timed, doors.places, profile)
    reach = nearest_of_groups(timed, starts, places, groups=groups, limit_m=limit_s)
    return of_homes(doors, reach.place_m, reach.place_owner)[0]


def _shortest_access(entrances: Entrances, facilities: int) -> NDArray[np.float64]:
    access = np.full(facilities, np.inf)
    joined = entrances.joins.is_joined
    np.minimum.at(access, entrances.owner[joined], entrances.joins.access_m[joined])
    return np.where(np.isfinite(access), access, np.nan)
