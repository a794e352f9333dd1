"""The same network in time: whole hundredths of a second for a walking profile, instead of centimetres.

A rule in minutes is searched on this network and never by turning metres into minutes afterwards.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from geo.model.standards import Profile
from geo.walk.kernels import UNREACHED
from geo.walk.network import Network, pack_arcs
from geo.walk.snap import Joins

CLOSED = np.int32(UNREACHED // 4)
"""Cost of an edge that the profile cannot walk: beyond every limit, and safe to add to another cost."""


def timed_network(network: Network, profile: Profile) -> Network:
    """Return the network with costs in hundredths of a second: metres / speed; steps, limited pieces at their own."""
    if profile not in network.made:
        network.made[profile] = _in_time(network, profile)
    found: Network = network.made[profile]
    return found


def _in_time(network: Network, profile: Profile) -> Network:
    speed = np.full(len(network.edge_cm), profile.speed_mps)
    if profile.limited_speed_mps is not None:
        speed[network.edge_wheelchair == 1] = profile.limited_speed_mps
        speed[network.edge_wheelchair == 2] = np.nan
    # Steps come last: a ramp beside them is a way of its own, so steps stay steps whatever else they are tagged.
    speed[network.edge_is_steps] = profile.steps_speed_mps or np.nan
    cost = network.edge_cm / speed
    edge_cs = np.where(np.isnan(cost), CLOSED, np.rint(np.nan_to_num(cost))).astype(np.int32)
    return replace(network, edge_cm=edge_cs, arc=pack_arcs(network.arc_to, edge_cs[network.arc_edge]))


def timed_joins(network: Network, timed: Network, joins: Joins, profile: Profile) -> Joins:
    """Return how places join the timed network: the same points, legs in hundredths of a second."""
    edge = np.maximum(joins.edge, 0)
    share = joins.offset_cm / np.maximum(network.edge_cm[edge], 1)
    offset = np.rint(share * timed.edge_cm[edge]).astype(np.int32)
    return replace(joins, offset_cm=offset, access_cm=_seconds(joins.access_cm, profile))


def _seconds(centimetres: NDArray[np.int32], profile: Profile) -> NDArray[np.int32]:
    return np.rint(centimetres / profile.speed_mps).astype(np.int32)
