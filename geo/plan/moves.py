"""Choosing places where some of those there are may be given up: each one closed lets one more be built.

The same sum of best benefits as elsewhere, over places there are and candidates together; greedy choice with exchanges,
prices that bound it, HiGHS that proves the best.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint
from scipy.sparse import csr_array

from geo.plan.proofs import (
    Ints,
    best_choice,
    best_of,
    gains_over,
    is_small,
    model_entries,
    pattern,
    prices_bound,
)
from geo.plan.solve import MOST_SWAPS, TRIED, losses_of


@dataclass(frozen=True)
class Moves:
    """What is asked: how many there are, how many more may be built, how many closed, and who must stay covered.

    Attributes
    ----------
    benefit
        int64 (places there are, then candidates; homes), above 0 where stored.
    near
        The same shape: above 0 where a place covers a home.
    old, count, closing
        Rows of ``benefit`` that are there; how many more there may be; how many of them may be closed.
    kept
        bool (homes,): those whom a place must cover.
    """

    benefit: csr_array
    near: csr_array
    old: int
    count: int
    closing: int
    kept: NDArray[np.bool_]


@dataclass(frozen=True)
class Moved:
    """Candidates built and places closed (rows of the benefit), the value, and a bound that no choice can pass."""

    built: tuple[int, ...]
    closed: tuple[int, ...]
    value: int
    bound: int


def best_moves(asked: Moves, *, is_exact: bool, time_limit_s: float) -> Moved:
    """Return what to build and what to close for most benefit: p-median or MCLP with closing.

    Source
    ------
    Wang, Batta, Bhadury and Rump (2003), Budget constrained location problem with opening and closing of facilities.
    Computers & Operations Research 30.
    """
    chosen = _exchanged(asked, _added(asked))
    bound = prices_bound(asked.benefit, chosen, lambda surplus: _pick(asked, surplus))
    value = int(best_of(asked.benefit, chosen).sum())
    if is_exact and value < bound and is_small(model_entries(asked.benefit), time_limit_s):
        better, proven = best_choice(asked.benefit, _limits(asked), time_limit_s)
        bound = min(bound, proven)
        if is_allowed(asked, better) and int(best_of(asked.benefit, better).sum()) > value:
            chosen = better
    chosen = _needed(asked, chosen)
    value = int(best_of(asked.benefit, chosen).sum())
    built = tuple(row for row in chosen if row >= asked.old)
    closed = tuple(sorted(set(range(asked.old)) - set(chosen)))
    return Moved(built, closed, value, max(bound, value))


def is_allowed(asked: Moves, chosen: list[int]) -> bool:
    """Return whether a choice keeps enough of what is there, builds no more than it may, and leaves nobody behind."""
    left = sum(row < asked.old for row in chosen)
    is_few = left >= asked.old - asked.closing and len(chosen) <= asked.old + asked.count
    covered = np.zeros(len(asked.kept), bool)
    covered[asked.near[chosen].indices] = True
    return bool(is_few and (covered | ~asked.kept).all())


def _needed(asked: Moves, chosen: list[int]) -> list[int]:
    """Return a choice without what is built for nothing, and with whatever need not be closed."""
    for row in [row for row in chosen if row >= asked.old]:
        rest = [other for other in chosen if other != row]
        if losses_of(asked.benefit, chosen)[row] == 0 and is_allowed(asked, rest):
            chosen = rest
    spare = asked.old + asked.count - len(chosen)
    return chosen + [row for row in range(asked.old) if row not in chosen][:spare]


def _added(asked: Moves) -> list[int]:
    """Return all there are, and as many more as may be, each that gains most."""
    chosen = list(range(asked.old))
    best = best_of(asked.benefit, chosen)
    for _ in range(asked.count):
        gains = gains_over(asked.benefit, best)
        row = int(gains.argmax()) if len(gains) else 0
        if not len(gains) or not gains[row]:
            break
        chosen.append(row)
        best = np.maximum(best, best_of(asked.benefit, [row]))
    return chosen


def _exchanged(asked: Moves, chosen: list[int]) -> list[int]:
    """Return the choice after exchanges that gain, as long as there are any (Teitz and Bart 1968)."""
    for _ in range(MOST_SWAPS):
        found = _exchange(asked, chosen)
        if found is None:
            break
        chosen = found
    return chosen


def _exchange(asked: Moves, chosen: list[int]) -> list[int] | None:
    """Return the choice after the first exchange that gains; those are tried whose loss costs least."""
    value = int(best_of(asked.benefit, chosen).sum())
    is_full = sum(row < asked.old for row in chosen) <= asked.old - asked.closing
    outs = [row for row in chosen if row >= asked.old or not is_full]
    for out in sorted(outs, key=losses_of(asked.benefit, chosen).__getitem__)[:TRIED]:
        rest = [row for row in chosen if row != out]
        best = best_of(asked.benefit, rest)
        gains = np.where(_may_follow(asked, rest), gains_over(asked.benefit, best), -1)
        row = int(gains.argmax())
        if gains[row] >= 0 and int(best.sum()) + int(gains[row]) > value:
            return [*rest, row]
    return None


def _may_follow(asked: Moves, rest: list[int]) -> NDArray[np.bool_]:
    """Return which places cover all who must be covered and whom the rest leave behind."""
    covered = np.zeros(len(asked.kept), bool)
    covered[asked.near[rest].indices] = True
    left = asked.kept & ~covered
    hits = np.concatenate([[0], np.cumsum(left[asked.near.indices])])
    return np.asarray(hits[asked.near.indptr[1:]] - hits[asked.near.indptr[:-1]] == int(left.sum()))


def _pick(asked: Moves, surplus: Ints) -> Ints:
    """Return the rows of the choice with most surplus: enough of those there are, then the best of all others."""
    order = np.argsort(-surplus, kind="stable")
    must = order[order < asked.old][: asked.old - asked.closing]
    others = order[~np.isin(order, must)][: asked.closing + asked.count]
    return np.concatenate([must, others])


def _limits(asked: Moves) -> list[LinearConstraint]:
    everyone = np.ones((1, asked.benefit.shape[0]))
    is_old = (np.arange(asked.benefit.shape[0]) < asked.old).astype(float)[None, :]
    limits = [
        LinearConstraint(everyone, ub=asked.old + asked.count),
        LinearConstraint(is_old, lb=asked.old - asked.closing),
    ]
    if asked.kept.any():
        limits.append(LinearConstraint(pattern(asked.near[:, np.flatnonzero(asked.kept)]).T.tocsr(), lb=1))
    return limits
