"""Every rule and option of siting: as good as trying every choice, and a scenario of the sites gains what is told."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import scenarios
import towns
from shapely.geometry import Point, Polygon, box

from geo.assess import prepare
from geo.model.assessment import COVERED
from geo.model.errors import InputError
from geo.model.standards import Rule
from geo.model.study import Study
from geo.plan.apply import apply
from geo.plan.baseline import Baseline, baseline
from geo.plan.briefs import Brief
from geo.plan.candidates import Candidates, drawn_candidates, without_forbidden
from geo.plan.compare import compare
from geo.plan.sites import Sites, as_scenario, find_sites

PLACES = (130.0, 420.0, 610.0, 905.0, 1180.0)


def town(elders: bool = False) -> Study:
    """A street of 1,200 m, homes of 3, 5, 7 ... people every 101 m, 7 m off; canteens at 0 and 500, a bank at 800."""
    homes = towns.homes(*((f"h{n}", 2 * n + 3, 101 * n, 7) for n in range(12)))
    if elders:
        homes["people_60_79"] = [float(n % 4) for n in range(12)]
        homes["people_80"] = 0.0
    return towns.study(
        streets=towns.streets([(0, 0), (500, 0)], [(500, 0), (1200, 0)]),
        facilities=towns.facilities(("c", "canteen", 0, 0), ("d", "canteen", 500, 0), ("b", "bank", 800, 0)),
        demand=homes,
    )


def judged(study: Study, *rules: Rule) -> Baseline:
    return baseline(study, prepare(study), towns.standard(*rules), scenarios.ADULT)


def points(base: Baseline, *along: float) -> Candidates:
    shapes = gpd.GeoSeries([Point(towns.at(x, 0)) for x in along], crs=base.study.crs)
    return Candidates(tuple(f"p{n}" for n in range(len(along))), (None,) * len(along), "points", shapes)


def figures_after(base: Baseline, sites: Sites) -> dict[str, Any]:
    done = apply(base.study, as_scenario(sites, "sites"), scale=base.network.ground_scale)
    return compare(base, done).figures


def choices(count: int) -> Iterator[tuple[float, ...]]:
    return itertools.chain.from_iterable(itertools.combinations(PLACES, k) for k in range(count + 1))


def best_by_comparing(base: Baseline, count: int, categories: tuple[str, ...] = ("canteen",)) -> float:
    """The most people newly covered, all rules added, by any choice of places, each compared as a scenario."""
    columns = list(base.crowd.of_rule)
    newly = {}
    for x in PLACES:
        edits = [scenarios.edit("add_facility", category=c, at=scenarios.place(x, 0)) for c in categories]
        done = apply(base.study, scenarios.scenario(*edits), scale=base.network.ground_scale)
        newly[x] = (compare(base, done).status == COVERED) & (base.answers.status != COVERED)
    people = base.crowd.people[:, columns] / 1000
    return max(float((np.any([newly[x] for x in some], axis=0) * people).sum()) for some in choices(count) if some)


RULES = {
    "metres": towns.rule("r", "canteen", metres=150),
    "minutes": towns.rule("r", "canteen", minutes=2.5),
    "radius": towns.rule("r", "canteen", metres=150, measure="line"),
    "radius in minutes": towns.rule("r", "canteen", minutes=2.5, measure="line"),
    "either": towns.rule("r", "canteen", "bank", metres=150),
    "both": towns.rule("r", "canteen", "bank", metres=350, combine="each"),
}


@pytest.mark.parametrize("kind", RULES)
def test_most_people_by_any_rule_are_those_of_trying_every_pair(kind: str) -> None:
    base = judged(town(), RULES[kind])
    best = best_by_comparing(base, 2)
    for is_exact in (False, True):
        made = find_sites(base, Brief(("canteen",), 2, is_exact=is_exact), points(base, *PLACES))
        assert made.figures["value"] <= best <= made.figures["bound"]
    told = figures_after(base, made)["rules"][0]
    assert told["gained"] == made.figures["people_gained"] == made.frame["people_gained"].sum() == best > 0


def test_minutes_are_told_as_minutes_and_looked_for_the_way_residents_walk() -> None:
    """One street, walked east only: a site west of the home serves nobody, one east of it does, in 100 s."""
    study = towns.study(
        streets=towns.streets([(0, 0), (400, 0)], told={0: {"oneway_foot": "forward"}}),
        facilities=towns.facilities(("c", "canteen", 5000, 0)),
        demand=towns.homes(("h", 10, 200, 0)),
    )
    base = judged(study, towns.rule("r", "canteen", minutes=2))
    west, east = (
        find_sites(base, Brief(("canteen",), 1, goal=goal), points(base, x)).figures
        for x, goal in ((100, "people"), (300, "average"))
    )
    assert (west["people_gained"], east["people_gained"]) == (0, 10)
    assert (east["unit"], east["value"], east["threshold_min"], east["threshold_m"]) == (
        "minutes on average", pytest.approx(100 / 60), 2, None,
    )  # fmt: skip
    far = find_sites(base, Brief(("canteen",), 1, goal="all"), points(base, 100)).figures
    assert far["reason"] == "10 people have no candidate within 2 min"


def test_several_categories_share_a_building() -> None:
    """One site gives a canteen and a bank; what counts is the sum over the rules, each person once for every rule."""
    rules = (towns.rule("eat", "canteen", metres=150), towns.rule("pay", "bank", metres=150))
    base = judged(town(), *rules)
    made = find_sites(base, Brief(("canteen", "bank"), 2), points(base, *PLACES))
    told = figures_after(base, made)
    assert made.figures["is_best"]
    assert made.figures["value"] == best_by_comparing(base, 2, ("canteen", "bank"))
    assert [r["people_gained"] for r in made.figures["rules"]] == [r["gained"] for r in told["rules"]]
    assert made.figures["people_gained"] == told["people_gained"] == made.frame["people_gained"].sum()
    assert made.figures["weights"]["rules"] == {"eat": 1.0, "pay": 1.0}
    both = find_sites(base, Brief(("canteen", "bank"), 5, goal="all"), points(base, *range(0, 1201, 50))).figures
    assert both["is_feasible"] and all(r["people_gained"] == r["people_uncovered"] for r in both["rules"])


def test_a_rule_that_asks_for_each_is_met_by_one_building() -> None:
    base = judged(town(), towns.rule("r", "canteen", "bank", metres=150, combine="each"))
    made = find_sites(base, Brief(("canteen", "bank"), 2), points(base, *PLACES))
    assert len(made.figures["rules"]) == 1
    assert figures_after(base, made)["rules"][0]["gained"] == made.figures["people_gained"] > 0
    assert made.figures["people_gained"] == best_by_comparing(base, 2, ("canteen", "bank"))


def test_a_site_serves_no_more_than_its_places() -> None:
    base = judged(town(), towns.rule("r", "canteen", metres=250))
    every = points(base, *PLACES)
    free = find_sites(base, Brief(("canteen",), 2), every).figures
    made = find_sites(base, Brief(("canteen",), 2, capacity=15), every)
    assert made.figures["is_best"] and made.figures["people_served"] == made.figures["value"] == 30
    assert made.frame["people_served"].tolist() == [15, 15]
    assert made.figures["people_gained"] >= 30 and made.figures["unit"] == "people served"
    assert figures_after(base, made)["rules"][0]["gained"] == made.figures["people_gained"]
    assert [edit.values["capacity"] for edit in made.edits] == [15, 15]
    wide = find_sites(base, Brief(("canteen",), 2, capacity=10_000), every).figures
    assert wide["people_served"] == wide["people_gained"] == free["people_gained"]


def test_elders_count_three_times_where_that_is_asked_for() -> None:
    base = judged(town(elders=True), towns.rule("r", "canteen", metres=150))
    made = find_sites(base, Brief(("canteen",), 1, weights="elders"), points(base, *PLACES))
    homes = {n: 101 * n for n in range(12) if min(101 * n, abs(101 * n - 500)) + 7 > 150}

    def worth(x: float) -> float:
        return sum(2 * n + 3 + 2 * (n % 4) for n, at in homes.items() if abs(at - x) + 7 <= 150)

    assert made.figures["value"] == pytest.approx(max(map(worth, PLACES)), rel=0.01)
    assert made.figures["weights"] == {"kind": "elders", "from_age": 60, "elders": 3.0, "others": 1.0}
    assert made.figures["unit"] == "people by weight" and made.figures["is_best"]
    assert figures_after(base, made)["rules"][0]["gained"] == made.figures["people_gained"]
    unsaid = judged(town(), towns.rule("r", "canteen", metres=150))
    with pytest.raises(InputError, match="60 or older"):
        find_sites(unsaid, Brief(("canteen",), 1, weights="elders"), points(unsaid, *PLACES))


def test_the_worst_served_count_up_to_three_times() -> None:
    base = judged(town(), towns.rule("r", "canteen", metres=150))
    walks = {n: min(101 * n, abs(101 * n - 500)) + 7 for n in range(12)}
    factor = {n: round(min(max(walk / 150, 1), 3), 2) for n, walk in walks.items()}

    def worth(x: float) -> float:
        near = (n for n, walk in walks.items() if walk > 150 and abs(101 * n - x) + 7 <= 150)
        return sum((2 * n + 3) * factor[n] for n in near)

    made = find_sites(base, Brief(("canteen",), 1, weights="worst"), points(base, *PLACES)).figures
    assert made["value"] == pytest.approx(max(map(worth, PLACES)))
    assert made["weights"]["most"] == 3.0


def test_nothing_stands_in_a_forbidden_area() -> None:
    base = judged(town(), towns.rule("r", "canteen", metres=150))
    area = gpd.GeoSeries([box(*towns.at(1000, -50), *towns.at(1300, 50))], crs=base.study.crs)
    kept = without_forbidden(points(base, *PLACES), area.to_crs("EPSG:4326"))
    assert kept.ids == ("p0", "p1", "p2", "p3")
    with pytest.raises(InputError, match="there are none"):
        everywhere = gpd.GeoSeries([box(*towns.at(-99, -99), *towns.at(1300, 99))], crs=base.study.crs)
        find_sites(base, Brief(("canteen",), 1), without_forbidden(kept, everywhere))


def test_a_parcel_is_entered_on_the_side_of_the_street() -> None:
    """A parcel 20 to 80 m north of the street: the home at 909 m walks to its south side, 20 m from the street."""
    base = judged(town(), towns.rule("r", "canteen", metres=150))
    parcel = Polygon([towns.at(x, y) for x, y in ((880, 20), (940, 20), (940, 80), (880, 80))])
    parcels = drawn_candidates(base, ["plot"], gpd.GeoSeries([parcel], crs=base.study.crs))
    door, inside = parcels.points.iloc[0], parcels.places.iloc[0]
    assert door.y - towns.NORTH == pytest.approx(20) and parcel.contains(inside)
    made = find_sites(base, Brief(("canteen",), 1), parcels)
    assert made.frame["source"].tolist() == ["parcels"] and "entrances" in made.edits[0].values
    assert figures_after(base, made)["rules"][0]["gained"] == made.figures["people_gained"] > 0
    with pytest.raises(InputError, match="more than once"):
        drawn_candidates(base, ["plot", "plot"], gpd.GeoSeries([parcel, parcel], crs=base.study.crs))


@pytest.mark.parametrize(
    "brief",
    [
        Brief(("canteen",), 1, goal="all", weights="elders"),
        Brief(("canteen",), 1, goal="worst", capacity=9),
        Brief(("canteen", "bank"), 1, goal="average"),
        Brief(("canteen", "bank"), 1, closing=1),
        Brief(("canteen", "canteen"), 1),
        Brief(("canteen",), 1, may_lose=True),
        Brief(("canteen",), 0),
        Brief(("canteen",), 1, closing=1, capacity=9),
    ],
)
def test_options_that_do_not_go_together_are_refused(brief: Brief) -> None:
    base = judged(town(), towns.rule("r", "canteen", metres=150), towns.rule("s", "bank", metres=150))
    with pytest.raises(InputError) as refused:
        find_sites(base, brief, points(base, 10))
    assert refused.value.code == "options_not_together"


def test_a_site_built_once_can_be_built_again_under_another_id() -> None:
    base = judged(town(), towns.rule("r", "canteen", metres=150))
    made = find_sites(base, Brief(("canteen",), 1), points(base, *PLACES))
    built = apply(base.study, as_scenario(made, "first"), scale=base.network.ground_scale).study
    again = judged(built, towns.rule("r", "canteen", metres=150))
    second = find_sites(again, Brief(("canteen",), 1, goal="average"), points(again, *PLACES))
    third = find_sites(again, Brief(("canteen",), 2, goal="average"), points(again, *PLACES))
    ids = [edit.values["facility_id"] for sites in (second, third) for edit in sites.edits]
    assert not set(ids) & set(built.facilities["facility_id"])
