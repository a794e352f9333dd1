"""Recognising facilities: the category table and how OpenStreetMap tags match it.

The table is data (``data/categories/categories.yaml``): planners add categories and conditions without code. The first
condition that fits, in the order of the file, gives the category; which one it was is kept with the facility.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from geo.model.errors import RuleError
from geo.model.standards import Text
from geo.model.yaml_strict import LINE_KEY, check_keys, expect, read_yaml

_WORDS = frozenset({"zh", "en", "group", "mark"})
_MATCH = frozenset({"osm", "names", "not_names"})


@dataclass(frozen=True)
class Category:
    """A kind of facility: its names, its group of colour on the map, and the one character that marks it."""

    category_id: str
    name: Text
    group: str
    mark: str


@dataclass(frozen=True)
class Condition:
    """Tags that must all be there with one of the values, and words the name must or must not hold.

    ``order`` is the place of the condition in the file: where several fit, the first wins.
    """

    order: int
    category_id: str
    text: str
    tags: tuple[tuple[str, frozenset[str]], ...]
    names: tuple[str, ...]
    not_names: tuple[str, ...]

    def fits(self, tags: Mapping[str, str]) -> bool:
        """Return whether the tags of a feature meet the condition."""
        if any(tags.get(key) not in values for key, values in self.tags):
            return False
        name = tags.get("name", "") + " " + tags.get("name:en", "")
        if self.names and not any(word in name for word in self.names):
            return False
        return not any(word in name for word in self.not_names)


@dataclass(frozen=True)
class CategoryTable:
    """Every category by id, the words for the groups, the conditions by their first key and value, those keys."""

    categories: dict[str, Category]
    groups: dict[str, Text]
    conditions: dict[tuple[str, str], tuple[Condition, ...]]
    keys: frozenset[str]

    def named(self, word: str | None) -> str | None:
        """Return the category that a word names: its id, its Chinese or its English name; None where it is none."""
        return self._by_word.get(_plain(word)) if word else None

    @cached_property
    def _by_word(self) -> dict[str, str]:
        words = {_plain(word): c for c, known in self.categories.items() for word in (known.name.en, known.name.zh)}
        return words | {_plain(c): c for c in self.categories}

    def match(self, tags: Mapping[str, str]) -> tuple[str, str] | None:
        """Return the category of a feature and the condition that gave it; None where none fits."""
        tagged = ((key, tags.get(key, "")) for key in self.keys)
        candidates = (c for pair in tagged for c in self.conditions.get(pair, ()))
        best = min((c for c in candidates if c.fits(tags)), key=lambda c: c.order, default=None)
        return (best.category_id, best.text) if best else None


def _plain(word: str) -> str:
    return word.strip().casefold().replace("_", " ")


def read_categories(path: Path) -> CategoryTable:
    """Return the category table a YAML file holds; `RuleError` names file, line and key of any slip."""
    record, name = read_yaml(path), path.name
    check_keys(record, required=frozenset({"groups", "categories"}), optional=frozenset(), path=name)
    groups = {
        key: Text(words["zh"], words["en"])
        for key, words in expect(record, "groups", dict, path=name).items()
        if key != LINE_KEY
    }
    categories: dict[str, Category] = {}
    conditions: dict[tuple[str, str], list[Condition]] = {}
    count = 0
    for entry in expect(record, "categories", list, path=name):
        is_new = entry.get("id") not in categories
        required = frozenset({"id", "osm"}) | (_WORDS if is_new else frozenset())
        check_keys(entry, required=required, optional=_MATCH, path=name)
        if is_new:
            categories[entry["id"]] = _category(entry, groups, name)
        for condition in _conditions(entry, name, first=count):
            count += 1
            key, values = condition.tags[0]
            for value in values:
                conditions.setdefault((key, value), []).append(condition)
    keys = frozenset(key for key, _ in conditions)
    return CategoryTable(categories, groups, {key: tuple(found) for key, found in conditions.items()}, keys)


def _category(entry: dict[str, Any], groups: dict[str, Text], path: str) -> Category:
    if entry["group"] not in groups:
        raise RuleError(f"no such group '{entry['group']}'", path=path, key="group", line=entry[LINE_KEY])
    return Category(entry["id"], Text(entry["zh"], entry["en"]), entry["group"], entry["mark"])


def _conditions(entry: dict[str, Any], path: str, *, first: int) -> list[Condition]:
    found = []
    for order, text in enumerate(entry["osm"], start=first):
        try:
            pairs = [part.strip().split("=", 1) for part in text.split("&")]
            tags = tuple((key, frozenset(values.split("|"))) for key, values in pairs)
        except (ValueError, AttributeError):
            raise RuleError(f"expected key=value, found {text!r}", path=path, key="osm", line=entry[LINE_KEY]) from None
        names, not_names = tuple(entry.get("names", ())), tuple(entry.get("not_names", ()))
        words = (f" + {'/'.join(names[:3])}" if names else "") + (" (level not given)" if not_names else "")
        found.append(Condition(order, entry["id"], f"{text}{words}", tags, names, not_names))
    return found
