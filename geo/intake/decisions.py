"""The file of doubtful pairs: written for the planner to decide in a spreadsheet, read again at the next load."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from geo.intake.merge import Decisions, pair_of
from geo.intake.raw import FileRef
from geo.intake.tabular import read_raw
from geo.model.errors import InputError, Problem

SAME, DIFFERENT = frozenset({"same", "同一", "是"}), frozenset({"different", "不同", "否"})


def read_decisions(path: Path) -> Decisions:
    """Return what a file of doubtful pairs decides; rows without a decision stay open.

    Raises
    ------
    InputError
        A column is missing, or a decision is another word.
    """
    frame = read_raw(FileRef(path)).columns
    missing = [name for name in ("decision", "key_a", "key_b") if name not in frame]
    if missing:
        message = f"lacks the columns {', '.join(missing)}."
        raise InputError(Problem(path.name, message, "Begin with the file that load writes.", code="columns_missing"))
    said = frame["decision"].fillna("").astype(str).str.strip().str.casefold()
    wrong = tuple(int(row) + 1 for row in (~said.isin({*SAME, *DIFFERENT, ""})).to_numpy().nonzero()[0])
    if wrong:
        raise InputError(
            Problem(
                path.name, "a decision that is not one.", "Write same or different (同一 or 不同), or leave it empty.",
                "decision_unknown", "decision", wrong, len(wrong),
            )
        )  # fmt: skip
    pairs = [pair_of(str(a), str(b)) for a, b in zip(frame["key_a"], frame["key_b"], strict=True)]
    same, different = (
        frozenset(pair for pair, is_told in zip(pairs, said.isin(words), strict=True) if is_told)
        for words in (SAME, DIFFERENT)
    )
    return Decisions(same, different)


def write_doubtful(doubtful: pd.DataFrame, path: Path) -> None:
    """Write doubtful pairs as CSV in UTF-8 with a byte order mark, as Excel needs it."""
    doubtful.to_csv(path, index=False, encoding="utf-8-sig")
