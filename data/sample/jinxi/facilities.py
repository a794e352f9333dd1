"""Placing facilities: near the people, in the slots that streets, compounds and parks offer, but not in the gaps."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.spatial import cKDTree

from . import plan
from .frame import Point, ground
from .gaps import Forbidden
from .kinds import COUNT, COVER, SPREAD, Kind
from .names import joined
from .people import Home
from .town import Facility, Slot, Town

TRIES = 450
"""Slots looked at for one category: enough to cover the town, few enough to be quick."""

BUS_EVERY_M = 330.0


class Placer:
    """Homes and free slots as arrays; takes a slot when a facility is put there."""

    def __init__(self, town: Town, homes: list[Home], forbidden: Forbidden) -> None:
        self.town, self.forbidden = town, forbidden
        self.homes_xy = ground([home.building.at for home in homes])
        self.people = np.array([home.people for home in homes], dtype=float)
        self.slots_xy = ground([slot.at for slot in town.slots])
        self.is_free = np.ones(len(town.slots), bool)
        self.home_tree = cKDTree(self.homes_xy)

    def candidates(self, kind: Kind) -> list[int]:
        """Return free slots where the category may stand, in a drawn order, the preferred kind first."""
        free = [k for k, slot in enumerate(self.town.slots) if self.is_free[k] and slot.kind in kind.slots]
        allowed = [k for k in free if not self.forbidden.holds(kind.category, self.town.slots[k].at)]
        self.town.dice.shuffle(allowed)
        return sorted(allowed[: TRIES * 2], key=lambda k: kind.slots.index(self.town.slots[k].kind))[:TRIES]

    def put(self, kind: Kind, slot: int) -> Facility:
        """Put a facility of a kind in a slot."""
        self.is_free[slot] = False
        facility = describe(self.town, kind, self.town.slots[slot])
        self.town.facilities.append(facility)
        return facility

    def cover(self, kind: Kind) -> None:
        """Put facilities where they reach most residents not yet reached, until the share is met."""
        slots = self.candidates(kind)
        reach = self.home_tree.query_ball_point(self.slots_xy[slots], kind.radius_m)
        row = np.repeat(np.arange(len(slots)), [len(r) for r in reach])
        column = np.concatenate([np.asarray(r, dtype=int) for r in reach]) if slots else np.empty(0, int)
        near = coo_array((np.ones(len(row)), (row, column)), shape=(len(slots), len(self.people))).tocsr()
        left = self.people.copy()
        mine = ground([f.at for f in self.town.facilities if f.category == kind.category])
        if len(mine):
            left[cKDTree(mine).query(self.homes_xy)[0] <= kind.radius_m] = 0
        total = self.people.sum()
        while left.sum() > (1 - kind.share) * total:
            gain = near @ left
            best = np.argsort(-gain, kind="stable")[:4]
            pick = int(best[self.town.dice.randrange(len(best))])
            pick = pick if gain[pick] > 0 else int(best[0])
            if gain[pick] <= 0:
                break
            self.put(kind, slots[pick])
            left[near[[pick]].indices] = 0

    def scatter(self, kind: Kind) -> None:
        """Put a number of facilities at random, likelier where many people live near."""
        slots = self.candidates(kind)
        crowd = [self.people[near].sum() for near in self.home_tree.query_ball_point(self.slots_xy[slots], 200.0)]
        keys = [self.town.dice.random() ** (1 / (c + 400.0)) for c in crowd]
        for k in sorted(range(len(slots)), key=lambda n: -keys[n])[: kind.count]:
            self.put(kind, slots[k])


def describe(town: Town, kind: Kind, slot: Slot) -> Facility:
    """Return a facility of a kind in a slot, named after its compound or its street."""
    taken = {f.name[0] for f in town.facilities}
    base = slot.parcel.name if slot.kind in ("inside", "garden", "plot", "park") and slot.parcel else slot.street
    base = base if base[0] else plan.X_NAME[4]
    name = joined(base, kind.zh, kind.en)
    for number in range(2, 40):
        if name[0] not in taken:
            break
        name = joined(base, f"{kind.zh}（{number}店）" if kind.opening else kind.zh, f"{kind.en} No. {number}")
    capacity = town.dice.choice(kind.capacity) if kind.capacity else None
    return Facility(kind.category, name, slot.at, capacity, kind.capacity_unit, kind.opening)


def place_facilities(town: Town, homes: list[Home], forbidden: Forbidden) -> None:
    """Place everything that is not on its own land already."""
    placer = Placer(town, homes, forbidden)
    used = shapely.STRtree([shapely.Point(f.at) for f in town.facilities])
    for k, slot in enumerate(town.slots):
        placer.is_free[k] = not len(used.query(shapely.Point(slot.at), predicate="dwithin", distance=1.0))
    for kind in (*SPREAD, *COVER):
        placer.cover(kind)
    for kind in COUNT:
        placer.scatter(kind)
    _bus_stops(town)
    _metro(town)


def _bus_stops(town: Town) -> None:
    """Put bus stops along the larger streets, a third of a kilometre apart, beside the carriageway."""
    kind = Kind("bus_stop", (), "公交站", "Bus Stop", opening="06:00-23:00")
    runs = [(("x", i), plan.X_CLASS[i], plan.X_NAME[i]) for i in range(len(plan.X))]
    runs += [(("y", j), plan.Y_CLASS[j], plan.Y_NAME[j]) for j in range(len(plan.Y))]
    for (axis, index), road_class, name in runs:
        if road_class == "tertiary" and index % 2:
            continue
        ends = (plan.Y[0], plan.Y[-1]) if axis == "x" else (plan.X[0], plan.X[-1])
        at = ends[0] + 140
        while at < ends[1] - 100:
            side = town.dice.choice((-7.0, 7.0))
            point = (plan.X[index] + side, at) if axis == "x" else (at, plan.Y[index] + side)
            if axis == "y" or not _over_water_or_rail(at):
                town.facilities.append(describe(town, kind, Slot(point, "stop", name)))
            at += BUS_EVERY_M + town.dice.uniform(-30, 70)


def _over_water_or_rail(y: float) -> bool:
    return plan.Y[3] < y < plan.Y[4] or plan.Y[7] < y < plan.Y[8]


def _metro(town: Town) -> None:
    """Put metro stations where the line under two avenues stops, four entrances each."""
    stops = [(4, 9), (4, 6), (4, 5), (4, 4), (4, 2), (4, 0), (1, 5), (7, 5)]
    for line, (i, j) in enumerate(stops):
        name = joined(plan.Y_NAME[j] if i == 4 else plan.X_NAME[i], "站", "Metro Station")
        x, y = plan.X[i], plan.Y[j]
        doors = tuple((x + dx, y + dy) for dx in (-24.0, 24.0) for dy in (-15.0, 15.0))
        town.facilities.append(Facility("metro_station", name, (x + 24.0, y + 15.0), None, "", "06:10-23:20", doors))
        if line == 3:
            town.slots.append(Slot((x + 30, y), "stop", plan.Y_NAME[j]))


def number_facilities(town: Town) -> None:
    """Give ids from north-west to south-east, by category."""
    order = sorted(town.facilities, key=lambda f: (f.category, -round(f.at[1]), f.at[0], f.name))
    town.facilities = [replace(f, facility_id=f"F{n:04d}") for n, f in enumerate(order, start=1)]


def distance(a: Point, b: Point) -> float:
    """Return metres on the ground between two plan points."""
    p, q = ground([a, b])
    return math.hypot(*(p - q))
