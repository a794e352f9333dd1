"""What is gathered from OpenStreetMap, from a file or online, before it becomes tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import shapely

from geo.intake.classify import CategoryTable
from geo.intake.osm_streets import Ways
from geo.intake.osm_tags import GATES, WALLS, backdrop_kind, blocks, line_kind

NODE, WAY = "osm/n", "osm/w"
"""How ids of things that OpenStreetMap holds as a point, and as a line, begin."""


@dataclass
class Found:
    """What the pass over the file gathers, as plain lists."""

    ways: Ways = field(default_factory=Ways)
    squares: list[tuple[int, dict[str, str], list[tuple[int, int, int]]]] = field(default_factory=list)
    facilities: list[dict[str, Any]] = field(default_factory=list)
    shapes: list[Any] = field(default_factory=list)
    walls: list[tuple[str, dict[str, Any], bytes]] = field(default_factory=list)
    gates: list[tuple[str, dict[str, Any], tuple[float, float]]] = field(default_factory=list)
    doors: list[tuple[float, float]] = field(default_factory=list)
    backdrop: list[tuple[str, str | None, str | None, str | None, bytes]] = field(default_factory=list)
    unmatched: dict[str, int] = field(default_factory=dict)
    broken: int = 0


def take_shape(item_id: str, tags: dict[str, str], shape: Any, found: Found, categories: CategoryTable) -> None:
    """Take a feature that already has its shape, as OSMnx gives it, and as the same feature of a file is taken."""
    if item_id.startswith(NODE):
        take_node(int(item_id.removeprefix(NODE)), tags, (shape.x, shape.y), found, categories)
        return
    area = _area(tags, shape)
    if item_id.startswith(WAY):
        _take_line(item_id, tags, shape if area is None else area.boundary, found)
    if area is not None:
        _take_area(item_id, tags, area, found, categories)


def take_node(
    number: int, tags: Mapping[str, str], place: tuple[float, float], found: Found, categories: CategoryTable
) -> None:
    """Take a point: a barrier, a gate, a door, a crossing, a facility; ``place`` is (lon, lat)."""
    found.ways.points.take(number, tags)
    if "barrier" in tags:
        if blocks(tags):
            found.ways.blocked.add(number)
        if tags["barrier"] in GATES:
            found.gates.append((f"{NODE}{number}", dict(tags), place))
            found.doors.append(place)
    elif "entrance" in tags:
        found.doors.append(place)
    match = categories.match(tags)
    if match:
        take_facility(f"{NODE}{number}", tags, found, match, shapely.Point(place), categories.state_of(tags))
    else:
        count_unmatched(tags, found)


def take_backdrop(kind: str, tags: Mapping[str, str], wkb: bytes, found: Found) -> None:
    """Take what the map shows beneath, with the tag that says more about its kind."""
    own = {"building": ("building",), "rail": ("railway",), "road": ("highway",)}
    key = own.get(kind, ("leisure", "landuse", "waterway"))
    detail = next((tags[name] for name in key if name in tags), None)
    found.backdrop.append((kind, tags.get("name"), tags.get("name:en"), detail, wkb))


def take_facility(
    facility_id: str, tags: Mapping[str, str], found: Found, match: tuple[str, str], shape: Any, state: str
) -> None:
    """Take a facility with its shape; ``match`` its category and the condition that gave it."""
    found.facilities.append(
        {
            "facility_id": facility_id,
            "name": tags.get("name"),
            "name_en": tags.get("name:en"),
            "category": match[0],
            "capacity": _number(tags.get("capacity") or tags.get("beds")),
            "capacity_unit": "beds" if "beds" in tags else None,
            "opening": tags.get("opening_hours"),
            "phone": tags.get("phone") or tags.get("contact:phone"),
            "matched_by": match[1],
            "state": state,
        }
    )
    found.shapes.append(shape)


def count_unmatched(tags: Mapping[str, str], found: Found) -> None:
    """Count what looks like a facility but has no category, for the report."""
    for key in ("amenity", "shop", "healthcare"):
        if key in tags:
            value = f"{key}={tags[key]}"
            found.unmatched[value] = found.unmatched.get(value, 0) + 1


def _area(tags: Mapping[str, str], shape: Any) -> Any:
    """Return the area of a feature, which OSMnx gives as a line for some tags; None where it is none."""
    if "Polygon" in shape.geom_type:
        return shape
    is_ring = shape.geom_type == "LineString" and shape.is_ring and tags.get("area") != "no"
    return shapely.Polygon(shape) if is_ring else None


def _take_line(way_id: str, tags: dict[str, str], line: Any, found: Found) -> None:
    if tags.get("barrier") in WALLS:
        found.walls.append((way_id, tags, shapely.to_wkb(line)))
    elif kind := line_kind(tags):
        take_backdrop(kind, tags, shapely.to_wkb(line), found)


def _take_area(area_id: str, tags: dict[str, str], area: Any, found: Found, categories: CategoryTable) -> None:
    kind, match = backdrop_kind(tags), categories.match(tags)
    if kind:
        take_backdrop(kind, tags, shapely.to_wkb(area), found)
    if match:
        take_facility(area_id, tags, found, match, area, categories.state_of(tags))
    elif not kind:
        count_unmatched(tags, found)


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
