"""What is reached from one place within several thresholds: nested bands, and the people who live inside each.

People are counted by the walking cost at their homes; the bands are drawings of the same costs.
"""

from __future__ import annotations

import itertools
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.model.crs import WGS84
from geo.model.errors import InputError, Problem
from geo.model.standards import Profile
from geo.model.study import Study
from geo.walk.field import (
    CELL_M,
    METHOD,
    MIN_HOLE_M2,
    areas_m2,
    contours,
    cost_along,
    make_grid,
    sample_edges,
    spread,
)
from geo.walk.network import Network
from geo.walk.reach import costs_around, costs_at
from geo.walk.snap import JOIN_LIMIT_M, Joins, join
from geo.walk.timed import timed_joins, timed_network

UNITS_PER = {"m": 100.0, "min": 6000.0}
"""Centimetres in a metre, hundredths of a second in a minute."""


def isochrone_at(
    study: Study,
    network: Network,
    lon_lat: tuple[float, float],
    *,
    thresholds: list[float],
    unit: str,
    profile: Profile,
    homes: Joins | None = None,
) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """Return the bands reached from a place, the outermost first, in EPSG:4326, and facts about them.

    Parameters
    ----------
    lon_lat
        Degrees, WGS 84.
    thresholds
        Ascending, in ``unit``: "m" walks metres, "min" walks minutes of the profile.
    homes
        How ``study.demand`` joins the network, where the caller has it already.

    Returns
    -------
    bands, facts
        ``threshold, lower, unit, area_m2, people``: area and people up to the threshold, not of the ring alone.
        Facts: ``access_m``, the longest of the way to the street; ``method``; ``min_hole_m2``.

    Raises
    ------
    InputError
        No street within the joining limit.
    """
    point = gpd.GeoSeries(gpd.points_from_xy([lon_lat[0]], [lon_lat[1]]), crs=WGS84).to_crs(study.crs)
    walls = study.walls.geometry
    here = join(network, point, walls=walls, gates=study.gates)
    if not here.is_joined[0]:
        raise InputError(
            Problem(
                "at", f"no walkable street within {JOIN_LIMIT_M:.0f} m.", "Try a place near a street.",
                code="no_street_near",
            )
        )  # fmt: skip
    homes = homes or join(network, study.demand.geometry, walls=walls, gates=study.gates)
    access_m = float(here.access_m[0])
    per_m = 100.0
    if unit == "min":
        timed = timed_network(network, profile)
        here, homes = (timed_joins(network, timed, joins, profile) for joins in (here, homes))
        network, per_m = timed, 100.0 / profile.speed_mps
    limits = [threshold * UNITS_PER[unit] for threshold in thresholds]
    cost, nodes = costs_around(network, here, int(max(limits)))
    edges = np.union1d(_edges_of(network, nodes), here.edge[:1])
    bands = _draw(study, network, here, cost, edges=edges, limits=limits, per_m=per_m)
    bands.insert(0, "threshold", thresholds)
    bands.insert(1, "lower", [0.0, *thresholds[:-1]])
    bands.insert(2, "unit", unit)
    walk = costs_at(network, homes, cost, here)
    people = study.demand["people"].to_numpy(dtype=float)
    bands["people"] = [round(float(people[walk <= limit].sum()), 3) for limit in limits]
    facts = {"access_m": round(access_m, 1), "method": METHOD, "min_hole_m2": MIN_HOLE_M2, "unit": unit}
    return bands.iloc[::-1].reset_index(drop=True).to_crs(WGS84), facts


def _edges_of(network: Network, nodes: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the edges that meet any of the nodes, ascending."""
    first = network.first_arc[nodes].astype(np.int64)
    count = network.first_arc[nodes + 1] - first
    at = np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())
    return np.unique(network.arc_edge[at]).astype(np.int64)


def _draw(
    study: Study,
    network: Network,
    here: Joins,
    cost: NDArray[np.int32],
    *,
    edges: NDArray[np.int64],
    limits: list[float],
    per_m: float,
) -> gpd.GeoDataFrame:
    samples = sample_edges(network, edges, cell_m=CELL_M)
    along = cost_along(network, samples, cost, here)
    kept = along <= max(limits)
    if not kept.any():
        nothing = [shapely.Polygon()] * len(limits)
        return gpd.GeoDataFrame({"area_m2": np.zeros(len(limits))}, geometry=nothing, crs=study.crs)
    low, high = samples.xy[kept].min(axis=0), samples.xy[kept].max(axis=0)
    water = study.backdrop.geometry[study.backdrop["kind"] == "water"].to_numpy()
    grid = make_grid((*low, *high), cell_m=CELL_M, walls=study.walls.geometry.to_numpy(), water=water)
    field = spread(grid, samples.xy[kept], along[kept], per_m=per_m)
    whole = contours(grid, field, limits)
    rings = [whole[0], *(shapely.difference(b, a) for a, b in itertools.pairwise(whole))]
    areas = areas_m2(grid, field, limits, network.ground_scale)
    return gpd.GeoDataFrame({"area_m2": areas}, geometry=shapely.make_valid(np.array(rings)), crs=study.crs)
