"""From ways to pieces of street: cut where ways meet, where they end, and where a barrier stops a walker."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.intake.osm_crossings import Points, Roads, crossings_of, kerbs_of, numbers
from geo.intake.osm_tags import WAY_TAGS, WHEELCHAIR, metres, one_way_on_foot, rise_over_run, structure
from geo.intake.way_tags import WayTags
from geo.model import tables
from geo.model.crs import WGS84

Ints = NDArray[np.int64]

COORDINATE_UNIT = 1e-7
"""OpenStreetMap keeps coordinates as whole ten-millionths of a degree."""

UNDEFINED = 2_147_483_647
"""The coordinate of a node that is not in the file."""


@dataclass
class Ways:
    """Walkable ways as they come: the tags of each, and of all nodes number, longitude, latitude in one flat list.

    ``number`` holds which of ``words`` the value of each of `WAY_TAGS` is, way by way. ``roads`` are the carriageways
    nobody walks along, and may cross: their tags and the numbers of their nodes. The sets hold numbers of nodes.
    """

    way_id: list[int] = field(default_factory=list)
    words: dict[str | None, int] = field(default_factory=lambda: {None: 0})
    number: array[int] = field(default_factory=lambda: array("i"))
    first: list[int] = field(default_factory=lambda: [0])
    nodes: array[int] = field(default_factory=lambda: array("q"))
    roads: Roads = field(default_factory=Roads)
    points: Points = field(default_factory=Points)
    blocked: set[int] = field(default_factory=set)
    broken: int = 0

    @property
    def tags(self) -> WayTags:
        """The tags of all ways."""
        return self.tags_of(np.array(self.number, np.int32).reshape(-1, len(WAY_TAGS)))

    def tags_of(self, number: NDArray[np.int32], keys: tuple[str, ...] = WAY_TAGS) -> WayTags:
        """Return tags of other ways by the same words."""
        return WayTags(keys, np.array(list(self.words), dtype=object), number)

    def numbers_of(self, values: Iterable[str | None]) -> list[int]:
        """Return the numbers of words, new ones taken in."""
        return [self.words.setdefault(value, len(self.words)) for value in values]

    def add(self, way_id: int, tags: Mapping[str, str], nodes: list[tuple[int, int, int]]) -> None:
        """Take a way: its nodes as (number, longitude, latitude) in `COORDINATE_UNIT`; missing nodes are left out."""
        known = [node for node in nodes if node[1] != UNDEFINED]
        self.broken += len(known) != len(nodes)
        if len(known) < 2:
            return
        self.way_id.append(way_id)
        self.number.extend(self.numbers_of(tags.get(key) for key in WAY_TAGS))
        self.nodes.extend(chain.from_iterable(known))
        self.first.append(self.first[-1] + len(known))

    def add_all(self, way_id: Ints, number: NDArray[np.int32], count: Ints, nodes: Ints) -> None:
        """Take many ways as `add` takes one: the numbers of their words, (W, T), count of nodes, all nodes."""
        owner = np.repeat(np.arange(len(count)), count)
        is_known = nodes[:, 1] != UNDEFINED
        known = np.bincount(owner[is_known], minlength=len(count))
        self.broken += int(np.count_nonzero(known < count))
        kept = known >= 2
        self.way_id += way_id[kept].tolist()
        self.number.frombytes(number[kept].tobytes())
        self.first += (self.first[-1] + np.cumsum(known[kept])).tolist()
        self.nodes.frombytes(nodes[is_known & kept[owner]].tobytes())


def cut_into_pieces(ways: Ways) -> gpd.GeoDataFrame:
    """Return one row per piece between junctions: `tables.STREETS` without lengths, plus ``is_private``; EPSG:4326.

    A junction is a node that several ways use, or one way twice, or where a way ends, meets a road nobody walks along,
    or a lift. Where a barrier on a node stops a walker, the pieces on both sides end at junctions of their own with
    negative numbers.
    """
    if not ways.way_id:
        return tables.empty(tables.STREETS, WGS84)
    flat = np.frombuffer(ways.nodes, np.int64).reshape(-1, 3)
    ref, xy = flat[:, 0], (flat[:, 1:] * COORDINATE_UNIT).astype(np.float64)
    first = np.array(ways.first, dtype=np.int64)
    stops = np.concatenate([ways.roads.ref, numbers(ways.points.lifts), numbers(ways.blocked)])
    is_cut = _cuts(ref, first, stops)
    starts = np.flatnonzero(is_cut & ~_last_of_way(first, len(ref)))
    ends = np.searchsorted(np.flatnonzero(is_cut), starts, side="right")
    ends = np.flatnonzero(is_cut)[ends]
    way = np.searchsorted(first, starts, side="right") - 1
    from_node, to_node = _junctions(ref, starts, ends, ways.blocked)
    way_id = np.array(ways.way_id, np.int64)
    number = starts - first[way] + _before(way_id, first)[way]
    tags = ways.tags
    told = {name: pd.Series(column[way], dtype=column.dtype) for name, column in _told(tags).items()}
    crossing = crossings_of(tags, ways.points, ways.roads, ref[np.stack([starts, ends], axis=1)], way)
    return gpd.GeoDataFrame(
        {
            "edge_id": "osm/w" + pd.Series(way_id[way]).astype("str") + "-" + pd.Series(number).astype("str"),
            "from_node": from_node,
            "to_node": to_node,
            "length_m": np.zeros(len(starts)),
            **told,
            "kerb": pd.Series(kerbs_of(tags, ways.points, ref, (starts, ends), way), dtype=object),
            "crossing_from": pd.Series(crossing[:, 0], dtype=object),
            "crossing_to": pd.Series(crossing[:, 1], dtype=object),
        },
        geometry=_lines(xy, starts, ends),
        crs=WGS84,
        copy=False,
    )


def _told(tags: WayTags) -> dict[str, NDArray[Any]]:
    """Return the columns that the tags of a way tell of all its pieces."""
    kind = tags["highway"]
    return {
        "kind": kind,
        "name": tags["name"],
        "is_steps": kind == "steps",
        "is_private": tags["access"] == "private",
        "wheelchair": tags.each(("wheelchair",), lambda t: WHEELCHAIR.get(t.get("wheelchair", "")), object),
        "surface": tags["surface"],
        "smoothness": tags["smoothness"],
        "width_m": tags.each(("width",), lambda t: metres(t.get("width")), float),
        "incline": tags.each(("incline",), lambda t: rise_over_run(t.get("incline")), float),
        "oneway_foot": tags.each(("oneway:foot", "conveying"), one_way_on_foot, object),
        "structure": tags.each(("bridge", "tunnel"), structure, object),
    }


def _cuts(ref: Ints, first: Ints, stops: Ints) -> NDArray[np.bool_]:
    """Return at which vertices pieces begin and end; at the nodes ``stops`` they do in any case."""
    nodes, position, count = np.unique(ref, return_inverse=True, return_counts=True)
    is_junction = count > 1
    row = np.minimum(np.searchsorted(nodes, stops), len(nodes) - 1)
    is_junction[row[nodes[row] == stops]] = True
    is_cut = is_junction[position]
    is_cut[first[:-1]] = True
    is_cut[first[1:] - 1] = True
    return np.asarray(is_cut)


def _before(way_id: Ints, first: Ints) -> Ints:
    """Return how many vertices a way had in its earlier parts, so that pieces of all its parts differ in number."""
    order = np.argsort(way_id, kind="stable")
    count = np.diff(first)[order]
    upto = np.cumsum(count) - count
    _, start, part = np.unique(way_id[order], return_index=True, return_inverse=True)
    before = np.empty(len(way_id), np.int64)
    before[order] = upto - upto[start][part]
    return before


def _last_of_way(first: NDArray[np.int64], vertices: int) -> NDArray[np.bool_]:
    last = np.zeros(vertices, bool)
    last[first[1:] - 1] = True
    return last


def _junctions(
    ref: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64], blocked: set[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the junction numbers of both ends; at a blocked node every piece gets a number of its own."""
    both = np.concatenate([ref[starts], ref[ends]])
    if blocked:
        stopped = np.flatnonzero(np.isin(both, np.fromiter(blocked, np.int64, len(blocked))))
        both[stopped] = min(0, int(ref.min())) - 1 - np.arange(len(stopped))
    return both[: len(starts)], both[len(starts) :]


def _lines(xy: NDArray[np.float64], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.object_]:
    count = ends - starts + 1
    owner = np.repeat(np.arange(len(starts)), count)
    vertex = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(starts, count)
    return np.asarray(shapely.linestrings(xy[vertex], indices=owner))
