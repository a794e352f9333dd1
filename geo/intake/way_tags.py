"""The tags of ways by numbers: a city has many ways and few words, so that each word is kept, and asked, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_MOST_FLAGS = 8
"""Flags a way; with more of them sorting is quicker."""


@dataclass(frozen=True)
class WayTags:
    """Values of some tags of W ways.

    Attributes
    ----------
    keys
        The K tags.
    words
        object (N,): every value; the first is None, of a tag that a way lacks.
    number
        int32 (W, K): which of ``words`` the value is.
    """

    keys: tuple[str, ...]
    words: NDArray[np.object_]
    number: NDArray[np.int32]

    def __getitem__(self, key: str) -> NDArray[np.object_]:
        """Return the value of a tag for every way, None where it lacks it."""
        return np.asarray(self.words[self.number[:, self.keys.index(key)]], dtype=object)

    def each(self, keys: tuple[str, ...], meaning: Callable[[dict[str, str]], object], dtype: Any) -> NDArray[Any]:
        """Return what some tags of every way mean, one row a way; each combination is asked once."""
        columns = self.number[:, [self.keys.index(key) for key in keys]].astype(np.int64)
        sample, group = self._alike(columns)
        rows = self.words[columns[sample]].tolist()
        told = [meaning({k: v for k, v in zip(keys, row, strict=True) if v is not None}) for row in rows]
        return np.asarray(np.array(told, dtype=dtype)[group])

    def _alike(self, columns: Ints) -> tuple[Ints, Ints]:
        """Return one way of each combination of words, and the combination of every way."""
        group, count = np.zeros(len(columns), np.int64), 1
        for column in columns.T:
            word, words = _numbered(column, len(self.words))
            group, count = _numbered(group * words + word, count * words)
        sample = np.empty(count, np.int64)
        sample[group] = np.arange(len(group))
        return sample, group


def _numbered(key: Ints, most: int) -> tuple[Ints, int]:
    """Return numbers below ``most`` by their rank among those that occur, and how many occur."""
    if most > _MOST_FLAGS * len(key):
        known, rank = np.unique(key, return_inverse=True)
        return rank, len(known)
    is_used = np.zeros(most, bool)
    is_used[key] = True
    upto = np.cumsum(is_used)
    return (upto - 1)[key], int(upto[-1]) if most else 0
