"""Where something might be built: junctions of streets, premises, drawn points and parcels; and where nothing may.

A candidate stands somewhere and is entered somewhere; only of a parcel these are two places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.model.errors import InputError, Problem
from geo.plan.baseline import Baseline

SPACING_M = 100.0
"""Junctions of streets as candidates: one in each square of this side (ours)."""

PREMISES = ("service_centre", "service_station", "cultural_station", "subdistrict_office")
"""Categories whose buildings a community may share (ours)."""


@dataclass(frozen=True)
class Candidates:
    """Possible places, one row each.

    Attributes
    ----------
    ids, names, source
        What they are called, and what they are: street, premises, points or parcels.
    points
        Where they are entered, in study.crs.
    stands
        Where the building stands, in study.crs; None: where it is entered.
    """

    ids: tuple[str, ...]
    names: tuple[str | None, ...]
    source: str
    points: gpd.GeoSeries
    stands: gpd.GeoSeries | None = None

    @property
    def places(self) -> gpd.GeoSeries:
        """Where they stand, in study.crs."""
        return self.points if self.stands is None else self.stands

    def take(self, rows: Sequence[int] | NDArray[np.integer]) -> Candidates:
        """Return some of them, in the order of ``rows``."""
        at = np.asarray(rows, dtype=np.int64)
        ids, names = (tuple(values[row] for row in at) for values in (self.ids, self.names))
        points, stands = (None if s is None else s.iloc[at].reset_index(drop=True) for s in (self.points, self.stands))
        return replace(self, ids=ids, names=names, points=points, stands=stands)


def street_candidates(base: Baseline, spacing_m: float = SPACING_M) -> Candidates:
    """Return junctions of streets, the one nearest to the middle of each square that has any."""
    network = base.network
    cell = np.floor(network.node_xy / (spacing_m * network.ground_scale))
    away = np.hypot(*(network.node_xy / (spacing_m * network.ground_scale) - cell - 0.5).T)
    order = np.lexsort((network.node_id, away, cell[:, 1], cell[:, 0]))
    order = order[network.component[order] == 0]
    first = np.flatnonzero((np.diff(cell[order], axis=0, prepend=np.nan) != 0).any(axis=1))
    chosen = order[first]
    chosen = chosen[network.node_id[chosen] >= 0]
    points = gpd.GeoSeries(gpd.points_from_xy(*network.node_xy[chosen].T), crs=base.study.crs)
    ids = tuple(f"node-{n}" for n in network.node_id[chosen].tolist())
    return Candidates(ids, (None,) * len(ids), "street", points)


def premises_candidates(base: Baseline) -> Candidates:
    """Return the buildings of community services, at the entrance that stands first."""
    mine = base.study.facilities[base.study.facilities["category"].isin(PREMISES)]
    doors = base.study.entrances.drop_duplicates("facility_id").set_index("facility_id")
    mine = mine[mine["facility_id"].isin(doors.index)]
    points = doors.geometry.reindex(mine["facility_id"]).reset_index(drop=True)
    return Candidates(tuple(mine["facility_id"]), tuple(mine["name"]), "premises", points)


def drawn_candidates(base: Baseline, ids: Sequence[str], shapes: gpd.GeoSeries) -> Candidates:
    """Return a planner's points and parcels (any CRS).

    A parcel is entered where its outline lies nearest to a street, and stands at a point inside it.

    Raises
    ------
    InputError
        Two have the same id.
    """
    twice = sorted({name for name in ids if list(ids).count(name) > 1}) if len(set(ids)) < len(ids) else []
    if twice:
        message = f"{len(twice)} ids are given more than once: {', '.join(twice[:5])[:80]}."
        raise InputError(Problem("candidates", message, "Give every candidate an id of its own.", code="duplicate_id"))
    there = shapes.to_crs(base.study.crs).reset_index(drop=True)
    is_parcel = (shapely.get_dimensions(there.to_numpy()) == 2).astype(bool)
    names: tuple[str | None, ...] = (None,) * len(ids)
    if not is_parcel.any():
        return Candidates(tuple(ids), names, "points", there)
    entered, stands = there.to_numpy().copy(), there.to_numpy().copy()
    stands[is_parcel] = shapely.point_on_surface(stands[is_parcel])
    entered[is_parcel] = _street_sides(base, entered[is_parcel])
    entered, stands = (gpd.GeoSeries(side, crs=base.study.crs) for side in (entered, stands))
    return Candidates(tuple(ids), names, "parcels", entered, stands)


def without_forbidden(candidates: Candidates, areas: gpd.GeoSeries) -> Candidates:
    """Return the candidates that stand in none of some areas (any CRS)."""
    shapes = areas.to_crs(candidates.places.crs).to_numpy()
    inside = shapely.STRtree(shapes).query(candidates.places.to_numpy(), predicate="intersects")[0]
    return candidates.take(np.setdiff1d(np.arange(len(candidates.ids)), inside))


def _street_sides(base: Baseline, parcels: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the place on the outline of each parcel that is nearest to a street."""
    streets, outlines = base.study.streets.geometry.to_numpy(), shapely.boundary(parcels)
    found = shapely.STRtree(streets).query_nearest(outlines, all_matches=False)
    nearest = streets[found[1][np.argsort(found[0], kind="stable")]]
    return np.asarray(shapely.get_point(shapely.shortest_line(outlines, nearest), 0))
