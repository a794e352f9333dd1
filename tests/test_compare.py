"""``compare`` and ``assess --scenario`` from outside: commands, API, layer, schema; all of them say the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest
import scenarios
import towns
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from scenarios import edit, place
from test_scenario import AT, VALUES, json_values, text

import app
from docs.make_edits import SCHEMA, make_schema
from geo.assess import assess, assess_scenario, prepare
from geo.model.assessment import Assessment
from geo.model.crs import WGS84
from geo.model.errors import ScenarioError
from geo.model.study import Study
from geo.plan.edits import KINDS
from geo.plan.scenario import read_scenario
from geo.plan.schema import scenario_schema

API = "/api/v1/studies/sample"
SAID = {"code_version": "test", "created": "2026-11-24"}


@pytest.fixture(scope="module")
def plan(sample: tuple[Study, Assessment]) -> str:
    """A wall of the sample opened, a canteen added, a kindergarten closed, homes built."""
    study, _ = sample
    home = study.demand.geometry.to_crs(WGS84).iloc[200]
    kindergarten = study.facilities.loc[study.facilities["category"] == "kindergarten", "facility_id"].iloc[3]
    return text(
        {"edit": "open_wall", "wall_id": "W068", "cost": 5},
        {"edit": "add_facility", "category": "canteen", "at": [home.x, home.y]},
        {"edit": "close_facility", "facility_id": kindergarten},
        {"edit": "add_people", "at": [home.x, home.y], "people": 250, "ages": {"people_0_2": 9}},
    )


def run(folder: Path, *arguments: object) -> Result:
    return CliRunner().invoke(app.commands, [str(a) for a in arguments], env={"LIFECIRCLE_STUDIES": str(folder)})


def test_command_and_api_say_the_same(sample_studies: Path, client: FlaskClient, plan: str, tmp_path: Path) -> None:
    file, out = tmp_path / "plan.json", tmp_path / "changes.csv"
    file.write_text(plan, encoding="utf-8")
    told = run(sample_studies, "compare", "sample", "--scenario", file, "--json", "--out", out)
    assert told.exit_code == 0, told.stderr
    printed = json.loads(told.stdout)
    answered = client.post(f"{API}/compare", data=plan.encode()).get_json()
    for one in (printed, answered):
        one["provenance"].pop("created", None)
    assert printed == answered
    assert printed["people_gained"] > 0 and printed["people_lost"] > 0 and printed["people_moved_in"] == 250
    drawn = client.post(f"{API}/changes.geojson", data=plan.encode()).get_json()
    layer = pd.read_csv(out, encoding="utf-8-sig", dtype={"unit_id": str})
    assert layer["unit_id"].tolist() == [feature["id"] for feature in drawn["features"]]
    assert layer["people_gained"].tolist() == [unit["people_gained"] for unit in printed["units"]]
    city = layer[layer["level"] == "city"]
    assert city["people_gained"].tolist() == [printed["people_gained"]]
    lines = run(sample_studies, "compare", "sample", "--scenario", file).stdout
    assert f"{printed['people_gained']:,.0f} people gain" in lines and "5min/canteen" in lines


def test_units_add_up_and_ages_are_people(client: FlaskClient, plan: str) -> None:
    told = client.post(f"{API}/compare", data=plan.encode()).get_json()
    units = told["units"]
    for key in ("people_gained", "people_lost", "canteen_gained", "kindergarten_lost"):
        by_level = {
            level: sum(unit[key] for unit in units if unit["level"] == level)
            for level in ("city", "district", "subdistrict", "community")
        }
        assert len(set(by_level.values())) == 1, (key, by_level)
    assert sum(group["gained"] for group in told["ages"]) == pytest.approx(told["people_gained"])
    canteen = next(c for c in told["categories"] if c["category"] == "canteen")
    assert canteen["gained"] > 0 and canteen["lost"] == 0


def test_a_scenario_is_assessed_as_it_is_compared_and_not_stored(
    sample_studies: Path, sample: tuple[Study, Assessment], client: FlaskClient, plan: str, tmp_path: Path
) -> None:
    file, stored = tmp_path / "plan.json", sample_studies / "sample" / "assessments"
    before = sorted(stored.iterdir())
    file.write_text(plan, encoding="utf-8")
    told = run(sample_studies, "assess", "sample", "--scenario", file, "--json", "--quiet")
    assert told.exit_code == 0, told.stderr
    figures = json.loads(told.stdout)
    compared = client.post(f"{API}/compare", data=plan.encode()).get_json()
    assert [rule["covered"] for rule in figures["rules"]] == [rule["covered_after"] for rule in compared["rules"]]
    assert figures["scenario"] == compared["scenario"]
    assert figures["assessment_id"] != sample[1].assessment_id
    assert sorted(stored.iterdir()) == before


def test_without_an_edit_that_is_on_the_assessment_is_that_of_the_base_bit_for_bit() -> None:
    town = towns.walled_town("public")
    rules, network = towns.standard(towns.rule("r", "canteen", metres=400)), prepare(town)
    done = scenarios.edited(town)
    one = assess(town, network, rules, scenarios.ADULT, **SAID)
    other = assess_scenario(done, network, rules, scenarios.ADULT, **SAID)
    assert other.headline == one.headline and other.assessment_id == one.assessment_id
    for name, value in vars(one).items():
        if hasattr(value, "tobytes"):
            assert getattr(other, name).tobytes() == value.tobytes(), name
        elif hasattr(value, "to_csv"):
            assert getattr(other, name).to_csv() == value.to_csv(), name


def test_a_rule_counts_whom_it_serves() -> None:
    """A canteen beside home b: its 50 people gain, 4 of them aged 3-5; the rule for infants has nobody to count."""
    town = towns.line_town()
    town = replace(town, demand=town.demand.assign(people_3_5=[9.0, 4.0, 1.0]))
    rules = towns.standard(
        towns.rule("all", "canteen", metres=400),
        towns.rule("small", "canteen", metres=400, serves="children_3_5"),
        towns.rule("infants", "canteen", metres=400, serves="children_0_2"),
    )
    more = edit("add_facility", category="canteen", at=place(600, 10))
    told = scenarios.compared(town, more, standard=rules).figures
    gained = {
        rule["rule_id"]: (rule["covered_before"], rule["gained"], rule["covered_after"]) for rule in told["rules"]
    }
    assert gained == {"all": (100, 50, 150), "small": (9, 4, 13), "infants": (None, None, None)}
    assert told["people_gained"] == 50 and told["ages"][0] == {
        "group": "people_3_5", "gained": 4, "lost": 0,
        "rules": [{"rule_id": "all", "gained": 4, "lost": 0}, {"rule_id": "small", "gained": 4, "lost": 0}],
    }  # fmt: skip


def test_people_in_reach_count_a_home_with_two_doors_once() -> None:
    """A path from the canteen to home a, both on it: 300 m; by the street 320 m. Its 100 people count once."""
    town = towns.line_town()
    rules, network = towns.standard(towns.rule("r", "canteen", metres=400)), prepare(town)
    done = scenarios.edited(town, edit("add_path", form="path", line=[place(0, 10), place(300, 10)]))
    made = assess_scenario(done, network, rules, scenarios.ADULT, **SAID)
    assert made.facility_people.tolist() == [100.0]
    assert made.demand_walk_m[0, 0] == pytest.approx(300, abs=0.02)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "scenario_unreadable"),
        (b"\xff\xfe", "scenario_unreadable"),
        (text({"edit": "close_gate"}).encode(), "scenario_invalid"),
        (text({"edit": "close_gate", "gate_id": "nope"}).encode(), "edit_unknown_id"),
        (text({"edit": "add_facility", "category": "casino", "at": [104.5, 30.4]}).encode(), "edit_unknown_id"),
        (text({"edit": "add_facility", "category": "canteen", "at": [30.4, 80.5]}).encode(), "edit_outside"),
    ],
)
def test_a_bad_scenario_is_told_as_a_problem(client: FlaskClient, body: bytes, code: str, tmp_path: Path) -> None:
    answer = client.post(f"{API}/compare", data=body)
    assert (answer.status_code, answer.get_json()["code"]) == (422, code)
    file = tmp_path / "plan.json"
    file.write_bytes(body)
    folder = client.application.config["STUDIES"]
    told = run(Path(folder), "compare", "sample", "--scenario", file)
    assert (told.exit_code, told.stderr.split(":")[0]) == (3, f"error[{code}]")


def test_plans_are_sent_and_not_read(client: FlaskClient) -> None:
    assert client.get(f"{API}/compare").status_code == 405


def test_the_schema_is_served_and_lies_fresh_in_the_manual(client: FlaskClient) -> None:
    assert client.get("/api/v1/scenario.schema.json").get_json() == json.loads(make_schema())
    assert SCHEMA.read_text(encoding="utf-8") == make_schema(), "run: python -m docs.make_tables"
    jsonschema.Draft202012Validator.check_schema(scenario_schema())


@settings(max_examples=150, derandomize=True, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.data())
def test_what_we_read_fits_the_schema(kind: str, data: st.DataObject) -> None:
    names = st.sampled_from([*KINDS[kind].fields, "note", "cost", "is_on", "other"])
    record = {"edit": kind, **VALUES[kind], **data.draw(st.dictionaries(names, json_values, max_size=2))}
    document = text(record)
    try:
        read_scenario(document, "a")
    except ScenarioError:
        return
    jsonschema.validate(json.loads(document), scenario_schema())


def test_every_example_of_the_manual_is_a_scenario() -> None:
    manual = (SCHEMA.parent / "scenarios.md").read_text(encoding="utf-8")
    example = manual[manual.index('    {"format"') : manual.index("- Places are")]
    assert len(read_scenario(example, "manual").edits) == 3
    assert all(f"`{code}`" in manual for code in ("edit_outside", "edit_conflict", "scenario_invalid"))


def test_the_manual_tells_every_fault() -> None:
    manual = (SCHEMA.parent / "scenarios.md").read_text(encoding="utf-8")
    source = "\n".join(path.read_text(encoding="utf-8") for path in (SCHEMA.parents[1] / "geo" / "plan").glob("*.py"))
    codes: set[Any] = {word for word in source.replace('"', " ").split() if word.startswith(("edit_", "scenario_"))}
    named = {code.rstrip(",():") for code in codes if code.rstrip(",").replace("_", "").isalpha()}
    faults = {c for c in named if c.startswith(("edit_no", "edit_un", "edit_co", "edit_be", "edit_ou", "edit_sh"))}
    assert len(faults) == 7 and AT
    assert not [code for code in faults if f"`{code}`" not in manual]
