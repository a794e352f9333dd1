"""Files that are not what their names say: told by what they are, before a reader stumbles over them."""

from __future__ import annotations

from pathlib import Path

from geo.model.errors import InputError, Problem, told

_SHADOWS = ("~$", "._")
"""Beginnings of names that office programs and Macs give to files of their own beside the planner's."""

_PAGES = (b"<!doctype html", b"<html")
_PACKED = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How an archive (every .xlsx is one) and an old workbook begin."""

_TEXTS = (".csv", ".txt", ".tsv", ".json", ".geojson")


def refuse_mistaken(path: Path, name: str) -> None:
    """Raise where a file is surely not the one that was meant.

    Raises
    ------
    InputError
        A companion that a program left beside the file; a web page; a workbook or an archive named as a text.
    """
    if name.startswith(_SHADOWS):
        message = "is left there by a program and is not the file itself."
        raise _fault(name, message, told("Choose {instead}.", instead=name[2:]), "file_shadow")
    if not path.is_file():
        return
    if is_page(path):
        message = "is a web page: a download that failed, or a table that was saved as a page."
        raise _fault(name, message, "Download it again, or open it in a spreadsheet and save it as .xlsx.", "web_page")
    if path.suffix.lower() in _TEXTS and _head(path).startswith(_PACKED):
        message = "is no text but a workbook or an archive."
        raise _fault(name, message, "Give it its own ending: .xlsx, .xls or .zip.", "ending_wrong")


def is_page(path: Path) -> bool:
    """Return whether a file is a web page by its first words."""
    return _head(path).removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_PAGES)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(512)


def _fault(name: str, message: str, remedy: str, code: str) -> InputError:
    return InputError(Problem(name, message, remedy, code=code))
