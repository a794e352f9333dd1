"""What somebody decided about doubtful pairs: a table that spreadsheets open, read again on the next load."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from geo.intake.raw import FileRef, fault
from geo.intake.tabular import read_raw
from geo.model.errors import InputError, Problem, told

PairKey = frozenset[tuple[str, str]]
Decisions = dict[PairKey, bool]

COLUMNS = (
    "decision", "category", "distance_m", "name_a", "name_b", "source_a", "source_b", "id_a", "id_b",
)  # fmt: skip
WORDS = {"same": True, "different": False, "相同": True, "不同": False, "同": True, "异": False}


def pair_key(one: tuple[str, str], other: tuple[str, str]) -> PairKey:
    """Return what a pair of (source, facility id) is known by, whichever comes first."""
    return frozenset({(str(one[0]), str(one[1])), (str(other[0]), str(other[1]))})


def read_decisions(path: Path) -> Decisions:
    """Return which pairs are the same place (True) or not (False); rows without a decision are left out.

    Raises
    ------
    InputError
        A column is missing, or a decision is neither same (相同) nor different (不同); every such row is told.
    """
    ref = FileRef(path)
    table = read_raw(ref).columns
    missing = [name for name in ("decision", "source_a", "source_b", "id_a", "id_b") if name not in table]
    if missing:
        raise fault(
            ref,
            told("has no column {heading}.", heading=missing[0]),
            "Use the file that load wrote.",
            "columns_missing",
        )
    said = [str(value or "").strip().casefold() for value in table["decision"]]
    wrong = [row for row, word in enumerate(said, start=1) if word and word not in WORDS]
    if wrong:
        message = told("the decision is neither same (相同) nor different (不同): '{word}'.", word=said[wrong[0] - 1])
        raise InputError(
            Problem(ref.name, message, "Write one of them, or leave it empty.", "decision_unknown", "decision",
                    tuple(wrong[:20]), len(wrong))
        )  # fmt: skip
    ends = table[["source_a", "id_a", "source_b", "id_b"]].astype(str).itertuples(index=False)
    keys = [pair_key((row[0], row[1]), (row[2], row[3])) for row in ends]
    return {key: WORDS[word] for key, word in zip(keys, said, strict=True) if word}


def decisions_text(path: Path, doubtful: Sequence[dict[str, Any]]) -> str:
    """Return the file anew as CSV text: the rows it holds that are decided, then the pairs that are still open."""
    kept: list[dict[str, Any]] = []
    if path.exists():
        rows = read_raw(FileRef(path)).columns
        kept = [row for row in rows.to_dict("records") if str(row.get("decision") or "").strip()]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows([*kept, *({**pair, **_harmless(pair)} for pair in doubtful)])
    return "\ufeff" + out.getvalue()


def _harmless(pair: dict[str, Any]) -> dict[str, str]:
    """Return the names of a pair so that no spreadsheet takes them for a formula."""
    names = {key: str(pair[key]) for key in ("name_a", "name_b")}
    return {key: f"'{name}" if name[:1] in ("=", "+", "-", "@") else name for key, name in names.items()}
