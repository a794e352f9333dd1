"""The old town: blocks cut again and again by slanting lanes, courtyard houses between, some slabs of the 1980s."""

from __future__ import annotations

import math

import shapely
import shapely.ops
from shapely import affinity

from . import plan
from .frame import Point, box_on_ground
from .names import Name, joined
from .town import Building, Parcel, Slot, Town

STOP_M2 = (4200.0, 8500.0)
"""A block smaller than a size drawn between these is not cut again."""

LANE_HALF_M = 3.2
STREET_HALF_M = 5.0


def draw_old_town(town: Town, names: list[Name]) -> None:
    """Cut and build the superblocks of the old town."""
    for band in plan.BANDS:
        for column in range(len(plan.X) - 1):
            if plan.theme(column, band) != "t":
                continue
            west, east, south, north = plan.cell_box(column, band)
            block = shapely.box(west, south, east, north)
            edge = max(plan.ROAD_CLASS[plan.X_CLASS[column]], plan.ROAD_CLASS[plan.Y_CLASS[band]])
            for piece, street in _cut(town, block, names, 0, ("", "")):
                inner = piece.intersection(block.buffer(-edge + 3, join_style="mitre"))
                if not inner.is_empty and inner.geom_type == "Polygon":
                    _build_block(town, inner.buffer(-LANE_HALF_M, join_style="mitre"), street, (column, band))


def _cut(
    town: Town, block: shapely.Polygon, names: list[Name], depth: int, street: Name
) -> list[tuple[shapely.Polygon, Name]]:
    """Cut a block across its longer axis by a slanting lane; draws the lanes and returns the smallest blocks."""
    if block.area < town.dice.uniform(*STOP_M2):
        return [(block, street)]
    rectangle = shapely.minimum_rotated_rectangle(block)
    corners = list(rectangle.exterior.coords)[:3]
    sides = [(corners[1][0] - corners[0][0], corners[1][1] - corners[0][1]),
             (corners[2][0] - corners[1][0], corners[2][1] - corners[1][1])]  # fmt: skip
    along = max(sides, key=lambda s: math.hypot(*s))
    tilt = math.atan2(along[1], along[0]) + math.pi / 2 + town.dice.uniform(-0.2, 0.2)
    shift = town.dice.uniform(-0.14, 0.14)
    x, y = block.centroid.x + along[0] * shift, block.centroid.y + along[1] * shift
    reach = 900 * math.cos(tilt), 900 * math.sin(tilt)
    line = shapely.LineString([(x - reach[0], y - reach[1]), (x + reach[0], y + reach[1])]).intersection(block)
    ends = [plan.corner(p) for p in line.coords]
    if depth < 2:
        name, kind = (
            joined(names.pop(), "街", "Street"),
            town.dice.choice(("living_street", "residential", "pedestrian")),
        )
    else:
        name = joined(names.pop(), "巷", "Lane") if town.dice.random() < 0.75 else street
        kind = town.dice.choice(("living_street", "footway", "footway", "pedestrian", "path"))
    town.street(*ends, highway=kind, name=name[0], name__en=name[1])
    pieces = shapely.ops.split(block, affinity.scale(shapely.LineString(ends), 1.01, 1.01)).geoms
    return [small for piece in pieces if piece.area > 60 for small in _cut(town, piece, names, depth + 1, name)]


def _build_block(town: Town, block: shapely.Polygon, street: Name, cell: tuple[int, int]) -> None:
    """Fill a block with courtyard houses, or now and then with slabs."""
    if block.is_empty or block.geom_type != "Polygon" or block.area < 500:
        return
    corners = list(shapely.minimum_rotated_rectangle(block).exterior.coords)[:2]
    turn = math.atan2(corners[1][1] - corners[0][1], corners[1][0] - corners[0][0])
    turn = (turn + math.pi / 4) % (math.pi / 2) - math.pi / 4
    is_slab = town.dice.random() < 0.42 and block.area > 2500
    across, deep, pitch, beside = (44.0, 11.5, 24.0, 50.0) if is_slab else (16.0, 9.5, 12.5, 17.5)
    parcel = Parcel(*_bounds(block), {}, cell, "t", name=street)
    flat = affinity.rotate(block, -turn, origin=(0, 0), use_radians=True)
    west, south, east, north = flat.bounds
    rows, columns = max(1, int((north - south) / pitch)), max(1, int((east - west) / beside))
    for r in range(rows):
        for c in range(columns):
            if town.dice.random() < 0.1:
                continue
            centre = (west + (east - west) * (c + 0.5) / columns, south + (north - south) * (r + 0.5) / rows)
            wide = across * town.dice.uniform(0.75, 1.0)
            house = shapely.box(centre[0] - wide / 2, centre[1] - deep / 2, centre[0] + wide / 2, centre[1] + deep / 2)
            if flat.buffer(1.0).contains(house):
                _build_house(town, parcel, _turned(centre, turn), (wide, deep, turn), is_slab=is_slab)
    _front_slots(town, block, street, parcel)


def _build_house(town: Town, parcel: Parcel, at: Point, size: tuple[float, float, float], *, is_slab: bool) -> None:
    wide, deep, turn = size
    corners = box_on_ground(*at, wide * 0.93, deep * 0.95, turn)
    lives = is_slab or town.dice.random() < 0.62
    kind = "apartments" if lives else town.dice.choice(("retail", "house", "yes"))
    floors = town.dice.choice((5, 6, 6)) if is_slab else town.dice.choice((1, 2, 2, 3))
    rate = 0.034 if lives else 0.0
    town.buildings.append(Building(corners, at, kind, floors, parcel.name, "t", rate, parcel))


def _front_slots(town: Town, block: shapely.Polygon, street: Name, parcel: Parcel) -> None:
    """Note places for shops along the edge of the block."""
    edge = block.buffer(-0.5).exterior if block.area > 100 else block.exterior
    for k in range(int(edge.length / 14)):
        point = edge.interpolate(14.0 * k + 5)
        town.slots.append(Slot((point.x, point.y), "front", street, parcel))


def _bounds(block: shapely.Polygon) -> tuple[float, float, float, float]:
    west, south, east, north = block.bounds
    return west, east, south, north


def _turned(point: Point, turn: float) -> Point:
    c, s = math.cos(turn), math.sin(turn)
    return c * point[0] - s * point[1], s * point[0] + c * point[1]
