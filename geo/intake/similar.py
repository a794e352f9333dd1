"""How alike the names of two places are, as lists in Chinese write them.

A name is taken apart: the branch (in brackets, or before 店, 支行), the numbers (第三, 12号), and the core without the
administrative prefix, company endings and words that lists leave out at will (社区, 街道). The score is the mean of the
similarity of the cores and of what is left of them without the words of their category, so that 玉林小学 and 芳草小学
do not seem alike by 小学. Different numbers or branches part two places whatever the rest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from geo.intake.evidence import plain_name

LEAST_BRANCH, LIKE_BRANCH = 40.0, 60.0
"""Branches less alike than the first are two; less than the second, the pair scores at most `DOUBTFUL_BRANCH`."""

DOUBTFUL_BRANCH = 50.0

_BRACKET = re.compile(r"[(\[【]([^)\]】]*)[)\]】]?")
_PREFIX = re.compile(r"^(?:.{2,3}省)?(?:.{2,3}市(?!场))?(?:.{2}(?<![社小校园院])[区县](?!医))?")
_LOOSE = re.compile(r"有限责任公司|股份有限公司|有限公司|连锁|社区|街道|总店|分店|门店|旗舰店|店$|[\s\-·•_,.、，。'\"]")
_BRANCH_END = re.compile(r"(?:分店|门店|店|分行|支行|分院|校区|院区|分校)$")
_NUMERALS = str.maketrans("一二三四五六七八九", "123456789")
_NUMBER = re.compile(r"\d+|十\d?")
_NUMERAL = re.compile(r"第[一二三四五六七八九十]+|[一二三四五六七八九十]+(?=[小中幼号期店院])")


@dataclass(frozen=True)
class Names:
    """Names taken apart, an array of texts each; ``known`` is false where there is no name."""

    core: NDArray[np.object_]
    own: NDArray[np.object_]
    branch: NDArray[np.object_]
    number: NDArray[np.object_]
    known: NDArray[np.bool_]


def take_apart(names: Sequence[str], words: Sequence[str]) -> Names:
    """Return names taken apart; ``words`` are the words of the categories, of which the core's own part is free."""
    generic = re.compile("|".join(re.escape(word) for word in sorted(words, key=lambda w: (-len(w), w))) or r"(?!)")
    parts: dict[str, tuple[str, str, str, str]] = {}
    for name in names:
        if name not in parts:
            parts[name] = _parts(name, generic)
    columns = [np.array(column, dtype=object) for column in zip(*(parts[n] for n in names), strict=True)]
    core, own, branch, number = columns or [np.empty(0, object)] * 4
    return Names(core, own, branch, number, np.array([bool(c) for c in core], dtype=bool))


def _parts(name: str, generic: re.Pattern[str]) -> tuple[str, str, str, str]:
    plain = plain_name(name)
    if plain.startswith("(no name"):
        return "", "", "", ""
    inside = "".join(_BRACKET.findall(plain))
    bare = _BRACKET.sub("", plain).strip(")]】") or inside
    whole = _NUMERAL.sub(lambda hit: hit.group().translate(_NUMERALS), bare)
    number = ",".join(_NUMBER.findall(whole))
    short = _LOOSE.sub("", _PREFIX.sub("", whole))
    core = short if generic.sub("", short) else _LOOSE.sub("", whole) or whole
    branch = _BRANCH_END.sub("", inside) if _BRANCH_END.search(inside) else ""
    return core, generic.sub("", core) or core, branch, number


def name_scores(names: Names, a: NDArray[np.intp], b: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how alike names ``a`` and ``b`` (row numbers) are, 0 to 100; 0 where numbers or branches part them."""
    if not len(a):
        return np.empty(0)
    core, own, branch, joint = (
        np.asarray(process.cpdist(column[a], column[b], scorer=fuzz.ratio), dtype=np.float64)
        for column in (names.core, names.own, names.branch, names.core + names.branch)
    )
    score = (core + own) / 2
    branches = (names.branch[a] != "").astype(int) + (names.branch[b] != "")
    score = np.where(branches == 1, np.maximum(score, joint), score)
    score = np.where((branches == 2) & (branch < LIKE_BRANCH), np.minimum(score, DOUBTFUL_BRANCH), score)
    is_parted = ((branches == 2) & (branch < LEAST_BRANCH)) | (names.number[a] != names.number[b])
    score[is_parted | ~names.known[a] | ~names.known[b]] = 0.0
    return np.asarray(score, dtype=np.float64)
