"""What is stored comes back the same, is replaced whole, and is found out when it is damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import towns
from pandas.testing import assert_frame_equal

from geo.assess import assess, prepare
from geo.judge.provenance import fingerprint
from geo.model.errors import BusyError, InputError, NotFoundError, StoreError
from geo.model.standards import Profile, Text, read_profile
from geo.model.study import Study
from geo.store import (
    assessment_ids,
    check_study,
    open_assessment,
    open_network,
    open_report,
    open_study,
    save_assessment,
    save_study,
    study_names,
    study_stamp,
)
from geo.store.files import SCHEMA, study_lock

PROFILES = Path(__file__).resolve().parents[1] / "data" / "profiles"
ADULT = Profile("adult", Text("成年人", "adult"), 1.2, 0.6, "town")


def stored(folder: Path, town: Study) -> Study:
    save_study(folder, town, prepare(town))
    return open_study(folder, town.name)


@pytest.mark.parametrize("make", [towns.line_town, towns.ring_town, towns.river_town, towns.walled_town])
def test_a_study_comes_back_the_same(make: object, tmp_path: Path) -> None:
    town = make()  # type: ignore[operator]
    again = stored(tmp_path, town)
    assert fingerprint(again) == fingerprint(town)
    assert {name: len(table) for name, table in again.tables.items()} == {n: len(t) for n, t in town.tables.items()}
    assert again.report == town.report


def test_the_network_comes_back_the_same(tmp_path: Path) -> None:
    town = towns.ring_town()
    save_study(tmp_path, town, prepare(town))
    made, found = prepare(town), open_network(tmp_path, town.name)
    for name, array in vars(made).items():
        np.testing.assert_array_equal(getattr(found, name), array)


def test_an_assessment_comes_back_the_same(tmp_path: Path) -> None:
    town = stored(tmp_path, towns.walled_town())
    rules = towns.standard(towns.rule("r", "canteen", metres=500), towns.rule("n", "library", "museum", minutes=5))
    wheels = read_profile(PROFILES / "wheelchair.yaml")
    made = assess(town, prepare(town), rules, wheels, code_version="t", created="2026-11-23")
    save_assessment(tmp_path, made)
    found = open_assessment(tmp_path, town.name)
    assert (found.standard, found.profile, found.headline) == (made.standard, made.profile, made.headline)
    np.testing.assert_array_equal(found.demand_walk_m, made.demand_walk_m)
    np.testing.assert_array_equal(found.status, made.status)
    for name in ("units", "verdicts", "outside", "totals", "capacity"):
        assert_frame_equal(getattr(found, name), getattr(made, name), check_dtype=False)
    assert found.gaps["gap_id"].tolist() == made.gaps["gap_id"].tolist()


def test_a_new_load_replaces_the_assessments_of_the_old(tmp_path: Path) -> None:
    town = stored(tmp_path, towns.line_town())
    rules = towns.standard(towns.rule("r", "canteen", metres=500))
    save_assessment(tmp_path, assess(town, prepare(town), rules, ADULT, code_version="t", created="2026-11-23"))
    assert len(assessment_ids(tmp_path, "town")) == 1
    before = study_stamp(tmp_path, "town")
    stored(tmp_path, towns.line_town())
    assert assessment_ids(tmp_path, "town") == []
    assert study_stamp(tmp_path, "town") != before
    with pytest.raises(NotFoundError, match="was not assessed yet"):
        open_assessment(tmp_path, "town")


def test_a_study_that_fails_to_save_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(tmp_path, towns.line_town())

    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numpy.save", full)
    with pytest.raises(OSError, match="No space left"):
        save_study(tmp_path, towns.line_town(), prepare(towns.line_town()))
    assert check_study(tmp_path, "town") == []
    assert [p.name for p in tmp_path.iterdir() if p.is_dir()] == ["town"]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    stored(tmp_path, towns.line_town())
    assert check_study(tmp_path, "town") == []
    path = tmp_path / "town" / "network" / "arc.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x7f")
    assert [p.source for p in check_study(tmp_path, "town")] == ["town/network/arc.npy"]
    (tmp_path / "town" / "study.gpkg").write_bytes(b"no")
    with pytest.raises(StoreError, match=r"study\.gpkg"):
        open_study(tmp_path, "town")


def test_a_manifest_of_another_schema_is_refused(tmp_path: Path) -> None:
    stored(tmp_path, towns.line_town())
    path = tmp_path / "town" / "manifest.json"
    path.write_text(path.read_text().replace(f'"schema": {SCHEMA}', '"schema": 99'))
    with pytest.raises(StoreError, match="schema 99"):
        open_study(tmp_path, "town")


def test_unknown_and_unusable_names(tmp_path: Path) -> None:
    assert study_names(tmp_path / "nowhere") == []
    with pytest.raises(NotFoundError, match="none yet"):
        open_study(tmp_path, "nowhere")
    with pytest.raises(NotFoundError):
        open_report(tmp_path, "../town")
    bad = Study(**{**vars(towns.line_town()), "name": "../out"})
    with pytest.raises(InputError, match="not usable"):
        save_study(tmp_path, bad, prepare(bad))


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with study_lock(tmp_path, "town"), pytest.raises(BusyError, match="another process"):
        save_study(tmp_path, towns.line_town(), prepare(towns.line_town()))
