"""The walk to the nearest facility, as the API tells it."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np

from geo.model.crs import WGS84
from geo.model.errors import InputError, Problem
from geo.model.standards import Rule
from geo.walk.reach import SEARCH_LIMIT_M
from geo.walk.route import nearest_route
from geo.walk.snap import JOIN_LIMIT_M, Joins, join
from web.opened import Opened


def draw_route(opened: Opened, lon_lat: tuple[float, float], rule: Rule) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """Return the walk from a place to the nearest facility of a rule, in EPSG:4326, and facts; no row where none is.

    Raises
    ------
    InputError
        No street within the joining limit of the place.
    """
    study, network = opened.study, opened.network
    point = gpd.GeoSeries(gpd.points_from_xy([lon_lat[0]], [lon_lat[1]]), crs=WGS84).to_crs(study.crs)
    here = join(network, point, walls=study.walls.geometry, gates=study.gates)
    if not here.is_joined[0]:
        message = f"no walkable street within {JOIN_LIMIT_M:.0f} m."
        raise InputError(Problem("at", message, "Try a place near a street.", code="no_street_near"))
    wanted = study.facilities.loc[study.facilities["category"].isin(rule.categories)].set_index("facility_id")
    doors = np.flatnonzero(study.entrances["facility_id"].isin(wanted.index).to_numpy())
    found = nearest_route(network, here, _some(opened.doors, doors), round(SEARCH_LIMIT_M * 100))
    facts = {"limit_m": rule.threshold_m, "limit_min": rule.threshold_min, "search_limit_m": SEARCH_LIMIT_M}
    if found is None:
        return gpd.GeoDataFrame({"walk_m": []}, geometry=[], crs=WGS84), facts
    door = study.entrances.iloc[doors[found.target]]
    facility = wanted.loc[door["facility_id"]]
    row = {
        "facility_id": door["facility_id"], "name": facility["name"], "name_en": facility["name_en"],
        "category": facility["category"], "walk_m": found.cm / 100, "access_m": found.access_cm / 100,
        "line_m": round(float(door.geometry.distance(point.iloc[0])) / network.ground_scale, 1),
        "door": list(gpd.GeoSeries([door.geometry], crs=study.crs).to_crs(WGS84).iloc[0].coords[0]),
    }  # fmt: skip
    return gpd.GeoDataFrame([row], geometry=[found.line], crs=study.crs).to_crs(WGS84), facts


def _some(joins: Joins, rows: np.ndarray) -> Joins:  # type: ignore[type-arg]
    return joins.take(rows)
