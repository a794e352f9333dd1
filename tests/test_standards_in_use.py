"""Standards in use: the sample under several of them reconciles, and planners choose, edit, switch and compare them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

import app
from geo.model.study import Study
from geo.store import list_assessments, open_assessment, open_study
from web.prepare import SAMPLE, STANDARDS
from web.settings import ROOT

API = f"/api/v1/studies/{SAMPLE}"


def get(client: FlaskClient, path: str, status: int = 200) -> Any:
    answer = client.get(path)
    assert answer.status_code == status, answer.data[:300]
    return json.loads(answer.data)


def thousandths(values: Any) -> np.ndarray:  # type: ignore[type-arg]
    return np.rint(np.asarray(values, dtype=float) * 1000).astype(np.int64)


@pytest.fixture(scope="module")
def study(sample_studies: Path) -> Study:
    return open_study(sample_studies, SAMPLE)


@pytest.mark.parametrize("standard", STANDARDS)
def test_every_rule_of_every_standard_reconciles_to_the_last_person(
    sample_studies: Path, study: Study, standard: str
) -> None:
    made = [one for one in list_assessments(sample_studies, SAMPLE) if one["standard"] == standard]
    result = open_assessment(sample_studies, SAMPLE, made[-1]["assessment_id"])
    for part in ("people", "covered", "uncovered", "unknown", "line_covered"):
        by_rule = result.verdicts.assign(exact=thousandths(result.verdicts[part].fillna(0)))
        level = by_rule["unit_id"].map(dict(zip(study.units["unit_id"], study.units["level"], strict=True)))
        totals = by_rule.groupby([level, "rule_id"])["exact"].sum().unstack(0)
        outside = thousandths(result.outside.set_index("rule_id")[part].fillna(0).loc[totals.index])
        whole = thousandths(result.totals.set_index("rule_id")[part].fillna(0).loc[totals.index])
        for name in study.units["level"].unique():
            assert (totals[name].to_numpy() + outside == whole).all(), (part, name)
    parts = [thousandths(result.totals[part]) for part in ("covered", "uncovered", "unknown")]
    assert (np.sum(parts, axis=0) == thousandths(result.totals["people"])).all()


def test_age_groups_reconcile_too(own_studies: Path, study: Study) -> None:
    figures = run(own_studies, "assess", SAMPLE, "--standard", "complete-community-2020", "--json")
    rules = {rule["rule_id"]: rule for rule in json.loads(figures)["rules"]}
    columns = {
        "kindergarten": ["people_3_5"],
        "nursery": ["people_0_2"],
        "elderly_day_care": ["people_60_79", "people_80"],
    }
    for rule_id, ages in columns.items():
        assert rules[rule_id]["people"] == pytest.approx(study.demand[ages].to_numpy().sum(), abs=0.001)
        parts = [rules[rule_id][part] for part in ("covered", "uncovered", "unknown")]
        assert sum(parts) == pytest.approx(rules[rule_id]["people"], abs=0.001)


def test_a_circle_never_covers_fewer_than_the_walk_inside_it(sample: Any) -> None:
    """A walk is never shorter than the straight line, so the radius flatters every rule in metres."""
    _, result = sample
    in_metres = [rule.rule_id for rule in result.standard.rules if rule.threshold_m is not None]
    verdicts = result.verdicts[result.verdicts["rule_id"].isin(in_metres)]
    assert (verdicts["line_covered"] >= verdicts["covered"])[verdicts["covered"].notna()].all()
    assert (verdicts["line_ratio"] - verdicts["ratio"]).max() > 0.3


@pytest.fixture(scope="module")
def own_studies(sample_studies: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sample's folder, for commands that store more assessments."""
    return Path(shutil.copytree(sample_studies, tmp_path_factory.mktemp("own") / "studies"))


def run(folder: Path, *arguments: str, code: int = 0) -> str:
    done = CliRunner(env={"LIFECIRCLE_STUDIES": str(folder)}).invoke(app.commands, list(arguments))
    assert done.exit_code == code, done.output
    return done.stdout


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """A copy of a standard that ships, with a stricter kindergarten, as a planner would make it."""
    text = (ROOT / "data" / "standards" / "general.yaml").read_text(encoding="utf-8")
    text = text.replace("id: general", "id: mine", 1).replace("threshold_min: 10", "threshold_min: 1", 1)
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_planner_judges_by_an_edited_copy_and_compares_it_with_the_original(own_studies: Path, edited: Path) -> None:
    original = json.loads(run(own_studies, "assess", SAMPLE, "--standard", "general", "--json"))
    text = run(
        own_studies, "assess", SAMPLE, "--standard", str(edited), "--against", original["assessment_id"], "--json"
    )
    mine = json.loads(text)
    assert mine["standard"] == "mine"
    changed = [
        (a["rule_id"], a["covered"] > b["covered"])
        for a, b in zip(original["rules"], mine["rules"], strict=True)
        if a["covered"] != b["covered"]
    ]
    assert changed == [(original["rules"][0]["rule_id"], True)]
    comparison = mine["comparison"]
    assert (comparison["by"], comparison["before"]["standard"], comparison["after"]["standard"]) == (
        "rule", "general", "mine",
    )  # fmt: skip
    assert {row["rule_id"] for row in comparison["changes"]} == {original["rules"][0]["rule_id"]}
    assert comparison["changed"] == len(comparison["changes"]) > 0


def test_the_measure_is_switched_printed_and_kept(own_studies: Path) -> None:
    walked = json.loads(run(own_studies, "assess", SAMPLE, "--standard", "general", "--json"))
    lined = json.loads(run(own_studies, "assess", SAMPLE, "--standard", "general", "--measure", "line", "--json"))
    assert (walked["measure"], lined["measure"]) == ("as the standard says", "line")
    assert lined["provenance"]["standard"]["measure"] == "line"
    for by_walk, by_line in zip(walked["rules"], lined["rules"], strict=True):
        assert by_line["ratio"] == by_walk["line_ratio"] == by_line["line_ratio"]
        assert (by_walk["measure"], by_line["measure"]) == ("walk", "line")
    text = run(own_studies, "assess", SAMPLE, "--standard", "general", "--measure", "line")
    assert "measured: line" in text and "by line" in text
    run(own_studies, "assess", SAMPLE, "--measure", "car", code=2)


def test_the_api_answers_by_the_standard_asked_for(client: FlaskClient) -> None:
    for standard in STANDARDS:
        assert get(client, f"{API}/assessment?standard={standard}")["standard"] == standard
    figures = get(client, f"{API}/units?standard=mofcom-2021")["units"][0]["rules"]
    assert set(figures) == {rule["rule_id"] for rule in get(client, f"{API}/assessment?standard=mofcom-2021")["rules"]}
    fault = get(client, f"{API}/assessment?standard=nobody", status=404)
    assert fault["code"] == "not_assessed" and "gb50180-2018" in fault["detail"]


def test_the_api_compares_assessments(client: FlaskClient) -> None:
    made = get(client, f"{API}/assessments")["assessments"]
    assert {one["standard"] for one in made} >= set(STANDARDS)
    by_standard = {one["standard"]: one["assessment_id"] for one in made}
    other = get(client, f"{API}/comparison?standard=gb50180-2018&with={by_standard['mofcom-2021']}&limit=5")
    assert (other["by"], other["before"]["standard"], len(other["changes"])) == ("category", "mofcom-2021", 5)
    assert sum(other["ways"].values()) == other["changed"] >= 5
    same = get(client, f"{API}/comparison?standard=mofcom-2021&with={by_standard['mofcom-2021']}")
    assert (same["by"], same["changed"], same["changes"]) == ("rule", 0, [])
    assert get(client, f"{API}/comparison", status=400)["code"] == "parameter_invalid"
    assert get(client, f"{API}/comparison?with=nothing", status=404)["code"] == "not_found"
    assert get(client, f"{API}/comparison?with=elsewhere/x", status=404)["code"] == "not_found"


@pytest.mark.parametrize(
    ("lang", "radius", "not_yet"),
    [("en", "By straight radius: ", "not judged yet"), ("zh", "按直线半径：", "尚未评估")],
)
def test_pages_show_the_standard_its_choice_and_the_figure_by_radius(
    client: FlaskClient, lang: str, radius: str, not_yet: str
) -> None:
    card = client.get(f"/units/510198001001?lang={lang}&standard=city-health-check").get_data(as_text=True)
    assert radius in card
    assert 'value="city-health-check" selected' in card and f"({not_yet})" in card
    assert "公园绿化活动场地服务半径覆盖率" in card
    table = client.get(f"/units?lang={lang}&standard=mofcom-2021").get_data(as_text=True)
    assert "standard=mofcom-2021" in table
    assert client.get(f"/units?lang={lang}&standard=nobody").status_code == 404
