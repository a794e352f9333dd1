"""Scenarios saved with a study: whole or not there, named with care, kept over a new load; API and command alike."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest
import towns
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from test_scenario import text

import app
from app import create_app
from geo.assess import prepare
from geo.model.assessment import Assessment
from geo.model.crs import WGS84
from geo.model.errors import BusyError, InputError, LimitError, NotFoundError, StoreError
from geo.model.study import Study
from geo.plan.scenario import Scenario, read_scenario
from geo.store import (
    check_scenario_name,
    check_study,
    delete_scenario,
    list_scenarios,
    open_scenario,
    save_scenario,
    save_study,
    scenarios,
)
from geo.store.files import study_lock

OPEN = {"edit": "open_wall", "wall_id": "W068", "cost": 5}
MISFIT = {"edit": "close_facility", "facility_id": "nobody"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    town = towns.line_town()
    save_study(tmp_path, town, prepare(town))
    return tmp_path


@pytest.fixture
def own(sample_studies: Path, tmp_path: Path) -> FlaskClient:
    """The app on a copy of the sample, so that nothing saved here is seen by other tests."""
    shutil.copytree(sample_studies, tmp_path, dirs_exist_ok=True)
    return create_app({"STUDIES": tmp_path}).test_client()


def plan(name: str, *edits: dict[str, object]) -> Scenario:
    return read_scenario(text(*edits, name=name), "plan")


def path(name: str) -> str:
    return f"/api/v1/studies/sample/scenarios/{quote(name)}"


def run(folder: Path, *arguments: object) -> Result:
    return CliRunner().invoke(app.commands, [str(a) for a in arguments], env={"LIFECIRCLE_STUDIES": str(folder)})


def test_what_is_saved_comes_back_and_goes(folder: Path) -> None:
    for name in ("方案二", "A plan", "zz"):
        save_scenario(folder, "town", plan(name, OPEN))
    assert [one.name for one in list_scenarios(folder, "town")] == ["A plan", "zz", "方案二"]
    found = open_scenario(folder, "town", "方案二")
    assert (found.edits, found.total_cost) == (plan("x", OPEN).edits, 5)
    assert found.scenario_id == open_scenario(folder, "town", "zz").scenario_id
    delete_scenario(folder, "town", "zz")
    with pytest.raises(NotFoundError, match="A plan"):
        open_scenario(folder, "town", "zz")
    with pytest.raises(NotFoundError):
        delete_scenario(folder, "town", "zz")


def test_scenarios_outlive_a_new_load_and_no_checksum_minds_them(folder: Path) -> None:
    save_scenario(folder, "town", plan("kept", OPEN))
    town = towns.line_town()
    save_study(folder, town, prepare(town))
    save_scenario(folder, "town", plan("kept", OPEN, OPEN))
    assert len(open_scenario(folder, "town", "kept").edits) == 2
    assert check_study(folder, "town") == []


def test_a_save_that_fails_leaves_the_former_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_scenario(folder, "town", plan("one", OPEN))

    def full(_: int) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr("geo.store.files.os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        save_scenario(folder, "town", plan("one", OPEN, OPEN))
    assert len(open_scenario(folder, "town", "one").edits) == 1
    assert len(list((folder / "town" / "scenarios").iterdir())) == 1


def test_one_writer_at_a_time_and_never_too_many(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with study_lock(folder, "town"), pytest.raises(BusyError):
        save_scenario(folder, "town", plan("one", OPEN))
    monkeypatch.setattr(scenarios, "MOST_SCENARIOS", 1)
    save_scenario(folder, "town", plan("one", OPEN))
    save_scenario(folder, "town", plan("one", OPEN, OPEN))
    with pytest.raises(LimitError):
        save_scenario(folder, "town", plan("two", OPEN))


def test_a_damaged_file_is_told_and_can_be_deleted(folder: Path) -> None:
    save_scenario(folder, "town", plan("one", OPEN))
    next((folder / "town" / "scenarios").iterdir()).write_text("{", encoding="utf-8")
    with pytest.raises(StoreError):
        open_scenario(folder, "town", "one")
    delete_scenario(folder, "town", "one")
    assert list_scenarios(folder, "town") == []


@pytest.mark.parametrize("name", ["", " a", "a ", "..", "a/b", "a\\b", "a\nb", "a\u202eb", "?", "x" * 81])
def test_a_name_that_a_file_or_an_address_cannot_bear_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        check_scenario_name(name)


@settings(max_examples=50, deadline=None)
@given(name=st.text(max_size=90))
def test_any_name_is_refused_or_stays_itself(name: str) -> None:
    try:
        kept = check_scenario_name(name)
    except InputError:
        return
    assert check_scenario_name(kept) == kept and "/" not in kept and kept.isprintable()


def test_the_api_saves_lists_reads_and_deletes(own: FlaskClient) -> None:
    made = own.put(path("方案 一"), data=text(OPEN, MISFIT, name="other").encode())
    assert made.status_code == 201
    assert made.get_json()["name"] == "方案 一"
    assert [fault["code"] for fault in made.get_json()["misfits"]] == ["edit_unknown_id"]
    listed = own.get("/api/v1/studies/sample/scenarios").get_json()["scenarios"]
    assert [(one["name"], one["edits"], one["cost"]) for one in listed] == [("方案 一", 2, 5)]
    read = own.get(path("方案 一"))
    assert read.get_json()["edits"] == [OPEN, MISFIT]
    assert read.headers["ETag"] == made.headers["ETag"]
    assert own.put(path("方案 一"), data=text(OPEN).encode()).status_code == 200
    assert own.delete(path("方案 一")).status_code == 204
    assert own.get(path("方案 一")).status_code == own.delete(path("方案 一")).status_code == 404


def test_nothing_is_overwritten_unseen(own: FlaskClient) -> None:
    first = own.put(path("A"), data=text(OPEN).encode(), headers={"If-None-Match": "*"})
    assert first.status_code == 201
    again = own.put(path("A"), data=text(OPEN, OPEN).encode(), headers={"If-None-Match": "*"})
    assert (again.status_code, again.get_json()["code"]) == (409, "name_taken")
    seen = {"If-Match": first.headers["ETag"]}
    assert own.put(path("A"), data=text(OPEN, OPEN).encode(), headers=seen).status_code == 200
    stale = own.put(path("A"), data=text(OPEN).encode(), headers=seen)
    assert (stale.status_code, stale.get_json()["code"]) == (409, "changed_since")
    assert len(own.get(path("A")).get_json()["edits"]) == 2


@pytest.mark.parametrize(
    ("name", "body", "codes"),
    [
        ("A", text({"edit": "fly"}, {"edit": "open_wall"}), {"scenario_invalid"}),
        ("A", "{", {"scenario_unreadable"}),
        ("a?b", text(OPEN), {"bad_scenario_name"}),
    ],
)
def test_the_api_refuses_and_tells_all_faults(own: FlaskClient, name: str, body: str, codes: set[str]) -> None:
    refused = own.put(path(name), data=body.encode())
    assert refused.status_code == 422
    assert {fault["code"] for fault in refused.get_json()["problems"]} == codes
    assert len(refused.get_json()["problems"]) == (2 if "fly" in body else 1)
    assert own.get("/api/v1/studies/sample/scenarios").get_json()["scenarios"] == []


def test_a_body_beyond_the_limit_is_refused(own: FlaskClient) -> None:
    assert own.put(path("A"), data=b" " * (1 << 21)).status_code == 413


def test_another_host_cannot_save_or_delete(own: FlaskClient) -> None:
    foreign = {"Origin": "http://elsewhere.example"}
    assert own.put(path("A"), data=text(OPEN).encode(), headers=foreign).status_code == 403
    assert own.delete(path("A"), headers=foreign).status_code == 403


def test_the_command_lists_shows_and_checks(sample_studies: Path, tmp_path: Path) -> None:
    shutil.copytree(sample_studies, tmp_path / "studies")
    save_scenario(tmp_path / "studies", "sample", plan("fits", OPEN))
    save_scenario(tmp_path / "studies", "sample", plan("old", OPEN, MISFIT, {**MISFIT, "facility_id": "gone"}))
    listed = json.loads(run(tmp_path / "studies", "scenario", "list", "sample", "--json").stdout)
    assert [one["name"] for one in listed["scenarios"]] == ["fits", "old"]
    out = tmp_path / "plan.json"
    assert run(tmp_path / "studies", "scenario", "show", "sample", "old", "--out", out).exit_code == 0
    fine = run(tmp_path / "studies", "scenario", "check", "sample", "fits")
    assert fine.exit_code == 0 and "fit sample" in fine.stdout
    told = run(tmp_path / "studies", "scenario", "check", "sample", "--scenario", out)
    assert isinstance(told.exception, InputError) and len(told.exception.problems) == 2


def test_what_is_near_comes_by_distance_with_its_point(client: FlaskClient, sample: tuple[Study, Assessment]) -> None:
    study, _ = sample
    wall = study.walls.to_crs(WGS84).set_index("wall_id").geometry["W068"]
    lon, lat = wall.coords[0]
    for of in ("walls", "gates", "facilities", "homes", "streets"):
        found = client.get(f"/api/v1/studies/sample/near?at={lon},{lat}&of={of}&limit=5").get_json()["features"]
        away = [one["properties"]["away_m"] for one in found]
        assert len(found) == 5 and away == sorted(away)
        assert all(one["geometry"]["type"] == "Point" for one in found)
        if of == "walls":
            assert (found[0]["id"], away[0]) == ("W068", 0)
    assert client.get("/api/v1/studies/sample/near?at=104.5,30.4&of=trees").status_code == 400


def test_edits_have_places_even_where_they_do_not_fit(client: FlaskClient, sample: tuple[Study, Assessment]) -> None:
    study, _ = sample
    home = study.demand.geometry.to_crs(WGS84).iloc[0]
    sent = text(OPEN, MISFIT, {"edit": "add_facility", "category": "canteen", "at": [home.x, home.y], "name": "N"},
                {"edit": "clear_people", "demand_id": study.demand["demand_id"].iloc[0], "is_on": False})  # fmt: skip
    rows = client.post("/api/v1/studies/sample/edits.geojson", data=sent.encode()).get_json()["features"]
    assert [row["geometry"] and row["geometry"]["type"] for row in rows] == ["LineString", None, "Point", "Point"]
    assert [row["properties"]["is_on"] for row in rows] == [True, True, True, False]
    assert rows[2]["properties"]["label"] == "N" and rows[1]["properties"]["label"] == "nobody"


def test_the_map_of_afterwards_agrees_with_the_figures(client: FlaskClient) -> None:
    sent = text(OPEN).encode()
    told = client.post("/api/v1/studies/sample/compare?detail=map", data=sent).get_json()
    plain = client.post("/api/v1/studies/sample/compare", data=sent).get_json()
    drawn = told.pop("map")
    assert told == plain
    before = {u["unit_id"]: u for u in client.get("/api/v1/studies/sample/units").get_json()["units"]}
    city = next(unit for unit in told["units"] if unit["level"] == "city")["unit_id"]
    for rule in told["rules"]:
        after = drawn["units"][city][rule["rule_id"]]
        if rule["covered_after"] is not None:
            assert after[0] == rule["covered_after"] == drawn["everybody"][rule["rule_id"]][0]
            assert before[city]["rules"][rule["rule_id"]][0] == rule["covered_before"]
        homes = drawn["homes"].get(rule["rule_id"], {"row": [], "before": [], "after": []})
        assert bool(homes["row"]) == bool(rule["gained"])
        assert all(was != now == 1 for was, now in zip(homes["before"], homes["after"], strict=True))
    sheet = client.post("/api/v1/studies/sample/changes.csv", data=sent).get_data(as_text=True)
    assert sheet.splitlines()[0].lstrip("\ufeff").startswith("what_if,unit_id")
    assert client.post("/api/v1/studies/sample/compare?detail=all", data=sent).status_code == 400
