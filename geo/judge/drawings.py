"""Service areas and catchments of every category, as drawings: numbers never come from them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.judge.rollup import THOUSANDTHS, milli
from geo.model.assessment import Assessment
from geo.model.standards import Standard
from geo.model.study import Study
from geo.walk.catchment import owned_field, shared_out
from geo.walk.field import METHOD, MIN_HOLE_M2, areas_m2, contours
from geo.walk.isochrone import Ground
from geo.walk.network import Network
from geo.walk.reach import Entrances
from geo.walk.samples import sample_edges
from geo.walk.service_area import SERVICE_CELL_M
from geo.walk.snap import join

AREA_COLUMNS = ("category", "threshold", "threshold_unit", "area_m2", "method", "min_hole_m2")
CATCHMENT_COLUMNS = ("facility_id", "name", *AREA_COLUMNS[:4], "people", *AREA_COLUMNS[4:])

Rows = list[dict[str, Any]]
Share = tuple[list[Any], list[Any]]
"""Area and shape at each threshold."""


def thresholds_of(standard: Standard) -> dict[str, list[float]]:
    """Return the thresholds in metres that the rules set for each category, ascending."""
    found: dict[str, set[float]] = {}
    for rule in standard.rules:
        for category in rule.categories:
            if rule.threshold_m is not None:
                found.setdefault(category, set()).add(rule.threshold_m)
    return {category: sorted(values) for category, values in sorted(found.items())}


def count_areas(study: Study, assessment: Assessment) -> tuple[int, int]:
    """Return how many rows `draw_areas` will have, without drawing."""
    number, wanted = study.facilities["category"].value_counts(), _wanted(assessment)
    return sum(map(len, wanted.values())), sum(len(limits) * int(number[c]) for c, limits in wanted.items())


def draw_areas(study: Study, network: Network, assessment: Assessment) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return service areas, one row per category in the data and threshold, and catchments, one per facility of them.

    Columns are `AREA_COLUMNS` and `CATCHMENT_COLUMNS`, in study.crs. ``area_m2`` comes from the distance field, the
    polygon is its contour; ``people`` of a catchment are those whose nearest facility of the category it is, by the
    search. A facility that joins no street has no figures and no shape. Drawn when first asked for, and kept with the
    assessment.
    """
    if draw_areas not in assessment.made:
        assessment.made[draw_areas] = _draw_areas(study, network, assessment)
    drawn: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame] = assessment.made[draw_areas]
    return drawn


def _draw_areas(study: Study, network: Network, assessment: Assessment) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    samples = sample_edges(network, np.arange(len(network.edge_cm)), cell_m=SERVICE_CELL_M)
    grid = Ground.of(study).grid(samples.xy, cell_m=SERVICE_CELL_M)
    wanted, entrances = _wanted(assessment), _entrances(study, network)
    ids, names = (study.facilities[name].tolist() for name in ("facility_id", "name"))

    def draw(category: str) -> tuple[Rows, Rows]:
        thresholds, mine = wanted[category], _facilities(study, category)
        limits = [threshold * 100 for threshold in thresholds]
        doors, people = _doors(entrances, mine), _people(study, assessment, category, mine)
        field = owned_field(network, grid, samples, doors, limit=max(limits), per_m=100.0)
        whole, areas = contours(grid, field[0], limits), areas_m2(grid, field[0], limits, network.ground_scale)
        shares = shared_out(grid, field, whole, limits, scale=network.ground_scale)
        dissolved = [_row(category, *figures) for figures in zip(thresholds, areas, whole, strict=True)]
        nobody: Share = ([0.0] * len(limits), [shapely.MultiPolygon()] * len(limits))
        unknown: Share = ([None] * len(limits), [None] * len(limits))
        shared = []
        for place, row in enumerate(mine):
            is_joined = bool(np.isfinite(assessment.facility_access_m[row]))
            share = shares.get(place, nobody) if is_joined else unknown
            named = {"facility_id": ids[row], "name": names[row]}
            for number, figures in enumerate(zip(thresholds, *share, strict=True)):
                crowd = people(place, thresholds[number]) if is_joined else None
                shared.append({**named, **_row(category, *figures), "people": crowd})
        return dissolved, shared

    with ThreadPoolExecutor() as pool:
        drawn = list(pool.map(draw, wanted))
    rows = ([row for part in drawn for row in part[number]] for number in (0, 1))
    return _frame(next(rows), AREA_COLUMNS, study.crs), _frame(next(rows), CATCHMENT_COLUMNS, study.crs)


def _row(category: str, threshold: float, area: float | None, shape: shapely.Geometry | None) -> dict[str, Any]:
    return {"category": category, "threshold": threshold, "threshold_unit": "m", "area_m2": area, "method": METHOD,
            "min_hole_m2": MIN_HOLE_M2, "geometry": shape}  # fmt: skip


def _frame(rows: Rows, columns: tuple[str, ...], crs: str) -> gpd.GeoDataFrame:
    values = {name: [row[name] for row in rows] for name in columns}
    frame = gpd.GeoDataFrame(values, geometry=gpd.GeoSeries([row["geometry"] for row in rows], crs=crs))
    return frame.astype({name: float for name in columns if name in ("threshold", "area_m2", "people")})


def _facilities(study: Study, category: str) -> NDArray[np.int64]:
    """Return the rows of a category's facilities in the order of their ids: of equally near ones the first is named."""
    rows = np.flatnonzero(study.facilities["category"].to_numpy() == category)
    return rows[np.argsort(study.facilities["facility_id"].to_numpy(dtype=str)[rows], kind="stable")]


def _wanted(assessment: Assessment) -> dict[str, list[float]]:
    """Return the thresholds of the categories that are in the data."""
    thresholds = thresholds_of(assessment.standard)
    return {c: limits for c, limits in thresholds.items() if c not in assessment.missing_categories}


def _entrances(study: Study, network: Network) -> Entrances:
    """Return how all entrances join the streets, owned by the rows of their facilities."""
    joins = join(network, study.entrances.geometry, walls=study.walls.geometry, gates=study.gates)
    row = pd.Index(study.facilities["facility_id"]).get_indexer(study.entrances["facility_id"]).astype(np.int32)
    return Entrances(joins, row, np.zeros(len(row), np.int32))


def _doors(entrances: Entrances, facilities: NDArray[np.int64]) -> Entrances:
    """Return the joined entrances of some facilities, owned by their place among them."""
    owner = pd.Index(facilities).get_indexer(entrances.owner).astype(np.int32)
    mine = np.flatnonzero((owner >= 0) & entrances.joins.is_joined)
    return Entrances(entrances.joins.take(mine), owner[mine], entrances.group[mine])


def _people(
    study: Study, assessment: Assessment, category: str, facilities: NDArray[np.int64]
) -> Callable[[int, float], float]:
    """Return the question how many people have a facility, by its place among some, as their nearest within metres."""
    column = assessment.categories.index(category)
    owner = pd.Index(facilities).get_indexer(assessment.demand_nearest[:, column])
    walk_m, people = assessment.demand_walk_m[:, column], milli(study.demand["people"].to_numpy())

    @cache
    def within(metres: float) -> NDArray[np.float64]:
        near = (owner >= 0) & (walk_m <= metres)
        return np.bincount(owner[near], weights=people[near], minlength=len(facilities)) / THOUSANDTHS

    return lambda place, metres: float(within(metres)[place])
