"""Reading an OpenStreetMap file once: walkable streets, facilities, walls, gates and the backdrop.

pyosmium streams the file and assembles the areas; everything heavy after that is done on arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import osmium
import pandas as pd
import shapely

from geo.intake.classify import CategoryTable
from geo.intake.osm_streets import Ways, cut_into_pieces
from geo.intake.osm_tags import GATES, WALLS, backdrop_kind, blocks, gate_access, is_walkable
from geo.model import tables
from geo.model.crs import WGS84
from geo.model.errors import InputError, Problem, SourceError

CREDIT = "© OpenStreetMap contributors, ODbL 1.0"
SAMPLE_GENERATOR = "LifeCircle sample"

_AREA_KEYS = (
    "building", "natural", "landuse", "leisure", "amenity", "water", "place", "tourism", "shop", "healthcare",
    "office", "social_facility", "waterway",
)  # fmt: skip
_OTHER_KEYS = ("highway", "barrier", "railway", "entrance", "craft", "station", "public_transport")
_LINES = {"river": "water", "canal": "water", "stream": "water"}
_RAILS = ("rail", "light_rail", "subway", "tram", "narrow_gauge")


@dataclass(frozen=True)
class OsmData:
    """What an OpenStreetMap file holds for us: tables in EPSG:4326 and figures for the load report."""

    streets: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    entrances: gpd.GeoDataFrame
    walls: gpd.GeoDataFrame
    gates: gpd.GeoDataFrame
    backdrop: gpd.GeoDataFrame
    generator: str = ""
    data_date: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


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


def assemble(found: Found, source: str, *, generator: str = "", data_date: str = "") -> OsmData:
    """Return what was gathered as tables; ``source`` names the file in every row."""
    streets = cut_into_pieces(found.ways)
    facilities, entrances = _facilities(found, streets, source)
    unmatched = dict(sorted(found.unmatched.items(), key=lambda item: -item[1])[:20])
    return OsmData(
        streets=streets,
        facilities=facilities,
        entrances=entrances,
        walls=_walls(found, source),
        gates=_gates(found, source),
        backdrop=_backdrop(found),
        generator=generator,
        data_date=data_date[:10] if data_date[:4].isdigit() else "",
        facts={
            "unmatched": unmatched,
            "ways_with_missing_nodes": found.ways.broken,
            "broken_areas": found.broken,
        },
    )


def take_shape(item_id: str, tags: dict[str, str], shape: Any, found: Found, categories: CategoryTable) -> None:
    """Take a feature that already has its shape, as OSMnx gives it."""
    kind, match = backdrop_kind(tags), categories.match(tags)
    if shape.geom_type == "Point" and tags.get("barrier") in GATES:
        found.gates.append((item_id, tags, (shape.x, shape.y)))
        found.doors.append((shape.x, shape.y))
    if "LineString" in shape.geom_type and tags.get("barrier") in WALLS:
        found.walls.append((item_id, tags, shapely.to_wkb(shape)))
    if kind and "Polygon" in shape.geom_type:
        found.backdrop.append((kind, tags.get("name"), tags.get("name:en"), None, shapely.to_wkb(shape)))
    if match:
        _take_facility(item_id, tags, found, match, shape)


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
        _take_facility(f"osm/n{node.id}", tags, found, match, shapely.Point(node.lon, node.lat))
    else:
        _count_unmatched(tags, found)


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
        _count_unmatched(tags, found)
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
        _take_facility(f"osm/{letter}{area.orig_id()}", tags, found, match, shapely.from_wkb(shape))


def _take_facility(facility_id: str, tags: Mapping[str, str], found: Found, match: tuple[str, str], shape: Any) -> None:
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


def _count_unmatched(tags: Mapping[str, str], found: Found) -> None:
    for key in ("amenity", "shop", "healthcare"):
        if key in tags:
            value = f"{key}={tags[key]}"
            found.unmatched[value] = found.unmatched.get(value, 0) + 1


def _facilities(found: Found, streets: gpd.GeoDataFrame, source: str) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the facilities as points, and where each is entered: gates and paths on the outline of an area."""
    if not found.facilities:
        return tables.empty(tables.FACILITIES, WGS84), tables.empty(tables.ENTRANCES, WGS84)
    shapes = gpd.GeoSeries(found.shapes, crs=WGS84)
    frame = gpd.GeoDataFrame(found.facilities, geometry=shapes, crs=WGS84).assign(source=source)
    is_area = shapes.geom_type != "Point"
    inside = frame[is_area].sjoin(frame[~is_area][["category", "name", "geometry"]], predicate="contains")
    same = (inside["category_left"] == inside["category_right"]) & (
        (inside["name_left"] == inside["name_right"]) | inside["name_right"].isna()
    )
    frame = frame.drop(index=inside.loc[same, "index_right"].unique()).reset_index(drop=True)
    entrances = _entrances(frame, streets, found.doors)
    return frame.set_geometry(frame.geometry.representative_point()), entrances


def _entrances(
    frame: gpd.GeoDataFrame, streets: gpd.GeoDataFrame, doors: list[tuple[float, float]]
) -> gpd.GeoDataFrame:
    """Return one row per entrance; a place without any on its outline is entered at its own point."""
    areas = frame[frame.geom_type != "Point"]
    outlines = gpd.GeoDataFrame(areas[["facility_id"]], geometry=areas.boundary, crs=WGS84)
    found = [_doors_on(outlines, doors), _paths_across(outlines, streets)]
    known = pd.concat(found).drop_duplicates()
    alone = frame.loc[~frame["facility_id"].isin(known["facility_id"]), ["facility_id", "geometry"]]
    alone = alone.set_geometry(alone.geometry.representative_point())
    return gpd.GeoDataFrame(pd.concat([known, alone], ignore_index=True), geometry="geometry", crs=WGS84)


def _doors_on(outlines: gpd.GeoDataFrame, doors: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    points = gpd.GeoSeries(gpd.points_from_xy([d[0] for d in doors], [d[1] for d in doors]), crs=WGS84)
    outline, door = points.sindex.query(outlines.geometry, predicate="dwithin", distance=1e-6)
    owner = outlines["facility_id"].to_numpy()[outline]
    return gpd.GeoDataFrame({"facility_id": owner}, geometry=points.iloc[door].to_numpy(), crs=WGS84)


def _paths_across(outlines: gpd.GeoDataFrame, streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    outline, street = streets.sindex.query(outlines.geometry, predicate="crosses")
    met = shapely.intersection(outlines.geometry.to_numpy()[outline], streets.geometry.to_numpy()[street])
    points, pair = shapely.get_parts(met, return_index=True)
    is_point = shapely.get_type_id(points) == shapely.GeometryType.POINT
    owner = outlines["facility_id"].to_numpy()[outline[pair[is_point]]]
    return gpd.GeoDataFrame({"facility_id": owner}, geometry=points[is_point], crs=WGS84)


def _walls(found: Found, source: str) -> gpd.GeoDataFrame:
    if not found.walls:
        return tables.empty(tables.WALLS, WGS84)
    rows = [
        {"wall_id": i, "name": t.get("name"), "name_en": t.get("name:en"), "kind": t["barrier"], "is_planners": False}
        for i, t, _ in found.walls
    ]
    shapes = shapely.from_wkb([shape for *_, shape in found.walls])
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=WGS84).assign(source=source)


def _gates(found: Found, source: str) -> gpd.GeoDataFrame:
    if not found.gates:
        return tables.empty(tables.GATES, WGS84)
    rows = [
        {"gate_id": i, "name": t.get("name"), "access": gate_access(t), "hours": t.get("opening_hours")}
        for i, t, _ in found.gates
    ]
    points = gpd.points_from_xy([p[0] for *_, p in found.gates], [p[1] for *_, p in found.gates])
    return gpd.GeoDataFrame(rows, geometry=points, crs=WGS84).assign(source=source)


def _backdrop(found: Found) -> gpd.GeoDataFrame:
    if not found.backdrop:
        return tables.empty(tables.BACKDROP, WGS84)
    frame = pd.DataFrame([row[:4] for row in found.backdrop], columns=["kind", "name", "name_en", "detail"])
    shapes = shapely.from_wkb([row[4] for row in found.backdrop])
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=WGS84)


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
