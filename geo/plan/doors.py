"""Doors after a scenario: everybody keeps the door of before, and may use what was opened.

A home goes out by the street that it joined on the base. Were it to join anew, a path drawn past it could lengthen its
walk, and a closed one shorten it, by nothing but our rule of the nearest street.
"""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.judge.doors import Doors, concatenated, single
from geo.judge.reachable import Reachable, find_doors
from geo.model.study import Study
from geo.plan.apply import Edited
from geo.walk.build import build_network
from geo.walk.network import Network, edge_starts
from geo.walk.snap import JOIN_LIMIT_M, Joins, join

SAME_CM = 1
"""A door that moved by no more is the same one, rounded."""


def network_after(edited: Edited, network: Network) -> Network:
    """Return the network of a study after a scenario, made anew; closed streets are there, joined to nothing."""
    return built_after(edited, network.ground_scale) if edited.has_new_ways else network


def built_after(edited: Edited, scale: float) -> Network:
    """Return the network of ``edited.walked``; its edges know how far along the streets of the base they begin."""
    after = build_network(edited.walked, scale=scale)
    after.made[edge_starts] = edited.street_start_cm[after.edge_row] + edge_starts(after)
    return after


def doors_after(edited: Edited, network: Network, after: Network, base: Doors) -> Doors:
    """Return the doors of homes and entrances after a scenario.

    Parameters
    ----------
    network, after
        The networks of the base and of the study after the scenario.
    base
        The doors on the base, from `geo.judge.reachable.find_doors`.
    """
    known = frozenset(edited.base.facilities["category"])
    if not edited.has_new_ways:
        return _with_new_places(edited, network, base, known)
    where = _Where(edited, network, after)
    count, kept = len(edited.base.demand), edited.entrance_row >= 0
    homes, shut_row = where.translated(base.homes), where.depends_on_shut(edited.base.demand.geometry, base.homes)
    instead = where.translated(_join(network, edited.base.demand.geometry.iloc[shut_row], edited.base, edited.shut))
    opened, opened_row = where.opened(edited.base.demand.geometry, homes)
    rows = edited.entrance_row[kept]
    entrances = where.translated(base.entrances.take(rows))
    lost = where.depends_on_shut(edited.base.entrances.geometry.iloc[rows], base.entrances.take(rows))
    entrances.edge[lost] = -1
    more, more_row = where.opened(edited.base.entrances.geometry.iloc[rows], entrances)
    return Doors(
        homes=concatenated(homes, where.fresh(edited.places.demand.geometry.iloc[count:])),
        more=concatenated(instead, opened),
        more_row=np.concatenate([shut_row, opened_row]),
        is_instead=np.arange(len(shut_row) + len(opened_row)) < len(shut_row),
        entrances=concatenated(entrances, where.fresh(edited.places.entrances.geometry.iloc[len(rows) :])),
        more_entrances=more,
        more_entrance_row=more_row,
        known=known,
    )


def _with_new_places(edited: Edited, network: Network, base: Doors, known: frozenset[str]) -> Doors:
    """Return the doors where no way changed: those of the base, and those of new homes and facilities."""
    rows = edited.entrance_row[edited.entrance_row >= 0]
    more_homes = edited.places.demand.geometry.iloc[len(base.homes.edge) :]
    more_entrances = edited.places.entrances.geometry.iloc[len(rows) :]
    homes = concatenated(base.homes, _join(network, more_homes, edited.places))
    entrances = concatenated(base.entrances.take(rows), _join(network, more_entrances, edited.places))
    return replace(single(homes, entrances), known=known)


def found_after(edited: Edited, network: Network, base: Reachable | None = None) -> tuple[Network, Doors]:
    """Return network and doors after a scenario; ``base`` saves joining the homes of the base again."""
    after = network_after(edited, network)
    doors = base.doors if base is not None else find_doors(edited.base, network)
    return after, doors_after(edited, network, after, doors)


class _Where:
    """Where places of the base lie on the network after a scenario."""

    def __init__(self, edited: Edited, network: Network, after: Network) -> None:
        self._edited, self._network, self._after = edited, network, after
        self._reach = JOIN_LIMIT_M * network.ground_scale
        self._start = edge_starts(network)
        self._row_after = edited.street_row[after.edge_row]
        self._start_after = edge_starts(after)
        self._is_closed = edited.is_closed[after.edge_row]
        self._order = np.lexsort((self._start_after, self._row_after))
        self._key = (self._row_after[self._order] << 32) + self._start_after[self._order]

    def translated(self, joins: Joins) -> Joins:
        """Return joins of the base on the network after; -1 where the street is closed."""
        edge = np.maximum(joins.edge, 0)
        begin, row = self._start[edge], self._network.edge_row[edge].astype(np.int64)
        place = begin + joins.offset_cm
        is_at_end = (joins.offset_cm == self._network.edge_cm[edge]) & (joins.offset_cm > 0)
        key = (row << 32) + place
        nth = np.where(is_at_end, np.searchsorted(self._key, key, "left"), np.searchsorted(self._key, key, "right")) - 1
        found = self._order[np.maximum(nth, 0)]
        offset = place - self._start_after[found]
        is_there = joins.is_joined & (self._row_after[found] == row) & (offset <= self._after.edge_cm[found])
        is_there &= ~self._is_closed[found]
        return Joins(
            np.where(is_there, found, -1).astype(np.int32), np.where(is_there, offset, 0).astype(np.int32),
            joins.access_cm.copy(), joins.is_refused,
        )  # fmt: skip

    def fresh(self, points: gpd.GeoSeries) -> Joins:
        """Return how new places join the network after."""
        return self._unless_closed(_join(self._after, points, self._edited.walked))

    def opened(self, points: gpd.GeoSeries, first: Joins) -> tuple[Joins, NDArray[np.int64]]:
        """Return doors near what was opened that places did not have before, and the row of each place."""
        shapes = np.array([shape for shape in self._edited.opened if not shape.is_empty], dtype=object)
        near = shapely.STRtree(points.to_numpy()).query(shapes, predicate="dwithin", distance=self._reach)[1]
        rows = np.unique(near)
        some = points.iloc[rows]
        walked = self._edited.walked
        gates = walked.gates.copy()
        access = gates["access"].to_numpy(dtype=object).copy()
        access[self._edited.shut] = self._edited.base.gates["access"].to_numpy(dtype=object)[self._edited.shut]
        gates["access"] = access
        before_shutting = join(self._after, some.geometry, walls=walked.walls.geometry, gates=gates)
        found = self._unless_closed(before_shutting)
        if len(self._edited.shut):
            found = _where(_is_same(before_shutting, _join(self._after, some, walked)), found)
        old = first.take(rows)
        is_new = found.is_joined & ~self._is_near(found, old)
        return found.take(np.flatnonzero(is_new)), rows[is_new]

    def depends_on_shut(self, points: gpd.GeoSeries, joins: Joins) -> NDArray[np.int64]:
        """Return the rows of places whose door on the base leads through a gate that the scenario shuts."""
        if not len(self._edited.shut):
            return np.empty(0, np.int64)
        gates = self._edited.base.gates.geometry.to_numpy()[self._edited.shut]
        tree = shapely.STRtree(points.to_numpy())
        rows = np.unique(tree.query(gates, predicate="dwithin", distance=self._reach)[1])
        other = _join(self._network, points.iloc[rows], self._edited.base, self._edited.shut)
        return rows[~_is_same(joins.take(rows), other)]

    def _unless_closed(self, joins: Joins) -> Joins:
        return _where(~self._is_closed[np.maximum(joins.edge, 0)], joins)

    def _is_near(self, joins: Joins, other: Joins) -> NDArray[np.bool_]:
        """Return whether doors on the network after are the same place, to a centimetre."""
        rows, places = zip(
            *((self._row_after[np.maximum(j.edge, 0)], self._start_after[np.maximum(j.edge, 0)] + j.offset_cm)
              for j in (joins, other)), strict=True
        )  # fmt: skip
        is_one = (rows[0] == rows[1]) & (rows[0] >= 0) & (np.abs(places[0] - places[1]) <= SAME_CM)
        return np.asarray(other.is_joined & is_one & (np.abs(joins.access_cm - other.access_cm) <= SAME_CM))


def _join(network: Network, points: gpd.GeoSeries, study: Study, shut: NDArray[np.int64] | None = None) -> Joins:
    """Join points by the walls and gates of a study, some of its gates shut."""
    gates = study.gates
    if shut is not None and len(shut):
        access = pd.Series(gates["access"].to_numpy(dtype=object).copy(), index=gates.index)
        access.iloc[shut] = "closed"
        gates = gates.assign(access=access)
    return join(network, points, walls=study.walls.geometry, gates=gates)


def _is_same(joins: Joins, other: Joins) -> NDArray[np.bool_]:
    return np.asarray(
        (joins.edge == other.edge) & (joins.offset_cm == other.offset_cm) & (joins.access_cm == other.access_cm)
    )


def _where(is_kept: NDArray[np.bool_], joins: Joins) -> Joins:
    return Joins(np.where(is_kept, joins.edge, -1).astype(np.int32), joins.offset_cm, joins.access_cm, joins.is_refused)
