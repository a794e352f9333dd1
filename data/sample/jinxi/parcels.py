"""Dividing superblocks into parcels by inner streets and party walls, and giving land to public uses."""

from __future__ import annotations

from dataclasses import replace

from . import plan
from .names import Name, joined
from .town import OPPOSITE, Parcel, Side, Town

LIMIT_M = {"w": (215, 330), "g": (220, 330), "n": (150, 210), "i": (230, 340), "c": (170, 240), "p": (900, 900)}
"""Longest side a parcel may keep, drawn between the two, by theme (metres)."""

SLICE_M = {"s": 105.0, "m": 125.0, "z": 165.0, "k": 85.0, "h": 150.0}
"""Width of the land cut off for a public use, metres."""

WALLED = "wg"


def divide_superblocks(town: Town, names: list[Name]) -> None:
    """Divide every superblock outside the old town; draws the inner streets."""
    for band in plan.BANDS:
        for column in range(len(plan.X) - 1):
            if plan.theme(column, band) != "t":
                parcels = _divide(town, _whole(town, column, band), names)
                parcels = _give_public_land(town, parcels, plan.uses(column, band), names)
                town.parcels += _party_walls(town, parcels)


def _whole(town: Town, column: int, band: int) -> Parcel:
    """Return a superblock as one parcel with its arterials as sides."""
    west, east, south, north = plan.cell_box(column, band)
    road = {
        "w": (plan.X_CLASS[column], plan.X_NAME[column]),
        "e": (plan.X_CLASS[column + 1], plan.X_NAME[column + 1]),
        "s": (plan.Y_CLASS[band], plan.Y_NAME[band]),
        "n": (plan.Y_CLASS[band + 1], plan.Y_NAME[band + 1]),
    }
    sides = {
        key: Side(plan.ROAD_CLASS[kind], True, town.dice.random() < 0.62, name) for key, (kind, name) in road.items()
    }
    return Parcel(west, east, south, north, sides, (column, band), plan.theme(column, band))


def _divide(town: Town, parcel: Parcel, names: list[Name]) -> list[Parcel]:
    """Split along the longer side until every parcel is small enough for its theme."""
    low, high = LIMIT_M[parcel.theme]
    longest = max(parcel.width_m, parcel.height_m)
    if longest <= town.dice.uniform(low, high) or longest < 2 * 75:
        return [parcel]
    share = town.dice.choice((0.5, 0.5, 0.42, 0.58, 0.46, 0.54))
    parts = split_by_street(town, parcel, share, names)
    return [piece for part in parts for piece in _divide(town, part, names)]


def split_by_street(town: Town, parcel: Parcel, share: float, names: list[Name]) -> tuple[Parcel, Parcel]:
    """Cut a parcel across its longer side with a new street, ``share`` of it to the west or south."""
    is_tertiary = max(parcel.width_m, parcel.height_m) > 420
    kind = "tertiary" if is_tertiary and town.dice.random() < 0.5 else "residential"
    word = ("街", "Street") if parcel.width_m >= parcel.height_m else ("路", "Road")
    name = joined(names.pop(), *word)
    first, second = _cut(parcel, share)
    key = "e" if parcel.width_m >= parcel.height_m else "n"
    side = Side(plan.ROAD_CLASS[kind], True, False, name)
    first.sides[key] = replace(side, has_shops=town.dice.random() < 0.5)
    second.sides[OPPOSITE[key]] = replace(side, has_shops=town.dice.random() < 0.4)
    tags = {"highway": kind, "name": name[0], "name:en": name[1]}
    if key == "e":
        town.street((first.east, parcel.south), (first.east, parcel.north), **tags)
    else:
        town.street((parcel.west, first.north), (parcel.east, first.north), **tags)
    return first, second


def _cut(parcel: Parcel, share: float) -> tuple[Parcel, Parcel]:
    """Cut a parcel in two across its longer side; the new sides still look like the old ones."""
    first, second = replace(parcel, sides=dict(parcel.sides)), replace(parcel, sides=dict(parcel.sides))
    if parcel.width_m >= parcel.height_m:
        first.east = second.west = round(parcel.west + parcel.width_m * share, 1)
    else:
        first.north = second.south = round(parcel.south + parcel.height_m * share, 1)
    return first, second


def cut_by_wall(parcel: Parcel, share: float) -> tuple[Parcel, Parcel]:
    """Cut a parcel across its longer side with a party wall; the wall belongs to the first."""
    first, second = _cut(parcel, share)
    key = "e" if parcel.width_m >= parcel.height_m else "n"
    first.sides[key] = second.sides[OPPOSITE[key]] = Side(0.0, False)
    second.owes_wall, second.neighbour, first.neighbour = OPPOSITE[key], first, second
    return first, second


def _give_public_land(town: Town, parcels: list[Parcel], uses: str, names: list[Name]) -> list[Parcel]:
    """Cut land for schools, parks and hospitals off the largest parcels, one use a parcel."""
    open_land = sorted(parcels, key=lambda p: -p.width_m * p.height_m)
    done: list[Parcel] = []
    for use in uses:
        parcel = open_land.pop(0)
        longest = max(parcel.width_m, parcel.height_m)
        if longest < SLICE_M[use] + 95:
            parcel.use = use
            done.append(parcel)
            continue
        if use == "k":
            land, rest = split_by_street(town, parcel, SLICE_M[use] / longest, names)
        else:
            land, rest = cut_by_wall(parcel, SLICE_M[use] / longest)
        land.use = use
        done += [land, rest]
    return done + open_land


def _party_walls(town: Town, parcels: list[Parcel]) -> list[Parcel]:
    """Cut some long walled compounds in two that stand back to back."""
    result: list[Parcel] = []
    for parcel in parcels:
        is_long = max(parcel.width_m, parcel.height_m) > 195 and min(parcel.width_m, parcel.height_m) > 110
        plain = not parcel.use and parcel.theme == "w" and parcel.neighbour is None
        if plain and is_long and town.dice.random() < 0.6:
            result += cut_by_wall(parcel, town.dice.uniform(0.44, 0.56))
        else:
            result.append(parcel)
    return result
