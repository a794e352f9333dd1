"""Scenarios in minutes on hills: repairing equals searching anew, adding harms nobody, though uphill is slower.

Every street has a slope of its own; some are steps, some are walked one way only, some end at a road to be crossed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scenarios
import towns
from hypothesis import given
from hypothesis import strategies as st
from scenarios import edit, place
from test_laws import CATEGORIES
from test_plan_laws import closings, few, fitting, openings, walled

from geo.intake.elevation import against_the_flat
from geo.model.standards import read_profile
from geo.model.study import Study
from geo.plan.edits import Edit
from web.settings import ROOT

ELDER = read_profile(ROOT / "data/profiles/elder.yaml")
IN_MINUTES = towns.standard(
    *(towns.rule(f"{category} 7", category, minutes=7) for category in CATEGORIES),
    towns.rule("both", "canteen", "clinic", minutes=10, combine="each"),
    towns.rule("metres", "canteen", metres=400),
    towns.rule("radius", "clinic", metres=250, measure="line"),
    towns.rule("two in a radius", "canteen", metres=500, measure="line", min_count=2),
)


@st.composite
def hilly(draw: st.DrawFn) -> Study:
    """A walled town whose streets climb; some are steps, one-way, or cross a road at an end."""
    town = draw(walled())
    dice = np.random.default_rng(draw(st.integers(0, 999)))
    count = len(town.streets)
    slope = dice.uniform(-0.3, 0.3, count)
    some = {
        name: np.where(dice.random(count) < 0.2, dice.choice(words, count), None)
        for name, words in (
            ("oneway_foot", ["forward", "backward"]), ("crossing_from", ["primary", "trunk signals"]),
            ("crossing_to", ["primary signals", "secondary"]),
        )
    }  # fmt: skip
    streets = town.streets.assign(
        climb_forward=against_the_flat(slope), climb_back=against_the_flat(-slope), is_steps=dice.random(count) < 0.1,
        **some,
    )  # fmt: skip
    return replace(town, streets=streets)


@few
@given(hilly(), st.lists(st.one_of(openings, closings), min_size=1, max_size=4))
def test_repairing_in_minutes_equals_searching_anew(town: Study, edits: list[Edit]) -> None:
    moved = [edit("add_people", at=place(33, 44), people=50), edit("move_facility", facility_id="f1", at=place(40, 50))]
    some = fitting(town, [*edits, *moved])
    anew, quick = scenarios.both_ways(town, *some, standard=IN_MINUTES, profile=ELDER)
    assert quick.figures == anew.figures
    assert quick.status.tobytes() == anew.status.tobytes()
    assert quick.walk_s is not None and anew.walk_s is not None
    assert quick.walk_s.tolist() == anew.walk_s.tolist()
    assert quick.walk_m.tolist() == anew.walk_m.tolist()


@few
@given(hilly(), st.lists(st.one_of(openings, closings), max_size=2), openings)
def test_adding_harms_nobody_in_minutes(town: Study, before: list[Edit], more: Edit) -> None:
    first = fitting(town, before)
    count = len(town.demand)
    less, walk = (
        scenarios.after(town, *some, standard=IN_MINUTES, profile=ELDER)[3].walk_s[:count]
        for some in (first, fitting(town, [*first, more]))
    )
    assert (walk <= less).all(), np.nanmax(walk - less)
