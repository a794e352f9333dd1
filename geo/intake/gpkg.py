"""A GeoPackage is a database: looked through before a reader opens it, for what would run inside it."""

from __future__ import annotations

import re
import sqlite3

from geo.intake.raw import FileRef, fault
from geo.intake.valid import check_size
from geo.model.errors import told

_AGAIN = "Export the layers again as GeoPackage."
_MAGIC = b"SQLite format 3\0"
_VIRTUAL = re.compile(r"\s*CREATE\s+VIRTUAL\b", re.IGNORECASE)
_INDEX = re.compile(r'\s*CREATE\s+VIRTUAL\s+TABLE\s+("(?:[^"]|"")*"|\S+)\s+USING\s+rtree\s*\(', re.IGNORECASE)


def check_gpkg(ref: FileRef) -> list[str]:
    """Return the names of the layers of a GeoPackage; it may hold no query as a layer, and nothing that runs.

    Virtual tables are refused but for spatial indexes.

    Raises
    ------
    InputError
        No GeoPackage, damaged, or one of those.
    LimitError
        A layer has more rows than we read.
    """
    with ref.path.open("rb") as file:
        head = file.read(100)
        size = file.seek(0, 2)
    if head[:16] != _MAGIC:
        raise fault(ref, "is not a GeoPackage.", "Export it again.", "gpkg_invalid")
    page = int.from_bytes(head[16:18], "big")
    if int.from_bytes(head[28:32], "big") * (page if page > 1 else 65536) > size:
        raise fault(ref, "is cut short.", "Export it again.", "gpkg_invalid")
    try:
        with sqlite3.connect(f"{ref.path.resolve().as_uri()}?mode=ro&immutable=1", uri=True) as base:
            base.execute("PRAGMA trusted_schema = OFF")
            return _check_schema(ref, base)
    except (sqlite3.Error, UnicodeDecodeError) as broken:
        raise fault(
            ref, told("is no readable GeoPackage ({said}).", said=str(broken)[:80]), _AGAIN, "gpkg_invalid"
        ) from None
    finally:
        base.close()


def _check_schema(ref: FileRef, base: sqlite3.Connection) -> list[str]:
    layers = {str(name) for (name,) in base.execute("SELECT table_name FROM gpkg_contents LIMIT 10000")}
    for kind, name, text in base.execute("SELECT type, name, sql FROM sqlite_master LIMIT 100000").fetchall():
        is_query = kind == "view" and name in layers
        is_virtual = kind == "table" and _VIRTUAL.match(text or "") and not _INDEX.match(text)
        if is_query or is_virtual:
            message = told("holds '{layer}', which is a query and no table.", layer=str(name)[:60])
            raise fault(ref, message, _AGAIN, "gpkg_invalid")
        if kind == "table" and name in layers:
            quoted = str(name).replace('"', '""')
            (rows,) = base.execute(
                f'SELECT COUNT(*) FROM (SELECT 1 FROM "{quoted}" LIMIT {ref.limits.rows + 1})'
            ).fetchone()
            if ref.layer in (None, name):
                check_size(ref, int(rows))
    if not layers:
        raise fault(ref, "holds no layer.", _AGAIN, "gpkg_invalid")
    return sorted(layers)
