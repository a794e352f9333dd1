"""What an edit does to the network, without making it anew: streets near the edit are replaced by new edges.

The new edges stand behind the base's, new junctions behind its own; all others stay, and so do the doors on them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.judge.doors import Doors, concatenated
from geo.model.standards import Profile
from geo.plan.apply import Edited
from geo.plan.baseline import Baseline
from geo.plan.doors import built_after, doors_after
from geo.plan.islands import merged
from geo.walk.build import components
from geo.walk.network import Network
from geo.walk.repair import Link, Overlay
from geo.walk.repair import edited as overlay_of
from geo.walk.snap import JOIN_LIMIT_M, Joins
from geo.walk.timed import TimedNetwork, timed_network

Ints = NDArray[np.integer]

ROOM = 1 << 14
"""New junctions that an edit may bring; beyond it everything is searched anew."""


@dataclass(frozen=True)
class Replaced:
    """The streets near an edit, made anew: their network, the places of its junctions, the edges they stand for."""

    new: Network
    node: NDArray[np.int64]
    gone: NDArray[np.int64]


@dataclass(frozen=True)
class Ways:
    """The network and doors after an edit, in metres; where ways changed, ``replaced`` tells which.

    ``homes`` and ``entrances`` are rows of first doors and of entrances that may be other than on the base.
    """

    network: Network
    doors: Doors
    replaced: Replaced | None
    homes: NDArray[np.int64]
    entrances: NDArray[np.int64]

    def measured(self, base: Network, profile: Profile | None) -> tuple[Network, Overlay | None]:
        """Return the network after, and what the edit does to the graph, in metres or in the time of a profile.

        ``base`` is the network before, in that measure.
        """
        made = self.replaced
        if made is None:
            return base, None
        new = timed_network(made.new, profile, is_towards=True) if profile else made.new
        if not (isinstance(base, TimedNetwork) and isinstance(new, TimedNetwork)):
            return self.network, _overlay(base, new, made)
        added: dict[str, Any] = {
            name: np.concatenate([getattr(base, name), getattr(new, name)])
            for name in ("edge_cm", "edge_back_cs", "edge_wait_cs", "edge_rate", "edge_start_cm")
        }
        whole = replace(base, edge_from=self.network.edge_from, edge_to=self.network.edge_to, **added)
        return whole, _overlay(base, new, made)


def after_places(base: Baseline, edited: Edited) -> Ways:
    """Return what is other where no way changed: new homes, and entrances that came."""
    doors = doors_after(edited, base.network, base.network, base.found.doors)
    homes = np.arange(len(base.unit), len(doors.homes.edge))
    return Ways(base.network, doors, None, homes, np.flatnonzero(edited.entrance_row < 0))


def after_new_ways(base: Baseline, edited: Edited) -> Ways | None:
    """Return the network with the streets near the edits replaced, and the doors; None where there is no room."""
    near, homes, kept = _near(base, edited)
    little, network = _cut_out(edited, near, homes, kept), base.network
    new = built_after(little, network.ground_scale)
    node = _nodes(network, new)
    if int(node.max()) - len(network.node_id) >= ROOM:
        return None
    gone = np.flatnonzero(np.isin(network.edge_row, edited.street_row[near]))
    replaced = Replaced(new, node, gone)
    rows = edited.entrance_row[kept]
    first = Doors(**{**vars(base.found.doors), "homes": base.found.doors.homes.take(homes),
                     "entrances": base.found.doors.entrances.take(rows)})  # fmt: skip
    doors = doors_after(little, network, new, first)
    whole = _joined(network, replaced)
    old = len(base.unit)
    return Ways(
        whole,
        _spread(edited, base.found.doors, doors, (homes, kept), len(network.edge_cm)),
        replaced,
        np.concatenate([homes, np.arange(old, len(edited.places.demand))]),
        np.concatenate([kept, np.flatnonzero(edited.entrance_row < 0)]),
    )


def _overlay(base: Network, new: Network, made: Replaced) -> Overlay:
    """Return the arcs that change; a link that is replaced by its like changes none."""
    now = Counter(_links(made.node[new.edge_from], made.node[new.edge_to], new.edge_cm, new.edge_back_cm))
    edge = made.gone
    closed = []
    were = _links(base.edge_from[edge], base.edge_to[edge], base.edge_cm[edge], base.edge_back_cm[edge])
    for row, link in zip(edge.tolist(), were, strict=True):
        if now[link] > 0:
            now[link] -= 1
        else:
            closed.append(row)
    return overlay_of(base, opened=list(now.elements()), closed=closed)


def _links(start: Ints, end: Ints, there: Ints, back: Ints) -> list[Link]:
    """Return edges as links, from the lower junction to the higher."""
    is_turned = start > end
    columns = (
        np.where(is_turned, b, a).tolist() for a, b in ((start, end), (end, start), (there, back), (back, there))
    )
    return list(zip(*columns, strict=True))


def _near(base: Baseline, edited: Edited) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the streets near the edits (rows after), and the homes (rows of the base) and entrances (rows after) whose
    doors may be other.
    """
    study, reach = base.study, JOIN_LIMIT_M * base.network.ground_scale
    shapes = [shape for shape in edited.opened if not shape.is_empty]
    shapes += list(study.gates.geometry.iloc[edited.shut])
    rows, count = edited.touched, len(edited.base.demand)
    fresh = [*edited.places.demand.geometry.iloc[count:], *edited.places.entrances.geometry[edited.entrance_row < 0]]
    if shapes or fresh:
        around = np.array([*shapes, *fresh], dtype=object)
        rows = np.union1d(rows, study.streets.sindex.query(around, predicate="dwithin", distance=3 * reach)[1])
    row_of_edge = base.network.edge_row

    def affected(table: gpd.GeoDataFrame, doors: Joins) -> NDArray[np.bool_]:
        found = doors.is_joined & np.isin(row_of_edge[np.maximum(doors.edge, 0)], rows)
        if shapes:
            close = table.sindex.query(np.array(shapes, dtype=object), predicate="dwithin", distance=reach)[1]
            found[close] |= ~doors.is_joined[close]
        return found

    entrances = affected(study.entrances, base.found.doors.entrances)
    is_kept = edited.entrance_row >= 0
    kept = np.flatnonzero(is_kept & entrances[np.maximum(edited.entrance_row, 0)])
    streets = np.flatnonzero((edited.street_row < 0) | np.isin(edited.street_row, rows))
    return streets, np.flatnonzero(affected(study.demand, base.found.doors.homes)), kept


def _cut_out(edited: Edited, near: NDArray[np.int64], homes: NDArray[np.int64], kept: NDArray[np.int64]) -> Edited:
    """Return the same edit of some streets, homes and entrances only."""
    walked, count = edited.places, len(edited.base.demand)
    streets = edited.streets_at(near)
    box = shapely.box(*streets.total_bounds).buffer(JOIN_LIMIT_M)
    walls = walked.walls.iloc[np.sort(walked.walls.sindex.query(box, predicate="intersects"))]
    new = np.flatnonzero(edited.entrance_row < 0)
    demand = walked.demand.iloc[np.concatenate([homes, np.arange(count, len(walked.demand))])]
    little = replace(
        walked,
        streets=streets,
        walls=walls,
        demand=demand,
        entrances=walked.entrances.iloc[np.concatenate([kept, new])],
    )
    rows = edited.entrance_row[kept]
    base = replace(edited.base, demand=edited.base.demand.iloc[homes], entrances=edited.base.entrances.iloc[rows])
    entrance_row = np.concatenate([np.arange(len(kept)), np.full(len(new), -1)])
    return replace(
        edited, base=base, places=little, stays=np.arange(len(near)), more=None, street_row=edited.street_row[near],
        street_start_cm=edited.street_start_cm[near], is_closed=edited.is_closed[near], entrance_row=entrance_row,
    )  # fmt: skip


def _nodes(network: Network, new: Network) -> NDArray[np.int64]:
    """Return the places of new junctions among those of the network; unknown ones and ends at walls come after."""
    count = len(network.node_id)
    if _nodes not in network.made:
        network.made[_nodes] = np.argsort(network.node_id)
    order = network.made[_nodes]
    at = order[np.minimum(np.searchsorted(network.node_id, new.node_id, sorter=order), count - 1)]
    is_known = (network.node_id[at] == new.node_id) & (new.node_id >= 0)
    return np.asarray(np.where(is_known, at, count - 1 + np.cumsum(~is_known)))


def _joined(network: Network, made: Replaced) -> Network:
    """Return the network with the new edges behind its own; searches from places and islands heed them."""
    new, node, gone = made.new, made.node, made.gone
    ends = [
        np.concatenate([old, node[ours].astype(np.int32)])
        for old, ours in ((network.edge_from, new.edge_from), (network.edge_to, new.edge_to))
    ]
    cm = np.concatenate([network.edge_cm, new.edge_cm])
    found = merged(network, new, node, gone)
    if found is None:
        is_there = np.ones(len(cm), bool)
        is_there[gone] = False
        nodes = max(len(network.node_id), int(node.max()) + 1)
        found = components(ends[0][is_there], ends[1][is_there], cm[is_there], nodes)
    return replace(network, edge_from=ends[0], edge_to=ends[1], edge_cm=cm, component=found[0], component_m=found[1])


def _spread(
    edited: Edited, base: Doors, little: Doors, rows: tuple[NDArray[np.int64], NDArray[np.int64]], edges: int
) -> Doors:
    """Return the doors of everybody, from those of the base and those near the edit, whose edges are the new ones."""
    homes, kept = rows
    entrance_row = edited.entrance_row[edited.entrance_row >= 0]
    place = np.concatenate([kept, np.flatnonzero(edited.entrance_row < 0)])
    return Doors(
        homes=_replaced(base.homes, homes, _shifted(little.homes, edges)),
        more=_shifted(little.more, edges),
        more_row=homes[little.more_row],
        is_instead=little.is_instead,
        entrances=_replaced(base.entrances.take(entrance_row), kept, _shifted(little.entrances, edges)),
        more_entrances=_shifted(little.more_entrances, edges),
        more_entrance_row=place[little.more_entrance_row],
        known=frozenset(edited.base.facilities["category"]),
    )


def _shifted(joins: Joins, edges: int) -> Joins:
    return replace(joins, edge=np.where(joins.edge >= 0, joins.edge + edges, -1).astype(np.int32))


def _replaced(joins: Joins, rows: NDArray[np.int64], new: Joins) -> Joins:
    """Return the joins with those in some rows replaced; what is left of the new ones comes behind."""
    count = len(rows)
    whole = concatenated(joins, new.take(np.arange(count, len(new.edge))))
    for name in ("edge", "offset_cm", "access_cm", "is_refused"):
        getattr(whole, name)[rows] = getattr(new, name)[:count]
    return whole
