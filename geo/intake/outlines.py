"""Where one enters a place that is known as an area: at gates and doors on its outline, and where paths cross it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.model.errors import Problem, told
from geo.model.study import Study

ON_OUTLINE_M = 5.0
"""A gate this near to an outline is on it, and a path must lead this far inside: the accuracy of mapping (ours)."""


def doors_on(outlines: gpd.GeoDataFrame, doors: gpd.GeoSeries, *, distance: float) -> gpd.GeoDataFrame:
    """Return the doors on each outline (``facility_id``, lines), to a distance in units of the CRS of both."""
    outline, door = doors.sindex.query(outlines.geometry, predicate="dwithin", distance=distance)
    owner = outlines["facility_id"].to_numpy()[outline]
    return gpd.GeoDataFrame({"facility_id": owner}, geometry=doors.iloc[door].to_numpy(), crs=outlines.crs)


def paths_across(outlines: gpd.GeoDataFrame, streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the points where streets cross each outline (``facility_id``, lines), in the CRS of both."""
    outline, street = streets.sindex.query(outlines.geometry, predicate="crosses")
    return _points_where(outlines, outlines.geometry.to_numpy()[outline], streets.geometry.to_numpy()[street], outline)


def _points_where(
    outlines: gpd.GeoDataFrame, lines: NDArray[np.object_], paths: NDArray[np.object_], at: NDArray[np.integer]
) -> gpd.GeoDataFrame:
    points, pair = shapely.get_parts(shapely.intersection(lines, paths), return_index=True)
    is_point = shapely.get_type_id(points) == shapely.GeometryType.POINT
    owner = outlines["facility_id"].to_numpy()[at[pair[is_point]]]
    return gpd.GeoDataFrame({"facility_id": owner}, geometry=points[is_point], crs=outlines.crs)


def open_outlines(study: Study) -> tuple[gpd.GeoDataFrame, tuple[Problem, ...]]:
    """Return the entrances of a study with those of places drawn as areas, and what was found.

    ``study.entrances`` holds the area itself, as a polygon, where nobody said how it is entered. It is entered at gates
    within `ON_OUTLINE_M` of the outline that are not closed, and where a street crosses the outline and leads as far
    inside; else at a point inside.
    """
    table = study.entrances
    is_area = shapely.get_dimensions(table.geometry.to_numpy()) == 2
    areas = table[is_area].reset_index(drop=True)
    if areas.empty:
        return table, ()
    outlines = areas.set_geometry(areas.boundary)
    gates = study.gates.loc[study.gates["access"] != "closed"].geometry
    found = [doors_on(outlines, gates, distance=ON_OUTLINE_M)] if len(gates) else []
    known = pd.concat([*found, _paths_inside(areas, study.streets)]).drop_duplicates()
    alone = areas[~areas["facility_id"].isin(known["facility_id"])]
    inside = study.facilities.set_index("facility_id").geometry
    alone = alone.set_geometry(inside[alone["facility_id"]].to_numpy(), crs=table.crs)
    whole = pd.concat([table[~is_area], known, alone], ignore_index=True)
    return gpd.GeoDataFrame(whole, geometry="geometry", crs=table.crs), _told(study, areas, alone)


def _paths_inside(areas: gpd.GeoDataFrame, streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return where streets cross the outlines of areas, but for those that only run along them."""
    inner = shapely.buffer(areas.geometry.to_numpy(), -ON_OUTLINE_M)
    inner = np.where(shapely.is_empty(inner), areas.geometry.to_numpy(), inner)
    area, street = streets.sindex.query(inner, predicate="intersects")
    lines = areas.geometry.to_numpy()[area]
    return _points_where(areas, shapely.boundary(lines), streets.geometry.to_numpy()[street], area)


def _told(study: Study, areas: gpd.GeoDataFrame, alone: gpd.GeoDataFrame) -> tuple[Problem, ...]:
    if alone.empty:
        return ()
    name = dict(zip(study.facilities["facility_id"], study.facilities["name"], strict=True))
    shown = ", ".join(str(name.get(one, one)) for one in alone["facility_id"][:3])
    message = told(
        "{places} of {of} places drawn as areas have no gate and no path into them ({examples}): they are entered at a"
        " point inside.",
        places=len(alone), of=len(areas), examples=shown,
    )  # fmt: skip
    remedy = "Give their entrances in a column, or gates on their outline."
    return (
        Problem("facilities", message, remedy, "entrances_guessed", count=len(alone),
                severity="note"),
    )  # fmt: skip
