"""Joining places to the streets: the nearest inside of an edge, by a leg that counts and crosses no wall.

Whatever joins nothing is told, never moved and never dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.walk.network import Network

JOIN_LIMIT_M = 150.0
"""Longest access leg, metres on the ground (ours; a planner may set it)."""

LEG_TRIM_M = 0.02
"""An access leg ends this short of the street, so that a street lying on a wall's gate is not across it."""

ISLAND_M, ISLAND_SHARE = 1000.0, 0.1
"""A component with less street than both (metres; share of the largest) is an island: most likely a data fault."""


@dataclass(frozen=True)
class Joins:
    """How P places join the network.

    Attributes
    ----------
    edge
        int32 (P,): the edge joined, -1 where none is within the limit.
    offset_cm, access_cm
        int32 (P,): centimetres from the edge's start to the joining point, and of the access leg, on the ground.
    is_refused
        bool (P,): the nearest edge lay across a wall.
    """

    edge: NDArray[np.int32]
    offset_cm: NDArray[np.int32]
    access_cm: NDArray[np.int32]
    is_refused: NDArray[np.bool_]

    @property
    def is_joined(self) -> NDArray[np.bool_]:
        """Which places joined a street."""
        return self.edge >= 0

    @property
    def access_m(self) -> NDArray[np.float64]:
        """Metres of the access leg; ``nan`` where there is none."""
        return np.where(self.is_joined, self.access_cm / 100, np.nan)


def edge_lines(network: Network) -> NDArray[np.object_]:
    """Return the line of every edge, in study.crs."""
    count = np.diff(network.vertex_start)
    owner = np.repeat(np.arange(len(count)), count)
    return np.asarray(shapely.linestrings(network.vertex_xy, indices=owner))


def join(network: Network, points: gpd.GeoSeries, *, walls: gpd.GeoSeries, limit_m: float = JOIN_LIMIT_M) -> Joins:
    """Join points to the nearest inside of an edge.

    Parameters
    ----------
    points, walls
        Points and lines in study.crs. A leg that crosses a wall is refused and the next nearest edge is tried.
    limit_m
        Longest leg, metres on the ground.
    """
    places, lines = points.to_numpy(), edge_lines(network)
    reach = limit_m * network.ground_scale
    tree = shapely.STRtree(lines)
    edge = _nearest(tree, places, reach)
    refused = _crosses(places, lines, edge, walls)
    if refused.any():
        edge[refused] = _next_nearest(tree, places[refused], lines, reach, walls)
    return _joins(network, places, lines, edge, refused)


def is_on_island(network: Network, joins: Joins) -> NDArray[np.bool_]:
    """Return which places joined a small piece of street that hangs together with nothing else."""
    small = (network.component_m < ISLAND_M) & (network.component_m < ISLAND_SHARE * network.component_m[0])
    component = network.component[network.edge_from[np.maximum(joins.edge, 0)]]
    is_small: NDArray[np.bool_] = small[component]
    return joins.is_joined & is_small


def _nearest(tree: shapely.STRtree, places: NDArray[np.object_], reach: float) -> NDArray[np.int32]:
    """Return the nearest edge of every place, the lowest number among equals, -1 beyond ``reach``."""
    edge = np.full(len(places), np.iinfo(np.int32).max, np.int32)
    place, found = tree.query_nearest(places, max_distance=reach, all_matches=True)
    np.minimum.at(edge, place, found.astype(np.int32))
    edge[edge == np.iinfo(np.int32).max] = -1
    return edge


def _legs(places: NDArray[np.object_], lines: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the line from each place to the nearest point of its line, ended `LEG_TRIM_M` short."""
    a = shapely.get_coordinates(places)
    b = shapely.get_coordinates(shapely.line_interpolate_point(lines, shapely.line_locate_point(lines, places)))
    length = np.hypot(*(b - a).T)
    share = np.where(length > 2 * LEG_TRIM_M, 1 - LEG_TRIM_M / np.maximum(length, LEG_TRIM_M), 0.0)
    ends = a + (b - a) * share[:, None]
    return np.asarray(shapely.linestrings(np.stack([a, ends], axis=1)))


def _crosses(
    places: NDArray[np.object_], lines: NDArray[np.object_], edge: NDArray[np.int32], walls: gpd.GeoSeries
) -> NDArray[np.bool_]:
    crossed = np.zeros(len(places), bool)
    at = np.flatnonzero(edge >= 0)
    if len(walls) and len(at):
        legs = _legs(places[at], lines[edge[at]])
        crossed[at[_meets_wall(legs, walls)]] = True
    return crossed


def _meets_wall(legs: NDArray[np.object_], walls: gpd.GeoSeries) -> NDArray[np.int64]:
    return np.unique(shapely.STRtree(walls.to_numpy()).query(legs, predicate="crosses")[0])


def _next_nearest(
    tree: shapely.STRtree,
    places: NDArray[np.object_],
    lines: NDArray[np.object_],
    reach: float,
    walls: gpd.GeoSeries,
) -> NDArray[np.int32]:
    """Return for each place the nearest edge whose leg crosses no wall, -1 where there is none."""
    place, edge = tree.query(places, predicate="dwithin", distance=reach)
    legs = _legs(places[place], lines[edge])
    allowed = np.ones(len(place), bool)
    allowed[_meets_wall(legs, walls)] = False
    place, edge = place[allowed], edge[allowed]
    distance = shapely.distance(places[place], lines[edge])
    order = np.lexsort((edge, distance, place))
    found, first = np.unique(place[order], return_index=True)
    best = np.full(len(places), -1, np.int32)
    best[found] = edge[order][first]
    return best


def _joins(
    network: Network,
    places: NDArray[np.object_],
    lines: NDArray[np.object_],
    edge: NDArray[np.int32],
    refused: NDArray[np.bool_],
) -> Joins:
    offset = np.zeros(len(edge), np.int32)
    access = np.zeros(len(edge), np.int32)
    at = np.flatnonzero(edge >= 0)
    chosen = edge[at]
    share = shapely.line_locate_point(lines[chosen], places[at], normalized=True)
    offset[at] = np.rint(np.nan_to_num(share) * network.edge_cm[chosen])
    leg = shapely.distance(places[at], lines[chosen])
    access[at] = np.rint(leg / network.ground_scale * 100)
    return Joins(edge, offset, access, refused)
