"""A file on its way to a table: canonical columns, places, and every fault told once.

Rows are read, and each is then ok, repaired or rejected; the three add up to the rows read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.intake.columns import shown
from geo.intake.raw import FileRef, fault
from geo.intake.sheet import plain_number
from geo.model.crs import WGS84
from geo.model.errors import InputError, Problem, told
from geo.model.study import FileReport

POINTS = ("Point",)
POLYGONS = ("Polygon", "MultiPolygon")
LINES = ("LineString", "MultiLineString")
MOST_ROWS_TOLD = 20

_SHORTENED = re.compile(r"\d(?:\.\d+)?[eE]\+\d{2}")
"""How a spreadsheet shows a long number: 5.10104E+11."""

_DAMAGE = ("锟斤拷", "\ufffd", "烫烫烫", "锘锟")
_LAST_WESTERN = "\u2122"

Read = tuple[gpd.GeoDataFrame, FileReport]


@dataclass
class Rows:
    """A file on its way to a table: canonical columns, places, and what was found wrong so far."""

    ref: FileRef
    columns: pd.DataFrame
    shapes: NDArray[np.object_]
    used: dict[str, str]
    encoding: str
    problems: list[Problem] = field(default_factory=list)
    crs: str = WGS84
    rejected: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))
    repaired: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))
    headings: tuple[str, ...] = ()
    sha256: str | None = None

    def fault(
        self, rows: NDArray[np.bool_], code: str, message: str, *, remedy: str, column: str | None = None,
        severity: str = "error",
    ) -> None:  # fmt: skip
        """Tell one fault of some rows; an error rejects them, "repaired" marks them mended."""
        at = np.flatnonzero(rows & ~self.rejected)
        if not len(at):
            return
        if severity == "error":
            self.rejected[at] = True
        elif severity == "repaired":
            self.repaired[at] = True
        first = tuple(int(row) + 1 for row in at[:MOST_ROWS_TOLD])
        self.problems.append(
            Problem(self.ref.name, message, remedy, code, column, first, len(at), severity)  # type: ignore[arg-type]
        )

    def note(self, code: str, message: str, remedy: str = "") -> None:
        """Tell something about the file as a whole that cost no row."""
        self.problems.append(Problem(self.ref.name, message, remedy, code, severity="note"))

    def lacks(self, what: str, remedy: str) -> InputError:
        """Return the error of a file without a column for something that is needed."""
        message = told("has no column for " + what + "; found: {headings}.", headings=shown(self.headings))
        return fault(self.ref, message, f"{remedy} Or say which it is: see --columns-draft.", "columns_missing")

    def text(self, name: str) -> NDArray[np.object_]:
        """Return a column as text, None where empty or absent."""
        if name not in self.columns:
            return np.full(len(self.columns), None, dtype=object)
        return np.array([_as_text(value) for value in self.columns[name].tolist()], dtype=object)

    def number(self, name: str, *, remedy: str) -> NDArray[np.float64]:
        """Return a column as finite numbers; rows that hold something else are rejected, and ``nan`` as empty cells."""
        texts = self.text(name)
        given = texts != None  # noqa: E711
        found = _numbers(texts)
        odd = given & np.isnan(found)
        found[odd] = _numbers(np.array([plain_number(text) for text in texts[odd]], dtype=object))
        wrong = given & ~np.isfinite(found)
        self.fault(wrong, "number_invalid", "the cell is not a number.", remedy=remedy, column=name)
        return np.where(wrong, np.nan, found)

    def ids(self, name: str) -> NDArray[np.object_]:
        """Return the ids; missing ones become the row number, doubled ones are rejected."""
        ids = self.text(name)
        blank = np.array([value is None for value in ids])
        ids = np.where(blank, [str(row) for row in range(1, len(ids) + 1)], ids)
        if name not in self.used:
            self.note("id_missing", "no column for the id: the row number is used.")
        else:
            self.fault(blank, "id_empty", "no id: the row number is used.", remedy="", column=name, severity="note")
        short = np.array([_SHORTENED.fullmatch(value) is not None for value in ids], dtype=bool)
        remedy = "Make the column one of text in the spreadsheet, and fill the codes in again."
        self.fault(short, "code_shortened", "a spreadsheet made a number of the code and lost its last digits.",
                   remedy=remedy, column=name)  # fmt: skip
        doubled = pd.Series(ids).duplicated().to_numpy()
        self.fault(doubled, "duplicate_id", "the id stands above already.", remedy="Make ids unique.", column=name)
        return np.asarray(ids, dtype=object)

    def tell_damaged_names(self) -> None:
        """Tell the rows whose names a wrong encoding spoilt before the file was written."""
        damaged = np.array([name is not None and _is_damaged(name) for name in self.text("name")], dtype=bool)
        message = "the name was read in a wrong encoding before it came here; its signs are lost."
        remedy = "Export the list again from where it was made, as UTF-8."
        self.fault(damaged, "text_damaged", message, remedy=remedy, column="name", severity="note")

    def names(self, ids: Sequence[str] | NDArray[np.object_]) -> NDArray[np.object_]:
        """Return the names; a row without one is called by its id."""
        names = self.text("name")
        return np.array(
            [n if n is not None else f"(no name {i})" for n, i in zip(names, ids, strict=True)], dtype=object
        )

    def table(self, columns: dict[str, NDArray[np.generic] | NDArray[np.object_]]) -> gpd.GeoDataFrame:
        """Return columns with the places of the rows, EPSG:4326."""
        return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=self.shapes, crs=WGS84)

    def points(self) -> NDArray[np.object_]:
        """Return a point in the shape of every row, points as they are, empty where the row is rejected."""
        shapes = np.where(self.rejected, shapely.Point(), self.shapes)  # type: ignore[call-overload]
        areas = shapely.get_type_id(shapes) > 0
        shapes[areas] = shapely.point_on_surface(shapes[areas])
        return np.asarray(shapes, dtype=object)

    def finish(self, role: str, table: Any, **facts: Any) -> tuple[Any, FileReport]:
        """Return the rows that were kept, and the report of the file."""
        facts |= {"sha256": self.sha256} if self.sha256 else {}
        read, rejected = len(self.columns), int(self.rejected.sum())
        repaired = int((self.repaired & ~self.rejected).sum())
        report = FileReport(
            role=role,
            file=self.ref.name,
            read=read,
            ok=read - rejected - repaired,
            repaired=repaired,
            rejected=rejected,
            problems=tuple(self.problems),
            facts={"encoding": self.encoding, "crs": self.crs, "columns": self.used, **facts},
        )
        return table[~self.rejected].reset_index(drop=True), report


def _is_damaged(text: str) -> bool:
    """Return whether a text holds what a wrong encoding leaves: 锟斤拷, or Chinese in UTF-8 read as Latin letters."""
    if text.isascii():
        return False
    if any(mark in text for mark in _DAMAGE):
        return True
    return max(text) <= _LAST_WESTERN and any(map(partial(_is_misread, text), ("latin-1", "cp1252")))


def _is_misread(text: str, encoding: str) -> bool:
    try:
        return max(text.encode(encoding).decode("utf-8")) > _LAST_WESTERN
    except UnicodeError:
        return False


def _numbers(texts: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return texts as numbers, ``nan`` where one is none."""
    return pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(dtype=float, copy=True)  # type: ignore[no-any-return]


def _as_text(value: Any) -> str | None:
    if type(value) is str:
        return value.strip() or None
    if value is None or value != value:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    return text or None
