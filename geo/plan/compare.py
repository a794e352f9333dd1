"""Who gains and who loses by a scenario: by rule, category, age group and unit, to the thousandth of a person.

Gained and lost count those who live there before and after. Who moves in or out is counted apart, so that for every
rule covered before + gained - lost + moved in - moved out = covered after. A rule counts whom it serves; where the data
do not say who that is, its figures are null.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.judge.answering import answer_ground, answers_of
from geo.judge.coverage import Answers, complete, strictest_rules
from geo.judge.ground import Ground
from geo.judge.populations import Populations, populations_of
from geo.judge.reachable import find_reachable
from geo.judge.rollup import THOUSANDTHS, assign_units, climb
from geo.judge.verdicts import Counts, count, frame
from geo.model.standards import Standard
from geo.plan.apply import Edited
from geo.plan.baseline import Baseline
from geo.plan.doors import found_after
from geo.plan.flow import Flow, age_facts, category_facts, flow_of, people_facts, rule_facts


@dataclass(frozen=True)
class After:
    """What a scenario leaves: answers int8 (D, R) of all homes, which of them join a street, walks (metres) to the
    base's categories, walks (seconds) to those of `Baseline.timed` where there are any, and built-up ground where a
    rule asks for a share of it.
    """

    status: NDArray[np.int8]
    is_joined: NDArray[np.bool_]
    walk_m: NDArray[np.float64]
    walk_s: NDArray[np.float64] | None
    ground: Ground | None


@dataclass(frozen=True)
class Comparison:
    """What a scenario changes.

    ``figures`` are plain values as ``compare --json`` prints them. ``changes`` has one row per changed unit, in
    study.crs. ``status`` and ``is_complete`` are the answers after, ``walk_m`` the metres to every category of the
    base, ``walk_s`` the seconds to those of `Baseline.timed`, for the rows of ``edited.study.demand``; ``counts`` those
    of each unit's own homes after.
    """

    edited: Edited
    status: NDArray[np.int8]
    is_complete: NDArray[np.int8]
    figures: dict[str, Any]
    changes: gpd.GeoDataFrame
    walk_m: NDArray[np.float64]
    walk_s: NDArray[np.float64] | None
    counts: Counts


def compare(base: Baseline, edited: Edited) -> Comparison:
    """Return what a scenario changes, everything searched anew."""
    after, doors = found_after(edited, base.network, base.found)
    study, standard = edited.study, base.standard
    found = find_reachable(study, after, standard, base.profile, doors)
    columns = [found.categories.index(category) for category in base.found.categories]
    answers = answers_of(study, after, standard, base.profile, found)
    ground = answer_ground(study, after, standard, found)
    seconds = found.walk_s[:, [columns[c] for c in base.timed]] if base.timed else None
    walk_m = found.reach.place_m[:, columns]
    return told(base, edited, After(answers.status, found.homes.is_joined, walk_m, seconds, ground))


def told(base: Baseline, edited: Edited, after: After) -> Comparison:
    """Return what changes, from the answers after."""
    status = after.status
    is_complete = complete(base.standard, status, base.found.missing)
    unit = _units_after(base, edited)
    crowd = (
        base.crowd if edited.places.demand is base.study.demand else populations_of(edited.places, base.standard, unit)
    )
    flow = flow_of(base, crowd, status, is_complete)
    counts = _counts_after(base, flow, after, unit)
    was_joined, everybody = base.found.homes.is_joined, crowd.people[:, 0]
    figures = {
        "study": base.study.name,
        "scenario": scenario_facts(edited),
        "standard": base.standard.standard_id,
        "profile": base.profile.profile_id,
        **people_facts(base, flow, everybody),
        "people_not_joined_before": float(base.everybody[~was_joined].sum() / THOUSANDTHS),
        "people_not_joined_after": float(everybody[~after.is_joined].sum() / THOUSANDTHS),
        "rules": rule_facts(base, flow, counts),
        "categories": category_facts(base.standard, flow),
        "ages": age_facts(base, edited, flow),
        "is_made_up": base.study.is_made_up,
    }
    changes, verdicts = _by_unit(base, flow, counts, unit[flow.row])
    figures["units"] = [
        {**row, "rules_changed": verdicts.get(row["unit_id"], [])}
        for row in changes.drop(columns="geometry").astype(object).where(changes.notna(), None).to_dict("records")
    ]
    return Comparison(edited, status, is_complete, figures, changes, after.walk_m, after.walk_s, counts)


def scenario_facts(edited: Edited) -> dict[str, Any]:
    """Return what is told of a scenario beside its figures."""
    made = edited.scenario
    return {
        "id": made.scenario_id, "name": made.name, "note": made.note, "author": made.author, "date": made.date,
        "cost": made.total_cost, "edits": len(made.edits), "edits_on": sum(edit.is_on for edit in made.edits),
    }  # fmt: skip


def _units_after(base: Baseline, edited: Edited) -> NDArray[np.int32]:
    new = edited.places.demand.geometry.iloc[len(base.unit) :]
    return np.concatenate([base.unit, assign_units(new, base.study.units)[0]]) if len(new) else base.unit


def _counts_after(base: Baseline, flow: Flow, after: After, unit: NDArray[np.int32]) -> Counts:
    """Return the counts after a scenario: those of the base, changed by the homes that change.

    Those by straight radius stay as they were: no verdict on people rests on them.
    """
    size, where = len(base.study.units), unit[flow.row]
    then, now = (
        count(crowd, Answers(status, status), where, units=size, ground=None)
        for crowd, status in zip(flow.crowds, (flow.had[:, :-1], flow.has[:, :-1]), strict=True)
    )
    shifted = {
        name: getattr(base.counts, name) + getattr(now, name) - getattr(then, name) for name in ("people", "unstated")
    }
    if after.ground is not base.ground:
        no_people = np.zeros((0, base.crowd.people.shape[1]), np.int64)
        nobody = Populations(no_people, no_people, base.crowd.of_rule)
        none = Answers(*np.zeros((2, 0, len(base.standard.rules)), np.int8))
        on_ground = count(nobody, none, np.empty(0, np.int32), units=size, ground=after.ground)
        shifted |= {name: getattr(on_ground, name) for name in ("ground", "ground_by_line")}
    return replace(base.counts, **shifted)


def _by_unit(
    base: Baseline, flow: Flow, counts: Counts, unit: NDArray[np.int32]
) -> tuple[gpd.GeoDataFrame, dict[str, list[dict[str, Any]]]]:
    """Return a row per unit where anything changes, and the rules whose verdict changes there."""
    study = base.study
    speaking = {c: base.standard.rules.index(rule) for c, rule in sorted(strictest_rules(base.standard).items())}
    chosen, moved = list(speaking.values()), (flow.after - flow.before)[:, -1:]
    sums = _summed(
        np.column_stack([
            flow.people_gained, flow.people_lost, flow.gained[:, -1], flow.lost[:, -1], flow.gained[:, chosen],
            flow.lost[:, chosen], moved,
        ]), unit, study.units
    )  # fmt: skip
    then, now = base.of_units, counts.of(study.units)
    is_changed = (sums != 0).any(axis=1)
    for name, array in vars(then).items():
        other = array != getattr(now, name)
        is_changed |= other.any(axis=tuple(range(1, other.ndim)))
    made = study.units[["unit_id", "name", "name_en", "level", "parent_id", "geometry"]][is_changed]
    made = made.reset_index(drop=True)
    names = ["people_gained", "people_lost", "complete_gained", "complete_lost"]
    names += [f"{c}_gained" for c in speaking] + [f"{c}_lost" for c in speaking]
    figures = pd.DataFrame(sums[is_changed][:, :-1] / THOUSANDTHS, columns=names)
    figures.insert(0, "people", (base.people_of_units + sums[:, -1])[is_changed] / THOUSANDTHS)
    whole = pd.concat([made.drop(columns="geometry"), figures, made[["geometry"]]], axis=1)
    ids = study.units["unit_id"].to_numpy(dtype=object)[is_changed]
    verdicts = _verdicts(base.standard, ids, _some(then, is_changed), _some(now, is_changed))
    return gpd.GeoDataFrame(whole, geometry="geometry", crs=study.crs), verdicts


def _summed(values: NDArray[np.int64], unit: NDArray[np.int32], units: pd.DataFrame) -> NDArray[np.int64]:
    """Return the sums of homes in every unit with those below it."""
    own = np.zeros((len(units) + 1, values.shape[1]), np.int64)
    np.add.at(own, unit, values)
    return climb(own[:-1], units)


def _some(counts: Counts, which: NDArray[np.bool_]) -> Counts:
    return Counts(**{name: array[which] for name, array in vars(counts).items()})


def _verdicts(
    standard: Standard, ids: NDArray[np.object_], before: Counts, after: Counts
) -> dict[str, list[dict[str, Any]]]:
    """Return by unit the rules whose verdict changes, with both verdicts."""
    then, now = (frame(counts, standard, ids.tolist()) for counts in (before, after))
    found: dict[str, list[dict[str, Any]]] = {}
    for row in np.flatnonzero((then["verdict"] != now["verdict"]).to_numpy()):
        told = {
            "rule_id": then["rule_id"].iat[row],
            "before": then["verdict"].iat[row],
            "after": now["verdict"].iat[row],
        }
        found.setdefault(then["unit_id"].iat[row], []).append(told)
    return found
