"""What must hold of verdicts in every town: a radius flatters, sets are ordered, ages add up, walks are ordered."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import towns
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from test_laws import ADULT, drawn_towns, judged, thousandths

from geo.judge.rollup import levels_of
from geo.model.assessment import COVERED, UNCOVERED, UNKNOWN
from geo.model.standards import measured_by
from geo.model.study import Study

few = settings(max_examples=25, derandomize=True, deadline=None, phases=(Phase.generate, Phase.shrink))
SETS = towns.standard(
    towns.rule("canteen", "canteen", metres=400),
    towns.rule("clinic", "clinic", metres=400),
    towns.rule("any", "canteen", "clinic", metres=400),
    towns.rule("each", "canteen", "clinic", metres=400, combine="each"),
    towns.rule("two", "canteen", "clinic", metres=400, min_count=2),
    towns.rule("timed", "canteen", minutes=6),
)
AGES = ("children_0_2", "children_3_5", "children_6_11", "children_12_14", "elders")
COLUMNS = ("people_0_2", "people_3_5", "people_6_11", "people_12_14", "people_15_59", "people_60_79", "people_80")


@few
@given(drawn_towns())
def test_whoever_walks_there_lies_within_the_radius(town: Study) -> None:
    walked, lined = judged(town, SETS), judged(town, measured_by(SETS, "line"))
    assert ((walked.status == COVERED) <= (lined.status == COVERED)).all()
    radius = [result.totals["line_covered"].fillna(0).tolist() for result in (walked, lined)]
    assert radius[0] == radius[1]
    assert lined.totals["covered"].tolist() == radius[1]


@few
@given(drawn_towns())
def test_each_of_a_set_asks_more_than_one_of_it_and_any_less(town: Study) -> None:
    canteen, clinic, any_of, each, two, _ = (judged(town, SETS).status == COVERED).T
    assert (each <= (canteen & clinic)).all()
    assert ((canteen & clinic) <= two).all()
    assert (two <= any_of).all()
    assert ((canteen | clinic) == any_of).all()


@few
@given(drawn_towns(), st.integers(0, 99))
def test_ages_add_up_in_every_unit_and_every_answer(town: Study, seed: int) -> None:
    dice = np.random.default_rng(seed)
    counted = {column: dice.integers(0, 500, len(town.demand)) / 4 for column in COLUMNS}
    people = np.sum(list(counted.values()), axis=0)
    aged = {**vars(town), "demand": town.demand.assign(people=people, **counted)}
    rules = [towns.rule(who, "canteen", metres=400, serves=who) for who in (*AGES, "all")]
    verdicts = judged(Study(**aged), towns.standard(*rules)).verdicts
    for part in ("people", "covered", "uncovered", "unknown", "line_covered"):
        exact = thousandths(verdicts[part].fillna(0)).reshape(-1, len(rules))
        assert (exact[:, :-1].sum(axis=1) <= exact[:, -1]).all()
    grown = thousandths(counted["people_15_59"]).sum()
    everybody = thousandths(verdicts[verdicts["unit_id"] == "c"]["people"])
    assert everybody[-1] - everybody[:-1].sum() <= grown


@few
@given(drawn_towns())
def test_what_a_place_lacks_is_what_it_is_not_covered_by(town: Study) -> None:
    result = judged(town, SETS)
    without = result.headline["rules_without_data"]
    told = np.array([rule.rule_id not in without for rule in SETS.rules])
    known = (result.status[:, told] != UNKNOWN).any(axis=1)
    lacking = (result.status[:, told] == UNCOVERED).sum(axis=1)
    assert result.demand_missing.tolist() == np.where(known, lacking, -1).tolist()
    assert np.isnan(result.demand_completeness).tolist() == (~known).tolist()


def by_hand(minutes: np.ndarray[Any, Any], people: np.ndarray[Any, Any]) -> list[float]:
    """Median, ninetieth percentile, mean of the worst tenth and Gini coefficient, person by thousandth of a person."""
    order = np.argsort(minutes)
    x, w = minutes[order], people[order]
    running = np.cumsum(w)
    middle, ninth = (x[np.searchsorted(running, np.ceil(share * running[-1] - 1e-6))] for share in (0.5, 0.9))
    left = np.clip(running - 0.9 * running[-1], 0, w)
    mean = (x * w).sum() / w.sum()
    spread = (np.abs(x[:, None] - x) * w[:, None] * w).sum() / w.sum() ** 2
    return [middle, ninth, (left * x).sum() / left.sum(), spread / (2 * mean) if mean else 0.0]


@few
@given(drawn_towns(on_streets=True))
def test_walks_are_those_of_an_honest_sort(town: Study) -> None:
    result = judged(town, towns.standard(towns.rule("r", "canteen", minutes=5)))
    if "canteen" in result.missing_categories:
        assert result.verdicts["walk_min_median"].isna().all()
        return
    # At one metre a second, without steps or slopes, seconds are metres.
    assert ADULT.speed_mps == 1.0
    minutes = result.demand_walk_m[:, result.categories.index("canteen")] / 60
    people = thousandths(town.demand["people"]).astype(float)
    told = result.verdicts.set_index("unit_id")
    for group in levels_of(result.demand_unit, town.units):
        for row in np.unique(group[group >= 0]):
            mine = (group == row) & np.isfinite(minutes) & (people > 0)
            figures = told.iloc[row]
            if not mine.any() or (~np.isfinite(minutes) & (group == row)).any():
                continue
            names = ["walk_min_median", "walk_min_p90", "walk_min_worst_tenth", "walk_gini"]
            assert figures[names].tolist() == pytest.approx(by_hand(minutes[mine], people[mine]), abs=0.011)
