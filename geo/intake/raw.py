"""A file as it comes: how the planner names it, its rows under the planner's own headings, and what they lack."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import numpy as np
import pandas as pd

from geo.intake.limits import PLENTY, Limits
from geo.model.crs import parse_crs
from geo.model.errors import CrsError, InputError, Problem, told

DATABASES = ("postgresql://", "postgres://")


@dataclass(frozen=True)
class FileRef:
    """A file as the planner names it: ``poi.xlsx#Sheet2@gcj02``.

    The path, its coordinate system where it was declared, and the layer or sheet where the file holds several.
    ``shown`` is the planner's own name of a file that lies under another one here; ``limits`` bound what is read.
    """

    path: Path
    crs: str | None = None
    layer: str | None = None
    address: str | None = field(default=None, repr=False)
    """Of a database, of which ``path`` is the table: never shown, for it may hold a password."""
    shown: str = ""
    limits: Limits = PLENTY

    @property
    def name(self) -> str:
        """The file's name without its folder, for messages."""
        return self.shown or self.path.name

    @property
    def stem(self) -> str:
        """The name without its ending; of a table the whole."""
        return self.path.name if self.address else Path(self.name).stem

    def sha256(self) -> str:
        """Return the SHA-256 of the file, hexadecimal; of a folder, that of its files' names and hashes."""
        return _sha256(self.path)


@dataclass(frozen=True)
class RawTable:
    """A file's rows under the planner's own headings.

    ``shapes`` is None where the file has no geometry of its own; ``crs`` is None where nothing declares it.
    ``faults`` are rows whose geometry could not be read: (1-based row, code, message).
    ``notes`` tell rows that are none of the table's, such as titles and totals, by their numbers in the file.
    """

    columns: pd.DataFrame
    shapes: np.ndarray | None  # type: ignore[type-arg]
    crs: str | None
    encoding: str = "utf-8"
    faults: tuple[tuple[int, str, str], ...] = ()
    notes: tuple[Problem, ...] = ()
    sha256: str | None = None
    """Of what is no file, the hash of its rows."""


def _sha256(path: Path) -> str:
    if path.is_dir():
        inside = sorted((p.relative_to(path).as_posix(), p) for p in path.rglob("*") if p.is_file())
        return hashlib.sha256("".join(f"{name} {_sha256(p)}\n" for name, p in inside).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def parse_file_ref(text: str, limits: Limits = PLENTY) -> FileRef:
    """Return the file, layer and coordinate system of ``FILE[#LAYER][@CRS]``, or a table of a database.

    Raises
    ------
    CrsError, InputError
        An unknown coordinate system; the address of a database without a table.
    """
    if text.startswith(DATABASES):
        return replace(_parse_address(text), limits=limits)
    if Path(text).exists():
        return FileRef(Path(text), limits=limits)
    crs = None
    if "@" in Path(text).name:
        text, _, name = text.rpartition("@")
        crs = parse_crs(name, source=Path(text).name)
    if "#" in Path(text).name and not Path(text).exists():
        text, _, layer = text.rpartition("#")
        return FileRef(Path(text), crs, layer, limits=limits)
    return FileRef(Path(text), crs, limits=limits)


def _parse_address(text: str) -> FileRef:
    """Return a table of a database: ``postgresql://USER@HOST/NAME?table=SCHEMA.TABLE[@CRS]``."""
    base, _, query = text.partition("?")
    said = dict(parse_qsl(query))
    table, _, crs = said.pop("table", "").partition("@")
    if not table:
        message = "the address of a database names no table."
        raise InputError(Problem("database", message, "End it with ?table=SCHEMA.TABLE.", code="address_invalid"))
    address = f"{base}?{urlencode(said)}" if said else base
    return FileRef(Path(table), parse_crs(crs, source=table) if crs else None, address=address)


def fault(ref: FileRef, message: str, remedy: str, code: str) -> InputError:
    """Return the error of a file as a whole."""
    return InputError(Problem(ref.name, message, remedy, code=code))


def table_of(ref: FileRef, heading: list[str], rows: list[list[Any]], encoding: str) -> RawTable:
    """Return rows under their heading, empty cells as None; a heading that stands twice is refused."""
    doubled = sorted({name for name in heading if heading.count(name) > 1})
    if doubled:
        raise fault(
            ref, told("has the heading '{heading}' twice.", heading=doubled[0]), "Rename one.", "columns_doubled"
        )
    frame = pd.DataFrame(rows, columns=heading, dtype=object)
    return RawTable(frame.where(frame != "", None), None, None, encoding)


class ChoiceError(InputError):
    """A file holds several layers or sheets, ``layers``, and none was named."""

    def __init__(self, problem: Problem, layers: list[str]) -> None:
        super().__init__(problem)
        self.layers = layers


def choose_layer(ref: FileRef, layers: list[str]) -> str:
    """Return the layer that was named, or the only one; `InputError` lists them where the choice is open."""
    shown = ", ".join(layers[:10]) or "none"
    if ref.layer is not None and ref.layer not in layers:
        message = told("has no layer '{layer}'; there are: {layers}.", layer=ref.layer, layers=shown)
        raise fault(ref, message, "Name one of them.", "choose_layer")
    if ref.layer is None and len(layers) != 1:
        name = f"{ref.name}#{layers[0]}" if layers else "FILE#LAYER"
        message = told("holds {count} layers ({layers}).", count=len(layers), layers=shown)
        problem = Problem(ref.name, message, f"Name the one you mean: {name}.", code="choose_layer")
        raise ChoiceError(problem, layers)
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
