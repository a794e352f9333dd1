"""What is gathered from OpenStreetMap, from a file or online, before it becomes tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import shapely

from geo.intake.classify import CategoryTable
from geo.intake.osm_streets import Ways
from geo.intake.osm_tags import GATES, WALLS, backdrop_kind, blocks

NODE = "osm/n"
"""How ids of things that OpenStreetMap holds as a point begin."""


@dataclass
class Found:
    """What the pass over the file gathers, as plain lists."""

    ways: Ways = field(default_factory=Ways)
    facilities: list[dict[str, Any]] = field(default_factory=list)
    shapes: list[Any] = field(default_factory=list)
    walls: list[tuple[str, dict[str, Any], bytes]] = field(default_factory=list)
    gates: list[tuple[str, dict[str, Any], tuple[float, float]]] = field(default_factory=list)
    doors: list[tuple[float, float]] = field(default_factory=list)
    backdrop: list[tuple[str, str | None, str | None, str | None, bytes]] = field(default_factory=list)
    unmatched: dict[str, int] = field(default_factory=dict)
    broken: int = 0


def take_shape(item_id: str, tags: dict[str, str], shape: Any, found: Found, categories: CategoryTable) -> None:
    """Take a feature that already has its shape, as OSMnx gives it."""
    kind, match = backdrop_kind(tags), categories.match(tags)
    if shape.geom_type == "Point" and tags.get("barrier") in GATES:
        found.gates.append((item_id, tags, (shape.x, shape.y)))
        found.doors.append((shape.x, shape.y))
    if item_id.startswith(NODE) and blocks(tags):
        found.ways.blocked.add(int(item_id.removeprefix(NODE)))
    if "LineString" in shape.geom_type and tags.get("barrier") in WALLS:
        found.walls.append((item_id, tags, shapely.to_wkb(shape)))
    if kind and "Polygon" in shape.geom_type:
        found.backdrop.append((kind, tags.get("name"), tags.get("name:en"), None, shapely.to_wkb(shape)))
    if match:
        take_facility(item_id, tags, found, match, shape)


def take_facility(facility_id: str, tags: Mapping[str, str], found: Found, match: tuple[str, str], shape: Any) -> None:
    """Take a facility with its shape; ``match`` is its category and the condition that gave it."""
    found.facilities.append(
        {
            "facility_id": facility_id,
            "name": tags.get("name"),
            "name_en": tags.get("name:en"),
            "category": match[0],
            "capacity": _number(tags.get("capacity") or tags.get("beds")),
            "capacity_unit": "beds" if "beds" in tags else None,
            "opening": tags.get("opening_hours"),
            "matched_by": match[1],
        }
    )
    found.shapes.append(shape)


def count_unmatched(tags: Mapping[str, str], found: Found) -> None:
    """Count what looks like a facility but has no category, for the report."""
    for key in ("amenity", "shop", "healthcare"):
        if key in tags:
            value = f"{key}={tags[key]}"
            found.unmatched[value] = found.unmatched.get(value, 0) + 1


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
