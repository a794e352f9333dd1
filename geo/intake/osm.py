"""Reading an OpenStreetMap file once: walkable streets, facilities, walls, gates and the backdrop.

pyosmium streams the file and assembles the areas; everything heavy after that is done on arrays.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import osmium
import shapely

from geo.intake.classify import CategoryTable
from geo.intake.osm_found import Found, count_unmatched, take_facility
from geo.intake.osm_tables import OsmData, assemble
from geo.intake.osm_tags import GATES, WALLS, backdrop_kind, blocks, is_walkable
from geo.model.errors import InputError, Problem, SourceError

_AREA_KEYS = (
    "building", "natural", "landuse", "leisure", "amenity", "water", "place", "tourism", "shop", "healthcare",
    "office", "social_facility", "waterway", "highway",
)  # fmt: skip
_OTHER_KEYS = ("barrier", "railway", "entrance", "craft", "station", "public_transport")
_LINES = {"river": "water", "canal": "water", "stream": "water"}
_RAILS = ("rail", "light_rail", "subway", "tram", "narrow_gauge")


def read_osm(path: Path, categories: CategoryTable) -> OsmData:
    """Return what an .osm.pbf, .osm, .osm.gz or .osm.bz2 file holds.

    Raises
    ------
    SourceError
        The file is missing or unreadable.
    InputError
        It is not an OpenStreetMap file, or is damaged.
    """
    if not path.is_file():
        raise SourceError(f"{path.name}: no such file.", code="file_missing")
    try:
        generator, data_date = _header(path)
        found = _pass(path, categories)
    except (RuntimeError, ValueError, SystemError) as fault:
        raise InputError(
            Problem(
                path.name,
                f"is no readable OpenStreetMap file ({fault}).",
                "Use .osm.pbf, .osm, .osm.gz or .osm.bz2.",
                code="osm_invalid",
            )
        ) from None
    return assemble(found, path.name, generator=generator, data_date=data_date)


def _header(path: Path) -> tuple[str, str]:
    with osmium.io.Reader(str(path)) as reader:
        header = reader.header()
        return header.get("generator"), header.get("osmosis_replication_timestamp")


def _pass(path: Path, categories: CategoryTable) -> Found:
    keys = sorted({*_AREA_KEYS, *_OTHER_KEYS, *categories.keys})
    areas = osmium.filter.KeyFilter(*sorted({*_AREA_KEYS, *(categories.keys - set(_OTHER_KEYS))}, key=str))
    stream = osmium.FileProcessor(str(path)).with_areas(areas).with_filter(osmium.filter.KeyFilter(*keys))
    found, wkb = Found(), osmium.geom.WKBFactory()
    for item in stream:
        if item.is_area():
            _take_area(item, found, categories, wkb)
        elif item.is_way():
            _take_way(item, found, wkb)
        elif item.is_node():
            _take_node(item, found, categories)
    return found


def _take_node(node: Any, found: Found, categories: CategoryTable) -> None:
    tags = dict(node.tags)
    if "barrier" in tags:
        place = (node.lon, node.lat)
        if blocks(tags):
            found.ways.blocked.add(node.id)
        if tags["barrier"] in GATES:
            found.gates.append((f"osm/n{node.id}", tags, place))
            found.doors.append(place)
    elif "entrance" in tags:
        found.doors.append((node.lon, node.lat))
    match = categories.match(tags)
    if match:
        take_facility(f"osm/n{node.id}", tags, found, match, shapely.Point(node.lon, node.lat))
    else:
        count_unmatched(tags, found)


def _take_way(way: Any, found: Found, wkb: Any) -> None:
    tags = way.tags
    if "highway" in tags or tags.get("railway") == "platform":
        plain = dict(tags)
        if "highway" not in plain:
            plain["highway"] = "platform"
        if is_walkable(plain):
            found.ways.add(way.id, plain, [(n.ref, n.x, n.y) for n in way.nodes])
        return
    try:
        if tags.get("barrier") in WALLS:
            found.walls.append((f"osm/w{way.id}", dict(tags), wkb.create_linestring(way)))
        elif tags.get("railway") in _RAILS and tags.get("tunnel") != "yes":
            detail = tags.get("railway")
            found.backdrop.append(("rail", tags.get("name"), tags.get("name:en"), detail, wkb.create_linestring(way)))
        elif tags.get("waterway") in _LINES and tags.get("tunnel") not in ("yes", "culvert"):
            detail = tags.get("waterway")
            found.backdrop.append(("water", tags.get("name"), tags.get("name:en"), detail, wkb.create_linestring(way)))
    except (RuntimeError, osmium.InvalidLocationError):
        found.broken += 1


def _take_area(area: Any, found: Found, categories: CategoryTable, wkb: Any) -> None:
    tags = dict(area.tags)
    kind = backdrop_kind(tags)
    match = categories.match(tags)
    is_square = tags.get("highway") in ("pedestrian", "footway") and not area.from_way()
    if is_square and is_walkable(tags):
        for ring in area.outer_rings():
            found.ways.add(area.orig_id(), tags, [(n.ref, n.x, n.y) for n in ring])
    if kind is None and match is None:
        count_unmatched(tags, found)
        return
    try:
        shape = wkb.create_multipolygon(area)
    except RuntimeError:
        found.broken += 1
        return
    if kind is not None:
        detail = tags.get("building") if kind == "building" else tags.get("leisure") or tags.get("landuse")
        found.backdrop.append((kind, tags.get("name"), tags.get("name:en"), detail, shape))
    letter = "w" if area.from_way() else "r"
    if match:
        take_facility(f"osm/{letter}{area.orig_id()}", tags, found, match, shapely.from_wkb(shape))
