"""How much of a file is read: one record of limits, the same for the command line and for files from the web."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The most that one file may hold; more is refused by name, never cut.

    Attributes
    ----------
    rows, columns
        Of one table.
    vertices, vertices_of_one
        Of a whole layer, and of one of its features.
    characters
        Of one cell.
    members, unpacked_bytes
        Files in an archive, and their size together when unpacked.
    """

    rows: int = 1_000_000
    columns: int = 256
    vertices: int = 20_000_000
    vertices_of_one: int = 1_000_000
    characters: int = 10_000
    members: int = 2_000
    unpacked_bytes: int = 2 << 30


PLENTY = Limits()
"""What is read where nobody says otherwise."""
