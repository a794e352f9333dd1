"""Sites of so many places each serve as many people as the best of all choices; bounds are true."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from geo.model.errors import LimitError
from geo.plan.seats import most_served, served_by

often = settings(max_examples=60, derandomize=True, deadline=None)


@st.composite
def towns_of_seats(draw: st.DrawFn) -> csr_array:
    """Up to 7 candidates and 9 homes; a home has the same people for every candidate that reaches it."""
    rows, columns = draw(st.integers(1, 7)), draw(st.integers(1, 9))
    people = np.array(draw(st.lists(st.integers(1, 40), min_size=columns, max_size=columns)), dtype=np.int64)
    near = draw(st.lists(st.lists(st.booleans(), min_size=columns, max_size=columns), min_size=rows, max_size=rows))
    return csr_array(np.array(near) * people)


def textbook_flow(covers: csr_array, chosen: tuple[int, ...], places: int) -> int:
    graph, dense = nx.DiGraph(), covers.toarray()
    graph.add_nodes_from(["from", "to"])
    for row in chosen:
        graph.add_edge("from", f"s{row}", capacity=places)
        for home in np.flatnonzero(dense[row]):
            graph.add_edge(f"s{row}", f"h{home}", capacity=int(dense[row, home]))
            graph.add_edge(f"h{home}", "to", capacity=int(dense[row, home]))
    return int(nx.maximum_flow_value(graph, "from", "to"))


@often
@given(towns_of_seats(), st.integers(1, 60), st.integers(1, 4))
def test_most_are_served_as_by_trying_every_choice(covers: csr_array, places: int, count: int) -> None:
    rows = range(covers.shape[0])
    best = max(
        textbook_flow(covers, some, places) for k in range(count + 1) for some in itertools.combinations(rows, k)
    )
    greedy, exact = (most_served(covers, places, count, is_exact=e, time_limit_s=10.0) for e in (False, True))
    assert exact.value == exact.bound == best
    assert greedy.value <= best <= greedy.bound
    for found in (greedy, exact):
        assert len(found.chosen) <= count
        assert found.value == served_by(covers, found.chosen, places) == textbook_flow(covers, found.chosen, places)
        steps = np.diff([0, *found.served])
        assert len(steps) == len(found.chosen) and (steps >= 0).all() and (steps <= places).all()


def test_places_without_end_are_plain_covering() -> None:
    dice = np.random.default_rng(5)
    covers = csr_array((dice.random((12, 60)) < 0.2) * dice.integers(1, 900, 60))
    found = most_served(covers, 1_000_000, 4, is_exact=True, time_limit_s=20.0)
    best = max(int(covers.toarray()[list(some)].max(axis=0).sum()) for some in itertools.combinations(range(12), 4))
    assert found.value == found.bound == best


def test_more_than_two_million_people_are_refused() -> None:
    with pytest.raises(LimitError, match="two million"):
        covers = csr_array(np.array([[1_500_000_000, 900_000_000]]))
        most_served(covers, 2_400_000_000, 1, is_exact=False, time_limit_s=1.0)
