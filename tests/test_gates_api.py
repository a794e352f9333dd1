"""The gates over HTTP: as the command prints them, with the scenario that opens them; bodies that ask too much."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from geo.plan.scenario import read_scenario

GATES = "/api/v1/studies/sample/gates"


def test_the_best_walls_come_with_the_scenario_that_opens_them(client: FlaskClient) -> None:
    told = client.post(GATES, json={"categories": ["kindergarten"], "count": 2}).json
    assert told is not None and told["kinds"] == ["walls"] and told["rules"] == ["5min/kindergarten"]
    chosen = sorted((row for row in told["gates"] if row["together"]), key=lambda row: row["together"])
    edits = read_scenario(json.dumps(told["scenario"]).encode(), "scenario").edits
    assert [edit.values["wall_id"] for edit in edits] == [row["wall_id"] for row in chosen]
    assert chosen[-1]["together_gained"] == told["people_gained"] > 0
    compared = client.post("/api/v1/studies/sample/compare", json=told["scenario"]).json
    assert compared is not None
    [rule] = [rule for rule in compared["rules"] if rule["rule_id"] == "5min/kindergarten"]
    assert (rule["gained"], rule["lost"]) == (told["people_gained"], 0)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, ["count"]), ({"count": 0}, ["count"]), ({"count": True}, ["count"]), ({"count": 11}, ["count"]),
        ({"count": 1, "categories": "bank"}, ["categories"]), ({"count": 1, "kind": "doors"}, ["kind"]),
        ({"count": 1.5, "hours": 7, "more": 1}, ["count", "hours", "more"]), ([], ["the body"]),
    ],
)  # fmt: skip
def test_what_is_asked_wrong_is_told_at_once(client: FlaskClient, body: Any, where: list[str]) -> None:
    answer = client.post(GATES, json=body)
    assert answer.status_code == 422 and answer.json is not None
    assert answer.json["code"] == "parameter_invalid"
    assert [problem["source"] for problem in answer.json["problems"]] == where


def test_no_json_and_no_rule_are_told(client: FlaskClient) -> None:
    assert client.post(GATES, data=b"{").status_code == 422
    assert client.post(GATES, json={"count": 1, "categories": ["nothing"]}).status_code == 404
