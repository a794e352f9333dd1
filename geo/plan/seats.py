"""Choosing places that serve so many people each and no more: who goes where is a flow, which may part a home.

Greedy choice comes at once; prices on homes bound it, and HiGHS proves the best where the model is not too large.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint
from scipy.sparse import coo_array, csr_array, csr_matrix
from scipy.sparse.csgraph import maximum_flow

from geo.model.errors import LimitError
from geo.plan.proofs import ask, whole_bound

MOST_FLOWS = 100_000
"""Pairs of candidate and home (those of equal candidates are one) up to which HiGHS is asked (ours)."""

MOST_SERVED = 2_000_000_000
"""Thousandths of people that all sites together may serve: what a flow in 32 bits holds."""

STEPS, FINE = 80, 1000
"""Steps of the prices that prove a bound, and parts of a person that a price counts in."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Seated:
    """Candidates in the order of building, thousandths of people served by those up to each, a bound on the last."""

    chosen: tuple[int, ...]
    served: tuple[int, ...]
    bound: int

    @property
    def value(self) -> int:
        """Thousandths of people served by all."""
        return self.served[-1] if self.served else 0


def most_served(covers: csr_array, places: int, count: int, *, is_exact: bool, time_limit_s: float) -> Seated:
    """Return at most ``count`` candidates, of ``places`` each, that serve most people: capacitated MCLP.

    Parameters
    ----------
    covers
        int64 (candidates, homes), above 0 where stored: thousandths of people of a home that a candidate reaches.
    places
        Thousandths of people that one serves.
    is_exact
        Ask HiGHS; what it cannot prove within ``time_limit_s`` keeps its bound.

    Raises
    ------
    LimitError
        All together would serve more than two million people.

    Source
    ------
    Current and Storbeck (1988), Capacitated covering models, Environment and Planning B 15.
    """
    merged = _merged(covers)
    everybody = int(np.asarray(merged.max(axis=0).todense()).sum()) if merged.nnz else 0
    if min(places * count, everybody) > MOST_SERVED:
        raise LimitError("sites that serve more than two million people together are more than we count.")
    places = min(places, MOST_SERVED)
    chosen = _greedy(merged, places, count)
    value = served_by(merged, chosen, places)
    bound = min(places * min(count, merged.shape[0]), _bound(merged, places, count, value))
    if is_exact and value < bound and merged.nnz <= MOST_FLOWS:
        better, proven = _asked(merged, places, count, time_limit_s)
        bound = min(bound, proven)
        chosen = max((chosen, better), key=lambda c: served_by(merged, c, places))
    chosen = _in_order(merged, chosen, places)
    served = tuple(served_by(merged, chosen[: n + 1], places) for n in range(len(chosen)))
    return Seated(tuple(chosen), served, max(bound, *served, 0))


def served_by(covers: csr_array, chosen: Sequence[int], places: int) -> int:
    """Return thousandths of people that find a place at the chosen: the greatest flow from places to homes."""
    return int(_flow(covers, chosen, places)[0])


def _flow(covers: csr_array, chosen: Sequence[int], places: int) -> tuple[int, Ints]:
    """Return the greatest flow, and how much of it goes to each home."""
    some = csr_array(covers[list(chosen)])
    homes, column = np.unique(some.indices, return_inverse=True)
    to_home = np.zeros(covers.shape[1], np.int64)
    if not len(homes):
        return 0, to_home
    people = np.zeros(len(homes), np.int64)
    people[column] = some.data
    sites, end = len(chosen), len(chosen) + len(homes) + 1
    site = np.repeat(np.arange(sites), np.diff(some.indptr))
    tail = np.concatenate([np.zeros(sites, int), site + 1, np.arange(len(homes)) + sites + 1])
    head = np.concatenate([np.arange(sites) + 1, column + sites + 1, np.full(len(homes), end)])
    most = np.minimum(np.concatenate([np.full(sites, places), some.data, people]), MOST_SERVED).astype(np.int32)
    found = maximum_flow(csr_matrix((most, (tail, head)), shape=(end + 1, end + 1), dtype=np.int32), 0, end)
    to_home[homes] = found.flow[:, [end]].toarray().ravel()[sites + 1 : end]
    return int(found.flow_value), to_home


def _merged(covers: csr_array) -> csr_array:
    """Return the matrix with homes that the same candidates reach made one."""
    by_home = covers.tocsc()
    by_home.sort_indices()
    number: dict[bytes, int] = {}
    column = np.empty(covers.shape[1], np.int64)
    for home in range(covers.shape[1]):
        who = by_home.indices[by_home.indptr[home] : by_home.indptr[home + 1]]
        column[home] = number.setdefault(who.tobytes(), len(number))
    pairs = coo_array(covers)
    shape = (covers.shape[0], max(len(number), 1))
    return csr_array((pairs.data, (pairs.coords[0], column[pairs.coords[1]])), shape=shape)


def _greedy(covers: csr_array, places: int, count: int) -> list[int]:
    """Return candidates one after the other, each by most people of those still without a place, as the flow has it."""
    left = np.zeros(covers.shape[1], np.int64)
    left[covers.indices] = covers.data
    everybody, chosen = left.copy(), list[int]()
    while len(chosen) < count:
        total = np.concatenate([[0], np.cumsum(left[covers.indices])])
        gain = np.minimum(total[covers.indptr[1:]] - total[covers.indptr[:-1]], places)
        gain[chosen] = 0
        row = int(gain.argmax()) if len(gain) else 0
        if not len(gain) or not gain[row]:
            break
        chosen.append(row)
        left = everybody - _flow(covers, chosen, places)[1]
    return chosen


def _in_order(covers: csr_array, chosen: Sequence[int], places: int) -> list[int]:
    rows = sorted(chosen)
    order = [rows[n] for n in _greedy(csr_array(covers[rows]), places, len(rows))]
    return order + [row for row in rows if row not in order]


def _bound(covers: csr_array, places: int, count: int, value: int) -> int:
    """Return what no choice can pass: every home pays its price, and the best places sell to those who pay least.

    Prices are thousandths of a person per person, whole numbers, so that the bound is exact.
    """
    row = np.repeat(np.arange(covers.shape[0]), np.diff(covers.indptr))
    people = np.zeros(covers.shape[1], np.int64)
    people[covers.indices] = covers.data
    price, bound, pace, stale = np.zeros(len(people), np.int64), int(people.sum()), 1.0, 0
    for _ in range(STEPS):
        order = np.lexsort((price[covers.indices], row))
        home, sold = covers.indices[order], covers.data[order]
        before = np.concatenate([[0], np.cumsum(sold)])
        taken = np.clip(places - (before[:-1] - before[covers.indptr[row]]), 0, sold)
        gain = np.concatenate([[0], np.cumsum(taken * (FINE - price[home]))])
        each = gain[covers.indptr[1:]] - gain[covers.indptr[:-1]]
        top = np.argsort(-each, kind="stable")[:count]
        now = int((price * people).sum() + each[top].sum()) // FINE
        stale = 0 if now < bound else stale + 1
        bound, pace = min(bound, now), pace / 2 if stale and stale % 6 == 0 else pace
        is_top = np.isin(row, top)
        over = np.bincount(home[is_top], taken[is_top], minlength=len(people)) - people
        over[(price == 0) & (over < 0)] = 0
        size = float((over**2).sum())
        if bound <= value or not size:
            break
        step = pace * max(now - value, 1) * FINE * over / size
        price = np.clip(np.rint(price + step), 0, FINE).astype(np.int64)
    return bound


def _asked(covers: csr_array, places: int, count: int, time_limit_s: float) -> tuple[list[int], int]:
    """Return the choice of HiGHS and its bound: whether a place is built, and which share of a home goes to it."""
    sites, pairs = covers.shape[0], covers.nnz
    row, each = np.repeat(np.arange(sites), np.diff(covers.indptr)), np.arange(pairs)
    people = covers.data.astype(float)

    is_built = csr_array(
        (np.concatenate([np.ones(pairs), -np.ones(pairs)]), (np.tile(each, 2), np.concatenate([sites + each, row]))),
        shape=(pairs, sites + pairs),
    )
    within = csr_array(
        (np.concatenate([people, np.full(sites, -float(places))]),
         (np.concatenate([row, np.arange(sites)]), np.concatenate([sites + each, np.arange(sites)]))),
        shape=(sites, sites + pairs),
    )  # fmt: skip
    width = sites + pairs
    once = csr_array((np.ones(pairs), (covers.indices, sites + each)), shape=(covers.shape[1], width))
    few = (np.arange(width) < sites).astype(float)[None, :]
    limits = [LinearConstraint(m, ub=ub) for m, ub in ((is_built, 0), (within, 0), (once, 1), (few, count))]
    scale = max(float(people.max(initial=0.0)), 1.0)
    objective = np.concatenate([np.zeros(sites), -people / scale])
    found, bound = ask(objective, limits, sites, time_limit_s)
    chosen = [] if found is None else np.flatnonzero(found[:sites] > 0.5).tolist()
    return chosen, int(people.sum()) if bound is None else whole_bound(bound, scale)
