"""GeoParquet, and Parquet tables that have their places in columns; how much they unpack to is known before."""

from __future__ import annotations

import geopandas as gpd
import pyarrow
import pyarrow.compute
import pyarrow.parquet
import shapely

from geo.intake.gis import from_frame, with_none
from geo.intake.raw import FileRef, RawTable, fault
from geo.intake.valid import check_size
from geo.model.errors import InputError, told

MOST_BYTES = 2 << 30
"""As much as an archive may unpack to. A dictionary makes a file of kilobytes unpack to gigabytes."""

_WIDEST = 16
"""Bytes of a value of fixed width, at most."""


def read_parquet(ref: FileRef) -> RawTable:
    """Return a GeoParquet file, or a Parquet table that has its places in columns.

    Raises
    ------
    InputError
        No Parquet, damaged, or more than `MOST_BYTES` when unpacked.
    LimitError
        More rows or columns than ``ref.limits`` allow.
    """
    try:
        file = pyarrow.parquet.ParquetFile(ref.path)
        check_size(ref, file.metadata.num_rows, file.metadata.num_columns)
        size = _unpacked_bytes(ref, file)
        if size > MOST_BYTES:
            message = told("unpacks to {bytes:,} bytes; at most {most:,} are read.", bytes=size, most=MOST_BYTES)
            raise fault(ref, message, "Export the area and the columns you need.", "archive_too_large")
        if b"geo" not in (file.schema_arrow.metadata or {}):
            return RawTable(with_none(file.read().to_pandas()), None, None)
        return from_frame(gpd.read_parquet(ref.path), "utf-8")
    except (pyarrow.ArrowException, ValueError, KeyError, TypeError, OSError, shapely.errors.GEOSException) as broken:
        if isinstance(broken, InputError):
            raise
        message = told("cannot be read ({said}).", said=str(broken)[:120])
        raise fault(ref, message, "Export it again.", "parquet_invalid") from None


def _unpacked_bytes(ref: FileRef, file: pyarrow.parquet.ParquetFile) -> int:
    """Return the bytes of all values when unpacked, of text within lists at most; stops once it is too much.

    Text is read with its dictionary apart, so that its length is known without making it.
    """
    plain = [f.name for f in file.schema_arrow if _is_text(f.type)]
    apart = pyarrow.parquet.ParquetFile(ref.path, read_dictionary=plain)
    total = 0
    for number in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(number)
        for chunk in map(group.column, range(group.num_columns)):
            if chunk.path_in_schema in plain:
                total += chunk.total_uncompressed_size
            elif chunk.physical_type == "BYTE_ARRAY":
                total += chunk.num_values * chunk.total_uncompressed_size
            else:
                total += max(chunk.num_values * _WIDEST, chunk.total_uncompressed_size)
        for name in plain if total <= MOST_BYTES else ():
            total += sum(map(_text_bytes, apart.read_row_group(number, columns=[name]).column(0).chunks))
    return total


def _is_text(kind: pyarrow.DataType) -> bool:
    tests = (pyarrow.types.is_string, pyarrow.types.is_large_string, pyarrow.types.is_binary)
    return any(test(kind) for test in tests) or bool(pyarrow.types.is_large_binary(kind))


def _text_bytes(values: pyarrow.Array) -> int:
    """Return the bytes of text whose dictionary stands apart."""
    if not pyarrow.types.is_dictionary(values.type):
        return int(values.nbytes)
    lengths = pyarrow.compute.binary_length(values.dictionary).cast("int64")
    return int(pyarrow.compute.sum(lengths.take(values.indices)).as_py() or 0)
