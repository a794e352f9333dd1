"""Tables of a PostGIS database, read and never written: within a time, in one read-only transaction.

The address may hold a password: it is in no message, no report and nothing stored; `FileRef.name` is the table alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import shapely
from psycopg import sql

from geo.intake.raw import FileRef, RawTable, choose_layer, fault
from geo.model.crs import parse_crs
from geo.model.errors import SourceError, told

CONNECT_S, STATEMENT_S = 10, 120
MOST_ROWS = 5_000_000
MOST_BYTES = 2 << 30
_AT_ONCE = 5_000

Connection = psycopg.Connection[tuple[Any, ...]]


def read_table(ref: FileRef) -> RawTable:
    """Return the rows of a database table; its first geometry column is the shape, its SRID the coordinate system.

    Raises
    ------
    SourceError
        The database cannot be reached, refuses, or takes longer than `STATEMENT_S`.
    InputError
        The address is none, no such table, several coordinate systems in one, or more than we read.
    """
    with _connected(ref) as connection:
        table = sql.Identifier(*ref.name.split(".", 1))
        columns = connection.execute(
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute "
            "WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            [table.as_string(connection)],
        ).fetchall()
        if not columns:
            choose_layer(FileRef(ref.path, layer=ref.name), _tables(connection))
        shapes = [name for name, kind in columns if _is_shape(kind)]
        names = [name for name, kind in columns if not _is_shape(kind)]
        rows, places, digest = _rows(connection, ref, table, names, shapes[:1])
        frame = pd.DataFrame(rows, columns=names, dtype=object)
        if not shapes:
            return RawTable(frame, None, None, sha256=digest)
        made = np.asarray(shapely.from_wkb(np.array(places, dtype=object), on_invalid="ignore"), dtype=object)
        crs = _crs(connection, ref, made)
    faults = [(n, "no_geometry", "no geometry") for n in (np.flatnonzero(shapely.is_missing(made)) + 1).tolist()]
    return RawTable(frame, shapely.set_srid(made, 0), crs, "utf-8", tuple(faults), sha256=digest)


@contextmanager
def _connected(ref: FileRef) -> Iterator[Connection]:
    """Give a connection that only reads; what the database says against it is told without the address."""
    try:
        psycopg.conninfo.conninfo_to_dict(ref.address or "")
    except psycopg.Error:
        message = "its address is none that a database understands."
        raise fault(ref, message, "Write postgresql://USER@HOST/NAME?table=SCHEMA.TABLE.", "address_invalid") from None
    try:
        with psycopg.connect(ref.address or "", connect_timeout=CONNECT_S) as connection:
            connection.read_only = True
            connection.execute(sql.SQL("SET statement_timeout = {}").format(STATEMENT_S * 1000))
            yield connection
    except psycopg.errors.QueryCanceled:
        raise SourceError(
            told(
                "{file}: the database took longer than {seconds} s. Make a smaller table.",
                file=ref.name,
                seconds=STATEMENT_S,
            ),
            code="database_slow",
        ) from None
    except psycopg.Error as refused:
        said = refused.diag.message_primary or str(refused).splitlines()[-1].rpartition("failed: ")[2].strip()
        raise SourceError(
            told(
                "{file}: the database cannot be read ({said}). Check the address and the rights.",
                file=ref.name,
                said=said[:160],
            ),
            code="database_unreachable",
        ) from None


def _is_shape(kind: str) -> bool:
    return kind.rpartition(".")[2].strip('"') in ("geometry", "geography")


def _tables(connection: Connection) -> list[str]:
    """Return the tables that may be read, without those of the database itself."""
    found = connection.execute(
        "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', "
        "'information_schema') AND tablename <> 'spatial_ref_sys' ORDER BY 1"
    ).fetchall()
    return [str(name) for (name,) in found]


def _rows(
    connection: Connection, ref: FileRef, table: sql.Identifier, names: list[str], shape: list[str]
) -> tuple[list[list[Any]], list[bytes | None], str]:
    """Return the plain values of every row, its shape as bytes, and a hash of them all in whatever order they came."""
    wanted = [sql.Identifier(name) for name in names] + [sql.SQL("{}::bytea").format(sql.Identifier(n)) for n in shape]
    query = sql.SQL("SELECT {} FROM {} LIMIT {}").format(sql.SQL(", ").join(wanted), table, MOST_ROWS + 1)
    rows: list[list[Any]] = []
    places: list[bytes | None] = []
    digests, size = [], 0
    with connection.cursor(name="rows") as cursor:
        cursor.itersize = _AT_ONCE
        for row in cursor.execute(query):
            place = row[len(names)] if shape else None
            values = [_plain(value) for value in row[: len(names)]]
            digests.append(hashlib.sha256(repr((values, place)).encode()).digest())
            size += len(place or b"") + sum(len(v) for v in values if isinstance(v, str))
            if len(rows) == MOST_ROWS or size > MOST_BYTES:
                message = told("holds more than {most:,} rows or {bytes:,} bytes.", most=MOST_ROWS, bytes=MOST_BYTES)
                raise fault(ref, message, "Make a view of the area you need.", "too_many_rows")
            rows.append(values)
            places.append(place)
    return rows, places, hashlib.sha256(b"".join(sorted(digests))).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _crs(connection: Connection, ref: FileRef, shapes: Any) -> str | None:
    """Return the coordinate system of the shapes; None where they have none."""
    found = sorted({int(srid) for srid in shapely.get_srid(shapes[~shapely.is_missing(shapes)])} - {0})
    if len(found) > 1:
        message = told("holds shapes of several coordinate systems ({systems}).", systems=", ".join(map(str, found)))
        raise fault(ref, message, "Make a view of one of them.", "crs_mixed")
    if not found:
        return None
    home = connection.execute(
        "SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'postgis'"
    ).fetchone()
    known = (
        home
        and connection.execute(
            sql.SQL("SELECT auth_name, auth_srid FROM {} WHERE srid = %s").format(
                sql.Identifier(home[0], "spatial_ref_sys")
            ),
            [found[0]],
        ).fetchone()
    )
    return parse_crs("{}:{}".format(*known) if known else f"EPSG:{found[0]}", source=ref.name)
