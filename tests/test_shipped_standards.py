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


def test_what_must_ship_ships() -> None:
    assert {path.stem for path in SHIPPED} >= {
        "gb50180-2018", "tdt1062-2021", "mofcom-2021", "complete-community-2020", "city-health-check",
        "chengdu-8-kinds", "shanghai-2016", "general",
    }  # fmt: skip


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_nothing_uncertain_is_required_and_only_our_own_figures_go_without_a_source(path: Path) -> None:
    for rule in read_standard(path).rules:
        assert rule.confidence != "uncertain" or not rule.is_must, rule.rule_id
        assert ("ours" in rule.source.lower()) or rule.confidence != "ours", rule.rule_id


def test_the_figures_on_paper_are_the_figures_in_the_files() -> None:
    """As the standards have them: threshold, measure, what the share is of, target, count, size."""
    rules = {f"{path.stem}:{rule.rule_id}": rule for path in SHIPPED for rule in read_standard(path).rules}
    assert rules["tdt1062-2021:10min/health_station"].threshold_m == 500
    assert str(rules["tdt1062-2021:10min/health_station"].floor_area) == "120 m2"
    assert rules["mofcom-2021:basic/repair"].threshold_min == 10
    assert rules["mofcom-2021:quality/gym"].threshold_min == 15
    assert rules["complete-community-2020:parcel_points"].min_count == 2
    assert rules["complete-community-2020:shops"].combine == "each"
    assert rules["complete-community-2020:elderly_day_care"].serves == "elders"
    park = rules["city-health-check:park_500m"]
    assert (park.threshold_m, park.measure, park.share_of, park.confidence) == (500, "line", "area", "verified")
    buses = [rules[f"city-health-check:bus_{m}m"] for m in (300, 500)]
    assert [(bus.threshold_m, bus.target_share) for bus in buses] == [(300, 0.5), (500, 0.9)]
    assert rules["shanghai-2016:5min/elderly_day_care"].threshold_min == 5
    assert {rule.measure for name, rule in rules.items() if not name.startswith("city-health")} == {"walk"}


def test_the_eight_kinds_of_chengdu_have_eighteen_items_of_which_fifteen_are_known() -> None:
    rules = read_standard(DATA / "standards" / "chengdu-8-kinds.yaml").rules
    assert len(rules) == 18
    assert len({rule.clause for rule in rules}) == 8
    assert [rule.confidence for rule in rules].count("uncertain") == 3


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
