"""What of an OpenStreetMap PBF lies in a box, by the numbers of its nodes and ways; read block by block."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from geo.intake.osm_streets import UNDEFINED
from geo.intake.pbf import place_nodes
from geo.intake.pbf_blocks import blocks, declining, nodes_of, refs_of, ways_of
from geo.intake.pbf_wire import Ints, read_repeated

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


def nodes_inside(path: Path, box: Box) -> Ints:
    """Return the numbers of the nodes of a PBF in a box, ascending; raises as `read_ways` does."""
    west, south, east, north = (round(degrees * 1e9) for degrees in box)
    found = [np.empty(0, np.int64)]
    with declining():
        for _, block in blocks(path):
            for group in block.groups:
                number, lon, lat = nodes_of(group)
                x, y = (part * block.granularity + off for part, off in zip((lon, lat), block.offset, strict=True))
                found.append(number[(x >= west) & (x <= east) & (y >= south) & (y <= north)])
    return np.sort(np.concatenate(found))


def ways_with(path: Path, nodes: Ints, ways: Ints) -> tuple[Ints, Ints]:
    """Return the ways of a PBF that use any of some nodes or are among some ways, and all nodes that they use.

    ``nodes`` and ``ways`` are ascending, and so is what is returned; raises as `read_ways` does.
    """
    found, used = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    with declining():
        for _, block in blocks(path):
            words = np.full(len(read_repeated(block.strings, 1)), -1, np.int32)
            for group in block.groups:
                way_id, _, span = ways_of(group, words, 0)
                ref, owner = refs_of(group, span), np.repeat(np.arange(len(span)), span[:, 2])
                is_taken = _are_among(way_id, ways)
                is_taken[owner[_are_among(ref, nodes)]] = True
                found.append(way_id[is_taken])
                used.append(ref[is_taken[owner]])
    return np.sort(np.concatenate(found)), np.unique(np.concatenate(used))


def places_of(path: Path, wanted: Ints) -> Ints:
    """Return where some nodes of a PBF lie, (N, 2) in `COORDINATE_UNIT`, else `UNDEFINED`; ``wanted`` ascends."""
    places = np.full((len(wanted), 2), UNDEFINED, np.int64)
    with declining():
        for _, block in blocks(path):
            place_nodes(block, wanted, places)
    return places


def _are_among(numbers: Ints, ascending: Ints) -> np.ndarray[Any, np.dtype[np.bool_]]:
    if not len(ascending):
        return np.zeros(len(numbers), bool)
    row = np.minimum(np.searchsorted(ascending, numbers), len(ascending) - 1)
    found: np.ndarray[Any, np.dtype[np.bool_]] = ascending[row] == numbers
    return found
