"""Recognising facilities: the category table and how OpenStreetMap tags match it.

The table is data (``data/categories/categories.yaml``): planners add categories and conditions without code. The first
condition that fits, in the order of the file, gives the category; which one it was is kept with the facility.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from geo.intake.evidence import Evidence, plain_name
from geo.intake.states import NO_STATES, OPEN, States, of_tags, read_states, without_prefix
from geo.model.errors import RuleError
from geo.model.standards import Text
from geo.model.yaml_strict import LINE_KEY, check_keys, expect, read_yaml

_WORDS = frozenset({"zh", "en", "group", "mark"})
_LISTS = ("amap", "baidu", "tencent", "words", "not_words", "parts")
_MATCH = frozenset({"osm", "names", "not_names", *_LISTS})

UNCLASSIFIED = "unclassified"
"""The category of places of a list that nothing tells; no rule counts them."""


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
    """Every category by id, words for groups, conditions by their first key and value, those keys, words for states."""

    categories: dict[str, Category]
    groups: dict[str, Text]
    conditions: dict[tuple[str, str], tuple[Condition, ...]]
    keys: frozenset[str]
    evidence: Evidence
    states: States = NO_STATES
    parts: dict[str, frozenset[str]] = field(default_factory=dict)
    """Words for a part of a place -> the categories of places that have it."""

    @cached_property
    def part_sizes(self) -> tuple[int, ...]:
        """How many signs the words for parts have."""
        return tuple(sorted({len(part) for part in self.parts}))

    def named(self, word: str | None) -> str | None:
        """Return the category that a word names: its id, its Chinese or its English name; None where it is none."""
        return self._by_word.get(_plain(word)) if word else None

    @cached_property
    def _by_word(self) -> dict[str, str]:
        words = {_plain(word): c for c, known in self.categories.items() for word in (known.name.en, known.name.zh)}
        return words | {_plain(c): c for c in self.categories}

    def match(self, tags: Mapping[str, str]) -> tuple[str, str] | None:
        """Return the category of a feature and the condition that gave it; None where none fits.

        Tags of a place that is not open (``disused:amenity``) count as the plain ones, where those say nothing.
        """
        found = self._match(tags)
        plain = without_prefix(tags) if found is None else None
        return found if plain is None else self._match(plain)

    def state_of(self, tags: Mapping[str, str]) -> str:
        """Return open, closed or planned for a feature, by its tags, else by its name."""
        state = of_tags(tags, is_former=self._match(tags) is None)
        said = self.states.of_name(tags.get("name", ""), self.evidence.words) if state == OPEN else None
        return said or state

    def _match(self, tags: Mapping[str, str]) -> tuple[str, str] | None:
        tagged = ((key, tags.get(key, "")) for key in self.keys)
        candidates = (c for pair in tagged for c in self.conditions.get(pair, ()))
        best = min((c for c in candidates if c.fits(tags)), key=lambda c: c.order, default=None)
        return (best.category_id, best.text) if best else None


def _plain(word: str) -> str:
    return word.strip().casefold().replace("_", " ")


def read_categories(path: Path, *more: Path) -> CategoryTable:
    """Return the category table of a YAML file, and of further ones that add categories, words and conditions.

    Raises
    ------
    RuleError
        A slip; it names file, line and key.
    """
    groups: dict[str, Text] = {}
    categories: dict[str, Category] = {}
    conditions: dict[tuple[str, str], list[Condition]] = {}
    lists, states = _Lists(), NO_STATES
    count = 0
    for each in (path, *more):
        record, name = read_yaml(each), each.name
        needed = {"categories"} if groups else {"groups", "categories"}
        check_keys(record, required=frozenset(needed), optional=frozenset({"groups", "states"}), path=name)
        states = read_states(expect(record, "states", dict, path=name), name, states)
        for key, words in (expect(record, "groups", dict, path=name) or {}).items():
            if key != LINE_KEY:
                groups[key] = Text(words["zh"], words["en"])
        for entry in expect(record, "categories", list, path=name):
            is_new = entry.get("id") not in categories
            required = frozenset({"id", "osm"} | _WORDS) if is_new else frozenset({"id"})
            check_keys(entry, required=required, optional=_MATCH, path=name)
            if is_new:
                categories[entry["id"]] = _category(entry, groups, name)
            lists.take(entry, name)
            for condition in _conditions(entry, name, first=count):
                count += 1
                key, values = condition.tags[0]
                for value in values:
                    conditions.setdefault((key, value), []).append(condition)
    keys = frozenset(key for key, _ in conditions)
    firsts = {key: tuple(found) for key, found in conditions.items()}
    return CategoryTable(categories, groups, firsts, keys, lists.evidence(), states, lists.parts)


class _Lists:
    """The lists of codes and words gathered entry by entry; the same word for two categories is a slip."""

    def __init__(self) -> None:
        self.codes: dict[str, list[str]] = {}
        self.classes: dict[str, str] = {}
        self.words: dict[str, str] = {}
        self.not_words: dict[str, list[str]] = {}
        self.parts: dict[str, frozenset[str]] = {}

    def take(self, entry: dict[str, Any], path: str) -> None:
        category_id = entry["id"]
        given = {key: self._texts(entry, key, path) for key in _LISTS}
        for code in given["amap"]:
            self.codes.setdefault(code, []).append(category_id)
        self.not_words.setdefault(category_id, []).extend(plain_name(word) for word in given["not_words"])
        for part in given["parts"]:
            self.parts[plain_name(part)] = self.parts.get(plain_name(part), frozenset()) | {category_id}
        classes = [*given["baidu"], *given["tencent"]]
        for known, key, words in ((self.classes, "baidu", classes), (self.words, "words", given["words"])):
            for word in words if key == "baidu" else [plain_name(w) for w in words]:
                if known.setdefault(word, category_id) != category_id:
                    message = f"'{word}' is already a word of {known[word]}"
                    raise RuleError(message, path=path, key=key, line=entry[LINE_KEY])

    def evidence(self) -> Evidence:
        codes = {code: tuple(dict.fromkeys(found)) for code, found in self.codes.items()}
        return Evidence(codes, self.classes, self.words, {c: tuple(w) for c, w in self.not_words.items()})

    @staticmethod
    def _texts(entry: dict[str, Any], key: str, path: str) -> list[str]:
        texts = expect(entry, key, list, path=path) or []
        for text in texts:
            if not isinstance(text, str) or not text.strip():
                raise RuleError(f"expected words in quotes, found {text!r}", path=path, key=key, line=entry[LINE_KEY])
        return texts


def _category(entry: dict[str, Any], groups: dict[str, Text], path: str) -> Category:
    if entry["group"] not in groups:
        raise RuleError(f"no such group '{entry['group']}'", path=path, key="group", line=entry[LINE_KEY])
    return Category(entry["id"], Text(entry["zh"], entry["en"]), entry["group"], entry["mark"])


def _conditions(entry: dict[str, Any], path: str, *, first: int) -> list[Condition]:
    found = []
    for order, text in enumerate(entry.get("osm", ()), start=first):
        try:
            pairs = [part.strip().split("=", 1) for part in text.split("&")]
            tags = tuple((key, frozenset(values.split("|"))) for key, values in pairs)
        except (ValueError, AttributeError):
            raise RuleError(f"expected key=value, found {text!r}", path=path, key="osm", line=entry[LINE_KEY]) from None
        names, not_names = tuple(entry.get("names", ())), tuple(entry.get("not_names", ()))
        words = (f" + {'/'.join(names[:3])}" if names else "") + (" (level not given)" if not_names else "")
        found.append(Condition(order, entry["id"], f"{text}{words}", tags, names, not_names))
    return found
