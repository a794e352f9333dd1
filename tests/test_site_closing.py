"""Facilities that may be closed move to where they serve more; in any town a scenario of sites gains what is told."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pytest
import towns
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point
from test_plan_laws import MIXED, spots, walled
from test_site_options import PLACES, choices, figures_after, judged, points, town

from geo.model.errors import InputError
from geo.model.standards import Rule
from geo.model.study import Study
from geo.plan.baseline import Baseline
from geo.plan.briefs import Brief
from geo.plan.candidates import drawn_candidates
from geo.plan.sites import find_sites


def best_moves(base: Baseline, closing: int, count: int, *, may_lose: bool, limit: float) -> float:
    """The least total walk (at most 3,000 m each) over all choices of canteens to close and places to build."""
    people = {101 * n: 2 * n + 3 for n in range(12)}

    def walk(x: float, canteens: tuple[float, ...]) -> float:
        return min([abs(x - c) + 7 for c in canteens] or [3000.0])

    least = np.inf
    for k in range(closing + 1):
        for closed in itertools.combinations((0.0, 500.0), k):
            left = tuple(c for c in (0.0, 500.0) if c not in closed)
            for new in choices(count + k):
                after = (*left, *new)
                loses = any(walk(x, (0.0, 500.0)) <= limit < walk(x, after) for x in people)
                if may_lose or not loses:
                    least = min(least, sum(p * walk(x, after) for x, p in people.items()))
    return least / sum(people.values())


@pytest.mark.parametrize("may_lose", [False, True])
@pytest.mark.parametrize(("closing", "count"), [(1, 0), (1, 1), (2, 0)])
def test_canteens_that_may_be_closed_are_moved_to_where_the_walk_is_least(
    closing: int, count: int, may_lose: bool
) -> None:
    base = judged(town(), towns.rule("r", "canteen", metres=150))
    brief = Brief(("canteen",), count, goal="average", closing=closing, may_lose=may_lose)
    made = find_sites(base, brief, points(base, *PLACES))
    best = best_moves(base, closing, count, may_lose=may_lose, limit=150)
    assert made.figures["value"] == pytest.approx(best, abs=0.02) and made.figures["is_best"]
    told = figures_after(base, made)["rules"][0]
    assert (told["gained"], told["lost"]) == (made.figures["people_gained"], made.figures["people_lost"])
    assert may_lose or told["lost"] == 0
    assert len(made.figures["closed"]) <= closing and len(made.frame) <= count + len(made.figures["closed"])


def test_moving_for_coverage_tells_what_is_won_and_lost() -> None:
    base = judged(town(), towns.rule("r", "canteen", metres=150))
    made = find_sites(base, Brief(("canteen",), 0, closing=2, may_lose=True), points(base, *PLACES))
    told = figures_after(base, made)["rules"][0]
    assert (told["gained"], told["lost"]) == (made.figures["people_gained"], made.figures["people_lost"])
    assert made.figures["value"] == told["gained"] - told["lost"] > 0
    assert made.figures["people_lost"] > 0 and made.figures["closed"]


@settings(max_examples=5, derandomize=True, deadline=None)
@given(walled(), st.sampled_from(MIXED.rules), st.lists(spots, min_size=1, max_size=6, unique=True), st.integers(0, 1))
def test_in_any_town_a_scenario_gains_what_is_told(
    study: Study, rule: Rule, where: list[tuple[float, float]], closing: int
) -> None:
    base = judged(study, rule)
    shapes = gpd.GeoSeries([Point(towns.at(*xy)) for xy in where], crs=base.study.crs)
    made = drawn_candidates(base, [f"p{n}" for n in range(len(where))], shapes)
    if rule.min_count > 1:
        with pytest.raises(InputError, match="for several places"):
            find_sites(base, Brief(rule.categories, 2), made)
        return
    for brief in (
        Brief(rule.categories[:1], 2, closing=closing, may_lose=bool(closing)),
        Brief(rule.categories[:1], 2, goal="average", closing=closing),
        Brief(rule.categories, 2) if rule.categories[1:] else Brief(rule.categories, 2, capacity=5),
    ):
        sites = find_sites(base, brief, made)
        told = figures_after(base, sites)["rules"][0]
        assert (told["gained"], told["lost"]) == (sites.figures["people_gained"], sites.figures["people_lost"])
        assert brief.may_lose or told["lost"] == 0
