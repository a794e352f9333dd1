"""The blocks of an OpenStreetMap PBF: unpacked one by one, checked, and the nodes and references in them by arrays.

One block is in memory at a time. Source: https://wiki.openstreetmap.org/wiki/PBF_Format; decision 7.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.intake.kernels import running_totals, walk_nodes, walk_ways
from geo.intake.pbf_wire import Ints, as_array, read_message, read_repeated, read_totals

LARGEST_HEADER, LARGEST_BLOCK = 64 << 10, 32 << 20
"""Bytes that the format allows a header of a block, and a block unpacked."""


NODE, DENSE, WAY = 1, 2, 3
"""What a group of a block holds: nodes one by one, nodes as differences, ways."""

_FEATURES = {b"OsmSchema-V0.6", b"DenseNodes"}


class DeclinedError(Exception):
    """The file is damaged, or holds what this decoder does not know."""


@contextmanager
def declining() -> Iterator[None]:
    """Decline a file that is damaged, or holds what this decoder does not know."""
    try:
        yield
    except (ValueError, IndexError, OverflowError, struct.error, zlib.error) as fault:
        raise DeclinedError(str(fault)) from fault


@dataclass(frozen=True)
class Block:
    """A block of a PBF: its words, its groups of nodes, ways or relations, and how it counts degrees."""

    strings: bytes | memoryview = b""
    groups: list[memoryview] = field(default_factory=list)
    granularity: int = 100
    offset: tuple[int, int] = (0, 0)


def blocks(path: Path, places: list[int] | None = None) -> Iterator[tuple[int, Block]]:
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


def _block(raw: memoryview) -> Block:
    strings, groups, numbers = raw[:0], [], {17: 100, 19: 0, 20: 0}
    for number, begin, end in read_message(raw):
        if number == 1:
            strings = raw[begin:end]
        elif number == 2 and end > begin:
            groups.append(raw[begin:end])
        elif number in numbers:
            numbers[number] = begin - (begin >> 63 << 64)
    return Block(strings, groups, numbers[17], (numbers[20], numbers[19]))


def ways_of(group: memoryview, column: NDArray[np.int32], width: int) -> tuple[Ints, NDArray[np.int32], Ints]:
    """Return number, wanted tags, and where the nodes of every way of a group stand; of another group, none.

    Parameters
    ----------
    column
        For every word of the block the column of the tags that keeps the value of this key, -1 for none; there are
        ``width`` columns.

    Returns
    -------
    way_id
        (W,).
    word
        (W, width): the words of the wanted tags, -1 for none.
    span
        (W, 3): the bytes at which the nodes begin and end, and their count; see `refs_of`.
    """
    count = len(read_repeated(group, WAY)) if group[0] >> 3 == WAY else 0
    way_id, word, span = (
        np.empty(count, np.int64),
        np.full((count, width), -1, np.int32),
        np.zeros((count, 3), np.int64),
    )
    walk_ways(as_array(group), column, way_id, word, span)
    return way_id, word, span


def refs_of(group: memoryview, span: Ints) -> Ints:
    """Return the nodes of ways, one way after the other; ``span`` is of `ways_of`."""
    ref = np.empty(span[:, 2].sum(), np.int64)
    running_totals(as_array(group), span, ref)
    return ref


def nodes_of(group: memoryview) -> tuple[Ints, Ints, Ints]:
    """Return the numbers, longitudes and latitudes of the nodes of a group; of another group, none."""
    if group[0] >> 3 == DENSE:
        return _dense(group)
    node = np.zeros((len(read_repeated(group, NODE)) if group[0] >> 3 == NODE else 0, 3), np.int64)
    walk_nodes(as_array(group), node)
    return node[:, 0], node[:, 1], node[:, 2]


def _dense(group: memoryview) -> tuple[Ints, Ints, Ints]:
    """Return the numbers, longitudes and latitudes of nodes that are kept as differences."""
    packed: dict[int, memoryview] = {}
    for _, begin, end in read_message(group):
        fields = group[begin:end]
        packed |= {number: fields[first:last] for number, first, last in read_message(fields) if number in (1, 8, 9)}
    number, lon, lat = (read_totals(packed.get(field, b"")) for field in (1, 9, 8))
    if not len(number) == len(lon) == len(lat):
        raise ValueError("nodes lack places")
    return number, lon, lat
