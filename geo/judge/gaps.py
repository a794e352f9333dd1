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
    pairs = _close_pairs(shapely.get_coordinates(study.demand.geometry.to_numpy()))
    pairs = pairs[demand_unit[pairs[:, 0]] == demand_unit[pairs[:, 1]]]
    unit_ids = np.array([*study.units["unit_id"], None], dtype=object)

    def of_rule(r: int) -> tuple[pd.DataFrame, list[NDArray[np.int64]]]:
        rule = standard.rules[r]
        patches = _patches((status[:, r] == UNCOVERED) & (people > 0), pairs)
        if not len(patches.rows):
            return pd.DataFrame(), []
        columns = [found.categories.index(c) for c in rule.categories]
        walk, crow, target = _of_rule(columns, found.reach.place_m, line)
        severed = crow <= limits_m[r]
        table = _describe(rule, patches, people, walk=walk, crow=crow, severed=severed)
        table["unit_id"] = unit_ids[demand_unit[patches.rows[patches.first]]]
        table["wall_id"] = _walls_between(study, patches, people, severed, target)
        return table, np.split(patches.rows, patches.first[1:])

    with ThreadPoolExecutor() as pool:
        tables, split = zip(*pool.map(of_rule, range(len(standard.rules))), strict=True)
    whole = pd.concat(tables, ignore_index=True)
    members = [rows for part in split for rows in part]
    return _ranked(whole.reindex(columns=list(COLUMNS)), _draw(study, members, demand_unit), study.crs)


@dataclass(frozen=True)
class _Patches:
    """The patches of a rule: uncovered places one patch after the other, the patch of each, where each begins."""

    rows: NDArray[np.int64]
    label: NDArray[np.int64]
    first: NDArray[np.int64]

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum over each patch of values given for ``rows``."""
        return np.bincount(self.label, weights=values, minlength=len(self.first)).astype(np.float64)


def _draw(study: Study, members: list[NDArray[np.int64]], demand_unit: NDArray[np.int32]) -> list[shapely.Geometry]:
    """Return the discs of each patch as one shape, cut at the border of its unit so that neighbours do not overlap.

    Several rules often leave out the same places; each drawing is made once.
    """
    discs = shapely.buffer(study.demand.geometry.to_numpy(), DISC_M, quad_segs=2)
    units = study.units.geometry.to_numpy()

    def draw(rows: NDArray[np.int64]) -> shapely.Geometry:
        shape = shapely.simplify(shapely.union_all(discs[rows]), SIMPLIFY_M)
        unit = demand_unit[rows[0]]
        return shapely.intersection(shape, units[unit]) if unit >= 0 else shape

    once = {rows.tobytes(): rows for rows in members}
    with ThreadPoolExecutor() as pool:
        drawn = dict(zip(once, pool.map(draw, once.values()), strict=True))
    return [drawn[rows.tobytes()] for rows in members]


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


def _patches(uncovered: NDArray[np.bool_], pairs: NDArray[np.int64]) -> _Patches:
    """Return the patches: uncovered places linked by closeness."""
    rows = np.flatnonzero(uncovered)
    position = np.full(len(uncovered), -1, np.int64)
    position[rows] = np.arange(len(rows))
    links = position[pairs[uncovered[pairs].all(axis=1)]]
    graph = coo_array((np.ones(len(links), np.int8), (links[:, 0], links[:, 1])), shape=(len(rows), len(rows)))
    label = connected_components(graph, directed=False)[1].astype(np.int64) if len(rows) else rows
    order = np.argsort(label, kind="stable")
    return _Patches(rows[order], label[order], _starts(label[order]))


def _starts(label: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.flatnonzero(np.diff(label, prepend=-1))


def _describe(
    rule: Rule,
    patches: _Patches,
    people: NDArray[np.float64],
    *,
    walk: NDArray[np.float64],
    crow: NDArray[np.float64],
    severed: NDArray[np.bool_],
) -> pd.DataFrame:
    crowd = people[patches.rows]
    total, cut_off = patches.sums(crowd), patches.sums(crowd * severed[patches.rows])
    return pd.DataFrame(
        {
            "category": rule.category,
            "rule_id": rule.rule_id,
            "people": np.round(total, 3),
            "places": np.diff([*patches.first, len(patches.rows)]),
            "cause": np.array(CAUSES, dtype=object)[(cut_off * 2 > total).astype(int)],
            "people_severed": np.round(cut_off, 3),
            "nearest_walk_m": _medians(walk[patches.rows], crowd, patches),
            "nearest_line_m": _medians(crow[patches.rows], crowd, patches),
        }
    )


def _medians(values: NDArray[np.float64], weights: NDArray[np.float64], patches: _Patches) -> NDArray[np.float64]:
    """Return the weighted median of each patch; nan where it is infinite."""
    order = np.lexsort((values, patches.label))
    running = np.cumsum(weights[order])
    total = patches.sums(weights)
    before = np.concatenate([[0.0], np.cumsum(total)[:-1]])
    last = np.append(patches.first[1:], len(values)) - 1
    middle = np.clip(np.searchsorted(running, before + total / 2), patches.first, last)
    found = values[order][middle]
    return np.where(np.isfinite(found), np.round(found, 1), np.nan)


def _walls_between(
    study: Study,
    patches: _Patches,
    people: NDArray[np.float64],
    severed: NDArray[np.bool_],
    target: NDArray[np.float64],
) -> NDArray[np.object_]:
    """Return the wall across the straight lines of most of the severed people of each patch, None where none is."""
    found = np.full(len(patches.first), None, dtype=object)
    at = np.flatnonzero(severed[patches.rows])
    if study.walls.empty or not len(at):
        return found
    rows = patches.rows[at]
    here = shapely.get_coordinates(study.demand.geometry.to_numpy()[rows])
    lines = shapely.linestrings(np.stack([here, target[rows]], axis=1))
    hit, wall = study.walls.sindex.query(lines, predicate="crosses")
    ids = study.walls["wall_id"].to_numpy(dtype=object)
    weighed = pd.DataFrame({"patch": patches.label[at[hit]], "wall": ids[wall], "people": people[rows[hit]]})
    most = weighed.groupby(["patch", "wall"], as_index=False)["people"].sum()
    most = most.sort_values(["patch", "people", "wall"], ascending=[True, False, True]).drop_duplicates("patch")
    found[most["patch"].to_numpy(dtype=int)] = most["wall"].to_numpy(dtype=object)
    return found


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
