"""The streets of an OpenStreetMap PBF, quickly: a decoder of what the walking network needs, and of nothing else.

The file is read block by block, first the ways, then the places of their nodes, so that memory holds one block and the
streets however large the file is. What this decoder does not know it declines, and pyosmium reads it, or refuses it.
Source: https://wiki.openstreetmap.org/wiki/PBF_Format; decision 7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geo.intake.osm_streets import UNDEFINED, Ways
from geo.intake.osm_tags import is_walkable
from geo.intake.pbf_blocks import DENSE, NODE, WAY, Block, blocks, declining, nodes_of, refs_of
from geo.intake.pbf_wire import Ints, read_alike, read_repeated, read_varints, spread

_TAGS = ("highway", "railway", "foot", "access", "name", "wheelchair")
_AT_ONCE = 8000
_PER_UNIT = 100
"""Nanodegrees, in which a PBF counts, in the ten-millionths of a degree of `Ways`."""


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
    parts: list[_Part] = []
    with_nodes = []
    for place, block in blocks(path):
        kinds = {group[0] >> 3 for group in block.groups}
        if kinds & {NODE, DENSE}:
            with_nodes.append(place)
        if WAY in kinds:
            parts += _parts_of(block)
    ways = Ways()
    if parts:
        ref = np.concatenate([part.ref for part in parts])
        wanted, position = np.unique(ref, return_inverse=True)
        places = np.full((len(wanted), 2), UNDEFINED, np.int64)
        for _, block in blocks(path, with_nodes):
            place_nodes(block, wanted, places)
        way_id, count = (np.concatenate(column) for column in ([p.way_id for p in parts], [p.count for p in parts]))
        tags = np.concatenate([part.tags for part in parts])
        ways.add_all(way_id, tags, count, np.column_stack([ref, places[position]]))
    return ways


@dataclass(frozen=True)
class _Part:
    """Walkable ways of a group: number, kind, name, access, wheelchair, how many nodes, and all nodes in a row."""

    way_id: Ints
    tags: np.ndarray[Any, np.dtype[np.object_]]
    count: Ints
    ref: Ints


def _parts_of(block: Block) -> Iterator[_Part]:
    """Yield the walkable ways of a block."""
    begins, ends = read_repeated(block.strings, 1)
    words = [bytes(block.strings[begin:end]) for begin, end in zip(begins, ends, strict=True)]
    text = np.array([*(word.decode() for word in words), None], dtype=object)
    keys = [words.index(key.encode()) if key.encode() in words else -1 for key in _TAGS]
    for group in block.groups:
        if group[0] >> 3 != WAY:
            continue
        first, last = (np.array(ends, np.int64) for ends in read_repeated(group, WAY))
        for k in range(0, len(first), _AT_ONCE):
            base, top = first[k], last[k:][:_AT_ONCE][-1]
            yield _part(group[base:top], first[k:][:_AT_ONCE] - base, last[k:][:_AT_ONCE] - base, keys, text)


def _part(raw: memoryview, first: Ints, last: Ints, keys: list[int], text: Any) -> _Part:
    """Return the walkable ones among messages of ways; ``keys`` are the places of `_TAGS` among the words."""
    numbers = read_varints(raw)
    fields = read_alike(numbers, first, last, (1, 2, 3, 8))
    at, owner = spread(*fields[2])
    value_at, value_owner = spread(*fields[3])
    if not np.array_equal(owner, value_owner):
        raise ValueError("a way has more keys than values")
    key, value = numbers.value[at], numbers.value[value_at]
    tags = np.full((len(first), len(keys)), -1, np.int64)
    for column, word in enumerate(keys):
        here = np.flatnonzero(key == word)
        tags[owner[here], column] = value[here]
    rows = text[tags]
    is_platform = (tags[:, 0] < 0) & (rows[:, 1] == "platform")
    rows[is_platform, 0] = "platform"
    taken = np.flatnonzero((tags[:, 0] >= 0) | is_platform)
    verdict = _Verdicts()
    taken = taken[[verdict[kind, foot, access] for kind, _, foot, access, *_ in rows[taken].tolist()]]
    begin, end = (ends[taken] for ends in fields[8])
    ref, _ = refs_of(numbers, begin, end)
    way_id = numbers.value[fields[1][0][taken]]
    return _Part(way_id, rows[taken][:, [0, 4, 3, 5]], end - begin, ref)


class _Verdicts(dict[tuple[str, str | None, str | None], bool]):
    """Whether a way may be walked, by the tags that decide it; each combination is judged once."""

    def __missing__(self, tags: tuple[str, str | None, str | None]) -> bool:
        named = zip(("highway", "foot", "access"), tags, strict=True)
        self[tags] = is_walkable({key: value for key, value in named if value is not None})
        return self[tags]


def place_nodes(block: Block, wanted: Ints, places: Ints) -> None:
    """Write the places of the wanted nodes of a block; ``wanted`` is ascending, ``places`` has a row for each."""
    for group in block.groups:
        number, lon, lat = nodes_of(group)
        row = np.minimum(np.searchsorted(wanted, number), len(wanted) - 1)
        here = np.flatnonzero(wanted[row] == number)
        for column, (degrees, offset) in enumerate(zip((lon, lat), block.offset, strict=True)):
            nano = degrees[here] * block.granularity + offset
            places[row[here], column] = np.sign(nano) * (np.abs(nano) // _PER_UNIT)
