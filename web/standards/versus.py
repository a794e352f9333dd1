"""Two standards on one study, verdict by verdict: how many differ, for which services, and in which units."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd
from flask import Blueprint, Response, request

from geo.judge.compare import WHOLE, summary
from geo.judge.coverage import strictest_rules
from geo.judge.verdicts import FAIL, INSUFFICIENT, PASS, threshold_text
from geo.model.assessment import Assessment
from geo.model.errors import NotFoundError
from geo.model.standards import Rule
from geo.model.tables import LEVELS
from web.answers import answer
from web.comparing import compared
from web.opened import Opened
from web.queries import shelf, study_name
from web.standards.kept import EARLIER, every, standing
from web.standards.pages import page

blueprint = Blueprint("versus", __name__)
MOST_SHOWN = 300
VERDICTS = (PASS, FAIL, INSUFFICIENT)


@blueprint.get("/standards/compare")
def compare() -> Response:
    """Two standards on one study."""
    name = study_name()
    if name is None:
        raise NotFoundError("there is no study yet. Make one with the load command.")
    newest = shelf().open(name)
    judged = list(dict.fromkeys(str(made["standard"]) for made in reversed(newest.made)))
    choices = {one.standard_id: one.standard.name for one in every() if one.standard is not None}
    chosen = _chosen([*judged, *(one for one in choices if one not in judged)])
    missing = [one for one in chosen if one not in judged]
    levels = [level for level in LEVELS if (newest.study.units["level"] == level).any()]
    level = request.args.get("level") or (levels[-1] if levels else "")
    about: dict[str, Any] = {"choices": choices, "judged": judged, "chosen": chosen, "missing": missing,
                             "levels": levels, "level": level, "is_every": "every" in request.args}  # fmt: skip
    if not missing:
        about |= _side_by_side(name, chosen, level, "every" in request.args)
    return page("versus.html", **about)


@blueprint.get("/standards/compare.csv")
def download() -> Response:
    """Every verdict of both, all levels, as a table that a spreadsheet opens."""
    name = study_name()
    one, before, after = _both(name or "", _chosen([]))
    _, table = compared(before, after)
    units = one.study.units[["unit_id", "name", "name_en", "level"]]
    found = table.merge(units, on="unit_id", how="left")
    for side, judged in (("before", before), ("after", after)):
        limits = {rule.rule_id: threshold_text(rule) for rule in judged.standard.rules}
        ids = found[f"rule_id_{side}" if f"rule_id_{side}" in found else "rule_id"]
        found[f"standard_{side}"] = judged.standard.standard_id
        found[f"threshold_{side}"] = ids.map(limits)
    found.insert(1, "level", found.pop("level").fillna("all"))
    text = "\ufeff" + found.to_csv(index=False)
    file = f"{before.standard.standard_id}-{after.standard.standard_id}.csv"
    return answer(text, kind="text/csv; charset=utf-8", download=file)


def _chosen(usual: list[str]) -> tuple[str, str]:
    """Return the ids of the standards asked for, filled up with the first others of the usual ones."""
    first, second = request.args.get("standard", ""), request.args.get("with", "")
    first = first or next((one for one in usual if one != second), "")
    return first, second or next((one for one in usual if one != first), "")


def _both(name: str, chosen: tuple[str, str]) -> tuple[Opened, Assessment, Assessment]:
    """Return the study and its assessments by two standards; `NotFoundError` where one is not there."""
    first, second = (shelf().open(name, one) for one in chosen)
    return first, first.judged, second.judged


def _side_by_side(name: str, chosen: tuple[str, str], level: str, is_every: bool) -> dict[str, Any]:
    """Return both assessments at a level: counts, a row a service, the rows that differ (or all), most people first."""
    one, before, after = _both(name, chosen)
    by, table = compared(before, after)
    key = "rule_id" if by == "rule" else "category"
    units = one.study.units.set_index("unit_id")
    rows = table[table["unit_id"].map(units["level"]) == level]
    shown = rows if is_every else rows[rows["is_changed"]]
    people = shown["people_after"].fillna(shown["people_before"])
    shown = shown.assign(people=people).sort_values(["people", "unit_id"], ascending=[False, True], kind="stable")
    return {
        "by": by,
        "sides": (before, after),
        "earlier": [each.standard.standard_id for each in (before, after) if standing(each) == EARLIER],
        "counts": summary(rows),
        "ways": Counter(zip(_said(rows["verdict_before"]), _said(rows["verdict_after"]), strict=True)),
        "verdicts": (*VERDICTS, *(("",) if rows[["verdict_before", "verdict_after"]].isna().any(axis=None) else ())),
        "services": _services(table[table["unit_id"] == WHOLE], rows, key, (before, after)),
        "rows": [_named_unit(record, units, key) for record in shown.head(MOST_SHOWN).to_dict("records")],
        "total": len(shown),
        "alone": _alone(before, after) if by == "category" else ([], []),
        "names": shelf().categories.categories,
    }


def _services(
    everybody: pd.DataFrame, rows: pd.DataFrame, key: str, sides: tuple[Assessment, Assessment]
) -> list[dict[str, Any]]:
    """Return a row for each service: both rules, both ratios of everybody, in how many units the verdict differs."""
    differ = rows.groupby(key)["is_changed"].agg(["sum", "size"])
    found = []
    for record in everybody.to_dict("records"):
        rules = [_rule(judged, record.get(f"rule_id_{side}", record.get("rule_id")))
                 for side, judged in zip(("before", "after"), sides, strict=True)]  # fmt: skip
        changed, size = differ.loc[record[key]] if record[key] in differ.index else (0, 0)
        found.append({**_plain(record), "key": record[key], "rules": rules, "differ": int(changed), "units": int(size)})
    return sorted(found, key=lambda row: -row["differ"])


def _rule(judged: Assessment, rule_id: Any) -> Rule | None:
    return next((rule for rule in judged.standard.rules if rule.rule_id == rule_id), None)


def _named_unit(record: dict[str, Any], units: pd.DataFrame, key: str) -> dict[str, Any]:
    unit = units.loc[record["unit_id"]]
    return {**_plain(record), "key": record[key], "name": unit["name"], "name_en": unit["name_en"]}


def _alone(before: Assessment, after: Assessment) -> tuple[list[str], list[str]]:
    """Return the categories that only the first standard judges, and those that only the second does."""
    first, second = (
        [c for c, rule in strictest_rules(each.standard).items() if rule.has_threshold] for each in (before, after)
    )
    return [c for c in first if c not in second], [c for c in second if c not in first]


def _said(verdicts: pd.Series) -> list[str]:
    return [str(verdict) for verdict in verdicts.fillna("")]


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    """Return a row with None for what is not known."""
    return {key: None if value is None or value != value else value for key, value in record.items()}
