"""The facts of a unit's report card: how it stands, its gaps, what is nearest instead, and what all that rests on."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.judge.compare import WHOLE
from geo.judge.coverage import column_of_rule
from geo.judge.rollup import below
from geo.model.assessment import UNCOVERED, UNKNOWN, Assessment
from geo.model.tables import LEVELS
from layers.picture import still_map
from web.describe import describe_units, finite, with_verdicts
from web.gaps import records
from web.opened import Opened
from web.queries import rule_number
from web.report.changes import Changes
from web.report.supply import supply_of

MOST_GAPS = 5
MOST_LACKING = 5
MOST_FINDINGS = 6
MOST_IN_SUMMARY = 10


class Book:
    """The cards of one assessment: what concerns all of them is worked out once.

    ``before`` is an earlier assessment to set it beside; None where there is none.
    """

    def __init__(self, one: Opened, before: Assessment | None = None) -> None:
        self.one, self._judged, self._before = one, one.judged, before
        self.rules: list[dict[str, Any]] = [r for r in self._judged.headline["rules"] if r["is_in_data"]]
        self._people = one.study.demand["people"].to_numpy(dtype=float)

    @cached_property
    def units(self) -> dict[str, dict[str, Any]]:
        """Every unit by its id, with how many must-rules it meets of those that can be told, in the study's order."""
        return {unit["unit_id"]: with_verdicts(self.one, unit) for unit in describe_units(self.one)["units"]}

    def card(self, unit_id: str, lang: str) -> dict[str, Any]:
        """Return the facts of a unit's card as plain values, and its map."""
        unit = self.units[unit_id]
        inside = below(self.one.study.units, unit_id)
        rows = np.flatnonzero(np.isin(self._judged.demand_unit, np.flatnonzero(self._is_in(inside))))
        must = {rule["rule_id"]: rule for rule in self.rules if rule["duty"] == "must"}
        gaps = self._judged.gaps
        gaps = gaps[gaps["unit_id"].isin(inside) & gaps["rule_id"].isin(must)].head(MOST_GAPS)
        return {
            "unit": unit,
            "parents": self._parents(unit),
            "rank": self._rank(unit),
            "gaps": [{**gap, "rule": must[gap["rule_id"]]} for gap in records(gaps)],
            "lacking": self._lacking(unit, rows, must),
            "supply": supply_of(self._judged.capacity, [unit_id], self.rules),
            "changes": self._changes.of(unit_id) if self._changes else None,
            "people_unknown": float(self._people[rows][(self._judged.status[rows] == UNKNOWN).all(axis=1)].sum()),
            "map": still_map(
                self.one.study, self._judged, rule_id=self.rules[0]["rule_id"], level=unit["level"], lang=lang,
                unit_id=unit_id, gaps=gaps,
            ),
        }  # fmt: skip

    def summary(self, lang: str) -> dict[str, Any]:
        """Return the facts of the whole study as plain values, and its map."""
        level = next((level for level in reversed(LEVELS) if any(u["level"] == level for u in self.units.values())), "")
        units = [unit for unit in self.units.values() if unit["level"] == level and unit["judged"]]
        units.sort(key=lambda unit: (unit["met"] / unit["judged"], unit["people"]))
        must = [rule for rule in self.rules if rule["duty"] == "must"]
        widest = max(must or self.rules, key=lambda rule: rule["uncovered"] or 0)
        ids = {rule["rule_id"]: rule for rule in must}
        gaps = self._judged.gaps
        gaps = records(gaps[gaps["rule_id"].isin(ids)].head(MOST_IN_SUMMARY))
        return {
            "level": level,
            "units": units,
            "spread": self._spread(units),
            "left_out": sorted(must, key=lambda rule: -(rule["uncovered"] or 0)),
            "gaps": [{**gap, "rule": ids[gap["rule_id"]], "unit": self.units.get(gap["unit_id"], {})} for gap in gaps],
            "widest": widest,
            "supply": supply_of(self._judged.capacity, self._roots, self.rules),
            "changes": self._changes.of(WHOLE) if self._changes else None,
            "map": still_map(self.one.study, self._judged, rule_id=widest["rule_id"], level=level, lang=lang),
        }

    @staticmethod
    def _spread(units: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return how many units, and people in them, meet each fifth of their must-rules."""
        fifths = [min(4, int(5 * unit["met"] / unit["judged"])) for unit in units]
        return [
            {"from": n / 5, "to": (n + 1) / 5, "units": fifths.count(n),
             "people": sum(unit["people"] for unit, fifth in zip(units, fifths, strict=True) if fifth == n)}
            for n in range(5)
        ]  # fmt: skip

    @cached_property
    def _changes(self) -> Changes | None:
        must = [rule for rule in self.rules if rule["duty"] == "must"]
        return Changes(self._before, self._judged, must) if self._before is not None else None

    @cached_property
    def _roots(self) -> list[str]:
        """The units that belong to no other: together all of them, none twice."""
        return [unit["unit_id"] for unit in self.units.values() if unit["parent_id"] not in self.units]

    @cached_property
    def basis(self) -> dict[str, Any]:
        """What every card rests on: files with their dates, and what was found wrong with them."""
        report = self.one.study.report
        found = [p for file in report.files for p in file.problems] + list(report.findings)
        codes = dict.fromkeys(p.code for p in found if p.severity != "note")
        return {
            "sources": [vars(source) for source in self.one.study.sources],
            "rejected": sum(file.rejected for file in report.files),
            "repaired": sum(file.repaired for file in report.files),
            "codes": list(codes)[:MOST_FINDINGS],
            "credits": self.one.study.credits,
            "data_date": self.one.study.data_date,
            "is_made_up": self.one.study.is_made_up,
        }

    def _is_in(self, unit_ids: set[str]) -> NDArray[np.bool_]:
        return self.one.study.units["unit_id"].isin(unit_ids).to_numpy(dtype=bool)

    def _parents(self, unit: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the units above, the nearest first."""
        found: list[dict[str, Any]] = []
        above = self.units.get(unit["parent_id"])
        while above is not None and above not in found:
            found.append(above)
            above = self.units.get(above["parent_id"])
        return found

    def _rank(self, unit: dict[str, Any]) -> tuple[int, int] | None:
        """Return the place by share of must-rules met among the units of its level, and how many those are."""
        shares = [u["met"] / u["judged"] for u in self.units.values() if u["level"] == unit["level"] and u["judged"]]
        if not unit["judged"] or len(shares) < 2:
            return None
        return 1 + sum(share > unit["met"] / unit["judged"] for share in shares), len(shares)

    def _lacking(
        self, unit: dict[str, Any], rows: NDArray[np.int64], must: dict[str, dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Return the must-rules that leave out most people, each with the facility that most of those have nearest."""
        left_out = sorted(must, key=lambda rule_id: -(unit["rules"][rule_id][1] or 0))[:MOST_LACKING]
        return [
            {"rule": must[rule_id], "people": unit["rules"][rule_id][1], "nearest": self._nearest(rows, rule_id)}
            for rule_id in left_out
            if (unit["rules"][rule_id][1] or 0) > 0
        ]

    def _nearest(self, rows: NDArray[np.int64], rule_id: str) -> dict[str, Any] | None:
        """Return the facility that most people left out by a rule have nearest, and their median walk; or None.

        Of a rule that asks for each of several it is the farthest of those nearest, as everywhere.
        """
        judged, number = self._judged, rule_number(self.one, rule_id)
        rule = judged.standard.rules[number]
        rows = rows[judged.status[rows, number] == UNCOVERED]
        columns = [judged.categories.index(c) for c in rule.categories]
        best = column_of_rule(rule, columns, judged.demand_walk_m[rows])
        frame = pd.DataFrame(
            {
                "facility": judged.demand_nearest[rows, best],
                "walk_m": judged.demand_walk_m[rows, best],
                "people": self._people[rows],
            }
        )
        frame = frame[frame["facility"] >= 0]
        if frame.empty:
            return None
        most = frame.groupby("facility")["people"].sum().idxmax()
        facility = self.one.study.facilities.iloc[int(most)]
        mine = frame[frame["facility"] == most].sort_values("walk_m")
        middle = int(np.searchsorted(mine["people"].cumsum(), mine["people"].sum() / 2))
        return {
            "name": facility["name"],
            "name_en": facility["name_en"],
            "category": facility["category"],
            "walk_m": finite(mine["walk_m"].iloc[min(middle, len(mine) - 1)]),
        }
