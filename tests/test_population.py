"""People from totals and buildings: every total kept to the last person, and every place says how it got its people."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box
from test_cli import call, collection, done, rectangle, table, write_town
from towns import CRS, EAST, NORTH, homes, streets, study, units
from towns import table as town_table

from geo.intake.columns import read_aliases
from geo.intake.demand import read_demand
from geo.intake.floors import M2_PER_PERSON
from geo.intake.population import apportion, read_totals, spread_totals
from geo.intake.raw import FileRef
from geo.model import tables
from geo.model.errors import InputError
from geo.model.study import Study
from web.settings import ROOT

laws = settings(max_examples=100, derandomize=True, deadline=None)
ALIASES = read_aliases(ROOT / "data" / "columns.yaml")


@laws
@given(st.integers(0, 10**10), st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=50))
def test_shares_add_up_to_the_total_and_are_within_one_of_their_due(total: int, weights: list[float]) -> None:
    due = total * (np.array(weights) / sum(weights))
    shares = apportion(total, np.array(weights))
    assert shares.sum() == total and (shares >= 0).all()
    assert (np.abs(shares - due) < 1 + 1e-3).all()


def town() -> Study:
    """Four units in a row: homes of 1 and 2 people in w; a flat of 600 and a shop in m; a street in e; nothing in x."""
    drawn = [{"kind": "building", "detail": d} for d in ("apartments", "house", "retail")]
    shapes = [box(EAST + x, NORTH + 10, EAST + x + w, NORTH + 30) for x, w in ((310, 30), (350, 10), (400, 50))]
    return study(
        streets=streets([(600, 50), (900, 50)]),
        demand=homes(("a", 1, 50, 50), ("b", 2, 150, 50)).assign(people_source="counted"),
        backdrop=town_table(tables.BACKDROP, drawn, shapes),
        units=units(
            ("city", "city", None, (0, 0, 1200, 100)),
            *[
                (i, "community", "city", (x, 0, x + 300, 100))
                for i, x in (("w", 0), ("m", 300), ("e", 600), ("x", 900))
            ],
        ),
    )


def totals(*rows: tuple[str | None, str | None, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["unit_id", "name", "people"])
    return frame.assign(people_80=np.floor(frame["people"] / 7))


def test_each_unit_is_filled_from_the_best_that_is_known_and_says_so() -> None:
    given_totals = totals(("w", None, 100), ("m", None, 1000), (None, "e", 77), ("x", None, 5))
    demand, told = spread_totals(town(), given_totals, "t.xlsx")
    by = demand.groupby("people_source")
    assert by["people"].sum().to_dict() == {"rescaled": 100, "buildings": 1000, "streets": 77, "unit": 5}
    assert by["people_80"].sum().round(6).to_dict() == {"rescaled": 14, "buildings": 142, "streets": 11, "unit": 0}
    assert demand.set_index("demand_id")["people"].loc[["a", "b"]].tolist() == [33.333, 66.667]
    assert sorted(by.get_group("buildings")["people"]) == [250, 750]
    assert by.get_group("streets")["people"].std() < 0.001 and len(by.get_group("streets")) == 6
    assert demand.crs == CRS and demand["demand_id"].is_unique
    assert [p.code for p in told] == ["people_spread"]


def test_units_and_totals_that_do_not_find_each_other_are_told() -> None:
    _, told = spread_totals(
        town(), totals(("w", None, 9), ("w", None, 8), ("gone", "nobody", 7), ("city", None, 6)), "t"
    )
    assert {p.code: p.count for p in told if p.code != "people_spread"} == {
        "total_without_unit": 1, "total_doubled": 1, "total_of_parent": 1, "unit_without_total": 3,
    }  # fmt: skip
    assert {p.code for p in told if p.severity == "error"} == {"total_without_unit", "total_doubled"}


def test_homes_outside_the_table_stay_and_nothing_given_is_changed() -> None:
    made = town()
    demand, _ = spread_totals(made, totals(("m", None, 10)), "t")
    assert demand.set_index("demand_id")["people"].loc[["a", "b"]].tolist() == [1, 2]
    assert made.demand["people"].tolist() == [1, 2]


@laws
@given(st.lists(st.integers(0, 10**6), min_size=4, max_size=4))
def test_all_totals_reconcile_to_the_last_person(people: list[int]) -> None:
    demand, _ = spread_totals(town(), totals(*[(i, None, p) for i, p in zip("wmex", people, strict=True)]), "t")
    thousandths = np.rint(demand["people"] * 1000).astype(np.int64)
    assert thousandths.sum() == sum(people) * 1000
    np.testing.assert_array_equal(thousandths / 1000, demand["people"])


def test_a_table_is_read_by_its_chinese_headings(tmp_path: Path) -> None:
    path = tmp_path / "totals.csv"
    path.write_text('社区代码,社区名称,常住人口,people_80\n001,甲,"1,200",30\n002,乙,-5,\n', encoding="gbk")
    found, report = read_totals(FileRef(path), ALIASES)
    assert found[["unit_id", "name", "people", "people_80"]].values.tolist() == [["001", "甲", 1200.0, 30.0]]
    assert (report.read, report.ok, report.rejected) == (2, 1, 1)
    path.write_text("name,area\nx,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column for people"):
        read_totals(FileRef(path), ALIASES)


def test_buildings_hold_people_by_their_residential_floor_and_it_is_said_loudly(tmp_path: Path) -> None:
    shape = rectangle(0, 0, 35, 20)
    rows = [{"层数": 6, "用途": "住宅"}, {"高度": 30, "用途": "住宅"}, {"层数": 6, "用途": "办公"}, {"用途": "公寓"},
            {"建筑面积": 70, "层数": 9, "用途": "宿舍"}]  # fmt: skip
    path = tmp_path / "b.geojson"
    path.write_text(collection("Polygon", [(row, shape) for row in rows]), encoding="utf-8")
    found, report = read_demand(FileRef(path), ALIASES)
    floor = 35 * 20 / M2_PER_PERSON
    assert found["people"].tolist() == pytest.approx([6 * floor, 10 * floor, 0, floor, 2], rel=1e-3)
    assert set(found["people_source"]) == {"buildings"}
    (told,) = [p for p in report.problems if p.code == "people_assumed"]
    assert "ASSUMED" in told.message and "35 m2" in told.message and "--population" in told.remedy
    points = tmp_path / "p.csv"
    points.write_text(table("name", ("a", 0, 0)), encoding="utf-8")
    with pytest.raises(InputError, match="no column for people"):
        read_demand(FileRef(points), ALIASES)


def test_a_load_with_totals_is_assessed_with_exactly_these_people(tmp_path: Path) -> None:
    options = write_town(tmp_path / "f")
    (tmp_path / "f" / "totals.csv").write_text("name,people\nwest,1234\neast,77\n", encoding="utf-8")
    options += ["--population", str(tmp_path / "f" / "totals.csv")]
    report = json.loads(done(call(tmp_path / "s", "load", "town", *options, "--json")))
    assert report["facts"]["people_by_source"] == {"rescaled": 1311}
    assert json.loads(done(call(tmp_path / "s", "assess", "town", "--json")))["people"] == 1311
