"""Edits on hand-drawn towns: what each does to the walks, by arithmetic, and why some are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scenarios
import towns
from scenarios import edit, place, places
from towns import facilities, gates, homes, rule, standard, streets, study, walls

from geo.assess import prepare
from geo.model.errors import ScenarioError
from geo.model.study import Study
from geo.plan.apply import apply, misfits
from geo.plan.edits import Edit

CANTEEN = standard(rule("5min/canteen", "canteen", metres=400))
CM = 0.011
"""Degrees and back are exact far below this; a leg is rounded to the centimetre."""


def canteen_walks(town: Study, *edits: Edit) -> list[float]:
    return [float(x) for x in scenarios.walks(town, *edits, standard=CANTEEN)[:, 0]]


def near(metres: list[float]) -> Any:
    return pytest.approx(metres, abs=CM)


def severed_town(**more: Any) -> Study:
    """Two streets 100 m apart, a wall between them, joined 1000 m to the east; homes in the south, canteen north.

        (0,100)--------------(1000,100)
           ==wall y=50, x from -50 to 400==
        (0,0)----------------(1000,0)

    Canteen c at (100, 100); home h (80 people) at (100, 0): 900 + 100 + 900 = 1900 m round, 100 m through the wall.
    """
    return study(
        **{
            "streets": streets([(0, 100), (1000, 100)], [(1000, 100), (1000, 0)], [(0, 0), (1000, 0)]),
            "facilities": facilities(("c", "canteen", 100, 100)),
            "demand": homes(("h", 80, 100, 0)),
            "walls": walls([(-50, 50), (400, 50)]),
            **more,
        }
    )


def test_a_facility_added_moved_and_closed() -> None:
    town = towns.line_town()
    assert canteen_walks(town) == near([320, 630, 1010])
    new = edit("add_facility", facility_id="n", category="canteen", at=place(700, 0))
    assert canteen_walks(town, new) == near([320, 120, 300])
    assert canteen_walks(town, edit("move_facility", facility_id="c", at=place(700, 0))) == near([410, 120, 300])
    assert canteen_walks(town, edit("close_facility", facility_id="c")) == [np.inf] * 3
    gone = [new, edit("close_facility", facility_id="n")]
    assert canteen_walks(town, *gone) == canteen_walks(town)


def test_the_last_canteen_closed_leaves_nobody_covered_and_nobody_unknown() -> None:
    told = scenarios.compared(towns.line_town(), edit("close_facility", facility_id="c"), standard=CANTEEN)
    assert told.status.tolist() == [[0]] * 3
    assert [told.figures["rules"][0][key] for key in ("covered_before", "covered_after", "gained", "lost")] == [
        100, 0, 0, 100,
    ]  # fmt: skip


def test_the_first_facility_of_a_category_covers_some_and_leaves_the_rest_unknown() -> None:
    rules = standard(rule("5min/clinic", "clinic", metres=400))
    new = edit("add_facility", category="clinic", at=place(0, 0))
    assert scenarios.compared(towns.line_town(), new, standard=rules).status.tolist() == [[1], [-1], [-1]]


def test_a_facility_with_two_entrances_counts_by_the_nearer() -> None:
    doors = places((0, 0), (1000, 0))
    new = edit("add_facility", category="canteen", at=place(500, 80), entrances=doors)
    assert canteen_walks(towns.line_town(), new) == near([310, 420, 0])


@pytest.mark.parametrize("form", ["path", "crossing", "bridge"])
def test_a_way_joins_the_streets_at_its_ends(form: str) -> None:
    """River town: a bridge from (0, 4) to (0, 93) joins both banks, 4 and 7 m off; 100 m instead of 2100."""
    rules = standard(rule("k", "kindergarten", metres=300))
    bridge = edit("add_path", form=form, line=places((0, 4), (0, 93)))
    assert scenarios.walks(towns.river_town(), bridge, standard=rules).tolist() == [[pytest.approx(100, abs=CM)]]


def test_a_path_joins_what_it_crosses_and_a_bridge_does_not() -> None:
    """A street y = 0 and one y = 100, a third y = 50 that meets neither; the canteen lies on the third."""
    town = study(
        streets=streets([(0, 0), (300, 0)], [(0, 100), (300, 100)], [(-100, 50), (300, 50)]),
        facilities=facilities(("c", "canteen", -100, 50)),
        demand=homes(("h", 1, 100, 0)),
    )
    line = places((100, 0), (100, 100))
    assert canteen_walks(town, edit("add_path", form="path", line=line)) == near([50 + 200])
    assert canteen_walks(town, edit("add_path", form="bridge", line=line)) == [np.inf]


def test_a_home_keeps_its_door_when_a_path_passes_nearer() -> None:
    """The path runs by the home 5 m off and ends far from the canteen: the old way, 20 m off the street, stays."""
    town = study(
        streets=streets([(0, 0), (400, 0)]),
        facilities=facilities(("c", "canteen", 0, 0)),
        demand=homes(("h", 1, 100, 20)),
    )
    path = edit("add_path", form="path", line=places((400, 0), (400, 25), (50, 25)))
    assert canteen_walks(town, path) == near([120])


def test_a_wall_opened_in_part_is_walked_through() -> None:
    town = severed_town()
    assert canteen_walks(town) == near([1900])
    assert canteen_walks(town, edit("open_wall", wall_id="w0", at=place(100, 52))) == near([100])
    assert canteen_walks(town, edit("open_wall", wall_id="w0", at=place(200, 50))) == near([300])


def test_a_wall_opened_whole_is_walked_through_often() -> None:
    """450 m of wall from x = -50: linked in the middle of nine pieces of 50 m, at -25, 25, 75, 125 ...: 25 m aside."""
    assert canteen_walks(severed_town(), edit("open_wall", wall_id="w0")) == near([150])


def test_a_street_that_a_wall_cut_is_whole_again_without_a_new_link() -> None:
    town = towns.walled_town()
    assert canteen_walks(town) == near([1100])
    done = scenarios.edited(town, edit("open_wall", wall_id="w0", at=place(150, 2), width_m=3))
    assert done.study.streets["edge_id"].tolist() == town.streets["edge_id"].tolist()
    assert canteen_walks(town, edit("open_wall", wall_id="w0")) == near([300])


@pytest.mark.parametrize("access", ["public", "residents"])
def test_a_gate_lets_through(access: str) -> None:
    assert canteen_walks(severed_town(), edit("add_gate", at=place(100, 50), access=access)) == near([100])
    assert canteen_walks(towns.walled_town(), edit("add_gate", at=place(150, 3), access=access)) == near([300])


def test_a_gate_shut_cuts_the_street_even_where_the_path_would_win() -> None:
    for is_planners in (True, False):
        town = towns.walled_town("public", is_planners=is_planners)
        assert canteen_walks(town) == near([300])
        assert canteen_walks(town, edit("close_gate", gate_id="g0")) == near([1100])


def compound(*doors: tuple[float, float, str]) -> Study:
    """A walled court without inner paths between two streets, y = 0 and y = 100, joined at x = 600; home in it.

    Gates at (50, 10) and (50, 90); canteen at (50, 100); home (50, 40): by the north gate 50 + 10 m, by the south
    gate 30 + 10 and round 550 + 100 + 550.
    """
    return study(
        streets=streets([(-100, 0), (600, 0)], [(600, 0), (600, 100)], [(-100, 100), (600, 100)]),
        facilities=facilities(("c", "canteen", 50, 100)),
        demand=homes(("h", 10, 50, 40)),
        walls=walls([(0, 10), (100, 10), (100, 90), (0, 90), (0, 10)]),
        gates=gates(*doors),
    )


def test_who_loses_a_gate_takes_the_next_and_never_gains_by_it() -> None:
    both = compound((50, 10, "public"), (50, 90, "public"))
    assert canteen_walks(both) == near([40 + 1200])
    assert canteen_walks(both, edit("close_gate", gate_id="g1")) == near([1240])
    assert canteen_walks(both, edit("close_gate", gate_id="g0")) == near([1240])
    alone = compound((50, 90, "public"))
    told = scenarios.compared(alone, edit("close_gate", gate_id="g0"), standard=CANTEEN)
    assert told.status.tolist() == [[-1]]
    assert told.figures["people_lost"] == 10


def test_a_gate_in_a_court_without_paths_lets_its_homes_out() -> None:
    assert canteen_walks(compound()) == [np.inf]
    assert canteen_walks(compound(), edit("add_gate", at=place(50, 90), access="public")) == near([60])
    assert canteen_walks(compound(), edit("open_wall", wall_id="w0", at=place(50, 90))) == near([60])


def test_a_street_closed_at_a_point_is_cut_and_its_homes_keep_their_door() -> None:
    assert canteen_walks(towns.line_town(), edit("close_street", at=place(450, 3))) == near([320, np.inf, np.inf])


def test_a_line_closes_every_street_it_crosses() -> None:
    rules = standard(rule("k", "clinic", metres=900))
    across = edit("close_street", line=places((300, -400), (300, 200)))
    assert scenarios.walks(towns.ring_town(), across, standard=rules)[:, 0].tolist() == near([800, 1200])


def test_inside_a_closed_area_nobody_walks() -> None:
    """Home a joins at x = 300, inside: it joins nothing; b and d lie beyond."""
    area = places((250, -30), (350, -30), (350, 30), (250, 30))
    done, _, _, found = scenarios.after(towns.line_town(), edit("close_street", area=area), standard=CANTEEN)
    assert found.reach.place_m[:, 0].tolist() == [np.inf] * 3
    assert found.homes.is_joined.tolist() == [False, True, True]
    assert sorted(done.study.streets["length_m"]) == near([250, 650])


def test_people_move_in_and_out_to_the_last_one() -> None:
    new = edit("add_people", at=place(100, 0), people=40)
    told = scenarios.compared(
        towns.line_town(), new, edit("change_people", demand_id="b", people=60), edit("clear_people", demand_id="a"),
        standard=CANTEEN,
    ).figures  # fmt: skip
    assert [told[f"people_{key}"] for key in ("before", "after", "moved_in", "moved_out", "gained", "lost")] == [
        180, 130, 50, 100, 0, 0,
    ]  # fmt: skip
    (figures,) = told["rules"]
    assert figures["covered_after"] == 40 == figures["covered_before"] + figures["moved_in_covered"] - 100


def test_an_area_is_cleared() -> None:
    area = places((200, -50), (700, -50), (700, 50), (200, 50))
    done = scenarios.edited(towns.line_town(), edit("clear_people", area=area))
    assert done.study.demand["people"].tolist() == [0, 0, 30]


REFUSED: list[tuple[str, Study, Edit]] = [
    ("edit_unknown_id", towns.line_town(), edit("close_facility", facility_id="x")),
    ("edit_unknown_id", towns.line_town(), edit("move_facility", facility_id="x", at=place(0, 0))),
    ("edit_unknown_id", towns.line_town(), edit("change_people", demand_id="x", people=1)),
    ("edit_unknown_id", towns.line_town(), edit("clear_people", area=places((0, 50), (9, 50), (9, 60)))),
    ("edit_unknown_id", towns.line_town(), edit("close_gate", gate_id="x")),
    ("edit_unknown_id", towns.line_town(), edit("open_wall", wall_id="x")),
    ("edit_unknown_id", towns.line_town(), edit("add_facility", category="casino", at=place(0, 0))),
    ("edit_conflict", towns.line_town(), edit("add_facility", facility_id="c", category="canteen", at=place(0, 0))),
    ("edit_conflict", towns.line_town(), edit("add_people", demand_id="a", at=place(0, 0), people=2)),
    ("edit_conflict", towns.line_town(), edit("add_people", at=place(0, 0), people=2, ages={"people_80": 3})),
    ("edit_conflict", towns.line_town(), edit("reopen_facility", facility_id="c")),
    ("edit_conflict", towns.walled_town("closed"), edit("close_gate", gate_id="g0")),
    ("edit_no_wall", towns.walled_town(), edit("open_wall", wall_id="w0", at=place(0, 0))),
    ("edit_no_wall", towns.walled_town(), edit("add_gate", at=place(100, 0), access="public")),
    ("edit_no_street", towns.line_town(), edit("add_path", form="path", line=places((0, 50), (90, 50)))),
    ("edit_no_street", towns.line_town(), edit("add_path", form="bridge", line=places((0, 0), (0, 50)))),
    ("edit_no_street", towns.line_town(), edit("close_street", at=place(0, 50))),
    ("edit_no_street", towns.line_town(), edit("close_street", line=places((0, 50), (90, 50)))),
    ("edit_shape", towns.line_town(), edit("close_street", area=places((0, -5), (9, 5), (9, -5), (0, 5)))),
    ("edit_shape", towns.line_town(), edit("clear_people", area=places((0, -5), (9, 5), (9, -5), (0, 5)))),
    (
        "edit_behind_wall",
        towns.walled_town(),
        edit("add_path", form="path", line=places((100, 0), (120, 40), (200, 0))),
    ),
    ("edit_outside", towns.line_town(), edit("add_facility", category="canteen", at=[30.7, 104.0])),
]


@pytest.mark.parametrize(("code", "town", "wrong"), REFUSED)
def test_an_edit_that_does_not_fit_is_refused_with_a_reason(code: str, town: Study, wrong: Edit) -> None:
    network = prepare(town)
    known = ("canteen", "clinic")
    (told,) = misfits(town, scenarios.scenario(wrong), scale=network.ground_scale, categories=known)
    assert (told.code, bool(told.remedy)) == (code, True)
    off = Edit(wrong.kind, wrong.values, is_on=False)
    assert misfits(town, scenarios.scenario(off), scale=network.ground_scale, categories=known) == ()


def test_all_edits_that_do_not_fit_are_told_together_and_the_others_still_count() -> None:
    town = towns.line_town()
    wrong = [one for code, its, one in REFUSED if code == "edit_unknown_id"][:3]
    fitting = edit("close_facility", facility_id="c")
    plan = scenarios.scenario(wrong[0], fitting, wrong[1], edit("reopen_facility", facility_id="c"), wrong[2])
    with pytest.raises(ScenarioError) as caught:
        apply(town, plan, scale=1.0)
    assert [problem.source for problem in caught.value.problems] == [
        "plan, edit 1 (close_facility)", "plan, edit 3 (move_facility)", "plan, edit 5 (change_people)",
    ]  # fmt: skip


def test_nothing_changes_the_study_that_is_edited() -> None:
    town = severed_town(gates=gates((300, 50, "public")))
    before = {name: table.to_json() for name, table in town.tables.items()}
    scenarios.walks(
        town, edit("open_wall", wall_id="w0"), edit("close_gate", gate_id="g0"), edit("clear_people", demand_id="h"),
        edit("move_facility", facility_id="c", at=place(5, 5)), edit("close_street", at=place(500, 0)),
        standard=CANTEEN,
    )  # fmt: skip
    assert {name: table.to_json() for name, table in town.tables.items()} == before


def test_the_study_after_is_a_study_like_any_other() -> None:
    """Its streets hang together by their junctions, and add up to the centimetre."""
    town = severed_town()
    done = scenarios.edited(town, edit("open_wall", wall_id="w0"))
    assert list(done.study.streets.columns) == list(town.streets.columns)
    assert (done.study.streets.dtypes == town.streets.dtypes).all()
    assert done.study.streets["edge_id"].is_unique
    old = done.street_row >= 0
    lengths = np.bincount(done.street_row[old], weights=done.walked.streets["length_m"][old])
    assert lengths.tolist() == near(town.streets["length_m"].tolist())
    assert prepare(done.study).component.max() == 0
