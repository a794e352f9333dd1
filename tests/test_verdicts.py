"""Verdicts on hand-drawn towns, every figure by arithmetic: radius beside walking, sets, counts, ages, ground."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import towns
from shapely.geometry import box

from geo.assess import assess, prepare
from geo.model import tables
from geo.model.assessment import COVERED, UNCOVERED, UNKNOWN, Assessment
from geo.model.standards import Amount, Profile, Rule, Standard, Text, measured_by
from geo.model.study import Study

WALKER = Profile("walker", Text("行人", "walker"), 1.0, 0.5, "town")
WHOLE = towns.units(("all", "community", None, (-2000, -2000, 3000, 3000)))


def judged(study: Study, standard: Standard) -> Assessment:
    return assess(study, prepare(study), standard, WALKER, code_version="test", created="2026-11-24")


def by(study: Study, *rules: Rule, target: float = 0.9) -> Assessment:
    return judged(study, towns.standard(*rules, target=target))


def row(result: Assessment, rule_id: str) -> Any:
    return result.totals.set_index("rule_id").loc[rule_id]


def street(*places: tuple[str, str, float, float], people: dict[float, float] | None = None, **ages: Any) -> Study:
    """One street of 2,000 m along y = 0 with these facilities, homes at their x with so many people."""
    living = people or {0.0: 100.0}
    demand = towns.homes(*((f"h{x:g}", count, x, 0) for x, count in living.items()))
    return towns.study(
        streets=towns.streets([(-100, 0), (2000, 0)]), facilities=towns.facilities(*places),
        demand=demand.assign(**ages), units=WHOLE,
    )  # fmt: skip


def test_a_circle_on_a_map_covers_what_nobody_walks_to() -> None:
    """River town: 100 m by line, 2,100 m on foot, 200 people."""
    rules = towns.rule("near", "kindergarten", metres=300), towns.rule("far", "kindergarten", metres=2100)
    result = by(replace(towns.river_town(), units=WHOLE), *rules)
    near, far = row(result, "near"), row(result, "far")
    assert (near.covered, near.ratio, near.line_covered, near.line_ratio, near.verdict) == (0, 0, 200, 1, "fail")
    assert (far.covered, far.ratio, far.line_covered, far.line_ratio, far.verdict) == (200, 1, 200, 1, "pass")
    assert result.verdicts["measure"].tolist() == ["walk", "walk"]
    assert result.provenance["standard"]["measure"] == "as the standard says"


def test_the_switch_judges_by_radius_and_says_so_and_the_walk_is_kept() -> None:
    standard = towns.standard(towns.rule("near", "kindergarten", metres=300))
    walked, lined = (judged(towns.river_town(), measured_by(standard, how)) for how in (None, "line"))
    assert (row(walked, "near").verdict, row(lined, "near").verdict) == ("fail", "pass")
    assert (row(lined, "near").measure, lined.headline["measure"]) == ("line", "line")
    assert lined.provenance["standard"]["measure"] == "line"
    assert lined.assessment_id != walked.assessment_id
    assert lined.demand_walk_m.tolist() == walked.demand_walk_m.tolist() == [[2100.0]]


def test_a_radius_judges_also_those_whom_no_street_reaches() -> None:
    """400 m from the street nobody can say how far one walks; the radius of 500 m can."""
    far = towns.study(
        streets=towns.streets([(0, 0), (500, 0)]), facilities=towns.facilities(("c", "canteen", 0, 0)),
        demand=towns.homes(("x", 10, 0, 400)),
    )  # fmt: skip
    rules = towns.rule("walk", "canteen", metres=500), towns.rule("line", "canteen", metres=500, measure="line")
    assert by(far, *rules).status.tolist() == [[UNKNOWN, COVERED]]


def test_any_of_a_set_and_each_of_it() -> None:
    town = street(("a", "canteen", 200, 0), ("b", "clinic", 600, 0), people={0: 10, 500: 20})
    any_of = towns.rule("any", "canteen", "clinic", metres=300)
    each = towns.rule("each", "canteen", "clinic", metres=300, combine="each")
    result = by(town, any_of, each)
    assert result.status.tolist() == [[COVERED, UNCOVERED], [COVERED, COVERED]]


def test_each_of_a_set_is_open_where_one_of_them_is_not_in_the_data() -> None:
    town = street(("a", "canteen", 200, 0), people={0: 10, 900: 20})
    result = by(town, towns.rule("each", "canteen", "library", metres=300, combine="each"))
    assert result.status[:, 0].tolist() == [UNKNOWN, UNCOVERED]
    assert result.headline["rules_without_data"] == ["each"]


def test_two_within_reach_are_two_facilities_not_two_doors() -> None:
    """Home at 0; parcel points at 200 and 450. One park with two doors is one park."""
    places = towns.facilities(("p1", "parcel_point", 200, 0), ("p2", "parcel_point", 450, 0), ("g", "park", 100, 300))
    town = towns.study(
        streets=towns.streets([(-100, 0), (2000, 0)]), facilities=places, demand=towns.homes(("h", 10, 0, 0)),
        entrances=towns.doors(places, g=[(50, 0), (150, 0)]),
    )  # fmt: skip
    rules = [towns.rule(f"{c}{m}", c, metres=m, min_count=2) for c, m in (("parcel_point", 449), ("parcel_point", 450))]
    result = by(town, *rules, towns.rule("parks", "park", metres=500, min_count=2))
    assert result.status.tolist() == [[UNCOVERED, COVERED, UNCOVERED]]
    assert result.totals["line_covered"].tolist() == [0, 10, 0]


def test_a_rule_for_children_counts_children() -> None:
    town = street(("k", "kindergarten", 0, 0), people={100: 300, 900: 100}, people_3_5=[9.0, 1.0])
    result = by(town, towns.rule("k", "kindergarten", metres=300, serves="children_3_5"))
    figures = row(result, "k")
    assert (figures.people, figures.covered, figures.uncovered, figures.ratio) == (10, 9, 1, 0.9)
    assert figures.verdict == "pass"


def test_elders_are_counted_over_both_of_their_columns() -> None:
    town = street(("k", "canteen", 0, 0), people={100: 300}, people_60_79=[40.0], people_80=[2.5])
    assert row(by(town, towns.rule("e", "canteen", metres=300, serves="elders")), "e").people == 42.5


@pytest.mark.parametrize("ages", [{}, {"people_3_5": [5.0, np.nan]}])
def test_without_the_age_a_rule_serves_nothing_is_stated_and_nothing_is_zero(ages: dict[str, list[float]]) -> None:
    town = street(("k", "kindergarten", 0, 0), people={100: 300, 900: 100}, **ages)
    rules = (
        towns.rule("k", "kindergarten", metres=300, serves="children_3_5"),
        towns.rule("a", "kindergarten", metres=9),
    )
    result = by(town, *rules)
    told = result.headline["rules"][0]
    for name in ("people", "covered", "uncovered", "unknown", "ratio", "line_covered", "line_ratio"):
        assert np.isnan(row(result, "k")[name]) and told[name] is None, name
    assert result.verdicts["verdict"].tolist() == ["insufficient data", "fail"]
    assert row(result, "a").people == 400


def test_an_age_unknown_in_one_unit_leaves_the_others_stated() -> None:
    halves = towns.units(
        ("c", "city", None, (-200, -200, 2000, 200)), ("w", "community", "c", (-200, -200, 500, 200)),
        ("e", "community", "c", (500, -200, 2000, 200)),
    )  # fmt: skip
    town = street(("k", "kindergarten", 0, 0), people={100: 300, 900: 100}, people_3_5=[5.0, np.nan])
    result = by(replace(town, units=halves), towns.rule("k", "kindergarten", metres=300, serves="children_3_5"))
    assert result.verdicts.set_index("unit_id")["verdict"].to_dict() == {
        "c": "insufficient data", "w": "pass", "e": "insufficient data",
    }  # fmt: skip


def test_a_rule_for_old_compounds_counts_those_who_live_in_them() -> None:
    halves = towns.units(
        ("c", "city", None, (-200, -200, 2000, 200)), ("w", "community", "c", (-200, -200, 500, 200)),
        ("e", "community", "c", (500, -200, 2000, 200)),
    )  # fmt: skip
    town = street(("k", "canteen", 0, 0), people={100: 300, 900: 100})
    rule = towns.rule("old", "canteen", metres=300, area_type="old_compound")
    known = by(replace(town, units=halves.assign(area_type=[None, "old_compound", "urban"])), rule)
    assert row(known, "old")[["people", "covered", "verdict"]].tolist() == [300, 300, "pass"]
    unknown = by(replace(town, units=halves), rule)
    assert np.isnan(row(unknown, "old").people) and row(unknown, "old").verdict == "insufficient data"


def test_a_share_of_ground_counts_built_up_cells() -> None:
    """Cells of 50 m: homes in two of them, a building in a third; the radius of 100 m holds the first centre only."""
    town = street(("p", "park", 0, 25), people={10: 500, 1010: 1, 20: 3})
    shed = towns.table(tables.BACKDROP, [{"kind": "building"}], [box(*towns.at(505, 5), *towns.at(515, 15))])
    town = replace(town, backdrop=shed)
    rules = [towns.rule(m, "park", metres=100, share_of="area", measure=m) for m in ("line", "walk")]
    result = by(town, *rules, target=0.3)
    for told in (row(result, "line"), row(result, "walk")):
        assert (told.area_m2, told.area_covered_m2, told.ratio) == (7500, 2500, pytest.approx(1 / 3))
        assert (told.covered, told.people, told.line_ratio, told.verdict) == (503, 504, pytest.approx(1 / 3), "pass")


def test_an_amount_alone_is_carried_and_judges_nobody() -> None:
    rule = towns.rule("size", "canteen", floor_area=Amount(150))
    result = by(street(("c", "canteen", 0, 0)), rule)
    told = result.headline["rules"][0]
    assert (told["floor_area"], told["site_area"], told["verdict"]) == ("150 m2", None, "insufficient data")
    assert (told["unknown"], told["ratio"], told["line_ratio"], told["is_in_data"]) == (100, None, None, False)


def test_a_rule_may_have_a_target_of_its_own() -> None:
    town = street(("c", "canteen", 0, 0), people={100: 60, 900: 40})
    result = by(
        town, towns.rule("half", "canteen", metres=300, target_share=0.5), towns.rule("r", "canteen", metres=300)
    )
    assert result.verdicts[["target", "verdict"]].to_numpy().tolist() == [[0.5, "pass"], [0.9, "fail"]]


CIRCLES = (
    towns.rule("15", "junior_school", metres=1000, level="15min"),
    towns.rule("10", "primary_school", metres=500, level="10min"),
    towns.rule("5", "kindergarten", metres=300, level="5min"),
)


def test_a_school_of_the_large_circle_does_not_stand_in_for_the_small_one() -> None:
    """A junior school at the door, a kindergarten 900 m off: the 5-minute circle fails, the 15-minute one passes."""
    town = street(("j", "junior_school", 0, 0), ("p", "primary_school", 400, 0), ("k", "kindergarten", 900, 0))
    result = by(town, *CIRCLES)
    assert result.totals.set_index("rule_id")["verdict"].to_dict() == {"15": "pass", "10": "pass", "5": "fail"}


def test_switching_the_standard_changes_exactly_the_verdicts_on_paper() -> None:
    """The second standard asks for 200 m instead of 500 m to a primary school that is 400 m away."""
    town = street(("j", "junior_school", 0, 0), ("p", "primary_school", 400, 0), ("k", "kindergarten", 900, 0))
    stricter = (CIRCLES[0], replace(CIRCLES[1], threshold_m=200.0), CIRCLES[2])
    before, after = by(town, *CIRCLES).verdicts, by(town, *stricter).verdicts
    assert before.loc[before["verdict"] != after["verdict"], ["unit_id", "rule_id"]].to_numpy().tolist() == [
        ["all", "10"]
    ]


def test_a_place_lacks_what_it_cannot_walk_to_and_weights_say_how_much_it_matters() -> None:
    """100 people have all three; 50 lack the kindergarten, which weighs 2 of 4: a half."""
    town = street(
        ("j", "junior_school", 0, 0), ("p", "primary_school", 0, 0), ("k", "kindergarten", 0, 0),
        people={100: 100, 400: 50},
    )  # fmt: skip
    rules = (*CIRCLES[:2], replace(CIRCLES[2], weight=2.0))
    result = by(town, *rules)
    assert result.demand_missing.tolist() == [0, 1]
    assert result.demand_completeness.tolist() == [1.0, 0.5]
    unit = result.units.iloc[0]
    assert (unit.complete_ratio, unit.services_missing) == (pytest.approx(2 / 3), pytest.approx(1 / 3, abs=0.001))
    assert unit.completeness == pytest.approx((100 + 25) / 150, abs=0.001)
    assert result.headline["services_missing"] == pytest.approx(1 / 3)


def test_how_long_people_walk() -> None:
    """Line town at 1 m/s: 100 people walk 320 s, 50 walk 630 s, 30 walk 1,010 s."""
    result = by(towns.line_town(), towns.rule("r", "canteen", metres=500))
    told = row(result, "r")
    assert (told.walk_min_median, told.walk_min_p90, told.walk_min_worst_tenth) == (5.33, 16.83, 16.83)
    walks = np.repeat([320.0, 630.0, 1010.0], [100, 50, 30])
    gini = np.abs(walks[:, None] - walks).mean() / (2 * walks.mean())
    assert told.walk_gini == pytest.approx(gini, abs=0.0001)
    east = result.verdicts.set_index("unit_id").loc["east"]
    assert (east.walk_min_median, east.walk_min_p90, east.nearest_id) == (10.5, 16.83, "c")
    assert east.walk_min_worst_tenth == 16.83


def test_the_worst_tenth_may_begin_within_a_place() -> None:
    """100 people: 95 walk 60 s, 5 walk 600 s; the tenth is 5 of each: 330 s. Nobody beyond the search has a median."""
    town = street(("c", "canteen", 0, 0), people={60: 95, 600: 5})
    assert row(by(town, towns.rule("r", "canteen", metres=500)), "r").walk_min_worst_tenth == 5.5
    none = by(street(people={60: 95}), towns.rule("r", "canteen", metres=500))
    assert np.isnan(row(none, "r").walk_min_median) and none.headline["rules"][0]["walk_gini"] is None
