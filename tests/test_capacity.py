"""Who finds a place: by hand, and equal to PySAL ``access`` on the same inputs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import towns
from access.fca import three_stage_fca, two_stage_fca
from access.weights import step_fn
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.assess import assess, prepare
from geo.judge.floating import ZONES, Catchment, enhanced_two_step, three_step, two_step, zone_weights
from geo.model.assessment import CAUSES, Assessment
from geo.model.standards import Amount, Profile, Rule, Text
from geo.model.study import Study

ADULT = Profile("adult", Text("成年人", "adult"), 1.0, 0.5, "town")
LIMIT_M = 600.0


@st.composite
def catchments(draw: st.DrawFn) -> tuple[Catchment, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """A few places and facilities, distances within the limit for some pairs, supply and demand above nothing."""
    places, facilities = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    every = [(place, facility) for place in range(places) for facility in range(facilities)]
    pairs = draw(st.lists(st.sampled_from(every), unique=True, min_size=1))
    walk = draw(st.lists(st.integers(0, int(LIMIT_M)), min_size=len(pairs), max_size=len(pairs)))
    supply = draw(st.lists(st.integers(0, 500), min_size=facilities, max_size=facilities))
    demand = draw(st.lists(st.integers(1, 900), min_size=places, max_size=places))
    place, facility = np.array(pairs).T
    reach = Catchment(place, facility, np.array(walk, float), places, facilities)
    return reach, np.array(supply, float), np.array(demand, float)


def by_pysal(reach: Catchment, supply: Any, demand: Any, method: Any, **more: Any) -> np.ndarray[Any, Any]:
    """The same by PySAL; places that reach nothing are absent there and have nothing here."""
    costs = pd.DataFrame({"origin": reach.place, "dest": reach.facility, "cost": reach.walk_m})
    people = pd.DataFrame({"demand": demand}, index=pd.Index(range(reach.places), name="geoid"))
    places = pd.DataFrame({"supply": supply}, index=pd.Index(range(reach.facilities), name="geoid"))
    found = method(people.reset_index(), places, costs, max_cost=LIMIT_M, **more)
    return np.asarray(found.reindex(range(reach.places)).fillna(0.0), float)


@pytest.mark.filterwarnings("ignore:The inplace keyword")
@settings(max_examples=60, deadline=None)
@given(catchments())
def test_all_three_methods_equal_pysal(drawn: tuple[Catchment, Any, Any]) -> None:
    reach, supply, demand = drawn
    weight, steps = zone_weights(reach.walk_m, LIMIT_M), step_fn({share * LIMIT_M: w for share, w in ZONES})
    assert two_step(*drawn) == pytest.approx(by_pysal(reach, supply, demand, two_stage_fca))
    enhanced = by_pysal(reach, supply, demand, two_stage_fca, weight_fn=steps)
    assert enhanced_two_step(reach, supply, demand, weight) == pytest.approx(enhanced)
    third = by_pysal(reach, supply, demand, three_stage_fca, weight_fn=steps)
    assert three_step(reach, supply, demand, weight) == pytest.approx(third)


@settings(max_examples=60, deadline=None)
@given(catchments())
def test_two_steps_give_out_all_that_is_reached_and_no_more(drawn: tuple[Catchment, Any, Any]) -> None:
    reach, supply, demand = drawn
    reached = np.unique(reach.facility)
    assert (two_step(*drawn) * demand).sum() == pytest.approx(supply[reached].sum())


def school_town(capacity: dict[str, float | None], children: dict[str, float]) -> Study:
    """One street of 2000 m with kindergartens k at 0 and l at 1000, homes at 100 (a), 500 (b), 900 (c).

    At 550 m, a reaches k (100), b both (500), c reaches l (100).
    """
    homes = towns.homes(("a", 100, 100, 0), ("b", 200, 500, 0), ("c", 300, 900, 0))
    homes["people_3_5"] = [children[name] for name in ("a", "b", "c")]
    places = towns.facilities(("k", "kindergarten", 0, 0), ("l", "kindergarten", 1000, 0))
    places["capacity"] = pd.array([capacity["k"], capacity["l"]], dtype="Float64").to_numpy(float, na_value=np.nan)
    places["capacity_unit"] = "places"
    return towns.study(
        streets=towns.streets([(0, 0), (2000, 0)]), facilities=places, demand=homes,
        units=towns.units(
            ("town", "district", None, (-100, -100, 2100, 100)),
            ("west", "community", "town", (-100, -100, 600, 100)),
            ("east", "community", "town", (600, -100, 2100, 100)),
        ),
    )  # fmt: skip


def judged(study: Study, rule: Rule | None = None) -> Assessment:
    rules = towns.standard(rule or towns.rule("r", "kindergarten", metres=550))
    return assess(study, prepare(study), rules, ADULT, code_version="test", created="2026-11-24")


CHILDREN = {"a": 10.0, "b": 10.0, "c": 20.0}


def test_places_are_shared_among_the_children_in_reach() -> None:
    """k: 10 places for the 20 children of a and b, half a place each. l: 45 for the 30 of b and c, 1.5 each.

    a finds 0.5, b 0.5 + 1.5 = 2, c 1.5 places. Half of a's 10 children find none.
    """
    result = judged(school_town({"k": 10, "l": 45}, CHILDREN))
    table = result.capacity.set_index("unit_id")
    assert table.loc["west", ["people", "supply", "per_1000", "unmet", "unknown", "verdict"]].tolist() == [
        20, 10, 500, 5, 0, "short",
    ]  # fmt: skip
    assert table.loc["east", ["people", "supply", "per_1000", "unmet", "verdict"]].tolist() == [
        20,
        45,
        2250,
        0,
        "enough",
    ]
    assert table.loc["town", ["people", "supply", "unmet"]].tolist() == [40, 55, 5]
    assert table.loc["west", "access_2sfca"] == pytest.approx((10 * 0.5 + 10 * 2) / 20)
    assert table.loc["east", "access_2sfca"] == pytest.approx(1.5)


def test_homes_whose_facilities_are_too_small_make_a_gap_over_capacity() -> None:
    """Only a falls short; its 100 residents are the gap, though they are covered."""
    result = judged(school_town({"k": 10, "l": 45}, CHILDREN))
    gap = result.gaps.iloc[0]
    assert len(result.gaps) == 1
    assert (gap.cause, gap.people, gap.people_over_capacity, gap.remedy) == ("over capacity", 100, 100, "more places")
    assert result.totals["covered"].iloc[0] == 600
    assert [CAUSES[c] if c >= 0 else "" for c in result.cause[:, 0]] == ["over capacity", "", ""]


def test_a_capacity_nobody_stated_is_never_zero() -> None:
    """k states nothing: a may find enough there or not; b finds 1.5 places in l alone."""
    result = judged(school_town({"k": None, "l": 45}, CHILDREN))
    assert result.gaps.empty
    table = result.capacity.set_index("unit_id")
    west = table.loc["west"]
    assert (west["facilities_unstated"], west["unmet"], west["unknown"], west["verdict"]) == (
        1,
        0,
        10,
        "insufficient data",
    )
    assert np.isnan(west["supply"]) and np.isnan(west["per_1000"])
    assert table.loc["town", "supply"] == 45 and np.isnan(table.loc["town", "per_1000"])


def test_without_one_stated_capacity_nothing_is_judged() -> None:
    result = judged(school_town({"k": None, "l": None}, CHILDREN))
    assert result.capacity.empty and result.gaps.empty


def test_a_figure_of_the_standard_goes_before_a_place_each() -> None:
    """100 per 1,000 residents: 10 places of k for the 300 of a and b, 45 of l for the 500 of b and c.

    a finds 0.033, b 0.123, c 0.09 places a person.
    """
    rule = replace(towns.rule("r", "kindergarten", metres=550), capacity_per_1000=Amount(100, None, "places"))
    result = judged(school_town({"k": 10, "l": 45}, CHILDREN), rule)
    assert [CAUSES[c] if c >= 0 else "" for c in result.cause[:, 0]] == ["over capacity", "", "over capacity"]
    town = result.capacity.set_index("unit_id").loc["town"]
    assert town["need"] == 0.1
    assert town["unmet"] == pytest.approx(100 * (1 - (10 / 300) / 0.1) + 300 * (1 - (45 / 500) / 0.1))


def test_a_category_without_a_need_is_measured_and_not_judged() -> None:
    town = school_town({"k": 10, "l": 45}, CHILDREN)
    places = town.facilities.assign(category="canteen", capacity_unit="seats")
    result = judged(replace(town, facilities=places), towns.rule("r", "canteen", metres=550))
    row = result.capacity.set_index("unit_id").loc["town"]
    assert (row["people"], row["supply"], row["verdict"]) == (600, 55, "insufficient data")
    assert np.isnan(row["need"]) and np.isnan(row["unmet"])
    assert row["access_2sfca"] == pytest.approx(55 / 600)
    assert result.gaps.empty


def test_units_add_up_and_the_sample_is_told(sample: tuple[Study, Assessment]) -> None:
    study, result = sample
    table = result.capacity.merge(pd.DataFrame(study.units[["unit_id", "level"]]), on="unit_id")
    sums = table.groupby(["rule_id", "level"])[["people", "facilities", "supply", "unmet"]].sum(min_count=1)
    city = sums.xs("city", level="level")
    assert len(city) > 5
    for level in ("district", "subdistrict", "community"):
        pd.testing.assert_frame_equal(sums.xs(level, level="level"), city, atol=1e-3, check_exact=False)
    assert (result.gaps["cause"] == "over capacity").any()
