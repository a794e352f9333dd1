"""The standards and profiles that ship: whole, honest about where each figure comes from, and at a human pace."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.intake.classify import read_categories
from geo.model.standards import CIRCLES, CONFIDENCES, DUTIES, find_file, read_profile, read_standard

DATA = Path(__file__).resolve().parents[1] / "data"
SHIPPED = sorted((DATA / "standards").glob("*.yaml"))
PROFILES = sorted((DATA / "profiles").glob("*.yaml"))
KNOWN = frozenset(read_categories(DATA / "categories" / "categories.yaml").categories)


def test_the_national_standard_and_the_adult_ship() -> None:
    assert find_file("gb50180-2018", DATA / "standards") in SHIPPED
    assert find_file("adult", DATA / "profiles") in PROFILES


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_rule_that_ships_is_whole(path: Path) -> None:
    standard = read_standard(path, KNOWN)
    assert standard.standard_id == path.stem
    assert 0 < standard.target_share <= 1
    assert all((standard.name.zh, standard.name.en, standard.version, standard.source, standard.target_source))
    assert len({rule.rule_id for rule in standard.rules}) == len(standard.rules) > 0
    for rule in standard.rules:
        assert all((rule.rule_id, rule.clause, rule.source, rule.name.zh, rule.name.en)), rule.rule_id
        assert (rule.threshold_m is None) != (rule.threshold_min is None), rule.rule_id
        assert 0 < rule.metres(1.2) <= 5000, rule.rule_id
        assert rule.level in CIRCLES and rule.duty in DUTIES and rule.confidence in CONFIDENCES, rule.rule_id
        assert rule.categories and set(rule.categories) <= KNOWN, rule.rule_id
    assert set(standard.categories) == {c for rule in standard.rules for c in rule.categories}


def test_nothing_uncertain_ships_and_only_what_was_seen_is_called_verified() -> None:
    for rule in read_standard(DATA / "standards" / "gb50180-2018.yaml").rules:
        assert rule.confidence != "uncertain", rule.rule_id
        assert rule.confidence.startswith("verified") == ("seen in" in rule.source), rule.rule_id


def test_the_thresholds_that_ship_are_those_of_their_circles() -> None:
    """GB 50180-2018, table 3.0.4: 800-1000 m, 500 m and 300 m; a junior school keeps its 1000 m."""
    standard = read_standard(DATA / "standards" / "gb50180-2018.yaml")
    most = {"15min": 1000, "10min": 1000, "5min": 500, "block": 300}
    assert all(0 < (rule.threshold_m or 0) <= most[rule.level] for rule in standard.rules)
    by_id = {rule.rule_id: rule for rule in standard.rules}
    assert by_id["15min/junior_school"].threshold_m == 1000
    assert by_id["10min/primary_school"].threshold_m == 500
    assert {rule.level for rule in standard.rules} >= {"15min", "10min", "5min"}


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_every_profile_that_ships_walks_at_a_human_pace(path: Path) -> None:
    profile = read_profile(path)
    assert profile.profile_id == path.stem
    assert 0.3 <= profile.speed_mps <= 2
    assert profile.steps_speed_mps is None or profile.steps_speed_mps <= profile.speed_mps
    assert all((profile.name.zh, profile.name.en, profile.source))
