"""When two names mean the same place: Chinese names without what lists add to them or leave out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pypinyin import lazy_pinyin
from rapidfuzz.distance import Indel, Levenshtein
from rapidfuzz.process import cpdist

from geo.intake.evidence import folded

_DIGITS = str.maketrans({"〇": "0", **{c: str(n) for n, c in enumerate("一二三四五六七八九", start=1)}, "十": "10"})
_AREA = re.compile(r"^(?:\w{2,3}省)?(?:\w{2,3}市)?(?:\w{2,3}(?<![小社校园])[区县])?(?=\w{4})")
_FIRM = re.compile(r"(?:股份|责任|有限)*公司$")
_BRANCH = re.compile(r"[(\[【（](.*?)[)\]】）]")
_ADDED = re.compile(r"社区|街道|居委会|分店|店$|\W|_")
_SAME_SOUND = ((re.compile(r"^([zcs])h"), r"\1"), (re.compile(r"([aei]n)g$"), r"\1"))
_SOUNDS_FROM = 0xE000

CLOSE_FROM, CLOSER_FROM = 4, 8
"""Names from this many characters on may lack one character, and two, and still be the same (ours)."""


@dataclass(frozen=True)
class Likeness:
    """How the names of pairs compare; each bool (n,).

    ``equal``: the same but for what lists add; ``close``: but for signs of the same sound, or one or two
    that are lacking (another sign of another sound, as in east and west, tells places apart); ``alike``: worth a look;
    ``apart``: surely two places (another number or another branch); ``known``: both have a name.
    """

    equal: NDArray[np.bool_]
    close: NDArray[np.bool_]
    alike: NDArray[np.bool_]
    apart: NDArray[np.bool_]
    known: NDArray[np.bool_]


def plain_name(name: str) -> tuple[str, str]:
    """Return a name ("" for none) without its area, firm, brackets and the words lists add or drop, and its branch."""
    text = folded(name)
    branch = "".join(_BRANCH.findall(text))
    text = _FIRM.sub("", _AREA.sub("", _BRANCH.sub("", text)))
    return _ADDED.sub("", text).translate(_DIGITS), _ADDED.sub("", branch).translate(_DIGITS)


def compare_names(one: Sequence[tuple[str, str]], other: Sequence[tuple[str, str]]) -> Likeness:
    """Return how n pairs of `plain_name` compare."""
    a, b = [name for name, _ in one], [name for name, _ in other]
    slips = np.asarray(cpdist(a, b, scorer=Levenshtein.distance, dtype=np.int32))
    heard = np.asarray(cpdist(*_heard(a, b), scorer=Indel.distance, dtype=np.int32))
    size = np.array([(len(x), len(y)) for x, y in zip(a, b, strict=True)], dtype=np.int64).reshape(-1, 2)
    longest, known = size.max(axis=1), size.min(axis=1) > 0
    lacking = np.abs(size[:, 0] - size[:, 1])
    allowed = (longest >= CLOSE_FROM).astype(int) + (longest >= CLOSER_FROM)
    close = known & (heard == lacking) & (lacking <= allowed)
    candidate = known & (close | (slips <= np.maximum(allowed, longest * 0.4)))
    pairs = zip(candidate, one, other, strict=True)
    apart = np.array([bool(ok) and _are_apart(x, y) for ok, x, y in pairs], dtype=bool)
    return Likeness(known & (slips == 0) & ~apart, close & ~apart, candidate & ~apart, apart, known)


def _heard(one: list[str], other: list[str]) -> tuple[list[str], list[str]]:
    """Return names with every Chinese sign turned into one that stands for its sound, without tone."""
    code: dict[str, int] = {}
    table: dict[int, int] = {}
    for sign in sorted(set("".join(one) + "".join(other))):
        sound = lazy_pinyin(sign)[0]
        for pattern, plain in _SAME_SOUND:
            sound = pattern.sub(plain, sound)
        if sound != sign:
            table[ord(sign)] = _SOUNDS_FROM + code.setdefault(sound, len(code))
    return [name.translate(table) for name in one], [name.translate(table) for name in other]


def _are_apart(one: tuple[str, str], other: tuple[str, str]) -> bool:
    if re.findall(r"\d+", one[0]) != re.findall(r"\d+", other[0]):
        return True
    branches = (one[1], other[1])
    longest = max(map(len, branches))
    return all(branches) and Levenshtein.distance(*branches) > (longest >= CLOSE_FROM)
