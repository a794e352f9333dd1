"""Studies and results as plain values for pages and the API."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from geo.intake.classify import CategoryTable
from geo.judge.coverage import column_of_rule
from geo.judge.verdicts import INSUFFICIENT, PASS
from geo.model.crs import WGS84
from geo.model.tables import LEVELS
from web.opened import Opened


def describe_study(opened: Opened, categories: CategoryTable) -> dict[str, Any]:
    """Return what a study is: extent, credits, levels, counts, categories, date of its data."""
    study = opened.study
    extent = study.units if not study.units.empty else study.streets
    bounds = extent.geometry.to_crs(WGS84).total_bounds
    count = study.facilities["category"].value_counts()
    coming = set(study.not_open.loc[study.not_open["state"] == "planned", "category"])
    return {
        "name": study.name,
        "crs": study.crs,
        "bbox": [round(float(value), 6) for value in bounds],
        "is_made_up": study.is_made_up,
        "credits": study.credits,
        "data_date": study.data_date,
        "levels": [level for level in LEVELS if (study.units["level"] == level).any()],
        "counts": {name: len(table) for name, table in study.tables.items()},
        "categories": [
            {"id": c, "zh": known.name.zh, "en": known.name.en, "group": known.group, "mark": known.mark,
             "count": int(count.get(c, 0))}
            for c, known in categories.categories.items()
            if c in count or c in coming
        ],
        "is_assessed": opened.assessment is not None,
        "stamp": opened.stamp,
    }  # fmt: skip


def describe_units(opened: Opened) -> dict[str, Any]:
    """Return every unit with its people and, rule by rule, covered, uncovered, unknown, ratio and verdict."""
    study, judged = opened.study, opened.judged
    units = study.units[["unit_id", "name", "name_en", "level", "parent_id"]].to_dict("records")
    people = judged.units["people"].tolist()
    wholes = judged.units[["complete_ratio", "services_missing", "completeness"]].to_dict("records")
    size = len(judged.standard.rules)
    rows = rule_figures(judged.verdicts)
    for number, unit in enumerate(units):
        unit["people"] = people[number]
        unit |= {name: finite(value) for name, value in wholes[number].items()}
        unit["rules"] = dict(rows[number * size : (number + 1) * size])
    outside = dict(rule_figures(judged.outside))
    first = judged.headline["people_outside_units"]
    return {"units": units, "outside": {"people": float(first), "rules": outside}}


def with_verdicts(opened: Opened, unit: dict[str, Any]) -> dict[str, Any]:
    """Return a unit of `describe_units` with how many must-rules in the data it meets, of those that can be told."""
    rules = opened.judged.headline["rules"]
    verdicts = [unit["rules"][r["rule_id"]][4] for r in rules if r["duty"] == "must" and r["is_in_data"]]
    return {**unit, "met": verdicts.count(PASS), "judged": len(verdicts) - verdicts.count(INSUFFICIENT)}


def describe_place(opened: Opened, xy: tuple[float, float]) -> dict[str, Any]:
    """Return the home nearest to a place in study.crs, and how far it walks by every rule."""
    study, judged = opened.study, opened.judged
    if study.demand.empty:
        return {"demand_id": None, "rules": {}}
    points = study.demand.geometry
    distance = np.hypot(points.x.to_numpy() - xy[0], points.y.to_numpy() - xy[1])
    row = int(distance.argmin())
    unit = int(judged.demand_unit[row])
    names, names_en = study.facilities["name"].tolist(), study.facilities["name_en"].tolist()
    rules = {}
    for number, rule in enumerate(judged.standard.rules):
        columns = [judged.categories.index(c) for c in rule.categories]
        best = int(column_of_rule(rule, columns, judged.demand_walk_m[[row]])[0])
        nearest = int(judged.demand_nearest[row, best])
        rules[rule.rule_id] = {
            "status": int(judged.status[row, number]),
            "walk_m": finite(judged.demand_walk_m[row, best]),
            "line_m": finite(judged.demand_line_m[row, best]),
            "nearest": {"name": names[nearest], "name_en": names_en[nearest]} if nearest >= 0 else None,
        }
    return {
        "demand_id": study.demand["demand_id"].iloc[row],
        "name": study.demand["name"].iloc[row],
        "people": float(study.demand["people"].iloc[row]),
        "people_source": study.demand["people_source"].iloc[row] or "counted",
        "away_m": round(float(distance[row]), 1),
        "unit_id": study.units["unit_id"].iloc[unit] if unit >= 0 else None,
        "rules": rules,
    }


def finite(value: float) -> float | None:
    """Return the number, or None where it is not one."""
    return float(value) if math.isfinite(value) else None


def rule_figures(frame: Any) -> list[tuple[str, list[Any]]]:
    """Return (rule, [covered, uncovered, unknown, ratio, verdict, ratio by straight radius]); null where not stated."""
    names = ("covered", "uncovered", "unknown", "ratio", "verdict", "line_ratio")
    columns = [[finite(v) if isinstance(v, float) else v for v in frame[name].tolist()] for name in names]
    return [(rule, list(row)) for rule, *row in zip(frame["rule_id"].tolist(), *columns, strict=True)]
