"""A file as it comes: how the planner names it, its rows under the planner's own headings, and what they lack."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo.model.crs import parse_crs
from geo.model.errors import CrsError, InputError, Problem

MOST_TITLES = 10
"""Rows among which the heading is looked for."""


@dataclass(frozen=True)
class FileRef:
    """A file as the planner names it: ``poi.xlsx#Sheet2@gcj02``.

    The path, its coordinate system where it was declared, and the layer or sheet where the file holds several.
    """

    path: Path
    crs: str | None = None
    layer: str | None = None

    @property
    def name(self) -> str:
        """The file's name without its folder, for messages."""
        return self.path.name


@dataclass(frozen=True)
class RawTable:
    """A file's rows under the planner's own headings.

    ``shapes`` is None where the file has no geometry of its own; ``crs`` is None where nothing declares it.
    ``faults`` are rows whose geometry could not be read: (1-based row, code, message).
    """

    columns: pd.DataFrame
    shapes: np.ndarray | None  # type: ignore[type-arg]
    crs: str | None
    encoding: str = "utf-8"
    faults: tuple[tuple[int, str, str], ...] = ()


def parse_file_ref(text: str) -> FileRef:
    """Return the file, layer and coordinate system of ``FILE[#LAYER][@CRS]``; `CrsError` for an unknown one."""
    if Path(text).exists():
        return FileRef(Path(text))
    crs = None
    if "@" in Path(text).name:
        text, _, name = text.rpartition("@")
        crs = parse_crs(name, source=Path(text).name)
    if "#" in Path(text).name and not Path(text).exists():
        text, _, layer = text.rpartition("#")
        return FileRef(Path(text), crs, layer)
    return FileRef(Path(text), crs)


def fault(ref: FileRef, message: str, remedy: str, code: str) -> InputError:
    """Return the error of a file as a whole."""
    return InputError(Problem(ref.name, message, remedy, code=code))


def table_of(ref: FileRef, heading: list[str], rows: list[list[Any]], encoding: str) -> RawTable:
    """Return rows under their heading, empty cells as None; a heading that stands twice is refused."""
    doubled = sorted({name for name in heading if heading.count(name) > 1})
    if doubled:
        raise fault(ref, f"has the heading '{doubled[0]}' twice.", "Rename one.", "columns_doubled")
    frame = pd.DataFrame(rows, columns=heading, dtype=object)
    return RawTable(frame.where(frame != "", None), None, None, encoding)


def below_titles(rows: list[list[Any]]) -> list[list[Any]]:
    """Return rows from the heading on: titles above it fill one cell where the heading fills two or more."""
    filled = [sum(str(cell).strip() != "" for cell in row if cell is not None) for row in rows[:MOST_TITLES]]
    return rows[next((number for number, count in enumerate(filled) if count > 1), 0) :]


def choose_layer(ref: FileRef, layers: list[str]) -> str:
    """Return the layer that was named, or the only one; `InputError` lists them where the choice is open."""
    shown = ", ".join(layers[:10]) or "none"
    if ref.layer is not None and ref.layer not in layers:
        raise fault(ref, f"has no layer '{ref.layer}'; there are: {shown}.", "Name one of them.", "choose_layer")
    if ref.layer is None and len(layers) != 1:
        name = f"{ref.name}#{layers[0]}" if layers else "FILE#LAYER"
        raise fault(ref, f"holds {len(layers)} layers ({shown}).", f"Name the one you mean: {name}.", "choose_layer")
    return ref.layer or layers[0]


def need_crs(ref: FileRef, crs: str | None) -> str:
    """Return the CRS, or raise `CrsError` telling how to declare it."""
    if crs:
        return crs
    raise CrsError(
        Problem(
            ref.name,
            "says nothing about its coordinate system.",
            f"Declare it: {ref.name}@EPSG:4544 (or @wgs84, @gcj02, @bd09).",
            code="crs_missing",
        )
    )
