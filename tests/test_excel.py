"""Spreadsheets as planners keep them: the same rows as CSV, sheets by name, clear words where one cannot be read."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from geo.intake.classify import read_categories
from geo.intake.columns import read_aliases
from geo.intake.demand import read_demand
from geo.intake.facilities import read_facilities
from geo.intake.raw import parse_file_ref
from geo.intake.tabular import read_raw
from geo.model.errors import InputError

PROJECT = Path(__file__).resolve().parents[1]
HEAD = ("编号", "小区", "经度", "纬度", "常住人口")
ROWS = (("B1", "桂花苑", 104.0651, 30.6571, 120), ("B2", "桂花苑", 104.0662, 30.6582, 80.5))


def book(path: Path, **sheets: list[tuple[object, ...]]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


def told(reference: str) -> str:
    with pytest.raises(InputError) as caught:
        read_raw(parse_file_ref(reference))
    return caught.value.problems[0].code


def test_a_sheet_reads_as_the_csv_of_the_same_rows(tmp_path: Path) -> None:
    aliases = read_aliases(PROJECT / "data" / "columns.yaml")
    sheet = book(tmp_path / "homes.xlsx", 楼栋=[HEAD, *ROWS])
    lines = [",".join(map(str, row)) for row in (HEAD, *ROWS)]
    text = tmp_path / "homes.csv"
    text.write_text("\n".join(lines), encoding="gb18030")
    from_sheet, report = read_demand(parse_file_ref(str(sheet)), aliases)
    from_text, _ = read_demand(parse_file_ref(str(text)), aliases)
    assert (report.read, report.ok) == (2, 2)
    columns = ["demand_id", "name", "people"]
    assert from_sheet[columns].to_numpy().tolist() == from_text[columns].to_numpy().tolist()
    assert from_sheet.geometry.geom_equals_exact(from_text.geometry, 1e-9).all()


def test_the_only_filled_sheet_is_taken_and_of_several_the_named_one(tmp_path: Path) -> None:
    lone = book(tmp_path / "lone.xlsx", 说明=[], 数据=[HEAD, *ROWS])
    assert len(read_raw(parse_file_ref(str(lone))).columns) == 2
    two = book(tmp_path / "two.xlsx", 甲=[HEAD, ROWS[0]], 乙=[HEAD, *ROWS])
    assert told(str(two)) == "choose_layer"
    assert told(f"{two}#丙") == "choose_layer"
    assert len(read_raw(parse_file_ref(f"{two}#乙")).columns) == 2
    assert read_raw(parse_file_ref(f"{two}#甲@gcj02")).crs == "GCJ02"


def test_blank_rows_and_cells_are_left_out(tmp_path: Path) -> None:
    sheet = book(tmp_path / "gaps.xlsx", a=[HEAD, ROWS[0], (None,) * 5, ("B3", None, 104.06, 30.65, "  ")])
    raw = read_raw(parse_file_ref(str(sheet)))
    assert len(raw.columns) == 2
    assert raw.columns["常住人口"].tolist() == [120, None]


def test_what_is_no_spreadsheet_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.xlsx").write_text("a,b\n1,2\n")
    assert told(str(tmp_path / "text.xlsx")) == "excel_invalid"
    whole = book(tmp_path / "whole.xlsx", a=[HEAD, *ROWS]).read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(whole[: len(whole) // 2])
    assert told(str(tmp_path / "cut.xlsx")) == "excel_invalid"
    assert told(str(book(tmp_path / "head.xlsx", a=[HEAD]))) == "layer_empty"
    assert told(str(book(tmp_path / "twice.xlsx", a=[("名称", "名称"), (1, 2)]))) == "columns_doubled"


def test_a_real_workbook_reads_whole(shared_data: Path) -> None:
    path = shared_data / "chengdu" / "population_cells.xlsx"
    assert told(str(path)) == "choose_layer"
    raw = read_raw(parse_file_ref(f"{path}#计算过程"))
    assert len(raw.columns) == 4857
    assert {"经度", "纬度", "GRID_ID"} <= set(raw.columns.columns)


def test_categories_may_be_said_in_chinese_or_english(tmp_path: Path) -> None:
    head = ("名称", "类别", "经度", "纬度")
    said = ("幼儿园", "kindergarten", "Kindergarten", "primary school", "小学")
    rows = [(f"p{n}", word, 104.06, 30.65) for n, word in enumerate(said)]
    aliases = read_aliases(PROJECT / "data" / "columns.yaml")
    categories = read_categories(PROJECT / "data" / "categories" / "categories.yaml")
    sheet = parse_file_ref(str(book(tmp_path / "poi.xlsx", a=[head, *rows])))
    (table, report), _ = read_facilities(sheet, aliases, categories)
    assert report.rejected == 0
    assert table["category"].tolist() == ["kindergarten"] * 3 + ["primary_school"] * 2
    assert table["matched_by"].tolist() == [f"category column: {word}" for word in said]


def test_every_category_is_known_by_its_names() -> None:
    categories = read_categories(PROJECT / "data" / "categories" / "categories.yaml")
    for category_id, category in categories.categories.items():
        assert categories.named(category_id) == category_id
        for word in (category.name.zh, category.name.en):
            named = categories.named(word)
            assert named is not None
            assert word in (categories.categories[named].name.zh, categories.categories[named].name.en)
