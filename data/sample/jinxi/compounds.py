"""Housing compounds: rows of slabs or towers facing south, lanes between them, a wall round them and few gates.

Older compounds stand behind walls with one to three gates; newer gated ones behind fences; open blocks have neither.
Some lanes end blind before the wall, opposite a stub outside: there an opening would help at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .frame import Point, box_on_ground
from .fronts import SHOP_DEPTH_M, draw_shops
from .town import Building, Parcel, Slot, Town

PAVEMENT_M = 3.0
"""Between the pavement's outer edge and a wall or shop front."""


@dataclass(frozen=True)
class Style:
    """How a kind of compound is built; metres, floors, residents per m2 of floor."""

    depth_m: float
    pitch_m: float
    length_m: tuple[float, float]
    gap_m: float
    floors: tuple[int, ...]
    people_per_m2: float
    wall: str
    gates: tuple[int, ...]
    lane: str


STYLES = {
    "w": Style(12.0, 31.0, (34.0, 66.0), 9.0, (5, 6, 6, 6, 7), 0.034, "wall", (1, 2, 2), "service"),
    "g": Style(15.0, 50.0, (26.0, 44.0), 17.0, (11, 16, 18, 18, 24), 0.025, "fence", (2, 2, 3), "service"),
    "n": Style(15.0, 46.0, (26.0, 40.0), 16.0, (9, 11, 18, 18, 26), 0.026, "", (4,), "living_street"),
    "i": Style(12.0, 34.0, (34.0, 60.0), 10.0, (4, 5, 6), 0.032, "wall", (1, 2), "service"),
}


@dataclass
class Layout:
    """Where the lanes, rows and openings of a compound lie on the plan."""

    west: float
    east: float
    south: float
    north: float
    spines: list[float]
    lanes: list[float]
    rows: list[float]
    openings: list[tuple[str, float, str]] = field(default_factory=list)
    """Side, coordinate along it, and public, closed or blind (a lane that ends before the wall)."""


def layout_of(town: Town, parcel: Parcel, style: Style) -> Layout:
    """Return rows from south to north, a lane north of each, and north-south spines across them."""
    west, east, south, north = wall_box(parcel)
    rows_count = max(1, round((north - south - 8) / style.pitch_m))
    pitch = (north - south - 8) / rows_count
    rows = [south + 6 + pitch * k + style.depth_m / 2 for k in range(rows_count)]
    lanes = [y + style.depth_m / 2 + (pitch - style.depth_m) / 2 for y in rows]
    if rows_count > 1 and north - lanes[-1] < 6:
        lanes.pop()
    width = east - west
    count = 1 if width < 120 else 2 if width < 215 else 3
    shift = town.dice.uniform(-8, 8)
    spines = [west + width * (k + 0.5) / count + shift for k in range(count)]
    return Layout(west, east, south, north, spines, lanes, rows)


def wall_box(parcel: Parcel) -> tuple[float, float, float, float]:
    """Return west, east, south, north of the land behind pavements and shops."""
    inset = {
        key: side.half_m + PAVEMENT_M + (SHOP_DEPTH_M + 2 if side.has_shops else 0) if side.is_street else 0.0
        for key, side in parcel.sides.items()
    }
    box = parcel.west + inset["w"], parcel.east - inset["e"], parcel.south + inset["s"], parcel.north - inset["n"]
    west, east, south, north = (round(value, 1) for value in box)
    return west, east, south, north


def fill_compound(town: Town, parcel: Parcel) -> None:
    """Build a housing compound on a parcel."""
    style = STYLES[parcel.theme if parcel.theme in STYLES else "n"]
    is_open = not style.wall or (parcel.theme == "w" and parcel.neighbour is None and town.dice.random() < 0.12)
    layout = layout_of(town, parcel, style)
    _choose_openings(town, parcel, layout, (4,) if is_open else style.gates, is_open=is_open)
    if not is_open:
        _raise_wall(town, parcel, layout, style.wall)
    _draw_lanes(town, parcel, layout, style)
    _build_rows(town, parcel, layout, style)
    draw_shops(town, parcel, (layout.west, layout.east, layout.south, layout.north), layout.openings)


def _choose_openings(town: Town, parcel: Parcel, layout: Layout, gates: tuple[int, ...], *, is_open: bool) -> None:
    """Choose gates on the sides that face a street, at the end of a spine or a lane; then blind and closed ends."""
    dice, sides = town.dice, [key for key in "wesn" if parcel.sides[key].is_street]
    dice.shuffle(sides)
    if is_open:
        ways = [(key, at) for key in sides for at in _ends(layout, key)]
        layout.openings = [(key, at, "public") for key, at in ways if key in "sn" or dice.random() < 0.5]
        if not layout.openings:
            layout.openings = [(ways[0][0], ways[0][1], "public")]
        return
    count = min(dice.choice(gates), len(sides))
    for key in sides[:count]:
        layout.openings.append((key, dice.choice(_ends(layout, key)), "public"))
    for key in sides[count:]:
        roll = dice.random()
        if roll < 0.36:
            layout.openings.append((key, dice.choice(_ends(layout, key)), "blind" if roll < 0.24 else "closed"))


def _ends(layout: Layout, key: str) -> list[float]:
    """Return where a lane could leave on a side."""
    if key in "sn":
        return layout.spines
    lanes = layout.lanes[:-1] if len(layout.lanes) > 2 else layout.lanes
    return lanes[1:] if len(lanes) > 2 else lanes


def _raise_wall(town: Town, parcel: Parcel, layout: Layout, kind: str) -> None:
    """Put the ring round the compound, or the part of it that no neighbour's wall closes, and its gates."""
    words = {"wall": ("围墙", "wall"), "fence": ("围栏", "fence")}[kind]
    name = (parcel.name[0] + words[0], f"{parcel.name[1]} {words[1]}")
    corners = {
        "sw": (layout.west, layout.south), "se": (layout.east, layout.south),
        "ne": (layout.east, layout.north), "nw": (layout.west, layout.north),
    }  # fmt: skip
    legs = [("s", "sw", "se"), ("e", "se", "ne"), ("n", "ne", "nw"), ("w", "nw", "sw")]
    start = next((k + 1 for k, leg in enumerate(legs) if leg[0] == parcel.owes_wall), 0)
    order = [legs[(start + k) % 4] for k in range(3 if parcel.owes_wall else 4)]
    line: list[Point] = [corners[order[0][1]]]
    for side, _, end in order:
        points = [
            gate_point(layout, key, at) for key, at, access in layout.openings if key == side and access != "blind"
        ]
        origin = line[-1]
        line += sorted(points, key=lambda p, o=origin: abs(p[0] - o[0]) + abs(p[1] - o[1]))
        line.append(corners[end])
    parcel.wall_id = town.wall(name, kind, line)
    words_of = {
        "w": ("西门", "west gate"),
        "e": ("东门", "east gate"),
        "s": ("南门", "south gate"),
        "n": ("北门", "north gate"),
    }
    for key, at, access in layout.openings:
        if access != "blind":
            zh, en = words_of[key]
            title = (parcel.name[0] + zh, f"{parcel.name[1]} {en}")
            town.gate(title, gate_point(layout, key, at), parcel.wall_id, access)


def gate_point(layout: Layout, key: str, at: float) -> Point:
    """Return the point of an opening on the wall."""
    if key in "we":
        return (layout.west if key == "w" else layout.east), at
    return at, (layout.south if key == "s" else layout.north)


def _draw_lanes(town: Town, parcel: Parcel, layout: Layout, style: Style) -> None:
    """Draw spines and lanes; those with an opening run through it to the street outside."""
    low, high = layout.lanes[0], layout.lanes[-1]
    out = {"s": parcel.south, "n": parcel.north, "w": parcel.west, "e": parcel.east}
    for x in layout.spines:
        line: list[Point] = [(x, low), (x, high)]
        line = _through(layout, line, ("s", x), out) + line[1:] if _opening(layout, "s", x) else line
        line = line[:-1] + _through(layout, line[::-1], ("n", x), out)[::-1] if _opening(layout, "n", x) else line
        if line[0] != line[-1]:
            town.street(*line, highway=style.lane, service="driveway" if style.lane == "service" else "")
    for k, y in enumerate(layout.lanes):
        west = layout.west + 12 if layout.spines[0] - layout.west > 30 else layout.spines[0]
        east = layout.east - 12 if layout.east - layout.spines[-1] > 30 else layout.spines[-1]
        line = [(west, y), (east, y)]
        line = _through(layout, line, ("w", y), out) + line[1:] if _opening(layout, "w", y) else line
        line = line[:-1] + _through(layout, line[::-1], ("e", y), out)[::-1] if _opening(layout, "e", y) else line
        if line[0] != line[-1]:
            is_path = k % 2 == 1 and not (_opening(layout, "w", y) or _opening(layout, "e", y))
            town.street(*line, highway="footway" if is_path else style.lane)
    for key, at, access in layout.openings:
        if access == "blind":
            x, y = gate_point(layout, key, at)
            step = {"s": (0, -2), "n": (0, 2), "w": (-2, 0), "e": (2, 0)}[key]
            end = (at, out[key]) if key in "sn" else (out[key], at)
            town.street(end, (x + step[0], y + step[1]), highway="footway")


def _opening(layout: Layout, key: str, at: float) -> str:
    return next((access for side, place, access in layout.openings if side == key and place == at), "")


def _through(layout: Layout, line: list[Point], where: tuple[str, float], out: dict[str, float]) -> list[Point]:
    """Return the points that lead a lane from the street through its gate, or from a blind end, to its start."""
    key, at = where
    x, y = gate_point(layout, key, at)
    if _opening(layout, key, at) == "blind":
        step = {"s": (0, 2), "n": (0, -2), "w": (2, 0), "e": (-2, 0)}[key]
        return [(x + step[0], y + step[1])]
    return [(at, out[key]) if key in "sn" else (out[key], at), (x, y)]


def _build_rows(town: Town, parcel: Parcel, layout: Layout, style: Style) -> None:
    """Build the rows; one place near the middle stays free for a garden, one for a kindergarten's plot."""
    edges = [layout.west + 5, *[x + s for x in layout.spines for s in (-5, 5)], layout.east - 5]
    floors = town.dice.choice(style.floors)
    places: list[tuple[float, float, float, float]] = []
    for row, y in enumerate(layout.rows):
        lane = layout.lanes[min(row, len(layout.lanes) - 1)]
        for a, b in zip(edges[::2], edges[1::2], strict=True):
            count = max(1, round((b - a + style.gap_m) / (sum(style.length_m) / 2 + style.gap_m)))
            length = min((b - a - (count - 1) * style.gap_m) / count, style.length_m[1] + 6)
            if length >= 16:
                step = (b - a) / count
                places += [(a + step * (n + 0.5), y, length, lane) for n in range(count)]
    area = (layout.east - layout.west) * (layout.north - layout.south)
    keep = _reserve(town, parcel, places, style) if area > 13_000 and len(places) > 6 else set()
    for number, (x, y, length, lane) in enumerate(places):
        sign = 1 if lane > y else -1
        near = (x + town.dice.uniform(-0.3, 0.3) * length, lane - sign * 4.5)
        town.slots.append(Slot(near, "inside", parcel.sides["s"].street, parcel))
        if number not in keep:
            height = (
                max(3, floors + town.dice.choice((0, 0, 0, -1, 1)))
                if style.pitch_m < 40
                else town.dice.choice(style.floors)
            )
            wide = length * (1.0 if style.pitch_m < 40 else town.dice.uniform(0.8, 1.0))
            corners = box_on_ground(x, y, wide * 0.95, style.depth_m * town.dice.uniform(0.9, 1.0))
            town.buildings.append(
                Building(corners, (x, y), "apartments", height, parcel.name, parcel.theme, style.people_per_m2, parcel)
            )


def _reserve(town: Town, parcel: Parcel, places: list[tuple[float, float, float, float]], style: Style) -> set[int]:
    """Return the places kept free of housing: a garden near the middle, and next to it a plot for a small building."""
    middle = parcel.centre
    order = sorted(range(len(places)), key=lambda n: abs(places[n][0] - middle[0]) + abs(places[n][1] - middle[1]))
    for number, kind in zip(order[:2], ("garden", "plot"), strict=True):
        x, y, _, lane = places[number]
        at = (x, y + (style.depth_m / 2 - 1) * (1 if lane > y else -1))
        town.slots.append(Slot(at, kind, parcel.sides["s"].street, parcel))
        wide, deep = (places[number][2] * 0.9, style.depth_m + 6) if kind == "garden" else (24.0, style.depth_m)
        from_middle = box_on_ground(x, y, wide, deep)
        use = "garden" if kind == "garden" else "kindergarten"
        town.buildings.append(Building(from_middle, (x, y), use, 0 if kind == "garden" else 3, parcel=parcel))
    return set(order[:2])
