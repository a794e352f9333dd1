"""Who gains and who loses by a scenario: by rule, category, age group and unit, to the thousandth of a person.

Gained and lost count those who live there before and after. Who moves in or out is counted apart, so that for every
rule covered before + gained - lost + moved in - moved out = covered after.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.judge.coverage import complete, strictest_rules
from geo.judge.reachable import Reachable, answers_of, find_reachable
from geo.judge.rollup import THOUSANDTHS, answers, assign_units, frame, milli, roll_up
from geo.model.assessment import COVERED
from geo.model.standards import Profile, Standard
from geo.model.study import Study
from geo.model.tables import AGE_GROUPS
from geo.plan.apply import Edited
from geo.plan.doors import found_after
from geo.walk.network import Network


@dataclass(frozen=True)
class Baseline:
    """A study judged, as scenarios are held against it.

    ``status`` int8 (D, R), ``is_complete`` int8 (D,), ``unit`` int32 (D,), ``totals`` int64 (U, 3 R): thousandths of
    people covered, uncovered, unknown in every unit, rule by rule.
    """

    study: Study
    network: Network
    standard: Standard
    profile: Profile
    found: Reachable
    status: NDArray[np.int8]
    is_complete: NDArray[np.int8]
    unit: NDArray[np.int32]
    totals: NDArray[np.int64]


@dataclass(frozen=True)
class Comparison:
    """What a scenario changes.

    ``figures`` are plain values as ``compare --json`` prints them. ``changes`` has one row per changed unit, in
    study.crs. ``status`` and ``is_complete`` are the answers after, ``walk_m`` the metres to every category of the
    base, for the rows of ``edited.study.demand``.
    """

    edited: Edited
    status: NDArray[np.int8]
    is_complete: NDArray[np.int8]
    figures: dict[str, Any]
    changes: gpd.GeoDataFrame
    walk_m: NDArray[np.float64]


def baseline(study: Study, network: Network, standard: Standard, profile: Profile) -> Baseline:
    """Return a study judged, ready to hold scenarios against it."""
    found = find_reachable(study, network, standard, profile)
    status = answers_of(standard, found)
    unit, _ = assign_units(study.demand.geometry, study.units)
    people = milli(study.demand["people"].to_numpy())
    totals = roll_up(answers(people, status), unit, study.units)
    return Baseline(
        study, network, standard, profile, found, status, complete(standard, status, found.missing), unit, totals
    )


def compare(base: Baseline, edited: Edited) -> Comparison:
    """Return what a scenario changes, everything searched anew."""
    after, doors = found_after(edited, base.network, base.found)
    found = find_reachable(edited.study, after, base.standard, base.profile, doors)
    columns = [found.categories.index(category) for category in base.found.categories]
    walk_m = found.reach.place_m[:, columns]
    return told(base, edited, answers_of(base.standard, found), is_joined=found.homes.is_joined, walk_m=walk_m)


def told(
    base: Baseline,
    edited: Edited,
    status: NDArray[np.int8],
    *,
    is_joined: NDArray[np.bool_],
    walk_m: NDArray[np.float64],
) -> Comparison:
    """Return what changes, from the answers after and from which homes join a street then."""
    is_complete = complete(base.standard, status, base.found.missing)
    flow = _flow(base, edited, status, is_complete)
    unit = _units_after(base, edited)
    figures = {
        "study": base.study.name,
        "scenario": scenario_facts(edited),
        "standard": base.standard.standard_id,
        "profile": base.profile.profile_id,
        **_people(flow),
        "people_not_joined_before": _count(flow.before[: len(base.unit)], ~base.found.homes.is_joined),
        "people_not_joined_after": _count(flow.after, ~is_joined),
        "rules": _rules(base.standard, flow),
        "categories": _categories(base.standard, flow),
        "ages": _ages(base, edited, flow),
        "is_made_up": base.study.is_made_up,
    }
    changes, verdicts = _by_unit(base, flow, unit)
    figures["units"] = [
        {**row, "rules_changed": verdicts.get(row["unit_id"], [])}
        for row in changes.drop(columns="geometry").astype(object).where(changes.notna(), None).to_dict("records")
    ]
    return Comparison(edited, status, is_complete, figures, changes, walk_m)


def scenario_facts(edited: Edited) -> dict[str, Any]:
    """Return what is told of a scenario beside its figures."""
    made = edited.scenario
    return {
        "id": made.scenario_id, "name": made.name, "note": made.note, "author": made.author, "date": made.date,
        "cost": made.total_cost, "edits": len(made.edits), "edits_on": sum(edit.is_on for edit in made.edits),
    }  # fmt: skip


@dataclass(frozen=True)
class _Flow:
    """Thousandths of people before, after and staying at D places after; answers before and after, with completeness.

    Answers have R + 1 columns, completeness last; places that are new had none before.
    """

    before: NDArray[np.int64]
    after: NDArray[np.int64]
    had: NDArray[np.int8]
    has: NDArray[np.int8]

    @cached_property
    def stay(self) -> NDArray[np.int64]:
        return np.minimum(self.before, self.after)

    @cached_property
    def gained(self) -> NDArray[np.bool_]:
        return np.asarray((self.has == COVERED) & (self.had != COVERED))

    @cached_property
    def lost(self) -> NDArray[np.bool_]:
        return np.asarray((self.had == COVERED) & (self.has != COVERED))


def _flow(base: Baseline, edited: Edited, status: NDArray[np.int8], is_complete: NDArray[np.int8]) -> _Flow:
    count = len(status)
    before = np.zeros(count, np.int64)
    before[: len(base.status)] = milli(base.study.demand["people"].to_numpy())
    had = np.zeros((count, status.shape[1] + 1), np.int8)
    had[: len(base.status)] = np.column_stack([base.status, base.is_complete])
    after = milli(edited.study.demand["people"].to_numpy())
    return _Flow(before, after, had, np.column_stack([status, is_complete]))


def _people(flow: _Flow) -> dict[str, float | None]:
    came, left = np.maximum(flow.after - flow.before, 0), np.maximum(flow.before - flow.after, 0)
    return {
        "people_before": float(flow.before.sum() / THOUSANDTHS),
        "people_after": float(flow.after.sum() / THOUSANDTHS),
        "people_moved_in": float(came.sum() / THOUSANDTHS),
        "people_moved_out": float(left.sum() / THOUSANDTHS),
        "people_gained": _count(flow.stay, flow.gained[:, :-1].any(axis=1)),
        "people_lost": _count(flow.stay, flow.lost[:, :-1].any(axis=1)),
        "complete_ratio_before": _share(flow.before, flow.had[:, -1]),
        "complete_ratio_after": _share(flow.after, flow.has[:, -1]),
    }


def _rules(standard: Standard, flow: _Flow) -> list[dict[str, Any]]:
    came, left = np.maximum(flow.after - flow.before, 0), np.maximum(flow.before - flow.after, 0)
    found = []
    for column, rule in enumerate(standard.rules):
        had, has = flow.had[:, column] == COVERED, flow.has[:, column] == COVERED
        found.append(
            {
                "rule_id": rule.rule_id,
                "category": rule.category,
                "level": rule.level,
                "covered_before": _count(flow.before, had),
                "covered_after": _count(flow.after, has),
                "gained": _count(flow.stay, flow.gained[:, column]),
                "lost": _count(flow.stay, flow.lost[:, column]),
                "moved_in_covered": _count(came, has),
                "moved_out_covered": _count(left, had),
            }
        )
    return found


def _categories(standard: Standard, flow: _Flow) -> list[dict[str, Any]]:
    """Return for each category who gains and loses by any rule that names it."""
    found = []
    for category in standard.categories:
        mine = [n for n, rule in enumerate(standard.rules) if category in rule.categories]
        gained, lost = (_count(flow.stay, which[:, mine].any(axis=1)) for which in (flow.gained, flow.lost))
        found.append({"category": category, "gained": gained, "lost": lost})
    return found


def _ages(base: Baseline, edited: Edited, flow: _Flow) -> list[dict[str, Any]]:
    """Return for each age group in the data who gains and loses by any rule, and by each rule that changes."""
    found = []
    for group in AGE_GROUPS:
        if group not in base.study.demand or group not in edited.study.demand:
            continue
        before = np.zeros(len(flow.after), np.int64)
        before[: len(base.status)] = milli(np.nan_to_num(base.study.demand[group].to_numpy(dtype=float)))
        after = milli(np.nan_to_num(edited.study.demand[group].to_numpy(dtype=float)))
        stay = np.minimum(before, after)
        rules = [
            {"rule_id": rule.rule_id, "gained": _count(stay, flow.gained[:, n]), "lost": _count(stay, flow.lost[:, n])}
            for n, rule in enumerate(base.standard.rules)
            if flow.gained[:, n].any() or flow.lost[:, n].any()
        ]
        gained, lost = (_count(stay, which[:, :-1].any(axis=1)) for which in (flow.gained, flow.lost))
        found.append({"group": group, "gained": gained, "lost": lost, "rules": rules})
    return found


def _units_after(base: Baseline, edited: Edited) -> NDArray[np.int32]:
    new = edited.study.demand.geometry.iloc[len(base.unit) :]
    return np.concatenate([base.unit, assign_units(new, base.study.units)[0]]) if len(new) else base.unit


def _by_unit(
    base: Baseline, flow: _Flow, unit: NDArray[np.int32]
) -> tuple[gpd.GeoDataFrame, dict[str, list[dict[str, Any]]]]:
    """Return a row per unit where anything changes, and the rules whose verdict changes there."""
    study, rules = base.study, len(base.standard.rules)
    moved = np.flatnonzero((flow.had != flow.has).any(axis=1) | (flow.before != flow.after))
    stay, gained, lost = flow.stay[moved], flow.gained[moved], flow.lost[moved]
    change = answers(flow.after[moved], flow.has[moved]) - answers(flow.before[moved], flow.had[moved])
    any_change = np.column_stack([gained[:, :rules].any(axis=1), lost[:, :rules].any(axis=1)])
    speaking = {c: base.standard.rules.index(rule) for c, rule in sorted(strictest_rules(base.standard).items())}
    chosen = list(speaking.values())
    counted = np.column_stack([any_change, gained[:, rules], lost[:, rules], gained[:, chosen], lost[:, chosen]])
    sums = roll_up(np.column_stack([counted * stay[:, None], change]), unit[moved], study.units)
    width = counted.shape[1]
    is_changed = (sums != 0).any(axis=1)
    made = study.units[["unit_id", "name", "name_en", "level", "parent_id", "geometry"]][is_changed]
    made = made.reset_index(drop=True)
    after = base.totals + sums[:, width : width + 3 * rules]
    people = after[:, :3].sum(axis=1) if rules else np.zeros(len(after))
    columns = ["people_gained", "people_lost", "complete_gained", "complete_lost"]
    columns += [f"{c}_gained" for c in speaking] + [f"{c}_lost" for c in speaking]
    figures = pd.DataFrame(sums[is_changed][:, :width] / THOUSANDTHS, columns=columns)
    figures.insert(0, "people", people[is_changed] / THOUSANDTHS)
    whole = pd.concat([made.drop(columns="geometry"), figures, made[["geometry"]]], axis=1)
    return gpd.GeoDataFrame(whole, geometry="geometry", crs=study.crs), _verdicts(base, after, is_changed)


def _verdicts(
    base: Baseline, after: NDArray[np.int64], is_changed: NDArray[np.bool_]
) -> dict[str, list[dict[str, Any]]]:
    ids = base.study.units["unit_id"].to_numpy(dtype=object)[is_changed]
    then, now = (frame(totals[is_changed], base.standard, ids) for totals in (base.totals, after))
    found: dict[str, list[dict[str, Any]]] = {}
    for row in np.flatnonzero((then["verdict"] != now["verdict"]).to_numpy()):
        told = {
            "rule_id": then["rule_id"].iat[row],
            "before": then["verdict"].iat[row],
            "after": now["verdict"].iat[row],
        }
        found.setdefault(then["unit_id"].iat[row], []).append(told)
    return found


def _count(people: NDArray[np.int64], which: Any) -> float:
    return float(people[which].sum() / THOUSANDTHS)


def _share(people: NDArray[np.int64], answer: NDArray[np.int8]) -> float | None:
    total = people.sum()
    return float(people[answer == COVERED].sum() / total) if total and (answer >= 0).any() else None
