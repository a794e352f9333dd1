"""Reading the wire format of protocol buffers: the few parts of a block one by one, the many in it by kernels.

Every number in a message is a varint, of seven bits a byte, and the last byte has its high bit clear.
Source: https://protobuf.dev/programming-guides/encoding. Whatever does not fit raises ValueError or IndexError.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from geo.intake.kernels import count_messages, find_words, running_totals, split_messages

Ints = NDArray[np.int64]
Raw = bytes | memoryview

_LONGEST = 10
_MOST_PARTS = 1 << 16
_MOST_MESSAGES = 1 << 20
"""Bytes of a varint, parts of a block, messages of one kind in it.

More is no file that anybody writes, only a way to keep us busy or to fill the memory.
"""

_VARINT, _SIZED = 0, 2


def as_array(raw: Raw) -> NDArray[np.uint8]:
    """Return bytes as the kernels take them, not copied."""
    return np.frombuffer(raw, np.uint8)


def read_varint(raw: Raw, at: int) -> tuple[int, int]:
    """Return the number at a byte, and the byte after it."""
    value = 0
    for shift in range(0, 7 * _LONGEST, 7):
        byte = raw[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("a number does not end")


def read_message(raw: Raw) -> Iterator[tuple[int, int, int]]:
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


def read_repeated(raw: Raw, number: int) -> Ints:
    """Return where the messages of a field begin and end that fills a whole message, (N, 2)."""
    count = count_messages(as_array(raw), number)
    if count > _MOST_MESSAGES:
        raise ValueError("there are too many messages")
    span = np.empty((count, 2), np.int64)
    split_messages(as_array(raw), number, span)
    return span


def read_totals(raw: Raw) -> Ints:
    """Return the numbers of a run that keeps them as differences."""
    byte = as_array(raw)
    total = np.empty(np.count_nonzero(byte < 128), np.int64)
    running_totals(byte, np.array([[0, len(byte)]], np.int64), total)
    return total


def columns_of(strings: Raw, span: Ints, keys: Sequence[str]) -> NDArray[np.int32]:
    """Return for every word of a block which of some keys it is, -1 for none; ``span`` tells where each stands."""
    packed = [key.encode() for key in keys]
    end = np.cumsum([len(key) for key in packed])
    key_span = np.column_stack([end - [len(key) for key in packed], end])
    column = np.empty(len(span), np.int32)
    find_words(as_array(strings), span, as_array(b"".join(packed)), key_span, column)
    return column
