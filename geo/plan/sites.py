"""Where to build: the best sites for a category among candidates, existing facilities fixed, with the proven gap.

Coverage is decided as everywhere, by walking distance to the homes; so a scenario that builds the sites gains exactly
the people told here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geo.judge.coverage import strictest_rules
from geo.judge.rollup import THOUSANDTHS
from geo.model.assessment import COVERED
from geo.model.crs import WGS84
from geo.model.errors import InputError, NotFoundError, Problem
from geo.model.standards import Rule
from geo.plan.baseline import Baseline, why_not_repaired
from geo.plan.edits import Edit
from geo.plan.scenario import Scenario
from geo.plan.solve import Choice, fewest, least_worst, most_benefit, value_of
from geo.walk.pairs import pairs_of
from geo.walk.reach import Entrances
from geo.walk.snap import join

Goal = Literal["people", "all", "average", "worst"]
GOALS: tuple[Goal, ...] = ("people", "all", "average", "worst")
"""Most people newly covered (MCLP); all of them by the fewest sites (LSCP); least average walk (p-median); least worst
walk (p-center)."""

FAR_M = 3000.0
"""For average and worst walk, a walk that is longer or leads nowhere counts as this (ours)."""

SPACING_M = 100.0
"""Junctions of streets as candidates: one in each square of this side (ours)."""

PREMISES = ("service_centre", "service_station", "cultural_station", "subdistrict_office")
"""Categories whose buildings a community may share (ours)."""


@dataclass(frozen=True)
class Candidates:
    """Possible places: ids, names and what they are, one each; points in study.crs."""

    ids: tuple[str, ...]
    names: tuple[str | None, ...]
    source: str
    points: gpd.GeoSeries


@dataclass(frozen=True)
class Sites:
    """Chosen sites in the order of building (layer ``sites``, study.crs), and what is told of the whole."""

    frame: gpd.GeoDataFrame
    figures: dict[str, Any]


def street_candidates(base: Baseline, spacing_m: float = SPACING_M) -> Candidates:
    """Return junctions of streets, the one nearest to the middle of each square that has any."""
    network = base.network
    cell = np.floor(network.node_xy / (spacing_m * network.ground_scale))
    away = np.hypot(*(network.node_xy / (spacing_m * network.ground_scale) - cell - 0.5).T)
    order = np.lexsort((network.node_id, away, cell[:, 1], cell[:, 0]))
    order = order[network.component[order] == 0]
    first = np.flatnonzero((np.diff(cell[order], axis=0, prepend=np.nan) != 0).any(axis=1))
    chosen = order[first]
    chosen = chosen[network.node_id[chosen] >= 0]
    points = gpd.GeoSeries(gpd.points_from_xy(*network.node_xy[chosen].T), crs=base.study.crs)
    ids = tuple(f"node-{n}" for n in network.node_id[chosen].tolist())
    return Candidates(ids, (None,) * len(ids), "street", points)


def premises_candidates(base: Baseline) -> Candidates:
    """Return the buildings of community services, at the entrance that stands first."""
    mine = base.study.facilities[base.study.facilities["category"].isin(PREMISES)]
    doors = base.study.entrances.drop_duplicates("facility_id").set_index("facility_id")
    mine = mine[mine["facility_id"].isin(doors.index)]
    points = doors.geometry.reindex(mine["facility_id"]).reset_index(drop=True)
    return Candidates(tuple(mine["facility_id"]), tuple(mine["name"]), "premises", points)


def find_sites(
    base: Baseline,
    category: str,
    candidates: Candidates,
    *,
    count: int,
    goal: Goal = "people",
    is_exact: bool = True,
    time_limit_s: float = 60.0,
) -> Sites:
    """Return at most ``count`` sites for a category; for the goal "all" as few as do.

    Raises
    ------
    NotFoundError
        No rule of the standard names the category.
    InputError
        Its rule asks for more than the nearest in metres, whom it counts is not stated, or there is no candidate.
    """
    rule = _rule(base, category)
    if not len(candidates.points):
        raise InputError(
            Problem("candidates", "there are none.", "Give points, or take streets.", code="no_candidates")
        )
    people = _people(base, rule)
    limits: dict[str, Any] = {"is_exact": is_exact, "time_limit_s": time_limit_s}
    before = _before(base, category, people)
    covers, cost = _matrices(base, candidates, rule, people, before if goal in ("average", "worst") else None)
    if goal == "people":
        choice = most_benefit(covers, count, **limits)
    elif goal == "all":
        choice = fewest(covers, **limits)
    elif goal == "average":
        choice = most_benefit(_savings(cost, before, people), count, **limits)
    else:
        reached = np.flatnonzero((people > 0) & (_at_best(cost, before) < round(FAR_M * 100)))
        choice = least_worst(cost[:, reached].tocsr(), before[reached], count, **limits)
    figures = _figures(base, category, rule, covers, choice, people)
    figures |= {"goal": goal, "method": "exact" if is_exact else "greedy", "count": count}
    figures |= {"candidates": len(candidates.ids), **_said(goal, choice, count, figures, before, people)}
    return Sites(_frame(base, candidates, covers, choice, category), figures)


def as_scenario(sites: Sites, name: str) -> Scenario:
    """Return the scenario that builds the sites, in their order."""
    places = sites.frame.geometry.to_crs(WGS84)
    edits = [
        Edit("add_facility", {"facility_id": f"site-{site}", "category": category, "at": [float(p.x), float(p.y)]})
        for site, category, p in zip(sites.frame["site_id"], sites.frame["category"], places, strict=True)
    ]
    return Scenario(name, tuple(edits))


def _rule(base: Baseline, category: str) -> Rule:
    rule = strictest_rules(base.standard).get(category)
    if rule is None:
        raise NotFoundError(f"no rule of {base.standard.standard_id} names '{category[:40]}'.")
    why = why_not_repaired(rule) or ("for each of several" if rule.combine == "each" and rule.categories[1:] else "")
    if why:
        message = f"{rule.rule_id} is {why}."
        remedy = "Take a standard that asks for the nearest in metres on foot."
        raise InputError(Problem("sites", message, remedy, code="rule_not_for_sites"))
    return rule


def _people(base: Baseline, rule: Rule) -> NDArray[np.int64]:
    """Return thousandths of those whom the rule counts at every home."""
    population = base.crowd.of_rule[base.standard.rules.index(rule)]
    if base.crowd.unstated[:, population].any():
        message = f"nobody says how many of the residents {rule.rule_id} counts ({rule.serves}, {rule.area_type})."
        raise InputError(Problem("sites", message, "Load people by age.", code="people_not_stated"))
    return base.crowd.people[:, population]


def _matrices(
    base: Baseline, candidates: Candidates, rule: Rule, people: NDArray[np.int64], before: NDArray[np.int64] | None
) -> tuple[csr_array, csr_array]:
    """Return whom each candidate newly covers (thousandths of people), and how far it is (centimetres, 1 at least).

    Only homes that it newly covers, or that it is nearer to than what there is.
    """
    study, homes = base.study, base.found.homes
    is_new = base.answers.status[:, base.standard.rules.index(rule)] != COVERED
    joins = join(base.network, candidates.points, walls=study.walls.geometry, gates=study.gates)
    count = len(candidates.ids)
    doors = Entrances(joins, np.arange(count, dtype=np.int32), np.zeros(count, np.int32))
    owner, place, walk = [], [], []
    threshold_m = rule.threshold_m or 0.0
    limit_m = threshold_m if before is None else max(FAR_M, threshold_m)
    for pairs in pairs_of(base.network, doors, homes, owners=count, limit_m=limit_m):
        kept = is_new[pairs.place] & (pairs.walk_m <= threshold_m)
        if before is not None:
            kept |= pairs.walk_m * 100 < before[pairs.place]
        kept &= people[pairs.place] > 0
        owner.append(pairs.owner[kept])
        place.append(pairs.place[kept])
        walk.append(pairs.walk_m[kept])
    rows, columns, metres = np.concatenate(owner), np.concatenate(place), np.concatenate(walk)
    shape = (count, len(people))
    cost = csr_array((np.maximum(np.rint(metres * 100), 1).astype(np.int64), (rows, columns)), shape=shape)
    near = (metres <= threshold_m) & is_new[columns]
    return csr_array((people[columns[near]], (rows[near], columns[near])), shape=shape), cost


def _before(base: Baseline, category: str, people: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the walk to the nearest facility there is, centimetres, `FAR_M` at most; 0 where nobody can be judged."""
    walk = base.found.reach.place_m[:, base.found.categories.index(category)]
    centimetres = np.rint(np.minimum(walk, FAR_M) * 100).astype(np.int64)
    return np.where(base.found.homes.is_joined & (people > 0), centimetres, 0)


def _at_best(cost: csr_array, before: NDArray[np.int64]) -> NDArray[np.int64]:
    best = before.copy()
    np.minimum.at(best, cost.indices, cost.data)
    return best


def _savings(cost: csr_array, before: NDArray[np.int64], people: NDArray[np.int64]) -> csr_array:
    """Return what a candidate saves each home: thousandths of people times centimetres."""
    saved = np.maximum(before[cost.indices] - cost.data, 0) * people[cost.indices]
    found = csr_array((saved, cost.indices.copy(), cost.indptr.copy()), shape=cost.shape)
    found.eliminate_zeros()
    return found


def _figures(
    base: Baseline, category: str, rule: Rule, covers: csr_array, choice: Choice, people: NDArray[np.int64]
) -> dict[str, Any]:
    column = base.standard.rules.index(rule)
    is_open = (base.answers.status[:, column] != COVERED) & base.found.homes.is_joined
    reachable = np.zeros(len(people), bool)
    reachable[covers.indices] = True
    return {
        "study": base.study.name,
        "category": category,
        "rule_id": rule.rule_id,
        "threshold_m": rule.threshold_m,
        "people_uncovered": float(people[is_open].sum() / THOUSANDTHS),
        "people_beyond": float(people[is_open & ~reachable].sum() / THOUSANDTHS),
        "people_gained": value_of(covers, choice.chosen) / THOUSANDTHS,
    }


def _said(
    goal: Goal,
    choice: Choice,
    count: int,
    figures: dict[str, Any],
    before: NDArray[np.int64],
    people: NDArray[np.int64],
) -> dict[str, Any]:
    """Return value and bound in the goal's own unit, the gap, and whether the goal is reached, else why not."""
    value, bound = float(choice.value), float(choice.bound)
    unit, reason = "people", ""
    if goal == "people":
        value, bound = value / THOUSANDTHS, bound / THOUSANDTHS
    elif goal == "all":
        unit = "sites"
        if choice.value > count:
            sure = "at least" if choice.bound > count else "as far as we found"
            reason = f"{sure} {max(choice.bound, count + 1) if choice.bound > count else choice.value} sites are needed"
        if figures["people_beyond"]:
            more = f"{figures['people_beyond']:,.0f} people have no candidate within {figures['threshold_m']:g} m"
            reason = f"{reason}; {more}" if reason else more
    elif goal == "average":
        unit, total = "metres on average", float((before * people).sum())
        crowd = float(people[before > 0].sum()) or 1.0
        value, bound = ((total - x) / crowd / 100 for x in (value, bound))
    else:
        unit, value, bound = "metres at worst", value / 100, bound / 100
    gap = abs(bound - value) / max(value, bound, 1e-9)
    return {"value": value, "bound": bound, "unit": unit, "gap": gap, "is_best": choice.is_best,
            "is_feasible": not reason, "reason": reason}  # fmt: skip


def _frame(
    base: Baseline, candidates: Candidates, covers: csr_array, choice: Choice, category: str
) -> gpd.GeoDataFrame:
    chosen = list(choice.chosen)
    totals = [value_of(covers, chosen[: n + 1]) for n in range(len(chosen))]
    table = pd.DataFrame(
        {
            "site_id": [candidates.ids[row] for row in chosen],
            "rank": np.arange(1, len(chosen) + 1),
            "category": category,
            "source": candidates.source,
            "name": pd.Series([candidates.names[row] for row in chosen], dtype=object),
            "people_gained": np.diff([0, *totals]) / THOUSANDTHS,
            "people_gained_total": np.array(totals) / THOUSANDTHS,
            "people_lost": 0.0,
        }
    )
    points = candidates.points.iloc[chosen].reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry=points, crs=base.study.crs)
