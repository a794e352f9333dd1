"""The walk itself: the streets from one place to another, for drawing and for checking a distance by eye."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from geo.walk.kernels import UNREACHED
from geo.walk.network import Network
from geo.walk.reach import costs_around, costs_at
from geo.walk.snap import Joins

Stretch = tuple[int, int, int]
"""An edge and the centimetres along it where the walk enters and leaves it."""


@dataclass(frozen=True)
class Route:
    """A walk: which of the targets was nearest, its line on the streets in study.crs, centimetres with both legs."""

    target: int
    line: shapely.LineString
    cm: int
    access_cm: int


def nearest_route(network: Network, here: Joins, targets: Joins, limit_cm: int) -> Route | None:
    """Return the shortest walk from one joined place to the nearest of many, None where none is within the limit.

    Of equally near targets the first is taken.
    """
    cost, _ = costs_around(network, here, limit_cm)
    walk = costs_at(network, targets, cost, here)
    if not len(walk) or walk.min() > limit_cm:
        return None
    target = int(walk.argmin())
    stretches = _stretches(network, cost, here, targets, target)
    parts = [_drawn(network, stretch) for stretch in stretches]
    xy = np.concatenate([shapely.get_coordinates(part) for part in parts])
    access = int(here.access_cm[0] + targets.access_cm[target])
    return Route(target, shapely.LineString(_without_repeats(xy)), int(walk[target]), access)


def _stretches(network: Network, cost: NDArray[np.int32], here: Joins, targets: Joins, target: int) -> list[Stretch]:
    """Return the stretches of the walk from the start to the target, in order."""
    edge, offset = int(targets.edge[target]), int(targets.offset_cm[target])
    begin, start = int(here.edge[0]), int(here.offset_cm[0])
    length = int(network.edge_cm[edge])
    ends = ((int(network.edge_from[edge]), 0), (int(network.edge_to[edge]), length))
    ways = [(int(cost[node]) + abs(offset - at), node, at) for node, at in ends if cost[node] != UNREACHED]
    direct = abs(offset - start) + int(here.access_cm[0]) if edge == begin else None
    if direct is not None and (not ways or direct <= min(ways)[0]):
        return [(edge, start, offset)]
    _, node, at = min(ways)
    return [*_back_to_start(network, cost, here, node), (edge, at, offset)]


def _back_to_start(network: Network, cost: NDArray[np.int32], here: Joins, node: int) -> list[Stretch]:
    """Return the stretches from the start to a node, found backwards: each arc explains the cost of its end."""
    begin, start, access = int(here.edge[0]), int(here.offset_cm[0]), int(here.access_cm[0])
    length = int(network.edge_cm[begin])
    at_start = {int(network.edge_to[begin]): (access + length - start, length)}
    first = int(network.edge_from[begin])
    if first not in at_start or access + start < at_start[first][0]:
        at_start[first] = (access + start, 0)
    trail, seen = [node], {node}
    edges: list[int] = []
    while trail[-1] not in at_start or int(cost[trail[-1]]) != at_start[trail[-1]][0]:
        step = _step_back(network, cost, trail[-1], seen)
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
    to = (network.arc[span] & np.uint64(0xFFFFFFFF)).astype(np.int64)
    cm = (network.arc[span] >> np.uint64(32)).astype(np.int64)
    fits = np.flatnonzero(cost[to] + cm == cost[node])
    fits = fits[np.argsort(cost[to[fits]], kind="stable")]
    at = next((int(a) for a in fits if int(to[a]) not in seen), None)
    return None if at is None else (int(network.arc_edge[span][at]), int(to[at]))


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
