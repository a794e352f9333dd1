"""Reading a standard from its YAML file: an unknown key, a wrong kind or an impossible pair is told with its line."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from geo.model.errors import NotFoundError, RuleError
from geo.model.standards.fields import choice, positive, share, text, words
from geo.model.standards.rules import (
    AREA_TYPES,
    CIRCLES,
    COMBINATIONS,
    CONFIDENCES,
    DUTIES,
    MEASURES,
    SERVED,
    SHARES,
    Amount,
    Rule,
    Standard,
)
from geo.model.yaml_strict import LINE_KEY, check_keys, expect, parse_yaml, read_yaml

MOST_METRES, MOST_MINUTES = 5000.0, 60.0
"""Thresholds beyond these are no walk to a daily service, and beyond the search."""

UNITS = ("m2", "places", "beds", "seats")
_RULE_REQUIRED = frozenset({"id", "category", "level", "duty", "clause", "confidence", "source", "name"})
_RULE_OPTIONAL = frozenset(
    {"threshold_m", "threshold_min", "note", "combine", "min_count", "measure", "share_of", "target", "serves",
     "area_type", "capacity_per_1000", "floor_area_m2", "site_area_m2", "weight"}
)  # fmt: skip
_STANDARD_REQUIRED = frozenset({"id", "name", "version", "source", "target", "rules"})
_STANDARD_OPTIONAL = frozenset({"note", "weights", "based_on"})
_TARGET_KEYS = frozenset({"share", "confidence", "source"})


def find_file(reference: str, *folders: Path) -> Path:
    """Return the YAML file of an id in the folders, or the path itself when ``reference`` names a file.

    Raises
    ------
    NotFoundError
        Neither exists; the message lists the ids there are.
    """
    path = Path(reference)
    if path.suffix in (".yaml", ".yml"):
        return path
    known = {p.stem: p for folder in reversed(folders) for p in sorted(folder.glob("*.yaml"))}
    if reference not in known:
        told = f"no {folders[0].name.removesuffix('s')} '{reference}'. Known: {', '.join(sorted(known)) or 'none'}."
        raise NotFoundError(told)
    return known[reference]


def read_standard(path: Path, known: Collection[str] | None = None) -> Standard:
    """Return the standard a YAML file holds.

    Parameters
    ----------
    known
        The ids of the categories there are; None takes any.

    Raises
    ------
    RuleError
        A key is unknown, missing or of the wrong kind, or two do not go together; the message names file, line, key.
    SourceError
        The file cannot be read.
    """
    return standard_of(read_yaml(path), path.name, known)


def parse_standard(content: str, name: str, known: Collection[str] | None = None) -> Standard:
    """Return the standard that the text of a file holds; as `read_standard`, errors call the file ``name``."""
    return standard_of(parse_yaml(content, name), name, known)


def standard_of(record: Mapping[str, Any], name: str, known: Collection[str] | None = None) -> Standard:
    """Return the standard of a record as `read_yaml` gives it; as `read_standard`, errors call the file ``name``."""
    check_keys(record, required=_STANDARD_REQUIRED, optional=_STANDARD_OPTIONAL, path=name)
    target_share, target_source = _target(record, name)
    weights = _weights(record, name)
    entries = expect(record, "rules", list, path=name) or []
    rules = tuple(_rule(entry, weights, name) for entry in entries)
    _check_rules(rules, [entry[LINE_KEY] for entry in entries], name, known)
    if record.get("based_on") is not None:
        text(record, "based_on", name)
    return Standard(
        standard_id=text(record, "id", name),
        name=words(record, name),
        version=text(record, "version", name),
        source=text(record, "source", name),
        target_share=target_share,
        target_source=target_source,
        rules=rules,
        note=expect(record, "note", str, path=name) or "",
    )


def faults_of_rule(entry: Mapping[str, Any], path: str, known: Collection[str] | None = None) -> list[RuleError]:
    """Return every fault of one rule, where `read_standard` stops at the first: for a form that shows them all."""
    readers: list[_Reader] = [*_FIELDS.values(), lambda e, p: _weight(e, "weight", p, 1.0)]
    faults = _faults(readers, entry, path)
    if not faults:
        last = [lambda e, p: _check_rules((_rule(e, {"must": 1.0, "as_needed": 0.0}, p),), [e[LINE_KEY]], p, known)]
        faults = _faults(last, entry, path)
    return faults


def faults_of_heading(record: Mapping[str, Any], path: str) -> list[RuleError]:
    """Return every fault of what stands above the rules of a standard, as `faults_of_rule`."""
    readers: list[_Reader] = [
        *(lambda r, p, key=key: text(r, key, p) for key in ("id", "version", "source")),  # type: ignore[misc]
        words, _target, _weights, lambda r, p: expect(r, "note", str, path=p),
    ]  # fmt: skip
    return _faults(readers, record, path)


def _faults(readers: list[_Reader], record: Mapping[str, Any], path: str) -> list[RuleError]:
    faults = []
    for read in readers:
        try:
            read(record, path)
        except RuleError as fault:
            faults.append(fault)
    return faults


def _rule(entry: Any, weights: Mapping[str, float], path: str) -> Rule:
    if not isinstance(entry, Mapping):
        raise RuleError(f"expected a rule, found {entry!r}", path=path, key="rules")
    check_keys(entry, required=_RULE_REQUIRED, optional=_RULE_OPTIONAL, path=path)
    values: dict[str, Any] = {field: read(entry, path) for field, read in _FIELDS.items()}
    rule = Rule(**values, weight=_weight(entry, "weight", path, weights[values["duty"]]))
    _check_pairs(rule, entry[LINE_KEY], path)
    return rule


def _check_pairs(rule: Rule, line: int, path: str) -> None:
    """Refuse what no rule can ask for at once."""
    amounts = (rule.capacity_per_1000, rule.floor_area, rule.site_area)
    faults = {
        "give either threshold_m or threshold_min, or an amount alone (capacity_per_1000, floor_area_m2, site_area_m2)":
            (rule.threshold_m is not None) == (rule.threshold_min is not None)
            and (rule.threshold_m is not None or not any(amounts)),
        "a straight radius is in metres: give threshold_m, or measure: walk":
            rule.measure == "line" and rule.threshold_min is not None,
        "combine: each needs at least two categories": rule.combine == "each" and len(rule.categories) < 2,
        "min_count counts facilities of any category; it does not go with combine: each":
            rule.combine == "each" and rule.min_count > 1,
        "min_count needs threshold_m": rule.min_count > 1 and rule.threshold_m is None,
        "share_of: area counts ground, not people: it needs threshold_m and goes with neither serves nor min_count":
            rule.share_of == "area" and (rule.threshold_m is None or rule.serves != "all" or rule.min_count > 1),
    }  # fmt: skip
    for message, is_so in faults.items():
        if is_so:
            raise RuleError(message, path=path, key=rule.rule_id, line=line)


def _categories(entry: Mapping[str, Any], path: str) -> tuple[str, ...]:
    value = entry["category"]
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(c, str) and c.strip() for c in listed):
        message = f"expected a category or a list of categories, found {value!r}"
        raise RuleError(message, path=path, key="category", line=entry[LINE_KEY])
    twice = next((c for c in listed if listed.count(c) > 1), None)
    if twice is not None:
        message = f"expected every category once, found '{twice}' twice"
        raise RuleError(message, path=path, key="category", line=entry[LINE_KEY])
    return tuple(listed)


def _within(entry: Mapping[str, Any], key: str, most: float, path: str) -> float | None:
    value = positive(entry, key, path)
    if value is not None and value > most:
        raise RuleError(f"expected at most {most:g}, found {value:g}", path=path, key=key, line=entry[LINE_KEY])
    return value


def _count(entry: Mapping[str, Any], path: str) -> int:
    value = expect(entry, "min_count", int, path=path)
    if value is not None and not 1 <= value <= 20:
        message = f"expected a whole number from 1 to 20, found {value}"
        raise RuleError(message, path=path, key="min_count", line=entry[LINE_KEY])
    return 1 if value is None else int(value)


def _amount(entry: Mapping[str, Any], key: str, path: str) -> Amount | None:
    """Return a size given as a number (at least) or as [least, most]."""
    value = expect(entry, key, (int, float, list), path=path)
    if value is None:
        return None
    ends = value if isinstance(value, list) else [value]
    sizes = [positive({key: end, LINE_KEY: entry[LINE_KEY]}, key, path) for end in ends]
    low, high = (*sizes, None, None)[:2]
    if low is None or None in sizes or len(sizes) > 2 or (high is not None and high < low):
        message = f"expected a number, or [least, most], found {value!r}"
        raise RuleError(message, path=path, key=key, line=entry[LINE_KEY])
    return Amount(low, high)


def _per_1000(entry: Mapping[str, Any], path: str) -> Amount | None:
    value = expect(entry, "capacity_per_1000", dict, path=path)
    if value is None:
        return None
    check_keys(value, required=frozenset({"amount", "unit"}), optional=frozenset(), path=path)
    amount, unit = _amount(value, "amount", path), choice(value, "unit", UNITS, path)
    if amount is None:
        raise RuleError("expected a number or [least, most]", path=path, key="amount", line=value[LINE_KEY])
    return Amount(amount.least, amount.most, unit)


def _weights(record: Mapping[str, Any], path: str) -> dict[str, float]:
    """Return how much a rule of each duty counts in completeness: required ones once and others not, unless said."""
    weights = expect(record, "weights", dict, path=path) or {LINE_KEY: record[LINE_KEY]}
    check_keys(weights, required=frozenset(), optional=frozenset(DUTIES), path=path)
    return {"must": _weight(weights, "must", path, 1.0), "as_needed": _weight(weights, "as_needed", path, 0.0)}


def _weight(record: Mapping[str, Any], key: str, path: str, default: float) -> float:
    if expect(record, key, (int, float), path=path) == 0:
        return 0.0
    found = positive(record, key, path)
    return default if found is None else found


def _check_rules(rules: tuple[Rule, ...], lines: list[int], path: str, known: Collection[str] | None) -> None:
    if not rules:
        raise RuleError("a standard needs at least one rule", path=path, key="rules")
    seen: set[str] = set()
    for rule, line in zip(rules, lines, strict=True):
        if rule.rule_id in seen:
            raise RuleError(f"rule id '{rule.rule_id}' is used twice", path=path, key="id", line=line)
        seen.add(rule.rule_id)
        strange = [c for c in rule.categories if known is not None and c not in known]
        if strange:
            near = difflib.get_close_matches(strange[0], list(known or ()), n=3, cutoff=0.4)
            hint = f" Did you mean {', '.join(near)}?" if near else ""
            told = f"no such category '{strange[0]}' in rule '{rule.rule_id}'.{hint}"
            raise RuleError(told, path=path, key="category", line=line)


def _target(record: Mapping[str, Any], path: str) -> tuple[float, str]:
    """Return the share of people to cover and where it comes from."""
    target = expect(record, "target", dict, path=path)
    if target is None:
        raise RuleError("expected share, confidence and source", path=path, key="target", line=record[LINE_KEY])
    check_keys(target, required=_TARGET_KEYS, optional=frozenset(), path=path)
    choice(target, "confidence", CONFIDENCES, path)
    found = share(target, "share", path)
    if found is None:
        raise RuleError("expected a share above 0 and at most 1", path=path, key="share", line=target[LINE_KEY])
    return found, text(target, "source", path)


_Reader = Callable[[Mapping[str, Any], str], Any]

_FIELDS: dict[str, _Reader] = {
    "rule_id": lambda entry, path: text(entry, "id", path),
    "categories": _categories,
    "level": lambda entry, path: choice(entry, "level", CIRCLES, path),
    "duty": lambda entry, path: choice(entry, "duty", DUTIES, path),
    "name": words,
    "clause": lambda entry, path: text(entry, "clause", path),
    "confidence": lambda entry, path: choice(entry, "confidence", CONFIDENCES, path),
    "source": lambda entry, path: text(entry, "source", path),
    "threshold_m": lambda entry, path: _within(entry, "threshold_m", MOST_METRES, path),
    "threshold_min": lambda entry, path: _within(entry, "threshold_min", MOST_MINUTES, path),
    "note": lambda entry, path: expect(entry, "note", str, path=path) or "",
    "combine": lambda entry, path: choice(entry, "combine", COMBINATIONS, path),
    "min_count": _count,
    "measure": lambda entry, path: choice(entry, "measure", MEASURES, path),
    "share_of": lambda entry, path: choice(entry, "share_of", SHARES, path),
    "target_share": lambda entry, path: share(entry, "target", path),
    "serves": lambda entry, path: choice(entry, "serves", tuple(SERVED), path),
    "area_type": lambda entry, path: choice(entry, "area_type", AREA_TYPES, path),
    "capacity_per_1000": _per_1000,
    "floor_area": lambda entry, path: _amount(entry, "floor_area_m2", path),
    "site_area": lambda entry, path: _amount(entry, "site_area_m2", path),
}
"""Field of a `Rule` -> how it is read from an entry, in the order in which faults are told."""
