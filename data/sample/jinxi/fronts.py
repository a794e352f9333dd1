"""Shops along the street, in front of the walls: low strips with a slot for a facility every ten metres or so."""

from __future__ import annotations

from .frame import box_on_ground
from .town import Building, Parcel, Slot, Town

SHOP_DEPTH_M = 10.0
SLOT_EVERY_M = 10.0

Box = tuple[float, float, float, float]


def draw_shops(town: Town, parcel: Parcel, box: Box, openings: list[tuple[str, float, str]]) -> None:
    """Build shop strips on the sides that have them, broken where a lane leaves.

    ``box`` is west, east, south, north of the wall; the strip stands two metres before it.
    """
    west, east, south, north = box
    reach = SHOP_DEPTH_M + 2
    out = {key: reach if parcel.sides[key].has_shops else 0.0 for key in "wesn"}
    mid = {"w": west - 2 - SHOP_DEPTH_M / 2, "e": east + 2 + SHOP_DEPTH_M / 2,
           "s": south - 2 - SHOP_DEPTH_M / 2, "n": north + 2 + SHOP_DEPTH_M / 2}  # fmt: skip
    for key in "wesn":
        if not parcel.sides[key].has_shops:
            continue
        low, high = (south, north) if key in "we" else (west - out["w"], east + out["e"])
        breaks = sorted(at for side, at, _ in openings if side == key)
        for a, b in _between(low, high, breaks):
            _strip(town, parcel, key, mid[key], (a, b))


def _between(low: float, high: float, breaks: list[float]) -> list[tuple[float, float]]:
    """Return the stretches from low to high, leaving five metres free on both sides of each break."""
    starts, ends = [low, *[at + 5 for at in breaks]], [*[at - 5 for at in breaks], high]
    return [(a, b) for a, b in zip(starts, ends, strict=True) if b - a > 12]


def _strip(town: Town, parcel: Parcel, key: str, middle: float, stretch: tuple[float, float]) -> None:
    """Build one stretch as houses of 22 to 48 metres, and note its slots."""
    a, b = stretch
    while b - a > 12:
        length = min(b - a, town.dice.uniform(22, 48))
        length = b - a if b - a - length < 12 else length
        along, floors = a + length / 2, town.dice.choice((1, 2, 2, 3))
        at = (middle, along) if key in "we" else (along, middle)
        size = (SHOP_DEPTH_M - 1, length - 1) if key in "we" else (length - 1, SHOP_DEPTH_M - 1)
        if town.dice.random() < 0.9:
            corners = box_on_ground(*at, size[0] * 0.95, size[1] * 0.95)
            town.buildings.append(Building(corners, at, "retail", floors, parcel=parcel))
            count = max(1, int(length / SLOT_EVERY_M))
            for n in range(count):
                spot = a + length * (n + 0.5) / count
                place = (middle, spot) if key in "we" else (spot, middle)
                town.slots.append(Slot(place, "front", parcel.sides[key].street, parcel))
        a += length
