"""The nouns of the sample town. Everything is on the plan (metres) until it is written out."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from .frame import Array, Point

SEED = 20240518

OPPOSITE = {"w": "e", "e": "w", "s": "n", "n": "s"}


@dataclass(frozen=True)
class Street:
    """A walkable line with its OpenStreetMap tags; ``is_apart`` (bridge, underpass) meets others at its ends only."""

    line: tuple[Point, ...]
    tags: dict[str, str]
    is_apart: bool = False


@dataclass(frozen=True)
class Side:
    """One side of a parcel: what lies there, metres from its line to the pavement, and whether shops stand along it."""

    half_m: float
    is_street: bool = True
    has_shops: bool = False
    street: tuple[str, str] = ("", "")


@dataclass
class Parcel:
    """A rectangle of land between street centre lines (or party walls), and what it is used for."""

    west: float
    east: float
    south: float
    north: float
    sides: dict[str, Side]
    cell: tuple[int, int]
    theme: str
    use: str = ""
    name: tuple[str, str] = ("", "")
    wall_id: str = ""
    owes_wall: str = ""
    """The side whose wall belongs to the neighbour; '' where the ring is its own."""
    neighbour: Parcel | None = None

    @property
    def width_m(self) -> float:
        """Metres from west to east."""
        return self.east - self.west

    @property
    def height_m(self) -> float:
        """Metres from south to north."""
        return self.north - self.south

    @property
    def centre(self) -> Point:
        """The middle."""
        return (self.west + self.east) / 2, (self.south + self.north) / 2


@dataclass(frozen=True)
class Wall:
    """A wall or fence on the plan."""

    wall_id: str
    name: tuple[str, str]
    kind: str
    line: tuple[Point, ...]


@dataclass(frozen=True)
class Gate:
    """A gate: a point exactly on a wall."""

    gate_id: str
    name: tuple[str, str]
    point: Point
    access: str
    hours: str
    wall_id: str


@dataclass
class Building:
    """A building: corners in ground metres, the OSM value, floors; ``people_per_m2`` > 0 where people live."""

    corners: Array
    at: Point
    kind: str
    floors: int
    name: tuple[str, str] = ("", "")
    style: str = ""
    people_per_m2: float = 0.0
    parcel: Parcel | None = None


@dataclass(frozen=True)
class Area:
    """A polygon for the map: outline on the plan and tags."""

    ring: tuple[Point, ...]
    tags: dict[str, str]


@dataclass(frozen=True)
class Slot:
    """A place where a facility may stand: on the street front, inside a compound, on a campus …"""

    at: Point
    kind: str
    street: tuple[str, str]
    parcel: Parcel | None = None


@dataclass
class Facility:
    """A facility; ``entrances`` on the plan, empty where the point itself is entered."""

    category: str
    name: tuple[str, str]
    at: Point
    capacity: int | None = None
    capacity_unit: str = ""
    opening: str = ""
    entrances: tuple[Point, ...] = ()
    facility_id: str = ""


@dataclass
class Town:
    """Everything there is, filled step by step."""

    dice: random.Random = field(default_factory=lambda: random.Random(SEED))
    streets: list[Street] = field(default_factory=list)
    parcels: list[Parcel] = field(default_factory=list)
    walls: list[Wall] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    buildings: list[Building] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    lines: list[Area] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    facilities: list[Facility] = field(default_factory=list)
    signals: list[Point] = field(default_factory=list)

    def street(self, *line: Point, is_apart: bool = False, **tags: str) -> None:
        """Add a street, its points rounded to 10 cm so that lines meet exactly."""
        rounded = tuple((round(x, 1), round(y, 1)) for x, y in line)
        tags = {key.replace("__", ":"): value for key, value in tags.items() if value}
        self.streets.append(Street(rounded, tags, is_apart))

    def wall(self, name: tuple[str, str], kind: str, line: list[Point]) -> str:
        """Add a wall and return its id."""
        wall_id = f"W{len(self.walls) + 1:03d}"
        self.walls.append(Wall(wall_id, name, kind, tuple((round(x, 1), round(y, 1)) for x, y in line)))
        return wall_id

    def gate(self, name: tuple[str, str], point: Point, wall_id: str, access: str = "public") -> None:
        """Add a gate on a wall."""
        hours = "" if access == "closed" else self.dice.choice(["24/7", "24/7", "05:30-23:30", "06:00-22:30"])
        place = (round(point[0], 1), round(point[1], 1))
        self.gates.append(Gate(f"G{len(self.gates) + 1:03d}", name, place, access, hours, wall_id))
