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
    places = points.to_numpy()
    reach = limit_m * network.ground_scale
    near = nearest_on_streets(network, shapely.get_coordinates(places), reach)
    edge, along, foot = near.edge, near.along, shapely.points(near.xy)
    refused, hidden_by = np.zeros(len(places), bool), shapely.STRtree(walls.to_numpy())
    at = np.flatnonzero(edge >= 0)
    refused[at] = _is_cut_off(places[at], foot[at], hidden_by)
    leg = shapely.distance(places, foot)
    if refused.any():
        again = np.flatnonzero(refused)
        edge[again], foot[again] = _next_nearest(network, places[again], reach, hidden_by)
        lost, again = again[edge[again] < 0], again[edge[again] >= 0]
        along[again] = shapely.line_locate_point(network.lines_of(edge[again]), foot[again])
        leg[again] = shapely.distance(places[again], foot[again])
        if gates is not None and len(lost):
            edge[lost], along[lost], leg[lost] = _through_gates(network, places[lost], gates, hidden_by, reach)
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


def _is_cut_off(places: NDArray[np.object_], feet: NDArray[np.object_], walls: shapely.STRtree) -> NDArray[np.bool_]:
    """Return whether a wall lies between each place and its foot; the leg ends `LEG_TRIM_M` short."""
    crossed = np.zeros(len(places), bool)
    if not len(walls.geometries) or not len(places):
        return crossed
    a, b = shapely.get_coordinates(places), shapely.get_coordinates(feet)
    length = np.hypot(*(b - a).T)
    share = np.where(length > 2 * LEG_TRIM_M, 1 - LEG_TRIM_M / np.maximum(length, LEG_TRIM_M), 0.0)
    legs = shapely.linestrings(np.stack([a, a + (b - a) * share[:, None]], axis=1))
    crossed[_crossings(legs, walls)[0]] = True
    return crossed


def _crossings(lines: NDArray[np.object_], walls: shapely.STRtree) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of lines and of the walls that they cross.

    Whether they meet at all is asked first, of walls made ready for it: the banks of a river have many corners.
    """
    line, wall = walls.query(lines)
    shapely.prepare(walls.geometries)
    meet = shapely.intersects(walls.geometries[wall], lines[line])
    line, wall = line[meet], wall[meet]
    crosses = shapely.crosses(lines[line], walls.geometries[wall])
    return line[crosses], wall[crosses]


def _next_nearest(
    network: Network, places: NDArray[np.object_], reach: float, walls: shapely.STRtree
) -> tuple[NDArray[np.int32], NDArray[np.object_]]:
    """Return the edge with the nearest foot that no wall hides from its place, -1 where there is none, and the foot.

    A wall across an edge parts it into stretches; the near one may be in sight where the edge's nearest point is not.
    """
    place, edge = network.tree.query(places, predicate="dwithin", distance=reach)
    known, nth = np.unique(edge, return_inverse=True)
    stretches, owner = shapely.get_parts(_parted(network.lines[known], walls), return_index=True)
    count = np.bincount(owner, minlength=len(known))
    pair = np.repeat(np.arange(len(place)), count[nth])
    begin = np.repeat((np.cumsum(count) - count)[nth] - np.cumsum(count[nth]) + count[nth], count[nth])
    place, edge, line = place[pair], edge[pair], stretches[begin + np.arange(len(pair))]
    foot = _feet(places[place], line)
    distance = shapely.distance(places[place], foot)
    order = np.lexsort((grid_of(network).rank[edge], distance, place))
    place, edge, foot = place[order], edge[order], foot[order]
    best, best_foot = np.full(len(places), -1, np.int32), np.full(len(places), None, dtype=object)
    # The nearest of every place is tried first; those that a wall hides go on to their next.
    tried, last = np.flatnonzero(np.diff(place, prepend=-1)), np.append(np.diff(place) != 0, True)[: len(place)]
    while len(tried):
        hidden = _is_cut_off(places[place[tried]], foot[tried], walls)
        seen = tried[~hidden]
        best[place[seen]], best_foot[place[seen]] = edge[seen], foot[seen]
        tried = tried[hidden & ~last[tried]] + 1
    return best, best_foot


def _parted(lines: NDArray[np.object_], walls: shapely.STRtree) -> NDArray[np.object_]:
    """Return the lines parted where walls cross them."""
    parted = lines.copy()
    line, wall = _crossings(lines, walls)
    for rows in np.split(np.arange(len(line)), np.flatnonzero(np.diff(line)) + 1):
        if len(rows):
            across = shapely.union_all(walls.geometries[wall[rows]])
            parted[line[rows[0]]] = shapely.difference(lines[line[rows[0]]], across)
    return parted


def _through_gates(
    network: Network, places: NDArray[np.object_], gates: gpd.GeoDataFrame, walls: shapely.STRtree, reach: float
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
    kept[kept] = ~_is_cut_off(places[place[kept]], doors[door[kept]], walls)
    kept[kept] = ~_is_cut_off(shapely.points(outside.xy[door[kept]]), doors[door[kept]], walls)
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
