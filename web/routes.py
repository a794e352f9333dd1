"""The walk to the nearest facility, as the API tells it."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np

from geo.model.crs import WGS84
from geo.model.errors import InputError, Problem
from geo.model.standards import Profile, Rule
from geo.walk.reach import SEARCH_LIMIT_M
from geo.walk.route import climb_of, nearest_route, seconds_of
from geo.walk.snap import JOIN_LIMIT_M, join
from web.opened import Opened


def draw_route(
    opened: Opened, lon_lat: tuple[float, float], rule: Rule, profile: Profile
) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """Return the walk from a place to the nearest facility of a rule, in EPSG:4326, and facts; no row where none is.

    The shortest walk for a rule in metres, the profile's quickest for one in minutes; either way with its metres, the
    profile's minutes (null where a piece is closed to it), and the metres up and down (null without known heights).

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
    hurried = profile if rule.threshold_min is not None else None
    found = nearest_route(network, here, opened.doors.take(doors), round(SEARCH_LIMIT_M * 100), hurried)
    facts = {
        "profile": profile.profile_id,
        "limit_m": rule.threshold_m,
        "limit_min": rule.threshold_min,
        "search_limit_m": SEARCH_LIMIT_M,
    }
    if found is None:
        return gpd.GeoDataFrame({"walk_m": []}, geometry=[], crs=WGS84), facts
    door = study.entrances.iloc[doors[found.target]]
    facility = wanted.loc[door["facility_id"]]
    seconds, climb = seconds_of(network, found, profile), climb_of(network, found, study.streets)
    row = {
        "facility_id": door["facility_id"], "name": facility["name"], "name_en": facility["name_en"],
        "category": facility["category"], "walk_m": found.cm / 100, "access_m": found.access_cm / 100,
        "walk_min": None if seconds is None else round(seconds / 60, 2),
        "rise_m": climb and round(climb[0], 1), "fall_m": climb and round(climb[1], 1),
        "line_m": round(float(door.geometry.distance(point.iloc[0])) / network.ground_scale, 1),
        "door": list(gpd.GeoSeries([door.geometry], crs=study.crs).to_crs(WGS84).iloc[0].coords[0]),
    }  # fmt: skip
    return gpd.GeoDataFrame([row], geometry=[found.line], crs=study.crs).to_crs(WGS84), facts
