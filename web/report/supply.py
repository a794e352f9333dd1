"""Supply and demand on a report card: places, beds and seats of a unit, what its people need, who finds none."""

from __future__ import annotations

from typing import Any

import pandas as pd

from web.describe import finite

MOST_SUPPLIES = 4
SUMS = ["people", "needed", "facilities", "facilities_unstated", "supply", "unmet", "unknown"]


def supply_of(capacity: pd.DataFrame, unit_ids: list[str], rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what some units that do not overlap have and need, a row a service, most people without a place first.

    Of rules on the same service the first in ``rules`` speaks for it. A figure that nobody states is None, never zero:
    ``supply`` where no facility states it, ``needed`` and ``unmet`` where nothing says what a person is to have.
    """
    mine = capacity[capacity["unit_id"].isin(unit_ids)]
    mine = mine.assign(needed=mine["people"].astype(float) * mine["need"].astype(float))
    sums = mine.astype(dict.fromkeys(SUMS, float)).groupby("rule_id")[SUMS].sum(min_count=1)
    units = mine.groupby("rule_id")["capacity_unit"].first()
    known = {rule["category"]: rule for rule in reversed(rules) if rule["rule_id"] in sums.index}
    rows = [
        {
            "rule": rule,
            "unit": units[rule["rule_id"]],
            **{name: finite(sums.at[rule["rule_id"], name]) for name in SUMS},
        }
        for rule in rules
        if known.get(rule["category"]) is rule
    ]
    rows.sort(key=lambda row: (row["unmet"] is None, -(row["unmet"] or 0), -(row["supply"] or 0)))
    return rows[:MOST_SUPPLIES]
