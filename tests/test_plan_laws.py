"""What must hold for every scenario in every town: nothing comes of nothing, adding harms and removing helps nobody.

Towns and streets are those of `test_laws`; edits are drawn from all kinds, and those that do not fit are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import scenarios
import towns
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scenarios import edit, place, places
from test_laws import CATEGORIES, EDGE, barriers, drawn_towns

from geo.judge.answering import answers_of
from geo.model.assessment import COVERED
from geo.model.study import Study
from geo.plan.apply import misfits
from geo.plan.edits import Edit

EXAMPLES = 8

few = settings(max_examples=EXAMPLES, derandomize=True, deadline=None, phases=(Phase.generate, Phase.shrink))
STANDARD = towns.standard(
    *(towns.rule(category, category, metres=400) for category in CATEGORIES),
    towns.rule("either", "canteen", "clinic", metres=250),
)
MIXED = towns.standard(
    *STANDARD.rules,
    towns.rule("minutes", "canteen", minutes=5),
    towns.rule("radius", "canteen", metres=300, measure="line"),
    towns.rule("two", "canteen", metres=500, min_count=2),
    towns.rule("both", "canteen", "clinic", metres=400, combine="each"),
)
spots = st.tuples(
    st.integers(-100, EDGE + 100).map(lambda x: x + 0.31), st.integers(-100, EDGE + 100).map(lambda y: y + 0.17)
)
corners = st.tuples(spots, spots).filter(lambda c: abs(c[0][0] - c[1][0]) > 20 and abs(c[0][1] - c[1][1]) > 20)


def box(ends: tuple[tuple[float, float], tuple[float, float]]) -> list[list[float]]:
    (west, south), (east, north) = ends
    return places((west, south), (east, south), (east, north), (west, north))


walls = st.integers(0, 5).map(lambda n: f"w{n}")
openings = st.one_of(
    st.builds(lambda c, xy: edit("add_facility", category=c, at=place(*xy)), st.sampled_from(CATEGORIES), spots),
    st.builds(lambda f, ends: edit("add_path", form=f, line=places(*ends), tolerance_m=80),
              st.sampled_from(["path", "bridge"]), corners),
    st.builds(lambda w: edit("open_wall", wall_id=w), walls),
    st.builds(lambda xy: edit("add_gate", at=place(*xy), access="public"), spots),
)  # fmt: skip
closings = st.one_of(
    st.builds(lambda n: edit("close_facility", facility_id=f"f{n}"), st.integers(0, 5)),
    st.builds(lambda xy: edit("close_street", at=place(*xy)), spots),
    st.builds(lambda ends: edit("close_street", line=places(*ends)), corners),
    st.builds(lambda ends: edit("close_street", area=box(ends)), corners),
    st.builds(lambda n: edit("close_gate", gate_id=f"g{n}"), st.integers(0, 5)),
)


@st.composite
def walled(draw: st.DrawFn) -> Study:
    """A town with walls, some crossed by streets, and gates on some of them."""
    town, lines = draw(drawn_towns()), draw(barriers)
    access = st.sampled_from(["public", "closed", None])
    middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, draw(access)) for a, b in lines]
    return replace(
        town,
        walls=towns.walls(*lines, is_planners=draw(st.booleans())),
        gates=towns.gates(*(m for m in middles if m[2])),
    )


def fitting(town: Study, edits: Sequence[Edit]) -> list[Edit]:
    """The edits that fit, each after those before it."""
    kept: list[Edit] = []
    for one in edits:
        if not misfits(town, scenarios.scenario(*kept, one), scale=1.0):
            kept.append(one)
    return kept


def reached(town: Study, edits: Sequence[Edit]) -> tuple[Any, Any]:
    """Metres and answers of every home of the base, after the edits."""
    done, network, _, found = scenarios.after(town, *edits, standard=MIXED)
    count = len(town.demand)
    answers = answers_of(done.study, network, MIXED, scenarios.ADULT, found)
    return found.reach.place_m[:count], answers.status[:count]


@few
@given(walled(), st.lists(st.one_of(openings, closings), max_size=3), openings)
def test_adding_harms_nobody(town: Study, before: list[Edit], more: Edit) -> None:
    first = fitting(town, before)
    walk, answer = reached(town, first)
    walk_more, answer_more = reached(town, fitting(town, [*first, more]))
    assert (walk_more <= walk).all()
    assert ((answer == COVERED) <= (answer_more == COVERED)).all()


@few
@given(walled(), st.lists(st.one_of(openings, closings), max_size=3), closings)
def test_removing_helps_nobody(town: Study, before: list[Edit], gone: Edit) -> None:
    first = fitting(town, before)
    walk, answer = reached(town, first)
    walk_less, answer_less = reached(town, fitting(town, [*first, gone]))
    assert (walk_less >= walk).all()
    assert ((answer_less == COVERED) <= (answer == COVERED)).all()


@few
@given(walled(), st.lists(st.one_of(openings, closings), max_size=3))
def test_edits_switched_off_change_nothing_bit_for_bit(town: Study, edits: list[Edit]) -> None:
    off = [Edit(one.kind, one.values, is_on=False) for one in edits]
    told = scenarios.compared(town, *off, standard=MIXED)
    base = scenarios.compared(town, standard=MIXED)
    assert told.status.tobytes() == base.status.tobytes()
    assert told.figures["rules"] == base.figures["rules"]
    assert told.changes.empty
    assert all(rule["covered_before"] == rule["covered_after"] for rule in told.figures["rules"])


@few
@given(drawn_towns(), st.data())
def test_an_edit_and_its_inverse_give_the_base(town: Study, data: st.DataObject) -> None:
    ids = st.sampled_from(town.facilities["facility_id"].tolist())
    gone, home = data.draw(ids), data.draw(st.sampled_from(town.demand["demand_id"].tolist()))
    people = float(town.demand.loc[town.demand["demand_id"] == home, "people"].iloc[0])
    there_and_back = [
        edit("close_facility", facility_id=gone), edit("clear_people", demand_id=home),
        edit("add_facility", facility_id="new", category="canteen", at=place(*data.draw(spots))),
        edit("reopen_facility", facility_id=gone), edit("close_facility", facility_id="new"),
        edit("change_people", demand_id=home, people=people),
    ]  # fmt: skip
    told = scenarios.compared(town, *there_and_back, standard=MIXED)
    assert told.changes.empty
    assert reached(town, there_and_back)[0].tolist() == reached(town, [])[0].tolist()


@few
@given(walled(), st.lists(st.one_of(openings, closings), min_size=2, max_size=4), st.data())
def test_the_order_of_independent_edits_is_of_no_consequence(
    town: Study, edits: list[Edit], data: st.DataObject
) -> None:
    """Edits that fit alone and touch other things: facilities, single streets closed, people."""
    alone = [e for e in edits if e.kind in ("add_facility", "close_facility", "close_street") and fitting(town, [e])]
    alone += [edit("add_people", at=place(10, 10), people=77), edit("clear_people", demand_id="h0")]
    alone = list({repr(one): one for one in alone}.values())
    mixed = data.draw(st.permutations(alone))
    one, other = (scenarios.compared(town, *order, standard=MIXED) for order in (alone, mixed))
    assert one.figures["rules"] == other.figures["rules"]
    assert one.figures["units"] == other.figures["units"]
    assert one.status[: len(town.demand)].tobytes() == other.status[: len(town.demand)].tobytes()


@few
@given(walled(), st.lists(st.one_of(openings, closings), max_size=3), st.integers(0, 900))
def test_everybody_is_accounted_for(town: Study, edits: list[Edit], people: int) -> None:
    moved = [edit("add_people", at=place(33, 44), people=people), edit("change_people", demand_id="h1", people=12.5)]
    told = scenarios.compared(town, *fitting(town, [*edits, *moved]), standard=MIXED).figures
    came = told["people_moved_in"] - told["people_moved_out"]
    assert round((told["people_after"] - told["people_before"] - came) * 1000) == 0
    for rule in told["rules"]:
        change = rule["gained"] - rule["lost"] + rule["moved_in_covered"] - rule["moved_out_covered"]
        assert round((rule["covered_after"] - rule["covered_before"] - change) * 1000) == 0


@few
@given(walled(), st.lists(st.one_of(openings, closings), min_size=1, max_size=4))
def test_repairing_equals_searching_anew(town: Study, edits: list[Edit]) -> None:
    moved = [edit("add_people", at=place(33, 44), people=50), edit("move_facility", facility_id="f1", at=place(40, 50))]
    anew, quick = scenarios.both_ways(town, *fitting(town, [*edits, *moved]), standard=STANDARD)
    assert quick.figures == anew.figures
    assert quick.status.tobytes() == anew.status.tobytes()
    assert quick.walk_m.tolist() == anew.walk_m.tolist()
    assert quick.is_complete.tobytes() == anew.is_complete.tobytes()
    assert quick.changes.to_csv() == anew.changes.to_csv()
