"""Patches: places of one unit that lack the same and lie close together, how they are measured, drawn and named."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.model.assessment import Assessment
from geo.model.study import Study
from geo.walk.kernels import gathered, middles

LINK_M = 150.0
"""Places closer than this belong to the same patch (ours)."""

DISC_M = 75.0
"""Radius of the disc a place is drawn with: half of `LINK_M`, so that the discs of a patch hang together."""

SIMPLIFY_M = 8.0
"""The drawing of a patch is smoothed by this much; nothing is counted by it."""

STREET_M = 300.0
"""A patch is named by a street no farther than this from its most populous place (ours)."""


@dataclass(frozen=True)
class Patches:
    """The patches of a rule: places one patch after the other, the patch of each, where each patch begins."""

    rows: NDArray[np.int64]
    label: NDArray[np.int64]
    first: NDArray[np.int64]

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum over each patch of values given for ``rows``."""
        return np.bincount(self.label, weights=values, minlength=len(self.first)).astype(np.float64)

    def medians(self, values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weighted median of each patch to a tenth; nan where it is infinite."""
        found = middles(self.first, np.ascontiguousarray(values), np.ascontiguousarray(weights))
        return np.where(np.isfinite(found), np.round(found, 1), np.nan)

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many places each patch has."""
        return np.diff(self.first, append=len(self.rows))


def close_pairs(study: Study, unit: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return pairs of places, int32 (n, 2), within `LINK_M` of each other and in the same ``unit`` (D,) or in none."""
    xy = shapely.get_coordinates(study.demand.geometry.to_numpy())
    if not len(xy):
        return np.empty((0, 2), np.int32)
    pairs = np.asarray(cKDTree(xy).query_pairs(LINK_M, output_type="ndarray"), np.int32)
    return np.ascontiguousarray(pairs[unit[pairs[:, 0]] == unit[pairs[:, 1]]])


def gather(family: NDArray[np.int8], pairs: NDArray[np.int32]) -> Patches:
    """Return the patches: places of one family (0: none) linked by closeness."""
    return Patches(*gathered(np.ascontiguousarray(family), pairs))


def draw_gaps(study: Study, assessment: Assessment, gaps: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return some rows of ``assessment.gaps`` with their shapes, in study.crs: a drawing, made when somebody looks.

    A patch is drawn as the discs of its places, cut at the border of its unit so that neighbours do not overlap.
    Several rules often leave out the same places; each drawing is made once.
    """
    places, units = study.demand.geometry.to_numpy(), study.units.geometry.to_numpy()
    members = _members(assessment, gaps)

    def drawn(rows: NDArray[np.int64]) -> shapely.Geometry:
        discs = shapely.buffer(places[rows], DISC_M, quad_segs=2)
        shape, unit = shapely.simplify(shapely.union_all(discs), SIMPLIFY_M), assessment.demand_unit[rows[0]]
        return shapely.intersection(shape, units[unit]) if unit >= 0 else shape

    once = {rows.tobytes(): rows for rows in members}
    with ThreadPoolExecutor() as pool:
        shapes = dict(zip(once, pool.map(drawn, once.values()), strict=True))
    return gpd.GeoDataFrame(gaps, geometry=[shapes[rows.tobytes()] for rows in members], crs=study.crs)


def _members(assessment: Assessment, gaps: pd.DataFrame) -> list[NDArray[np.int64]]:
    """Return the demand places of some gaps, ascending."""
    number = {rule.rule_id: column for column, rule in enumerate(assessment.standard.rules)}
    found: dict[int, NDArray[np.int64]] = {}
    for rule_id, mine in gaps.groupby("rule_id"):
        gap = assessment.demand_gap[:, number[rule_id]]
        rows = np.flatnonzero(np.isin(gap, mine.index))
        rows = rows[np.argsort(gap[rows], kind="stable")]
        first = np.flatnonzero(np.diff(gap[rows], prepend=-1))
        found |= dict(zip(gap[rows[first]].tolist(), np.split(rows, first[1:]), strict=True))
    return [found[row] for row in gaps.index]


def nearest_streets(study: Study, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the row of the named street nearest to each demand place, -1 where none is within `STREET_M`.

    Of equally near streets the one whose name sorts first is taken.
    """
    found = np.full(len(places), -1, np.int64)
    named = np.flatnonzero(study.streets["name"].notna().to_numpy())
    if not len(named) or not len(places):
        return found
    order = np.argsort(study.streets["name"].to_numpy(dtype=str)[named], kind="stable")
    named = named[order]
    tree = shapely.STRtree(study.streets.geometry.to_numpy()[named])
    once, back = np.unique(places, return_inverse=True)
    points = study.demand.geometry.to_numpy()[once]
    at, street = tree.query_nearest(points, max_distance=STREET_M, all_matches=True)
    least = np.full(len(once), len(named), np.int64)
    np.minimum.at(least, at, street)
    return np.append(named, -1)[least][back]
