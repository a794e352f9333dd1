"""Plain walking distances between points: the table that other engines can be held against."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.model.errors import LimitError, NotFoundError
from geo.model.standards import Profile
from geo.model.study import Study
from geo.walk.network import Network
from geo.walk.pairs import distances_from
from geo.walk.reach import SEARCH_LIMIT_M, Entrances, nearest_of_groups
from geo.walk.snap import Joins, join
from geo.walk.timed import timed_joins, timed_network

MOST_PAIRS = 5_000_000


def walk_table(
    study: Study,
    network: Network,
    origins: gpd.GeoDataFrame,
    *,
    targets: gpd.GeoDataFrame | None = None,
    category: str | None = None,
    limit_m: float = SEARCH_LIMIT_M,
    profile: Profile | None = None,
) -> pd.DataFrame:
    """Return walking distances from every origin to every target, or to its nearest facility of a category.

    With a profile times instead: minutes of its quickest walk from the origin, by slopes and steps.

    Parameters
    ----------
    origins, targets
        Points with an ``id`` column, in any CRS.
    limit_m
        Metres; beyond it ``walk_m`` is null. With a profile the time it takes for them on the flat.

    Returns
    -------
    table
        ``from_id, to_id, walk_m, access_m``: metres of the whole walk, and of its two access legs, which ``walk_m``
        includes. Null ``walk_m`` where unreached; null ``access_m`` where an end joined no street. With a profile
        ``walk_min`` and ``access_min``.

    Raises
    ------
    LimitError
        More than `MOST_PAIRS` pairs.
    NotFoundError
        The study has no facility of ``category``.
    """
    start = join(network, origins.geometry.to_crs(study.crs), walls=study.walls.geometry, gates=study.gates)
    if targets is None:
        doors = _doors(study, category or "")
        end = join(network, doors.geometry, walls=study.walls.geometry, gates=study.gates)
        walk, door = _nearest(network, start, end, limit_m, profile)
        origin, target = origins["id"].to_numpy(), np.array([*doors["facility_id"], None], dtype=object)[door]
        access = start.access_m + np.where(door >= 0, end.access_m[door], np.nan)
        return _table(origin, target, walk, access, profile)
    if len(origins) * len(targets) > MOST_PAIRS:
        raise LimitError(f"{len(origins)} x {len(targets)} pairs are more than {MOST_PAIRS:,}. Split the files.")
    end = join(network, targets.geometry.to_crs(study.crs), walls=study.walls.geometry, gates=study.gates)
    origin, target = np.repeat(origins["id"].to_numpy(), len(targets)), np.tile(targets["id"].to_numpy(), len(origins))
    access = (start.access_m[:, None] + end.access_m[None, :]).ravel()
    rows, limit = np.arange(len(origins), dtype=np.int32), limit_m
    if profile is not None:
        timed, limit = timed_network(network, profile), limit_m / profile.speed_mps
        start, end = (timed_joins(network, timed, joins, profile) for joins in (start, end))
        network = timed
    walk = distances_from(network, Entrances(start, rows, rows), end, limit_m=limit)
    return _table(origin, target, walk.ravel(), access, profile)


def _doors(study: Study, category: str) -> gpd.GeoDataFrame:
    """Return the entrances of a category's facilities in the order of their ids."""
    wanted = study.facilities.loc[study.facilities["category"] == category, "facility_id"]
    if wanted.empty:
        known = ", ".join(sorted(study.facilities["category"].unique()))
        raise NotFoundError(f"the study has no facility of category '{category}'. It has: {known or 'none'}.")
    return study.entrances[study.entrances["facility_id"].isin(wanted)].sort_values("facility_id", kind="stable")


def _nearest(
    network: Network, start: Joins, end: Joins, limit: float, profile: Profile | None
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return metres or seconds from each start to the nearest door, and the door, -1 for none."""
    if profile is not None:
        # Searched from the doors, against the streets: the walk from the start to them.
        timed, limit = timed_network(network, profile, is_towards=True), limit / profile.speed_mps
        start, end = (timed_joins(network, timed, joins, profile) for joins in (start, end))
        network = timed
    rows = np.arange(len(end.edge), dtype=np.int32)
    reach = nearest_of_groups(network, Entrances(end, rows, np.zeros_like(rows)), start, groups=1, limit_m=limit)
    return reach.place_m[:, 0], reach.place_owner[:, 0]


def _table(
    origin: NDArray[Any],
    target: NDArray[Any],
    walk: NDArray[np.float64],
    access_m: NDArray[np.float64],
    profile: Profile | None,
) -> pd.DataFrame:
    """Return the table; ``walk`` is in metres, with a profile in seconds."""
    unit, per, access = "m", 1.0, access_m
    if profile is not None:
        unit, per, access = "min", 60.0, access_m / profile.speed_mps / 60
    found = np.where(np.isfinite(walk), np.round(walk / per, 2), np.nan)
    columns = {"from_id": origin, "to_id": target, f"walk_{unit}": found, f"access_{unit}": np.round(access, 2)}
    return pd.DataFrame(columns)
