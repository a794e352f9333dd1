"""From what was gathered of OpenStreetMap to tables: streets, facilities with entrances, walls, gates, backdrop."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geo.intake.osm_found import Found
from geo.intake.osm_streets import cut_into_pieces
from geo.intake.osm_tags import gate_access
from geo.intake.outlines import doors_on, paths_across
from geo.intake.states import CLOSED, PLANNED, not_open_message
from geo.model import tables
from geo.model.crs import WGS84
from geo.model.errors import Problem, told
from geo.model.study import FileReport

CREDIT = "© OpenStreetMap contributors, ODbL 1.0"
SAMPLE_GENERATOR = "LifeCircle sample"


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
    points = gpd.GeoSeries(gpd.points_from_xy([d[0] for d in doors], [d[1] for d in doors]), crs=WGS84)
    found = [doors_on(outlines, points, distance=1e-6), paths_across(outlines, streets)]
    known = pd.concat(found).drop_duplicates()
    alone = frame.loc[~frame["facility_id"].isin(known["facility_id"]), ["facility_id", "geometry"]]
    alone = alone.set_geometry(alone.geometry.representative_point())
    return gpd.GeoDataFrame(pd.concat([known, alone], ignore_index=True), geometry="geometry", crs=WGS84)


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


def osm_report(data: OsmData, name: str) -> FileReport:
    """Return what became of the features of an OpenStreetMap file called ``name``."""
    broken = data.facts.get("broken_areas", 0)
    cut = data.facts.get("ways_with_missing_nodes", 0)
    read = len(data.streets) + len(data.facilities) + broken
    problems = []
    if cut:
        message = told("{ways} ways lack nodes, as at the edge of an extract; the rest of them is used.", ways=cut)
        problems.append(Problem(name, message, code="nodes_missing", count=cut, severity="note"))
    if broken:
        problems.append(
            Problem(name, f"{broken} areas or lines could not be put together.", code="area_broken", count=broken,
                    severity="note")
        )  # fmt: skip
    state = data.facilities["state"] if "state" in data.facilities else data.facilities["category"][:0]
    shut = data.facilities[state.isin([CLOSED, PLANNED])] if len(state) else data.facilities[:0]
    if len(shut):
        message = not_open_message(shut["state"], shut["name"].fillna(shut["facility_id"]))
        problems.append(Problem(name, message, code="facility_not_open", count=len(shut), severity="note"))
    facts = {"unmatched": data.facts["unmatched"]}
    return FileReport("osm", name, read, read - broken, 0, broken, tuple(problems), facts)
