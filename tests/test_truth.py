"""The causes found in the sample town are those it was made with: recall and precision, by people, printed.

The truth is reckoned by the script that makes the sample, with its own walks and its own plan of walls and banks.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import towns

from geo.assess import assess, prepare
from geo.model.assessment import CAUSES, NO_CAUSE, Assessment
from geo.model.standards import Profile, Text
from geo.model.study import Study

FOLDER = Path(__file__).resolve().parents[1] / "data" / "sample"
ADULT = Profile("adult", Text("成年人", "adult"), 1.2, 0.6, "town")
Found = tuple[Study, Assessment]


@pytest.fixture(scope="module")
def truth() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "truth_causes.csv", index_col="demand_id", keep_default_na=False)


@pytest.fixture(scope="module")
def found(sample: Found, truth: pd.DataFrame) -> Found:
    """The sample judged by a rule for each category and threshold that a gap was made for."""
    study, _ = sample
    asked = [(column, *column.split("@")) for column in truth.columns]
    rules = [towns.rule(column, category, metres=float(metres)) for column, category, metres in asked]
    result = assess(study, prepare(study), towns.standard(*rules), ADULT, code_version="test", created="2026-11-24")
    assert study.demand["demand_id"].tolist() == truth.index.tolist()
    return study, result


def causes(result: Assessment) -> pd.DataFrame:
    """The cause of every home and rule, empty where it lacks nothing."""
    words = np.array([*CAUSES, ""], dtype=object)
    assert NO_CAUSE == -1
    return pd.DataFrame(words[result.cause], columns=[rule.rule_id for rule in result.standard.rules])


def scores(told: pd.DataFrame, true: pd.DataFrame, people: pd.Series) -> pd.DataFrame:
    """Recall and precision of every word but the empty one, in people, over all rules together."""
    weight = np.repeat(people.to_numpy()[:, None], told.shape[1], axis=1)
    rows = {}
    for word in sorted(set(true.to_numpy().ravel()) - {""}):
        is_told, is_true = told.to_numpy() == word, true.to_numpy() == word
        right = weight[is_told & is_true].sum()
        rows[word] = (right / weight[is_true].sum(), right / max(weight[is_told].sum(), 1), weight[is_true].sum())
    return pd.DataFrame.from_dict(rows, orient="index", columns=["recall", "precision", "people"]).round(3)


def test_causes_are_found_with_high_recall_and_precision(found: Found, truth: pd.DataFrame) -> None:
    study, result = found
    told = causes(result)
    true = truth.reset_index(drop=True).apply(
        lambda column: column.str.replace(r"severed by .*", "severed", regex=True)
    )
    table = scores(told, true, study.demand["people"])
    sys.stdout.write(f"\n{table}\n")
    assert (table.loc[["none in range", "severed"], ["recall", "precision"]] >= 0.97).all(axis=None)


def barriers(result: Assessment) -> pd.DataFrame:
    """What severs every severed home: the barrier of the gap it is part of."""
    told = causes(result)
    number = {rule.rule_id: column for column, rule in enumerate(result.standard.rules)}
    for rule_id in told:
        rows = np.flatnonzero((told[rule_id] == "severed").to_numpy())
        barrier = result.gaps["barrier"].fillna("?").to_numpy()[result.demand_gap[rows, number[rule_id]]]
        told.loc[told.index[rows], rule_id] = [f"severed by {one}" for one in barrier]
    return told


def test_barriers_are_those_of_the_plan(found: Found, truth: pd.DataFrame) -> None:
    study, result = found
    table = scores(barriers(result), truth.reset_index(drop=True), study.demand["people"])
    sys.stdout.write(f"\n{table}\n")
    severed = table[table.index.str.startswith("severed")]
    assert len(severed) == 4
    assert (severed[["recall", "precision"]] >= 0.75).all(axis=None)
    assert (severed.loc["severed by wall", ["recall", "precision"]] >= 0.93).all()


def test_every_designed_gap_is_found_with_its_barrier(found: Found) -> None:
    """Each gap of truth.json: in its communities, gaps of its cause and barrier hold the people it leaves out."""
    _, result = found
    barrier = {"wall": "wall", "river": "water", "railway": "railway"}
    walls = []
    for design in json.loads((FOLDER / "truth.json").read_text(encoding="utf-8")):
        if design["kind"] == "capacity":
            continue
        rule_id = f"{design['category']}@{design['threshold_m']:g}"
        gaps = result.gaps[(result.gaps["rule_id"] == rule_id) & result.gaps["unit_id"].isin(design["unit_ids"])]
        if design["kind"] == "absent":
            people = gaps["people_none_in_range"].sum()
        else:
            people = gaps["people_severed"][gaps["barrier"] == barrier[design["kind"]]].sum()
        assert people >= 0.95 * design["people"], design["note"]
        if design["wall_id"]:
            walls.append((gaps["wall_id"] == design["wall_id"]).any())
    sys.stdout.write(f"\nwalls named: {sum(walls)} of {len(walls)}\n")
    assert sum(walls) >= 5
