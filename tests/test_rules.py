"""Rules in all their kinds: what each field says, and which of them cannot stand together."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.model.errors import RuleError
from geo.model.standards import Amount, Rule, Standard, measured_by, read_standard

HEAD = """\
id: town
name: {zh: 镇, en: town}
version: "1"
source: ours
target: {share: 0.9, confidence: ours, source: ours}
"""
RULE = """\
  - id: a
    category: canteen
    level: 5min
    duty: must
    name: {zh: 食堂, en: canteen}
    clause: "T.1"
    confidence: ours
    source: town
"""
LINE = 7
"""Where the rule begins in the file."""


def read(folder: Path, more: str, *, head: str = HEAD, category: str = "canteen") -> Standard:
    text = head + "rules:\n" + RULE.replace("canteen\n", f"{category}\n", 1)
    path = folder / "mine.yaml"
    path.write_text(text + "".join(f"    {line}\n" for line in more.splitlines()), encoding="utf-8")
    return read_standard(path)


def rule_of(folder: Path, more: str, **given: str) -> Rule:
    (rule,) = read(folder, more, **given).rules
    return rule


def test_a_rule_that_says_no_more_is_walked_by_everybody(tmp_path: Path) -> None:
    rule = rule_of(tmp_path, "threshold_m: 300")
    assert (rule.combine, rule.min_count, rule.measure, rule.share_of) == ("any", 1, "walk", "people")
    assert (rule.serves, rule.area_type, rule.target_share, rule.weight) == ("all", "all", None, 1.0)
    assert (rule.capacity_per_1000, rule.floor_area, rule.site_area) == (None, None, None)
    assert rule.has_threshold and rule.counts_everybody


def test_every_field_is_read_as_written(tmp_path: Path) -> None:
    more = """\
threshold_m: 500
measure: line
min_count: 3
serves: elders
area_type: old_compound
target: 0.7
floor_area_m2: [600, 1000]
site_area_m2: 500
capacity_per_1000: {amount: [30, 40], unit: beds}
weight: 2"""
    rule = rule_of(tmp_path, more, category="[canteen, restaurant]")
    assert (rule.measure, rule.min_count, rule.serves, rule.area_type) == ("line", 3, "elders", "old_compound")
    assert (rule.target_share, rule.weight, rule.counts_everybody) == (0.7, 2.0, False)
    assert (rule.floor_area, rule.site_area) == (Amount(600, 1000), Amount(500))
    assert str(rule.capacity_per_1000) == "30-40 beds"


def test_each_of_a_set_and_a_share_of_ground(tmp_path: Path) -> None:
    each = rule_of(tmp_path, "threshold_min: 5\ncombine: each", category="[canteen, clinic]")
    assert (each.combine, each.category) == ("each", "canteen|clinic")
    assert rule_of(tmp_path, "threshold_m: 500\nshare_of: area").share_of == "area"


def test_an_amount_alone_is_a_rule_that_judges_nobody(tmp_path: Path) -> None:
    rule = rule_of(tmp_path, "floor_area_m2: 150")
    assert not rule.has_threshold
    assert rule.metres(1.2) == 0


def test_the_target_of_a_rule_goes_before_that_of_the_standard(tmp_path: Path) -> None:
    own, others = read(tmp_path, "threshold_m: 300\ntarget: 0.5"), read(tmp_path, "threshold_m: 300")
    assert (own.target_of(own.rules[0]), others.target_of(others.rules[0])) == (0.5, 0.9)


@pytest.mark.parametrize(("weights", "weight"), [("", 0), ("weights: {as_needed: 0.5}\n", 0.5)])
def test_what_is_wanted_where_needed_weighs_nothing_unless_told(tmp_path: Path, weights: str, weight: float) -> None:
    (tmp_path / "mine.yaml").write_text("", encoding="utf-8")
    text = HEAD + weights + "rules:\n" + RULE.replace("duty: must", "duty: as_needed") + "    threshold_m: 300\n"
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    assert read_standard(tmp_path / "mine.yaml").rules[0].weight == weight


def test_a_standard_may_be_measured_all_alike(tmp_path: Path) -> None:
    standard = read(tmp_path, "threshold_m: 300")
    switched = measured_by(standard, "line")
    assert ([rule.measure for rule in switched.rules], switched.switched_to) == (["line"], "line")
    assert measured_by(standard, None) is standard


IMPOSSIBLE = {
    "no threshold and no amount": ("", "canteen", "either threshold_m or threshold_min"),
    "two thresholds": ("threshold_m: 1\nthreshold_min: 1\nfloor_area_m2: 1", "canteen", "either threshold_m or"),
    "minutes by a radius": ("threshold_min: 5\nmeasure: line", "canteen", "a straight radius is in metres"),
    "each of one": ("threshold_m: 5\ncombine: each", "canteen", "at least two categories"),
    "several of each": ("threshold_m: 5\ncombine: each\nmin_count: 2", "[a, b]", "does not go with combine: each"),
    "several in minutes": ("threshold_min: 5\nmin_count: 2", "canteen", "min_count needs threshold_m"),
    "ground in minutes": ("threshold_min: 5\nshare_of: area", "canteen", "share_of: area counts ground"),
    "ground of elders": ("threshold_m: 5\nshare_of: area\nserves: elders", "canteen", "share_of: area counts ground"),
    "strange measure": ("threshold_m: 5\nmeasure: car", "canteen", "expected one of walk, line, found 'car'"),
    "nobody known": ("threshold_m: 5\nserves: dogs", "canteen", "expected one of all, children_0_2"),
    "strange ground": ("threshold_m: 5\narea_type: moon", "canteen", "expected one of all, urban"),
    "nothing for whom": ("threshold_m: 5\nserves:", "canteen", "expected one of all, children_0_2"),
    "share in per cent": ("threshold_m: 5\ntarget: 90", "canteen", "above 0 and at most 1"),
    "none of them": ("threshold_m: 5\nmin_count: 0", "canteen", "a whole number from 1 to 20"),
    "half of one": ("threshold_m: 5\nmin_count: 1.5", "canteen", "expected int, found 1.5"),
    "most before least": ("threshold_m: 5\nfloor_area_m2: [9, 1]", "canteen", "[least, most]"),
    "three sizes": ("threshold_m: 5\nfloor_area_m2: [1, 2, 3]", "canteen", "[least, most]"),
    "no size": ("threshold_m: 5\nsite_area_m2: []", "canteen", "[least, most]"),
    "size of nothing": ("threshold_m: 5\nsite_area_m2: 0", "canteen", "above 0"),
    "beds of what": ("threshold_m: 5\ncapacity_per_1000: {amount: 1, unit: rooms}", "canteen", "m2, places, beds"),
    "beds without a number": ("threshold_m: 5\ncapacity_per_1000: {unit: beds}", "canteen", "missing key"),
    "strange key inside": ("threshold_m: 5\ncapacity_per_1000: {amount: 1, unit: m2, x: 1}", "canteen", "unknown key"),
    "weight below nothing": ("threshold_m: 5\nweight: -1", "canteen", "above 0"),
    "beyond a walk": ("threshold_m: 9000", "canteen", "expected at most 5000"),
    "beyond an hour": ("threshold_min: 90", "canteen", "expected at most 60"),
}
"""What the rule says besides, its category, and words of the remedy."""


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_stand_together_is_told_with_file_and_line(tmp_path: Path, name: str) -> None:
    more, category, words = IMPOSSIBLE[name]
    with pytest.raises(RuleError) as told:
        read(tmp_path, more, category=category)
    assert words in str(told.value)
    assert (told.value.path, told.value.line is not None and told.value.line >= LINE) == ("mine.yaml", True)


def test_strange_weights_are_told(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="unknown key") as told:
        read(tmp_path, "threshold_m: 300", head=HEAD + "weights: {should: 1}\n")
    assert (told.value.key, told.value.line) == ("should", 6)
