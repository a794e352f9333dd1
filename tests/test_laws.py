"""What must hold in every town: more reach never covers fewer, nobody is lost, the order of rows says nothing.

The towns lie on a grid of 150 m with some of its streets. Places stand at odd metres, so that no two streets are
equally near by chance; people are whole thousandths.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import towns
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from geo.assess import assess
from geo.judge.drawings import draw_areas
from geo.judge.reachable import find_reachable
from geo.model import tables
from geo.model.assessment import COVERED, UNKNOWN, Assessment
from geo.model.standards import Profile, Standard, Text
from geo.model.study import Study
from geo.walk.build import build_network

ADULT = Profile("adult", Text("成年人", "adult"), 1.0, 0.5, "town")
CATEGORIES = ("canteen", "clinic", "library")
STANDARD = towns.standard(
    *(towns.rule(category, category, metres=400) for category in CATEGORIES),
    towns.rule("either", "canteen", "clinic", metres=250),
    towns.rule("timed", "canteen", minutes=7),
)
ROUNDING_M = 0.05
"""A street cut in parts is rounded to the centimetre part by part."""

STEP, SIDE = 150, 4
CORNERS = [(x * STEP, y * STEP) for x in range(SIDE) for y in range(SIDE)]
SEGMENTS = [pair for pair in itertools.combinations(CORNERS, 2) if np.hypot(*np.subtract(*pair)) == STEP]
EDGE = STEP * (SIDE - 1)

few = settings(max_examples=40, derandomize=True, deadline=None, phases=(Phase.generate, Phase.shrink))
spots = st.tuples(st.integers(-260, 710).map(lambda x: x + 0.13), st.integers(-260, 710).map(lambda y: y + 0.37))
headcounts = st.integers(0, 2_000_000).map(lambda n: n / 1000)
segments = st.lists(st.sampled_from(SEGMENTS), min_size=14, unique=True)


def along(segment: tuple[tuple[int, int], tuple[int, int]], metres: int) -> tuple[float, float]:
    """The place so many metres along a street of the grid."""
    (ax, ay), (bx, by) = segment
    return (ax + (bx - ax) / STEP * metres, ay + (by - ay) / STEP * metres)


@st.composite
def communities(draw: st.DrawFn) -> list[tuple[str, str, str | None, tuple[float, float, float, float]]]:
    """City, two districts, and below them subdistricts and communities that leave people outside at each level."""
    cut = draw(st.integers(100, 400)) + 0.5
    rows: list[tuple[str, str, str | None, tuple[float, float, float, float]]] = [
        ("c", "city", None, (-100.5, -100.5, 600.5, 600.5)),
        ("d1", "district", "c", (-100.5, -100.5, cut, 600.5)),
        ("d2", "district", "c", (cut, -100.5, 600.5, 500.5)),
    ]
    for parent, west in (("d1", -100.5), ("d2", cut)):
        top = draw(st.integers(50, 450)) + 0.5
        rows.append((f"{parent}s", "subdistrict", parent, (west, -100.5, west + 150, top)))
        rows.append((f"{parent}k", "community", f"{parent}s", (west, -100.5, west + 80, top - 40)))
    return rows


@st.composite
def drawn_towns(draw: st.DrawFn, *, on_streets: bool = False) -> Study:
    """Streets, homes and facilities anywhere or right on the streets, units of four levels."""
    lines = draw(segments)
    places = st.builds(along, st.sampled_from(lines), st.integers(1, STEP - 1)) if on_streets else spots
    living = draw(st.lists(st.tuples(headcounts, places), min_size=4, max_size=12))
    serving = draw(st.lists(st.tuples(st.sampled_from(CATEGORIES), places), min_size=2, max_size=6))
    return towns.study(
        streets=towns.streets(*lines),
        facilities=towns.facilities(*((f"f{n}", category, *xy) for n, (category, xy) in enumerate(serving))),
        demand=towns.homes(*((f"h{n}", people, *xy) for n, (people, xy) in enumerate(living))),
        units=towns.units(*draw(communities())),
    )


def judged(study: Study, standard: Standard = STANDARD) -> Assessment:
    return assess(study, build_network(study), standard, ADULT, code_version="test", created="2026-11-23")


def walks(study: Study) -> np.ndarray:
    """Metres from every home (rows) to the nearest of each category (columns)."""
    return find_reachable(study, build_network(study), STANDARD, ADULT).reach.place_m


def thousandths(people: Any) -> np.ndarray:
    return np.rint(np.asarray(people, dtype=float) * 1000).astype(np.int64)


@few
@given(drawn_towns(), st.integers(1, 1500), st.integers(0, 1500))
def test_a_longer_threshold_never_covers_fewer(town: Study, short: int, more: int) -> None:
    rules = [towns.rule(f"{metres}", "canteen", "clinic", metres=metres) for metres in (short, short + more)]
    rules += [towns.rule(f"{metres} min", "canteen", minutes=metres / 60) for metres in (short, short + more)]
    result = judged(town, towns.standard(*rules))
    is_covered = result.status == COVERED
    assert (is_covered[:, 0] <= is_covered[:, 1]).all()
    assert (is_covered[:, 2] <= is_covered[:, 3]).all()
    covered = result.verdicts["covered"].to_numpy().reshape(-1, 4)
    assert (covered[:, 0] <= covered[:, 1]).all()


@few
@given(drawn_towns(), st.sampled_from(CATEGORIES), spots)
def test_one_facility_more_never_lengthens_a_walk_or_uncovers_anybody(
    town: Study, category: str, xy: tuple[float, float]
) -> None:
    known = town.facilities[["facility_id", "category", "geometry"]].itertuples(index=False)
    rows = [(f, c, p.x - towns.EAST, p.y - towns.NORTH) for f, c, p in known]
    more = towns.facilities(*rows, ("new", category, *xy))
    served = replace(town, facilities=more, entrances=towns.doors(more))
    assert (walks(served) <= walks(town)).all()
    before, after = judged(town), judged(served)
    assert ((before.status == COVERED) <= (after.status == COVERED)).all()
    assert (after.totals["covered"] >= before.totals["covered"]).all()


@few
@given(drawn_towns())
def test_nobody_is_lost_on_the_way_up_the_levels(town: Study) -> None:
    result = judged(town)
    people, units = thousandths(town.demand["people"].to_numpy()), town.units
    counted = dict(zip(units["unit_id"], thousandths(result.units["people"]), strict=True))
    for row, (unit, parent) in enumerate(zip(units["unit_id"], units["parent_id"], strict=True)):
        below = sum(counted[child] for child in units.loc[units["parent_id"] == unit, "unit_id"])
        assert counted[unit] == below + people[result.demand_unit == row].sum()
        assert not isinstance(parent, str) or counted[unit] <= counted[parent]
    outside = people[result.demand_unit < 0].sum()
    assert counted["c"] + outside == people.sum() == round(result.headline["people"] * 1000)
    assert round(result.headline["people_outside_units"] * 1000) == outside
    is_within = town.demand.geometry.map(lambda p: any(shape.intersects(p) for shape in units.geometry))
    assert (is_within.to_numpy() == (result.demand_unit >= 0)).all()


@few
@given(drawn_towns())
def test_covered_and_uncovered_and_unknown_are_all_people_to_the_last_thousandth(town: Study) -> None:
    result = judged(town)
    people = thousandths(town.demand["people"].to_numpy())
    for frame in (result.totals, result.outside, result.verdicts):
        parts = [thousandths(frame[part]) for part in ("covered", "uncovered", "unknown")]
        assert (np.sum(parts, axis=0) == thousandths(frame["people"])).all()
    assert (thousandths(result.totals["people"]) == people.sum()).all()
    city = result.verdicts[result.verdicts["unit_id"] == "c"].reset_index(drop=True)
    for part in ("people", "covered", "uncovered", "unknown"):
        assert (thousandths(city[part]) + thousandths(result.outside[part]) == thousandths(result.totals[part])).all()
    assert (result.status[np.isnan(result.demand_access_m)] == UNKNOWN).all()
    answer = [people[result.status[:, r] == COVERED].sum() for r in range(len(STANDARD.rules))]
    assert thousandths(result.totals["covered"]).tolist() == answer


def shuffled(town: Study, seed: int) -> Study:
    """The same town with the rows of every table in another order."""
    mixed = {name: table.sample(frac=1, random_state=seed).reset_index(drop=True) for name, table in
             town.tables.items()}  # fmt: skip
    return replace(town, **mixed)


def told(result: Assessment, town: Study) -> dict[str, Any]:
    """Everything an assessment says, by id, in the order of the ids."""
    nearest = np.array([*town.facilities["facility_id"], None], dtype=object)[result.demand_nearest]
    units = np.array([*town.units["unit_id"], None], dtype=object)[result.demand_unit]
    ids = town.demand["demand_id"].tolist()
    places = zip(ids, result.demand_walk_m.tolist(), nearest.tolist(), units, result.status.tolist(), strict=True)
    gaps = result.gaps.astype(object).where(result.gaps.notna(), None)
    return {
        "id": result.assessment_id,
        "places": sorted(places, key=lambda row: row[0]),
        "facilities": sorted(zip(town.facilities["facility_id"], map(str, result.facility_people), strict=True)),
        "verdicts": sorted(map(str, result.verdicts.itertuples(index=False))),
        "units": sorted(map(str, result.units.itertuples(index=False))),
        "totals": result.totals.astype(str).to_dict("records"),
        "gaps": gaps.to_dict("records"),
        "areas": draw_areas(town, build_network(town), result)[0].drop(columns="geometry").to_dict("records"),
    }


@few
@given(drawn_towns(), st.integers(0, 99))
def test_the_order_of_rows_is_of_no_consequence(town: Study, seed: int) -> None:
    mixed = shuffled(town, seed)
    assert told(judged(mixed), mixed) == told(judged(town), town)


def test_a_home_midway_between_two_streets_does_not_hang_on_their_order() -> None:
    """50 m to either street: by the north one 200 + 100 + 300 + 50 m, by the south one 50 + 100 m."""
    lines = [[(0, 0), (300, 0)], [(0, 100), (300, 100)], [(0, 0), (0, 100)]]
    found = []
    for order in itertools.permutations(lines):
        places, living = towns.facilities(("c", "canteen", 300, 0)), towns.homes(("h", 10, 200, 50))
        town = towns.study(streets=towns.streets(*order), facilities=places, demand=living)
        found.append(float(walks(town)[0, 0]))
    assert len(set(found)) == 1


def test_a_gap_behind_two_walls_names_the_same_one_in_any_order() -> None:
    town = towns.study(
        streets=towns.streets([(0, 0), (1000, 0)], [(0, 110), (1000, 110)], [(1000, 0), (1000, 110)]),
        facilities=towns.facilities(("c", "canteen", 0, 0)),
        demand=towns.homes(("a", 10, 10, 110), ("b", 10, 30, 110)),
        walls=towns.walls([(-50, 50), (50, 50)], [(-50, 60), (50, 60)]),
    )
    turned = replace(town, walls=town.walls.iloc[::-1].reset_index(drop=True))
    rules = towns.standard(towns.rule("r", "canteen", metres=200))
    first, second = judged(town, rules), judged(turned, rules)
    assert first.gaps[["people", "cause"]].to_numpy().tolist() == [[20, "severed"]]
    assert first.gaps["wall_id"].tolist() == second.gaps["wall_id"].tolist()


barriers = st.lists(
    st.tuples(st.integers(-40, 490), st.integers(-40, 490), st.integers(-400, 400), st.integers(-400, 400)).map(
        lambda w: [(w[0] + 0.29, w[1] + 0.71), (w[0] + w[2] + 0.41, w[1] + w[3] + 0.23)]
    ),
    min_size=2,
    max_size=6,
)


@few
@given(drawn_towns(on_streets=True), barriers)
def test_a_wall_never_shortens_a_walk(town: Study, lines: list[Any]) -> None:
    """The places stand on their streets: one that a wall turns away may join another street, and gain by it."""
    assert (walks(replace(town, walls=towns.walls(*lines))) >= walks(town) - ROUNDING_M).all()


@few
@given(drawn_towns(on_streets=True), barriers)
def test_a_doubtful_wall_changes_no_walk_between_streets(town: Study, lines: list[Any]) -> None:
    doubtful = towns.walls(*lines, is_planners=False)
    assert walks(replace(town, walls=doubtful)).tolist() == walks(town).tolist()


def gated(town: Study, lines: list[Any], access: str) -> Study:
    """The town with these walls and a gate at each of their middles."""
    middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, access) for a, b in lines]
    return replace(town, walls=towns.walls(*lines), gates=towns.gates(*middles))


@few
@given(drawn_towns(on_streets=True), st.lists(st.sampled_from(SEGMENTS), min_size=4, max_size=10, unique=True))
def test_an_opened_gate_never_lengthens_a_walk(town: Study, crossed: list[Any]) -> None:
    lines = []
    for segment in crossed:
        (x, y), is_east = along(segment, STEP // 2), segment[0][1] == segment[1][1]
        lines.append([(x, y - 20), (x, y + 20)] if is_east else [(x - 20, y), (x + 20, y)])
    closed, opened = walks(gated(town, lines, "closed")), walks(gated(town, lines, "public"))
    assert (opened <= closed + ROUNDING_M).all()
    assert opened.tolist() == pytest.approx(np.asarray(walks(town)), abs=ROUNDING_M)
    bare = replace(town, walls=towns.walls(*lines), gates=tables.empty(tables.GATES, towns.CRS))
    assert walks(bare).tolist() == closed.tolist()


def test_an_opened_gate_never_cuts_off_a_home_beside_the_wall() -> None:
    """The wall slants over the street at 150, the home stands west of it at 160: its way to the gate is free.

    To the near side of the gate sqrt(10 ** 2 + 20 ** 2) = 22.36 m, then 150 m; an open gate takes nothing of it.
    """
    town = towns.study(
        streets=towns.streets([(0, 0), (300, 0)]),
        facilities=towns.facilities(("c", "canteen", 0, 0)),
        demand=towns.homes(("h", 10, 160, 20)),
    )
    wall = [[(100, -50), (200, 50)]]
    closed, opened = (walks(gated(town, wall, access))[0, 0] for access in ("closed", "public"))
    assert closed == pytest.approx(172.36, abs=ROUNDING_M)
    assert opened <= closed + ROUNDING_M
