"""Siting against PySAL spopt on mid-sized made instances: the same best values, which no greedy answer passes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geo.plan.solve import fewest, least_worst, most_benefit

pulp = pytest.importorskip("pulp", reason="PuLP, which spopt solves by, is not installed here")
locate = pytest.importorskip("spopt.locate", reason="spopt (requirements-dev.txt) is not installed here")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

HOMES, CANDIDATES = 120, 40
NOWHERE = 5000
"""Every cost lies below it: what a home without any site counts."""


def instance(seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Whole metres (homes, candidates) across a square of 2 km, and people from 1 to 400."""
    dice = np.random.default_rng(seed)
    homes, sites = dice.uniform(0, 2000, (HOMES, 2)), dice.uniform(0, 2000, (CANDIDATES, 2))
    metres = np.rint(np.hypot(*(homes[:, None] - sites).T).T).astype(np.int64)
    return np.maximum(metres, 1), dice.integers(1, 400, HOMES)


def solved(model: Any) -> float:
    """The best value that spopt finds."""
    return float(pulp.value(model.solve(pulp.PULP_CBC_CMD(msg=False)).problem.objective))


def both(choose: Any, *arguments: Any) -> tuple[Any, Any]:
    return tuple(choose(*arguments, is_exact=exact, time_limit_s=60.0) for exact in (False, True))  # type: ignore[return-value]


@pytest.mark.parametrize("seed", range(3))
def test_most_people_within_a_radius(seed: int) -> None:
    metres, people = instance(seed)
    best = solved(locate.MCLP.from_cost_matrix(metres, people, 300, 5))
    greedy, exact = both(most_benefit, csr_array(np.where(metres <= 300, people[:, None], 0).T), 5)
    assert exact.value == exact.bound == round(best)
    assert greedy.value <= best <= greedy.bound


@pytest.mark.parametrize("seed", range(3))
def test_fewest_sites_that_cover_everybody(seed: int) -> None:
    metres, _ = instance(seed)
    metres = metres[(metres <= 400).any(axis=1)]
    best = solved(locate.LSCP.from_cost_matrix(metres, 400))
    greedy, exact = both(fewest, csr_array((metres <= 400).T.astype(np.int64)))
    assert exact.value == exact.bound == round(best)
    assert greedy.bound <= best <= greedy.value


@pytest.mark.parametrize("seed", range(3))
def test_least_walk_of_all(seed: int) -> None:
    metres, people = instance(seed)
    best = solved(locate.PMedian.from_cost_matrix(metres, people, 4))
    greedy, exact = both(most_benefit, csr_array(((NOWHERE - metres) * people[:, None]).T), 4)
    total = NOWHERE * int(people.sum())
    assert total - exact.value == total - exact.bound == round(best)
    assert total - greedy.bound <= best <= total - greedy.value


@pytest.mark.parametrize("seed", range(3))
def test_least_worst_walk(seed: int) -> None:
    metres = instance(seed)[0][:70, :25]  # more take CBC a quarter of a minute
    best = solved(locate.PCenter.from_cost_matrix(metres, 4))
    before = np.full(len(metres), NOWHERE, np.int64)
    greedy, exact = both(least_worst, csr_array(metres.T), before, 4)
    assert exact.value == exact.bound == round(best)
    assert greedy.bound <= best <= greedy.value
