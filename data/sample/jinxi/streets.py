"""Making streets meet: every crossing at grade becomes one shared point, as OpenStreetMap wants it."""

from __future__ import annotations

import numpy as np
import shapely

from .frame import Point, densify
from .town import Street, Town

TOUCH_M = 0.15
"""A line that ends this close to another one ends on it."""


def node_streets(town: Town) -> list[list[Point]]:
    """Return the points of every street on the plan, crossings put in, bends filled up."""
    lines = np.array([shapely.LineString(street.line) for street in town.streets])
    extra: list[list[Point]] = [[] for _ in lines]
    first, second = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=TOUCH_M)
    for a, b in zip(first[first < second].tolist(), second[first < second].tolist(), strict=True):
        for point in _meetings(town.streets[a], town.streets[b], lines[a], lines[b]):
            extra[a].append(point)
            extra[b].append(point)
    return [
        densify(_with_points(street, line, points))
        for street, line, points in zip(town.streets, lines, extra, strict=True)
    ]


def _meetings(a: Street, b: Street, line_a: shapely.LineString, line_b: shapely.LineString) -> list[Point]:
    """Return where two streets meet: ends that touch, and crossings unless one of them passes over or under."""
    ends = [p for p, other in ((a.line[0], line_b), (a.line[-1], line_b), (b.line[0], line_a), (b.line[-1], line_a))
            if other.distance(shapely.Point(p)) < TOUCH_M]  # fmt: skip
    if a.is_apart or b.is_apart:
        own = {a.line[0], a.line[-1]} & {b.line[0], b.line[-1]}
        return [p for p in ends if p in own]
    met = shapely.get_parts(line_a.intersection(line_b))
    crossings = [(round(p.x, 2), round(p.y, 2)) for p in met if p.geom_type == "Point"]
    return ends + [c for c in crossings if all(abs(c[0] - e[0]) + abs(c[1] - e[1]) > 0.6 for e in ends)]


def _with_points(street: Street, line: shapely.LineString, points: list[Point]) -> list[Point]:
    """Return the street's points with the crossings in order along it."""
    fixed = list(street.line)
    if not points:
        return fixed
    order: list[tuple[float, Point]] = []
    along = 0.0
    for k, vertex in enumerate(fixed):
        if k:
            along += float(np.hypot(vertex[0] - fixed[k - 1][0], vertex[1] - fixed[k - 1][1]))
        order.append((along, vertex))
    for point in dict.fromkeys(points):
        place = line.project(shapely.Point(point))
        near = next(
            (
                k
                for k, (at, v) in enumerate(order)
                if abs(at - place) < 0.35 and np.hypot(v[0] - point[0], v[1] - point[1]) < 0.35
            ),
            None,
        )
        if near is None:
            order.append((place, point))
        elif order[near][1] != point:
            order[near] = (order[near][0], point)
    return [p for _, p in sorted(order, key=lambda item: item[0])]
