"""Which column of a file is which of ours: known by its heading, also where a Shapefile cut that short."""

from __future__ import annotations

import re
from pathlib import Path

from geo.model.yaml_strict import LINE_KEY, read_yaml

Aliases = dict[str, dict[str, list[str]]]

_NOISE = re.compile(r"[\s_\-()（）\[\]【】]")
_DBF_BYTES = 10


def read_aliases(path: Path) -> Aliases:
    """Return the headings by which columns are recognised, table by table (``data/columns.yaml``)."""
    document = read_yaml(path)
    return {
        table: {name: [str(heading) for heading in headings] for name, headings in entry.items() if name != LINE_KEY}
        for table, entry in document.items()
        if table != LINE_KEY
    }


def recognise(headings: list[str], aliases: dict[str, list[str]]) -> dict[str, str]:
    """Return canonical name -> heading of the file, each heading used once, in the order of the aliases."""
    plain = {_plain(heading): heading for heading in reversed(headings)}
    used: dict[str, str] = {}
    for name, candidates in aliases.items():
        for candidate in candidates:
            heading = plain.get(_plain(candidate)) or _cut_heading(candidate, headings)
            if heading is not None and heading not in used.values():
                used[name] = heading
                break
    return used


def _plain(heading: str) -> str:
    return _NOISE.sub("", str(heading)).casefold()


def _cut_heading(candidate: str, headings: list[str]) -> str | None:
    """Return a heading that is the candidate cut to the ten bytes of a .dbf field name."""
    for heading in headings:
        sizes = (len(str(heading).encode("utf-8")), len(str(heading).encode("gb18030", "replace")))
        if max(sizes) >= _DBF_BYTES - 1 and len(_plain(heading)) >= 3 and _plain(candidate).startswith(_plain(heading)):
            return heading
    return None
