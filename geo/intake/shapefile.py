"""The parts of a Shapefile held against each other: GDAL reads one cut short, or with parts that differ, unsaid."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from geo.intake.raw import FileRef, fault
from geo.intake.valid import check_size
from geo.model.errors import InputError, told

_MAGIC = b"\0\0\x27\x0a"
_HEAD, _ENTRY, _RECORD_HEAD = 100, 8, 8
_DELETED = ord("*")


def check_shapefile(ref: FileRef) -> tuple[dict[str, Path], int]:
    """Return the parts of a Shapefile by their endings, in lower case, and how many rows they tell of.

    Raises
    ------
    InputError
        A part is missing, cut short, or of another Shapefile.
    LimitError
        More rows than we read.

    Source
    ------
    ESRI Shapefile Technical Description, July 1998; the header of dBASE III.
    """
    beside = {p.suffix.lower(): p for p in ref.path.parent.iterdir() if p.stem == ref.path.stem}
    missing = [end for end in (".dbf", ".shx") if end not in beside]
    if missing:
        raise fault(
            ref, told("comes without its {part} part.", part=missing[0]), "Copy all parts.", "shapefile_part_missing"
        )
    shapes = _sound(ref, beside.get(".shp", ref.path))
    entries = np.frombuffer(_sound(ref, beside[".shx"])[_HEAD:], ">i4").reshape(-1, 2).astype(np.int64) * 2
    ends = entries.sum(axis=1) + _RECORD_HEAD
    if len(entries) and (ends.max() > len(shapes) or entries.min() < 0):
        raise _cut(ref)
    rows, deleted = _dbf_rows(ref, beside[".dbf"])
    if rows != len(entries):
        message = told(
            "has {shapes:,} shapes and {announced:,} rows of attributes.", shapes=len(entries), announced=rows
        )
        raise fault(ref, message, "Copy all parts of one export.", "file_truncated")
    check_size(ref, rows)
    return beside, rows - deleted


def _sound(ref: FileRef, path: Path) -> bytes:
    """Return a part whose header tells its true length."""
    data = path.read_bytes()
    whole = len(data) >= _HEAD and data[:4] == _MAGIC and int.from_bytes(data[24:28], "big") * 2 == len(data)
    if not whole or (path.suffix.lower() == ".shx" and (len(data) - _HEAD) % _ENTRY):
        raise _cut(ref)
    return data


def _dbf_rows(ref: FileRef, path: Path) -> tuple[int, int]:
    """Return how many rows the attributes have, and how many of them are marked as deleted."""
    data = path.read_bytes()
    if len(data) < 32:
        raise _cut(ref)
    rows, head, width = (int.from_bytes(data[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
    if not width or head + rows * width > len(data):
        raise _cut(ref)
    marks = np.frombuffer(data, np.uint8)[head : head + rows * width : width]
    return rows, int((marks == _DELETED).sum())


def _cut(ref: FileRef) -> InputError:
    return fault(ref, "is cut short or damaged.", "Copy it again.", "file_truncated")
