"""Tables as offices keep them read as the plain table, and what was left out is told by its row in the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_excel import HEAD, PROJECT, ROWS, book, told

from geo.intake.columns import read_aliases
from geo.intake.demand import read_demand
from geo.intake.raw import parse_file_ref
from geo.intake.sheet import plain_degrees

ALIASES = read_aliases(PROJECT / "data" / "columns.yaml")
BLANK = ("",) * 5
TITLES = [("示范区居民表", *BLANK[1:]), BLANK, ("制表：示范办", "2026年", *BLANK[2:])]
UNITS = ("", "", "", "", "（人）")
TOTALS = [("小计", "", "", "", 200.5), ("合 计", "", "", "", 200.5)]
TWO_ROWS = [("编号", "小区", "坐标", "", "常住人口"), ("", "", "经度", "纬度", "")]


def same(path: Path, *codes: str) -> dict[str, str]:
    """Assert that a file holds the two homes and nothing else; return what was told."""
    table, report = read_demand(parse_file_ref(str(path)), ALIASES)
    assert (report.read, report.rejected) == (2, 0)
    assert table[["demand_id", "name", "people"]].values.tolist() == [[*row[:2], row[4]] for row in ROWS]
    assert [(p.x, p.y) for p in table.geometry] == [(row[2], row[3]) for row in ROWS]
    assert tuple(problem.code for problem in report.problems) == codes
    return {problem.code: problem.message for problem in report.problems}


def test_titles_units_and_totals_are_left_out_and_told(tmp_path: Path) -> None:
    sheet = book(tmp_path / "h.xlsx", 表=[*TITLES, HEAD, UNITS, *ROWS, *TOTALS])
    messages = same(sheet, "title_left_out", "unit_row_left_out", "totals_left_out")
    assert "row 1, 3 of the file" in messages["title_left_out"]
    assert "row 5 of the file" in messages["unit_row_left_out"]
    assert "row 8, 9 of the file" in messages["totals_left_out"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_of_an_office_reads_alike(encoding: str, tmp_path: Path) -> None:
    lines = ["示范区居民表", "", *(",".join(map(str, row)) for row in (HEAD, UNITS, *ROWS, *TOTALS))]
    (tmp_path / "h.csv").write_text("\n".join(lines), encoding=encoding)
    messages = same(tmp_path / "h.csv", "title_left_out", "unit_row_left_out", "totals_left_out")
    assert "row 7, 8 of the file" in messages["totals_left_out"]


def test_a_heading_of_two_rows_is_one(tmp_path: Path) -> None:
    same(book(tmp_path / "h.xlsx", 表=[*TWO_ROWS, *ROWS]), "heading_joined")


def test_a_plain_table_is_told_nothing_about(tmp_path: Path) -> None:
    same(book(tmp_path / "h.xlsx", 表=[HEAD, *ROWS]))


def test_a_place_called_total_is_kept(tmp_path: Path) -> None:
    sheet = book(tmp_path / "h.xlsx", 表=[HEAD, ("Total", "加油站小区", 104.06, 30.65, 3), *ROWS])
    table, _ = read_demand(parse_file_ref(str(sheet)), ALIASES)
    assert table["demand_id"].tolist() == ["Total", "B1", "B2"]


@pytest.mark.parametrize("said", ["单位：万人", "（单位: 万户）"])
def test_tens_of_thousands_are_not_taken_for_persons(said: str, tmp_path: Path) -> None:
    assert told(str(book(tmp_path / "h.xlsx", 表=[(said, *BLANK[1:]), HEAD, *ROWS]))) == "unit_unclear"
    assert told(str(book(tmp_path / "i.xlsx", 表=[HEAD, ("", "", "", "", said), *ROWS]))) == "unit_unclear"


def test_numbers_in_full_width_with_separators(tmp_path: Path) -> None:
    sheet = book(tmp_path / "h.xlsx", 表=[HEAD, ("B1", "桂花苑", "１０４．０６５１", "30.6571", "１，２００")])
    table, _ = read_demand(parse_file_ref(str(sheet)), ALIASES)
    assert (table["people"][0], table.geometry[0].x, table.geometry[0].y) == (1200, 104.0651, 30.6571)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("104°3′56.5″E", 104 + 3 / 60 + 56.5 / 3600), ("东经104度3分56秒", 104 + 3 / 60 + 56 / 3600),
        ("30° 39' 27\" N", 30.6575), ("104.0651°", 104.0651), ("-0°30′", -0.5), ("１０４°３０’", 104.5),
    ],
)  # fmt: skip
def test_degrees_minutes_and_seconds(text: str, degrees: float) -> None:
    assert plain_degrees(text) == pytest.approx(degrees, abs=1e-12)


@pytest.mark.parametrize("text", ["104°61′", "a lane", "104.0651", None, 30.5])
def test_anything_else_is_left_as_it_is(text: object) -> None:
    assert plain_degrees(text) == text
