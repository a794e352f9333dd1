"""Walls worth opening: equal to opening each and comparing; the sample's severing walls are found."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scenarios
import towns
from click.testing import CliRunner

import app
from geo.assess import prepare
from geo.model.assessment import Assessment
from geo.model.errors import InputError, NotFoundError
from geo.model.standards import read_profile, read_standard
from geo.model.study import Study
from geo.plan.apply import apply
from geo.plan.baseline import Baseline, baseline
from geo.plan.compare import compare
from geo.plan.gates import Wanted, find_gates
from geo.plan.openings import find_openings, gains_of_links
from geo.plan.quick import standing
from geo.plan.scenario import Scenario, read_scenario
from geo.store import open_network
from web.prepare import SAMPLE
from web.settings import ROOT

RULES = towns.standard(towns.rule("r", "canteen", metres=200), towns.rule("k", "clinic", metres=300))
SEVERED_AMONG = 0.1
"""The sample's severing walls are among this share of the walls with most gain."""


def severed(walls: int) -> Baseline:
    """Two streets 60 m apart that meet nowhere, so many walls of 40 m between them; a home south of each wall.

    Home n has 3 n + 1 people; a canteen in the north at every 7th wall, a clinic at every 9th. A link is 60 m long.
    """
    east = 60 * walls + 60
    town = towns.study(
        streets=towns.streets([(0, 0), (east, 0)], [(0, 60), (east, 60)]),
        facilities=towns.facilities(
            *((f"c{n}", "canteen", 60 * n + 20.5, 60) for n in range(2, walls, 7)),
            *((f"k{n}", "clinic", 60 * n + 31.5, 60) for n in range(4, walls, 9)),
        ),
        demand=towns.homes(*((f"h{n}", 3 * n + 1, 60 * n + 26, -7) for n in range(walls))),
        walls=towns.walls(*([(60 * n + 5, 30), (60 * n + 45, 30)] for n in range(walls))),
    )
    return baseline(town, prepare(town), RULES, scenarios.ADULT)


def gained(base: Baseline, *edits: Any) -> float:
    done = apply(base.study, Scenario("gates", edits), scale=base.network.ground_scale)
    return float(compare(base, done).figures["people_gained"])


def test_forty_walls_rank_as_opening_each_and_comparing() -> None:
    base = severed(40)
    made = find_gates(standing(base), Wanted(1))
    assert (made.figures["candidates"], made.figures["compared"]) == (40, 40)
    places = {f"w{n}": scenarios.place(60 * n + 25, 30) for n in range(40)}
    each = {w: gained(base, scenarios.edit("open_wall", wall_id=w, at=at)) for w, at in places.items()}
    found = dict(zip(made.frame["wall_id"], made.frame["people_gained"], strict=True))
    assert found == each
    assert made.frame["people_gained"].is_monotonic_decreasing
    assert made.figures["people_gained"] == max(each.values()) > 0
    assert (made.frame["people_lost"] == 0).all()


def test_the_best_together_is_that_of_trying_all(count: int = 2) -> None:
    base = severed(6)
    made = find_gates(standing(base), Wanted(count))
    edits = [scenarios.edit("open_wall", wall_id=f"w{n}", at=scenarios.place(60 * n + 25, 30)) for n in range(6)]
    best = max(gained(base, *some) for some in itertools.combinations(edits, count))
    assert made.figures["people_gained"] == best == gained(base, *made.scenario.edits)
    together = made.frame.dropna(subset="together").sort_values("together")
    assert together["together"].tolist() == list(range(1, count + 1))
    assert together["together_gained"].iloc[-1] == best


def test_metres_saved_are_those_of_the_walks() -> None:
    """Home n is 7 m off at 60 n + 26; the opening at 145, the canteen 4.5 m west of it in the north; before, 5000 m."""
    base = severed(3)
    made = find_gates(standing(base), Wanted(1, ("canteen",)))
    row = made.frame.set_index("wall_id").loc["w2"]
    walks = [min(5000, 7 + abs(26 + 60 * n - 145) + 60 + 4.5) for n in range(3)]
    people = [1, 4, 7]
    assert row["saved_m"] == pytest.approx(np.average([5000 - w for w in walks], weights=people), abs=0.05)
    assert (row["people_nearer"], row["link_m"]) == (12, pytest.approx(60, abs=0.01))


def test_what_has_no_walls_to_open_is_told() -> None:
    town = towns.line_town()
    base = baseline(town, prepare(town), RULES, scenarios.ADULT)
    with pytest.raises(InputError, match="no wall has streets close on both sides"):
        find_gates(standing(base), Wanted(1))
    with pytest.raises(NotFoundError, match="no rule of town names 'bank'"):
        find_gates(standing(severed(3)), Wanted(1, ("bank",)))


def test_the_walls_that_were_made_to_sever_people_are_found(
    sample_studies: Path, sample: tuple[Study, Assessment]
) -> None:
    study, _ = sample
    rules = read_standard(ROOT / "data/standards/gb50180-2018.yaml")
    profile = read_profile(ROOT / "data/profiles/adult.yaml")
    base = baseline(study, open_network(sample_studies, SAMPLE), rules, profile)
    openings = find_openings(base)
    walls = study.walls["wall_id"].to_numpy(dtype=object)[openings.wall]
    made = json.loads((ROOT / "data/sample/truth.json").read_text(encoding="utf-8"))
    severing = [one for one in made if one["kind"] == "wall"]
    for one in severing:
        columns = [n for n, rule in enumerate(rules.rules) if one["category"] in rule.categories]
        by_wall = pd.Series(gains_of_links(base, openings, columns)).groupby(walls).max()
        better = int((by_wall > by_wall[one["wall_id"]]).sum())
        assert by_wall[one["wall_id"]] > 0 and better < SEVERED_AMONG * len(study.walls), one["note"]
    assert len(severing) >= 5


def test_how_many_residents_each_of_them_serves_is_told_and_true(
    sample_studies: Path, sample: tuple[Study, Assessment]
) -> None:
    """Opened where told, each wall gives its category to as many as a comparison with everything searched anew says."""
    study, _ = sample
    made = json.loads((ROOT / "data/sample/truth.json").read_text(encoding="utf-8"))
    severing = [one for one in made if one["kind"] == "wall" and one["category"] in ("kindergarten", "canteen")]
    rules = towns.standard(*(towns.rule(c, c, metres=300) for c in sorted({one["category"] for one in severing})))
    base = baseline(study, open_network(sample_studies, SAMPLE), rules, scenarios.ADULT)
    stands = standing(base)
    told = {c: find_gates(stands, Wanted(1, (c,))) for c in ("kindergarten", "canteen")}
    for one in severing:
        frame = told[one["category"]].frame.to_crs("EPSG:4326")
        row = frame[frame["wall_id"] == one["wall_id"]].iloc[0]
        sys.stdout.write(f"\n{one['wall_id']} {one['category']} {row['people_gained']:,.0f} people: {one['note']}")
        at = [float(row.geometry.x), float(row.geometry.y)]
        done = apply(study, scenarios.scenario(scenarios.edit("open_wall", wall_id=one["wall_id"], at=at)),
                     scale=base.network.ground_scale)  # fmt: skip
        [fact] = [f for f in compare(base, done).figures["categories"] if f["category"] == one["category"]]
        assert (fact["gained"], fact["lost"]) == (row["people_gained"], row["people_lost"])
        assert row["people_gained"] == row[f"{one['category']}_gained"] > 0
    assert len(severing) == 3
    assert all((made.frame["people_lost"] == 0).all() for made in told.values())


def done_as(out: Path, called: list[str]) -> str:
    """What the command writes in another format."""
    again = [str(out) if part.endswith(".csv") else part for part in called]
    assert CliRunner().invoke(app.commands, again, env={}).exit_code == 0
    return out.read_text(encoding="utf-8")


def test_the_command_writes_layer_and_scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = severed(5)
    monkeypatch.setattr("web.commands.gates.open_study", lambda *_: base.study)
    monkeypatch.setattr("web.commands.gates.open_network", lambda *_: base.network)
    out, plan = tmp_path / "gates.csv", tmp_path / "plan.json"
    called = ["gates", "town", "--category", "canteen", "--count", "2", "--out", str(out), "--scenario-out", str(plan)]
    done = CliRunner().invoke(app.commands, [*called, "--json"], env={"LIFECIRCLE_STUDIES": str(tmp_path)})
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    layer = pd.read_csv(out, encoding="utf-8-sig")
    assert layer["wall_id"].tolist() == [row["wall_id"] for row in told["gates"]]
    drawn = json.loads(done_as(out.with_suffix(".geojson"), called))["features"]
    assert sorted(f["properties"]["together"] for f in drawn if f["properties"]["together"] is not None) == [1, 2]
    assert [row["together"] for row in told["gates"]].count(None) == len(layer) - 2
    edits = read_scenario(plan.read_bytes(), "plan").edits
    assert [edit.values["wall_id"] for edit in edits] == [
        row["wall_id"] for row in sorted(told["gates"], key=lambda r: r["together"] or 99)[:2]
    ]
    assert "people gain by 2 together" in CliRunner().invoke(app.commands, called, env={}).stdout
