"""A workbook of Excel 97 (.xls) with the least that one holds: made here, for no library that is kept up writes it.

Source: [MS-CFB] 2.2-2.6 (the compound file: header, one sector of the allocation table, one of the directory, the
stream) and [MS-XLS] 2.4 (the records BOF, CodePage, BoundSheet8, Label, Number, EOF).
"""

from __future__ import annotations

import struct
from pathlib import Path

import pandas as pd

SECTOR, SMALLEST_STREAM = 512, 4096
FREE, END, TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def write_xls(path: Path, table: pd.DataFrame, sheet: str = "表") -> Path:
    """Write a table of texts, numbers and blanks as the only sheet of a workbook; return its path."""
    rows = [list(table), *table.astype(object).where(table.notna(), None).values.tolist()]
    cells = b"".join(_cell(r, c, value) for r, row in enumerate(rows) for c, value in enumerate(row))
    begin = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 1997, 0, 6)) + _record(0x0042, b"\xb0\x04")
    size = len(begin) + len(_record(0x0085, bytes(6) + _text(sheet, "B"))) + len(_record(0x000A))
    book = begin + _record(0x0085, struct.pack("<IH", size, 0) + _text(sheet, "B")) + _record(0x000A)
    page = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 1997, 0, 6)) + cells + _record(0x000A)
    path.write_bytes(_compound("Workbook", book + page))
    return path


def _record(kind: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _text(text: str, length: str) -> bytes:
    """A text in UTF-16 behind its length."""
    return struct.pack(f"<{length}B", len(text), 1) + text.encode("utf-16-le")


def _cell(row: int, column: int, value: object) -> bytes:
    if value is None:
        return b""
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(value, str):
        return _record(0x0204, place + _text(value, "H"))
    return _record(0x0203, place + struct.pack("<d", value))


def _compound(name: str, stream: bytes) -> bytes:
    """A compound file of one stream: the allocation table is sector 0, the directory 1, the stream follows."""
    stream = stream.ljust(SMALLEST_STREAM, b"\0")
    stream += bytes(-len(stream) % SECTOR)
    last = 1 + len(stream) // SECTOR
    table = [TABLE, END, *range(3, last + 1), END]
    head = struct.pack("<8s16sHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", bytes(16), 0x3E, 3, 0xFFFE, 9, 6,
                       0, 1, 1, 0, SMALLEST_STREAM, END, 0, END, 0)  # fmt: skip
    entries = _entry("Root Entry", 5, child=1, start=END, size=0) + _entry(name, 2, FREE, start=2, size=len(stream))
    return b"".join((
        head, struct.pack("<109I", 0, *[FREE] * 108), struct.pack("<128I", *table, *[FREE] * (128 - len(table))),
        entries.ljust(SECTOR, b"\0"), stream,
    ))  # fmt: skip


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    told = name.encode("utf-16-le") + b"\0\0"
    return struct.pack("<64sHBBIII16xI16xIQ", told, len(told), kind, 1, FREE, FREE, child, 0, start, size)
