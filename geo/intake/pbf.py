"""The streets of an OpenStreetMap PBF, quickly: a decoder of what the walking network needs, and of nothing else.

The file is read block by block, first the ways, then the places of their nodes, so that memory holds one block and the
streets however large the file is. What this decoder does not know it declines, and pyosmium reads it, or refuses it.
Source: https://wiki.openstreetmap.org/wiki/PBF_Format; decision 7.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geo.intake.osm_crossings import road_code
from geo.intake.osm_streets import UNDEFINED, Ways
from geo.intake.osm_tags import WAY_TAGS, carriageway, is_walkable
from geo.intake.pbf_blocks import DENSE, NODE, WAY, Block, blocks, declining, nodes_of, refs_of, ways_of
from geo.intake.pbf_wire import Ints, Raw, columns_of, read_repeated
from geo.intake.way_tags import WayTags

_TAGS = ("railway", "foot", *WAY_TAGS)
_WALKED, _CROSSED = 1, 2
_KEPT_BYTES = 32 << 20
"""Of the first blocks of nodes, which wait for the ways; later ones are unpacked again, so that memory has a bound."""

_PER_UNIT = 100
"""Nanodegrees, in which a PBF counts, in the ten-millionths of a degree of `Ways`."""

_Part = tuple[Ints, NDArray[np.int32], Ints, Ints]
"""Walkable ways of a group: number, the numbers of their words, how many nodes, and all nodes in a row."""


def read_ways(path: Path) -> Ways:
    """Return the walkable ways of a PBF as `geo.intake.osm` takes them from pyosmium, in the order of the file.

    Raises
    ------
    DeclinedError
        The file is damaged, or holds what this decoder does not know.
    """
    with declining():
        return _read_ways(path)


def _read_ways(path: Path) -> Ways:
    ways, room = Ways(), _KEPT_BYTES
    parts: list[_Part] = []
    kept: list[Block] = []
    with_nodes: list[int] = []
    for place, block in blocks(path):
        kinds = {group[0] >> 3 for group in block.groups}
        if kinds & {NODE, DENSE}:
            room -= sum(map(len, block.groups))
            if room >= 0:
                kept.append(block)
            else:
                with_nodes.append(place)
        if WAY in kinds:
            parts += _parts_of(block, ways)
    if parts:
        way_id, number, count, ref = (np.concatenate(column) for column in zip(*parts, strict=True))
        wanted, position = np.unique(ref, return_inverse=True)
        places = np.full((len(wanted), 2), UNDEFINED, np.int64)
        for block in chain(kept, (block for _, block in blocks(path, with_nodes))):
            place_nodes(block, wanted, places)
        ways.add_all(way_id, number, count, np.column_stack([ref, places[position]]))
    return ways


def _parts_of(block: Block, ways: Ways) -> Iterator[_Part]:
    """Yield the ways of a block that one walks along; those that one only crosses are given to ``ways``."""
    span = read_repeated(block.strings, 1)
    column = columns_of(block.strings, span, _TAGS)
    for group in block.groups:
        way_id, word, nodes = ways_of(group, column, len(_TAGS))
        told = np.flatnonzero((word[:, _TAGS.index("highway")] >= 0) | (word[:, _TAGS.index("railway")] >= 0))
        tags = _tags_of(word[told], block.strings, span, ways)
        verdict = tags.each(("highway", "foot", "access"), _verdict, np.int64)
        walked, crossed = np.flatnonzero(verdict == _WALKED), np.flatnonzero(verdict == _CROSSED)
        code = tags.each(("highway", "oneway", "junction"), road_code, np.int64)[crossed]
        ways.roads.add_all(code, nodes[told[crossed], 2], refs_of(group, nodes[told[crossed]]))
        rows = told[walked]
        yield way_id[rows], tags.number[walked, -len(WAY_TAGS) :], nodes[rows, 2], refs_of(group, nodes[rows])


def _tags_of(word: NDArray[np.int32], strings: Raw, span: Ints, ways: Ways) -> WayTags:
    """Return the tags of ways whose words are those of a block, -1 for none; a platform counts as a highway."""
    is_used = np.zeros(len(span) + 1, bool)
    is_used[word] = True
    used = np.flatnonzero(is_used[:-1])
    number = np.zeros(len(span) + 1, np.int32)
    number[used] = ways.numbers_of(bytes(strings[begin:end]).decode() for begin, end in span[used].tolist())
    numbers, (platform,) = number[word], ways.numbers_of(["platform"])
    railway, highway = numbers[:, _TAGS.index("railway")], numbers[:, _TAGS.index("highway")]
    highway[(highway == 0) & (railway == platform)] = platform
    return ways.tags_of(numbers, _TAGS)


def _verdict(tags: dict[str, str]) -> int:
    """Return whether a way is walked, crossed or neither, by the tags that decide it."""
    if "highway" not in tags:
        return 0
    return _WALKED if is_walkable(tags) else _CROSSED if carriageway(tags) else 0


def place_nodes(block: Block, wanted: Ints, places: Ints) -> None:
    """Write the places of the wanted nodes of a block; ``wanted`` is ascending, ``places`` has a row for each."""
    if not len(wanted):
        return
    for group in block.groups:
        number, lon, lat = nodes_of(group)
        row = np.minimum(np.searchsorted(wanted, number), len(wanted) - 1)
        here = np.flatnonzero(wanted[row] == number)
        for column, (degrees, offset) in enumerate(zip((lon, lat), block.offset, strict=True)):
            nano = degrees[here] * block.granularity + offset
            places[row[here], column] = np.sign(nano) * (np.abs(nano) // _PER_UNIT)
