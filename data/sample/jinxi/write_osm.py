"""Writing streets and backdrop as an OpenStreetMap file: same ids, same times, same bytes on every run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Way

from .frame import Array, Point, ground_lonlat, lonlat
from .names import Name
from .town import Town

GENERATOR = "LifeCircle sample"
STAMP = datetime(2024, 5, 18, tzinfo=UTC)
FIRST_NODE, FIRST_WAY = 1_000_001, 100_001

LonLat = tuple[float, float]


class _Book:
    """Nodes and ways gathered before writing; points that are equal share a node."""

    def __init__(self) -> None:
        self.nodes: dict[LonLat | tuple[LonLat, int], int] = {}
        self.places: list[LonLat] = []
        self.tags: dict[int, dict[str, str]] = {}
        self.ways: list[tuple[list[int], dict[str, str]]] = []

    def node(self, place: LonLat, apart: int = 0) -> int:
        """Return the number of the node at a place; ``apart`` keeps the map's shapes off the streets' nodes."""
        key = (place, apart) if apart else place
        if key not in self.nodes:
            self.nodes[key] = FIRST_NODE + len(self.places)
            self.places.append(place)
        return self.nodes[key]

    def way(self, points: Array, tags: dict[str, str], apart: int = 0) -> None:
        """Add a way through points in WGS84."""
        numbers = [self.node((float(lon), float(lat)), apart) for lon, lat in points]
        unique = [n for k, n in enumerate(numbers) if k == 0 or n != numbers[k - 1]]
        if len(unique) > 1:
            self.ways.append((unique, tags))


def write_osm(path: Path, town: Town, lines: list[list[Point]], places: list[tuple[Point, str, Name]]) -> None:
    """Write the town's streets, waters, greens, rails, land, buildings and place names."""
    book = _Book()
    for street, line in zip(town.streets, lines, strict=True):
        book.way(lonlat(line), dict(street.tags))
    for point in town.signals:
        number = book.node(_place(point))
        book.tags[number] = {"highway": "crossing", "crossing": "traffic_signals"}
    for area in town.areas:
        book.way(lonlat([*area.ring, area.ring[0]]), area.tags, 1)
    for line in town.lines:
        book.way(lonlat(line.ring), line.tags, 1)
    for building in town.buildings:
        ring = ground_lonlat(building.corners)
        book.way(ring[[0, 1, 2, 3, 0]], _building_tags(building.kind, building.floors, building.name), 2)
    for point, kind, name in places:
        number = book.node(_place(point), 3)
        book.tags[number] = {"place": kind, "name": name[0], "name:en": name[1]}
    _write(path, book)


def _place(point: Point) -> LonLat:
    lon, lat = lonlat([point])[0]
    return float(lon), float(lat)


def _building_tags(kind: str, floors: int, name: Name) -> dict[str, str]:
    if kind == "garden":
        return {"leisure": "garden"}
    tags = {"building": kind, "building:levels": str(floors)}
    return {**tags, "name": name[0]} if kind in ("school", "hospital", "civic") and name[0] else tags


def _write(path: Path, book: _Book) -> None:
    header = osmium.io.Header()
    header.set("generator", GENERATOR)
    header.set("osmosis_replication_timestamp", STAMP.strftime("%Y-%m-%dT%H:%M:%SZ"))
    header.add_box(osmium.osm.Box(*_bounds(book.places)))
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path), header=header) as writer:
        for number, (lon, lat) in enumerate(book.places, start=FIRST_NODE):
            tags = book.tags.get(number, {})
            writer.add_node(Node(id=number, location=(lon, lat), tags=tags, version=1, timestamp=STAMP))
        for number, (nodes, tags) in enumerate(book.ways, start=FIRST_WAY):
            writer.add_way(Way(id=number, nodes=nodes, tags=tags, version=1, timestamp=STAMP))


def _bounds(places: list[LonLat]) -> tuple[float, float, float, float]:
    lon, lat = [p[0] for p in places], [p[1] for p in places]
    return min(lon), min(lat), max(lon), max(lat)
