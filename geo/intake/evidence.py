"""What a row of a list says about its category: its own word, a typecode, class words, its name.

Evidence is weighed in this order, and the first that tells anything decides. Names and classes are Chinese in most
lists, where the noun that says what a place is stands at the end: of the words of the category table that a name
holds, the one that ends last decides, and of those the longest (社区卫生服务站, not 服务站).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Found = tuple[str, str]
"""A category and the rule that gave it."""

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
_CLASS_BREAKS = re.compile(r"[;|:,/]")


@dataclass(frozen=True)
class Evidence:
    """The part of the category table that lists are read by.

    ``codes``: beginning of an Amap typecode -> the categories that share it, in the order of the table.
    ``classes``: whole class names. ``words``: word -> category. ``not_words``: category -> words that rule it out.
    """

    codes: dict[str, tuple[str, ...]]
    classes: dict[str, str]
    words: dict[str, str]
    not_words: dict[str, tuple[str, ...]]

    def by_code(self, code: str, name: str) -> Found | None:
        """Return the category of an Amap typecode, by its longest known beginning; a shared one by the name."""
        for one in code.split("|"):
            for size in range(len(one), 2, -1):
                sharing = [c for c in self.codes.get(one[:size], ()) if self.allows(c, name)]
                if sharing:
                    told = self.by_words(name)
                    chosen = told[0] if told and told[0] in sharing else sharing[0]
                    return chosen, f"typecode {one[:size]}"
        return None

    def by_class(self, text: str) -> Found | None:
        """Return the category of class words such as 教育培训;幼儿园, the finest word first."""
        if text in self.classes:
            return self.classes[text], f"class: {text}"
        for part in reversed(_CLASS_BREAKS.split(folded(text))):
            told = self.by_words(part)
            if told:
                return told[0], f"class: {text}"
        return None

    def by_words(self, name: str) -> Found | None:
        """Return the category of the word that ends last in a name; what stands in brackets counts only if alone."""
        name = folded(name)
        for part in (_BRACKETS.sub("", name), name):
            backwards, start = part[::-1], 0
            while (hit := self._pattern.search(backwards, start)) is not None:
                word = hit.group()[::-1]
                if self.allows(self.words[word], name):
                    return self.words[word], f"name: {word}"
                start = hit.start() + 1
        return None

    def allows(self, category: str, name: str) -> bool:
        """Return whether a name holds no word that rules the category out."""
        return not any(word in name for word in self.not_words.get(category, ()))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest = sorted(self.words, key=lambda word: (-len(word), word))
        return re.compile("|".join(re.escape(word[::-1]) for word in longest) or r"(?!)")


def folded(text: str) -> str:
    """Return text with full-width signs made plain (NFKC), in lower case."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def classify_rows(
    evidence: Evidence, named: Callable[[str], str | None], columns: Sequence[NDArray[np.object_]]
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return for each row its category and the rule that gave it, both None where nothing told.

    Parameters
    ----------
    named
        The category that a word of the category column names outright.
    columns
        Category, typecode, class words and name, one array of texts or None each, of equal length. Equal rows are
        weighed once.
    """
    rows = list(zip(*columns, strict=True))
    told = {row: _told(evidence, named, *(text or "" for text in row)) or (None, None) for row in dict.fromkeys(rows)}
    found = np.array([told[row] for row in rows], dtype=object).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _told(
    evidence: Evidence, named: Callable[[str], str | None], said: str, code: str, kind: str, name: str
) -> Found | None:
    own = named(said) if said else None
    if own:
        return own, f"category column: {said}"
    return (
        (evidence.by_code(code, folded(name)) if code else None)
        or (evidence.by_class(kind) if kind else None)
        or (evidence.by_class(said) if said else None)
        or (evidence.by_words(name) if name else None)
    )
