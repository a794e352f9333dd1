"""Holding the files of a study against each other: far-off places, units that miss, overlap or leave holes."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo.model.errors import Problem, told
from geo.model.study import Study

FAR_M = 50_000.0
"""Places farther than this from every street belong to another study, or to another coordinate system."""

NEAR_M = 150.0
"""Places this near may still join a street (the usual join limit)."""

SLIVER_M2 = 100.0
"""Overlaps and holes below this area are not told."""


def check_together(study: Study) -> tuple[tuple[Problem, ...], dict[str, Any]]:
    """Return what is odd about the tables of a study together, and figures for its report."""
    findings: list[Problem] = []
    for name in ("units", "facilities", "demand", "walls", "gates"):
        findings += _check_near(study, name)
    overlaps, facts = _check_units(study)
    return tuple(findings + overlaps + _check_gates(study)), facts


def _check_gates(study: Study) -> list[Problem]:
    """Tell gates for residents only: whoever walks is let through them, which is too good for everybody else."""
    count = int((study.gates["access"] == "residents").sum())
    if not count:
        return []
    message = told("{gates} gates are for residents only; walks of others go through them too.", gates=count)
    remedy = "Give those that shorten the walks of others as closed, in a file of gates."
    return [Problem("gates", message, remedy, code="gates_for_all", count=count, severity="note")]


def _check_near(study: Study, name: str) -> list[Problem]:
    """Tell rows outside the streets' extent; it is an error where all of them are, or they are far off."""
    table: gpd.GeoDataFrame = getattr(study, name)
    if table.empty:
        return []
    box = np.asarray(study.streets.total_bounds)
    bounds = table.geometry.bounds.to_numpy()
    distance = np.hypot(*(np.maximum(0, np.maximum(box[:2] - bounds[:, 2:], bounds[:, :2] - box[2:])).T))
    outside = ~(distance <= NEAR_M)
    far = ~np.isfinite(distance) | (distance > FAR_M)
    rows = tuple(int(row) + 1 for row in np.flatnonzero(far if far.any() else outside)[:20])
    if outside.all() or far.any():
        count = int(far.sum()) if far.any() and not outside.all() else len(table)
        return [
            Problem(
                name,
                told("{places} of {of} rows lie outside the streets, up to {off_km:,.0f} km.", places=count,
                     of=len(table), off_km=np.nanmax(distance) / 1000),
                "Check that longitude and latitude are not swapped, and the CRS: FILE@gcj02, FILE@EPSG:4544.",
                code="far_from_study", rows=rows, count=count,
            )
        ]  # fmt: skip
    if not outside.any():
        return []
    count = int(outside.sum())
    return [
        Problem(
            name,
            told("{places} of {of} rows lie more than " f"{NEAR_M:.0f} m" " outside the streets.", places=count,
                 of=len(table)),
            "They are unknown unless a street is near.", code="outside_streets", rows=rows, count=count,
            severity="note",
        )
    ]  # fmt: skip


def _check_units(study: Study) -> tuple[list[Problem], dict[str, Any]]:
    """Tell how much of the smallest units overlap and how much lies between them."""
    leaves = study.units[~study.units["unit_id"].isin(study.units["parent_id"].dropna())]
    if leaves.empty:
        return [], {}
    shapes = leaves.geometry.to_numpy()
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = first < second
    common = shapely.area(shapely.intersection(shapes[first[once]], shapes[second[once]]))
    overlap = float(common[common > SLIVER_M2].sum())
    whole = shapely.union_all(shapes)
    rings = shapely.get_parts(whole)
    holes = [shapely.area(shapely.Polygon(ring)) for part in rings for ring in part.interiors]
    hole = float(sum(area for area in holes if area > SLIVER_M2))
    facts = {"units_overlap_m2": round(overlap), "units_holes_m2": round(hole)}
    found = []
    if overlap:
        pairs = int((common > SLIVER_M2).sum())
        found.append(
            Problem("units", told("{pairs} pairs of units overlap, together {km2:.2f} km².", pairs=pairs,
                                  km2=overlap / 1e6),
                    "People there are counted once, in the unit with the lower id.", code="units_overlap",
                    count=pairs, severity="note")
        )  # fmt: skip
    if hole:
        found.append(
            Problem("units", told("holes between the units, together {km2:.2f} km².", km2=hole / 1e6),
                    "People there are outside every unit.", code="units_holes", severity="note")
        )  # fmt: skip
    return found, facts
