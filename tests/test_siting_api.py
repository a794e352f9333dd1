"""Sites over HTTP: what they promise is what their scenario gains, and every wrong request is told whole."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient

from geo.plan.briefs import GOALS, WEIGHTS
from geo.plan.site_figures import REASONS
from web.site_request import SCHEMA
from web.texts import words

SITES, COMPARE = "/api/v1/studies/sample/sites", "/api/v1/studies/sample/compare"


def collection(*geometries: dict[str, Any]) -> dict[str, Any]:
    features = [
        {"type": "Feature", "id": f"own-{n}", "properties": {}, "geometry": g} for n, g in enumerate(geometries)
    ]
    return {"type": "FeatureCollection", "features": features}


def square(lon: float, lat: float, size: float) -> dict[str, Any]:
    corners = [[lon, lat], [lon + size, lat], [lon + size, lat + size], [lon, lat + size], [lon, lat]]
    return {"type": "Polygon", "coordinates": [corners]}


def promised(client: FlaskClient, asked: dict[str, Any]) -> dict[str, Any]:
    jsonschema.validate(asked, SCHEMA)
    answer = client.post(SITES, json=asked)
    assert answer.status_code == 200, answer.json
    told: dict[str, Any] = answer.json
    compared = client.post(COMPARE, json=told["scenario"]).json
    by_rule = {rule["rule_id"]: rule for rule in compared["rules"]}
    for rule in told["rules"]:
        assert by_rule[rule["rule_id"]]["gained"] == rule["people_gained"]
    assert compared["people_lost"] == told["people_lost"]
    return told


@pytest.mark.parametrize(
    "asked",
    [
        {"goal": "people"},
        {"capacity": 300, "method": "greedy"},
        {"together": ["convenience_store"], "candidates": "premises"},
        {"weights": "worst", "method": "greedy"},
        {"closing": 1, "count": 1, "method": "greedy"},
    ],
)
def test_what_is_promised_is_what_the_scenario_gains(client: FlaskClient, asked: dict[str, Any]) -> None:
    told = promised(client, {"category": "canteen", "count": 2, "time_limit_s": 2, **asked})
    assert (
        told["people_gained"] == pytest.approx(sum(site["people_gained"] for site in told["sites"])) and told["sites"]
    )
    assert told["value"] <= told["bound"] and [site["rank"] for site in told["sites"]] == [1, 2][: len(told["sites"])]
    assert told["provenance"]["standard"]["id"] == "gb50180-2018"


def test_drawn_places_and_forbidden_areas(client: FlaskClient) -> None:
    first, *others = promised(client, {"category": "canteen", "count": 3, "method": "greedy"})["sites"]
    lon, lat = first["at"]
    around = collection(square(lon - 1e-3, lat - 1e-3, 2e-3))
    kept = promised(client, {"category": "canteen", "count": 1, "method": "greedy", "forbidden": around})["sites"]
    assert abs(kept[0]["at"][0] - lon) > 1e-3 or abs(kept[0]["at"][1] - lat) > 1e-3
    drawn = collection({"type": "Point", "coordinates": others[0]["at"]}, square(lon, lat, 3e-4))
    told = promised(client, {"category": "canteen", "count": 2, "candidates": drawn})
    assert {site["site_id"] for site in told["sites"]} <= {"own-0", "own-1"} and told["candidates"] == 2


@pytest.mark.parametrize(
    ("asked", "columns"),
    [
        ({}, {"category", "count"}),
        ({"category": "canteen", "count": 1.5, "goal": "most"}, {"count", "goal"}),
        ({"category": "canteen", "count": 1001, "kount": 1}, {"count", "kount"}),
        ({"category": "canteen", "count": True, "closing": -1, "may_lose": 1}, {"count", "closing", "may_lose"}),
        ({"category": "canteen", "count": 1, "candidates": "everywhere", "together": [1]}, {"candidates", "together"}),
        ({"category": "canteen", "count": 1, "time_limit_s": 601}, {"time_limit_s"}),
        ({"category": "castle", "count": 1}, {"category"}),
    ],
)
def test_every_fault_of_a_request_is_told(client: FlaskClient, asked: dict[str, Any], columns: set[str]) -> None:
    answer = client.post(SITES, json=asked)
    assert answer.status_code == 422 and answer.json["code"] == "request_invalid"
    assert {problem["column"] for problem in answer.json["problems"]} == columns


@pytest.mark.parametrize("body", ["", "[]", "{", '{"category": "canteen", "count": NaN}', "[" * 100_000])
def test_what_is_no_object_is_refused(client: FlaskClient, body: str) -> None:
    assert client.post(SITES, data=body).json["code"] == "request_invalid"


@pytest.mark.parametrize(
    ("shapes", "code"),
    [
        ({"type": "Point"}, "geojson_invalid"),
        (collection({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}), "geometry_kind"),
        (collection({"type": "Point", "coordinates": ["a", 1]}), "geometry_invalid"),
        (collection(*[{"type": "Point", "coordinates": [104.5, 30.4]}] * 5001), "duplicate_id"),
    ],
)
def test_drawn_places_are_checked_as_a_file_is(client: FlaskClient, shapes: dict[str, Any], code: str) -> None:
    if code == "duplicate_id":
        for feature in shapes["features"]:
            feature["id"] = "same"
    answer = client.post(SITES, json={"category": "canteen", "count": 1, "candidates": shapes})
    assert (answer.status_code, answer.json["code"]) == (422, code)


def test_too_many_candidates_are_refused(client: FlaskClient) -> None:
    points = collection(*[{"type": "Point", "coordinates": [104.5, 30.4]}] * 5001)
    answer = client.post(SITES, json={"category": "canteen", "count": 1, "candidates": points})
    assert (answer.status_code, answer.json["code"]) == (422, "limit_exceeded")


@pytest.mark.parametrize("more", [{"count": 51}, {"count": 1, "closing": 51}, {"count": 1, "time_limit_s": 21}])
def test_more_than_is_answered_at_once_is_a_job(client: FlaskClient, more: dict[str, Any]) -> None:
    answer = client.post(SITES, json={"category": "canteen", **more})
    assert (answer.status_code, answer.json["code"]) == (422, "limit_exceeded") and "as_job" in answer.json["detail"]


def test_a_job_finds_what_is_found_at_once(client: FlaskClient) -> None:
    asked = {"category": "canteen", "count": 3, "method": "greedy", "candidates": "premises"}
    begun = client.post(SITES, json={**asked, "as_job": True})
    assert begun.status_code == 202 and begun.json["result"] is None
    place = begun.headers["Location"]
    job = client.application.extensions["site_jobs"].wait(begun.json["job_id"])
    told = client.get(place).json
    assert (job.state, told["state"], told["problem"]) == ("done", "done", None)
    assert told["result"] == client.post(SITES, json=asked).json
    assert client.get(place.replace("/sample/", "/other/")).status_code == 404
    assert client.delete(place).json["code"] == "job_ended"
    assert begun.json["job_id"] not in {job["job_id"] for job in client.get("/api/v1/jobs").json["jobs"]}


def test_a_job_that_cannot_be_done_tells_why(client: FlaskClient) -> None:
    asked = {"category": "canteen", "count": 1, "goal": "all", "weights": "worst", "as_job": True}
    begun = client.post(SITES, json=asked)
    client.application.extensions["site_jobs"].wait(begun.json["job_id"])
    told = client.get(begun.headers["Location"]).json
    assert (told["state"], told["problem"]["code"]) == ("failed", "options_not_together")


def test_a_study_that_is_not_there(client: FlaskClient) -> None:
    answer = client.post("/api/v1/studies/nowhere/sites", json={"category": "canteen", "count": 1})
    assert answer.status_code == 404


def test_goals_weights_and_reasons_have_words_for_the_pages() -> None:
    keys = [f"site.goal.{goal}" for goal in GOALS] + [f"site.weights.{kind}" for kind in WEIGHTS]
    assert not {*keys, *(f"site.reason.{code}" for code in REASONS)} - words("zh").keys()
