"""Joining places to the streets: the nearest inside of an edge, by a leg that counts and crosses no wall.

Whatever joins nothing is told, never moved and never dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.walk.grid import grid_of, nearest_on_streets
from geo.walk.network import Network
from geo.walk.sight import Sight, sight_over

JOIN_LIMIT_M = 150.0
"""Longest access leg, metres on the ground (ours; a planner may set it)."""

CLOSE_BY = 0.25
"""The share of the limit within which streets are tried first by a place whose nearest is hidden; only time differs."""

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
    offset_back_cm
        int32 (P,): the cost from the joining point back to the edge's start; None where it is ``offset_cm``.
    """

    edge: NDArray[np.int32]
    offset_cm: NDArray[np.int32]
    access_cm: NDArray[np.int32]
    is_refused: NDArray[np.bool_]
    offset_back_cm: NDArray[np.int32] | None = None

    @property
    def back_cm(self) -> NDArray[np.int32]:
        """Cost from the joining point back to the edge's start; only in time does it differ from ``offset_cm``."""
        return self.offset_cm if self.offset_back_cm is None else self.offset_back_cm

    def take(self, at: NDArray[np.integer]) -> Joins:
        """Return the joins of some places."""
        back = None if self.offset_back_cm is None else self.offset_back_cm[at]
        return Joins(self.edge[at], self.offset_cm[at], self.access_cm[at], self.is_refused[at], back)

    @property
    def is_joined(self) -> NDArray[np.bool_]:
        """Which places joined a street."""
        return self.edge >= 0

    @property
    def access_m(self) -> NDArray[np.float64]:
        """Metres of the access leg; ``nan`` where there is none."""
        return np.where(self.is_joined, self.access_cm / 100, np.nan)


def join(
    network: Network,
    points: gpd.GeoSeries,
    *,
    walls: gpd.GeoSeries,
    gates: gpd.GeoDataFrame | None = None,
    limit_m: float = JOIN_LIMIT_M,
) -> Joins:
    """Join points to the nearest inside of an edge.

    Parameters
    ----------
    points, walls
        Points and lines in study.crs. A leg that crosses a wall is refused and the next nearest edge is tried.
    gates
        `tables.GATES`. A point that walls keep from every street walks straight to an open gate in sight, and from
        there to the street: the inner paths of a compound are often not mapped.
    limit_m
        Longest leg, metres on the ground, by way of a gate too.
    """
    places, xy = points.to_numpy(), shapely.get_coordinates(points)
    reach = limit_m * network.ground_scale
    sight = sight_over(walls, len(xy))
    near = nearest_on_streets(network, xy, reach)
    edge, along, leg = near.edge, near.along, _lengths(xy, near.xy)
    refused = np.zeros(len(xy), bool)
    at = np.flatnonzero(edge >= 0)
    refused[at] = sight.hidden(xy[at], near.xy[at])
    if refused.any():
        again = np.flatnonzero(refused)
        edge[again], foot = _next_nearest(network, places[again], reach, sight)
        is_found = edge[again] >= 0
        lost, again, foot = again[~is_found], again[is_found], foot[is_found]
        along[again] = shapely.line_locate_point(network.lines_of(edge[again]), foot)
        leg[again] = shapely.distance(places[again], foot)
        if gates is not None and len(lost):
            edge[lost], along[lost], leg[lost] = _through_gates(network, places[lost], gates, sight, reach)
    return _joins(network, edge, along, leg, refused)


def are_islands(network: Network) -> NDArray[np.bool_]:
    """Return which components of a network are islands, one answer a component."""
    metres = network.component_m
    small: NDArray[np.bool_] = (metres < ISLAND_M) & (metres < ISLAND_SHARE * metres[0])
    return small


def is_on_island(network: Network, joins: Joins) -> NDArray[np.bool_]:
    """Return which places joined a small piece of street that hangs together with nothing else."""
    small = are_islands(network)
    component = network.component[network.edge_from[np.maximum(joins.edge, 0)]]
    is_small: NDArray[np.bool_] = small[component]
    return joins.is_joined & is_small


def _feet(places: NDArray[np.object_], lines: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the point of each line nearest to its place."""
    feet = shapely.line_interpolate_point(lines, shapely.line_locate_point(lines, places))
    return np.asarray(feet, dtype=object)


def _lengths(begin: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the lengths of legs, to the last bit as shapely tells the distance of points."""
    dx, dy = (end - begin).T
    return np.asarray(np.sqrt(dx * dx + dy * dy))


def _next_nearest(
    network: Network, places: NDArray[np.object_], reach: float, sight: Sight
) -> tuple[NDArray[np.int32], NDArray[np.object_]]:
    """Return the edge with the nearest foot that no wall hides from its place, -1 where there is none, and the foot.

    Streets close by are tried first: a foot found among them is nearer than any on the others.
    """
    best, best_foot = np.full(len(places), -1, np.int32), np.full(len(places), None, dtype=object)
    left = np.arange(len(places))
    for radius in (reach * CLOSE_BY, reach):
        edge, foot, distance = _in_sight(network, places[left], radius, sight)
        is_best = (edge >= 0) & ((distance <= radius) | (radius == reach))
        best[left[is_best]], best_foot[left[is_best]] = edge[is_best], foot[is_best]
        left = left[~is_best]
    return best, best_foot


def _in_sight(
    network: Network, places: NDArray[np.object_], radius: float, sight: Sight
) -> tuple[NDArray[np.int32], NDArray[np.object_], NDArray[np.float64]]:
    """Return of the edges within a radius the one with the nearest foot in sight, the foot, and how far it is.

    A wall across an edge parts it into stretches; the near one may be in sight where the edge's nearest point is not.
    """
    place, edge = network.tree.query(places, predicate="dwithin", distance=radius)
    known, nth = np.unique(edge, return_inverse=True)
    stretches, owner = shapely.get_parts(_parted(network.lines[known], sight), return_index=True)
    count = np.bincount(owner, minlength=len(known))
    pair = np.repeat(np.arange(len(place)), count[nth])
    begin = np.repeat((np.cumsum(count) - count)[nth] - np.cumsum(count[nth]) + count[nth], count[nth])
    place, edge, line = place[pair], edge[pair], stretches[begin + np.arange(len(pair))]
    foot = _feet(places[place], line)
    kept = ~sight.hidden(shapely.get_coordinates(places[place]), shapely.get_coordinates(foot))
    place, edge, foot = place[kept], edge[kept], foot[kept]
    distance = shapely.distance(places[place], foot)
    order = np.lexsort((grid_of(network).rank[edge], distance, place))
    found, first = np.unique(place[order], return_index=True)
    best, best_foot = np.full(len(places), -1, np.int32), np.full(len(places), None, dtype=object)
    far = np.full(len(places), np.inf)
    best[found], best_foot[found], far[found] = (column[order][first] for column in (edge, foot, distance))
    return best, best_foot, far


def _parted(lines: NDArray[np.object_], sight: Sight) -> NDArray[np.object_]:
    """Return the lines parted where walls cross them."""
    parted = lines.copy()
    line, wall = sight.crossings(lines)
    rows, first = np.unique(line, return_index=True)
    for row, mine in zip(rows.tolist(), np.split(wall, first[1:]), strict=False):
        parted[row] = shapely.difference(lines[row], shapely.union_all(sight.lines[mine]))
    return parted


def _through_gates(
    network: Network, places: NDArray[np.object_], gates: gpd.GeoDataFrame, sight: Sight, reach: float
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """Return edge (-1: none), metres along it and length of the leg of each place by way of an open gate in sight."""
    doors = gates.geometry.to_numpy()[gates["access"].to_numpy() != "closed"]
    edge, along, leg = np.full(len(places), -1, np.int32), np.zeros(len(places)), np.full(len(places), np.inf)
    if not len(doors):
        return edge, along, leg
    xy = shapely.get_coordinates(doors)
    outside = nearest_on_streets(network, xy, reach)
    place, door = shapely.STRtree(doors).query(places, predicate="dwithin", distance=reach)
    total = shapely.distance(places[place], doors[door]) + outside.distance[door]
    kept = total <= reach
    kept[kept] = ~sight.hidden(shapely.get_coordinates(places[place[kept]]), xy[door[kept]])
    kept[kept] = ~sight.hidden(outside.xy[door[kept]], xy[door[kept]])
    place, door, total = place[kept], door[kept], total[kept]
    order = np.lexsort((xy[door, 1], xy[door, 0], total, place))
    found, first = np.unique(place[order], return_index=True)
    best = door[order][first]
    edge[found], along[found], leg[found] = outside.edge[best], outside.along[best], total[order][first]
    return edge, along, leg


def _joins(
    network: Network,
    edge: NDArray[np.int32],
    along: NDArray[np.float64],
    leg: NDArray[np.float64],
    refused: NDArray[np.bool_],
) -> Joins:
    offset, access = np.zeros(len(edge), np.int32), np.zeros(len(edge), np.int32)
    at = np.flatnonzero(edge >= 0)
    chosen = edge[at]
    length = grid_of(network).before(network.vertex_start[chosen + 1] - 1)
    share = np.where(length > 0, along[at] / np.where(length > 0, length, 1.0), 0.0)
    offset[at] = np.rint(np.minimum(share, 1.0) * network.edge_cm[chosen])
    access[at] = np.rint(leg[at] / network.ground_scale * 100)
    return Joins(edge, offset, access, refused)
