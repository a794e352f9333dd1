"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def values(listed: Iterable[str]) -> str:
    """Return values as code, parted by commas."""
    return ", ".join(f"`{value}`" for value in listed)


def grid(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return a Markdown table; bars inside cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    texts = [[str("" if cell is None else cell).replace("|", "\\|").strip() for cell in line] for line in lines]
    return [*("| " + " | ".join(line) + " |" for line in texts), ""]
