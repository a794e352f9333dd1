"""What is reached from one place within several thresholds: nested bands, and the people who live inside each.

People are counted by the walking cost at their homes; the bands are drawings of the same costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.model.crs import WGS84
from geo.model.errors import InputError, Problem
from geo.model.standards import Profile
from geo.model.study import Study
from geo.walk.field import CELL_M, METHOD, MIN_HOLE_M2, Grid, areas_m2, contours, make_grid, spread
from geo.walk.network import Network
from geo.walk.reach import costs_around, costs_at
from geo.walk.samples import cost_along, sample_edges
from geo.walk.snap import JOIN_LIMIT_M, Joins, join
from geo.walk.timed import timed_joins, timed_network

UNITS_PER = {"m": 100.0, "min": 6000.0}
"""Centimetres in a metre, hundredths of a second in a minute."""

FROM, TO = "from", "to"
"""Which way one walks: from the place outwards, or to it. Only slopes make them differ, and only in minutes."""


@dataclass(frozen=True)
class Walk:
    """How far one walks and which way: ascending thresholds in ``unit``, "m" or "min" of the profile."""

    thresholds: list[float]
    unit: str
    profile: Profile
    direction: str = FROM

    @property
    def limits(self) -> list[float]:
        """The thresholds in the units of `network`."""
        return [threshold * UNITS_PER[self.unit] for threshold in self.thresholds]

    @property
    def per_m(self) -> float:
        """Cost of a metre on the flat."""
        return 100.0 if self.unit == "m" else 100.0 / self.profile.speed_mps

    def network(self, network: Network) -> Network:
        """Return the network to search: in centimetres, or in hundredths of a second in the right direction."""
        if self.unit == "m":
            return network
        return timed_network(network, self.profile, is_towards=self.direction == TO)

    def joins(self, network: Network, joins: Joins) -> Joins:
        """Return how places join the network to search."""
        if self.unit == "m":
            return joins
        timed = timed_network(network, self.profile, is_towards=self.direction == TO)
        return timed_joins(network, timed, joins, self.profile)


@dataclass(frozen=True)
class Ground:
    """What drawings do not cross: walls and water of a study, found by place."""

    walls: NDArray[np.object_]
    water: NDArray[np.object_]

    @classmethod
    def of(cls, study: Study) -> Ground:
        """Return the ground of a study."""
        backdrop = study.backdrop
        return cls(study.walls.geometry.to_numpy(), backdrop.geometry[backdrop["kind"] == "water"].to_numpy())

    @cached_property
    def _trees(self) -> tuple[shapely.STRtree, shapely.STRtree]:
        return shapely.STRtree(self.walls), shapely.STRtree(self.water)

    def grid(self, xy: NDArray[np.float64], *, cell_m: float) -> Grid:
        """Return a grid over some places of study.crs with what bars it."""
        bounds = (*xy.min(axis=0), *xy.max(axis=0))
        near = shapely.box(bounds[0] - 200, bounds[1] - 200, bounds[2] + 200, bounds[3] + 200)
        walls, water = (np.sort(tree.query(near)) for tree in self._trees)
        return make_grid(bounds, cell_m=cell_m, walls=self.walls[walls], water=self.water[water])


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
        Ascending, in ``unit``: "m" walks metres, "min" walks minutes of the profile, from the place outwards.
    homes
        How ``study.demand`` joins the network, where the caller has it already.

    Returns
    -------
    bands, facts
        ``threshold, lower, unit, area_m2, people``: area and people up to the threshold, not of the ring alone.
        Facts: ``access_m``, the longest of the way to the street; ``direction``; ``method``; ``min_hole_m2``.

    Raises
    ------
    InputError
        No street within the joining limit.
    """
    return isochrone(study, network, lon_lat, Walk(thresholds, unit, profile), homes=homes)


def isochrone(
    study: Study, network: Network, lon_lat: tuple[float, float], walk: Walk, *, homes: Joins | None = None
) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """Return the bands of `isochrone_at`, walked from the place or to it."""
    point = gpd.GeoSeries(gpd.points_from_xy([lon_lat[0]], [lon_lat[1]]), crs=WGS84).to_crs(study.crs)
    here = join(network, point, walls=study.walls.geometry, gates=study.gates)
    if not here.is_joined[0]:
        raise InputError(
            Problem(
                "at", f"no walkable street within {JOIN_LIMIT_M:.0f} m.", "Try a place near a street.",
                code="no_street_near",
            )
        )  # fmt: skip
    homes = homes or join(network, study.demand.geometry, walls=study.walls.geometry, gates=study.gates)
    people = study.demand["people"].to_numpy(dtype=float)
    bands = bands_around(
        network, walk.joins(network, here), walk, ground=Ground.of(study), homes=walk.joins(network, homes),
        people=people, cell_m=CELL_M,
    )  # fmt: skip
    facts = {"access_m": round(float(here.access_m[0]), 1), "unit": walk.unit, **facts_of(walk)}
    found = gpd.GeoDataFrame(rings(bands, walk), geometry="geometry", crs=study.crs)
    return found.iloc[::-1].reset_index(drop=True).to_crs(WGS84), facts


def facts_of(walk: Walk) -> dict[str, Any]:
    """Return what a drawing says of itself."""
    return {"direction": walk.direction, "method": METHOD, "min_hole_m2": MIN_HOLE_M2}


def bands_around(
    network: Network,
    doors: Joins,
    walk: Walk,
    *,
    ground: Ground,
    homes: Joins,
    people: NDArray[np.float64],
    cell_m: float,
) -> list[dict[str, Any]]:
    """Return what is reached from a place by any of its doors: one row a threshold, each area with those before it.

    Parameters
    ----------
    network
        In metres; ``doors`` (joined ones) and ``homes`` join ``walk.network(network)``.

    Returns
    -------
    rows
        ``area_m2`` from the field, ``people`` by the walks of the homes, ``geometry`` in study.crs.
    """
    searched, limits = walk.network(network), walk.limits
    cost, nodes = costs_around(searched, doors, int(max(limits)))
    edges = np.union1d(_edges_of(network, nodes), doors.edge)
    on = np.zeros(len(network.edge_cm) + 1, bool)
    on[edges] = True
    near = np.flatnonzero(on[homes.edge])
    walked = costs_at(searched, homes.take(near), cost, doors)
    crowd = [round(float(people[near][walked <= limit].sum()), 3) for limit in limits]
    samples = sample_edges(network, edges, cell_m=cell_m)
    along = cost_along(searched, samples, cost, doors)
    kept = along <= max(limits)
    areas, shapes = [0.0] * len(limits), [shapely.Polygon()] * len(limits)
    if kept.any():
        grid = ground.grid(samples.xy[kept], cell_m=cell_m)
        field = spread(grid, samples.xy[kept], along[kept], per_m=walk.per_m)
        areas, shapes = areas_m2(grid, field, limits, network.ground_scale), contours(grid, field, limits)
    return [
        {"area_m2": area, "people": count, "geometry": shape}
        for area, count, shape in zip(areas, crowd, shapes, strict=True)
    ]


def rings(bands: list[dict[str, Any]], walk: Walk) -> list[dict[str, Any]]:
    """Return the rows of one place with their thresholds, each shape without the smaller one."""
    shapes = np.array([band["geometry"] for band in bands], dtype=object)
    apart = [shapes[0], *shapely.difference(shapes[1:], shapes[:-1])]
    lower = [0.0, *walk.thresholds[:-1]]
    return [
        {"threshold": upto, "lower": above, "unit": walk.unit, **band, "geometry": shapely.make_valid(shape)}
        for upto, above, band, shape in zip(walk.thresholds, lower, bands, apart, strict=True)
    ]


def _edges_of(network: Network, nodes: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the edges that meet any of the nodes, ascending."""
    first = network.first_arc[nodes].astype(np.int64)
    count = network.first_arc[nodes + 1] - first
    at = np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())
    return np.unique(network.arc_edge[at]).astype(np.int64)
