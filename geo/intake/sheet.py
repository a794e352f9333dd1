"""Tables as offices keep them: titles above the heading, headings of two rows, a row of units, rows of totals."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.intake.raw import FileRef, RawTable, fault, table_of
from geo.model.errors import Problem, told

_LOOKED_AT = 50
_TOTALS = {"合计", "总计", "小计", "共计", "total", "totals", "subtotal", "grandtotal"}
_LONGEST_TOTAL = 20
_UNIT = re.compile(r"[(\[]?(单位:.*|人|户|个|m|m2|㎡|平方米|米|km|公里|床|张|座|°|度|岁|ha|公顷|persons?)[)\]]?", re.I)
_TENS_OF_THOUSANDS = re.compile(r"单位:?万|^[(\[]?万[人户][)\]]?$")
_DEGREES = re.compile(
    r"(?:东经|北纬|[EN])?([+-]?\d+(?:\.\d+)?)(?:°|度)(?:(\d+(?:\.\d+)?)(?:′|'|分))?(?:(\d+(?:\.\d+)?)(?:″|''|\"|秒))?[EN]?",
    re.I,
)
_PAIR = re.compile(r"[(\[]?\s*([+-]?\d+(?:\.\d+)?)\s*[,;、\s]\s*([+-]?\d+(?:\.\d+)?)\s*[)\]]?")
_SRID = re.compile(r"^SRID=\d+;", re.I)
_QUOTES = str.maketrans({"’": "'", "‘": "'", "”": '"', "“": '"', "º": "°", "˚": "°", "′": "'", "″": '"'})


def office_table(ref: FileRef, cells: list[list[Any]], encoding: str, numbers: list[int] | None = None) -> RawTable:
    """Return the rows below a table's heading; what is left out is told by its row number in the file.

    Parameters
    ----------
    cells
        The filled rows, all of one length.
    numbers
        The row number of each in the file, from 1.

    Raises
    ------
    InputError
        No rows below the heading, a heading that stands twice, or numbers in tens of thousands (万).
    """
    numbers = numbers or list(range(1, len(cells) + 1))
    first = _heading_row(cells)
    height = 2 if _is_second_heading(cells, first) else 1
    below = first + height
    units = [below] if below < len(cells) and _matches(cells[below], _UNIT) else []
    totals = [n for n in range(below, len(cells)) if _is_total(cells[n])]
    said = [_tight(cell) for row in cells[:first] for cell in row]
    said += [_tight(cell) for cell in cells[below]] if below < len(cells) else []
    if any(_TENS_OF_THOUSANDS.search(text) for text in said):
        message = "says that its numbers are in tens of thousands (万)."
        raise fault(ref, message, "Write whole numbers.", "unit_unclear")
    left_out = {*units, *totals}
    body = [row for n, row in enumerate(cells) if n >= below and n not in left_out]
    if not body:
        raise fault(ref, "holds no rows below its heading.", "Export it again.", "layer_empty")
    table = table_of(ref, _heading(cells[first:below]), body, encoding)
    notes = [
        _note(ref, code, text, [numbers[n] for n in which])
        for code, text, which in (
            ("title_left_out", "rows above the heading were left out", list(range(first))),
            ("heading_joined", "two rows were read as one heading", list(range(first, below)) if height == 2 else []),
            ("unit_row_left_out", "a row of units was left out", units),
            ("totals_left_out", "rows of totals were left out", totals),
        )
        if which
    ]
    return RawTable(table.columns, None, None, encoding, (), tuple(notes))


def plain_number(text: str) -> str:
    """Return a number as text in half-width digits, without separators of thousands."""
    return unicodedata.normalize("NFKC", text).replace(",", "").strip()


def plain_degrees(value: Any) -> Any:
    """Return decimal degrees of text such as ``104°3'56.5"E`` or ``东经104度3分56秒``; anything else as it is."""
    if not isinstance(value, str) or _is_number(value):
        return value
    found = _DEGREES.fullmatch(re.sub(r"\s", "", unicodedata.normalize("NFKC", value).translate(_QUOTES)))
    if found is None:
        return value
    degrees, minutes, seconds = (float(part or 0) for part in found.groups())
    if minutes >= 60 or seconds >= 60:
        return value
    return math.copysign(abs(degrees) + minutes / 60 + seconds / 3600, degrees)


def shapes_of(values: list[Any]) -> NDArray[np.object_]:
    """Return the shapes of cells such as ``104.06,30.65``, ``104.06 30.65``, ``POINT (104.06 30.65)`` or any WKT.

    Of two numbers the first is the longitude or easting. None where a cell holds neither.
    """
    texts = ["" if _is_blank(v) else unicodedata.normalize("NFKC", str(v)).strip() for v in values]
    pairs = [_PAIR.fullmatch(text) for text in texts]
    wkt = [None if pair or not text else _SRID.sub("", text) for pair, text in zip(pairs, texts, strict=True)]
    shapes = np.asarray(shapely.from_wkt(np.array(wkt, dtype=object), on_invalid="ignore"), dtype=object)
    numbers = np.array([[float(n) for n in pair.groups()] for pair in pairs if pair]).reshape(-1, 2)
    shapes[[pair is not None for pair in pairs]] = shapely.points(numbers)
    return shapes


def _heading_row(cells: list[list[Any]]) -> int:
    """Return the first row that fills more than half of the columns that the fullest row fills."""
    filled = [sum(not _is_blank(cell) for cell in row) for row in cells[:_LOOKED_AT]]
    return next(n for n, count in enumerate(filled) if count * 2 > max(filled))


def _is_second_heading(cells: list[list[Any]], first: int) -> bool:
    """Return whether the next row fills what merged cells left blank, and leaves blank what they span downwards."""
    if first + 2 >= len(cells):
        return False
    over, under = ([_tight(cell) for cell in row] for row in cells[first : first + 2])
    gaps = [n for n, text in enumerate(over) if not text]
    is_worded = all(not text or not _is_number(text) for text in under)
    spans = any(o and not u for o, u in zip(over, under, strict=True))
    return bool(gaps) and is_worded and spans and all(under[n] for n in gaps)


def _heading(rows: list[list[Any]]) -> list[str]:
    names = [next((str(c).strip() for c in column[::-1] if not _is_blank(c)), "") for column in zip(*rows, strict=True)]
    if len(rows) == 2:
        group = ""
        for n, (over, under) in enumerate(zip(*rows, strict=True)):
            group = group if _is_blank(over) else str(over).strip()
            if names.count(names[n]) > 1 and not _is_blank(under):
                names[n] = f"{group} {names[n]}"
    return [name or f"column {n}" for n, name in enumerate(names, start=1)]


def _is_total(row: list[Any]) -> bool:
    """Return whether the first filled cell says so and others are blank, so that no place of that name is lost."""
    first = next((cell for cell in row if not _is_blank(cell)), "")
    text = str(first)
    is_short = len(text) <= _LONGEST_TOTAL and not text.isdecimal()
    return is_short and _tight(first).casefold().rstrip(":") in _TOTALS and any(_is_blank(cell) for cell in row)


def _matches(row: list[Any], pattern: re.Pattern[str]) -> bool:
    texts = [_tight(cell) for cell in row if not _is_blank(cell)]
    return bool(texts) and all(pattern.fullmatch(text) for text in texts)


def _tight(cell: Any) -> str:
    return "" if _is_blank(cell) else "".join(unicodedata.normalize("NFKC", str(cell)).split())


def _is_blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True


def _note(ref: FileRef, code: str, text: str, rows: list[int]) -> Problem:
    listed = ", ".join(map(str, rows[:20]))
    message = told(text + ": row {lines} of the file.", lines=listed)
    return Problem(ref.name, message, "", code, None, (), len(rows), "note")
