"""Standards and walking profiles: what changes the numbers, read strictly from YAML under ``data/``.

A standard is a named set of rules; a rule says which category must be within which walking distance for which
level of circle, by which clause, and how sure we are of the figure. Levels never stand in for each other.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.model.errors import NotFoundError, RuleError
from geo.model.yaml_strict import LINE_KEY, check_keys, expect, read_yaml

CIRCLES = ("15min", "10min", "5min", "block")
"""Levels of circle, largest first."""

DUTIES = ("must", "as_needed")
SLOPES = ("none", "tobler")
"""How a profile meets a slope: not at all, or by Tobler's hiking function against the flat."""

CONFIDENCES = ("verified", "verified second-hand", "recalled+", "recalled", "uncertain", "ours")

_RULE_REQUIRED = frozenset({"id", "category", "level", "duty", "clause", "confidence", "source", "name"})
_RULE_OPTIONAL = frozenset({"threshold_m", "threshold_min", "note"})
_STANDARD_REQUIRED = frozenset({"id", "name", "version", "source", "target", "rules"})
_STANDARD_OPTIONAL = frozenset({"note"})
_SLOPE_KEYS = frozenset({"method", "confidence", "source"})
_TARGET_KEYS = frozenset({"share", "confidence", "source"})


@dataclass(frozen=True)
class Text:
    """The same words in both languages."""

    zh: str
    en: str

    def in_language(self, lang: str) -> str:
        """Return the words in ``lang`` ("zh" or "en")."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Rule:
    """One demand of a standard: a place is covered when any of ``categories`` is within the threshold.

    Exactly one of ``threshold_m`` (metres of walking) and ``threshold_min`` (minutes of walking) is set.
    """

    rule_id: str
    categories: tuple[str, ...]
    level: str
    duty: str
    name: Text
    clause: str
    confidence: str
    source: str
    threshold_m: float | None = None
    threshold_min: float | None = None
    note: str = ""

    def metres(self, speed_mps: float) -> float:
        """Return the threshold in metres; one in minutes at this speed."""
        if self.threshold_m is not None:
            return self.threshold_m
        return (self.threshold_min or 0.0) * 60.0 * speed_mps

    @property
    def category(self) -> str:
        """The category, or the accepted ones joined by ``|``."""
        return "|".join(self.categories)

    @property
    def is_must(self) -> bool:
        """Whether the standard demands it, rather than where needed."""
        return self.duty == "must"


@dataclass(frozen=True)
class Standard:
    """A named set of rules; ``target_share`` is the share of people a unit must cover to pass."""

    standard_id: str
    name: Text
    version: str
    source: str
    target_share: float
    target_source: str
    rules: tuple[Rule, ...]
    note: str = ""

    @property
    def categories(self) -> tuple[str, ...]:
        """Every category any rule names, once, in the order of the rules."""
        return tuple(dict.fromkeys(c for rule in self.rules for c in rule.categories))


@dataclass(frozen=True)
class Profile:
    """Who walks: speeds in metres a second on the flat; ``steps_speed_mps`` None means steps are closed to them.

    ``slope`` is how slopes change the speed: one of `SLOPES`.
    """

    profile_id: str
    name: Text
    speed_mps: float
    steps_speed_mps: float | None
    source: str
    slope: str = "none"
    slope_source: str = ""


def find_file(reference: str, folder: Path) -> Path:
    """Return the YAML file of an id in ``folder``, or the path itself when ``reference`` names a file.

    Raises
    ------
    NotFoundError
        Neither exists; the message lists the ids there are.
    """
    path = Path(reference)
    if path.suffix in (".yaml", ".yml"):
        return path
    known = {p.stem: p for p in sorted(folder.glob("*.yaml"))}
    if reference not in known:
        raise NotFoundError(f"no {folder.name.removesuffix('s')} '{reference}'. Known: {', '.join(known) or 'none'}.")
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
        A key is unknown, missing or of the wrong kind; the message names file, line and key.
    SourceError
        The file cannot be read.
    """
    record, name = read_yaml(path), path.name
    check_keys(record, required=_STANDARD_REQUIRED, optional=_STANDARD_OPTIONAL, path=name)
    target_share, target_source = _target(record, name)
    rules = tuple(_rule(entry, name) for entry in expect(record, "rules", list, path=name) or [])
    _check_rules(rules, name, known)
    return Standard(
        standard_id=_text(record, "id", name),
        name=_words(record, name),
        version=_text(record, "version", name),
        source=_text(record, "source", name),
        target_share=target_share,
        target_source=target_source,
        rules=rules,
        note=expect(record, "note", str, path=name) or "",
    )


def read_profile(path: Path) -> Profile:
    """Return the walking profile a YAML file holds; errors as in `read_standard`."""
    record, name = read_yaml(path), path.name
    keys = frozenset({"id", "name", "speed_mps", "steps_speed_mps", "source"})
    check_keys(record, required=keys, optional=frozenset({"slope"}), path=name)
    speed = _positive(record, "speed_mps", name)
    if speed is None:
        raise RuleError("expected a number", path=name, key="speed_mps", line=record[LINE_KEY])
    steps = _positive(record, "steps_speed_mps", name)
    words, source = _words(record, name), _text(record, "source", name)
    return Profile(_text(record, "id", name), words, speed, steps, source, *_slope(record, name))


def _slope(record: Mapping[str, Any], path: str) -> tuple[str, str]:
    """Return how slopes count and where that comes from; a profile that says nothing walks as on the flat."""
    slope = expect(record, "slope", dict, path=path)
    if slope is None:
        return "none", ""
    check_keys(slope, required=_SLOPE_KEYS, optional=frozenset(), path=path)
    _choice(slope, "confidence", CONFIDENCES, path)
    return _choice(slope, "method", SLOPES, path), _text(slope, "source", path)


def _rule(entry: Any, path: str) -> Rule:
    if not isinstance(entry, Mapping):
        raise RuleError(f"expected a rule, found {entry!r}", path=path, key="rules")
    check_keys(entry, required=_RULE_REQUIRED, optional=_RULE_OPTIONAL, path=path)
    metres, minutes = _positive(entry, "threshold_m", path), _positive(entry, "threshold_min", path)
    if (metres is None) == (minutes is None):
        raise RuleError(
            "give either threshold_m or threshold_min", path=path, key=str(entry["id"]), line=entry[LINE_KEY]
        )
    return Rule(
        rule_id=_text(entry, "id", path),
        categories=_categories(entry, path),
        level=_choice(entry, "level", CIRCLES, path),
        duty=_choice(entry, "duty", DUTIES, path),
        name=_words(entry, path),
        clause=_text(entry, "clause", path),
        confidence=_choice(entry, "confidence", CONFIDENCES, path),
        source=_text(entry, "source", path),
        threshold_m=metres,
        threshold_min=minutes,
        note=expect(entry, "note", str, path=path) or "",
    )


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


def _check_rules(rules: tuple[Rule, ...], path: str, known: Collection[str] | None) -> None:
    if not rules:
        raise RuleError("a standard needs at least one rule", path=path, key="rules")
    seen: set[str] = set()
    for rule in rules:
        if rule.rule_id in seen:
            raise RuleError(f"rule id '{rule.rule_id}' is used twice", path=path, key="id")
        seen.add(rule.rule_id)
        strange = [c for c in rule.categories if known is not None and c not in known]
        if strange:
            near = difflib.get_close_matches(strange[0], list(known or ()), n=3, cutoff=0.4)
            hint = f" Did you mean {', '.join(near)}?" if near else ""
            raise RuleError(
                f"no such category '{strange[0]}' in rule '{rule.rule_id}'.{hint}", path=path, key="category"
            )


def _text(record: Mapping[str, Any], key: str, path: str) -> str:
    value = expect(record, key, str, path=path)
    if value is None or not value.strip():
        raise RuleError("expected some text", path=path, key=key, line=record.get(LINE_KEY))
    return str(value)


def _words(record: Mapping[str, Any], path: str) -> Text:
    words = expect(record, "name", dict, path=path)
    if words is None:
        raise RuleError("expected zh and en", path=path, key="name", line=record.get(LINE_KEY))
    check_keys(words, required=frozenset({"zh", "en"}), optional=frozenset(), path=path)
    return Text(_text(words, "zh", path), _text(words, "en", path))


def _choice(record: Mapping[str, Any], key: str, choices: tuple[str, ...], path: str) -> str:
    value = record[key]
    if value not in choices:
        raise RuleError(
            f"expected one of {', '.join(choices)}, found {value!r}", path=path, key=key, line=record[LINE_KEY]
        )
    return str(value)


def _positive(record: Mapping[str, Any], key: str, path: str) -> float | None:
    value = expect(record, key, (int, float), path=path)
    if value is None:
        return None
    if not (math.isfinite(value) and value > 0):
        raise RuleError(f"expected a finite number above 0, found {value!r}", path=path, key=key, line=record[LINE_KEY])
    return float(value)


def _target(record: Mapping[str, Any], path: str) -> tuple[float, str]:
    """Return the share of people to cover and where it comes from."""
    target = expect(record, "target", dict, path=path)
    if target is None:
        raise RuleError("expected share, confidence and source", path=path, key="target", line=record[LINE_KEY])
    check_keys(target, required=_TARGET_KEYS, optional=frozenset(), path=path)
    _choice(target, "confidence", CONFIDENCES, path)
    share = _positive(target, "share", path)
    if share is None or share > 1:
        raise RuleError("expected a share above 0 and at most 1", path=path, key="share", line=target[LINE_KEY])
    return share, _text(target, "source", path)
