"""The gaps of Jinxi, designed before its facilities are placed, and proved afterwards.

Some things are truly absent from a corner; some stand behind a wall, across the river or beyond the railway: near by
line and far on foot; and some are far too small for the people around them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import shapely

from . import plan
from .frame import Array, Point, ground, lonlat
from .names import joined
from .people import AGE_GROUPS, Home
from .town import Facility, Parcel, Slot, Town
from .units import Unit
from .walking import Walks

X, Y = plan.X, plan.Y
Box = tuple[float, float, float, float]

ABSENT: tuple[tuple[str, Box, float, str], ...] = (
    ("kindergarten", (X[0], X[2], Y[0], Y[2]), 300, "no kindergarten in the south-west corner"),
    ("elderly_day_care", (X[7], X[9], Y[5], Y[7]), 300, "no elderly day care in the east of Beichen"),
    ("cultural_station", (X[7], X[9], Y[0], Y[2]), 500, "no cultural station in the south-east corner"),
    ("toilet", (X[5], X[7], Y[5], Y[7]), 300, "no public toilet east of Jinxi Avenue in the north"),
)
"""Category, plan rectangle without it, threshold in metres, note."""

SEVERED: tuple[tuple[str, str, Box, Point, float, str], ...] = (
    (
        "river",
        "wet_market",
        (X[5], X[7], Y[1], Y[3]),
        (1000.0, Y[4] + 24.0),
        500,
        "the market is across the river, no bridge near",
    ),
    ("river", "clinic", (X[0], X[2], Y[4], Y[6] - 260), (-1720.0, Y[3] - 24.0), 1000, "the clinic is across the river"),
    (
        "railway",
        "wet_market",
        (X[4] + 200, X[7], Y[8], Y[9]),
        (560.0, Y[7] - 24.0),
        500,
        "the market is beyond the railway",
    ),
    (
        "railway",
        "cultural_station",
        (X[1], X[4], Y[8], Y[9]),
        (-960.0, Y[7] - 24.0),
        500,
        "the station is beyond the railway",
    ),
)
"""Kind, category, plan rectangle without it, where one stands across the barrier, threshold, note."""

BEHIND_WALLS = ("canteen", "kindergarten", "elderly_day_care", "health_station", "canteen", "nursery")
"""Categories that get one facility just behind a party wall."""

WALL_THRESHOLD_M = 300.0
TOO_SMALL = {
    "kindergarten": (45, 3, 300.0, 1),
    "primary_school": (270, 2, 500.0, 2),
    "junior_school": (240, 1, 1000.0, 3),
}
"""Category: capacity given, how many of them, reach in metres, age group (see `people.AGE_GROUPS`)."""


@dataclass
class Forbidden:
    """Where a category must not be placed: plan rectangles, and discs round plan points."""

    boxes: list[tuple[str, Box]] = field(default_factory=list)
    discs: list[tuple[str, Point, float]] = field(default_factory=list)

    def holds(self, category: str, at: Point) -> bool:
        """Return whether a place is forbidden to a category."""
        x, y = at
        in_box = any(c == category and w <= x <= e and s <= y <= n for c, (w, e, s, n) in self.boxes)
        return in_box or any(c == category and (x - p[0]) ** 2 + (y - p[1]) ** 2 < r * r for c, p, r in self.discs)


@dataclass(frozen=True)
class Design:
    """One designed gap before it is proved."""

    kind: str
    category: str
    threshold_m: float
    note: str
    facility_name: str = ""
    wall_id: str = ""
    box: Box | None = None


def design_gaps(town: Town, homes: list[Home], walks: Walks) -> tuple[Forbidden, list[Design]]:
    """Forbid, force and remember: returns where nothing may stand, and the gaps as designed."""
    forbidden = Forbidden([(c, box) for c, box, *_ in ABSENT] + [(s[1], s[2]) for s in SEVERED])
    designs = [Design("absent", c, limit, note, box=box) for c, box, limit, note in ABSENT]
    for kind, category, box, at, limit, note in SEVERED:
        side = plan.Y_NAME[min(range(len(Y)), key=lambda j: abs(Y[j] - at[1]))]
        slots = [s for s in town.slots if s.kind == "front"]
        slot = min(slots, key=lambda s: abs(s.at[0] - at[0]) + 3 * abs(s.at[1] - at[1]))
        facility = _put(town, category, Slot(slot.at, "front", slot.street if slot.street[0] else side, slot.parcel))
        designs.append(Design(kind, category, limit, note, facility.name[0], box=box))
    return forbidden, designs + _behind_walls(town, homes, walks, forbidden)


def _put(town: Town, category: str, slot: Slot) -> Facility:
    from_kind = {"wet_market": ("菜市场", "Wet Market", ""), "clinic": ("门诊部", "Outpatient Clinic", ""),
                 "cultural_station": ("文化活动站", "Cultural Station", ""),
                 "canteen": ("社区食堂", "Community Canteen", "seats"),
                 "kindergarten": ("幼儿园", "Kindergarten", "places"), "nursery": ("托育园", "Nursery", "places"),
                 "elderly_day_care": ("日间照料中心", "Elderly Day Care", "places"),
                 "health_station": ("社区卫生服务站", "Health Station", "")}[category]  # fmt: skip
    base = slot.parcel.name if slot.kind == "inside" and slot.parcel else slot.street
    capacity = {"seats": 80, "places": 60}.get(from_kind[2])
    facility = Facility(
        category, joined(base, from_kind[0], from_kind[1]), slot.at, capacity, from_kind[2], "08:00-18:00"
    )
    town.facilities.append(facility)
    return facility


def _behind_walls(town: Town, homes: list[Home], walks: Walks, forbidden: Forbidden) -> list[Design]:
    """Choose party walls that cut most residents off, and put a facility right behind each."""
    options: list[tuple[int, Parcel, Slot]] = []
    for parcel in town.parcels:
        other = parcel.neighbour
        if other is None or not parcel.owes_wall or parcel.use or other.use or not other.wall_id:
            continue
        for inside, outside in ((parcel, other), (other, parcel)):
            slot = _slot_by_wall(town, outside, parcel)
            if slot:
                people = _cut_off(homes, walks, slot, inside)
                options.append((people, inside, slot))
    options.sort(key=lambda option: (-option[0], option[2].at))
    chosen: list[tuple[Parcel, Slot]] = []
    designs = []
    for category in BEHIND_WALLS:
        free = [o for o in options if all(_far(o[2].at, slot.at, 520) for _, slot in chosen)
                and not forbidden.holds(category, o[2].at)]  # fmt: skip
        if not free or free[0][0] < 150:
            continue
        _, inside, slot = free[0]
        chosen.append((inside, slot))
        facility = _put(town, category, slot)
        forbidden.discs.append((category, inside.centre, 330.0))
        wall_id = (slot.parcel or inside).wall_id if not (slot.parcel or inside).owes_wall else inside.wall_id
        note = f"{facility.name[1]} stands just behind the wall of {inside.name[1]}"
        designs.append(Design("wall", category, WALL_THRESHOLD_M, note, facility.name[0], wall_id))
    return designs


def _slot_by_wall(town: Town, parcel: Parcel, owing: Parcel) -> Slot | None:
    """Return the slot inside a compound nearest to the middle of the party wall."""
    key = owing.owes_wall
    middle = {"w": (owing.west, owing.centre[1]), "e": (owing.east, owing.centre[1]),
              "s": (owing.centre[0], owing.south), "n": (owing.centre[0], owing.north)}[key]  # fmt: skip
    slots = [s for s in town.slots if s.parcel is parcel and s.kind == "inside"]
    return min(slots, key=lambda s: abs(s.at[0] - middle[0]) + abs(s.at[1] - middle[1]), default=None)


def _cut_off(homes: list[Home], walks: Walks, slot: Slot, inside: Parcel) -> int:
    """Return how many residents of a compound are near a slot by line and far on foot."""
    mine = [home for home in homes if home.building.parcel is inside]
    if not mine:
        return 0
    walk = walks.between([slot.at], [home.building.at for home in mine])
    line = _line([slot.at], mine)
    return int(sum(h.people for h, w, c in zip(mine, walk, line, strict=True) if c <= WALL_THRESHOLD_M < w))


def _line(points: list[Point], homes: list[Home]) -> Array:
    here, there = ground(points), ground([home.building.at for home in homes])
    return np.hypot(*(there[:, None, :] - here[None, :, :]).transpose(2, 0, 1)).min(axis=1)


def _far(a: Point, b: Point, metres: float) -> bool:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 > metres * metres


def shrink(town: Town, homes: list[Home]) -> dict[str, str]:
    """Make some schools and kindergartens far too small; returns a note by facility name."""
    notes: dict[str, str] = {}
    for category, (capacity, count, reach, group) in TOO_SMALL.items():
        found = [f for f in town.facilities if f.category == category]
        near = {
            f.name[0]: int(sum(h.ages[group] for h, d in zip(homes, _line([f.at], homes), strict=True) if d <= reach))
            for f in found
        }
        for facility in sorted(found, key=lambda f: -near[f.name[0]])[:count]:
            town.facilities[town.facilities.index(facility)] = replace(
                facility, capacity=capacity, capacity_unit="places"
            )
            who = AGE_GROUPS[group].removeprefix("people_").replace("_", " to ")
            notes[facility.name[0]] = (
                f"{capacity} places for {near[facility.name[0]]} children of {who} within {reach:.0f} m"
            )
    return notes


def prove(
    town: Town, homes: list[Home], units: list[Unit], walks: Walks, designs: list[Design]
) -> list[dict[str, object]]:
    """Return the designed gaps with the residents truly left out, walls and facilities by id, but for empty ones."""
    communities = [u for u in units if u.level == "community"]
    places = shapely.points(lonlat([home.building.at for home in homes]))
    tree = shapely.STRtree([u.shape for u in communities])
    owner = dict(reversed(tree.query(places, predicate="intersects").T.tolist()))
    truth = []
    for design in designs:
        doors = [p for f in town.facilities if f.category == design.category for p in (f.entrances or (f.at,))]
        walk = walks.between(doors, [home.building.at for home in homes])
        line = _line(doors, homes)
        left_out = _left_out(town, design, homes, (walk, line))
        people: dict[str, int] = {}
        for k in left_out:
            unit = communities[owner[k]].unit_id
            people[unit] = people.get(unit, 0) + homes[k].people
        total = sum(people.values())
        kept = sorted(unit for unit, number in people.items() if number >= 0.05 * total)
        facility = next((f.facility_id for f in town.facilities if f.name[0] == design.facility_name), None)
        truth.append(
            {"kind": design.kind, "category": design.category, "threshold_m": design.threshold_m, "unit_ids": kept,
             "people": total, "wall_id": design.wall_id or None, "facility_id": facility, "note": design.note}
        )  # fmt: skip
    return [row for row in truth if row["people"]]


def _left_out(town: Town, design: Design, homes: list[Home], metres: tuple[Array, Array]) -> list[int]:
    """Return the homes that the design leaves out: too far on foot, and by line too (absent) or not (severed)."""
    walk, line = metres
    target = [f.at for f in town.facilities if f.name[0] == design.facility_name]
    crow = _line(target, homes) if target else line
    is_near = crow <= design.threshold_m
    chosen = (walk > design.threshold_m) & (is_near if design.facility_name else line > design.threshold_m)
    if design.box is not None:
        west, east, south, north = design.box
        at = np.array([home.building.at for home in homes])
        chosen &= (at[:, 0] >= west) & (at[:, 0] <= east) & (at[:, 1] >= south) & (at[:, 1] <= north)
    return np.flatnonzero(chosen).tolist()
