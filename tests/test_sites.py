"""Siting: what it promises is what a scenario of its sites gains, and no other choice gains more."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import scenarios
import towns
from click.testing import CliRunner
from shapely.geometry import Point

import app
from geo.assess import prepare
from geo.model.errors import InputError, NotFoundError
from geo.model.standards import Standard
from geo.plan.apply import apply
from geo.plan.baseline import Baseline, baseline
from geo.plan.briefs import Brief
from geo.plan.candidates import Candidates, premises_candidates, street_candidates
from geo.plan.compare import compare
from geo.plan.sites import Sites, as_scenario, find_sites

RULES = towns.standard(towns.rule("r", "canteen", metres=200))


def long_town() -> Baseline:
    """A street of 3 km, a canteen at its west end, homes every 150 m of 1, 2, 3 ... people, 10 m off."""
    town = towns.study(
        streets=towns.streets([(0, 0), (3000, 0)]),
        facilities=towns.facilities(("c", "canteen", 0, 0)),
        demand=towns.homes(*((f"h{n}", n, 150 * n, 10) for n in range(1, 20))),
    )
    return baseline(town, prepare(town), RULES, scenarios.ADULT)


def judged(base: Baseline, standard: Standard) -> Baseline:
    return baseline(base.study, base.network, standard, scenarios.ADULT)


def points(base: Baseline, *places: float) -> Candidates:
    shapes = gpd.GeoSeries([Point(towns.at(x, 0)) for x in places], crs=base.study.crs)
    return Candidates(tuple(f"p{n}" for n in range(len(places))), (None,) * len(places), "points", shapes)


def gained(base: Baseline, sites: Sites) -> float:
    done = apply(base.study, as_scenario(sites, "sites"), scale=base.network.ground_scale)
    return float(compare(base, done).figures["rules"][0]["gained"])


@pytest.mark.parametrize("is_exact", [False, True])
def test_the_most_people_newly_covered_is_that_of_trying_every_pair(is_exact: bool) -> None:
    base, places = long_town(), [200, 700, 1310, 1480, 2100, 2690]
    made = find_sites(base, Brief(("canteen",), 2, is_exact=is_exact), points(base, *places))
    homes = {n: 150 * n for n in range(1, 20) if 150 * n + 10 > 200}
    best = max(
        sum(n for n, x in homes.items() if min(abs(x - a), abs(x - b)) + 10 <= 200)
        for a, b in itertools.combinations(places, 2)
    )
    assert made.figures["people_gained"] == best == gained(base, made)
    assert made.figures["value"] <= made.figures["bound"]
    assert not is_exact or made.figures["is_best"]
    assert made.frame["people_gained"].sum() == best


def test_all_by_the_fewest_and_why_not() -> None:
    """18 homes from 300 to 2850 m lack a canteen; a site serves three of them, 150 m apart and 10 m off."""
    base = long_town()
    made = find_sites(base, Brief(("canteen",), 9, goal="all"), points(base, *range(0, 3000, 50)))
    assert made.figures["is_feasible"] and made.figures["value"] == made.figures["bound"] == len(made.frame) == 6
    assert gained(base, made) == made.figures["people_uncovered"]
    few = find_sites(base, Brief(("canteen",), 3, goal="all"), points(base, *range(0, 3000, 50))).figures
    assert (few["is_feasible"], few["reason"]) == (False, "at least 6 sites are needed")
    beyond = find_sites(base, Brief(("canteen",), 3, goal="all"), points(base, 2000)).figures
    assert not beyond["is_feasible"] and "have no candidate within 200 m" in beyond["reason"]


@pytest.mark.parametrize("goal", ["average", "worst"])
def test_average_and_worst_walk_are_those_of_trying_every_pair(goal: Any) -> None:
    base, places = long_town(), [400, 900, 1300, 1700, 2200, 2600]
    made = find_sites(base, Brief(("canteen",), 2, goal=goal), points(base, *places))
    people = np.arange(1, 20)

    def told(pair: tuple[int, ...]) -> float:
        walks = [min(abs(150 * n - x) for x in (0, *pair)) + 10 for n in people]
        return float(np.average(walks, weights=people)) if goal == "average" else max(walks)

    best = min(told(pair) for pair in itertools.combinations(places, 2))
    assert made.figures["value"] == pytest.approx(best, abs=0.02)
    assert made.figures["is_best"] and made.figures["bound"] == made.figures["value"]


def test_what_cannot_be_sited_is_refused() -> None:
    base = long_town()
    far = find_sites(base, Brief(("canteen",), 1, goal="worst"), points(base, 90_000)).figures
    assert not far["is_feasible"] and far["reason"] == "no candidate makes it better than what is there"
    with pytest.raises(NotFoundError, match="no rule of town names 'bank'"):
        find_sites(base, Brief(("bank",), 1), points(base, 10))
    with pytest.raises(InputError, match="there are none"):
        find_sites(base, Brief(("canteen",), 1), premises_candidates(base))
    several = towns.standard(towns.rule("r", "canteen", metres=300, min_count=2))
    with pytest.raises(InputError, match="is for several places"):
        find_sites(judged(base, several), Brief(("canteen",), 1), points(base, 10))


def test_junctions_are_thinned_to_one_in_a_square() -> None:
    base = long_town()
    assert street_candidates(base).ids == ("node-1", "node-2")
    assert len(street_candidates(base, spacing_m=9000).ids) == 1


@pytest.mark.parametrize("candidates", ["streets", "premises"])
def test_the_command_promises_what_its_scenario_gains(sample_studies: Path, tmp_path: Path, candidates: str) -> None:
    plan, out = tmp_path / "plan.json", tmp_path / "sites.geojson"

    def told(*arguments: object) -> dict[str, Any]:
        settings = {"LIFECIRCLE_STUDIES": str(sample_studies)}
        done = CliRunner().invoke(app.commands, [*map(str, arguments), "--json"], env=settings)
        assert done.exit_code == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    made = told(
        "sites", "sample", "--category", "canteen", "--count", 4, "--candidates", candidates, "--out", out,
        "--scenario-out", plan,
    )  # fmt: skip
    rules = {rule["rule_id"]: rule for rule in told("compare", "sample", "--scenario", plan)["rules"]}
    assert rules["5min/canteen"]["gained"] == made["people_gained"] > 0
    assert [f["properties"]["rank"] for f in json.loads(out.read_text(encoding="utf-8"))["features"]] == [1, 2, 3, 4]
