"""Sections of report cards: places, beds and seats by arithmetic, and what changed since the last assessment."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from towns import facilities, homes, rule, standard, streets, study, units

from geo.assess import assess, prepare
from geo.model.assessment import Assessment
from geo.model.standards import Amount, Profile, Standard, Text
from geo.model.study import Study
from geo.store import open_study, save_assessment, save_study
from web.opened import Opened, Shelf
from web.report.book import Book
from web.report.changes import earlier_of

ADULT = Profile("adult", Text("成人", "adult"), 1.2, 0.6, "test")


def town(*, beds: float | None = None, school_at: float = 900) -> Study:
    """Two communities on one street of 1,000 m; a nursing home at 100 and one at 500; a school.

    West: 40 people at 100 and 10 at 300. East: 20 people at 800.
    """
    made = study(
        streets=streets([(0, 0), (1000, 0)]),
        facilities=facilities(
            ("n", "nursing_home", 100, 0), ("m", "nursing_home", 500, 0), ("s", "primary_school", school_at, 0)
        ),
        demand=homes(("a", 40.0, 100, 0), ("b", 10.0, 300, 0), ("d", 20.0, 800, 0)),
        units=units(
            ("0", "subdistrict", None, (-10, -10, 1010, 200)), ("1", "community", "0", (-10, -10, 450, 100)),
            ("2", "community", "0", (450, -10, 1010, 100)),
        ),
    )  # fmt: skip
    if beds is None:
        return made
    return replace(made, facilities=made.facilities.assign(capacity=[beds, None, None], capacity_unit="beds"))


def rules_of(metres: float, *, per_1000: float | None = None) -> Standard:
    """Beds for the old within a walk, where a figure is given; and a school."""
    amount = Amount(per_1000, per_1000, "beds") if per_1000 else None
    nursing = replace(rule("15min/nursing_home", "nursing_home", metres=metres), capacity_per_1000=amount)
    return standard(nursing, rule("5min/primary_school", "primary_school", metres=metres), target=0.5)


def judged(place: Study, rules: Standard, created: str = "2026-11-24") -> Assessment:
    return assess(place, prepare(place), rules, ADULT, code_version="test", created=created)


def book(place: Study, rules: Standard, before: Assessment | None = None) -> Book:
    return Book(Opened("", place, prepare(place), judged(place, rules)), before)


def test_supply_and_need_are_those_of_paper() -> None:
    """A bed for each of 500 in 1,000: the 50 of the west need 25, the 20 of the east 10; ten beds lie in the west."""
    made = book(town(beds=10), rules_of(150, per_1000=500))
    west, east = (made.card(unit_id, "en")["supply"][0] for unit_id in "12")
    assert (west["supply"], west["unit"], west["needed"]) == (10, "beds", 25)
    assert (east["supply"], east["facilities"], east["facilities_unstated"], east["needed"]) == (None, 1, 1, 10)
    whole = made.summary("en")["supply"][0]
    assert (whole["supply"], whole["needed"], whole["facilities_unstated"]) == (10, 35, 1)
    assert whole["unmet"] == west["unmet"] + east["unmet"]


def test_a_figure_that_nobody_states_is_none_and_never_zero() -> None:
    made = book(town(beds=10), rules_of(150)).card("1", "en")["supply"]
    assert [(row["supply"], row["needed"], row["unmet"]) for row in made] == [(10, None, None)]
    assert book(town(), rules_of(150)).card("1", "en")["supply"] == []


def test_changes_since_the_last_time_are_told_by_unit_and_for_all() -> None:
    """The school moves from 900 to 200 and its rule asks for 300 m: the west gains its 50, the east loses its 20."""
    rules = rules_of(300)
    before = judged(town(), rules, created="2025-01-02T03:04:05")
    made = book(town(school_at=200), rules, before)
    west, east = (made.card(unit_id, "en")["changes"] for unit_id in "12")
    assert [one["rule_id"] for one in west["met"]] == ["5min/primary_school"] and not west["lost"]
    assert [one["rule_id"] for one in east["lost"]] == ["5min/primary_school"] and not east["met"]
    assert [(one["rule"]["rule_id"], one["people"]) for one in west["gained"]] == [("5min/primary_school", 50)]
    assert (west["created"], west["assessment_id"]) == ("2025-01-02", before.assessment_id)
    assert [one["people"] for one in made.summary("en")["changes"]["gained"]] == [30]
    assert not west["are_rules_new"] and book(town(), rules).card("1", "en")["changes"] is None
    others = book(town(), rules_of(400), before).card("1", "en")["changes"]
    assert others["are_rules_new"]


@pytest.mark.parametrize("kind", ["measure", "profile", "standard"])
def test_the_earlier_assessment_is_the_last_of_the_same_kind(tmp_path: Path, kind: str) -> None:
    save_study(tmp_path, town(), prepare(town()))
    place = open_study(tmp_path, "town")
    for metres, created in ((200, "2026-01-01"), (250, "2026-02-01"), (300, "2026-03-01")):
        save_assessment(tmp_path, judged(place, rules_of(metres), created))
    one = Shelf(tmp_path, Path("data")).open("town")
    found = earlier_of(tmp_path, one)
    assert found is not None and found.provenance["created"] == "2026-02-01"
    others = tuple({**record, kind: "another"} if record["created"] < "2026-03" else record for record in one.made)
    assert earlier_of(tmp_path, replace(one, made=others)) is None
