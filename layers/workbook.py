"""Writing a table as an Excel workbook of one sheet, in which text is always text and never a formula."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from geo.model.errors import InputError, Problem

MOST_ROWS = 1_048_576
"""Rows of a sheet, its heading among them (specification of Excel 2007 and later)."""


def workbook_bytes(table: pd.DataFrame, title: str) -> bytes:
    """Return a workbook whose only sheet ``title`` holds the heading and the rows; missing values are empty cells.

    Raises
    ------
    InputError
        More rows than a sheet holds.
    """
    if len(table) >= MOST_ROWS:
        raise InputError(
            Problem(
                title,
                f"has {len(table):,} rows; a sheet holds {MOST_ROWS - 1:,} below its heading.",
                "Use .csv, .gpkg or .parquet.",
                code="sheet_too_long",
            )
        )
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.append([_cell(sheet, str(name)) for name in table.columns])
    columns = (table[name].astype(object) for name in table.columns)
    for row in zip(*columns, strict=True):
        sheet.append([_cell(sheet, value) for value in row])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _cell(sheet: Any, value: Any) -> Any:
    """Return numbers as they are; all else as a cell of text, without the control characters XML cannot hold."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT or value != value or value in (np.inf, -np.inf):
        return None
    if isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text))
    cell.data_type = "s"
    return cell
