"""From ways to pieces of street: cut where ways meet, where they end, and where a barrier stops a walker."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from itertools import chain

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.model import tables
from geo.model.crs import WGS84

Ints = NDArray[np.int64]

COORDINATE_UNIT = 1e-7
"""OpenStreetMap keeps coordinates as whole ten-millionths of a degree."""

UNDEFINED = 2_147_483_647
"""The coordinate of a node that is not in the file."""


@dataclass
class Ways:
    """Walkable ways as they come: the tags of each, and of all nodes number, longitude, latitude in one flat list."""

    way_id: list[int] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    name: list[str | None] = field(default_factory=list)
    is_private: list[bool] = field(default_factory=list)
    first: list[int] = field(default_factory=lambda: [0])
    nodes: array[int] = field(default_factory=lambda: array("q"))
    blocked: set[int] = field(default_factory=set)
    broken: int = 0

    def add(self, way_id: int, tags: dict[str, str], nodes: list[tuple[int, int, int]]) -> None:
        """Take a way: its nodes as (number, longitude, latitude) in `COORDINATE_UNIT`; missing nodes are left out."""
        known = [node for node in nodes if node[1] != UNDEFINED]
        self.broken += len(known) != len(nodes)
        if len(known) < 2:
            return
        self.way_id.append(way_id)
        self.kind.append(tags["highway"])
        self.name.append(tags.get("name"))
        self.is_private.append(tags.get("access") == "private")
        self.nodes.extend(chain.from_iterable(known))
        self.first.append(self.first[-1] + len(known))

    def add_all(self, way_id: Ints, tags: NDArray[np.object_], count: Ints, nodes: Ints) -> None:
        """Take many ways as `add` takes one: kind, name and access of each, how many nodes, and the nodes of all."""
        owner = np.repeat(np.arange(len(count)), count)
        is_known = nodes[:, 1] != UNDEFINED
        known = np.bincount(owner[is_known], minlength=len(count))
        self.broken += int(np.count_nonzero(known < count))
        kept = known >= 2
        self.way_id += way_id[kept].tolist()
        self.kind += tags[kept, 0].tolist()
        self.name += tags[kept, 1].tolist()
        self.is_private += (tags[kept, 2] == "private").tolist()
        self.first += (self.first[-1] + np.cumsum(known[kept])).tolist()
        self.nodes.frombytes(nodes[is_known & kept[owner]].tobytes())


def cut_into_pieces(ways: Ways) -> gpd.GeoDataFrame:
    """Return one row per piece between junctions: `tables.STREETS` without lengths, plus ``is_private``; EPSG:4326.

    A junction is a node that several ways use, or one way twice, or where a way ends. Where a barrier on a node
    stops a walker, the pieces on both sides end at junctions of their own with negative numbers.
    """
    if not ways.way_id:
        return tables.empty(tables.STREETS, WGS84)
    flat = np.frombuffer(ways.nodes, np.int64).reshape(-1, 3)
    ref, xy = flat[:, 0], (flat[:, 1:] * COORDINATE_UNIT).astype(np.float64)
    first = np.array(ways.first, dtype=np.int64)
    is_cut = _cuts(ref, first, ways.blocked)
    starts = np.flatnonzero(is_cut & ~_last_of_way(first, len(ref)))
    ends = np.searchsorted(np.flatnonzero(is_cut), starts, side="right")
    ends = np.flatnonzero(is_cut)[ends]
    way = np.searchsorted(first, starts, side="right") - 1
    from_node, to_node = _junctions(ref, starts, ends, ways.blocked)
    number = starts - first[way] + _before(ways.way_id, first)[way]
    way_id = np.array(ways.way_id)[way]
    kinds = np.array(ways.kind, dtype=object)[way]
    return gpd.GeoDataFrame(
        {
            "edge_id": [f"osm/w{w}-{n}" for w, n in zip(way_id.tolist(), number.tolist(), strict=True)],
            "from_node": from_node,
            "to_node": to_node,
            "length_m": np.zeros(len(starts)),
            "kind": kinds,
            "name": pd.Series(np.array(ways.name, dtype=object)[way], dtype=object),
            "is_steps": kinds == "steps",
            "is_private": np.array(ways.is_private)[way],
        },
        geometry=_lines(xy, starts, ends),
        crs=WGS84,
    )


def _cuts(ref: NDArray[np.int64], first: NDArray[np.int64], blocked: set[int]) -> NDArray[np.bool_]:
    """Return at which vertices pieces begin and end."""
    _, position, count = np.unique(ref, return_inverse=True, return_counts=True)
    is_cut = count[position] > 1
    is_cut[first[:-1]] = True
    is_cut[first[1:] - 1] = True
    if blocked:
        is_cut |= np.isin(ref, np.fromiter(blocked, np.int64, len(blocked)))
    return is_cut


def _before(way_id: list[int], first: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many vertices a way had in its earlier parts, so that pieces of all its parts differ in number."""
    counted: dict[int, int] = {}
    before = np.zeros(len(way_id), np.int64)
    for part, (number, count) in enumerate(zip(way_id, np.diff(first).tolist(), strict=True)):
        before[part] = counted.get(number, 0)
        counted[number] = int(before[part]) + count
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
