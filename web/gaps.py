"""Which gaps a page shows: of one need or of all, of one cause, in one unit and the units below it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geo.judge.rollup import below
from geo.model.assessment import CAUSES
from geo.model.tables import LEVELS
from web.opened import Opened
from web.problems import ParameterError
from web.queries import check_unit

EVERY = "all"
"""What ``rule`` says where the gaps of all needs are wanted."""

MOST = 1000


def chosen_gaps(one: Opened, rule_id: str, asked: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page of gaps tells: its rows, how many there are, the people of each cause, the choices.

    Raises
    ------
    NotFoundError, ParameterError
        No such unit, or no such cause.
    """
    frame = one.judged.gaps
    if rule_id != EVERY:
        frame = frame[frame["rule_id"] == rule_id]
    cause, unit_id = asked.get("cause", ""), asked.get("unit", "")
    if unit_id:
        check_unit(one, unit_id)
        frame = frame[frame["unit_id"].isin(below(one.study.units, unit_id))]
    crowd = {name: float(frame[f"people_{name.replace(' ', '_')}"].sum()) for name in CAUSES}
    if cause:
        if cause not in CAUSES:
            raise ParameterError(f"'cause' must be one of {', '.join(CAUSES)}.")
        frame = frame[frame["cause"] == cause]
    units = one.study.units[["unit_id", "name", "name_en", "level"]]
    return {
        "gaps": records(frame.head(MOST)),
        "total": len(frame),
        "crowd": crowd,
        "causes": CAUSES,
        "cause": cause,
        "unit_id": unit_id,
        "names": {unit["unit_id"]: unit for unit in units.to_dict("records")},
        "levels": {level: units[units["level"] == level].to_dict("records") for level in LEVELS},
    }


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values, None where there is nothing."""
    plain = frame.astype(object)
    rows: list[dict[str, Any]] = plain.where(plain.notna(), None).to_dict("records")
    return rows
