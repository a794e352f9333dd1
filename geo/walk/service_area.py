"""Service areas of facilities: of each alone, of a whole category together, or shared out among its facilities.

Three drawings of the same walks: ``each`` facility's own area, overlapping; ``dissolved``, all within a threshold of
any facility; ``catchments``, where each place belongs to its nearest.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.model.crs import WGS84
from geo.model.errors import InputError, NotFoundError, Problem
from geo.model.study import Study
from geo.walk.catchment import owned_field, shared_out
from geo.walk.field import CELL_M, areas_m2, contours
from geo.walk.isochrone import Ground, Walk, bands_around, facts_of, rings
from geo.walk.network import Network
from geo.walk.reach import Entrances, nearest_of_groups
from geo.walk.samples import sample_edges
from geo.walk.snap import JOIN_LIMIT_M, Joins, join

SERVICE_CELL_M = 25.0
"""Side of a cell for drawings of many facilities."""

EACH, DISSOLVED, CATCHMENTS = "each", "dissolved", "catchments"
VARIANTS = (DISSOLVED, EACH, CATCHMENTS)

Band = dict[str, Any]
Drawn = tuple[gpd.GeoDataFrame, dict[str, Any]]


def facility_areas(study: Study, network: Network, facility_ids: Sequence[str], walk: Walk) -> Drawn:
    """Return the bands within walking reach of each of some facilities, by any of its entrances.

    As `service_areas` of the variant ``each``, in the order asked for, on cells of `CELL_M`.

    Raises
    ------
    NotFoundError
        The study has no such facility.
    InputError
        None of a facility's entrances joins a street.
    """
    row = {facility: number for number, facility in enumerate(study.facilities["facility_id"])}
    wanted = list(dict.fromkeys(facility_ids))
    for facility in wanted:
        if facility not in row:
            raise NotFoundError(f"no facility '{facility[:60]}' in study '{study.name}'.")
    known = study.facilities.iloc[[row[facility] for facility in wanted]]
    doors = _doors(study, network, known)
    lost = [f for place, f in enumerate(wanted) if not doors.joins.is_joined[doors.owner == place].any()]
    if lost:
        message = f"facility '{lost[0][:60]}' joins no walkable street within {JOIN_LIMIT_M:.0f} m."
        raise InputError(Problem("facility", message, "See the load report.", code="no_street_near"))
    bands = _each(study, network, doors, walk, count=len(wanted), cell_m=CELL_M)
    return _finished(study, walk, _names(known), bands)


def service_areas(study: Study, network: Network, category: str, walk: Walk, variant: str) -> Drawn:
    """Return the service areas of a category as bands, in EPSG:4326, and facts about them.

    Parameters
    ----------
    variant
        One of `VARIANTS`.

    Returns
    -------
    bands, facts
        A row for each facility (one for all where ``dissolved``) and threshold, the outermost first: ``facility_id,
        name, category, threshold, lower, unit, area_m2, people``. Area and people up to the threshold; people by the
        walks of their homes, of a catchment those nearest to the facility. Null for a facility that joins no street.

    Raises
    ------
    NotFoundError
        The study has no facility of the category.
    """
    known = study.facilities[study.facilities["category"] == category].sort_values("facility_id", kind="stable")
    if known.empty:
        there = ", ".join(sorted(study.facilities["category"].unique()))
        raise NotFoundError(f"the study has no facility of category '{category[:60]}'. It has: {there or 'none'}.")
    doors = _doors(study, network, known)
    count, named = len(known), _names(known)
    if variant == EACH:
        return _finished(study, walk, named, _each(study, network, doors, walk, count=count, cell_m=SERVICE_CELL_M))
    if variant == DISSOLVED:
        named = [{"facility_id": None, "name": None, "category": category}]
    bands = _together(study, network, doors, walk, count=count, is_shared=variant == CATCHMENTS)
    return _finished(study, walk, named, bands)


def band_ids(bands: gpd.GeoDataFrame) -> list[Any]:
    """Return an id for every band: its threshold, with whose it is where there are several."""
    if "category" not in bands:
        return list(bands["threshold"].tolist())
    whose = bands["facility_id"].fillna(bands["category"])
    return [f"{who}-{upto:g}{unit}" for who, upto, unit in zip(whose, bands["threshold"], bands["unit"], strict=True)]


def _doors(study: Study, network: Network, facilities: gpd.GeoDataFrame) -> Entrances:
    """Return how the entrances of facilities join the streets, owned by their place among the facilities."""
    place = pd.Series(np.arange(len(facilities), dtype=np.int32), index=facilities["facility_id"].to_numpy())
    mine = study.entrances[study.entrances["facility_id"].isin(place.index)]
    joins = join(network, mine.geometry, walls=study.walls.geometry, gates=study.gates)
    owner = place[mine["facility_id"]].to_numpy()
    return Entrances(joins, owner, np.zeros(len(owner), np.int32))


def _homes(study: Study, network: Network, walk: Walk) -> tuple[Joins, NDArray[np.float64]]:
    """Return how the homes join the network to search, and the people of each."""
    homes = join(network, study.demand.geometry, walls=study.walls.geometry, gates=study.gates)
    return walk.joins(network, homes), study.demand["people"].to_numpy(dtype=float)


def _each(
    study: Study, network: Network, doors: Entrances, walk: Walk, *, count: int, cell_m: float
) -> list[list[Band]]:
    """Return the bands of each facility searched alone, each on a grid of its own; none where it joins no street."""
    ground, (homes, people) = Ground.of(study), _homes(study, network, walk)
    joins, is_joined = walk.joins(network, doors.joins), doors.joins.is_joined

    def draw(facility: int) -> list[Band]:
        mine = np.flatnonzero(is_joined & (doors.owner == facility))
        if not len(mine):
            return []
        here = joins.take(mine)
        return bands_around(network, here, walk, ground=ground, homes=homes, people=people, cell_m=cell_m)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(draw, range(count)))


def _together(
    study: Study, network: Network, doors: Entrances, walk: Walk, *, count: int, is_shared: bool
) -> list[list[Band]]:
    """Return the bands of all facilities searched together: of each its catchment, or of all one area."""
    is_joined = doors.joins.is_joined
    if not is_joined.any():
        return [[] for _ in range(count if is_shared else 1)]
    joins = walk.joins(network, doors.joins).take(np.flatnonzero(is_joined))
    doors = Entrances(joins, doors.owner[is_joined], doors.group[is_joined])
    limits, searched = walk.limits, walk.network(network)
    samples = sample_edges(network, np.arange(len(network.edge_cm)), cell_m=SERVICE_CELL_M)
    grid = Ground.of(study).grid(samples.xy, cell_m=SERVICE_CELL_M)
    field = owned_field(searched, grid, samples, doors, limit=max(limits), per_m=walk.per_m)
    whole, crowd = contours(grid, field[0], limits), _nearest_people(study, network, doors, walk, count)
    if not is_shared:
        areas = areas_m2(grid, field[0], limits, network.ground_scale)
        return [_bands(areas, crowd.sum(axis=0), whole)]
    shares = shared_out(grid, field, whole, limits, scale=network.ground_scale)
    nothing = ([0.0] * len(limits), [shapely.MultiPolygon()] * len(limits))
    has_door = np.isin(np.arange(count), doors.owner)
    return [
        _bands(areas, crowd[one], shapes) if has_door[one] else []
        for one, (areas, shapes) in ((one, shares.get(one, nothing)) for one in range(count))
    ]


def _bands(areas: list[float], people: NDArray[np.float64], shapes: list[shapely.Geometry]) -> list[Band]:
    return [
        {"area_m2": area, "people": round(float(crowd), 3), "geometry": shape}
        for area, crowd, shape in zip(areas, people, shapes, strict=True)
    ]


def _nearest_people(
    study: Study, network: Network, doors: Entrances, walk: Walk, facilities: int
) -> NDArray[np.float64]:
    """Return the people nearest to each facility within each limit: float64 (F, limits)."""
    homes, people = _homes(study, network, walk)
    limits = walk.limits
    found = nearest_of_groups(walk.network(network), doors, homes, groups=1, limit_m=max(limits) / 100)
    cost, owner = np.rint(found.place_m[:, 0] * 100), found.place_owner[:, 0]
    near = [cost <= limit for limit in limits]
    return np.stack([np.bincount(owner[n], weights=people[n], minlength=facilities) for n in near], axis=1)


def _finished(study: Study, walk: Walk, named: list[dict[str, Any]], bands: list[list[Band]]) -> Drawn:
    """Return the bands of all places as one table, the outermost of each first, in EPSG:4326."""
    unknown: list[Band] = [{"area_m2": None, "people": None, "geometry": None} for _ in walk.thresholds]
    rows = [
        {**name, **row}
        for name, mine in zip(named, bands, strict=True)
        for row in reversed(rings(mine or unknown, walk))
    ]
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=study.crs).to_crs(WGS84)
    return frame.astype({"area_m2": float, "people": float}), {"unit": walk.unit, **facts_of(walk)}


def _names(facilities: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    named: list[dict[str, Any]] = facilities[["facility_id", "name", "category"]].to_dict("records")
    return named
