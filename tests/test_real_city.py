"""A real city end to end by the commands a planner types: Las Palmas, whose units overlap, leave holes and are left."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from layers.catalog import LAYERS

PROJECT = Path(__file__).resolve().parents[1]
Run = Callable[..., str]


@pytest.fixture(scope="module")
def run(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a command of the app in a process of its own, on a folder that already holds the city."""
    environment = {**os.environ, "LIFECIRCLE_STUDIES": str(tmp_path_factory.mktemp("studies"))}

    def command(*arguments: str | Path) -> str:
        done = subprocess.run(
            [sys.executable, "app.py", *map(str, arguments)],
            cwd=PROJECT,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout

    city = shared_data / "las-palmas"
    command(
        "load", "laspalmas", "--osm", city / "las_palmas_2023.osm.pbf", "--units", city / "school_catchments.geojson",
        "--demand", city / "population_cells_2015.csv",
    )  # fmt: skip
    return command


@pytest.fixture(scope="module")
def figures(run: Run) -> dict[str, object]:
    return json.loads(run("assess", "laspalmas", "--json"))


def everybody(shared_data: Path) -> float:
    path = shared_data / "las-palmas" / "population_cells_2015.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    column = next(name for name in rows[0] if name.lower() in ("people", "population", "pop"))
    return sum(float(row[column]) for row in rows)


def test_nobody_is_lost_between_the_file_and_the_figures(figures: dict[str, object], shared_data: Path) -> None:
    people = figures["people"]
    assert people == pytest.approx(everybody(shared_data), abs=0.5)
    for rule in figures["rules"]:  # type: ignore[attr-defined]
        assert rule["covered"] + rule["uncovered"] + rule["unknown"] == pytest.approx(people, abs=0.001)


@pytest.mark.parametrize("standard", ["mofcom-2021", "city-health-check", "complete-community-2020"])
def test_three_standards_reconcile_and_say_what_is_not_stated(
    run: Run, figures: dict[str, object], standard: str
) -> None:
    """The cells have no ages: rules that serve an age say so, all others count everybody to the last person."""
    told = json.loads(run("assess", "laspalmas", "--standard", standard, "--json"))
    for rule in told["rules"]:
        parts = [rule[name] for name in ("covered", "uncovered", "unknown")]
        if rule["serves"] != "all":
            assert (rule["people"], *parts, rule["ratio"], rule["line_ratio"]) == (None,) * 6
            assert rule["verdict"] == "insufficient data"
        else:
            assert sum(parts) == pytest.approx(rule["people"], abs=0.001)
            assert rule["people"] == pytest.approx(figures["people"], abs=0.001)
    assert {rule["serves"] != "all" for rule in told["rules"]} == (
        {False, True} if standard == "complete-community-2020" else {False}
    )


def test_the_reports_say_how_many_people_each_oddity_concerns(figures: dict[str, object]) -> None:
    """Units that overlap, holes between them, cells beyond the extract: all are counted in people, none is hidden."""
    for name in ("people_outside_units", "people_in_overlapping_units", "people_not_joined", "people_on_islands"):
        assert 0 < figures[name] < 0.3 * figures["people"]  # type: ignore[operator]
    unjudged = figures["people_not_joined"]
    for rule in figures["rules"]:  # type: ignore[attr-defined]
        assert rule["unknown"] >= unjudged


def test_units_and_outside_add_up_and_every_layer_is_written(
    run: Run, figures: dict[str, object], tmp_path: Path
) -> None:
    run("export", "laspalmas", "--layer", "all", "--out", tmp_path)
    assert {path.stem for path in tmp_path.glob("*.geojson")} == set(LAYERS)
    units = json.loads((tmp_path / "units.geojson").read_text(encoding="utf-8"))
    inside = sum(feature["properties"]["people"] for feature in units["features"])
    assert inside + figures["people_outside_units"] == pytest.approx(figures["people"], abs=0.001)
    provenance = units["provenance"]
    assert [len(source["sha256"]) for source in provenance["sources"]] == [64, 64, 64]
    assert any("OpenStreetMap contributors" in source["credit"] for source in provenance["sources"])


def test_the_stored_study_is_whole(run: Run, figures: dict[str, object]) -> None:
    run("check", "laspalmas")
    assert figures["assessment_id"]
