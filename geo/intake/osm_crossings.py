"""Where walkers cross roads, wait for lifts and meet kerbs: told of the pieces of street that meet there.

Half of a crossing stands at each of the two pieces by which one crosses, so that a walk over both counts it once, and
a walk along the road not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.intake.osm_tags import KERBS, carriageway, has_signals, is_one_way
from geo.intake.way_tags import WayTags
from geo.model.standards import hindrances

Ints = NDArray[np.int64]

RANK = {road: rank for rank, road in enumerate(hindrances.ROADS, start=1)}
"""The rank of a carriageway; a way that is none has 0."""


@dataclass
class Points:
    """Numbers of nodes where one crosses, waits, or meets a kerb (one of `hindrances.KERBS`)."""

    crossings: set[int] = field(default_factory=set)
    signals: set[int] = field(default_factory=set)
    lifts: set[int] = field(default_factory=set)
    kerbs: dict[int, str] = field(default_factory=dict)

    def take(self, number: int, tags: Mapping[str, str]) -> None:
        """Take what the tags of a node say of it."""
        kind = tags.get("highway")
        if (kind == "crossing" or "crossing" in tags) and tags.get("crossing") != "no":
            self.crossings.add(number)
        if has_signals(tags):
            self.signals.add(number)
        if kind == "elevator":
            self.lifts.add(number)
        kerb = KERBS.get(tags.get("kerb", ""))
        if kerb:
            self.kerbs[number] = kerb


@dataclass
class Roads:
    """Carriageways nobody walks along: of every vertex its node, the rank of the road, one way or not, arms there."""

    parts: list[NDArray[np.int64]] = field(default_factory=list)

    def add(self, tags: Mapping[str, Any], ref: Collection[int]) -> None:
        """Take a road: its tags and the numbers of its nodes."""
        code = np.array([road_code(tags)], np.int64)
        self.add_all(code, np.array([len(ref)], np.int64), np.fromiter(ref, np.int64, len(ref)))

    def add_all(self, code: Ints, count: Ints, ref: Ints) -> None:
        """Take many roads: `road_code` and number of nodes of each, and all nodes in a row."""
        owner = np.repeat(np.arange(len(count)), count)
        nth = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
        arms = (nth > 0).astype(np.int64) + (nth < count[owner] - 1)
        self.parts.append(np.stack([ref, code[owner] // 2, code[owner] % 2, arms]))

    @property
    def table(self) -> Ints:
        """Return node, rank, one way, arms of every vertex, (4, V)."""
        return np.concatenate([np.empty((4, 0), np.int64), *self.parts], axis=1)

    @property
    def ref(self) -> Ints:
        """Return the node of every vertex."""
        return np.asarray(self.table[0])


def road_code(tags: Mapping[str, Any]) -> int:
    """Return twice the rank of a carriageway, and one more where traffic runs one way."""
    return 2 * RANK.get(carriageway(tags) or "", 0) + is_one_way(tags)


def crossings_of(tags: WayTags, points: Points, roads: Roads, ends: Ints, way: Ints) -> NDArray[np.object_]:
    """Return what is crossed at both ends of every piece, (E, 2) of `hindrances.CROSSINGS`.

    A piece crosses a road greater than itself at its end where it is tagged as a crossing; where the node is one and
    the piece is for walkers; or where the road runs through and at least two lesser pieces end there.

    Parameters
    ----------
    ends
        Numbers of the nodes at which each piece begins and ends, (E, 2).
    way
        The way of each piece.
    """
    codes, is_marked, is_lit, is_lift = _of_ways(tags)
    rank, one_way = (codes // 2)[way], (codes % 2)[way]
    road = roads.table
    nodes, at = np.unique(np.concatenate([ends.ravel(), road[0]]), return_inverse=True)
    here, there = at[: ends.size].reshape(-1, 2), at[ends.size :]
    arms = np.concatenate([np.repeat(np.stack([rank, one_way]), 2, axis=1), road[1:3]], axis=1)
    weight = np.concatenate([np.ones(ends.size, np.int64), road[3]])
    top = np.zeros(len(nodes), np.int64)
    np.maximum.at(top, np.concatenate([here.ravel(), there]), arms[0])
    is_top = arms[0] == top[at]
    through = np.bincount(at, weight * is_top, len(nodes))
    divided = np.bincount(at, weight * (is_top & (arms[1] == 1)), len(nodes)) == through
    lesser = np.bincount(here.ravel(), np.repeat(rank, 2) < top[here.ravel()], len(nodes))
    is_point, is_signal, at_lift = (np.isin(nodes, numbers(found)) for found in (
        points.crossings, points.signals, points.lifts))  # fmt: skip
    at_lift[here[is_lift[way]].ravel()] = True
    told = is_marked[way][:, None] | (is_point[here] & (rank == 0)[:, None])
    crosses = (rank[:, None] < top[here]) & (told | ((lesser >= 2) & (through >= 2))[here])
    lights = is_signal[here] | (is_lit & is_marked)[way][:, None]
    code = np.where(crosses, 2 + (top[here] - 1) * 4 + lights * 2 + divided[here], 0)
    code = np.where(at_lift[here] & ~is_lift[way][:, None], 1, code)
    return np.array(hindrances.CROSSINGS, dtype=object)[code]


def _of_ways(tags: WayTags) -> tuple[Ints, NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return of every way its `road_code`, whether it is a marked crossing, has lights, is a lift."""

    def told(way: dict[str, str]) -> tuple[int, ...]:
        code = road_code(way)
        is_marked = code < 2 and way.get("footway") == "crossing"
        return code, is_marked, has_signals(way), way.get("highway") == "elevator"

    keys = ("highway", "oneway", "junction", "footway", "crossing", "crossing:signals")
    code, is_marked, is_lit, is_lift = tags.each(keys, told, np.int64).T
    return code, is_marked == 1, is_lit == 1, is_lift == 1


def kerbs_of(tags: WayTags, points: Points, ref: Ints, spans: tuple[Ints, Ints], way: Ints) -> NDArray[np.object_]:
    """Return the highest kerb on every piece for walkers, None where none is known.

    A kerb at a junction is stepped by those pieces there that are tagged as crossings, or by all where none is.

    Parameters
    ----------
    ref
        The node of every vertex of all ways.
    spans
        At which vertex each piece begins and ends.
    """
    starts, ends = spans
    codes, is_marked, *_ = _of_ways(tags)
    height = {kerb: number for number, kerb in enumerate(hindrances.KERBS, start=1)}
    nodes = numbers(points.kerbs)
    vertex = np.flatnonzero(np.isin(ref, nodes))
    last = np.searchsorted(starts, vertex, side="right") - 1
    piece, vertex = np.concatenate([last, last - 1]), np.concatenate([vertex, vertex])
    is_on = (piece >= 0) & (vertex >= starts[piece]) & (vertex <= ends[piece]) & (codes[way[piece]] < 2)
    piece, vertex = piece[is_on], vertex[is_on]
    is_inside = (vertex > starts[piece]) & (vertex < ends[piece])
    crosses = is_marked[way[piece]]
    is_held = is_inside | crosses | ~np.isin(ref[vertex], ref[vertex[crosses & ~is_inside]])
    found = np.zeros(len(starts), np.int64)
    values = np.array([height[points.kerbs[number]] for number in ref[vertex].tolist()], np.int64)
    np.maximum.at(found, piece[is_held], values[is_held])
    return np.array([None, *hindrances.KERBS], dtype=object)[found]


def numbers(found: Collection[int]) -> Ints:
    """Return numbers of nodes as an array."""
    return np.fromiter(found, np.int64, len(found))
