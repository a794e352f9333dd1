"""Gathering uncovered people into patches: where they are, how many, and why.

Places of one rule and one unit that lie close together are one patch, so a patch has one place in the hierarchy. The
cause is told per place: no facility within the threshold even as the crow flies, or one by line but not by walking
(severed), and then which wall lies between.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geo.judge.reachable import Reachable
from geo.model.assessment import CAUSES, UNCOVERED
from geo.model.standards import Rule, Standard
from geo.model.study import Study

LINK_M = 150.0
"""Places closer than this belong to the same patch (ours)."""

DISC_M = 75.0
"""Radius of the disc a place is drawn with: half of `LINK_M`, so that the discs of a patch hang together."""

SIMPLIFY_M = 8.0
"""The drawing of a patch is smoothed by this much; nothing is counted by it."""

COLUMNS = (
    "gap_id", "category", "rule_id", "rank", "people", "places", "cause", "people_severed", "unit_id",
    "nearest_walk_m", "nearest_line_m", "wall_id",
)  # fmt: skip


@dataclass(frozen=True)
class LineDistance:
    """As the crow flies: metres (D, C) to the nearest entrance of each category and where it stands (D, C, 2)."""

    metres: NDArray[np.float64]
    target_xy: NDArray[np.float64]


def line_distances(
    study: Study, categories: tuple[str, ...], entrance_category: NDArray[np.int32], *, scale: float
) -> LineDistance:
    """Return straight distances from every demand place to the nearest entrance of every category.

    Parameters
    ----------
    entrance_category
        int32 (K,): position in ``categories`` for the rows of ``study.entrances``.
    scale
        Metres of study.crs per metre on the ground.
    """
    places = shapely.get_coordinates(study.demand.geometry.to_numpy())
    doors = shapely.get_coordinates(study.entrances.geometry.to_numpy())
    metres = np.full((len(places), len(categories)), np.inf)
    target = np.full((len(places), len(categories), 2), np.nan)
    for column in range(len(categories)):
        mine = doors[entrance_category == column]
        if len(mine) and len(places):
            distance, nearest = cKDTree(mine).query(places)
            metres[:, column], target[:, column] = distance / scale, mine[nearest]
    return LineDistance(metres, target)


def find_gaps(
    study: Study,
    standard: Standard,
    found: Reachable,
    *,
    status: NDArray[np.int8],
    line: LineDistance,
    limits_m: list[float],
    demand_unit: NDArray[np.int32],
) -> gpd.GeoDataFrame:
    """Return one row per patch of uncovered people of one rule and one unit, most people first, in study.crs.

    ``limits_m`` are the metres each rule allows, in the order of its rules (`Rule.metres`).
    Columns are `COLUMNS` and the drawing, a union of discs of `DISC_M`. ``nearest_walk_m`` and ``nearest_line_m`` are
    the medians over the people of the patch; null where most of them reach nothing.
    """
    people = study.demand["people"].to_numpy(dtype=float)
    places = study.demand.geometry.to_numpy()
    discs = shapely.buffer(places, DISC_M, quad_segs=2)
    pairs = _close_pairs(shapely.get_coordinates(places))
    pairs = pairs[demand_unit[pairs[:, 0]] == demand_unit[pairs[:, 1]]]
    records, members = [], []
    for r, rule in enumerate(standard.rules):
        uncovered = (status[:, r] == UNCOVERED) & (people > 0)
        columns = [found.categories.index(c) for c in rule.categories]
        walk, crow, target = _of_rule(columns, found.reach.place_m, line)
        severed = uncovered & (crow <= limits_m[r])
        for rows in _patches(uncovered, pairs):
            records.append(_describe(rule, rows, people, walk, crow, severed))
            records[-1] |= _where(study, rows, people, demand_unit, severed, target)
            members.append(rows)
    with ThreadPoolExecutor() as pool:
        shapes = list(pool.map(lambda rows: shapely.simplify(shapely.union_all(discs[rows]), SIMPLIFY_M), members))
    shapes = _inside(shapes, study.units.geometry.to_numpy(), np.array([demand_unit[rows[0]] for rows in members], int))
    return _ranked(pd.DataFrame(records, columns=list(COLUMNS)), shapes, study.crs)


def _inside(
    shapes: list[shapely.Geometry], units: NDArray[np.object_], unit: NDArray[np.int64]
) -> list[shapely.Geometry]:
    """Return the drawings cut at the border of their unit, so that neighbours do not overlap."""
    drawn = np.array(shapes, dtype=object)
    has_unit = unit >= 0
    drawn[has_unit] = shapely.intersection(drawn[has_unit], units[unit[has_unit]])
    return list(drawn)


def _of_rule(
    columns: list[int], walk_m: NDArray[np.float64], line: LineDistance
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return walk, line and nearest place by line over the categories of a rule."""
    nearest = np.argmin(line.metres[:, columns], axis=1)
    chosen = np.asarray(columns)[nearest]
    rows = np.arange(len(chosen))
    return walk_m[:, columns].min(axis=1), line.metres[rows, chosen], line.target_xy[rows, chosen]


def _close_pairs(xy: NDArray[np.float64]) -> NDArray[np.int64]:
    if not len(xy):
        return np.empty((0, 2), np.int64)
    return np.asarray(cKDTree(xy).query_pairs(LINK_M, output_type="ndarray"))


def _patches(uncovered: NDArray[np.bool_], pairs: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the rows of every patch: uncovered places linked by closeness."""
    rows = np.flatnonzero(uncovered)
    if not len(rows):
        return []
    position = np.full(len(uncovered), -1, np.int64)
    position[rows] = np.arange(len(rows))
    links = position[pairs[uncovered[pairs].all(axis=1)]]
    graph = coo_array((np.ones(len(links), np.int8), (links[:, 0], links[:, 1])), shape=(len(rows), len(rows)))
    _, label = connected_components(graph, directed=False)
    order = np.argsort(label, kind="stable")
    return np.split(rows[order], np.flatnonzero(np.diff(label[order])) + 1)


def _describe(
    rule: Rule,
    rows: NDArray[np.int64],
    people: NDArray[np.float64],
    walk: NDArray[np.float64],
    crow: NDArray[np.float64],
    severed: NDArray[np.bool_],
) -> dict[str, object]:
    total, cut_off = people[rows].sum(), people[rows][severed[rows]].sum()
    return {
        "category": rule.category,
        "rule_id": rule.rule_id,
        "people": round(float(total), 3),
        "places": len(rows),
        "cause": CAUSES[int(cut_off * 2 > total)],
        "people_severed": round(float(cut_off), 3),
        "nearest_walk_m": _median(walk[rows], people[rows]),
        "nearest_line_m": _median(crow[rows], people[rows]),
    }


def _where(
    study: Study,
    rows: NDArray[np.int64],
    people: NDArray[np.float64],
    demand_unit: NDArray[np.int32],
    severed: NDArray[np.bool_],
    target: NDArray[np.float64],
) -> dict[str, object]:
    units = demand_unit[rows]
    home = np.bincount(units[units >= 0], weights=people[rows][units >= 0]) if (units >= 0).any() else None
    unit_id = None if home is None else str(study.units["unit_id"].iloc[int(home.argmax())])
    cut = rows[severed[rows]]
    return {"unit_id": unit_id, "wall_id": _wall_between(study, cut, people, target)}


def _wall_between(
    study: Study, rows: NDArray[np.int64], people: NDArray[np.float64], target: NDArray[np.float64]
) -> str | None:
    """Return the wall that lies across the straight lines of most of the severed people, if any."""
    if not len(rows) or study.walls.empty:
        return None
    here = shapely.get_coordinates(study.demand.geometry.to_numpy()[rows])
    lines = shapely.linestrings(np.stack([here, target[rows]], axis=1))
    hit, wall = study.walls.sindex.query(lines, predicate="crosses")
    if not len(hit):
        return None
    weight = np.bincount(wall, weights=people[rows][hit])
    return str(study.walls["wall_id"].iloc[int(weight.argmax())])


def _median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float | None:
    order = np.argsort(values, kind="stable")
    middle = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
    value = float(values[order][min(int(middle), len(order) - 1)])
    return round(value, 1) if np.isfinite(value) else None


def _ranked(gaps: pd.DataFrame, shapes: list[shapely.Geometry], crs: str) -> gpd.GeoDataFrame:
    """Return the patches, most people first, numbered over all rules; ids count within the rule."""
    frame = gpd.GeoDataFrame(gaps, geometry=gpd.GeoSeries(shapes, crs=crs), crs=crs)
    corner = frame.geometry.bounds
    order = np.lexsort((corner["miny"], corner["minx"], frame["rule_id"], -frame["people"].astype(float)))
    frame = frame.iloc[order].reset_index(drop=True)
    frame["rank"] = np.arange(1, len(frame) + 1)
    nth = frame.groupby("rule_id").cumcount() + 1
    frame["gap_id"] = [f"{rule.replace('/', '-')}-{n:03d}" for rule, n in zip(frame["rule_id"], nth, strict=True)]
    return frame
