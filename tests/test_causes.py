"""Why people lack a service: one town with every cause, computed on paper."""

from __future__ import annotations

from dataclasses import replace

import pytest
import towns
from shapely.geometry import LineString, box

from geo.assess import assess, prepare
from geo.model import tables
from geo.model.assessment import CAUSES, UNCOVERED, UNKNOWN, Assessment
from geo.model.standards import Profile, Standard, Text
from geo.model.study import Study

ADULT = Profile("adult", Text("成年人", "adult"), 1.0, 0.5, "town")
RULE = towns.rule("r", "canteen", metres=300)


def judged(study: Study, standard: Standard) -> Assessment:
    return assess(study, prepare(study), standard, ADULT, code_version="test", created="2026-11-24")


def line(*points: towns.XY) -> LineString:
    return LineString([towns.at(*point) for point in points])


def backdrop(*rows: tuple[str, str | None, object]) -> object:
    """Water, railways and roads as (kind, name, shape)."""
    records = [{"kind": kind, "name": name, "name_en": name and f"{name} in English"} for kind, name, _ in rows]
    return table(records, [shape for *_, shape in rows])


def table(records: list[dict[str, object]], shapes: list[object]) -> object:
    return towns.table(tables.BACKDROP, records, shapes)


def parted_town() -> Study:
    """Two streets 100 m apart that meet only at x = 3000, and something else between them every 600 m.

        y=100   c0----------c1----------c2----------c3----------c4------(3000)
                   wall        river       railway      road      nothing |
        y=0     a-----------b-----------c-----------d-----------e-------(3000)------------------f (4000)

    Each canteen stands at y = 100, each home at y = 0, at x = 0, 600, ... 2400: 100 m by line. On foot every home goes
    by x = 3000 to c4 at 2400: a 3000 + 100 + 600 = 3700 m, b 3100, c 2500, d 1900, e 1300. Through its barrier each
    walks 100 m. f, at (4000, 0), has 1603 m by line. u, at (0, 900), has no street within 150 m.
    The wall lies at y = 50; the river from y = 30 to 70; the railway at y = 50 between fences at 42 and 58; a road
    closed to walkers at y = 50.
    """
    river = box(*towns.at(500, 30), *towns.at(700, 70))
    return towns.study(
        streets=towns.streets(
            [(0, 0), (3000, 0)], [(3000, 0), (4000, 0)], [(3000, 0), (3000, 100)], [(3000, 100), (0, 100)]
        ),
        facilities=towns.facilities(*((f"c{n}", "canteen", 600 * n, 100) for n in range(5))),
        demand=towns.homes(
            ("a", 10, 0, 0), ("b", 20, 600, 0), ("c", 30, 1200, 0), ("d", 40, 1800, 0), ("e", 50, 2400, 0),
            ("f", 60, 4000, 0), ("u", 70, 0, 900),
        ),
        units=towns.units(("town", "community", None, (-200, -200, 4200, 1000))),
        walls=towns.walls([(-100, 50), (100, 50)], [(1100, 42), (1300, 42)], [(1100, 58), (1300, 58)]),
        backdrop=backdrop(
            ("water", "锦溪", river), ("rail", "锦宁线", line((1100, 50), (1300, 50))),
            ("road", None, line((1700, 50), (1900, 50))),
        ),
    )  # fmt: skip


def test_every_cause_and_what_a_way_through_saves() -> None:
    """Way and walk onwards are 100 m in all; a missing link is counted as the straight line, 100 m too."""
    gaps = judged(parted_town(), towns.standard(RULE)).gaps.set_index("people")
    found = gaps[["cause", "barrier", "wall_id", "barrier_name", "saved_m", "people_gained", "remedy"]]
    told = {people: tuple(None if v != v else v for v in row) for people, *row in found.itertuples()}
    assert told == {
        10: ("severed", "wall", "w0", None, 3600.0, 10.0, "way through"),
        20: ("severed", "water", None, "锦溪", 3000.0, 20.0, "way through"),
        30: ("severed", "railway", None, "锦宁线", 2400.0, 30.0, "way through"),
        40: ("severed", "road", None, None, 1800.0, 40.0, "way through"),
        50: ("severed", "missing link", None, None, 1200.0, 50.0, "way through"),
        60: ("none in range", None, None, None, None, 0.0, "new facility"),
        70: ("unknown", None, None, None, None, 0.0, "survey the data"),
    }


def test_unknown_people_come_last_and_are_never_counted_as_uncovered() -> None:
    result = judged(parted_town(), towns.standard(RULE))
    assert result.gaps["people"].tolist() == [60, 50, 40, 30, 20, 10, 70]
    assert result.gaps["rank"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert result.totals[["uncovered", "unknown"]].iloc[0].tolist() == [210, 70]


def test_the_people_of_each_cause_add_up_to_the_answers() -> None:
    result = judged(parted_town(), towns.standard(RULE))
    sums = result.gaps[[f"people_{cause.replace(' ', '_')}" for cause in CAUSES]].sum()
    assert sums.tolist() == [60, 150, 0, 70]
    assert result.gaps["people"].sum() == sums.sum()


def test_a_patch_of_two_causes_tells_the_people_of_each() -> None:
    """At 105 m home a has c0 at 100 m by line, its neighbour at (100, 0) has it at 141 m: 10 people against 25."""
    town = parted_town()
    town = replace(town, demand=towns.homes(("a", 10, 0, 0), ("n", 25, 100, 0)))
    gap = judged(town, towns.standard(towns.rule("r", "canteen", metres=105))).gaps.iloc[0]
    assert (gap.cause, gap.people_none_in_range, gap.people_severed, gap.remedy) == (
        "none in range",
        25,
        10,
        "new facility",
    )
    assert (gap.barrier, gap.wall_id, gap.people_gained) == ("wall", "w0", 10)


def test_a_barrier_whose_opening_helps_nobody_calls_for_a_facility() -> None:
    """Behind the wall lies a yard with a street of its own that leads nowhere: a way through saves nothing."""
    town = towns.study(
        streets=towns.streets([(0, 0), (4000, 0)], [(0, 60), (30, 60)]),
        facilities=towns.facilities(("c", "canteen", 0, 120)),
        demand=towns.homes(("h", 10, 0, 0)),
        walls=towns.walls([(-500, 30), (500, 30)], [(-500, 90), (500, 90)]),
    )
    gap = judged(town, towns.standard(towns.rule("r", "canteen", metres=200))).gaps.iloc[0]
    assert (gap.cause, gap.barrier, gap.remedy) == ("severed", "wall", "new facility")
    assert gap.saved_m != gap.saved_m and gap.people_gained == 0


def test_a_gap_is_named_by_its_community_and_the_street_of_most_of_its_people() -> None:
    town = towns.line_town()
    named = town.streets.assign(name="长街")
    units = town.units.assign(name=["市", "西社区", "东社区"], name_en=["City", "West Community", None])
    gaps = judged(
        replace(town, streets=named, units=units), towns.standard(towns.rule("r", "canteen", metres=300))
    ).gaps
    assert gaps[["people", "name", "name_en"]].to_numpy().tolist() == [
        [100, "西社区，长街一带", "West Community, by 长街"], [50, "东社区，长街一带", "东社区, by 长街"],
        [30, "东社区，长街一带", "东社区, by 长街"],
    ]  # fmt: skip


def test_a_rule_without_one_facility_makes_no_patch_of_the_whole_town() -> None:
    result = judged(parted_town(), towns.standard(RULE, towns.rule("n", "library", metres=300)))
    assert set(result.gaps["rule_id"]) == {"r"}
    assert (result.cause[:, 1] == CAUSES.index("unknown")).all()


def test_causes_follow_the_answers() -> None:
    result = judged(parted_town(), towns.standard(RULE))
    causes = [CAUSES[c] if c >= 0 else None for c in result.cause[:, 0]]
    assert causes == ["severed"] * 5 + ["none in range", "unknown"]
    assert result.status[:, 0].tolist() == [UNCOVERED] * 6 + [UNKNOWN]


@pytest.mark.parametrize(("slant", "barrier"), [(0, "railway"), (70, "railway")])
def test_a_slanting_line_takes_the_fences_with_the_railway(slant: float, barrier: str) -> None:
    """The line to a canteen 70 m farther crosses fences and track within 20 m: still one obstacle, the railway."""
    town = parted_town()
    town = replace(
        town, facilities=towns.facilities(("c", "canteen", 1200 + slant, 100)), demand=towns.homes(("c", 30, 1200, 0))
    )
    town = replace(town, entrances=towns.doors(town.facilities))
    gap = judged(town, towns.standard(RULE)).gaps.iloc[0]
    assert (gap.cause, gap.barrier, gap.barrier_name_en) == ("severed", barrier, "锦宁线 in English")
