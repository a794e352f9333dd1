"""The walk itself: the streets from one place to another, for drawing and for checking a distance by eye."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from geo.model.standards import Profile
from geo.walk.kernels import UNREACHED
from geo.walk.network import Network
from geo.walk.reach import costs_around, costs_at
from geo.walk.snap import Joins
from geo.walk.timed import CLOSED, timed_joins, timed_network

Stretch = tuple[int, int, int]
"""An edge and the centimetres along it where the walk enters and leaves it."""


@dataclass(frozen=True)
class Route:
    """A walk: which of the targets was nearest, its line on the streets in study.crs, centimetres with both legs.

    ``stretches`` are the pieces of street in order.
    """

    target: int
    line: shapely.LineString
    cm: int
    access_cm: int
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True)
class _Search:
    """What a route is found on: the network that was searched, the cost of its nodes, both ends as they join it."""

    network: Network
    cost: NDArray[np.int32]
    here: Joins
    targets: Joins


def nearest_route(
    network: Network, here: Joins, targets: Joins, limit_cm: int, profile: Profile | None = None
) -> Route | None:
    """Return the shortest walk from one joined place to the nearest of many, None where none is within the limit.

    With a profile the quickest walk for it: uphill and steps count, on the way there; the limit is that of `limit_cm`
    on the flat. Of equally near targets the first is taken.
    """
    searched, start, ends, limit = network, here, targets, limit_cm
    if profile is not None:
        searched, limit = timed_network(network, profile), round(limit_cm / profile.speed_mps)
        start, ends = (timed_joins(network, searched, joins, profile) for joins in (here, targets))
    cost, _ = costs_around(searched, start, limit)
    walk = costs_at(searched, ends, cost, start)
    if not len(walk) or walk.min() > limit:
        return None
    target = int(walk.argmin())
    stretches = tuple(_stretches(network, _Search(searched, cost, start, ends), (here, targets), target))
    parts = [_drawn(network, stretch) for stretch in stretches]
    xy = np.concatenate([shapely.get_coordinates(part) for part in parts])
    access = int(here.access_cm[0] + targets.access_cm[target])
    cm = access + sum(abs(leave - enter) for _, enter, leave in stretches)
    return Route(target, shapely.LineString(_without_repeats(xy)), cm, access, stretches)


def seconds_of(network: Network, route: Route, profile: Profile) -> float | None:
    """Return the seconds a profile takes for a route, both legs included; None where a piece of it is closed to it."""
    timed = timed_network(network, profile)
    total = route.access_cm / profile.speed_mps
    for edge, enter, leave in route.stretches:
        whole = int(timed.edge_cm[edge] if leave >= enter else timed.edge_back_cm[edge])
        if whole >= CLOSED and leave != enter:
            return None
        total += whole * abs(leave - enter) / max(int(network.edge_cm[edge]), 1)
    return total / 100


def climb_of(network: Network, route: Route, streets: pd.DataFrame) -> tuple[float, float] | None:
    """Return metres up and metres down on the way; None where the height of some of its streets is not known.

    ``streets``: ``rise_m, fall_m, length_m`` of `tables.STREETS`. The climb of a piece is spread evenly over it.
    """
    edge, enter, leave = np.array(route.stretches).T
    piece = streets.iloc[network.edge_row[edge]]
    share = np.abs(leave - enter) / np.maximum(piece["length_m"].to_numpy(dtype=float) * 100, 1.0)
    climb = piece[["rise_m", "fall_m"]].to_numpy(dtype=float)
    climb = np.where((leave >= enter)[:, None], climb, climb[:, ::-1])
    up, down = np.where(share[:, None] > 0, climb * share[:, None], 0.0).sum(axis=0).tolist()
    return None if np.isnan(up) else (up, down)


def _stretches(network: Network, search: _Search, places: tuple[Joins, Joins], target: int) -> list[Stretch]:
    """Return the stretches of the walk from the start to the target, in order; ``places`` join ``network``."""
    searched, cost, here, ends = search.network, search.cost, search.here, search.targets
    edge, begin = int(ends.edge[target]), int(here.edge[0])
    start, leave = int(places[0].offset_cm[0]), int(places[1].offset_cm[target])
    onwards, backwards = int(ends.offset_cm[target]), int(searched.edge_back_cm[edge] - ends.back_cm[target])
    sides = ((int(searched.edge_from[edge]), onwards, 0),
             (int(searched.edge_to[edge]), backwards, int(network.edge_cm[edge])))  # fmt: skip
    ways = [(int(cost[node]) + leg, node, at) for node, leg, at in sides if cost[node] != UNREACHED]
    if edge == begin:
        ahead = int(ends.offset_cm[target]) - int(here.offset_cm[0])
        direct = max(ahead, int(here.back_cm[0]) - int(ends.back_cm[target])) + int(here.access_cm[0])
        if not ways or direct <= min(ways)[0]:
            return [(edge, start, leave)]
    _, node, at = min(ways)
    return [*_back_to_start(network, search, start, node), (edge, at, leave)]


def _back_to_start(network: Network, search: _Search, start: int, node: int) -> list[Stretch]:
    """Return the stretches from the start to a node, found backwards: each arc explains the cost of its end."""
    searched, cost, here = search.network, search.cost, search.here
    begin, access = int(here.edge[0]), int(here.access_cm[0])
    ahead = access + int(searched.edge_cm[begin]) - int(here.offset_cm[0])
    at_start = {int(searched.edge_to[begin]): (ahead, int(network.edge_cm[begin]))}
    first, back = int(searched.edge_from[begin]), access + int(here.back_cm[0])
    if first not in at_start or back < at_start[first][0]:
        at_start[first] = (back, 0)
    trail, seen = [node], {node}
    edges: list[int] = []
    while trail[-1] not in at_start or int(cost[trail[-1]]) != at_start[trail[-1]][0]:
        step = _step_back(searched, cost, trail[-1], seen)
        if step is None:
            trail.pop()
            edges.pop()
            continue
        edges.append(step[0])
        trail.append(step[1])
        seen.add(step[1])
    found = [_whole(network, edge, before) for edge, before in zip(edges, trail[1:], strict=True)]
    return [(begin, start, at_start[trail[-1]][1]), *found[::-1]]


def _whole(network: Network, edge: int, enters: int) -> Stretch:
    """Return an edge walked from end to end, entered at a node."""
    length = int(network.edge_cm[edge])
    return (edge, 0, length) if int(network.edge_from[edge]) == enters else (edge, length, 0)


def _step_back(network: Network, cost: NDArray[np.int32], node: int, seen: set[int]) -> tuple[int, int] | None:
    """Return an edge and the node before, whose cost and arc explain this node's, the nearest to the start first.

    None where only nodes already passed do: a blind end among junctions that pieces of no length hold together.
    """
    span = slice(int(network.first_arc[node]), int(network.first_arc[node + 1]))
    edge, before = network.arc_edge[span], (network.arc[span] & np.uint64(0xFFFFFFFF)).astype(np.int64)
    # The way here, where the arc tells the way back.
    step = np.where(network.edge_from[edge] == before, network.edge_cm[edge], network.edge_back_cm[edge])
    fits = np.flatnonzero((cost[before] != UNREACHED) & (cost[before].astype(np.int64) + step == cost[node]))
    fits = fits[np.argsort(cost[before[fits]], kind="stable")]
    at = next((int(a) for a in fits if int(before[a]) not in seen), None)
    return None if at is None else (int(edge[at]), int(before[at]))


def _drawn(network: Network, stretch: Stretch) -> shapely.LineString:
    edge, enter, leave = stretch
    line, whole = network.lines_of(np.array([edge]))[0], max(int(network.edge_cm[edge]), 1)
    low, high = sorted((enter / whole, leave / whole))
    part = substring(line, low, high, normalized=True)
    part = shapely.LineString([part, part]) if part.geom_type == "Point" else part
    return part if enter <= leave else part.reverse()


def _without_repeats(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    kept = np.append(True, np.hypot(*np.diff(xy, axis=0).T) > 1e-6)
    return xy[kept] if kept.sum() > 1 else xy[[0, -1]]
