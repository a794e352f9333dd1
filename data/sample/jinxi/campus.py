"""Public land: schools and hospitals behind fences, parks with paths, works, offices and the civic square."""

from __future__ import annotations

import math

from . import plan
from .compounds import STYLES, gate_point, layout_of, wall_box
from .frame import Point, box_on_ground
from .names import Name, joined
from .town import Area, Building, Facility, Parcel, Slot, Town

SCHOOLS = {
    "s": ("primary_school", "小学", "Primary School", 1080),
    "m": ("junior_school", "初级中学", "Junior Secondary School", 1350),
    "z": ("senior_school", "高级中学", "Senior Secondary School", 1800),
}
"""Category, words, and places for pupils."""


def fill_school(town: Town, parcel: Parcel, name: Name) -> None:
    """Build a school: a fence with a main and a side gate, teaching blocks in the north, a running track."""
    category, zh, en, places = SCHOOLS[parcel.use]
    parcel.name = joined(name, zh, en)
    gates = _fenced(town, parcel, ("校园围栏", "campus fence"), 2)
    west, east, south, north = wall_box(parcel)
    x, width, depth = (west + east) / 2, east - west, north - south
    town.areas.append(Area(_box(west, east, south, north), {"landuse": "education", "name": parcel.name[0]}))
    for k in range(2 if depth > 110 else 1):
        y = north - 22 - 30 * k
        town.buildings.append(Building(box_on_ground(x, y, width * 0.62, 13), (x, y), "school", 5, parcel.name))
    if depth > 75:
        y, half = south + (depth - 62) / 2.6, min(width * 0.32, 46)
        track = [(x + half * math.cos(t), y + min(24, depth * 0.18) * math.sin(t)) for t in _turns(24)]
        town.areas.append(Area(tuple(track), {"landuse": "grass"}))
    entrances = tuple(gates)
    at = entrances[0]
    town.facilities.append(Facility(category, parcel.name, at, places, "places", "Mo-Fr 07:30-18:00", entrances))


def fill_hospital(town: Town, parcel: Parcel, name: Name) -> None:
    """Build a hospital with two gates."""
    parcel.name = joined(name, "医院", "Hospital")
    gates = _fenced(town, parcel, ("医院围栏", "hospital fence"), 3)
    west, east, south, north = wall_box(parcel)
    x, y = (west + east) / 2, (south + north) / 2
    for dy, floors in ((-34, 4), (4, 16), (38, 8)):
        if south + 10 < y + dy < north - 14:
            at = (x + 9, y + dy)
            town.buildings.append(
                Building(box_on_ground(*at, (east - west) * 0.55, 19), at, "hospital", floors, parcel.name)
            )
    town.facilities.append(Facility("hospital", parcel.name, gates[0], 620, "beds", "24/7", tuple(gates)))


def _fenced(town: Town, parcel: Parcel, words: Name, gates: int) -> list[Point]:
    """Fence a parcel, lead a path from the street through each gate to the middle, and return the gates."""
    west, east, south, north = wall_box(parcel)
    sides = [key for key in "swen" if parcel.sides[key].is_street]
    layout = layout_of(town, parcel, STYLES["w"])
    layout.openings = [(key, round(_middle(parcel, key), 1), "public") for key in sides[:gates]]
    points = [gate_point(layout, key, at) for key, at, _ in layout.openings]
    ring = sorted(
        [(west, south), (east, south), (east, north), (west, north), *points],
        key=lambda p: _round_the_box(p, (west, east, south, north)),
    )
    line = _open_side(parcel, [*ring, ring[0]], (west, east, south, north))
    name = (parcel.name[0] + words[0], f"{parcel.name[1]} {words[1]}")
    parcel.wall_id = town.wall(name, "fence", line)
    centre = (round((west + east) / 2, 1) - 12.0, round((south + north) / 2, 1))
    for (key, _, _), point in zip(layout.openings, points, strict=True):
        town.gate((f"{parcel.name[0]}大门", f"{parcel.name[1]} gate"), point, parcel.wall_id)
        street = {"s": (point[0], parcel.south), "n": (point[0], parcel.north),
                  "w": (parcel.west, point[1]), "e": (parcel.east, point[1])}[key]  # fmt: skip
        town.street(street, point, centre, highway="service")
    return points


def _middle(parcel: Parcel, key: str) -> float:
    west, east, south, north = wall_box(parcel)
    return (west + east) / 2 - 12.0 if key in "sn" else (south + north) / 2


def _round_the_box(point: Point, box: tuple[float, float, float, float]) -> float:
    """Return how far along the ring, from the south-west corner and south side first, a point lies."""
    west, east, south, north = box
    wide, deep = east - west, north - south
    x, y = point
    if y == south:
        return x - west
    if x == east:
        return wide + y - south
    return wide + deep + east - x if y == north else 2 * wide + deep + north - y


def _open_side(parcel: Parcel, ring: list[Point], box: tuple[float, float, float, float]) -> list[Point]:
    """Leave out the side that a neighbour's wall closes."""
    if not parcel.owes_wall:
        return ring
    west, east, south, north = box
    first, last = {
        "s": ((east, south), (west, south)), "e": ((east, north), (east, south)),
        "n": ((west, north), (east, north)), "w": ((west, south), (west, north)),
    }[parcel.owes_wall]  # fmt: skip
    start = ring.index(first)
    turned = [*ring[start:-1], *ring[: start + 1]]
    return turned[: turned.index(last) + 1]


def fill_park(town: Town, parcel: Parcel, name: Name, *, is_small: bool) -> None:
    """Lay out a park: outline, a winding loop, paths in from each street, a pond in a large one, a fence round some."""
    parcel.name = joined(name, "游园" if is_small else "公园", "Garden" if is_small else "Park")
    west, east, south, north = wall_box(parcel)
    x, y, a, b = (west + east) / 2, (south + north) / 2, (east - west) * 0.34, (north - south) * 0.34
    town.areas.append(
        Area(_box(west, east, south, north), {**plan.PARK_TAGS, "name": parcel.name[0], "name:en": parcel.name[1]})
    )
    waves = 5 if is_small else 9
    turns = [(t, 1 + 0.1 * math.sin(waves * t)) for t in _turns(24 if is_small else 48)]
    loop = [plan.corner((x + a * wave * math.cos(t), y + b * wave * math.sin(t))) for t, wave in turns]
    town.street(*loop, loop[0], highway="footway", surface="paving_stones")
    if not is_small:
        pond = [
            (x + a * 0.62 * (1 + 0.13 * math.sin(3 * t)) * math.cos(t), y + b * 0.5 * math.sin(t)) for t in _turns(36)
        ]
        town.areas.append(Area(tuple(pond), {"natural": "water", "water": "pond"}))
    gates = _park_ways(town, parcel, loop)
    hectares = (east - west) * (north - south) / 1e4
    if not is_small:
        _park_fence(town, parcel, gates)
    category = "park" if hectares > 0.4 else "pocket_park"
    town.facilities.append(
        Facility(category, parcel.name, gates[0], None, "", "24/7" if is_small else "06:00-22:00", tuple(gates))
    )
    town.slots += [Slot(p, "park", ("", ""), parcel) for p in loop[::6]]


def _park_ways(town: Town, parcel: Parcel, loop: list[Point]) -> list[Point]:
    """Draw the ways in, one a street side, two on long sides, and return where they cross the outline."""
    west, east, south, north = wall_box(parcel)
    gates: list[Point] = []
    for key in "swne":
        if not parcel.sides[key].is_street:
            continue
        low, high = (west, east) if key in "sn" else (south, north)
        shares = (0.3, 0.7) if high - low > 220 else (0.5,)
        for share in shares:
            at = round(low + (high - low) * share, 1)
            gate = {"s": (at, south), "n": (at, north), "w": (west, at), "e": (east, at)}[key]
            street = {"s": (at, parcel.south), "n": (at, parcel.north), "w": (parcel.west, at), "e": (parcel.east, at)}[
                key
            ]
            end = min(loop, key=lambda p, g=gate: math.dist(p, g))
            town.street(street, gate, end, highway="footway")
            gates.append(gate)
    return gates


def _park_fence(town: Town, parcel: Parcel, gates: list[Point]) -> None:
    """Fence a park, open at its gates."""
    west, east, south, north = box = wall_box(parcel)
    corners = [(west, south), (east, south), (east, north), (west, north)]
    ring = sorted([*corners, *gates], key=lambda p: _round_the_box(p, box))
    name = (f"{parcel.name[0]}围栏", f"{parcel.name[1]} fence")
    parcel.wall_id = town.wall(name, "fence", [*ring, ring[0]])
    for number, point in enumerate(gates, start=1):
        town.gate((f"{parcel.name[0]}{number}号门", f"{parcel.name[1]} gate {number}"), point, parcel.wall_id)


def _box(west: float, east: float, south: float, north: float) -> tuple[Point, ...]:
    return (west, south), (east, south), (east, north), (west, north)


def _turns(count: int) -> list[float]:
    return [2 * math.pi * k / count for k in range(count)]
