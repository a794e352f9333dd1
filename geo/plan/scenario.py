"""A scenario: an ordered list of edits in one JSON file, read strictly, named by the hash of what it does.

Every fault of the file is told at once, with the line of its edit. Whether the edits fit a study is asked later, by
`geo.plan.apply`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from geo.model.errors import Problem, ScenarioError
from geo.plan.edits import AGES, KINDS, Edit, Field

FORMAT = "lifecircle-scenario/1"
MOST_EDITS, MOST_VERTICES, MOST_TEXT = 1000, 10_000, 2000

_HEAD = {"format": True, "name": True, "note": False, "author": False, "date": False, "cost": False, "edits": True}
_COMMON = ("edit", "is_on", "note", "cost")
_EDITS_BEGIN = re.compile(r'"edits"\s*:\s*\[')
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SPACE = re.compile(r"[\s,]*")
_HALF_SIGN = re.compile("[\ud800-\udfff]")
"""Halves of a sign, which JSON lets pass and no file can hold."""


@dataclass(frozen=True)
class Scenario:
    """Edits in order, with name, note, author, date (ISO 8601 or "") and cost (None: not told).

    ``lines`` are the lines of the file where the edits begin, 0 where unknown.
    """

    name: str
    edits: tuple[Edit, ...]
    note: str = ""
    author: str = ""
    date: str = ""
    cost: float | None = None
    lines: tuple[int, ...] = ()

    @property
    def scenario_id(self) -> str:
        """16 hexadecimal digits of what the edits that are on do; names, notes, costs and the rest do not count."""
        done = [{"edit": e.kind, **e.values} for e in self.edits if e.is_on]
        return _digest(done)

    @property
    def total_cost(self) -> float | None:
        """The cost of the whole where it is told, else the sum of the edits that are on; None where neither is."""
        told = [e.cost for e in self.edits if e.is_on and e.cost is not None]
        return self.cost if self.cost is not None else (sum(told) if told else None)


def edit_digest(edit: Edit) -> str:
    """Return 8 hexadecimal digits of what an edit does: names what it adds, whatever its place in the list."""
    return _digest({"edit": edit.kind, **edit.values})[:8]


def scenario_json(scenario: Scenario) -> str:
    """Return the scenario as its file; `read_scenario` gives it back."""
    head = {"format": FORMAT, "name": scenario.name, "note": scenario.note, "author": scenario.author,
            "date": scenario.date, "cost": scenario.cost}  # fmt: skip
    edits = [
        {"edit": e.kind, **e.values, **({} if e.is_on else {"is_on": False}), **({"note": e.note} if e.note else {}),
         **({} if e.cost is None else {"cost": e.cost})}
        for e in scenario.edits
    ]  # fmt: skip
    kept = {key: value for key, value in head.items() if value not in ("", None)}
    return json.dumps({**kept, "edits": edits}, ensure_ascii=False, indent=1, allow_nan=False)


def read_scenario(data: str | bytes, source: str) -> Scenario:
    """Return the scenario that a JSON file holds.

    Parameters
    ----------
    data
        The file, UTF-8 where in bytes.
    source
        What faults call it: its name.

    Raises
    ------
    ScenarioError
        Every unknown, missing or doubled key and every value of the wrong kind, with line, edit and key.
    """
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ScenarioError(_fault(source, "is not UTF-8.", code="scenario_unreadable")) from None
    document = _parse(text, source)
    lines = _lines_of_edits(text)
    faults: list[Problem] = []
    head = _checked_head(document, source, faults)
    given = document.get("edits")
    edits: list[Edit] = []
    for number, record in enumerate(given if isinstance(given, list) else []):
        place = f"{source}, line {lines[number] if number < len(lines) else '?'}, edit {number + 1}"
        edits.append(_edit(record, place, faults))
    if faults:
        raise ScenarioError(faults)
    return Scenario(edits=tuple(edits), lines=tuple(lines), **head)


def _parse(text: str, source: str) -> dict[str, Any]:
    def no_number(value: str) -> float:
        raise ValueError(f"{value} is no number")

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        seen = [key for key, _ in items]
        twice = next((key for key in seen if seen.count(key) > 1), None)
        if twice is not None:
            raise ValueError(f"key '{twice[:40]}' is given twice")
        return dict(items)

    try:
        document = json.loads(text, parse_constant=no_number, object_pairs_hook=pairs)
    except RecursionError:
        raise ScenarioError(_fault(source, "is nested too deep.", code="scenario_unreadable")) from None
    except ValueError as fault:
        raise ScenarioError(_fault(source, f"is no JSON: {fault}.", code="scenario_unreadable")) from None
    if not isinstance(document, dict):
        raise ScenarioError(_fault(source, "expected an object with 'edits'.", code="scenario_unreadable"))
    return document


def _lines_of_edits(text: str) -> list[int]:
    """Return the line where each edit begins."""
    begin = _EDITS_BEGIN.search(text)
    if begin is None:
        return []
    decoder, at, lines = json.JSONDecoder(), begin.end(), list[int]()
    while True:
        found = _SPACE.match(text, at)
        at = found.end() if found else at
        if at >= len(text) or text[at] == "]":
            return lines
        lines.append(text.count("\n", 0, at) + 1)
        _, at = decoder.raw_decode(text, at)


def _fault(source: str, message: str, *, key: str | None = None, code: str = "scenario_invalid") -> Problem:
    return Problem(source, message, "See docs/scenarios.md.", code=code, column=key)


def _checked_head(document: Mapping[str, Any], source: str, faults: list[Problem]) -> dict[str, Any]:
    _check_keys(document, _HEAD, source, faults)
    if document.get("format", FORMAT) != FORMAT:
        faults.append(_fault(source, f"expected '{FORMAT}'.", key="format"))
    edits = document.get("edits", [])
    if not isinstance(edits, list) or len(edits) > MOST_EDITS:
        faults.append(_fault(source, f"expected a list of at most {MOST_EDITS} edits.", key="edits"))
    texts = {key: document.get(key, "") for key in ("name", "note", "author", "date")}
    for key, value in texts.items():
        _check(Field("text", key), value, source, key, faults) if value != "" else None
    if isinstance(texts["date"], str) and texts["date"] and not _is_date(texts["date"]):
        faults.append(_fault(source, "expected a date such as 2026-11-24.", key="date"))
    if "name" in document and document["name"] == "":
        faults.append(_fault(source, "expected some text.", key="name"))
    return {**texts, "cost": _cost(document, source, faults)}


def _is_date(text: str) -> bool:
    try:
        np.datetime64(text, "D")
    except ValueError:
        return False
    return _DATE.fullmatch(text) is not None


def _edit(record: Any, place: str, faults: list[Problem]) -> Edit:
    if not isinstance(record, dict):
        faults.append(_fault(place, "expected an object."))
        return Edit("")
    name = record.get("edit")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        faults.append(_fault(place, f"expected one of {', '.join(KINDS)}.", key="edit"))
        return Edit("")
    place = f"{place} ({name})"
    required = {key: key == "edit" for key in _COMMON} | {key: f.is_required for key, f in kind.fields.items()}
    _check_keys(record, required, place, faults)
    values = {key: record[key] for key in kind.fields if key in record}
    for key, value in values.items():
        _check(kind.fields[key], value, place, key, faults)
    if kind.one_of and sum(key in values for key in kind.one_of) != 1:
        faults.append(_fault(place, f"expected exactly one of {', '.join(kind.one_of)}."))
    is_on, note = record.get("is_on", True), record.get("note", "")
    if not isinstance(is_on, bool):
        faults.append(_fault(place, "expected true or false.", key="is_on"))
    if note != "":
        _check(Field("text", "note"), note, place, "note", faults)
    return Edit(str(name), values, bool(is_on), str(note), _cost(record, place, faults))


def _cost(record: Mapping[str, Any], place: str, faults: list[Problem]) -> float | None:
    value = record.get("cost")
    if value is not None:
        _check(Field("number", "cost", high=1e15), value, place, "cost", faults)
    return value


def _check_keys(record: Mapping[str, Any], known: Mapping[str, bool], place: str, faults: list[Problem]) -> None:
    for key in record:
        if key not in known:
            faults.append(_fault(place, f"unknown key. Known: {', '.join(known)}.", key=key[:40]))
    faults += [
        _fault(place, "is missing.", key=key) for key, is_required in known.items() if is_required and key not in record
    ]


def _check(field: Field, value: Any, place: str, key: str, faults: list[Problem]) -> None:
    told = _EXPECTED[field.kind](field, value)
    if told:
        faults.append(_fault(place, f"expected {told}.", key=key))


def _text(_field: Field, value: Any) -> str:
    is_fine = isinstance(value, str) and value.strip() and len(value) <= MOST_TEXT and not _HALF_SIGN.search(value)
    return "" if is_fine else f"some text of at most {MOST_TEXT} signs"


def _number(field: Field, value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "" if is_number and field.low <= value <= field.high else f"a number from {field.low:g} to {field.high:,.0f}"


def _is_point(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != 2:
        return False
    bounds = (Field("number", "", low=-most, high=most) for most in (180, 90))
    return not any(_number(field, v) for field, v in zip(bounds, value, strict=True))


def _are_points(value: Any, least: int) -> bool:
    return isinstance(value, list) and least <= len(value) <= MOST_VERTICES and all(map(_is_point, value))


def _point(_field: Field, value: Any) -> str:
    return "" if _is_point(value) else "[longitude, latitude] in degrees"


def _points(_field: Field, value: Any) -> str:
    return "" if _are_points(value, 1) else "a list of [longitude, latitude]"


def _line(_field: Field, value: Any) -> str:
    is_line = _are_points(value, 2) and any(point != value[0] for point in value)
    return "" if is_line else "a line of two places or more, each [longitude, latitude]"


def _area(_field: Field, value: Any) -> str:
    is_area = _are_points(value, 3) and len({tuple(point) for point in value}) >= 3
    return "" if is_area else "an outline of three places or more, each [longitude, latitude]"


def _ages(field: Field, value: Any) -> str:
    is_fine = isinstance(value, dict) and value.keys() <= AGES and not any(_number(field, n) for n in value.values())
    return "" if is_fine else f"residents by any of {', '.join(sorted(AGES))}"


def _choice(field: Field, value: Any) -> str:
    return "" if value in field.choices else f"one of {', '.join(field.choices)}"


_EXPECTED = {
    "text": _text, "number": _number, "point": _point, "points": _points, "line": _line, "area": _area, "ages": _ages,
    "choice": _choice,
}  # fmt: skip


def _digest(value: Any) -> str:
    plain = json.dumps(_canonical(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def _canonical(value: Any) -> Any:
    """Return the value with every number as a float, so that 3 and 3.0 are one."""
    if isinstance(value, Mapping):
        return {key: _canonical(v) for key, v in value.items()}
    if isinstance(value, str) or not isinstance(value, Iterable):
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return [_canonical(v) for v in value]
