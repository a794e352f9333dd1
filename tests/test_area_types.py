"""The type of area of a unit: read from a planner's words, told where it is not one we know."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from geo.intake.columns import read_aliases
from geo.intake.raw import FileRef
from geo.intake.units import read_units

ALIASES = read_aliases(Path(__file__).resolve().parents[1] / "data" / "columns.yaml")


@pytest.mark.parametrize("heading", ["area_type", "地区类型", "城乡类型"])
def test_types_are_read_in_both_languages_and_strange_ones_are_not_stated(tmp_path: Path, heading: str) -> None:
    words = ["城镇", "rural", "老旧小区", "", "moon"]
    ring = [[104.0, 30.0], [104.01, 30.0], [104.01, 30.01], [104.0, 30.0]]
    features = [
        {"type": "Feature", "properties": {"unit_id": str(n), "name": str(n), "level": "community", heading: word},
         "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for n, word in enumerate(words)
    ]  # fmt: skip
    path = tmp_path / "units.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    table, report = read_units(FileRef(path), ALIASES)
    assert table["area_type"].isna().tolist() == [False, False, False, True, True]
    assert table["area_type"].tolist()[:3] == ["urban", "rural", "old_compound"]
    (told,) = report.problems
    assert (told.code, told.rows, told.severity) == ("area_type_unknown", (5,), "note")
    assert report.rejected == 0
