"""Closing one to build another: as good as the best of all choices, and nobody who must stay covered is left."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from geo.plan.moves import Moves, best_moves
from geo.plan.proofs import best_of

often = settings(max_examples=80, derandomize=True, deadline=None)


@st.composite
def questions(draw: st.DrawFn) -> Moves:
    """Up to 3 places there are, 5 candidates, 8 homes; half of the time those covered must stay so."""
    old, new, homes = draw(st.integers(0, 3)), draw(st.integers(1, 5)), draw(st.integers(1, 8))
    cells = st.lists(st.sampled_from([0, 0, 1, 3, 8, 20]), min_size=homes, max_size=homes)
    dense = np.array(draw(st.lists(cells, min_size=old + new, max_size=old + new)), dtype=np.int64)
    near = np.where(dense >= 3, 1, 0)
    kept = near[:old].any(axis=0) if draw(st.booleans()) else np.zeros(homes, bool)
    count, closing = draw(st.integers(0, 2)), draw(st.integers(0, old))
    return Moves(csr_array(dense), csr_array(near), old, count, closing, kept)


def allowed(asked: Moves, chosen: tuple[int, ...]) -> bool:
    left = sum(row < asked.old for row in chosen)
    near = asked.near.toarray()[list(chosen)].any(axis=0)
    return (
        left >= asked.old - asked.closing
        and len(chosen) <= asked.old + asked.count
        and bool((near | ~asked.kept).all())
    )


@often
@given(questions())
def test_the_best_moves_are_those_of_trying_every_choice(asked: Moves) -> None:
    rows = range(asked.benefit.shape[0])
    best = max(
        int(best_of(asked.benefit, some).sum())
        for k in range(len(rows) + 1)
        for some in itertools.combinations(rows, k)
        if allowed(asked, some)
    )
    greedy, exact = (best_moves(asked, is_exact=e, time_limit_s=10.0) for e in (False, True))
    assert exact.value == exact.bound == best
    assert greedy.value <= best <= greedy.bound
    for found in (greedy, exact):
        chosen = (*(set(range(asked.old)) - set(found.closed)), *found.built)
        assert allowed(asked, chosen)
        assert found.value == int(best_of(asked.benefit, chosen).sum())
        assert len(found.closed) <= max(0, len(found.built) - asked.count), "closed for nothing"
