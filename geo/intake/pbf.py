"""The streets of an OpenStreetMap PBF, quickly: a decoder of what the walking network needs, and of nothing else.

The file is read block by block, first the ways, then the places of their nodes, so that memory holds one block and the
streets however large the file is. What this decoder does not know it declines, and pyosmium reads it, or refuses it.
Source: https://wiki.openstreetmap.org/wiki/PBF_Format; decision 7.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from geo.intake.osm_crossings import road_code
from geo.intake.osm_streets import UNDEFINED, Ways
from geo.intake.osm_tags import WAY_TAGS, carriageway, is_walkable
from geo.intake.pbf_wire import Ints, Varints, read_alike, read_message, read_repeated, read_varints, spread, unzigzag

LARGEST_HEADER, LARGEST_BLOCK = 64 << 10, 32 << 20
"""Bytes that the format allows a header of a block, and a block unpacked."""

_FEATURES = {b"OsmSchema-V0.6", b"DenseNodes"}
_TAGS = ("railway", "foot", *WAY_TAGS)
_NODE, _DENSE, _WAY = 1, 2, 3
_WALKED, _CROSSED = 1, 2
_AT_ONCE = 8000
_PER_UNIT = 100
"""Nanodegrees, in which a PBF counts, in the ten-millionths of a degree of `Ways`."""


class DeclinedError(Exception):
    """The file is damaged, or holds what this decoder does not know."""


def read_ways(path: Path) -> Ways:
    """Return the walkable ways of a PBF as `geo.intake.osm` takes them from pyosmium, in the order of the file.

    Raises
    ------
    DeclinedError
        The file is damaged, or holds what this decoder does not know.
    """
    try:
        return _read_ways(path)
    except (ValueError, IndexError, OverflowError, struct.error, zlib.error) as fault:
        raise DeclinedError(str(fault)) from fault


def _read_ways(path: Path) -> Ways:
    parts: list[_Part] = []
    with_nodes = []
    for place, block in _blocks(path):
        kinds = {group[0] >> 3 for group in block.groups}
        if kinds & {_NODE, _DENSE}:
            with_nodes.append(place)
        if _WAY in kinds:
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
        for _, block in _blocks(path, with_nodes):
            _place_nodes(block, wanted, places)
        way_id, count = (np.concatenate(column) for column in ([p.way_id for p in parts], [p.count for p in parts]))
        tags = np.concatenate([part.tags for part in parts])
        ways.add_all(way_id, tags, count, np.column_stack([ref, places[position]]))
    return ways


@dataclass(frozen=True)
class _Block:
    """A block of a PBF: its words, its groups of nodes, ways or relations, and how it counts degrees."""

    strings: bytes | memoryview = b""
    groups: list[memoryview] = field(default_factory=list)
    granularity: int = 100
    offset: tuple[int, int] = (0, 0)


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


def _blocks(path: Path, places: list[int] | None = None) -> Iterator[tuple[int, _Block]]:
    """Yield the blocks of a file, or those at some places, with the place of each; one is in memory at a time."""
    with path.open("rb") as file:
        for place in _places(file, path.stat().st_size) if places is None else places:
            file.seek(place)
            kind, raw = _unpacked(file)
            if kind == b"OSMHeader":
                _check_header(raw)
            elif kind == b"OSMData":
                yield place, _block(raw)


def _places(file: Any, size: int) -> Iterator[int]:
    """Yield where each block begins; the file stands behind the block when the next is asked for."""
    while (place := file.tell()) < size:
        yield place


def _unpacked(file: Any) -> tuple[bytes, memoryview]:
    """Return the kind of the block at which a file stands, and its bytes unpacked."""
    (size,) = struct.unpack(">I", file.read(4))
    if size > LARGEST_HEADER:
        raise ValueError("the header of a block is too large")
    header = file.read(size)
    known = {number: (begin, end) for number, begin, end in read_message(header)}
    kind = header[slice(*known[1])] if 1 in known else b""
    size = known.get(3, (0, 0))[0]
    if size > LARGEST_BLOCK:
        raise ValueError("a block is too large")
    blob = file.read(size)
    if len(blob) < size:
        raise ValueError("the file ends within a block")
    known = {number: (begin, end) for number, begin, end in read_message(blob)}
    if 1 in known:
        return kind, memoryview(blob)[slice(*known[1])]
    if 3 not in known:
        raise ValueError("a block is packed in a way that is not read here")
    pack = zlib.decompressobj()
    raw = pack.decompress(memoryview(blob)[slice(*known[3])], LARGEST_BLOCK)
    if not pack.eof:
        raise ValueError("a block is too large or cut short")
    return kind, memoryview(raw)


def _check_header(raw: memoryview) -> None:
    for number, begin, end in read_message(raw):
        name = bytes(raw[begin:end]) if number in (4, 5) else b""
        if (number == 4 and name not in _FEATURES) or name == b"LocationsOnWays":
            raise ValueError(f"a feature is not known here: {name!r}")


def _block(raw: memoryview) -> _Block:
    strings, groups, numbers = raw[:0], [], {17: 100, 19: 0, 20: 0}
    for number, begin, end in read_message(raw):
        if number == 1:
            strings = raw[begin:end]
        elif number == 2 and end > begin:
            groups.append(raw[begin:end])
        elif number in numbers:
            numbers[number] = begin - (begin >> 63 << 64)
    return _Block(strings, groups, numbers[17], (numbers[20], numbers[19]))


def _parts_of(block: _Block) -> Iterator[_Part]:
    """Yield the ways of a block: those one walks along, and those one only crosses."""
    begins, ends = read_repeated(block.strings, 1)
    words = [bytes(block.strings[begin:end]) for begin, end in zip(begins, ends, strict=True)]
    text = np.array([*(word.decode() for word in words), None], dtype=object)
    keys = [words.index(key.encode()) if key.encode() in words else -1 for key in _TAGS]
    for group in block.groups:
        if group[0] >> 3 != _WAY:
            continue
        first, last = (np.array(ends, np.int64) for ends in read_repeated(group, _WAY))
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
        at, owner = spread(begin, end)
        step = unzigzag(numbers.value[at])
        total = np.concatenate([[0], np.cumsum(step)])
        start = np.concatenate([[0], np.cumsum(end - begin)])[:-1]
        ref = total[1:] - total[start][owner]
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


def _place_nodes(block: _Block, wanted: Ints, places: Ints) -> None:
    """Write the places of the wanted nodes of a block; ``wanted`` is ascending, ``places`` has a row for each."""
    for group in block.groups:
        number, lon, lat = _dense(group) if group[0] >> 3 == _DENSE else _plain(group)
        row = np.minimum(np.searchsorted(wanted, number), len(wanted) - 1)
        here = np.flatnonzero(wanted[row] == number)
        for column, (degrees, offset) in enumerate(zip((lon, lat), block.offset, strict=True)):
            nano = degrees[here] * block.granularity + offset
            places[row[here], column] = np.sign(nano) * (np.abs(nano) // _PER_UNIT)


def _dense(group: memoryview) -> list[Ints]:
    """Return the numbers, longitudes and latitudes of nodes that are kept as differences."""
    packed: dict[int, memoryview] = {}
    for _, begin, end in read_message(group):
        fields = group[begin:end]
        packed |= {number: fields[first:last] for number, first, last in read_message(fields) if number in (1, 8, 9)}
    found = [np.cumsum(unzigzag(read_varints(packed.get(number, b"")).value)) for number in (1, 9, 8)]
    if len({len(column) for column in found}) > 1:
        raise ValueError("nodes lack places")
    return found


def _plain(group: memoryview) -> list[Ints]:
    """Return the numbers, longitudes and latitudes of nodes that are kept one by one; of another group, none."""
    if group[0] >> 3 != _NODE:
        return [np.empty(0, np.int64)] * 3
    begins, ends = read_repeated(group, _NODE)
    numbers = read_varints(group)
    fields = read_alike(numbers, np.array(begins), np.array(ends), (1, 9, 8))
    return [unzigzag(numbers.value[begin]) for begin, _ in fields.values()]
