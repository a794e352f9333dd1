"""The forms of the editor: what stands in a record of a standard as fields, and the fields as a record again.

What is typed goes through the readers of the file itself, so that a form says what the file would say. A field left
empty is a key left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from werkzeug.datastructures import MultiDict

from geo.model.errors import RuleError
from geo.model.standards import (
    AREA_TYPES,
    CIRCLES,
    COMBINATIONS,
    CONFIDENCES,
    DUTIES,
    MEASURES,
    SERVED,
    SHARES,
    UNITS,
    Rule,
    Standard,
    Text,
)
from geo.model.yaml_strict import LINE_KEY

Record = dict[str, Any]
Shown = dict[str, Any]

OWN = "planner"
SAID = "规划师自定 planner's own"
"""How the source of a figure begins that the planner set."""

CHOICES = {
    "level": CIRCLES, "duty": DUTIES, "measure": MEASURES, "combine": COMBINATIONS, "share_of": SHARES,
    "serves": tuple(SERVED), "area_type": AREA_TYPES, "confidence": CONFIDENCES, "unit": UNITS,
}  # fmt: skip
"""Field of a form -> what may be chosen in it."""

_DEFAULTS = {"measure": "walk", "combine": "any", "share_of": "people", "serves": "all", "area_type": "all"}
_NUMBERS = ("threshold_m", "threshold_min", "min_count", "weight")
_SIZES = ("floor_area_m2", "site_area_m2")
_TEXTS = ("clause", "source", "note")
_PLACES = {"zh": "name_zh", "en": "name_en", "share": "target", "amount": "capacity", "capacity_per_1000": "capacity",
           "unit": "capacity"}  # fmt: skip
_FIELDS = {*CHOICES, *_NUMBERS, *_SIZES, *_TEXTS, *DUTIES, "id", "category", "target", "version"}
_PLAIN = re.compile(r"[+-]?(?:0|[1-9][0-9]{0,14}|(?:0|[1-9][0-9]{0,14})?\.[0-9]{1,9})")

COLUMNS = {
    "service": ("name", "categories", "combine"),
    "duty": ("duty", "level"),
    "limit": ("threshold_m", "threshold_min", "measure"),
    "target": ("target_share", "share_of"),
    "amount": ("min_count", "capacity_per_1000", "floor_area", "site_area"),
    "who": ("serves", "area_type"),
    "weight": ("weight",),
}
"""Column of the table of rules -> the fields of a rule that it shows."""


def shown_rule(entry: Mapping[str, Any]) -> Shown:
    """Return the entry of a rule as the fields of its form."""
    name, capacity = entry.get("name") or {}, entry.get("capacity_per_1000") or {}
    category = entry.get("category", [])
    shown: Shown = {key: _number_text(entry.get(key)) for key in _NUMBERS}
    shown |= {key: entry.get(key, _DEFAULTS.get(key, "")) for key in (*CHOICES, *_TEXTS, "id")}
    shown |= {"name_zh": name.get("zh", ""), "name_en": name.get("en", ""), "target": _percent(entry.get("target"))}
    shown["category"] = category if isinstance(category, list) else [category]
    for key, value in (*((size, entry.get(size)) for size in _SIZES), ("capacity", capacity.get("amount"))):
        ends = value if isinstance(value, list) else [value]
        shown |= {f"{key}_least": _number_text(ends[0]), f"{key}_most": _number_text(ends[-1] if ends[1:] else None)}
    return shown | {"unit": capacity.get("unit", UNITS[0])}


def rule_of(form: MultiDict[str, str]) -> Record:
    """Return the entry of a rule that a form says, with the line that readers want."""
    entry: Record = {"id": _text(form, "id"), "name": {"zh": _text(form, "name_zh"), "en": _text(form, "name_en")}}
    categories = form.getlist("category")
    entry["category"] = categories[0] if len(categories) == 1 else categories
    entry |= {key: form.get(key, "") for key in ("level", "duty", "confidence")}
    entry |= {key: form[key] for key, usual in _DEFAULTS.items() if form.get(key, usual) != usual}
    entry |= {key: number_in(form, key) for key in _NUMBERS} | {key: _text(form, key) for key in _TEXTS}
    entry |= {"target": _share(form)} | {size: _amount(form, size) for size in _SIZES}
    amount = _amount(form, "capacity")
    if amount is not None:
        entry["capacity_per_1000"] = {"amount": amount, "unit": form.get("unit", "")}
    required = ("category", "clause", "source")
    entry = {key: value for key, value in entry.items() if key in required or value not in (None, "")}
    return with_lines(entry)


def shown_heading(record: Mapping[str, Any]) -> Shown:
    """Return what stands above the rules of a standard as the fields of its form."""
    name, target, weights = (record.get(key) or {} for key in ("name", "target", "weights"))
    shown = {key: record.get(key, "") for key in ("id", "version", "source", "note")}
    shown |= {"name_zh": name.get("zh", ""), "name_en": name.get("en", ""), "target": _percent(target.get("share"))}
    shown |= {"target_source": target.get("source", ""), "target_confidence": target.get("confidence", OWN)}
    return shown | {duty: _number_text(weights.get(duty)) for duty in DUTIES}


def heading_of(form: MultiDict[str, str], record: Mapping[str, Any]) -> Record:
    """Return the record of a standard with what a form says above its rules, with lines."""
    target = {
        "share": _share(form),
        "confidence": form.get("target_confidence", ""),
        "source": _text(form, "target_source"),
    }
    said = record.get("target") or {}
    if target["share"] != said.get("share"):
        target |= {"confidence": OWN, "source": own_source(str(target["source"]))}
    weights = {duty: value for duty in DUTIES if (value := number_in(form, duty)) is not None}
    changed = {"name": {"zh": _text(form, "name_zh"), "en": _text(form, "name_en")}, "target": target,
               "weights": weights or None, "version": _text(form, "version"), "source": _text(form, "source"),
               "note": _text(form, "note") or None}  # fmt: skip
    found = {key: value for key, value in {**record, **changed}.items() if value is not None}
    return with_lines(found)


def with_lines(value: Any) -> Any:
    """Return a record whose mappings carry a line, as readers want; a form has none to tell."""
    if isinstance(value, dict):
        return {**{key: with_lines(inner) for key, inner in value.items()}, LINE_KEY: None}
    return [with_lines(inner) for inner in value] if isinstance(value, list) else value


def place_of(fault: RuleError) -> str:
    """Return the field of a form that an error is about; empty where it is about several together."""
    return _PLACES.get(fault.key, fault.key if fault.key in _FIELDS else "")


def place_in_heading(fault: RuleError, record: Mapping[str, Any]) -> str:
    """Return as `place_of` the field above the rules; a target has a source and a confidence of its own."""
    of_target = {"confidence": "target_confidence"} | ({"source": "target_source"} if record["source"] else {})
    return of_target.get(fault.key, place_of(fault))


def as_own(entry: Record, made: Rule, former: Rule | None) -> Record:
    """Return the entry of a rule, called the planner's own where it asks for something else than before.

    Weight, clause, names and notes do not make a figure another one.
    """
    if former is not None and _asked(made) == _asked(former):
        return entry
    return {**entry, "confidence": OWN, "source": own_source(str(entry["source"]))}


def own_source(source: str) -> str:
    """Return the source of a figure that the planner set, with what stood there before."""
    return source if source.startswith(SAID) else f"{SAID}; {source}" if source else SAID


def changed_columns(rule: Rule, former: Rule, standard: Standard, origin: Standard) -> set[str]:
    """Return the columns of the table of rules in which a rule says something else than the one it was copied from."""
    now = replace(rule, target_share=standard.target_of(rule))
    then = replace(former, target_share=origin.target_of(former))
    return {column for column, names in COLUMNS.items() if any(getattr(now, n) != getattr(then, n) for n in names)}


def _asked(rule: Rule) -> Rule:
    return replace(rule, name=Text("", ""), clause="", confidence="", source="", note="", weight=1.0)


def _text(form: MultiDict[str, str], key: str) -> str:
    return form.get(key, "").replace("\r\n", "\n").strip()


def number_in(form: MultiDict[str, str], key: str) -> float | str | None:
    """Return the number in a field of a form, None where it is empty, and what is no number as it was typed."""
    text = _text(form, key)
    if not text or not _PLAIN.fullmatch(text):
        return text or None
    return float(text) if "." in text else int(text)


def _share(form: MultiDict[str, str]) -> float | str | None:
    """Return a share from per cent."""
    value = number_in(form, "target")
    return value if value is None or isinstance(value, str) else float(Decimal(str(value)) / 100)


def _amount(form: MultiDict[str, str], key: str) -> Any:
    least, most = number_in(form, f"{key}_least"), number_in(form, f"{key}_most")
    return least if most is None else [least, most]


def _number_text(value: Any) -> str:
    return "" if value is None else format(Decimal(str(value)), "f")


def _percent(value: Any) -> str:
    return "" if value is None else format((Decimal(str(value)) * 100).normalize(), "f")
