"""Missing links: near but severed streets, gains by arithmetic; the sample's banks that were made to be apart."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import scenarios
import shapely
import towns

from geo.assess import prepare
from geo.model.assessment import Assessment
from geo.model.errors import InputError
from geo.model.study import Study
from geo.plan.baseline import Baseline, baseline
from geo.plan.gates import Wanted, find_gates
from geo.plan.links import APART_M
from geo.plan.quick import standing
from geo.store import open_network
from web.prepare import SAMPLE
from web.settings import ROOT

LINKS = Wanted(1, kinds=("links",))


def banks(*, metres: float | None = 400, minutes: float | None = None, walls: bool = False) -> Baseline:
    """Two streets 100 m apart, 2,000 m long, joined at their west end; a canteen in the north at 1,800.

    Homes stand 10 m off in the south at 1,500 (30 people) and at 1,000 (7 people).
    """
    town = towns.study(
        streets=towns.streets([(0, 0), (2000, 0)], [(0, 0), (0, 100)], [(0, 100), (2000, 100)]),
        facilities=towns.facilities(("c", "canteen", 1800, 100)),
        demand=towns.homes(("near", 30, 1500, -10), ("far", 7, 1000, -10)),
        walls=towns.walls([(-10, 50), (2010, 50)]) if walls else towns.walls(),
    )
    rules = towns.standard(towns.rule("r", "canteen", metres=metres, minutes=minutes))
    return baseline(town, prepare(town), rules, scenarios.ADULT)


def test_the_best_link_saves_what_it_must() -> None:
    """A straight link leads near home 10 + 300 + 100 m; a slanting one past 150 m of it saves no more than 70 m.

    Before, near home walked 10 + 1,500 + 100 + 1,800 = 3,410 m, far home 2,910 m. Links of 200 m reach 173 m on.
    """
    made = find_gates(standing(banks(metres=410)), LINKS)
    best = made.frame.iloc[0]
    assert (best["kind"], best["wall_id"], best["across"]) == ("link", None, "missing link")
    assert (best["people_gained"], best["canteen_gained"], best["people_lost"]) == (30, 30, 0)
    assert (best["link_m"], best["people_nearer"]) == (pytest.approx(100, abs=0.01), 37)
    assert best["saved_m"] == pytest.approx((30 * (3410 - 410) + 7 * (2910 - 910)) / 37, abs=0.05)
    assert best["people_gained_per_built_m"] == pytest.approx(0.3, abs=0.001)
    assert best["saved_m_per_built_m"] == pytest.approx((30 * 3000 + 7 * 2000) / 100, abs=5)
    assert find_gates(standing(banks(metres=339)), LINKS).frame["people_gained"].max() == 0


def test_minutes_are_asked_in_minutes() -> None:
    """At 1 m/s, 410 m are 6.83 minutes and 339 m are 5.65."""
    for minutes, people in ((5.65, 0), (6.84, 30)):
        best = find_gates(standing(banks(metres=None, minutes=minutes)), LINKS).frame.iloc[0]
        assert best["people_gained"] == people
    assert best["saved_min"] == pytest.approx(best["saved_m"] / 60, abs=0.01)


def test_a_wall_between_is_no_missing_link() -> None:
    with pytest.raises(InputError, match="no missing link has streets close on both sides"):
        find_gates(standing(banks(walls=True)), LINKS)
    both = find_gates(
        standing(banks(walls=True)), Wanted(1, kinds=("walls", "links"), access="residents", hours="6-22")
    )
    assert set(both.frame["kind"]) == {"wall"}
    edit = both.scenario.edits[0]
    assert (edit.kind, edit.values["access"], edit.values["hours"]) == ("open_wall", "residents", "6-22")


def test_links_and_walls_are_chosen_together() -> None:
    made = find_gates(standing(banks()), Wanted(2, kinds=("walls", "links")))
    assert made.frame["together"].notna().sum() == min(2, len(made.frame))
    assert made.figures["walls"] == 0 and made.figures["links"] > 0


def test_the_banks_that_were_made_apart_are_found(sample_studies: Path, sample: tuple[Study, Assessment]) -> None:
    """Each river and railway of truth.json: links across it for its category bring its communities nearer.

    The market across the river stays beyond 500 m for all of them, as no link is that short; the others cover people.
    """
    study, _ = sample
    made = json.loads((ROOT / "data/sample/truth.json").read_text(encoding="utf-8"))
    severed = [one for one in made if one["kind"] in ("river", "railway")]
    rules = towns.standard(
        *(towns.rule(c, c, metres=m) for c, m in sorted({(one["category"], one["threshold_m"]) for one in severed}))
    )
    stands = standing(baseline(study, open_network(sample_studies, SAMPLE), rules, scenarios.ADULT))
    gained = []
    for one in severed:
        best = find_gates(stands, Wanted(1, (one["category"],), ("links",))).frame
        units = shapely.union_all(study.units.geometry[study.units["unit_id"].isin(one["unit_ids"])])
        across = {"river": "water", "railway": "railway"}[one["kind"]]
        near = best[(best.distance(units) < APART_M) & (best["across"] == across)]
        sys.stdout.write(
            f"\n{one['note']}: {near[['people_gained', 'people_nearer', 'link_m']].head(1).to_dict('list')}"
        )
        assert near["people_nearer"].max() > 0.4 * one["people"], one["note"]
        gained.append(near["people_gained"].max())
        assert (best["people_lost"] == 0).all()
    assert len(severed) >= 4 and sum(people > 0 for people in gained) >= len(severed) - 1
