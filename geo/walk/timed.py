"""The same network in time: whole hundredths of a second for a walking profile, instead of centimetres.

A rule in minutes is searched on this network and never by turning metres into minutes afterwards. Uphill is slower
than downhill, so there are two such networks: outwards from a place, and towards it, where every arc costs the walk
against it. Residents walk from home to the facility: a search that begins at facilities runs on the second.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geo.model.standards import Profile
from geo.model.standards.hindrances import CROSSINGS, KERBS
from geo.walk.kernels import UNREACHED
from geo.walk.network import HINDRANCES, Floats, Ints, Network, edge_starts, pack_arcs
from geo.walk.snap import Joins

_LIMITED, _CLOSED, _PASSABLE = 1, 2, 3
"""Values of `Network.edge_wheelchair`."""

CLOSED = np.int32(UNREACHED // 4)
"""Cost of an edge that the profile cannot walk: beyond every limit, and safe to add to another cost."""


@dataclass(frozen=True)
class TimedNetwork(Network):
    """A network in hundredths of a second: ``edge_cm`` from start to end, ``edge_back_cs`` from end to start, int32.

    ``edge_wait_cs``, int32 (E, 2), is how much of either is waiting at the start of the edge, and at its end;
    ``edge_rate``, float64 (E, 2), the 1/100 s of a centimetre walked there, and back; ``edge_start_cm`` int64 (E,) as
    `edge_starts`. Places along a street are rounded, and not lengths, so that the parts of a street add up to it.
    """

    edge_back_cs: Ints
    edge_wait_cs: Ints
    edge_rate: Floats
    edge_start_cm: NDArray[np.int64]

    @property
    def edge_back_cm(self) -> Ints:
        """Cost of each edge from its end to its start."""
        return self.edge_back_cs

    @cached_property
    def arc_back(self) -> NDArray[np.uint64]:
        """The arcs at their costs the other way; made when first asked for."""
        return pack_arcs(self.arc_to, _cost_of_arcs(self, self.edge_back_cs, self.edge_cm))

    def costs_to(
        self, edge: NDArray[np.integer], share: NDArray[np.floating]
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Return the costs from the start of some edges to a share of their length, and from there back to the start.

        Waiting is done at the very ends. On an edge that is closed every place inside is far from both.
        """
        before, after = self.edge_wait_cs[edge].astype(float).T
        before, after = np.where(share > 0, before, 0.0), np.where(share < 1, 0.0, after)
        waits = self.edge_wait_cs[edge].sum(axis=1)
        inside = np.where((share > 0) & (share < 1), 0.25 + 0.5 * share, share)
        costs = []
        for cost in (self.edge_cm[edge], self.edge_back_cs[edge]):
            walked = before + share * (cost - waits) + after
            costs.append(np.where(cost == CLOSED, inside * CLOSED, walked))
        return costs[0], costs[1]


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
    met = _hindered(network, profile)
    speed = np.minimum(profile.speed_mps, profile.speed_mps * met.share[network.edge_hindrance])
    if profile.limited_speed_mps is not None:
        speed = np.where(network.edge_wheelchair == _PASSABLE, profile.speed_mps, speed)
        speed = np.where(network.edge_wheelchair == _LIMITED, np.minimum(speed, profile.limited_speed_mps), speed)
        speed[network.edge_wheelchair == _CLOSED] = np.nan
    # Steps come last: a ramp beside them is a way of its own, so steps stay steps whatever else they are tagged.
    speed[network.edge_is_steps] = profile.steps_speed_mps or np.nan
    climb = network.edge_climb.astype(float) if profile.slope == "tobler" else np.ones((len(speed), 2))
    # A speed on steps holds the climb already.
    rate = np.where(network.edge_is_steps[:, None], 1.0, climb) / speed[:, None]
    wait, start = met.wait_cs[network.edge_hindrance], edge_starts(network)
    cost = _walked(rate, start, network.edge_cm) + met.kerb_cs[network.edge_hindrance][:, None]
    cost += wait.sum(axis=1)[:, None]
    cost[met.is_one_way[network.edge_hindrance]] = np.nan
    both = np.where(np.isnan(cost), CLOSED, np.rint(np.minimum(np.nan_to_num(cost), CLOSED))).astype(np.int32)
    both, rate = (both[:, ::-1], np.ascontiguousarray(rate[:, ::-1])) if is_towards else (both, rate)
    ahead, back = np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1])
    kept = {field.name: getattr(network, field.name) for field in fields(Network)}
    arc = pack_arcs(network.arc_to, _cost_of_arcs(network, ahead, back))
    more = {"edge_back_cs": back, "edge_wait_cs": wait, "edge_rate": rate, "edge_start_cm": start}
    return TimedNetwork(**{**kept, "edge_cm": ahead, "arc": arc, **more})


def _walked(rate: Floats, start_cm: NDArray[np.integer], cm: NDArray[np.integer]) -> Floats:
    """Return the time walked from somewhere on a street on, there and back: whole hundredths, float64 (n, 2)."""
    begin, end = start_cm[:, None], (start_cm + cm)[:, None]
    return np.asarray(np.rint(rate * end) - np.rint(rate * begin))


def _cost_of_arcs(network: Network, ahead: Ints, back: Ints) -> Ints:
    """Return the cost of every arc, from the costs of its edge from start to end and back; of a loop the less."""
    count = np.diff(network.first_arc).astype(np.int64)
    tail = np.repeat(np.arange(len(count)), count)
    edge = network.arc_edge
    cost = np.where(network.edge_from[edge] == tail, ahead[edge], back[edge])
    is_loop = network.edge_from[edge] == network.edge_to[edge]
    return np.asarray(np.where(is_loop, np.minimum(ahead, back)[edge], cost), np.int32)


@dataclass(frozen=True)
class _Hindered:
    """What a profile makes of every row of `Network.hindrance`, H of them.

    ``share`` of the speed, nan where closed (H,); ``kerb_cs`` (H,) and ``wait_cs`` at start and end (H, 2), 1/100 of
    a second, nan where a kerb closes; ``is_one_way`` (H, 2), whether the way there, and the way back, is closed to all.
    """

    share: Floats
    kerb_cs: Floats
    wait_cs: Ints
    is_one_way: NDArray[np.bool_]


def _hindered(network: Network, profile: Profile) -> _Hindered:
    table = np.char.decode(network.hindrance, "utf-8")
    told = {name: table[:, at] for at, name in enumerate(HINDRANCES)}
    known = profile.hindrances

    def each(column: str, figures: dict[str, float | None]) -> Floats:
        """The figure of every value, 1 where none is given and nan where it closes."""
        return np.array([figures.get(str(value), 1.0) for value in told[column]], dtype=float)

    share = np.minimum(each("surface", known.of("surface")), each("smoothness", known.of("smoothness")))
    for column, section, name, sign in (("width_m", "width", "least_m", -1), ("incline", "incline", "most", 1)):
        bound = known.of(section).get(name)
        if bound is not None:
            value = np.abs([float(text or "nan") for text in told[column]])
            share[sign * value > sign * bound] = np.nan
    kerbs = {"": 0.0, **dict.fromkeys(KERBS, 0.0), **known.of("kerbs")}
    waits = {str(word or ""): known.wait_s(word) / 2 for word in CROSSINGS}
    wait = [[waits[str(word)] for word in told[end]] for end in ("crossing_from", "crossing_to")]
    one_way = np.stack([told["oneway_foot"] == closed for closed in ("backward", "forward")], axis=1)
    return _Hindered(share, each("kerb", kerbs) * 100, np.rint(np.array(wait).T * 100).astype(np.int32), one_way)


def timed_joins(network: Network, timed: TimedNetwork, joins: Joins, profile: Profile) -> Joins:
    """Return how places join the timed network: the same points, legs in hundredths of a second on the flat."""
    edge, offset = np.maximum(joins.edge, 0), joins.offset_cm
    whole = np.stack([timed.edge_cm[edge], timed.edge_back_cs[edge]], axis=1)
    wait, rate, start = timed.edge_wait_cs[edge], timed.edge_rate[edge], timed.edge_start_cm[edge]
    length = network.edge_cm[edge]
    share = (offset / np.maximum(length, 1))[:, None]
    kerb = whole - wait.sum(axis=1)[:, None] - _walked(rate, start, length)
    walked = _walked(rate, start, offset) + np.rint(share * kerb)
    walked += np.where(share > 0, wait[:, :1], 0) + np.where(share < 1, 0, wait[:, 1:])
    inside = np.where((share > 0) & (share < 1), 0.25 + 0.5 * share, share)
    cost = np.where(whole == CLOSED, np.rint(inside * CLOSED), walked).astype(np.int32)
    ahead, back = np.ascontiguousarray(cost.T)
    return replace(joins, offset_cm=ahead, offset_back_cm=back, access_cm=_seconds(joins.access_cm, profile))


def _seconds(centimetres: NDArray[np.int32], profile: Profile) -> NDArray[np.int32]:
    return np.rint(centimetres / profile.speed_mps).astype(np.int32)
