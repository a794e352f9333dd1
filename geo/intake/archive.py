"""Archives (.zip, .kmz): checked before anything is unpacked, unpacked into a folder that goes away."""

from __future__ import annotations

import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from geo.intake.raw import FileRef, fault

MOST_MEMBERS = 2_000
MOST_BYTES = 2 << 30
MOST_RATIO = 200
"""Unpacked bytes for a packed one, beyond a first megabyte; a .dbf padded with blanks packs to about a hundredth."""

_UTF8_FLAG, _LOCKED_FLAG = 0x800, 0x1


@contextmanager
def unpacked(ref: FileRef) -> Iterator[Path]:
    """Give a folder with the files of an archive, their names in UTF-8 or GBK; it is removed afterwards.

    Raises
    ------
    InputError
        It is no archive, damaged, locked, or holds what no planner's archive does: too much, members that overlap,
        links, names that lead out of the folder.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(ref.path) as archive:
                members = [m for m in archive.infolist() if not m.is_dir()]
                names = [_name(member) for member in members]
                _check(ref, members, names)
                for member, name in zip(members, names, strict=True):
                    target = Path(folder, name)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(archive.read(member))
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError) as broken:
            message = f"is a damaged archive ({str(broken)[:80]})."
            raise fault(ref, message, "Pack it again as .zip.", "archive_invalid") from None
        yield Path(folder)


def _name(member: zipfile.ZipInfo) -> str:
    """Return a member's name; one that is not marked as UTF-8 is UTF-8 where its bytes agree, else GBK."""
    if member.flag_bits & _UTF8_FLAG:
        return member.filename
    data = member.filename.encode("cp437")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _check(ref: FileRef, members: list[zipfile.ZipInfo], names: list[str]) -> None:
    """Refuse an archive by its list of members, before a byte of it is unpacked."""
    size, packed = sum(m.file_size for m in members), sum(m.compress_size for m in members)
    if len(members) > MOST_MEMBERS or size > MOST_BYTES or size > MOST_RATIO * packed + (1 << 20):
        message = f"holds {len(members)} files of {size:,} bytes, packed in {packed:,}: too much to unpack."
        raise fault(ref, message, "Pack only the layer you need.", "archive_too_large")
    if packed > ref.path.stat().st_size or len({m.header_offset for m in members}) < len(members):
        raise fault(ref, "holds members that overlap.", "Pack it again as .zip.", "archive_unsafe")
    folded = [name.casefold() for name in names]
    for member, name in zip(members, names, strict=True):
        if member.flag_bits & _LOCKED_FLAG:
            raise fault(ref, "is locked by a password.", "Pack it without one.", "file_locked")
        leads_out = PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or set(name) & set("\\:\0")
        if leads_out or stat.S_ISLNK(member.external_attr >> 16) or folded.count(name.casefold()) > 1:
            message = f"holds '{name[:80]}': a link, a name that leads out of the archive, or one that stands twice."
            raise fault(ref, message, "Pack plain files only.", "archive_unsafe")
