"""What a centre has: malls, offices, the civic square with its paving; and works and depots at the edge."""

from __future__ import annotations

from . import plan
from .campus import fill_hospital, fill_park, fill_school
from .compounds import STYLES, fill_compound, layout_of, wall_box
from .frame import box_on_ground
from .fronts import draw_shops
from .names import Name, joined
from .town import Area, Building, Facility, Parcel, Slot, Town

SQUARE_CELL = (3, 5)
"""The superblock with the civic square."""

_SUFFIX = {
    "w": (("小区", "Residential Quarter"), ("苑", "Court"), ("宿舍", "Dwellings"), ("里", "Terrace")),
    "g": (("花园", "Gardens"), ("家园", "Homes"), ("雅居", "Residence"), ("华庭", "Mansions")),
    "n": (("府", "Heights"), ("新城", "New Town"), ("公寓", "Apartments"), ("街区", "Quarter")),
    "i": (("工业园", "Works"), ("仓储园", "Depot")),
    "c": (("中心", "Centre"), ("大厦", "Tower")),
}  # fmt: skip


def fill_parcels(town: Town, names: list[Name]) -> None:
    """Build every parcel according to its use and theme."""
    squares = [p for p in town.parcels if p.cell == SQUARE_CELL and not p.use]
    square = max(squares, key=lambda p: p.width_m * p.height_m)
    for parcel in town.parcels:
        name = names.pop()
        if parcel is square:
            _fill_square(town, parcel)
        elif parcel.use in ("s", "m", "z"):
            fill_school(town, parcel, name)
        elif parcel.use == "h":
            fill_hospital(town, parcel, name)
        elif parcel.use == "k" or parcel.theme == "p":
            fill_park(town, parcel, name, is_small=parcel.use == "k")
        else:
            parcel.name = joined(name, *town.dice.choice(_SUFFIX[parcel.theme]))
            if parcel.theme == "c":
                _fill_centre(town, parcel)
            elif parcel.theme == "i" and town.dice.random() < 0.7:
                _fill_works(town, parcel)
            else:
                fill_compound(town, parcel)
        _land(town, parcel)


def _land(town: Town, parcel: Parcel) -> None:
    """Colour the land of a parcel."""
    value = "residential" if not parcel.use and parcel.theme in "wgn" else "industrial" if parcel.theme == "i" else ""
    value = "commercial" if parcel.theme == "c" and not parcel.use else value
    if value:
        west, east, south, north = wall_box(parcel)
        ring = ((west, south), (east, south), (east, north), (west, north))
        town.areas.append(Area(ring, {"landuse": value, "name": parcel.name[0], "name:en": parcel.name[1]}))


def _fill_centre(town: Town, parcel: Parcel) -> None:
    """Build a mall or office towers with open paths between."""
    layout = layout_of(town, parcel, STYLES["n"])
    x = layout.spines[len(layout.spines) // 2]
    y = layout.lanes[len(layout.lanes) // 2]
    town.street((x, parcel.south), (x, parcel.north), highway="pedestrian")
    town.street((parcel.west, y), (parcel.east, y), highway="footway")
    quarters = [
        (a, b, c, d)
        for a, b in ((layout.west, x - 8), (x + 8, layout.east))
        for c, d in ((layout.south, y - 7), (y + 7, layout.north))
    ]
    for west, east, south, north in quarters:
        at = ((west + east) / 2, (south + north) / 2)
        if east - west < 18 or north - south < 18:
            continue
        kind, floors = town.dice.choice((("retail", 5), ("office", 22), ("apartments", 18), ("commercial", 6)))
        people = STYLES["n"].people_per_m2 / 2 if kind == "apartments" else 0.0
        corners = box_on_ground(*at, min(east - west - 6, 70) * 0.92, min(north - south - 6, 46) * 0.92)
        town.buildings.append(Building(corners, at, kind, floors, parcel.name, "n", people, parcel))
        town.slots.append(
            Slot((at[0] + 6, south + 1 if south > y else north - 1), "civic", parcel.sides["s"].street, parcel)
        )
    box = (layout.west, layout.east, layout.south, layout.north)
    draw_shops(town, parcel, box, [("s", x, ""), ("n", x, ""), ("w", y, ""), ("e", y, "")])


def _fill_works(town: Town, parcel: Parcel) -> None:
    """Build halls along a yard lane."""
    layout = layout_of(town, parcel, STYLES["g"])
    x = layout.spines[0]
    town.street(
        (x, parcel.south if parcel.sides["s"].is_street else layout.south + 4), (x, layout.north - 8), highway="service"
    )
    if not parcel.sides["s"].is_street:
        town.street((x, layout.north - 8), (x, parcel.north), highway="service")
    for y in layout.rows:
        for west, east in ((layout.west + 4, x - 8), (x + 8, layout.east - 4)):
            if east - west > 24:
                at = ((west + east) / 2, y)
                size = (east - west - town.dice.uniform(2, 14), town.dice.uniform(20, 30))
                town.buildings.append(Building(box_on_ground(*at, size[0] * 0.93, size[1]), at, "industrial", 1))


def _fill_square(town: Town, parcel: Parcel) -> None:
    """Pave the civic square: a plaza to walk round and across, with the museum and the library beside it."""
    west, east, south, north = wall_box(parcel)
    x, y = round((west + east) / 2, 1), round((south + north) / 2, 1)
    a, b = round((east - west) * 0.3, 1), round((north - south) * 0.3, 1)
    ring = [(x - a, y - b), (x + a, y - b), (x + a, y + b), (x - a, y + b)]
    name = ("锦溪广场", "Jinxi Square")
    town.street(*ring, ring[0], highway="pedestrian", area="yes", name=name[0], name__en=name[1])
    town.street((x, parcel.south), (x, y - b), highway="pedestrian")
    town.street((x, y + b), (x, parcel.north), highway="pedestrian")
    town.street((parcel.west, y), (x - a, y), highway="footway")
    town.street((x + a, y), (parcel.east, y), highway="footway")
    for dx, kind, title in ((-1, "civic", "锦溪图书馆"), (1, "civic", "锦溪博物馆")):
        for dy in (-1, 1):
            at = (x + dx * (a + 2) * 0.55, y + dy * (b + (north - south) / 2) / 2)
            size = (a * 0.62, max(10.0, ((north - south) / 2 - b) * 0.62))
            town.buildings.append(Building(box_on_ground(*at, *size), at, kind, 4, (title, "")))
            town.slots.append(Slot((at[0], y + dy * (b + 3)), "civic", plan.X_NAME[4], parcel))
    corners = ((x - a, y), (x + a, y), (x, y - b), (x, y + b))
    town.facilities.append(Facility("square", name, (x, y - b), None, "", "24/7", tuple(corners)))
