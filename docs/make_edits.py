"""What the manual tells of the edits of a scenario: their tables in docs/tables.md, and the JSON schema."""

from __future__ import annotations

import json

from docs.markdown import grid, values
from geo.plan.edits import KINDS
from geo.plan.schema import scenario_schema
from web.settings import ROOT

SCHEMA = ROOT / "docs" / "scenario.schema.json"


def make_schema() -> str:
    """Return the whole of docs/scenario.schema.json."""
    return json.dumps(scenario_schema(), ensure_ascii=False, indent=1) + "\n"


def edit_tables() -> list[str]:
    """Return the tables of all kinds of edits."""
    lines = ["## Edits of a scenario\n", "How a file is written is told in [scenarios.md](scenarios.md).\n"]
    for name, kind in KINDS.items():
        lines.append(f"### Edit {name}\n\nWhat it is: {kind.meaning}." + _one_of(kind.one_of) + "\n")
        rows = [
            (f"`{key}`", field.kind, "yes" if field.is_required else "", field.meaning + _choices(field.choices))
            for key, field in kind.fields.items()
        ]
        lines += grid(("field", "kind", "must be given", "meaning"), rows)
    return lines


def _one_of(names: tuple[str, ...]) -> str:
    return f" Exactly one of {values(names)} is given." if names else ""


def _choices(names: tuple[str, ...]) -> str:
    return f": {values(names)}" if names else ""
