"""Plain walking distances between points: the table that other engines can be held against."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.model.errors import LimitError, NotFoundError
from geo.model.study import Study
from geo.walk.network import Network
from geo.walk.pairs import distances_from
from geo.walk.reach import SEARCH_LIMIT_M, Entrances, nearest_of_groups
from geo.walk.snap import Joins, join

MOST_PAIRS = 5_000_000


def walk_table(
    study: Study,
    network: Network,
    origins: gpd.GeoDataFrame,
    *,
    targets: gpd.GeoDataFrame | None = None,
    category: str | None = None,
    limit_m: float = SEARCH_LIMIT_M,
) -> pd.DataFrame:
    """Return walking distances from every origin to every target, or to its nearest facility of a category.

    Parameters
    ----------
    origins, targets
        Points with an ``id`` column, in any CRS.
    limit_m
        Metres; beyond it ``walk_m`` is null.

    Returns
    -------
    table
        ``from_id, to_id, walk_m, access_m``: metres of the whole walk, and of its two access legs, which ``walk_m``
        includes. Null ``walk_m`` where unreached; null ``access_m`` where an end joined no street.

    Raises
    ------
    LimitError
        More than `MOST_PAIRS` pairs.
    NotFoundError
        The study has no facility of ``category``.
    """
    start = join(network, origins.geometry.to_crs(study.crs), walls=study.walls.geometry, gates=study.gates)
    if targets is None:
        return _to_category(study, network, origins, start, category=category or "", limit_m=limit_m)
    if len(origins) * len(targets) > MOST_PAIRS:
        raise LimitError(f"{len(origins)} x {len(targets)} pairs are more than {MOST_PAIRS:,}. Split the files.")
    end = join(network, targets.geometry.to_crs(study.crs), walls=study.walls.geometry, gates=study.gates)
    rows = np.arange(len(origins), dtype=np.int32)
    metres = distances_from(network, Entrances(start, rows, rows), end, limit_m=limit_m)
    access = start.access_m[:, None] + end.access_m[None, :]
    return _table(
        np.repeat(origins["id"].to_numpy(), len(targets)),
        np.tile(targets["id"].to_numpy(), len(origins)),
        metres.ravel(),
        access.ravel(),
    )


def _to_category(
    study: Study, network: Network, origins: gpd.GeoDataFrame, start: Joins, *, category: str, limit_m: float
) -> pd.DataFrame:
    wanted = study.facilities.loc[study.facilities["category"] == category, "facility_id"]
    if wanted.empty:
        known = ", ".join(sorted(study.facilities["category"].unique()))
        raise NotFoundError(f"the study has no facility of category '{category}'. It has: {known or 'none'}.")
    doors = study.entrances[study.entrances["facility_id"].isin(wanted)].sort_values("facility_id", kind="stable")
    joins = join(network, doors.geometry, walls=study.walls.geometry, gates=study.gates)
    rows = np.arange(len(doors), dtype=np.int32)
    reach = nearest_of_groups(network, Entrances(joins, rows, np.zeros_like(rows)), start, groups=1, limit_m=limit_m)
    door = reach.place_owner[:, 0]
    is_found = door >= 0
    nearest_id = np.array([*doors["facility_id"], None], dtype=object)[door]
    access = start.access_m + np.where(is_found, joins.access_m[door], np.nan)
    return _table(origins["id"].to_numpy(), nearest_id, reach.place_m[:, 0], access)


def _table(
    origin: NDArray[Any], target: NDArray[Any], metres: NDArray[np.float64], access: NDArray[np.float64]
) -> pd.DataFrame:
    walk = np.where(np.isfinite(metres), np.round(metres, 2), np.nan)
    columns = {"from_id": origin, "to_id": target, "walk_m": walk, "access_m": np.round(access, 2)}
    return pd.DataFrame(columns)
