"""Which column of a file is which of ours: as the planner's mapping says, else known by its heading.

A heading that a Shapefile cut to its ten bytes is known too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

from geo.intake.raw import FileRef, fault
from geo.model.errors import told
from geo.model.yaml_strict import LINE_KEY, read_yaml

Headings = dict[str, list[str]]
"""Our column -> the headings by which it is known."""

PLACE = "place"
"""The entry of the columns that hold a place: ``lon`` and ``lat``, or ``point`` with both."""

MOST_SHOWN = 40
_NOISE = re.compile(r"[\s_\-()（）\[\]【】]")
_DBF_BYTES = 10


@dataclass(frozen=True)
class ColumnMapping:
    """What the planner says of files by a pattern of their names, by their role, or both; see `mapping`."""

    file: str | None = None
    role: str | None = None
    sheet: str | None = None
    crs: str | None = None
    category: str | None = None
    columns: dict[str, str] = field(default_factory=dict)

    def is_for(self, ref: FileRef, role: str) -> bool:
        """Return whether a file read for a role is meant."""
        is_named = self.file is None or fnmatchcase(ref.name.casefold(), self.file.casefold())
        return is_named and self.role in (None, role)

    def applied(self, ref: FileRef) -> FileRef:
        """Return the file with the layer and coordinate system said here; what the call says of it wins."""
        return replace(ref, crs=ref.crs or self.crs, layer=ref.layer or self.sheet)


@dataclass(frozen=True)
class Aliases:
    """How columns are recognised: our headings table by table, and the mappings of the planner, which come first."""

    tables: dict[str, Headings]
    mappings: tuple[ColumnMapping, ...] = ()

    def mapping(self, ref: FileRef, role: str) -> ColumnMapping:
        """Return the first mapping that means the file; one that says nothing where there is none."""
        return next((m for m in self.mappings if m.is_for(ref, role)), ColumnMapping())

    def known(self, role: str | None) -> set[str]:
        """Return our columns of a role, or of all: those of its table and of its place."""
        tables = self.tables.values() if role is None else (self.tables[role], self.tables[PLACE])
        return {name for table in tables for name in table}


def read_aliases(path: Path) -> Aliases:
    """Return the headings by which columns are recognised, table by table (``data/columns.yaml``)."""
    document = read_yaml(path)
    return Aliases(
        {
            table: {
                name: [str(heading) for heading in headings] for name, headings in entry.items() if name != LINE_KEY
            }
            for table, entry in document.items()
            if table != LINE_KEY
        }
    )


def recognise(headings: list[str], table: Headings, mapping: ColumnMapping, ref: FileRef) -> dict[str, str]:
    """Return our column -> heading of the file: the mapping's, then by name, each heading used once, in our order.

    Raises
    ------
    InputError
        The file has no column that the mapping names.
    """
    known = {_plain(heading): heading for heading in reversed(headings)}
    used: dict[str, str] = {}
    for name, theirs in mapping.columns.items():
        if name not in table:
            continue
        heading = theirs if theirs in headings else known.get(_plain(theirs)) or _cut_heading(theirs, headings)
        if heading is None:
            message = told(
                "has no column '{heading}', which the mapping names for {ours}; found: {headings}.",
                heading=theirs, ours=name, headings=shown(headings),
            )  # fmt: skip
            raise fault(ref, message, "Correct the mapping.", "column_not_found")
        used[name] = heading
    for name, candidates in table.items():
        for candidate in candidates if name not in used else ():
            heading = known.get(_plain(candidate)) or _cut_heading(candidate, headings)
            if heading is not None and heading not in used.values():
                used[name] = heading
                break
    return used


def shown(headings: Iterable[object]) -> str:
    """Return the headings of a file in one line, the first of very many."""
    names = [str(heading) for heading in headings]
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return ", ".join(names[:MOST_SHOWN]) + more


def _plain(heading: str) -> str:
    return _NOISE.sub("", str(heading)).casefold()


def _cut_heading(candidate: str, headings: list[str]) -> str | None:
    """Return a heading that is the candidate cut to the ten bytes of a .dbf field name."""
    for heading in headings:
        sizes = (len(str(heading).encode("utf-8")), len(str(heading).encode("gb18030", "replace")))
        if max(sizes) >= _DBF_BYTES - 1 and len(_plain(heading)) >= 3 and _plain(candidate).startswith(_plain(heading)):
            return heading
    return None
