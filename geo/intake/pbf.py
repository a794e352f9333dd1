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

from geo.intake.osm_crossings import road_code
from geo.intake.osm_streets import UNDEFINED, Ways
from geo.intake.osm_tags import WAY_TAGS, carriageway, is_walkable
from geo.intake.pbf_blocks import DENSE, NODE, WAY, Block, blocks, declining, nodes_of, refs_of
from geo.intake.pbf_wire import Ints, Varints, read_alike, read_repeated, read_varints, spread

_TAGS = ("railway", "foot", *WAY_TAGS)
_WALKED, _CROSSED = 1, 2
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
    for part in parts:
        if part.code is not None:
            ways.roads.add_all(part.code, part.count, part.ref)
    parts = [part for part in parts if part.code is None]
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
    """Walkable ways of a group: number, a column for each of `WAY_TAGS`, how many nodes, and all nodes in a row.

    Or the carriageways of it that nobody walks along; then ``code`` is their `road_code`.
    """

    way_id: Ints
    tags: np.ndarray[Any, np.dtype[np.object_]]
    count: Ints
    ref: Ints
    code: Ints | None = None


def _parts_of(block: Block) -> Iterator[_Part]:
    """Yield the ways of a block: those one walks along, and those one only crosses."""
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
            yield from _part(group[base:top], first[k:][:_AT_ONCE] - base, last[k:][:_AT_ONCE] - base, keys, text)


def _part(raw: memoryview, first: Ints, last: Ints, keys: list[int], text: Any) -> Iterator[_Part]:
    """Yield those that count among messages of ways; ``keys`` are the places of `_TAGS` among the words."""
    numbers = read_varints(raw)
    fields = read_alike(numbers, first, last, (1, 2, 3, 8))
    words = _values(numbers, fields, keys)
    is_platform = (words[:, 2] < 0) & (text[words[:, 0]] == "platform")
    ways = np.flatnonzero((words[:, 2] >= 0) | is_platform)
    tags = text[words[ways]]
    tags[is_platform[ways], 2] = "platform"
    verdicts = _Verdicts()
    verdict = np.array([verdicts[kind, foot, access] for _, foot, kind, _, access, *_ in tags.tolist()], np.int64)
    for wanted in (_WALKED, _CROSSED):
        mine = np.flatnonzero(verdict == wanted)
        rows = ways[mine]
        begin, end = (ends[rows] for ends in fields[8])
        ref, _ = refs_of(numbers, begin, end)
        code = None if wanted == _WALKED else np.array([_road_code(row) for row in tags[mine].tolist()], np.int64)
        way_id = numbers.value[fields[1][0][rows]]
        yield _Part(way_id, tags[mine, 2:], end - begin, ref, code)


def _values(numbers: Varints, fields: dict[int, tuple[Ints, Ints]], keys: list[int]) -> Ints:
    """Return for every way the word of each of `_TAGS`, -1 where it has none."""
    at, owner = spread(*fields[2])
    value_at, value_owner = spread(*fields[3])
    if not np.array_equal(owner, value_owner):
        raise ValueError("a way has more keys than values")
    key, value = numbers.value[at], numbers.value[value_at]
    tags = np.full((len(fields[1][0]), len(keys)), -1, np.int64)
    for column, word in enumerate(keys):
        here = np.flatnonzero(key == word)
        tags[owner[here], column] = value[here]
    return tags


def _road_code(row: list[str | None]) -> int:
    return road_code({key: value for key, value in zip(_TAGS, row, strict=True) if value is not None})


class _Verdicts(dict[tuple[str, str | None, str | None], int]):
    """Whether a way is walked, crossed or neither, by the tags that decide it; each combination is judged once."""

    def __missing__(self, tags: tuple[str, str | None, str | None]) -> int:
        named = zip(("highway", "foot", "access"), tags, strict=True)
        told = {key: value for key, value in named if value is not None}
        self[tags] = _WALKED if is_walkable(told) else _CROSSED if carriageway(told) else 0
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
