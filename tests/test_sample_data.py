"""The sample town keeps what it promises: its size, its walls, the gaps built into it, the same on every run."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data.sample.make_sample import make_sample
from geo.model.assessment import UNCOVERED, Assessment
from geo.model.study import Study
from geo.model.tables import AGE_GROUPS

FOLDER = Path(__file__).resolve().parents[1] / "data" / "sample"
FILES = (
    "jinxi.osm.pbf", "units.geojson", "demand.csv", "facilities.csv", "walls.geojson", "gates.geojson", "truth.json",
    "truth_causes.csv",
)  # fmt: skip

Sample = tuple[Study, Assessment]


@pytest.fixture(scope="module")
def truth() -> list[dict[str, object]]:
    return json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))


def test_the_script_makes_the_committed_files_again(tmp_path: Path) -> None:
    make_sample(tmp_path)
    for name in FILES:
        made, committed = tmp_path / name, FOLDER / name
        assert hashlib.sha256(made.read_bytes()).digest() == hashlib.sha256(committed.read_bytes()).digest(), name


def test_the_files_stay_small() -> None:
    assert sum((FOLDER / name).stat().st_size for name in FILES) < 3_000_000


def test_it_is_labelled_as_made_up(sample: Sample) -> None:
    study, assessment = sample
    assert study.is_made_up
    assert assessment.headline["is_made_up"]
    assert all("OpenStreetMap" not in source.credit for source in study.sources)


def test_it_has_the_size_of_an_inner_city(sample: Sample) -> None:
    study, _ = sample
    assert 240_000 < study.demand["people"].sum() < 260_000
    assert np.allclose(study.demand[list(AGE_GROUPS)].sum(axis=1), study.demand["people"])
    levels = study.units["level"].value_counts()
    assert (levels["city"], levels["district"], levels["subdistrict"]) == (1, 2, 6)
    assert 38 <= levels["community"] <= 44
    assert study.units["unit_id"].str.fullmatch(r"5101\d{8}").all()
    assert study.units[["name", "name_en"]].notna().all(axis=None)
    assert 1400 < len(study.facilities) < 2000
    assert len(study.walls) > 200 < len(study.gates)


def test_every_level_tiles_the_level_above(sample: Sample) -> None:
    study, _ = sample
    for parent_id, children in study.units.groupby("parent_id"):
        parent = study.units.loc[study.units["unit_id"] == parent_id].geometry.iloc[0]
        whole = shapely.union_all(children.geometry.to_numpy())
        assert whole.symmetric_difference(parent).area < 1.0
        assert children.geometry.area.sum() == pytest.approx(parent.area, abs=1.0)


def test_everybody_joins_a_street_and_lives_in_one_community(sample: Sample) -> None:
    study, assessment = sample
    facts = assessment.headline
    assert facts["people_not_joined"] == facts["people_on_islands"] == facts["people_outside_units"] == 0
    assert study.report.errors == ()


def test_the_streets_reach_farther_than_anybody_walks(sample: Sample) -> None:
    study, _ = sample
    assert study.report.facts["people_near_edge"] == 0
    assert {problem.code for problem in study.report.findings} == {"not_joined"}


def test_streets_pass_walls_at_gates_only(sample: Sample) -> None:
    study, _ = sample
    street, wall = study.walls.sindex.query(study.streets.geometry, predicate="crosses")
    met = shapely.intersection(study.streets.geometry.to_numpy()[street], study.walls.geometry.to_numpy()[wall])
    points = gpd.GeoSeries(shapely.get_parts(met), crs=study.crs)
    crossing, gate = study.gates.sindex.nearest(points, return_all=False)
    far = points.iloc[crossing].distance(study.gates.geometry.iloc[gate], align=False)
    assert len(points) > 300
    assert (far < 5).all()


def test_walls_make_walking_longer_than_it_looks(sample: Sample) -> None:
    _, assessment = sample
    column = assessment.categories.index("kindergarten")
    walk, line = assessment.demand_walk_m[:, column], assessment.demand_line_m[:, column]
    reached = np.isfinite(walk)
    detour = walk[reached] / np.maximum(line[reached], 1.0)
    assert 1.2 < np.median(detour) < 2.5
    assert (detour > 2).mean() > 0.1


def test_the_gaps_that_were_built_in_are_found(sample: Sample, truth: list[dict[str, object]]) -> None:
    """Absent and severed services of the truth file: the homes it names are uncovered, the cause is theirs."""
    study, assessment = sample
    rules = {rule.rule_id: rule for rule in assessment.standard.rules}
    checked = set()
    for designed in truth:
        if designed["kind"] == "capacity":
            continue
        mine = [
            number
            for number, rule in enumerate(rules.values())
            if rule.categories == (designed["category"],) and rule.threshold_m == designed["threshold_m"]
        ]
        if not mine:
            continue
        in_units = study.units["unit_id"].isin(designed["unit_ids"]).to_numpy()[assessment.demand_unit]
        uncovered = (assessment.status[:, mine[0]] == UNCOVERED) & in_units
        left_out = study.demand["people"].to_numpy()[uncovered].sum()
        assert left_out >= 0.9 * float(str(designed["people"])), designed["note"]
        checked.add(designed["kind"])
    assert {"absent", "wall"} <= checked
