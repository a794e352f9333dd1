"""Archives (.zip, .kmz, .xlsx): checked before anything is unpacked, unpacked into a folder that goes away."""

from __future__ import annotations

import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from geo.intake.raw import FileRef, fault
from geo.model.errors import LimitError, told

MOST_RATIO = 200
"""Unpacked bytes for a packed one, beyond a first megabyte; a .dbf padded with blanks packs to about a hundredth."""

_UTF8_FLAG, _LOCKED_FLAG = 0x800, 0x1
_LOCAL_HEADER = 30
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError)
_DECLARES = (b"<!DOCTYPE", b"<!ENTITY")


@contextmanager
def unpacked(ref: FileRef) -> Iterator[Path]:
    """Give a folder with the files of an archive, their names in UTF-8 or GBK; it is removed afterwards.

    Raises
    ------
    LimitError
        Too much to unpack.
    InputError
        It is no archive, damaged, locked, or holds what no planner's archive does: members that overlap, links, names
        that lead out of the folder.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            with _opened(ref) as archive:
                for member in (m for m in archive.infolist() if not m.is_dir()):
                    target = Path(folder, _name(member))
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with archive.open(member) as packed, target.open("wb") as file:
                        shutil.copyfileobj(packed, file)
        except _BROKEN as broken:
            message = told("is a damaged archive ({said}).", said=str(broken)[:80])
            raise fault(ref, message, "Pack it again as .zip.", "archive_invalid") from None
        yield Path(folder)


def check_workbook(ref: FileRef) -> None:
    """Refuse a workbook (.xlsx, .xlsm, .ods) that would unpack to too much, or whose XML declares entities.

    What is no archive, as an old .xls, or a damaged one, is left to its reader to refuse; raises as `unpacked` does.
    """
    try:
        with _opened(ref) as archive:
            for member in archive.infolist():
                with archive.open(member) as part:
                    head = part.read(4096).replace(b"\0", b"").upper()
                if any(mark in head for mark in _DECLARES):
                    message = "declares entities in its XML."
                    raise fault(ref, message, "Save it again as .xlsx.", "external_reference")
    except _BROKEN:
        return


@contextmanager
def _opened(ref: FileRef) -> Iterator[zipfile.ZipFile]:
    """Open an archive that passes the checks of its list of members."""
    with zipfile.ZipFile(ref.path) as archive:
        members = [m for m in archive.infolist() if not m.is_dir()]
        _check_size(ref, members)
        _check_overlap(ref, members, archive.start_dir)
        _check_names(ref, members)
        yield archive


def _name(member: zipfile.ZipInfo) -> str:
    """Return a member's name; one that is not marked as UTF-8 is UTF-8 where its bytes agree, else GBK."""
    if member.flag_bits & _UTF8_FLAG:
        return member.filename
    data = member.filename.encode("cp437")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _check_size(ref: FileRef, members: list[zipfile.ZipInfo]) -> None:
    size, packed = sum(m.file_size for m in members), sum(m.compress_size for m in members)
    too_many = len(members) > ref.limits.members
    if too_many or size > ref.limits.unpacked_bytes or size > MOST_RATIO * packed + (1 << 20):
        message = told(
            "{file}: holds {members:,} files of {bytes:,} bytes, packed in {packed:,}: too much to unpack."
            " Pack only the layer you need.",
            file=ref.name, members=len(members), bytes=size, packed=packed,
        )  # fmt: skip
        raise LimitError(message, code="archive_too_large")


def _check_overlap(ref: FileRef, members: list[zipfile.ZipInfo], end: int) -> None:
    """Refuse members that share bytes, by which a small archive unpacks to a large one."""
    begins = sorted(members, key=lambda member: member.header_offset)
    nexts = [*(member.header_offset for member in begins[1:]), end]
    for member, after in zip(begins, nexts, strict=False):
        if member.header_offset + _LOCAL_HEADER + len(member.orig_filename) + member.compress_size > after:
            raise fault(ref, "holds members that overlap.", "Pack it again as .zip.", "archive_unsafe")


def _check_names(ref: FileRef, members: list[zipfile.ZipInfo]) -> None:
    names = [_name(member) for member in members]
    once: set[str] = set()
    for member, name in zip(members, names, strict=True):
        if member.flag_bits & _LOCKED_FLAG:
            raise fault(ref, "is locked by a password.", "Pack it without one.", "file_locked")
        leads_out = PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or set(name) & set("\\:\0")
        if leads_out or stat.S_ISLNK(member.external_attr >> 16) or name.casefold() in once:
            message = told(
                "holds '{member}': a link, a name that leads out of the archive, or one that stands twice.",
                member=name[:80],
            )
            raise fault(ref, message, "Pack plain files only.", "archive_unsafe")
        once.add(name.casefold())
