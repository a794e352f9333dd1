"""What the report says of thin streets, of the edge, of what joins nothing; and what is missing stays unknown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from test_cli import call, done, table, write_town
from towns import homes, line_town, streets, study, units, walls

from geo.assess import prepare, with_joins
from geo.intake.thin import check_streets


def test_a_unit_of_few_roads_and_no_footways_is_too_thin_and_a_dense_or_walkable_one_is_not() -> None:
    dense = [[(x, 2000), (x, 3000)] for x in range(50, 951, 100)]
    made = study(
        streets=streets([(0, 50), (1000, 50)], [(0, 1050), (1000, 1050)], *dense),
        units=units(*[(i, "community", None, (0, y, 1000, y + 1000)) for i, y in (("a", 0), ("b", 1000), ("c", 2000))]),
    )  # fmt: skip
    made.streets.loc[1, "kind"] = "footway"
    (told,), facts = check_streets(made)
    assert told.code == "streets_thin"
    assert facts["thin_units"] == [
        {"unit_id": "a", "name": "a", "street_m": 1000, "foot_share": 0.0, "km_per_km2": 1.0}
    ]


def test_people_near_the_edge_of_the_streets_are_counted() -> None:
    square = streets([(0, 0), (5000, 0), (5000, 5000), (0, 5000), (0, 0)])
    made = study(streets=square, demand=homes(("in", 7, 2500, 2500), ("by", 5, 2500, 999), ("out", 3, 6000, 0)))
    (told,), facts = check_streets(made)
    assert (told.code, facts["people_near_edge"]) == ("edge_near", 8.0)


def test_what_joins_no_street_is_told_with_the_reason() -> None:
    town = line_town()
    places = homes(("a", 1, 300, 10), ("far", 1, 500, 400), ("shut", 1, 700, 50))
    ring = walls([(690, 40), (710, 40), (710, 60), (690, 60), (690, 40)])
    made = replace(town, demand=places, walls=ring)
    report = with_joins(made, prepare(made)).report
    assert report.facts["demand_not_joined"] == {"island": 0, "walls": 1, "far": 1}
    assert report.facts["facilities_not_joined"] == {"island": 0, "walls": 0, "far": 0}
    (told,) = report.findings
    assert "1 kept from it by walls, 1 farther than 150 m" in told.message and "shut, far" in told.message


def test_a_category_whose_only_row_was_rejected_is_unknown_and_not_zero(tmp_path: Path) -> None:
    options = write_town(tmp_path / "f")
    bad = table("facility_id,name,category,capacity", ("c,食堂,canteen,few", 280, 0), ("g,a,gym,", 280, 0))
    (tmp_path / "f" / "facilities.csv").write_text(bad, encoding="utf-8")
    done(call(tmp_path / "s", "load", "town", *options, "--accept-faults"))
    said = json.loads(done(call(tmp_path / "s", "assess", "town", "--json")))
    canteen = next(rule for rule in said["rules"] if rule["rule_id"] == "5min/canteen")
    assert (canteen["covered"], canteen["uncovered"], canteen["unknown"]) == (0, 0, 100)
    assert (canteen["verdict"], canteen["ratio"]) == ("insufficient data", None)
