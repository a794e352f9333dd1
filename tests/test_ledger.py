"""The renewal ledger: what was built becomes the base, the first base stays, replaying gives the present by hash."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import towns
from click.testing import CliRunner
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scenarios import edit, place, scenario
from test_plan_laws import closings, fitting, openings, walled

import app
from geo.assess import prepare
from geo.judge.provenance import fingerprint
from geo.model.errors import BusyError, InputError, NotFoundError
from geo.model.study import Study
from geo.plan.edits import Edit
from geo.plan.scenario import scenario_json
from geo.store import add_entry, base_after, built_since, check_study, open_ledger, open_network, open_study, save_study
from geo.store.files import file_sha256, study_lock

CANTEEN = edit("add_facility", category="canteen", at=place(300, 20), name="食堂")
PATH = edit("add_path", form="path", line=[place(100, 0), place(100, 80)])


def built(folder: Path, town: Study, *steps: list[Edit]) -> str:
    """The name of a town stored with each of some steps built, a day after the other."""
    save_study(folder, town, prepare(town))
    for day, edits in enumerate(steps, start=1):
        add_entry(folder, town.name, scenario(*edits), built=f"2026-11-{day:02d}", note=f"step {day}")
    return town.name


def test_what_was_built_is_the_base_and_the_first_base_stays(tmp_path: Path) -> None:
    town = towns.line_town()
    name = built(tmp_path, town, [CANTEEN], [PATH, edit("close_facility", facility_id="c")])
    ledger, present = open_ledger(tmp_path, name), open_study(tmp_path, name)
    assert [(entry.number, entry.built, entry.note, entry.edits) for entry in ledger.entries] == [
        (1, "2026-11-01", "step 1", 1), (2, "2026-11-02", "step 2", 2)
    ]  # fmt: skip
    assert ledger.entries[-1].base_sha256 == fingerprint(present)
    assert ledger.first_sha256 == fingerprint(base_after(tmp_path, name, 0)) == fingerprint(town)
    assert len(present.facilities) == len(town.facilities) and "食堂" in present.facilities["name"].tolist()
    assert len(open_network(tmp_path, name).edge_cm) > len(prepare(town).edge_cm)
    assert [e.kind for e in built_since(tmp_path, name, 1).edits] == ["add_path", "close_facility"]
    assert check_study(tmp_path, name) == []
    with pytest.raises(NotFoundError, match="has no entry 3; it has 2"):
        base_after(tmp_path, name, 3)


@settings(
    max_examples=5, derandomize=True, deadline=None, phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(walled(), st.lists(st.one_of(openings, closings), min_size=2, max_size=5))
def test_replaying_gives_the_present_base_by_hash(tmp_path: Path, town: Study, edits: list[Edit]) -> None:
    some = fitting(town, edits)
    save_study(tmp_path, town, prepare(town))
    day = 0
    for one in some:
        try:
            add_entry(tmp_path, town.name, scenario(one), built=f"2026-11-{(day := day + 1):02d}")
        except InputError:
            continue
    assert check_study(tmp_path, town.name) == []


def test_a_ledger_that_was_tampered_with_is_told(tmp_path: Path) -> None:
    name = built(tmp_path, towns.line_town(), [CANTEEN], [PATH])
    home = tmp_path / name
    other = json.loads((home / "ledger" / "0001.json").read_text(encoding="utf-8"))
    other["edits"][0]["at"] = place(200, 20)
    (home / "ledger" / "0001.json").write_text(json.dumps(other), encoding="utf-8")
    assert [problem.code for problem in check_study(tmp_path, name)] == ["store_corrupt"]
    manifest = json.loads((home / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"]["ledger/0001.json"] = file_sha256(home / "ledger" / "0001.json")
    (home / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert [problem.code for problem in check_study(tmp_path, name)] == ["ledger_broken"] * 2


def test_what_cannot_be_entered_changes_nothing(tmp_path: Path) -> None:
    name = built(tmp_path, towns.line_town(), [CANTEEN])
    before = fingerprint(open_study(tmp_path, name))
    off = Edit(PATH.kind, PATH.values, is_on=False)
    for edits, day, code in (
        ([off], "2026-12-01", "ledger_empty"), ([PATH], "2026-10-31", "ledger_order"),
        ([edit("close_facility", facility_id="nobody")], "2026-12-01", "edit_unknown_id"),
    ):  # fmt: skip
        with pytest.raises(InputError) as told:
            add_entry(tmp_path, name, scenario(*edits), built=day)
        assert told.value.code == code
    with study_lock(tmp_path, name), pytest.raises(BusyError):
        add_entry(tmp_path, name, scenario(PATH), built="2026-12-01")
    assert fingerprint(open_study(tmp_path, name)) == before and len(open_ledger(tmp_path, name).entries) == 1


def test_the_command_enters_lists_replays_and_compares(tmp_path: Path) -> None:
    town, plan = towns.line_town(), tmp_path / "plan.json"
    save_study(tmp_path / "studies", town, prepare(town))
    plan.write_text(scenario_json(scenario(CANTEEN)), encoding="utf-8")

    def run(*words: str) -> str:
        done = CliRunner().invoke(app.commands, list(words), env={"LIFECIRCLE_STUDIES": str(tmp_path / "studies")})
        assert done.exit_code == 0, done.output
        return done.stdout

    ask = ["compare", town.name, "--standard", "general", "--json"]
    hoped = json.loads(run(*ask, "--scenario", str(plan)))
    run("ledger", town.name, "add", str(plan), "--built", "2026-11-24", "--note", "opened")
    assert "2026-11-24" in run("ledger", town.name)
    [entry] = json.loads(run("ledger", town.name, "--json"))["entries"]
    assert (entry["note"], entry["edits"]) == ("opened", 1)
    assert "as it was written" in run("check", town.name) and "by hash" in run("ledger", town.name, "replay")
    since = json.loads(run(*ask, "--since", "0"))
    assert (since["rules"], since["people_gained"]) == (hoped["rules"], hoped["people_gained"])


def test_the_ledger_over_http(client: FlaskClient) -> None:
    told = client.get("/api/v1/studies/sample/ledger").json
    assert told is not None
    assert told["entries"] == [] and told["first_sha256"] == told["present_sha256"]
