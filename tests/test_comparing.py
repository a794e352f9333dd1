"""Comparing units, standards and assessments on towns whose every verdict is known on paper."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import towns

from geo.assess import assess, prepare
from geo.judge.compare import WHOLE, compare_in_time, compare_standards, summary
from geo.model.assessment import Assessment
from geo.model.standards import Profile, Rule, Text
from geo.model.study import Study

WALKER = Profile("walker", Text("行人", "walker"), 1.0, 0.5, "town")
CANTEEN = towns.rule("canteen", "canteen", metres=500)
CLINIC = towns.rule("clinic", "clinic", metres=500)


def judged(study: Study, *rules: Rule) -> Assessment:
    return assess(study, prepare(study), towns.standard(*rules), WALKER, code_version="t", created="2026-11-24")


def test_units_are_ranked_among_their_own_kind() -> None:
    """Line town: west covers all, east nobody, the city 100 of 180."""
    verdicts = judged(towns.line_town(), CANTEEN).verdicts.set_index("unit_id")
    assert verdicts["rank"].to_dict() == {"city": 1, "west": 1, "east": 2}
    assert verdicts["peers"].to_dict() == {"city": 1, "west": 2, "east": 2}
    assert verdicts.loc["west", "peers_ratio"] == 0.5


def test_units_of_another_area_type_are_no_peers() -> None:
    town = towns.line_town()
    typed = replace(town, units=town.units.assign(area_type=[None, "urban", "rural"]))
    verdicts = judged(typed, CANTEEN).verdicts.set_index("unit_id")
    assert verdicts[["rank", "peers"]].to_numpy().tolist() == [[1, 1]] * 3


def test_a_unit_without_a_ratio_has_no_rank() -> None:
    verdicts = judged(towns.line_town(), CLINIC).verdicts
    assert np.isnan(verdicts["rank"]).all()
    assert verdicts["peers"].tolist() == [0, 0, 0]


def test_an_earlier_assessment_beside_a_later_one_tells_who_gained() -> None:
    """A second canteen at 1,000 m: 80 people of the east gain, no one in the west."""
    town = towns.line_town()
    more = towns.facilities(("c", "canteen", 0, 10), ("c2", "canteen", 900, 0))
    later = replace(town, facilities=more, entrances=towns.doors(more))
    changes = compare_in_time(judged(town, CANTEEN), judged(later, CANTEEN)).set_index("unit_id")
    assert changes["covered_gained"].to_dict() == {WHOLE: 80, "city": 80, "east": 80, "west": 0}
    assert changes["is_changed"].to_dict() == {WHOLE: True, "city": True, "east": True, "west": False}
    assert summary(changes) == {
        "compared": 4, "changed": 3, "ways": {"fail -> pass": 3}, "newly_passing": 3, "no_longer_passing": 0,
    }  # fmt: skip


def test_the_same_assessment_twice_changes_nothing() -> None:
    one = judged(towns.line_town(), CANTEEN, CLINIC)
    changes = compare_in_time(one, one)
    assert not changes["is_changed"].any()
    assert (changes["covered_gained"] == 0).all()
    assert summary(changes)["changed"] == 0


def test_a_rule_that_only_one_of_them_has_is_told_with_nothing_on_the_other_side() -> None:
    changes = compare_in_time(judged(towns.line_town(), CANTEEN), judged(towns.line_town(), CANTEEN, CLINIC))
    only = changes[changes["rule_id"] == "clinic"]
    assert only["verdict_before"].isna().all() and only["is_changed"].all()


def test_two_standards_meet_by_category_each_by_its_strictest_rule() -> None:
    """500 m and 650 m to a canteen: the second covers 150 of 180, none fewer; only the city's share differs enough."""
    first = judged(towns.line_town(), CANTEEN, towns.rule("far", "canteen", metres=2000))
    second = judged(towns.line_town(), towns.rule("eat", "canteen", metres=650, target_share=0.8), CLINIC)
    changes = compare_standards(first, second)
    assert set(changes["category"]) == {"canteen"}
    assert set(zip(changes["rule_id_before"], changes["rule_id_after"], strict=True)) == {("canteen", "eat")}
    by_unit = changes.set_index("unit_id")
    assert by_unit["covered_gained"].to_dict() == {WHOLE: 50, "city": 50, "east": 50, "west": 0}
    assert by_unit["is_changed"].to_dict() == {WHOLE: True, "city": True, "east": False, "west": False}
