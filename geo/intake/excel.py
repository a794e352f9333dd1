"""Reading spreadsheets (.xlsx, .xlsm, .xls, .ods) through calamine: one sheet, read as an office keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from python_calamine import CalamineError, PasswordError, load_workbook

from geo.intake.archive import check_workbook
from geo.intake.mistaken import refuse_mistaken
from geo.intake.raw import FileRef, RawTable, choose_layer, fault
from geo.intake.sheet import office_table
from geo.model.errors import SourceError, told

SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".ods")
MOST_ROWS = 1_048_575


def read_excel(ref: FileRef) -> RawTable:
    """Return the rows of the sheet that was named, or of the only one that holds any.

    Raises
    ------
    InputError
        No workbook, locked by a password, several filled sheets and none named, or no rows below the heading.
    """
    with _told(ref):
        check_workbook(ref)
        book = load_workbook(str(ref.path))
        name = ref.layer if ref.layer in book.sheet_names else choose_layer(ref, _filled(book))
        rows = _rows(book, name)
    if len(rows) < 2:
        raise fault(ref, "holds no rows below its heading.", "Export it again.", "layer_empty")
    return office_table(ref, [row for _, row in rows], "utf-8", [number for number, _ in rows])


def filled_sheets(ref: FileRef) -> list[str]:
    """Return the names of the sheets that hold any rows; raises as `read_excel` does."""
    with _told(ref):
        check_workbook(ref)
        return _filled(load_workbook(str(ref.path)))


@contextmanager
def _told(ref: FileRef) -> Iterator[None]:
    """Tell a workbook that cannot be read in our words."""
    if not ref.path.exists():
        raise SourceError(
            told("{file}: no such file. Check the path and the spelling.", file=ref.name), code="file_missing"
        )
    refuse_mistaken(ref.path, ref.name)
    try:
        yield
    except PasswordError:
        raise fault(ref, "is locked by a password.", "Save it without one.", "file_locked") from None
    except (CalamineError, OSError, ValueError) as broken:
        if hasattr(broken, "problems"):
            raise
        message = told("is no readable spreadsheet ({said}).", said=str(broken)[:80])
        raise fault(ref, message, "Save it again as .xlsx.", "excel_invalid") from None


def _filled(book: Any) -> list[str]:
    return [name for name in book.sheet_names if _rows(book, name)]


def _rows(book: Any, name: str) -> list[tuple[int, list[Any]]]:
    """Return the filled rows of a sheet with plain cells, each with its row number in the sheet."""
    sheet = book.get_sheet_by_name(name)
    first = sheet.start[0] + 1 if sheet.start else 1
    numbered = enumerate(sheet.to_python(skip_empty_area=True, nrows=MOST_ROWS + 1), start=first)
    return [(n, [_plain(cell) for cell in row]) for n, row in numbered if any(cell not in ("", None) for cell in row)]


def _plain(cell: Any) -> Any:
    if hasattr(cell, "isoformat"):
        return cell.isoformat()
    return cell.strip() if isinstance(cell, str) else cell
