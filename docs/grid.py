"""Markdown of tables and lists of values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def values(names: Iterable[str]) -> str:
    """Return names as code, joined by commas."""
    return ", ".join(f"`{value}`" for value in names)


def grid(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return a Markdown table; bars inside cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    texts = [[str("" if cell is None else cell).replace("|", "\\|").strip() for cell in line] for line in lines]
    return [*("| " + " | ".join(line) + " |" for line in texts), ""]
