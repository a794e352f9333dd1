"""Reading an OpenStreetMap file once: walkable streets, facilities, walls, gates and the backdrop.

The streets of a PBF come from our own decoder, `geo.intake.pbf`. pyosmium streams the rest, assembles the areas, and
reads every other format; everything heavy after that is done on arrays.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import osmium
import shapely

from geo.intake.classify import CategoryTable
from geo.intake.mistaken import is_page
from geo.intake.osm_found import Found, count_unmatched, take_backdrop, take_facility, take_node
from geo.intake.osm_streets import Ways
from geo.intake.osm_tables import OsmData, assemble
from geo.intake.osm_tags import (
    AREA_KEYS,
    LINE_KEYS,
    MAIN_ROADS,
    OTHER_KEYS,
    POINT_KEYS,
    RAILS,
    RIVERS,
    WALLS,
    backdrop_kind,
    carriageway,
    is_walkable,
    line_kind,
)  # fmt: skip
from geo.intake.pbf import read_ways
from geo.intake.pbf_blocks import DeclinedError
from geo.intake.states import prefixed
from geo.model.errors import InputError, Problem, SourceError, told

_SHOWN = osmium.osm.NODE | osmium.osm.WAY | osmium.osm.AREA


def read_osm(path: Path, categories: CategoryTable, shown: str = "") -> OsmData:
    """Return what an .osm.pbf, .osm, .osm.gz or .osm.bz2 file holds; messages name it ``shown``, else by its name.

    Raises
    ------
    SourceError
        The file is missing or unreadable.
    InputError
        It is not an OpenStreetMap file, or is damaged.
    """
    name = shown or path.name
    if not path.is_file():
        raise SourceError(
            told("{file}: no such file. Check the path and the spelling.", file=name), code="file_missing"
        )
    try:
        generator, data_date = _header(path)
        found = _pass(path, categories)
    except (RuntimeError, ValueError, SystemError) as fault:
        message = told("is no readable OpenStreetMap file ({said}).", said=str(fault).replace(str(path), name))
        if is_page(path):
            message = told("is a web page: the download failed.", is_page=True)
        remedy = "Use .osm.pbf, .osm, .osm.gz or .osm.bz2."
        raise InputError(Problem(name, message, remedy, code="osm_invalid")) from None
    return assemble(found, name, generator=generator, data_date=data_date)


def _header(path: Path) -> tuple[str, str]:
    with osmium.io.Reader(str(path)) as reader:
        header = reader.header()
        return header.get("generator"), header.get("osmosis_replication_timestamp")


def _quick_ways(path: Path) -> Ways | None:
    """Return the walkable ways of a PBF; None where pyosmium must read them: another format, or declined."""
    if not path.name.endswith(".pbf"):
        return None
    try:
        return read_ways(path)
    except DeclinedError:
        return None


def _pass(path: Path, categories: CategoryTable) -> Found:
    ways, wkb = _quick_ways(path), osmium.geom.WKBFactory()
    found = Found() if ways is None else Found(ways=ways)
    for item in _stream(path, categories, with_streets=ways is None):
        if item.is_area():
            _take_area(item, found, categories, wkb)
        elif item.is_way():
            _take_way(item, found, wkb, with_streets=ways is None)
        elif item.is_node():
            take_node(item.id, item.tags, (item.lon, item.lat), found, categories)
    for square in found.squares:
        found.ways.add(*square)
    return found


def _stream(path: Path, categories: CategoryTable, *, with_streets: bool) -> Any:
    """Return what pyosmium is to show us of a file: every object passes through Python, so the fewer the faster."""
    not_open = prefixed(categories.keys)
    areas = osmium.filter.KeyFilter(*sorted(AREA_KEYS | (categories.keys - OTHER_KEYS) | not_open))
    lines = osmium.filter.KeyFilter(*sorted({*LINE_KEYS, "highway"})) if with_streets else _lines_beside_streets()
    points = osmium.filter.KeyFilter(*sorted(POINT_KEYS | categories.keys | not_open))
    stream = osmium.FileProcessor(str(path)).with_areas(areas)
    return (
        stream.with_filter(osmium.filter.EntityFilter(_SHOWN))
        .with_filter(lines.enable_for(osmium.osm.WAY))
        .with_filter(points.enable_for(osmium.osm.NODE))
    )


def _lines_beside_streets() -> Any:
    kinds = {"barrier": WALLS, "railway": RAILS, "waterway": RIVERS, "highway": MAIN_ROADS}
    return osmium.filter.TagFilter(*((key, value) for key, values in kinds.items() for value in sorted(values)))


def _take_way(way: Any, found: Found, wkb: Any, *, with_streets: bool) -> None:
    tags = way.tags
    is_street = "highway" in tags or tags.get("railway") == "platform"
    plain = {"highway": "platform", **dict(tags)} if is_street else {}
    if is_street and is_walkable(plain):
        if with_streets:
            found.ways.add(way.id, plain, [(n.ref, n.x, n.y) for n in way.nodes])
        return
    if with_streets and is_street and carriageway(plain):
        found.ways.roads.add(plain, [n.ref for n in way.nodes])
    try:
        if not is_street and tags.get("barrier") in WALLS:
            found.walls.append((f"osm/w{way.id}", dict(tags), wkb.create_linestring(way)))
        elif kind := line_kind(tags):
            take_backdrop(kind, tags, wkb.create_linestring(way), found)
    except (RuntimeError, osmium.InvalidLocationError):
        found.broken += 1


def _take_area(area: Any, found: Found, categories: CategoryTable, wkb: Any) -> None:
    tags = area.tags
    kind = backdrop_kind(tags)
    match = categories.match(tags)
    is_square = tags.get("highway") in ("pedestrian", "footway") and not area.from_way()
    if is_square and is_walkable(tags):
        for ring in area.outer_rings():
            found.squares.append((area.orig_id(), dict(tags), [(n.ref, n.x, n.y) for n in ring]))
    if kind is None and match is None:
        count_unmatched(tags, found)
        return
    try:
        shape = wkb.create_multipolygon(area)
    except RuntimeError:
        found.broken += 1
        return
    if kind is not None:
        take_backdrop(kind, tags, shape, found)
    letter = "w" if area.from_way() else "r"
    if match:
        area_id, state = f"osm/{letter}{area.orig_id()}", categories.state_of(tags)
        take_facility(area_id, tags, found, match, shapely.from_wkb(shape), state)
