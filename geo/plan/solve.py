"""Choosing places: the mathematics of siting on a sparse matrix of benefits, with the proven bound beside every answer.

One function serves coverage and average walk: a home counts by the best of the chosen candidates. Greedy choice with
exchanges comes at once, prices on homes bound it, and HiGHS, within SciPy, proves the best.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint
from scipy.sparse import csr_array

from geo.plan.proofs import (
    ask,
    best_choice,
    best_of,
    gains_over,
    is_small,
    least_apart,
    model_entries,
    pattern,
    prices_bound,
)

MOST_SWAPS, TRIED = 200, 50
"""Exchanges made at most, and places tried for each: those whose loss costs least (ours)."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Choice:
    """Chosen candidates in the order of building, the value of the whole, and a bound that no choice can pass.

    ``bound`` is from above where more is better, from below where less is. ``is_best``: value and bound are one.
    """

    chosen: tuple[int, ...]
    value: int
    bound: int

    @property
    def is_best(self) -> bool:
        """Whether nothing can be better."""
        return self.value == self.bound


def value_of(benefit: csr_array, chosen: tuple[int, ...] | list[int]) -> int:
    """Return the sum over homes of the best benefit among the chosen candidates."""
    return int(best_of(benefit, chosen).sum())


def most_benefit(benefit: csr_array, count: int, *, is_exact: bool, time_limit_s: float) -> Choice:
    """Return at most ``count`` candidates with the most benefit: MCLP, or p-median where benefits differ.

    Parameters
    ----------
    benefit
        int64 (candidates, homes), above 0 where stored: what a home gains by a candidate alone.
    is_exact
        Ask HiGHS; what it cannot prove within ``time_limit_s`` keeps its bound.

    Source
    ------
    Church and ReVelle (1974); lazy greedy: Minoux (1978).
    """
    chosen = _swapped(benefit, _greedy(benefit, count))
    bound = prices_bound(benefit, chosen, lambda surplus: np.argsort(-surplus, kind="stable")[:count])
    if is_exact and value_of(benefit, chosen) < bound and is_small(model_entries(benefit), time_limit_s):
        at_most = LinearConstraint(np.ones((1, benefit.shape[0])), ub=count)
        better, proven = best_choice(benefit, [at_most], time_limit_s)
        bound = min(bound, proven)
        chosen = max((chosen, better), key=lambda c: value_of(benefit, c))
    value = value_of(benefit, chosen)
    return Choice(tuple(in_order(benefit, chosen)), value, max(bound, value))


def fewest(covers: csr_array, *, is_exact: bool, time_limit_s: float) -> Choice:
    """Return the fewest candidates that cover every home that any covers: LSCP (Toregas and others 1971).

    ``covers``: above 0 where a candidate covers a home. ``value`` and ``bound`` count candidates.
    """
    seen = np.flatnonzero(np.diff(covers.tocsc().indptr))
    covers = csr_array(covers[:, seen])
    chosen = _without_needless(covers, _greedy(covers, covers.shape[0]))
    bound = least_apart(covers)
    if is_exact and len(chosen) > bound and is_small(covers.nnz, time_limit_s):
        ones = np.ones(covers.shape[0])
        hit = LinearConstraint(pattern(covers).T.tocsr(), lb=1)
        found, proven = ask(ones, [hit], len(ones), time_limit_s)
        bound = max(bound, math.ceil(proven - 1e-6) if proven is not None else 0)
        if found is not None and found.sum() < len(chosen):
            chosen = np.flatnonzero(found > 0.5).tolist()
    return Choice(tuple(in_order(covers, chosen)), len(chosen), bound)


def least_worst(cost: csr_array, before: Ints, count: int, *, is_exact: bool, time_limit_s: float) -> Choice:
    """Return at most ``count`` candidates so that the worst cost of any home is least: p-center (Hakimi 1964).

    ``cost``: int64 (candidates, homes), above 0 where stored; ``before`` int64 (homes,): the cost without any.
    Bisects over the costs there are; for each the fewest candidates must do. The steps share the time.
    """
    levels = np.unique(np.concatenate([cost.data, before, [0]]))
    least = np.minimum(before, _least(cost, before))
    low, high = int(np.searchsorted(levels, least.max(initial=0))), int(np.searchsorted(levels, before.max(initial=0)))
    bound, chosen = low, list[int]()
    time_limit_s /= max(1, (high - low).bit_length())
    while low < high:
        middle = (low + high) // 2
        need = np.flatnonzero(before > levels[middle])
        some = cost[:, need].tocsr()
        near = csr_array((np.where(some.data <= levels[middle], 1, 0), some.indices, some.indptr), shape=some.shape)
        near.eliminate_zeros()
        found = fewest(near, is_exact=is_exact, time_limit_s=time_limit_s)
        if found.value <= count:
            high, chosen = middle, list(found.chosen)
        else:
            low = middle + 1
            bound = max(bound, low) if found.bound > count else bound
    return Choice(tuple(chosen), int(levels[high]), int(levels[min(bound, high)]))


def in_order(benefit: csr_array, chosen: tuple[int, ...] | list[int]) -> list[int]:
    """Return the chosen in the order of building: always the one that gains most next."""
    some = benefit[list(chosen)].tocsr() if len(chosen) else benefit[:0]
    return [list(chosen)[n] for n in _greedy(some, len(chosen), is_all=True)]


def _greedy(benefit: csr_array, count: int, *, is_all: bool = False) -> list[int]:
    """Return candidates by greatest gain, equal ones by row; a gain is looked up again only when it is on top."""
    best, chosen = np.zeros(benefit.shape[1], np.int64), list[int]()
    heap = [(-gain, row) for row, gain in enumerate(gains_over(benefit, best).tolist()) if gain > 0 or is_all]
    heapq.heapify(heap)
    while heap and len(chosen) < count:
        _, row = heapq.heappop(heap)
        span = slice(benefit.indptr[row], benefit.indptr[row + 1])
        at, data = benefit.indices[span], benefit.data[span]
        gain = int(np.maximum(data - best[at], 0).sum())
        if heap and (-gain, row) > heap[0]:
            if gain > 0 or is_all:
                heapq.heappush(heap, (-gain, row))
            continue
        if gain == 0 and not is_all:
            break
        chosen.append(row)
        best[at] = np.maximum(best[at], data)
    return chosen


def _swapped(benefit: csr_array, chosen: list[int]) -> list[int]:
    """Return the choice after exchanging one for another while that gains (Teitz and Bart 1968)."""
    for _ in range(MOST_SWAPS):
        found = _swap(benefit, chosen)
        if found is None:
            break
        chosen = found
    return chosen


def _swap(benefit: csr_array, chosen: list[int]) -> list[int] | None:
    """Return the choice after the first exchange that gains; those are tried whose loss costs least."""
    best, losses = best_of(benefit, chosen), losses_of(benefit, chosen)
    value = int(best.sum())
    for out in sorted(chosen, key=losses.__getitem__)[:TRIED]:
        rest = [row for row in chosen if row != out]
        left = best_of(benefit, rest)
        gains = gains_over(benefit, left)
        row = int(gains.argmax())
        if value - losses[out] + int(gains[row]) > value:
            return [*rest, row]
    return None


def losses_of(benefit: csr_array, chosen: list[int]) -> dict[int, int]:
    """Return what is lost with each of the chosen alone."""
    some = csr_array(benefit[chosen])
    row = np.repeat(np.arange(len(chosen)), np.diff(some.indptr))
    order = np.lexsort((row, -some.data, some.indices))
    home, data, who = some.indices[order], some.data[order], row[order]
    is_first = np.diff(home, prepend=-1) != 0
    second = np.append(np.where(is_first[1:], 0, data[1:]), 0)[: len(data)]
    lost = np.zeros(len(chosen), np.int64)
    np.add.at(lost, who[is_first], (data - second)[is_first])
    return dict(zip(chosen, lost.tolist(), strict=True))


def _without_needless(covers: csr_array, chosen: list[int]) -> list[int]:
    """Return the chosen without those whose homes the others cover too, the last chosen tried first."""
    hits = np.zeros(covers.shape[1], np.int64)
    spans = {row: covers.indices[covers.indptr[row] : covers.indptr[row + 1]] for row in chosen}
    for row in chosen:
        hits[spans[row]] += 1
    kept = list(chosen)
    for row in reversed(chosen):
        if (hits[spans[row]] > 1).all():
            hits[spans[row]] -= 1
            kept.remove(row)
    return kept


def _least(cost: csr_array, before: Ints) -> Ints:
    least = before.copy()
    np.minimum.at(least, cost.indices, cost.data)
    return least
