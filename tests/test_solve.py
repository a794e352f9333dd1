"""Choosing places equals trying every choice on small towns; bounds are true; greedy is never better than the best."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from geo.plan.solve import Choice, fewest, least_worst, most_benefit, value_of

often = settings(max_examples=60, derandomize=True, deadline=None)


@st.composite
def matrices(draw: st.DrawFn, *, is_even: bool = False) -> csr_array:
    """Up to 8 candidates and 10 homes; where even, a home gains the same by every candidate that serves it."""
    rows, columns = draw(st.integers(1, 8)), draw(st.integers(1, 10))
    cells = st.lists(st.sampled_from([0, 0, 0, 1, 2, 5, 9, 40]), min_size=columns, max_size=columns)
    dense = np.array(draw(st.lists(cells, min_size=rows, max_size=rows)), dtype=np.int64)
    if is_even:
        dense = np.where(dense > 0, np.arange(1, columns + 1) * 3, 0)
    return csr_array(dense)


def subsets(count: int, most: int) -> Any:
    return itertools.chain.from_iterable(itertools.combinations(range(count), k) for k in range(most + 1))


def both(choose: Any, *arguments: Any) -> tuple[Choice, Choice]:
    return tuple(choose(*arguments, is_exact=exact, time_limit_s=10.0) for exact in (False, True))  # type: ignore[return-value]


@often
@given(matrices() | matrices(is_even=True), st.integers(1, 4))
def test_the_most_benefit_is_that_of_trying_every_choice(benefit: csr_array, count: int) -> None:
    best = max(value_of(benefit, chosen) for chosen in subsets(benefit.shape[0], count))
    greedy, exact = both(most_benefit, benefit, count)
    assert (exact.value, exact.bound) == (best, best)
    assert greedy.value <= best <= greedy.bound
    assert greedy.value >= 0.5 * best
    for choice in (greedy, exact):
        assert value_of(benefit, choice.chosen) == choice.value
        assert len(set(choice.chosen)) == len(choice.chosen) <= count
        gains = np.diff([value_of(benefit, choice.chosen[:n]) for n in range(len(choice.chosen) + 1)])
        assert (np.diff(gains) <= 0).all()


@often
@given(matrices())
def test_the_fewest_cover_all_that_any_covers(covers: csr_array) -> None:
    seen = np.unique(covers.indices)

    def is_cover(chosen: tuple[int, ...]) -> bool:
        return set(seen) <= set(covers[list(chosen)].indices.tolist()) if chosen else not len(seen)

    best = min(len(chosen) for chosen in subsets(covers.shape[0], covers.shape[0]) if is_cover(chosen))
    greedy, exact = both(fewest, covers)
    assert exact.value == exact.bound == best
    assert greedy.bound <= best <= greedy.value
    assert is_cover(greedy.chosen) and is_cover(exact.chosen)


@often
@given(matrices(), st.integers(1, 3), st.integers(3, 60))
def test_the_worst_is_least(cost: csr_array, count: int, before: int) -> None:
    without = np.full(cost.shape[1], before, np.int64)

    def worst(chosen: tuple[int, ...]) -> int:
        reached = without.copy()
        for row in chosen:
            span = slice(cost.indptr[row], cost.indptr[row + 1])
            at = cost.indices[span]
            reached[at] = np.minimum(reached[at], cost.data[span])
        return int(reached.max())

    best = min(worst(chosen) for chosen in subsets(cost.shape[0], count))
    greedy, exact = both(least_worst, cost, without, count)
    assert exact.value == exact.bound == best == worst(exact.chosen)
    assert greedy.bound <= best <= greedy.value == worst(greedy.chosen)
    assert len(greedy.chosen) <= count


def test_without_time_the_bound_is_still_true() -> None:
    dice = np.random.default_rng(3)
    benefit = csr_array((dice.random((60, 200)) < 0.05) * dice.integers(1, 900, 200))
    hurried = most_benefit(benefit, 8, is_exact=True, time_limit_s=0.0)
    best = most_benefit(benefit, 8, is_exact=True, time_limit_s=60.0)
    assert best.is_best
    assert hurried.value <= best.value <= hurried.bound
