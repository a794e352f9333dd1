"""What no choice of places can pass: prices on homes at once, HiGHS (within SciPy) where the model is not too large.

A matrix of benefits has a row for every place and a column for every home, int64, above 0 where stored; a home counts
by the best of the places chosen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack, identity

MOST_ENTRIES, ENTRIES_A_SECOND = 2_000_000, 50_000
"""A model with more entries, in all or for each second there is, is not handed to HiGHS, which heeds its limit late
(ours): the prices' bound must do."""

PRICE_STEPS = 150
"""Steps of the prices that prove a bound: enough for the last per mille on towns of our size."""

Ints = NDArray[np.int64]


def best_of(benefit: csr_array, chosen: Iterable[int]) -> Ints:
    """Return the best benefit of every home among the chosen places."""
    best = np.zeros(benefit.shape[1], np.int64)
    for row in chosen:
        span = slice(benefit.indptr[row], benefit.indptr[row + 1])
        at = benefit.indices[span]
        best[at] = np.maximum(best[at], benefit.data[span])
    return best


def gains_over(benefit: csr_array, best: Ints) -> Ints:
    """Return what every candidate adds to the best of those chosen."""
    more = np.maximum(benefit.data - best[benefit.indices], 0)
    total = np.concatenate([[0], np.cumsum(more)])
    return np.asarray(total[benefit.indptr[1:]] - total[benefit.indptr[:-1]])


def prices_bound(benefit: csr_array, chosen: Sequence[int], pick: Callable[[Ints], Ints]) -> int:
    """Return what no choice can pass, by prices on homes (Lagrange; Cornuejols, Fisher, Nemhauser 1977).

    Whatever the prices, value <= all prices + the surpluses over them of the best choice. Prices begin at what the
    chosen give, and move against the homes served more or less than once. Whole numbers, so that it is exact.

    Parameters
    ----------
    pick
        Of the surplus of every place, int64 (N,), the rows of the choice allowed that has most of it.
    """
    best = best_of(benefit, chosen)
    value, bound = int(best.sum()), int(best_of(benefit, range(benefit.shape[0])).sum())
    price, pace, stale = best.copy(), 2.0, 0
    for _ in range(PRICE_STEPS):
        surplus = gains_over(benefit, price)
        top = pick(surplus)
        now = int(price.sum() + surplus[top].sum())
        stale = 0 if now < bound else stale + 1
        bound = min(bound, now)
        if bound <= value:
            break
        pace = pace / 2 if stale and stale % 8 == 0 else pace
        rows = benefit[top].tocsr()
        served = np.bincount(rows.indices[rows.data > price[rows.indices]], minlength=len(price))
        slope = np.where((price == 0) & (served == 0), 0.0, 1.0 - served)  # a price of nothing falls no further
        size = float((slope**2).sum())
        if not size:
            break
        step = pace * (now - value) / size
        price = np.maximum(np.rint(price - step * slope), 0).astype(np.int64)
    return bound


def model_entries(benefit: csr_array) -> int:
    """Return how large the model would be: for every home its candidates times its levels of benefit, at most."""
    by_home = benefit.tocsc()
    count = np.diff(by_home.indptr)
    home = np.repeat(np.arange(len(count)), count)
    order = np.lexsort((by_home.data, home))
    is_level = (np.diff(home[order], prepend=-1) != 0) | (np.diff(by_home.data[order], prepend=-1) != 0)
    return int((np.bincount(home[order][is_level], minlength=len(count)) * count).sum())


def is_small(entries: int, time_limit_s: float) -> bool:
    """Return whether a model of so many entries may be handed to HiGHS."""
    return entries <= min(MOST_ENTRIES, ENTRIES_A_SECOND * time_limit_s)


def least_apart(covers: csr_array) -> int:
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


def best_choice(benefit: csr_array, limits: Sequence[LinearConstraint], time_limit_s: float) -> tuple[list[int], int]:
    """Return the choice of HiGHS and its bound. A home has one variable for each level of benefit it can have.

    ``limits`` are what holds of the places chosen, with one column for every place.

    Source
    ------
    Formulation by levels of benefit: Elloumi (2010).
    """
    count, levels = benefit.shape[0], _levels(benefit)
    if not levels:
        return [], 0
    rows = [np.frombuffer(key, np.int64) for key in levels]
    indptr = np.cumsum([0, *map(len, rows)])
    hits = csr_array((np.ones(indptr[-1]), np.concatenate(rows), indptr), shape=(len(rows), count))
    weight = np.array(list(levels.values()), dtype=float)
    scale = weight.max()
    constraints = [LinearConstraint(hstack([hits, -identity(len(rows))]).tocsr(), lb=0)]
    for limit in limits:
        width = csr_array((limit.A.shape[0], len(rows)))
        constraints.append(LinearConstraint(hstack([csr_array(limit.A), width]).tocsr(), limit.lb, limit.ub))
    objective = np.concatenate([np.zeros(count), -weight / scale])
    found, bound = ask(objective, constraints, count, time_limit_s)
    chosen = [] if found is None else np.flatnonzero(found[:count] > 0.5).tolist()
    if bound is None:
        return chosen, sum(levels.values())
    step = math.gcd(*levels.values())
    return chosen, whole_bound(bound, scale) // step * step


def whole_bound(bound: float, scale: float) -> int:
    """Return the bound of HiGHS on a least objective, divided by ``scale``, as a whole number that is safe."""
    return math.floor(-bound * scale * (1 + 1e-9) + 0.5)


def _levels(benefit: csr_array) -> dict[bytes, int]:
    """Return which places give at least a level of benefit, as bytes of their rows, and what that level adds."""
    by_home = benefit.tocsc()
    merged: dict[bytes, int] = {}
    for home in range(benefit.shape[1]):
        span = slice(by_home.indptr[home], by_home.indptr[home + 1])
        data, who, last = by_home.data[span], by_home.indices[span], 0
        for level in np.unique(data):
            key = np.sort(who[data >= level]).astype(np.int64).tobytes()
            merged[key] = merged.get(key, 0) + int(level) - last
            last = int(level)
    return merged


def ask(
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


def pattern(covers: csr_array) -> csr_array:
    """Return ones where anything is stored."""
    return csr_array((np.ones(covers.nnz), covers.indices, covers.indptr), shape=covers.shape)
