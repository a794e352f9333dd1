"""Mappings of columns: a planner says once which column is which, by file or role; slips are told with their line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from test_cli import call, done, lonlat, told, write_town
from test_excel import HEAD, PROJECT, ROWS, book

from geo.intake.classify import read_categories
from geo.intake.columns import Aliases, read_aliases
from geo.intake.demand import read_demand
from geo.intake.facilities import read_facilities
from geo.intake.mapping import draft_mapping, with_mappings
from geo.intake.raw import FileRef, parse_file_ref
from geo.intake.sheet import shapes_of
from geo.model.errors import InputError, RuleError

ALIASES = read_aliases(PROJECT / "data" / "columns.yaml")
STRANGE = ("G", "E11_夜", "p1", "p2", "people")
CELLS = [("a", 12, 104.06, 30.65, "of another year"), ("b", 0.5, 104.07, 30.66, "x")]
SAID = "columns: {demand_id: G, people: E11_夜, lon: p1, lat: p2}"


def saved(path: Path, *entries: str) -> Aliases:
    path.write_text("files:\n" + "".join(f"  - {entry}\n" for entry in entries), encoding="utf-8")
    return with_mappings(ALIASES, path)


def csv(path: Path, heading: tuple[object, ...], *rows: tuple[object, ...]) -> Path:
    path.write_text("\n".join(",".join(map(str, row)) for row in (heading, *rows)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "entry", [f"{{file: cells.csv, {SAID}}}", f"{{role: demand, {SAID}}}", f"{{file: C*.CSV, role: demand, {SAID}}}"]
)
def test_a_mapping_by_name_by_pattern_or_by_role_says_which_column_is_which(entry: str, tmp_path: Path) -> None:
    aliases = saved(tmp_path / "m.yaml", "{role: units, columns: {name: p1}}", entry)
    table, report = read_demand(FileRef(csv(tmp_path / "cells.csv", STRANGE, *CELLS)), aliases)
    assert table[["demand_id", "people"]].values.tolist() == [["a", 12], ["b", 0.5]]
    assert [(p.x, p.y) for p in table.geometry] == [(104.06, 30.65), (104.07, 30.66)]
    assert report.facts["columns"] == {"demand_id": "G", "people": "E11_夜", "lon": "p1", "lat": "p2"}


def test_headings_that_the_mapping_leaves_open_are_known_by_name(tmp_path: Path) -> None:
    aliases = saved(tmp_path / "m.yaml", "{file: cells.csv, columns: {people: 夜间, people_80: 老人}}")
    path = csv(tmp_path / "cells.csv", ("编号", "夜间", "老人", "经度", "纬度"), ("a", 7, 2, 104.06, 30.65))
    table, _ = read_demand(FileRef(path), aliases)
    assert table[["demand_id", "people", "people_80"]].values.tolist() == [["a", 7, 2]]


def test_one_category_for_every_row_whatever_the_file_says_of_its_kind(tmp_path: Path) -> None:
    path = csv(tmp_path / "list.csv", ("id", "name", "type", "lon", "lat"), ("1", "甲", "医疗", 104.06, 30.65))
    known = read_categories(PROJECT / "data" / "categories" / "categories.yaml")
    (table, _), _ = read_facilities(
        FileRef(path), saved(tmp_path / "m.yaml", "{file: list.csv, category: canteen}"), known
    )
    assert table["category"].tolist() == ["canteen"]
    (_, report), _ = read_facilities(
        FileRef(path), saved(tmp_path / "m.yaml", "{file: list.csv, category: cantine}"), known
    )
    assert [(p.code, p.rows) for p in report.problems] == [("category_unknown", (1,))]


def test_sheet_and_coordinate_system_are_said_once_and_the_call_wins(tmp_path: Path) -> None:
    path = book(tmp_path / "homes.xlsx", 甲=[HEAD, *ROWS], 乙=[HEAD, ROWS[0]])
    aliases = saved(tmp_path / "m.yaml", "{file: homes.xlsx, sheet: 乙, crs: gcj02}")
    table, report = read_demand(FileRef(path), aliases)
    assert (len(table), report.facts["crs"]) == (1, "GCJ02")
    table, report = read_demand(parse_file_ref(f"{path}#甲@wgs84"), aliases)
    assert (len(table), report.facts["crs"]) == (2, "EPSG:4326")


def test_of_several_sheets_the_one_whose_columns_tell_most_is_read_and_told(tmp_path: Path) -> None:
    notes = [("说明", "值"), ("来源", "示范"), ("人口", "模型")]
    table, report = read_demand(FileRef(book(tmp_path / "h.xlsx", 说明=notes, 数据=[HEAD, *ROWS])), ALIASES)
    assert len(table) == 2
    assert [(p.code, "'数据'" in p.message) for p in report.problems] == [("sheet_chosen", True)]
    aliases = saved(tmp_path / "m.yaml", "{role: demand, columns: {people: 常住人口}}")
    assert len(read_demand(FileRef(tmp_path / "h.xlsx"), aliases)[0]) == 2
    aliases = saved(tmp_path / "m.yaml", "{role: demand, columns: {people: 夜间}}")
    with pytest.raises(InputError, match="夜间"):
        read_demand(FileRef(tmp_path / "h.xlsx"), aliases)
    with pytest.raises(InputError) as caught:
        read_demand(FileRef(book(tmp_path / "i.xlsx", 甲=[HEAD, *ROWS], 乙=[HEAD, *ROWS])), ALIASES)
    assert caught.value.problems[0].code == "choose_layer"


def test_a_column_that_the_file_lacks_is_told_beside_those_it_has(tmp_path: Path) -> None:
    aliases = saved(tmp_path / "m.yaml", "{role: demand, columns: {people: 夜间人口}}")
    with pytest.raises(InputError) as caught:
        read_demand(FileRef(csv(tmp_path / "cells.csv", STRANGE, *CELLS)), aliases)
    assert caught.value.problems[0].code == "column_not_found"
    assert all(name in str(caught.value) for name in ("夜间人口", *STRANGE))


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ("{file: a.csv, colums: {}}", "colums"), ("{role: homes}", "homes"), ("{sheet: 甲}", "a role"),
        ("{role: demand, columns: {peple: 人}}", "peple"), ("{role: demand, columns: {people: 7}}", "quote"),
        ("{file: a.csv, crs: mars}", "mars"), ("a.csv", "keys and values"), ("{file: 7}", "str"),
    ],
)  # fmt: skip
def test_a_slip_in_a_mapping_is_told_with_its_line(entry: str, word: str, tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=word) as caught:
        saved(tmp_path / "m.yaml", entry)
    assert "m.yaml" in str(caught.value)


def test_a_draft_says_what_is_known_and_filled_in_it_is_a_mapping(tmp_path: Path) -> None:
    path = csv(tmp_path / "cells.csv", ("编号", "E11: 夜", "东经", "北纬"), ("a", 12, 104.06, 30.65))
    text = draft_mapping([("demand", FileRef(path))], ALIASES)
    assert yaml.safe_load(text)["files"] == [
        {
            "file": "cells.csv", "role": "demand",
            "columns": {"people": None, "demand_id": "编号", "lon": "东经", "lat": "北纬"},
        }
    ]  # fmt: skip
    (tmp_path / "m.yaml").write_text(text.replace("people:", 'people: "E11: 夜"'), encoding="utf-8")
    table, _ = read_demand(FileRef(path), with_mappings(ALIASES, tmp_path / "m.yaml"))
    assert table["people"].tolist() == [12]


def test_the_commands_write_a_draft_and_load_with_it(tmp_path: Path) -> None:
    options = write_town(tmp_path / "files")
    homes = csv(tmp_path / "files" / "demand.csv", STRANGE, ("h0", 80, *lonlat(0, 0), ""))
    assert "E11_夜" in told(call(tmp_path / "s", "load", "town", *options), "columns_missing")
    draft = tmp_path / "draft.yaml"
    done(call(tmp_path / "s", "load", "town", *options, "--columns-draft", draft))
    assert {entry["file"] for entry in yaml.safe_load(draft.read_text(encoding="utf-8"))["files"]} >= {homes.name}
    assert not (tmp_path / "s").exists()
    draft.write_text(f"files: [{{file: demand.csv, {SAID}}}]", encoding="utf-8")
    assert "demand: demand.csv: 1 read = 1 ok" in done(
        call(tmp_path / "s", "load", "town", *options, "--columns", draft)
    )


PLACES = {
    "104.06,30.65": (104.06, 30.65), "104.06 30.65": (104.06, 30.65), "１０４．０６，３０．６５": (104.06, 30.65),
    "[104.06, 30.65]": (104.06, 30.65), "(104.06；30.65)": (104.06, 30.65), "POINT(104.06 30.65)": (104.06, 30.65),
    "Point (104.06 30.65)": (104.06, 30.65), "SRID=4326;POINT(104.06 30.65)": (104.06, 30.65),
    "-51.2,-30": (-51.2, -30),
}  # fmt: skip


def test_a_place_in_one_column_is_read_however_it_is_written(tmp_path: Path) -> None:
    assert [(p.x, p.y) for p in shapes_of(list(PLACES))] == list(PLACES.values())
    assert shapes_of(["", None, "人民南路", "104.06", "1,2,3", "POINT(", "1,north"]).tolist() == [None] * 7
    assert shapes_of(["LINESTRING (0 0, 1 1)"])[0].geom_type == "LineString"
    sheet = book(tmp_path / "h.xlsx", 表=[("编号", "坐标", "人口"), ("a", "104.06,30.65", 3), ("b", "路口", 4)])
    table, report = read_demand(FileRef(sheet), ALIASES)
    assert [(p.x, p.y) for p in table.geometry] == [(104.06, 30.65)]
    assert [(p.code, p.rows) for p in report.problems] == [("no_geometry", (2,))]


def test_words_in_a_column_called_location_are_no_places(tmp_path: Path) -> None:
    path = csv(tmp_path / "h.csv", ("id", "location", "people"), ("a", "North Street", 3))
    with pytest.raises(InputError) as caught:
        read_demand(FileRef(path), ALIASES)
    assert caught.value.problems[0].code == "columns_missing"


def test_walk_takes_a_mapping_too(tmp_path: Path) -> None:
    done(call(tmp_path, "load", "town", *write_town(tmp_path / "f")))
    points, mapping, out = (tmp_path / name for name in ("points.csv", "mapping.yaml", "walk.csv"))
    csv(points, ("name of it", "p1", "p2"), ("a", *lonlat(0, 0)), ("b", *lonlat(0, 390)))
    walk = ["walk", "town", "--from", points, "--to", points, "--out", out]
    told(call(tmp_path, *walk), "columns_missing")
    saved(mapping, "{role: points, columns: {id: name of it, lon: p1, lat: p2}}")
    done(call(tmp_path, *walk, "--columns", mapping))
    rows = [line.split(",") for line in out.read_text(encoding="utf-8").splitlines()[1:]]
    assert {(a, b): float(walk_m) for a, b, walk_m, _ in rows}["a", "b"] == pytest.approx(390, abs=0.2)
