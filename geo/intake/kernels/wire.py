"""Walking through the packed messages of an OpenStreetMap PBF, number by number.

Files come from anybody: every size is held against the end of the message in which it stands before it is used, and
every index is checked besides. Whatever does not fit raises ValueError or IndexError.
Source: https://protobuf.dev/programming-guides/encoding, https://wiki.openstreetmap.org/wiki/PBF_Format.
"""

from __future__ import annotations

import numba
import numpy as np
from numba import types

_BYTES = types.Array(types.uint8, 1, "C", readonly=True)
_COLUMNS = types.Array(types.int32, 1, "C", readonly=True)
_SPANS = types.Array(types.int64, 2, "C", readonly=True)
_LONG = types.int64
_PAIR, _FIELD = types.UniTuple(_LONG, 2), types.UniTuple(_LONG, 3)

_COUNT = _LONG(_BYTES, _LONG)
_SPLIT = types.void(_BYTES, _LONG, types.int64[:, ::1])
_FIND = types.void(_BYTES, _SPANS, _BYTES, _SPANS, types.int32[::1])
_TOTALS = types.void(_BYTES, _SPANS, types.int64[::1])
_NODES = types.void(_BYTES, types.int64[:, ::1])
_WAYS = types.void(_BYTES, _COLUMNS, types.int64[::1], types.int32[:, ::1], types.int64[:, ::1])
_WAY = types.void(
    _BYTES, _PAIR, _LONG, _COLUMNS, types.Tuple((types.int64[::1], types.int32[:, ::1], types.int64[:, ::1]))
)
_WORDS = types.void(_BYTES, _PAIR, _PAIR, _COLUMNS, types.int32[::1])

_HOW = {"nogil": True, "cache": True, "boundscheck": True}

_LONGEST = 70
"""Bits of the longest number, seven a byte."""

_VARINT, _SIZED = 0, 2
_ID, _LAT, _LON = 1 << 3 | _VARINT, 8 << 3 | _VARINT, 9 << 3 | _VARINT
_KEYS, _VALUES, _REFS = 2 << 3 | _SIZED, 3 << 3 | _SIZED, 8 << 3 | _SIZED
"""How fields of nodes and ways begin."""


@numba.njit(_PAIR(_BYTES, _LONG, _LONG), **_HOW)
def _number(raw, at, end):  # type: ignore[no-untyped-def]
    """Return the number at a byte, and the byte after it."""
    value, shift = np.int64(0), np.int64(0)
    while at < end and shift < _LONGEST:
        byte = np.int64(raw[at])
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise ValueError("a number does not end")


@numba.njit(_LONG(_LONG), **_HOW)
def _signed(value):  # type: ignore[no-untyped-def]
    """Return the signed number that is kept as 0, -1, 1, -2 ..."""
    return ((value >> 1) & np.int64(0x7FFFFFFFFFFFFFFF)) ^ -(value & 1)


@numba.njit(_FIELD(_BYTES, _LONG, _LONG), **_HOW)
def _field(raw, at, end):  # type: ignore[no-untyped-def]
    """Return how the field at a byte begins, and where its content begins and ends."""
    tag, at = _number(raw, at, end)
    if tag & 7 == _VARINT:
        return tag, at, _number(raw, at, end)[1]
    if tag & 7 == _SIZED:
        size, at = _number(raw, at, end)
        if 0 <= size <= end - at:
            return tag, at, at + size
    raise ValueError("a field is of no kind that we know, or runs over the end")


@numba.njit(_COUNT, **_HOW)
def count_messages(raw, field):  # type: ignore[no-untyped-def]
    """Return how many messages of a field make up a message that holds nothing else."""
    at, count = 0, 0
    while at < len(raw):
        tag, _, at = _field(raw, at, len(raw))
        if tag != (field << 3 | _SIZED):
            raise ValueError("messages of several kinds are mixed")
        count += 1
    return count


@numba.njit(_SPLIT, **_HOW)
def split_messages(raw, field, span):  # type: ignore[no-untyped-def]
    """Write where each of the messages begins and ends that `count_messages` counts, int64 (N, 2)."""
    at = 0
    for row in range(len(span)):
        _, span[row, 0], at = _field(raw, at, len(raw))
        span[row, 1] = at


@numba.njit(_FIND, **_HOW)
def find_words(raw, span, keys, key_span, column):  # type: ignore[no-untyped-def]
    """Write for every word which of some keys it is, -1 for none.

    Parameters
    ----------
    raw, span
        Words: word ``w`` is ``raw[span[w, 0]:span[w, 1]]``, int64 (W, 2).
    keys, key_span
        The keys, likewise.
    column
        int32 (W,), filled.
    """
    for w in range(len(span)):
        column[w] = -1
        begin, size = span[w, 0], span[w, 1] - span[w, 0]
        for k in range(len(key_span)):
            first = key_span[k, 0]
            if size != key_span[k, 1] - first:
                continue
            i = 0
            while i < size and raw[begin + i] == keys[first + i]:
                i += 1
            if i == size:
                column[w] = k


@numba.njit(_TOTALS, **_HOW)
def running_totals(raw, span, total):  # type: ignore[no-untyped-def]
    """Write the numbers of runs that keep them as differences, one run after the other.

    Parameters
    ----------
    span
        Where each run begins and ends, int64 (R, 2 or more).
    total
        int64, filled: as long as all runs together.
    """
    free = 0
    for row in range(len(span)):
        at, end, value = span[row, 0], span[row, 1], np.int64(0)
        while at < end:
            step, at = _number(raw, at, end)
            value += _signed(step)
            total[free] = value
            free += 1


@numba.njit(_NODES, **_HOW)
def walk_nodes(raw, node):  # type: ignore[no-untyped-def]
    """Write number, longitude and latitude of nodes that are kept one by one, int64 (N, 3)."""
    at = 0
    for row in range(len(node)):
        _, inside, at = _field(raw, at, len(raw))
        while inside < at:
            tag, first, inside = _field(raw, inside, at)
            column = 0 if tag == _ID else 1 if tag == _LON else 2 if tag == _LAT else -1
            if column >= 0:
                node[row, column] = _signed(_number(raw, first, inside)[0])


@numba.njit(_WORDS, **_HOW, inline="always")
def _take_words(raw, keys, values, column, word):  # type: ignore[no-untyped-def]
    """Write the values of the wanted keys of a way."""
    k, v = keys[0], values[0]
    while k < keys[1] and v < values[1]:
        key, k = _number(raw, k, keys[1])
        value, v = _number(raw, v, values[1])
        if not (0 <= key < len(column) and 0 <= value < len(column)):
            raise ValueError("a way has a word that is not there")
        if column[key] >= 0:
            word[column[key]] = value
    if k < keys[1] or v < values[1]:
        raise ValueError("a way has more keys than values, or fewer")


@numba.njit(_WAY, **_HOW, inline="always")
def _take_way(raw, whole, row, column, ways):  # type: ignore[no-untyped-def]
    """Write what is wanted of the way between two bytes."""
    way_id, word, span = ways
    at, end = whole
    keys, values, has_id = (end, end), (end, end), False
    while at < end:
        tag, first, at = _field(raw, at, end)
        if tag == _ID and not has_id:
            way_id[row], has_id = _number(raw, first, at)[0], True
        elif tag == _KEYS and keys[0] == end:
            keys = (first, at)
        elif tag == _VALUES and values[0] == end:
            values = (first, at)
        elif tag == _REFS and span[row, 2] == 0:
            span[row, 0], span[row, 1] = first, at
            for i in range(first, at):
                span[row, 2] += raw[i] < 128
        elif tag in (_ID, _KEYS, _VALUES, _REFS):
            raise ValueError("a field stands twice")
    if not has_id:
        raise ValueError("a way has no number")
    _take_words(raw, keys, values, column, word[row])


@numba.njit(_WAYS, **_HOW)
def walk_ways(raw, column, way_id, word, span):  # type: ignore[no-untyped-def]
    """Write number, wanted tags, and where the nodes stand, of every way of a group.

    Parameters
    ----------
    raw
        uint8: the group; it holds W ways.
    column
        int32: for every word of the block the column of ``word`` that keeps the value of this key, -1 for none.
    way_id
        int64 (W,), filled.
    word
        int32 (W, T), -1, filled with the word of each wanted key.
    span
        int64 (W, 3), 0, filled with the bytes at which the nodes begin and end, kept as differences, and their count.
    """
    at = 0
    for row in range(len(way_id)):
        _, first, at = _field(raw, at, len(raw))
        _take_way(raw, (first, at), row, column, (way_id, word, span))
