"""A shapefile sent as .zip: the archive is checked by its own directory first, then only its parts are unpacked.

Parts get names of our choosing in a folder of our own, so that no name in the archive ever becomes a path.
"""

from __future__ import annotations

import shutil
import stat
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from geo.intake.raw import FileRef, choose_layer, fault

MOST_MEMBERS = 1_000
MOST_BYTES = 2 * 1024**3
MOST_RATIO = 200
"""Unpacked to packed, asked of archives that unpack to more than `FREE_BYTES`; the parts of a city pack to a tenth."""
FREE_BYTES = 64 * 1024**2
PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_LOCAL_HEADER = 30
_ENCRYPTED = 0x1


@contextmanager
def unpacked_shapefile(ref: FileRef) -> Iterator[FileRef]:
    """Give the shapefile inside an archive, the named or the only one, unpacked until the block is left.

    Raises
    ------
    InputError
        No archive or damaged, locked, unsafe (bounds, overlaps, links, paths that lead out), or without a shapefile.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            with ZipFile(ref.path, metadata_encoding="gb18030") as archive:
                members = archive.infolist()
                _check(ref, members)
                paths = {PurePosixPath(m.filename): m for m in members if not m.filename.startswith("__MACOSX/")}
                found = {str(p.with_suffix("")): p for p in paths if p.suffix.lower() == ".shp"}
                if not found:
                    raise fault(ref, "holds no shapefile.", "Pack .shp, .shx, .dbf and .prj.", "archive_empty")
                chosen = choose_layer(ref, sorted(found))
                for path, member in paths.items():
                    if str(path.with_suffix("")) == chosen and path.suffix.lower() in PARTS:
                        target = Path(folder) / f"{ref.name}{path.suffix.lower()}"
                        with archive.open(member) as packed, target.open("wb") as file:
                            shutil.copyfileobj(packed, file)
        except (BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError) as broken:
            message = f"is no readable .zip ({str(broken)[:80]})."
            raise fault(ref, message, "Pack it again.", "archive_invalid") from None
        yield FileRef(Path(folder) / f"{ref.name}.shp", ref.crs)


def _check(ref: FileRef, members: list[ZipInfo]) -> None:
    """Refuse an archive by its directory, before anything in it is unpacked."""
    whole, packed = sum(m.file_size for m in members), sum(m.compress_size for m in members)
    if len(members) > MOST_MEMBERS or whole > MOST_BYTES or whole > max(FREE_BYTES, MOST_RATIO * packed):
        message = f"holds {len(members):,} files of {whole:,} bytes in {packed:,}; that is more than we unpack."
        raise fault(ref, message, "Send only the shapefile, or a .gpkg.", "archive_too_large")
    if any(m.flag_bits & _ENCRYPTED for m in members):
        raise fault(ref, "is locked by a password.", "Pack it without one.", "file_locked")
    for member in members:
        path = PurePosixPath(member.filename)
        leads_out = path.is_absolute() or ".." in path.parts or "\\" in member.orig_filename or ":" in member.filename
        if leads_out or stat.S_ISLNK(member.external_attr >> 16):
            message = f"holds '{member.filename[:60]}', a link or a path that leads out of it."
            raise fault(ref, message, "Pack the files alone.", "archive_unsafe")
    inside = sorted(members, key=lambda m: m.header_offset)
    if any(one.header_offset + _LOCAL_HEADER + one.compress_size > two.header_offset for one, two in pairwise(inside)):
        raise fault(ref, "holds files that overlap.", "Pack it again.", "archive_unsafe")
