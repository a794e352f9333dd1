"""The same network in time: whole hundredths of a second for a walking profile, instead of centimetres.

A rule in minutes is searched on this network and never by turning metres into minutes afterwards. Uphill is slower
than downhill, so there are two such networks: outwards from a place, and towards it, where every arc costs the walk
against it. Residents walk from home to the facility: a search that begins at facilities runs on the second.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from geo.model.standards import Profile
from geo.walk.kernels import UNREACHED
from geo.walk.network import Ints, Network, pack_arcs
from geo.walk.snap import Joins

CLOSED = np.int32(UNREACHED // 4)
"""Cost of an edge that the profile cannot walk: beyond every limit, and safe to add to another cost."""


@dataclass(frozen=True)
class TimedNetwork(Network):
    """A network in hundredths of a second: ``edge_cm`` from start to end, ``edge_back_cs`` from end to start, int32."""

    edge_back_cs: Ints

    @property
    def edge_back_cm(self) -> Ints:
        """Cost of each edge from its end to its start."""
        return self.edge_back_cs


def timed_network(network: Network, profile: Profile, *, is_towards: bool = False) -> TimedNetwork:
    """Return the network with costs in hundredths of a second: metres / speed, by the slope, steps at their own speed.

    ``is_towards`` turns every way round: a search from a place then gives the time of walking to it.
    """
    key = (profile, is_towards)
    if key not in network.made:
        network.made[key] = _in_time(network, profile, is_towards)
    found: TimedNetwork = network.made[key]
    return found


def _in_time(network: Network, profile: Profile, is_towards: bool) -> TimedNetwork:
    speed = np.full(len(network.edge_cm), profile.speed_mps)
    speed[network.edge_is_steps] = profile.steps_speed_mps or np.nan
    flat = network.edge_cm / speed
    climb = network.edge_climb.astype(float) if profile.slope == "tobler" else np.ones((len(flat), 2))
    # A speed on steps holds the climb already.
    climb = np.where(network.edge_is_steps[:, None], 1.0, climb)
    cost = flat[:, None] * (climb[:, ::-1] if is_towards else climb)
    both = np.where(np.isnan(cost), CLOSED, np.rint(np.minimum(np.nan_to_num(cost), CLOSED))).astype(np.int32)
    ahead, back = np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1])
    tail = np.repeat(np.arange(len(network.node_id)), np.diff(network.first_arc).astype(np.int64))
    edge = network.arc_edge
    arc_cost = np.where(network.edge_from[edge] == tail, ahead[edge], back[edge])
    is_loop = network.edge_from[edge] == network.edge_to[edge]
    arc_cost = np.where(is_loop, np.minimum(ahead, back)[edge], arc_cost)
    kept = {field.name: getattr(network, field.name) for field in fields(Network)}
    return TimedNetwork(**{**kept, "edge_cm": ahead, "arc": pack_arcs(network.arc_to, arc_cost)}, edge_back_cs=back)


def timed_joins(network: Network, timed: TimedNetwork, joins: Joins, profile: Profile) -> Joins:
    """Return how places join the timed network: the same points, legs in hundredths of a second on the flat."""
    edge = np.maximum(joins.edge, 0)
    share = joins.offset_cm / np.maximum(network.edge_cm[edge], 1)
    offset, back = (np.rint(share * cost[edge]).astype(np.int32) for cost in (timed.edge_cm, timed.edge_back_cs))
    return replace(joins, offset_cm=offset, offset_back_cm=back, access_cm=_seconds(joins.access_cm, profile))


def _seconds(centimetres: NDArray[np.int32], profile: Profile) -> NDArray[np.int32]:
    return np.rint(centimetres / profile.speed_mps).astype(np.int32)
