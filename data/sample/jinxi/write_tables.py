"""Writing the tables: GeoJSON and CSV in WGS84, plain text, the same on every run."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import shapely

from .frame import densify, lonlat
from .people import AGE_GROUPS, Home
from .town import Town
from .units import Unit


def write_units(path: Path, units: list[Unit]) -> None:
    """Write one polygon a unit."""
    _features(
        path,
        (
            ({"unit_id": u.unit_id, "name": u.name[0], "name_en": u.name[1], "level": u.level, "parent_id": u.parent_id,
              "community_type": u.community_type or None}, _shape(u.shape))
            for u in units
        ),
    )  # fmt: skip


def write_walls(path: Path, town: Town) -> None:
    """Write one line a wall, bent like the streets beside it."""
    _features(
        path,
        (
            ({"wall_id": w.wall_id, "name": w.name[0], "name_en": w.name[1], "kind": w.kind,
              "compound": w.name[0].removesuffix("围墙").removesuffix("围栏")},
             {"type": "LineString", "coordinates": lonlat(densify(list(w.line))).tolist()})
            for w in town.walls
        ),
    )  # fmt: skip


def write_gates(path: Path, town: Town) -> None:
    """Write one point a gate, a vertex of its wall."""
    _features(
        path,
        (
            ({"gate_id": g.gate_id, "name": g.name[0], "name_en": g.name[1], "access": g.access,
              "hours": g.hours or None, "wall_id": g.wall_id},
             {"type": "Point", "coordinates": lonlat([g.point])[0].tolist()})
            for g in town.gates
        ),
    )  # fmt: skip


def write_facilities(path: Path, town: Town) -> None:
    """Write one row a facility."""
    head = (
        "facility_id",
        "name",
        "name_en",
        "category",
        "lon",
        "lat",
        "capacity",
        "capacity_unit",
        "opening",
        "entrances",
    )
    rows = []
    for f in town.facilities:
        lon, lat = lonlat([f.at])[0]
        doors = ";".join(f"{x:.6f} {y:.6f}" for x, y in lonlat(list(f.entrances))) if f.entrances else ""
        capacity = "" if f.capacity is None else f.capacity
        row = (
            f.facility_id,
            *f.name,
            f.category,
            f"{lon:.6f}",
            f"{lat:.6f}",
            capacity,
            f.capacity_unit,
            f.opening,
            doors,
        )
        rows.append(row)
    _table(path, head, rows)


def write_demand(path: Path, homes: list[Home]) -> None:
    """Write one row a residential building."""
    head = ("demand_id", "name", "lon", "lat", "people", *AGE_GROUPS, "floor_area_m2", "floors")
    rows, count = [], {}
    for number, home in enumerate(homes, start=1):
        base = home.building.name[0] or "锦溪"
        count[base] = count.get(base, 0) + 1
        name = f"{base}{count[base]}{'号' if home.building.style == 't' else '栋'}"
        lon, lat = lonlat([home.building.at])[0]
        floors = (home.floor_area_m2, home.building.floors)
        rows.append((f"D{number:05d}", name, f"{lon:.6f}", f"{lat:.6f}", home.people, *home.ages, *floors))
    _table(path, head, rows)


def write_truth(path: Path, truth: list[dict[str, object]]) -> None:
    """Write the designed gaps."""
    path.write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def write_causes(path: Path, causes: dict[str, list[str]]) -> None:
    """Write one row a home: why it lacks each category within each threshold, empty where it does not."""
    rows = [(f"D{number:05d}", *told) for number, told in enumerate(zip(*causes.values(), strict=True), start=1)]
    _table(path, ("demand_id", *causes), rows)


def _shape(shape: shapely.Geometry) -> dict[str, Any]:
    """Return a polygon as GeoJSON, outer ring counter-clockwise (RFC 7946)."""
    turned = shapely.orient_polygons(shape.normalize(), exterior_cw=False)
    return json.loads(shapely.to_geojson(turned))  # type: ignore[no-any-return]


def _features(path: Path, rows: Iterable[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    """Write a feature collection, one feature a line."""
    lines = [
        json.dumps(
            {"type": "Feature", "properties": properties, "geometry": geometry},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for properties, geometry in rows
    ]
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    path.write_text(text, encoding="utf-8")


def _table(path: Path, head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)
