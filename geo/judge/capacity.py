"""Capacity: whether those who reach a facility also find a place, a bed or a seat there; told by unit.

A facility whose capacity nobody stated is never counted as empty or as none: who depends on it is told apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.judge.doors import pairs_of_homes
from geo.judge.floating import Catchment, enhanced_two_step, three_step, two_step, zone_weights
from geo.judge.reachable import Reachable
from geo.judge.rollup import assign_units, climb
from geo.model.standards import SERVED, Rule, Standard
from geo.model.study import Study
from geo.walk.network import Network
from geo.walk.reach import Entrances

PLACE_EACH = {
    "kindergarten": "children_3_5",
    "primary_school": "children_6_11",
    "junior_school": "children_12_14",
}
"""Categories where everybody of an age group needs a place (ours: schooling is for all)."""

ENOUGH, SHORT, INSUFFICIENT = "enough", "short", "insufficient data"
COLUMNS = (
    "unit_id", "rule_id", "category", "capacity_unit", "people", "need", "facilities", "facilities_unstated", "supply",
    "per_1000", "access_2sfca", "access_e2sfca", "access_3sfca", "unmet", "unknown", "verdict",
)  # fmt: skip

_TOLERANCE = 1e-9
_FINE = 1_000_000  # sums are whole millionths, so that they are equal in every order

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Capacity:
    """bool (D, R): covered places that find too few places in reach; one row a unit and rule, columns `COLUMNS`."""

    is_short: NDArray[np.bool_]
    table: pd.DataFrame


@dataclass(frozen=True)
class Sharing:
    """How one rule's people share what is there.

    Attributes
    ----------
    people
        float64 (D,): whom the capacity is for.
    need
        Units of supply a person is to have; nan where nothing says so.
    access
        float64 (D, 3): 2SFCA, E2SFCA and 3SFCA, of the facilities whose capacity is stated.
    is_open
        bool (D,): a facility in reach states no capacity: there may be more.
    """

    people: Floats
    need: float
    access: Floats
    is_open: NDArray[np.bool_]

    @property
    def is_lacking(self) -> NDArray[np.bool_]:
        """Places that find less than they need in what is stated; all False where no need is known."""
        return np.asarray(self.access[:, 0] < self.need - _TOLERANCE)


def judge_capacity(
    study: Study,
    network: Network,
    standard: Standard,
    found: Reachable,
    *,
    people: Floats,
    limits_m: list[float],
    unit: NDArray[np.int32],
) -> Capacity:
    """Return who finds too few places, for every rule in whose categories any facility states a capacity.

    Parameters
    ----------
    people
        float64 (D, R): whom each rule counts.
    limits_m
        How far each rule reaches, metres on foot.
    unit
        int32 (D,): the smallest unit of each place, -1 outside all.
    """
    is_short = np.zeros(people.shape, bool)
    stated = study.facilities["capacity"].notna().to_numpy()
    kinds = study.facilities["category"].to_numpy(dtype=object)
    at_unit = assign_units(study.facilities.geometry, study.units)[0]
    tables = []
    for r, rule in enumerate(standard.rules):
        mine = np.isin(kinds, rule.categories)
        if not rule.has_threshold or not (mine & stated).any():
            continue
        crowd, need = _asked(study, rule, people[:, r])
        reach = _catchment(study, network, found, rule, limits_m[r])
        sharing = _shared(study, reach, crowd, need, limits_m[r])
        is_short[:, r] = sharing.is_lacking & ~sharing.is_open & (crowd > 0)
        tables.append(_by_unit(study, rule, sharing, mine, at_unit, unit))
    empty = pd.DataFrame({name: pd.Series(dtype=object) for name in COLUMNS})
    return Capacity(is_short, pd.concat(tables, ignore_index=True) if tables else empty)


def _asked(study: Study, rule: Rule, people: Floats) -> tuple[Floats, float]:
    """Return for whom the capacity is, and how much each needs: the rule's own figure, else a place each at school."""
    if rule.capacity_per_1000 is not None:
        return people, rule.capacity_per_1000.least / 1000
    groups = {PLACE_EACH.get(category, "") for category in rule.categories}
    columns = SERVED.get(next(iter(groups)), ()) if len(groups) == 1 else ()
    if columns and all(column in study.demand for column in columns):
        return study.demand[list(columns)].sum(axis=1).to_numpy(dtype=float), 1.0
    return people, np.nan


def _catchment(study: Study, network: Network, found: Reachable, rule: Rule, limit_m: float) -> Catchment:
    """Return every pair of home and facility of a rule within walking reach of each other."""
    mine = np.flatnonzero(np.isin(found.entrances.group, [found.categories.index(c) for c in rule.categories]))
    every = found.entrances
    doors = Entrances(every.joins.take(mine), every.owner[mine], every.group[mine])
    some = list(pairs_of_homes(network, doors, found.doors, owners=len(study.facilities), limit_m=limit_m))
    return Catchment(
        place=np.concatenate([pairs.place for pairs in some]).astype(np.int64),
        facility=np.concatenate([pairs.owner for pairs in some]).astype(np.int64),
        walk_m=np.concatenate([pairs.walk_m for pairs in some]),
        places=len(study.demand),
        facilities=len(study.facilities),
    )


def _shared(study: Study, reach: Catchment, people: Floats, need: float, limit_m: float) -> Sharing:
    """Return what everybody finds in the facilities that state a capacity.

    Everybody in reach counts for a facility; who also reaches one that states nothing may be better off.
    """
    capacity = study.facilities["capacity"].to_numpy(dtype=float)
    supply, weight = np.nan_to_num(capacity), zone_weights(reach.walk_m, limit_m)
    is_open = reach.by_place(np.isnan(capacity)[reach.facility].astype(float)) > 0
    access = np.stack(
        [
            two_step(reach, supply, people),
            enhanced_two_step(reach, supply, people, weight),
            three_step(reach, supply, people, weight),
        ],
        axis=1,
    )
    return Sharing(people, need, access, is_open)


def _by_unit(
    study: Study,
    rule: Rule,
    sharing: Sharing,
    mine: NDArray[np.bool_],
    at_unit: NDArray[np.int32],
    unit: NDArray[np.int32],
) -> pd.DataFrame:
    """Return one row a unit: people and supply in it, what its people find within reach, how many find no place."""
    capacity = study.facilities["capacity"].to_numpy(dtype=float)
    there = np.stack([mine, mine & np.isnan(capacity), np.where(mine, np.nan_to_num(capacity), 0)], axis=1)
    facilities, unstated, supply = _rolled(there, at_unit, study).T
    missing = np.clip(1 - sharing.access[:, 0] / sharing.need, 0, 1) * sharing.people
    is_unsure = sharing.is_open & sharing.is_lacking
    columns = [sharing.people, *(sharing.access * sharing.people[:, None]).T]
    columns += [np.where(is_unsure, 0.0, np.nan_to_num(missing)), np.where(is_unsure, sharing.people, 0.0)]
    people, *access, unmet, unknown = _rolled(np.stack(columns, axis=1), unit, study).T
    has_need = np.isfinite(sharing.need)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = [np.where(people > 0, value / people, np.nan) for value in access]
        per_1000 = np.where((people > 0) & (unstated == 0), 1000 * supply / people, np.nan)
    verdict = np.select([unmet > 0, (unknown > 0) | (not has_need) | (people == 0)], [SHORT, INSUFFICIENT], ENOUGH)
    units = study.facilities["capacity_unit"][mine].dropna().unique()
    values = (
        study.units["unit_id"].to_numpy(dtype=object), rule.rule_id, rule.category,
        units[0] if len(units) == 1 else None, people, sharing.need, facilities, unstated,
        np.where(unstated < facilities, supply, np.where(facilities > 0, np.nan, 0.0)), per_1000, *means,
        unmet if has_need else np.nan, unknown if has_need else np.nan, verdict,
    )  # fmt: skip
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))


def _rolled(values: Floats, unit: NDArray[np.int32], study: Study) -> Floats:
    """Return the sums of columns over each unit and the units below it: float64 (U, K)."""
    own, inside = np.zeros((len(study.units), values.shape[1]), np.int64), unit >= 0
    np.add.at(own, unit[inside], np.rint(np.asarray(values, float)[inside] * _FINE).astype(np.int64))
    return np.asarray(climb(own, study.units) / _FINE)
