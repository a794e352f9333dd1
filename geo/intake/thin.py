"""Where the streets are too thin, or end too near, to judge by: told unit by unit, before anybody reads a verdict."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from geo.model.errors import Problem, told
from geo.model.study import Study

FOOT_KINDS = ("footway", "path", "pedestrian", "steps", "living_street", "track", "corridor")

LEAST_FOOT_SHARE, LEAST_KM_PER_KM2 = 0.05, 8.0
"""A unit with a smaller share of footways and fewer streets than both is too thin (ours; 8 km/km2 is the density of
streets that Chinese city planning asks for, recalled)."""

EDGE_M = 1_000.0
"""The longest walk of a 15-minute circle: nearer to the edge of the streets, ways and services beyond are not seen."""


def check_streets(study: Study) -> tuple[tuple[Problem, ...], dict[str, Any]]:
    """Return notes on units with thin streets and on people near the edge of the streets, and figures of both."""
    thin = _thin_units(study)
    near = _people_near_edge(study)
    found = []
    if thin:
        names = ", ".join(str(one["name"]) for one in thin[:5]) + (" …" if len(thin) > 5 else "")
        message = told(
            "{units} units have " f"under {LEAST_FOOT_SHARE:.0%} footways and under {LEAST_KM_PER_KM2:g} km of street "
            "per km2, too thin to judge: {examples}.",
            units=len(thin), examples=names,
        )  # fmt: skip
        remedy = "Map the footways there, or give a fuller street layer."
        found.append(Problem("streets", message, remedy, "streets_thin", count=len(thin), severity="note"))
    if near:
        message = told(
            "{people:,.0f} people live within " f"{EDGE_M:,.0f} m of the edge of the streets; "
            "beyond it nothing is seen.",
            people=near,
        )  # fmt: skip
        remedy = "Load streets that reach farther than the homes."
        found.append(Problem("streets", message, remedy, "edge_near", severity="note"))
    return tuple(found), {"thin_units": thin, "people_near_edge": near}


def _thin_units(study: Study) -> list[dict[str, Any]]:
    """Return the thin ones of the smallest units, with their figures."""
    leaves = study.units[~study.units["unit_id"].isin(study.units["parent_id"].dropna())]
    if leaves.empty:
        return []
    lines, is_foot = study.streets.geometry.to_numpy(), study.streets["kind"].isin(FOOT_KINDS).to_numpy()
    shapes = leaves.geometry.to_numpy()
    unit, line = shapely.STRtree(lines).query(shapes, predicate="intersects")
    metres = shapely.length(shapely.intersection(shapes[unit], lines[line]))
    whole = np.bincount(unit, metres, len(leaves))
    foot = np.bincount(unit, metres * is_foot[line], len(leaves))
    share = foot / np.maximum(whole, 1e-9)
    density = whole / 1000 / np.maximum(shapely.area(shapes) / 1e6, 1e-9)
    thin = np.flatnonzero((share < LEAST_FOOT_SHARE) & (density < LEAST_KM_PER_KM2))
    return [
        {
            "unit_id": leaves["unit_id"].iloc[row], "name": leaves["name"].iloc[row],
            "street_m": round(float(whole[row])), "foot_share": round(float(share[row]), 3),
            "km_per_km2": round(float(density[row]), 2),
        }
        for row in thin
    ]  # fmt: skip


def _people_near_edge(study: Study) -> float:
    """Return the people nearer than `EDGE_M` to the convex hull of the streets, or outside it."""
    if study.demand.empty or study.streets.empty:
        return 0.0
    hull = shapely.convex_hull(shapely.multipoints(shapely.get_coordinates(study.streets.geometry.to_numpy())))
    is_inner = shapely.contains_properly(shapely.buffer(hull, -EDGE_M), study.demand.geometry.to_numpy())
    return float(study.demand["people"].to_numpy(dtype=float)[~is_inner].sum().round(3))
