"""A scenario file: read strictly, every fault told at once with its place, named by what it does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.model.errors import ScenarioError
from geo.plan.edits import KINDS, Edit
from geo.plan.scenario import FORMAT, MOST_EDITS, Scenario, read_scenario, scenario_json

AT = [104.06, 30.66]
VALUES: dict[str, dict[str, Any]] = {
    "add_facility": {"category": "canteen", "at": AT, "capacity": 60, "entrances": [AT, [104.061, 30.66]]},
    "move_facility": {"facility_id": "F1", "at": AT},
    "close_facility": {"facility_id": "F1"},
    "reopen_facility": {"facility_id": "F1"},
    "add_path": {"form": "bridge", "line": [AT, [104.07, 30.66]], "tolerance_m": 20},
    "open_wall": {"wall_id": "W1", "at": AT, "width_m": 6},
    "add_gate": {"at": AT, "access": "residents", "hours": "06:00-22:00"},
    "close_gate": {"gate_id": "G1"},
    "close_street": {"area": [AT, [104.07, 30.66], [104.07, 30.67]]},
    "add_people": {"at": AT, "people": 300, "ages": {"people_0_2": 12}},
    "change_people": {"demand_id": "D1", "people": 10.5},
    "clear_people": {"demand_id": "D1"},
}


def text(*edits: dict[str, Any], **head: Any) -> str:
    return json.dumps({"format": FORMAT, "name": "plan", **head, "edits": list(edits)}, indent=1)


def faults(document: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read_scenario(document, "plan.json")
    return [str(problem) for problem in caught.value.problems]


def test_every_kind_of_edit_is_read_and_written_back() -> None:
    assert set(VALUES) == set(KINDS)
    made = Scenario(
        "计划", tuple(Edit(kind, values, note="n", cost=2.5) for kind, values in VALUES.items()), "note", "me",
        "2026-11-24", 9.0,
    )  # fmt: skip
    read = read_scenario(scenario_json(made), "plan.json")
    assert (read.name, read.edits, read.note, read.author, read.date, read.cost) == (
        made.name, made.edits, made.note, made.author, made.date, made.cost
    )  # fmt: skip
    assert read.scenario_id == made.scenario_id


def test_all_faults_are_told_at_once_with_line_edit_and_key() -> None:
    document = text(
        {"edit": "close_facility", "facility": "F1"},
        {"edit": "tear_down"},
        {"edit": "add_people", "at": [30.66, 104.06], "people": -3, "is_on": "yes"},
        {"edit": "close_street", "at": AT, "line": [AT, [104.07, 30.66]]},
        colour="red",
        date="yesterday",
    )
    told = faults(document)
    assert [line.split(":")[0].removeprefix("plan.json, ") for line in told] == [
        "column colour", "column date",
        "line 7, edit 1 (close_facility), column facility", "line 7, edit 1 (close_facility), column facility_id",
        "line 11, edit 2, column edit",
        "line 14, edit 3 (add_people), column at", "line 14, edit 3 (add_people), column people",
        "line 14, edit 3 (add_people), column is_on",
        "line 23, edit 4 (close_street)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("", "is no JSON"),
        ("[]", "expected an object"),
        ('{"name": "a", "name": "b"}', "given twice"),
        ('{"format": "lifecircle-scenario/1", "name": "a", "edits": [NaN]}', "NaN is no number"),
        ("[" * 100_000, "is nested too deep"),
        ('{"format": "other/1", "name": "a", "edits": []}', "expected 'lifecircle-scenario/1'"),
        ('{"format": "lifecircle-scenario/1", "name": "a", "edits": {}}', "expected a list"),
        ('{"format": "lifecircle-scenario/1", "name": "a"}', "is missing"),
        ('{"format": "lifecircle-scenario/1", "name": "", "edits": []}', "expected some text"),
        ('{"format": "lifecircle-scenario/1", "name": "\\ud800", "edits": []}', "expected some text"),
        ('{"format": "lifecircle-scenario/1", "name": "a", "edits": [], "cost": 1e400}', "expected a number"),
        ('{"format": "lifecircle-scenario/1", "name": "a", "edits": [3]}', "expected an object"),
    ],
)
def test_what_is_no_scenario_is_refused(document: str, told: str) -> None:
    assert told in faults(document)[0]


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("add_facility", "at", [104.06]), ("add_facility", "at", ["104", "30"]), ("add_facility", "capacity", True),
        ("add_facility", "entrances", []), ("add_path", "line", [AT]), ("add_path", "line", [AT, AT]),
        ("add_path", "form", "tunnel"), ("add_path", "tolerance_m", 1e6), ("open_wall", "width_m", 0),
        ("close_street", "area", [AT, AT, AT]), ("add_people", "ages", {"people_7_8": 3}), ("add_gate", "access", []),
        ("close_gate", "gate_id", " "), ("change_people", "people", 10**400),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_told_by_its_key(kind: str, key: str, value: Any) -> None:
    (told,) = faults(text({"edit": kind, **VALUES[kind], key: value}))
    assert f"column {key}: expected" in told


def test_too_many_edits_are_refused() -> None:
    assert "at most" in faults(text(*[{"edit": "close_gate", "gate_id": "g"}] * (MOST_EDITS + 1)))[0]


def test_the_id_is_that_of_what_the_edits_do() -> None:
    first = {"edit": "close_facility", "facility_id": "F1"}
    second = {"edit": "add_people", "at": AT, "people": 300}
    one = read_scenario(text(first, second), "a.json").scenario_id
    same = [
        text(
            {**first, "note": "why", "cost": 3},
            {**second, "people": 300.0},
            note="other",
            author="x",
            date="2026-01-01",
        ),
        text(first, {"edit": "close_gate", "gate_id": "G", "is_on": False}, second, name="other"),
    ]
    other = [text(second, first), text(first), text(first, {**second, "people": 301})]
    assert {read_scenario(t, "a.json").scenario_id for t in same} == {one}
    assert one not in {read_scenario(t, "a.json").scenario_id for t in other}


def test_the_cost_of_the_whole_speaks_before_the_sum() -> None:
    edits = [{"edit": "close_gate", "gate_id": f"G{n}", "cost": n, "is_on": n != 2} for n in range(4)]
    assert read_scenario(text(*edits), "a").total_cost == 4
    assert read_scenario(text(*edits, cost=7), "a").total_cost == 7
    assert read_scenario(text(), "a").total_cost is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.data())
def test_any_json_is_read_or_refused_and_never_breaks(kind: str, data: st.DataObject) -> None:
    names = st.sampled_from([*KINDS[kind].fields, "note", "cost", "is_on"])
    record = {"edit": kind, **VALUES[kind], **data.draw(st.dictionaries(names, json_values, max_size=3))}
    try:
        assert read_scenario(text(record), "a").edits[0].kind == kind
    except ScenarioError as fault:
        # Infinity is no JSON at all: that is told of the file, before there is an edit.
        is_json = "inf" not in repr(record)
        assert all(("edit 1" if is_json else "a") in problem.source for problem in fault.problems)
