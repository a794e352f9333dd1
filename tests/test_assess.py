"""The straight line on hand-drawn towns: every figure below is arithmetic, written in `towns`."""

from __future__ import annotations

import numpy as np
import pytest
import towns

from geo.assess import assess, prepare
from geo.model.assessment import COVERED, UNCOVERED, UNKNOWN, Assessment
from geo.model.standards import Profile, Standard, Text
from geo.model.study import Study

ADULT = Profile("adult", Text("成年人", "adult"), 1.0, 0.5, "town")


def judged(study: Study, standard: Standard) -> Assessment:
    return assess(study, prepare(study), standard, ADULT, code_version="test", created="2026-11-23")


def walks(result: Assessment, category: str) -> list[float]:
    return result.demand_walk_m[:, result.categories.index(category)].tolist()


def test_walks_count_both_access_legs() -> None:
    result = judged(towns.line_town(), towns.standard(towns.rule("r", "canteen", metres=500)))
    assert walks(result, "canteen") == [320.0, 630.0, 1010.0]


def test_people_are_covered_by_walking_distance() -> None:
    result = judged(towns.line_town(), towns.standard(towns.rule("r", "canteen", metres=630)))
    assert result.status[:, 0].tolist() == [COVERED, COVERED, UNCOVERED]
    total = result.totals.iloc[0]
    assert (total.people, total.covered, total.uncovered, total.unknown) == (180, 150, 30, 0)
    assert total.ratio == pytest.approx(150 / 180)


def test_levels_reconcile_to_the_last_person() -> None:
    result = judged(towns.line_town(), towns.standard(towns.rule("r", "canteen", metres=500)))
    by_unit = result.verdicts.set_index("unit_id")
    assert by_unit.loc["west", "covered"] == 100
    assert by_unit.loc["east", "uncovered"] == 80
    assert by_unit.loc["city", ["people", "covered", "uncovered", "unknown"]].tolist() == [180, 100, 80, 0]


def test_verdict_is_open_where_unknown_people_could_turn_it() -> None:
    town = towns.line_town()
    far = towns.homes(("a", 100, 300, 10), ("x", 30, 300, 2000))
    study = towns.study(
        streets=town.streets, facilities=town.facilities, demand=far,
        units=towns.units(("all", "community", None, (-100, -100, 1100, 3000))),
    )  # fmt: skip
    rules = towns.rule("r", "canteen", metres=500), towns.rule("n", "library", metres=500)
    result = judged(study, towns.standard(*rules, target=0.9))
    assert result.status.tolist() == [[COVERED, UNKNOWN], [UNKNOWN, UNKNOWN]]
    assert result.verdicts["verdict"].tolist() == ["insufficient data", "insufficient data"]
    assert np.isnan(result.verdicts["ratio"].iloc[1])
    assert result.headline["rules_without_data"] == ["n"]
    assert result.headline["people_not_joined"] == 30


def test_the_shorter_of_two_parallel_streets_counts() -> None:
    result = judged(towns.ring_town(), towns.standard(towns.rule("r", "clinic", metres=500)))
    assert walks(result, "clinic") == [800.0, 400.0]


def test_a_river_severs_what_a_circle_would_cover() -> None:
    result = judged(towns.river_town(), towns.standard(towns.rule("r", "kindergarten", metres=300)))
    assert walks(result, "kindergarten") == [2100.0]
    gap = result.gaps.iloc[0]
    assert (gap.people, gap.cause, gap.nearest_walk_m, gap.nearest_line_m) == (200, "severed", 2100, 100)


@pytest.mark.parametrize(
    ("gate", "is_planners", "metres"),
    [(None, True, 1100), ("closed", True, 1100), ("public", True, 300), (None, False, 300)],
)
def test_walls_and_gates(gate: str | None, is_planners: bool, metres: float) -> None:
    town = towns.walled_town(gate, is_planners=is_planners)
    assert walks(judged(town, towns.standard(towns.rule("r", "canteen", metres=500))), "canteen") == [metres]


def test_a_severed_gap_names_its_wall() -> None:
    result = judged(towns.walled_town(), towns.standard(towns.rule("r", "canteen", metres=500)))
    assert result.gaps[["cause", "wall_id", "people"]].iloc[0].tolist() == ["severed", "w0", 80]


def test_an_access_leg_crosses_no_wall() -> None:
    """The nearest street, 20 m away, lies behind the wall; the next one, 60 m away, does not."""
    study = towns.study(
        streets=towns.streets([(0, 0), (500, 0)], [(0, 80), (500, 80)], [(0, 0), (0, 80)]),
        facilities=towns.facilities(("c", "canteen", 250, 0)),
        demand=towns.homes(("h", 10, 250, 20)),
        walls=towns.walls([(100, 10), (400, 10)]),
    )
    result = judged(study, towns.standard(towns.rule("r", "canteen", metres=300)))
    assert walks(result, "canteen") == [60 + 250 + 80 + 250]


def test_the_nearest_of_several_entrances_counts() -> None:
    places = towns.facilities(("p", "park", 500, 500))
    study = towns.study(
        streets=towns.line_town().streets, facilities=places, demand=towns.homes(("h", 10, 300, 0)),
        entrances=towns.doors(places, p=[(100, 0), (450, 0)]),
    )  # fmt: skip
    assert walks(judged(study, towns.standard(towns.rule("r", "park", metres=300))), "park") == [150.0]


def test_a_rule_in_minutes_is_searched_in_seconds() -> None:
    """600 m of which 200 m are steps: 400 s at 1 m/s and 400 s at half of it."""
    study = towns.study(
        streets=towns.streets([(0, 0), (400, 0)], [(400, 0), (600, 0)], steps=[1]),
        facilities=towns.facilities(("c", "canteen", 600, 0)),
        demand=towns.homes(("h", 10, 0, 0)),
    )
    rules = towns.rule("in", "canteen", minutes=800 / 60), towns.rule("out", "canteen", minutes=799 / 60)
    assert judged(study, towns.standard(*rules)).status.tolist() == [[COVERED, UNCOVERED]]


def test_a_home_on_a_scrap_of_street_is_unknown_not_uncovered() -> None:
    study = towns.study(
        streets=towns.streets([(0, 0), (20_000, 0)], [(100, 500), (200, 500)]),
        facilities=towns.facilities(("c", "canteen", 0, 0)),
        demand=towns.homes(("main", 10, 100, 0), ("scrap", 7, 150, 500)),
    )
    result = judged(study, towns.standard(towns.rule("r", "canteen", metres=300)))
    assert result.status[:, 0].tolist() == [COVERED, UNKNOWN]
    assert result.headline["people_on_islands"] == 7


def test_people_in_reach_of_each_facility() -> None:
    result = judged(towns.line_town(), towns.standard(towns.rule("r", "canteen", metres=630)))
    assert result.facility_people.tolist() == [150.0]


def test_people_in_overlapping_units_are_counted_once() -> None:
    town = towns.line_town()
    both = towns.units(
        ("b", "community", None, (-100, -100, 1100, 100)), ("a", "community", None, (-100, -100, 700, 100))
    )
    study = towns.study(streets=town.streets, facilities=town.facilities, demand=town.demand, units=both)
    result = judged(study, towns.standard(towns.rule("r", "canteen", metres=500)))
    assert result.units.set_index("unit_id")["people"].to_dict() == {"b": 30, "a": 150}
    assert result.headline["people_in_overlapping_units"] == 150


def test_people_outside_every_unit_are_a_line_of_their_own() -> None:
    town = towns.line_town()
    one = towns.units(("a", "community", None, (-100, -100, 500, 100)))
    study = towns.study(streets=town.streets, facilities=town.facilities, demand=town.demand, units=one)
    result = judged(study, towns.standard(towns.rule("r", "canteen", metres=630)))
    assert result.headline["people_outside_units"] == 80
    assert result.outside[["people", "covered", "uncovered"]].iloc[0].tolist() == [80, 50, 30]


def test_the_same_inputs_give_the_same_name_and_another_figure_another() -> None:
    rules = towns.standard(towns.rule("r", "canteen", metres=500))
    first, again = judged(towns.line_town(), rules), judged(towns.line_town(), rules)
    other = judged(towns.line_town(), towns.standard(towns.rule("r", "canteen", metres=501)))
    assert first.assessment_id == again.assessment_id != other.assessment_id


def test_an_empty_study_of_people_still_answers() -> None:
    town = towns.line_town()
    study = towns.study(streets=town.streets, facilities=town.facilities)
    result = judged(study, towns.standard(towns.rule("r", "canteen", metres=500)))
    assert result.headline["people"] == 0
    assert result.headline["complete_ratio"] is None
    assert len(result.gaps) == 0
