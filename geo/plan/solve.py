"""Choosing places: the mathematics of siting on a sparse matrix of benefits, with the proven bound beside every answer.

One function serves coverage and average walk: a home counts by the best of the chosen candidates. Greedy choice with
exchanges comes at once, prices on homes bound it, and HiGHS, within SciPy, proves the best.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack, identity

MOST_SWAPS = 200
MOST_ENTRIES = 2_000_000
"""A larger model is not handed to HiGHS: the prices' bound must do."""

PRICE_STEPS = 150
"""Steps of the prices that prove a bound: enough for the last per mille on towns of our size."""

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
    return int(_best(benefit, chosen).sum())


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
    Church and ReVelle (1974); lazy greedy: Minoux (1978); formulation by
    levels of benefit: Elloumi (2010).
    """
    chosen = _swapped(benefit, _greedy(benefit, count))
    bound = _bound(benefit, chosen, count)
    if is_exact and value_of(benefit, chosen) < bound and _entries(benefit) <= MOST_ENTRIES:
        better, proven = _proven(benefit, count, time_limit_s)
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
    bound = _apart(covers)
    if is_exact and len(chosen) > bound and covers.nnz <= MOST_ENTRIES:
        ones = np.ones(covers.shape[0])
        hit = LinearConstraint(_pattern(covers).T.tocsr(), lb=1)
        found, proven = _asked(ones, [hit], len(ones), time_limit_s)
        bound = max(bound, math.ceil(proven - 1e-6) if proven is not None else 0)
        if found is not None and found.sum() < len(chosen):
            chosen = np.flatnonzero(found > 0.5).tolist()
    return Choice(tuple(in_order(covers, chosen)), len(chosen), bound)


def least_worst(cost: csr_array, before: Ints, count: int, *, is_exact: bool, time_limit_s: float) -> Choice:
    """Return at most ``count`` candidates so that the worst cost of any home is least: p-center (Hakimi 1964).

    ``cost``: int64 (candidates, homes), above 0 where stored; ``before`` int64 (homes,): the cost without any.
    Bisects over the costs there are; for each the fewest candidates must do.
    """
    levels = np.unique(np.concatenate([cost.data, before, [0]]))
    least = np.minimum(before, _least(cost, before))
    low, high = int(np.searchsorted(levels, least.max(initial=0))), int(np.searchsorted(levels, before.max(initial=0)))
    bound, chosen = low, list[int]()
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


def _best(benefit: csr_array, chosen: tuple[int, ...] | list[int]) -> Ints:
    best = np.zeros(benefit.shape[1], np.int64)
    for row in chosen:
        span = slice(benefit.indptr[row], benefit.indptr[row + 1])
        at = benefit.indices[span]
        best[at] = np.maximum(best[at], benefit.data[span])
    return best


def _gains(benefit: csr_array, best: Ints) -> Ints:
    """Return what every candidate adds to the best of those chosen."""
    more = np.maximum(benefit.data - best[benefit.indices], 0)
    total = np.concatenate([[0], np.cumsum(more)])
    return np.asarray(total[benefit.indptr[1:]] - total[benefit.indptr[:-1]])


def _greedy(benefit: csr_array, count: int, *, is_all: bool = False) -> list[int]:
    """Return candidates by greatest gain, equal ones by row; a gain is looked up again only when it is on top."""
    best, chosen = np.zeros(benefit.shape[1], np.int64), list[int]()
    heap = [(-gain, row) for row, gain in enumerate(_gains(benefit, best).tolist()) if gain > 0 or is_all]
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
        value, found = value_of(benefit, chosen), None
        for out in chosen:
            rest = [row for row in chosen if row != out]
            best = _best(benefit, rest)
            gains = _gains(benefit, best)
            row = int(gains.argmax())
            if int(best.sum()) + int(gains[row]) > value:
                value, found = int(best.sum()) + int(gains[row]), [*rest, row]
        if found is None:
            break
        chosen = found
    return chosen


def _bound(benefit: csr_array, chosen: list[int], count: int) -> int:
    """Return what no choice of ``count`` can pass, by prices on homes (Lagrange; Cornuejols, Fisher, Nemhauser 1977).

    Whatever the prices, value <= all prices + the ``count`` greatest surpluses over them. Prices begin at what the
    chosen give, and move against the homes served more or less than once. Whole numbers, so that it is exact.
    """
    best = _best(benefit, chosen)
    value, bound = int(best.sum()), int(_best(benefit, list(range(benefit.shape[0]))).sum())
    price, pace, stale = best.copy(), 2.0, 0
    for _ in range(PRICE_STEPS):
        surplus = _gains(benefit, price)
        top = np.argsort(-surplus, kind="stable")[:count]
        now = int(price.sum() + surplus[top].sum())
        stale = 0 if now < bound else stale + 1
        bound = min(bound, now)
        if bound <= value:
            break
        pace = pace / 2 if stale and stale % 8 == 0 else pace
        rows = benefit[top].tocsr()
        served = np.bincount(rows.indices[rows.data > price[rows.indices]], minlength=len(price))
        slope = 1.0 - served
        size = float((slope**2).sum())
        if not size:
            break
        step = pace * (now - value) / size
        price = np.maximum(np.rint(price - step * slope), 0).astype(np.int64)
    return bound


def _entries(benefit: csr_array) -> int:
    """Return how large the model would be: for every home its candidates times its levels of benefit, at most."""
    by_home = benefit.tocsc()
    count = np.diff(by_home.indptr)
    home = np.repeat(np.arange(len(count)), count)
    order = np.lexsort((by_home.data, home))
    is_level = (np.diff(home[order], prepend=-1) != 0) | (np.diff(by_home.data[order], prepend=-1) != 0)
    return int((np.bincount(home[order][is_level], minlength=len(count)) * count).sum())


def _proven(benefit: csr_array, count: int, time_limit_s: float) -> tuple[list[int], int]:
    """Return the choice of HiGHS and its bound. A home has one variable for each level of benefit it can have."""
    by_home = benefit.tocsc()
    entries, steps = list[NDArray[np.int64]](), list[int]()
    for home in range(benefit.shape[1]):
        span = slice(by_home.indptr[home], by_home.indptr[home + 1])
        data, who, last = by_home.data[span], by_home.indices[span], 0
        for level in np.unique(data):
            entries.append(who[data >= level])
            steps.append(int(level) - last)
            last = int(level)
    merged: dict[bytes, int] = {}
    for who, step in zip(entries, steps, strict=True):
        key = np.sort(who).astype(np.int64).tobytes()
        merged[key] = merged.get(key, 0) + step
    rows = [np.frombuffer(key, np.int64) for key in merged]
    indptr = np.cumsum([0, *map(len, rows)])
    hits = csr_array((np.ones(indptr[-1]), np.concatenate(rows), indptr), shape=(len(rows), benefit.shape[0]))
    weight = np.array(list(merged.values()), dtype=float)
    scale = weight.max()
    reach = LinearConstraint(hstack([hits, -identity(len(rows))]).tocsr(), lb=0)
    at_most = LinearConstraint(np.concatenate([np.ones(benefit.shape[0]), np.zeros(len(rows))])[None, :], ub=count)
    objective = np.concatenate([np.zeros(benefit.shape[0]), -weight / scale])
    found, bound = _asked(objective, [reach, at_most], benefit.shape[0], time_limit_s)
    chosen = [] if found is None else np.flatnonzero(found[: benefit.shape[0]] > 0.5).tolist()
    all_there_is = int(weight.sum())
    return chosen, all_there_is if bound is None else math.floor(-bound * scale * (1 + 1e-9) + 0.5)


def _asked(
    objective: NDArray[np.float64], constraints: list[LinearConstraint], whole: int, time_limit_s: float
) -> tuple[NDArray[np.float64] | None, float | None]:
    """Ask HiGHS for the least; the first ``whole`` variables are 0 or 1, the others between. Solution and bound."""
    kinds = np.zeros(len(objective))
    kinds[:whole] = 1
    found: Any = milp(
        objective, integrality=kinds, bounds=Bounds(0, 1), constraints=constraints,
        options={"time_limit": time_limit_s, "mip_rel_gap": 0.0},
    )  # fmt: skip
    bound = found.mip_dual_bound
    return found.x, None if bound is None or not math.isfinite(bound) else float(bound)


def _pattern(covers: csr_array) -> csr_array:
    return csr_array((np.ones(covers.nnz), covers.indices, covers.indptr), shape=covers.shape)


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


def _apart(covers: csr_array) -> int:
    """Return how many homes share no candidate with each other: so many candidates are needed at least."""
    by_home = covers.tocsc()
    order = np.argsort(np.diff(by_home.indptr), kind="stable")
    used, count = np.zeros(covers.shape[0], bool), 0
    for home in order:
        who = by_home.indices[by_home.indptr[home] : by_home.indptr[home + 1]]
        if not used[who].any():
            used[who] = True
            count += 1
    return count


def _least(cost: csr_array, before: Ints) -> Ints:
    least = before.copy()
    np.minimum.at(least, cost.indices, cost.data)
    return least
