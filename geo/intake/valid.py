"""Our own look at what a reader returned: libraries pass infinite coordinates, endless cells and broken text unsaid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.intake.raw import FileRef, RawTable, fault
from geo.model.crs import SHIFTED, parse_crs
from geo.model.errors import InputError, LimitError, Problem, told

MOST_ROWS_TOLD = 20


def check_raw(ref: FileRef, raw: RawTable) -> RawTable:
    """Return the rows of a file with every geometry finite or told as a fault.

    Raises
    ------
    LimitError
        More rows, columns or vertices than ``ref.limits`` allow.
    InputError
        A cell is too long or is no text; no row at all.
    CrsError
        The file's coordinate system is none that we know.
    """
    if not len(raw.columns) and not raw.faults:
        raise fault(ref, "holds no rows.", "Export it again, or leave it out.", "layer_empty")
    check_size(ref, len(raw.columns), len(raw.columns.columns))
    _check_cells(ref, raw)
    if raw.crs and raw.crs not in SHIFTED:
        parse_crs(raw.crs, source=ref.name)
    return raw if raw.shapes is None else _finite(ref, raw, raw.shapes)


def check_size(ref: FileRef, rows: int, columns: int = 0) -> None:
    """Refuse a table by its size, before it is read where the file tells it; `LimitError` names the limit."""
    if rows > ref.limits.rows:
        raise _too_many(ref, "rows", rows, ref.limits.rows, "too_many_rows")
    if columns > ref.limits.columns:
        raise _too_many(ref, "columns", columns, ref.limits.columns, "too_many_columns")


def _too_many(ref: FileRef, what: str, found: int, most: int, code: str) -> LimitError:
    message = told(
        "{file}: holds {found:,} " + what + ", more than {most:,}. Export the area and the columns you need.",
        file=ref.name, found=found, most=most,
    )  # fmt: skip
    return LimitError(message, code=code)


def _check_cells(ref: FileRef, raw: RawTable) -> None:
    """Refuse headings and cells that are no text, or longer than anybody writes."""
    for name in map(str, raw.columns.columns):
        if not _is_text(name) or len(name) > ref.limits.characters:
            raise fault(ref, told("has the heading '{heading}'.", heading=_shown(name)), "Rename it.", "text_invalid")
    for name in raw.columns.columns:
        values = raw.columns[name].to_numpy()
        if values.dtype != object:
            continue
        texts = [value if isinstance(value, str) else "" for value in values]
        whole = "".join(texts)
        if max(map(len, texts)) <= ref.limits.characters and "\0" not in whole and _is_text(whole):
            continue
        long = [n for n, text in enumerate(texts, start=1) if len(text) > ref.limits.characters]
        _refuse(
            ref,
            str(name),
            long,
            "value_too_long",
            told("a cell holds over {most:,} characters.", most=ref.limits.characters),
        )
        broken = [n for n, text in enumerate(texts, start=1) if not text.isascii() and not _is_text(text)]
        broken += [n for n, text in enumerate(texts, start=1) if "\0" in text]
        _refuse(ref, str(name), sorted(set(broken)), "text_invalid", "a cell holds what is no text.")


def _refuse(ref: FileRef, column: str, rows: list[int], code: str, message: str) -> None:
    if rows:
        first = tuple(rows[:MOST_ROWS_TOLD])
        raise InputError(Problem(ref.name, message, "Correct or empty the cell.", code, column, first, len(rows)))


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _shown(text: str) -> str:
    return text[:40].encode("utf-8", "replace").decode()


def _finite(ref: FileRef, raw: RawTable, shapes: NDArray[Any]) -> RawTable:
    """Return the table without the geometries that have a coordinate which is no finite number."""
    if len(shapes) != len(raw.columns):
        raise fault(ref, "has a number of geometries that is not that of its rows.", "Export it again.", "count_wrong")
    count = shapely.get_num_coordinates(shapes)
    if count.sum() > ref.limits.vertices or count.max(initial=0) > ref.limits.vertices_of_one:
        most = ref.limits.vertices if count.sum() > ref.limits.vertices else ref.limits.vertices_of_one
        found = int(count.sum() if most == ref.limits.vertices else count.max())
        raise _too_many(ref, "vertices", found, most, "too_many_vertices")
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    wrong = np.zeros(len(shapes), bool)
    wrong[owner[~np.isfinite(xy).all(axis=1)]] = True
    if not wrong.any():
        return raw
    known = {row for row, _, _ in raw.faults}
    message = "a coordinate is not a finite number"
    new = [(row + 1, "coordinate_not_finite", message) for row in np.flatnonzero(wrong).tolist()]
    left = shapes.copy()
    left[wrong] = None
    return replace(raw, shapes=left, faults=(*raw.faults, *(one for one in new if one[0] not in known)))
