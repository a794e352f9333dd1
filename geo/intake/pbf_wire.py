"""Reading the wire format of protocol buffers: a whole run of messages at once, by arrays.

Every number in a message is a varint, of seven bits a byte, and the last byte has its high bit clear. So all numbers
of a run are found in one sweep, whatever they mean, and messages alike are then walked side by side, field by field.
Source: https://protobuf.dev/programming-guides/encoding. Whatever does not fit raises ValueError or IndexError.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_LONGEST = 10
_MOST_FIELDS = 32
_MOST_PARTS = 1 << 16
_MOST_MESSAGES = 1 << 20
"""Bytes of a varint, fields of a way or node, parts of a block, messages of one kind in it.

More is no file that anybody writes, only a way to keep us busy or to fill the memory.
"""

_VARINT, _SIZED = 0, 2


@dataclass(frozen=True)
class Varints:
    """The numbers of a run of bytes, and at which byte each begins; ``place`` ends with the end of the run."""

    value: Ints
    place: Ints

    def at(self, byte: Ints) -> Ints:
        """Return which number begins at each of some bytes."""
        rank = np.searchsorted(self.place, byte)
        if np.any(self.place[rank] != byte):
            raise ValueError("a message does not end with a number")
        return rank


def read_varints(raw: bytes | memoryview) -> Varints:
    """Return all numbers of a run of bytes, as signed 64-bit integers."""
    byte = np.frombuffer(raw, np.uint8)
    place = np.concatenate([[0], np.flatnonzero(byte < 128) + 1])
    size = np.diff(place)
    if place[-1] != len(byte) or np.any(size > _LONGEST):
        raise ValueError("a number does not end")
    value = (byte[place[:-1]] & 127).astype(np.int64)
    longer = np.flatnonzero(size > 1)
    for k in range(1, _LONGEST):
        value[longer] |= (byte[place[longer] + k] & 127).astype(np.int64) << (7 * k)
        longer = longer[size[longer] > k + 1]
    return Varints(value, place)


def unzigzag(value: Ints) -> Ints:
    """Return the signed numbers that are kept as 0, -1, 1, -2 ..."""
    return np.asarray(((value >> 1) & np.int64(2**63 - 1)) ^ -(value & 1))


def read_varint(raw: bytes | memoryview, at: int) -> tuple[int, int]:
    """Return the number at a byte, and the byte after it."""
    value = 0
    for shift in range(0, 7 * _LONGEST, 7):
        byte = raw[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("a number does not end")


def read_message(raw: bytes | memoryview) -> Iterator[tuple[int, int, int]]:
    """Yield each field of one message: its number, and where its bytes lie; of a plain number, the number twice."""
    at = 0
    for _ in range(_MOST_PARTS):
        if at == len(raw):
            return
        tag, at = read_varint(raw, at)
        value, after = read_varint(raw, at)
        if tag & 7 == _VARINT:
            at = after
            yield tag >> 3, value, value
        elif tag & 7 == _SIZED and after + value <= len(raw):
            at = after + value
            yield tag >> 3, after, at
        else:
            raise ValueError("a field is of no kind that we know, or runs over the end")
    raise ValueError("a message has too many parts")


def read_repeated(raw: bytes | memoryview, number: int) -> tuple[list[int], list[int]]:
    """Return where the messages of a field begin and end that fills a whole message."""
    tag, at, end = number << 3 | _SIZED, 0, len(raw)
    begins, ends = [], []
    for _ in range(_MOST_MESSAGES):
        if at >= end:
            break
        size = raw[at + 1]
        if raw[at] != tag:
            raise ValueError("messages of several kinds are mixed")
        at += 2
        if size > 127:
            size, at = read_varint(raw, at - 1)
        begins.append(at)
        at += size
        ends.append(at)
    if at != end:
        raise ValueError("a message runs over the end, or there are too many")
    return begins, ends


def read_alike(numbers: Varints, begin: Ints, end: Ints, wanted: tuple[int, ...]) -> dict[int, tuple[Ints, Ints]]:
    """Return of many messages of one kind where each wanted field begins and ends among the numbers.

    A plain number is a run of one; a field that a message lacks is a run of none.
    """
    found = {field: (np.zeros(len(begin), np.int64), np.zeros(len(begin), np.int64)) for field in wanted}
    row, at, stop = np.arange(len(begin)), numbers.at(begin), numbers.at(end)
    row, at, stop = (part[at < stop] for part in (row, at, stop))
    for _ in range(_MOST_FIELDS):
        if not len(row):
            return found
        tag, size = numbers.value[at], numbers.value[at + 1]
        is_sized = tag & 7 == _SIZED
        first = at + 1 + is_sized
        last = first + 1
        last[is_sized] = numbers.at(numbers.place[first[is_sized]] + size[is_sized])
        if np.any((tag & 7 != _VARINT) & ~is_sized) or np.any(last < first) or np.any(last > stop):
            raise ValueError("a field is of no kind that we know, or runs over the end")
        for field, (begins, ends) in found.items():
            here = tag >> 3 == field
            if np.any(ends[row[here]]):
                raise ValueError("a field stands twice")
            begins[row[here]], ends[row[here]] = first[here], last[here]
        row, at, stop = (part[last < stop] for part in (row, last, stop))
    raise ValueError("a message has too many fields")


def spread(begin: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Return the positions in all runs, one run after the other, and the run of each."""
    count = end - begin
    owner = np.repeat(np.arange(len(count)), count)
    return np.arange(len(owner)) + (begin - np.cumsum(count) + count)[owner], owner
