"""Service areas of every category, as drawings: numbers never come from them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np

from geo.judge.reachable import Reachable
from geo.model.standards import Standard
from geo.model.study import Study
from geo.walk.field import METHOD, MIN_HOLE_M2, areas_m2, contours, cost_along, make_grid, sample_edges, spread
from geo.walk.network import Network
from geo.walk.snap import Joins

SERVICE_CELL_M = 25.0
"""Side of a cell for whole-city drawings."""

COLUMNS = ("category", "threshold", "threshold_unit", "area_m2", "method", "min_hole_m2")


def thresholds_of(standard: Standard) -> dict[str, list[float]]:
    """Return the thresholds in metres that the rules set for each category, ascending."""
    found: dict[str, set[float]] = {}
    for rule in standard.rules:
        for category in rule.categories:
            if rule.threshold_m is not None:
                found.setdefault(category, set()).add(rule.threshold_m)
    return {category: sorted(values) for category, values in sorted(found.items())}


def draw_service_areas(study: Study, network: Network, standard: Standard, found: Reachable) -> gpd.GeoDataFrame:
    """Return one row per category in the data and threshold: all within it of any facility. In study.crs.

    Columns are `COLUMNS`; ``area_m2`` comes from the distance field, the polygon is its contour.
    """
    samples = sample_edges(network, np.arange(len(network.edge_cm)), cell_m=SERVICE_CELL_M)
    bounds = (*samples.xy.min(axis=0), *samples.xy.max(axis=0))
    water = study.backdrop.geometry[study.backdrop["kind"] == "water"].to_numpy()
    grid = make_grid(bounds, cell_m=SERVICE_CELL_M, walls=study.walls.geometry.to_numpy(), water=water)
    wanted = {c: limits for c, limits in thresholds_of(standard).items() if c not in found.missing}

    def draw(category: str) -> list[dict[str, object]]:
        limits = [threshold * 100 for threshold in wanted[category]]
        node_cost = found.reach.node_m[:, found.categories.index(category)].astype(float) * 100
        along = cost_along(network, samples, node_cost, _doors(found, category))
        kept = along <= max(limits)
        field = spread(grid, samples.xy[kept], along[kept], per_m=100.0)
        shapes, areas = contours(grid, field, limits), areas_m2(grid, field, limits, network.ground_scale)
        return [
            {"category": category, "threshold": t, "threshold_unit": "m", "area_m2": a, "method": METHOD,
             "min_hole_m2": MIN_HOLE_M2, "geometry": s}
            for t, a, s in zip(wanted[category], areas, shapes, strict=True)
        ]  # fmt: skip

    with ThreadPoolExecutor() as pool:
        rows = [row for drawn in pool.map(draw, wanted) for row in drawn]
    if not rows:
        return gpd.GeoDataFrame({name: [] for name in COLUMNS}, geometry=gpd.GeoSeries([], crs=study.crs))
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=study.crs)


def _doors(found: Reachable, category: str) -> Joins:
    """Return how the entrances of a category join the streets."""
    mine = found.entrances.group == found.categories.index(category)
    joins = found.entrances.joins
    return joins.take(mine)
