"""Saved mappings: which column of which file is which of ours, as the planner says; and a draft of one to fill in.

files:
- file: population_cells*.xlsx      pattern of names; or role, or both
role: demand
sheet: 计算过程
crs: wgs84
columns: {people: E11_夜_原始, demand_id: GRID_ID}
- file: clinics_*.csv
category: clinic                  one category for all rows
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from geo.intake.columns import PLACE, Aliases, ColumnMapping, recognise
from geo.intake.layer import read_for
from geo.intake.raw import FileRef, RawTable
from geo.model.crs import parse_crs
from geo.model.errors import CrsError, RuleError
from geo.model.yaml_strict import LINE_KEY, check_keys, expect, read_yaml

NEEDED = {
    "demand": ("people",),
    "population": ("unit_id", "people"),
    "facilities": ("category",),
    "units": ("unit_id",),
}
"""What a draft asks for where it was not recognised; the place comes beside it."""

_ENTRY = frozenset({"file", "role", "sheet", "crs", "category", "columns"})
_EXAMPLE = 24
_HEAD = """\
# Which column of a file is which of ours. Say after the colon what is empty, remove what is not needed, and load again
# with --columns and the name of this file.
files:
"""


def with_mappings(aliases: Aliases, *paths: Path) -> Aliases:
    """Return the aliases with the mappings of YAML files, the first file first.

    Raises
    ------
    RuleError
        A file is not as described above, or names a role, a column or a coordinate system that we do not know.
    """
    return replace(aliases, mappings=(*aliases.mappings, *(m for path in paths for m in _mappings(path, aliases))))


def _mappings(path: Path, aliases: Aliases) -> Iterable[ColumnMapping]:
    document, name = read_yaml(path), path.name
    check_keys(document, required=frozenset({"files"}), optional=frozenset(), path=name)
    for entry in expect(document, "files", list, path=name) or []:
        if not isinstance(entry, dict):
            raise RuleError("expected keys and values for each file", path=name, key="files", line=document[LINE_KEY])
        yield _mapping(entry, name, aliases)


def _mapping(entry: dict[str, Any], path: str, aliases: Aliases) -> ColumnMapping:
    check_keys(entry, required=frozenset(), optional=_ENTRY, path=path)
    texts = {key: expect(entry, key, str, path=path) for key in sorted(_ENTRY - {"columns"})}
    columns = {k: v for k, v in (expect(entry, "columns", dict, path=path) or {}).items() if k != LINE_KEY}
    line, role = entry[LINE_KEY], texts["role"]
    roles = sorted(set(aliases.tables) - {PLACE})
    if not texts["file"] and not role:
        raise RuleError("expected a file, a role, or both", path=path, line=line)
    if role is not None and role not in roles:
        raise RuleError(f"unknown role '{role}'; there are: {', '.join(roles)}", path=path, key="role", line=line)
    known = aliases.known(role)
    for name, heading in columns.items():
        if name not in known:
            raise RuleError(f"unknown column; known are: {', '.join(sorted(known))}", path=path, key=name, line=line)
        if heading is not None and not isinstance(heading, str):
            raise RuleError(f"expected a heading as text, found {heading!r}; quote it", path=path, key=name, line=line)
    if texts["crs"]:
        try:
            texts["crs"] = parse_crs(texts["crs"], source=path)
        except CrsError as wrong:
            raise RuleError(wrong.problems[0].message, path=path, key="crs", line=line) from None
    return ColumnMapping(**texts, columns={name: heading for name, heading in columns.items() if heading})


def draft_mapping(files: Iterable[tuple[str, FileRef]], aliases: Aliases) -> str:
    """Return the text of a mapping of files, each with its role: what is recognised, and what is needed left empty.

    Raises
    ------
    InputError, SourceError
        A file cannot be read.
    """
    return _HEAD + "".join(_entry(ref, role, aliases) for role, ref in files)


def _entry(ref: FileRef, role: str, aliases: Aliases) -> str:
    opened, raw = read_for(ref, role, aliases)
    headings = [str(name) for name in raw.columns.columns]
    mapping, table = aliases.mapping(ref, role), aliases.tables[role]
    used = recognise(headings, table, mapping, ref)
    if raw.shapes is None and role != "population":
        rest = [heading for heading in headings if heading not in used.values()]
        place = recognise(rest, aliases.tables[PLACE], mapping, ref)
        used |= place if place else {"lon": "", "lat": ""}
    needed = {name: "" for name in NEEDED.get(role, ()) if not mapping.category or name != "category"}
    lines = [f"  - file: {_quoted(ref.name)}", f"    role: {role}"]
    lines += [f"    {key}: {_quoted(text)}" for key, text in (("sheet", opened.layer), ("crs", opened.crs)) if text]
    lines += [f"    category: {_quoted(mapping.category)}"] if mapping.category else []
    lines += [f"    # {line}" for line in _told(raw, table)]
    lines.append("    columns:")
    lines += [f"      {name}: {_quoted(heading)}".rstrip() for name, heading in ({**needed, **used}).items()]
    return "\n".join(lines) + "\n"


def _told(raw: RawTable, table: Iterable[str]) -> Iterable[str]:
    """Give the file's columns, each with what its first row holds, and the columns that can be said."""
    yield "The file's columns, with the first row of each:"
    for name in raw.columns.columns:
        value = str(raw.columns[name].iloc[0]) if len(raw.columns) else ""
        yield " ".join(f"  {_quoted(str(name))}   {value[:_EXAMPLE]}".rstrip().splitlines())
    yield f"Ours: {', '.join(table)}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if text else ""
