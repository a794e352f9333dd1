"""Gathering people who lack a service into patches: where they are, how many, why, and what kind of remedy helps.

Places of one rule and one unit that lie close together are one patch, so a patch has one place in the hierarchy.
People who are not covered, people whose facilities are overfull and people of whom nothing is known make patches apart.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.judge.causes import NONE_IN_RANGE, NOT_KNOWN, OVER_CAPACITY, SEVERED, Causes, Nearest, nearest_for
from geo.judge.coverage import rules_without_data
from geo.judge.patches import Patches, close_pairs, gather, nearest_streets
from geo.judge.reachable import Reachable
from geo.judge.ways import name_barriers
from geo.model.assessment import CAUSES, NEW_FACILITY, REMEDY_OF, WAY_THROUGH
from geo.model.standards import Rule, Standard
from geo.model.study import Study
from geo.walk.network import Network

COLUMNS = (
    "gap_id", "category", "rule_id", "rank", "name", "name_en", "people", "places", "cause",
    *(f"people_{cause.replace(' ', '_')}" for cause in CAUSES), "unit_id", "street", "nearest_walk_m",
    "nearest_line_m", "barrier", "wall_id", "barrier_name", "barrier_name_en", "saved_m", "people_gained", "remedy",
)  # fmt: skip

_FAMILY = np.zeros(len(CAUSES) + 1, np.int8)
_FAMILY[[NONE_IN_RANGE, SEVERED, OVER_CAPACITY, NOT_KNOWN]] = (1, 1, 2, 3)
"""Which causes share a patch; the last entry, that of `NO_CAUSE`, is in none."""


@dataclass(frozen=True)
class Gaps:
    """The patches, a row each, and int32 (D, R): the row of the patch that each place belongs to, -1 for none."""

    table: pd.DataFrame
    of_place: NDArray[np.int32]


def find_gaps(
    study: Study,
    network: Network,
    standard: Standard,
    found: Reachable,
    *,
    causes: Causes,
    demand_unit: NDArray[np.int32],
) -> Gaps:
    """Return one row per patch of people of one rule and one unit who lack it, most people first.

    Columns are `COLUMNS`; `patches.draw_gaps` draws them. ``nearest_walk_m`` and ``nearest_line_m`` are the medians
    over the people of the patch; null where most of them reach nothing. Patches of unknown people come after all
    others. A rule without one facility in the data makes no patches: everybody is unknown.
    """
    pairs = close_pairs(study, demand_unit)
    without = rules_without_data(standard, found.missing)
    numbers = range(len(standard.rules))

    def of_rule(r: int) -> tuple[Patches, Nearest, pd.DataFrame]:
        people, code, rule = causes.people[:, r], causes.code[:, r], standard.rules[r]
        mine = gather(_FAMILY[code] * ((people > 0) & (rule.rule_id not in without)), pairs)
        nearest = nearest_for(rule, found, causes.line)
        return mine, nearest, _describe(rule, mine, people, code, nearest)

    with ThreadPoolExecutor() as pool:
        patches, nearest, tables = zip(*pool.map(of_rule, numbers), strict=True)
    whole = pd.concat(tables, ignore_index=True)
    named = name_barriers(study, network, standard, found, causes=causes, patches=patches, nearest=nearest)
    rows, first = _end_to_end([mine.rows for mine in patches], [mine.first for mine in patches])
    whole = pd.concat([whole, named, _places(study, rows, first, demand_unit)], axis=1)
    whole["remedy"] = _remedies(whole)
    order = _order(whole, study, rows, first)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order))
    of_place = np.full(causes.code.shape, -1, np.int32, order="F")
    begins = np.cumsum([0, *(len(mine.first) for mine in patches)])
    for r in numbers:
        of_place[patches[r].rows, r] = rank[begins[r] + patches[r].label]
    return Gaps(_ranked(whole.iloc[order].reset_index(drop=True)), of_place)


def _end_to_end(rows: list[NDArray[np.int64]], first: list[NDArray[np.int64]]) -> tuple[NDArray[np.int64], ...]:
    """Return the places of all patches of all rules one after the other, and where each patch begins."""
    begins = np.cumsum([0, *(len(mine) for mine in rows)])
    return np.concatenate(rows), np.concatenate([mine + at for mine, at in zip(first, begins, strict=False)])


def _describe(
    rule: Rule, patches: Patches, people: NDArray[np.float64], code: NDArray[np.int8], nearest: Nearest
) -> pd.DataFrame:
    crowd, cause = people[patches.rows], code[patches.rows]
    by_cause = np.bincount(
        patches.label * len(CAUSES) + cause, weights=crowd, minlength=len(patches.first) * len(CAUSES)
    )
    by_cause = by_cause.reshape(-1, len(CAUSES))
    return pd.DataFrame(
        {
            "category": rule.category,
            "rule_id": rule.rule_id,
            "people": np.round(by_cause.sum(axis=1), 3),
            "places": patches.counts,
            # Of causes that concern equally many people the first of CAUSES is named.
            "cause": np.array(CAUSES, dtype=object)[by_cause.argmax(axis=1)],
            **{f"people_{cause.replace(' ', '_')}": np.round(by_cause[:, c], 3) for c, cause in enumerate(CAUSES)},
            "nearest_walk_m": patches.medians(nearest.walk_m[patches.rows], crowd),
            "nearest_line_m": patches.medians(nearest.line_m[patches.rows], crowd),
        }
    )


def _places(
    study: Study, rows: NDArray[np.int64], first: NDArray[np.int64], demand_unit: NDArray[np.int32]
) -> pd.DataFrame:
    """Return unit, street and name of each patch: its community, and the street nearest to where most of it live."""
    xy, people = shapely.get_coordinates(study.demand.geometry.to_numpy()), study.demand["people"].to_numpy(dtype=float)
    order = np.lexsort((xy[:, 1], xy[:, 0], -people))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    heart = order[np.minimum.reduceat(place[rows], first)] if len(first) else first
    unit, street = demand_unit[heart], nearest_streets(study, heart)
    # Many patches of many rules are in one place, which is named once.
    nth, pair = pd.factorize((unit + 1) * (len(study.streets) + 1) + street + 1)
    unit, street = pair // (len(study.streets) + 1) - 1, pair % (len(study.streets) + 1) - 1
    units, streets = study.units, study.streets["name"].reset_index(drop=True).reindex(street)
    by = np.array([name if isinstance(name, str) else None for name in streets], dtype=object)
    zh = np.array([*units["name"], None], dtype=object)[unit]
    en = np.array([*units["name_en"].fillna(units["name"]), None], dtype=object)[unit]
    found = {
        "unit_id": np.array([*units["unit_id"], None], dtype=object)[unit],
        "street": by,
        "name": [_joined("", one, other, "一带") for one, other in zip(zh, by, strict=True)],
        "name_en": [_joined("by ", one, other, "") for one, other in zip(en, by, strict=True)],
    }
    return pd.DataFrame({name: np.array(values, dtype=object)[nth] for name, values in found.items()}, dtype=object)


def _joined(before: str, unit: str | None, street: str | None, after: str) -> str | None:
    """Return "Community X, by Street Y", or what there is of it."""
    known = [unit] if isinstance(unit, str) else []
    known += [f"{before}{street}{after}"] if isinstance(street, str) else []
    return ("，" if after else ", ").join(known) or None


def _remedies(gaps: pd.DataFrame) -> pd.Series:
    """Return the kind of remedy each gap calls for; a way through must bring half of the severed people within reach.

    Where none does, a facility of its own helps more.
    """
    remedy = gaps["cause"].map(REMEDY_OF)
    is_weak = 2 * gaps["people_gained"] < gaps["people_severed"]
    return remedy.mask((remedy == WAY_THROUGH) & is_weak, NEW_FACILITY)


def _order(gaps: pd.DataFrame, study: Study, rows: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the patches, most people first, unknown ones last; equal ones from west to east."""
    xy = shapely.get_coordinates(study.demand.geometry.to_numpy())[rows]
    west, south = np.minimum.reduceat(xy, first).T if len(first) else np.empty((2, 0))
    rule = pd.factorize(gaps["rule_id"], sort=True)[0]
    is_unknown = (gaps["cause"] == CAUSES[NOT_KNOWN]).to_numpy()
    return np.lexsort((south, west, rule, -gaps["people"].to_numpy(dtype=float), is_unknown))


def _ranked(gaps: pd.DataFrame) -> pd.DataFrame:
    """Return the patches numbered over all rules; ids count within the rule."""
    nth = gaps.groupby("rule_id").cumcount() + 1
    ids = [f"{rule.replace('/', '-')}-{n:03d}" for rule, n in zip(gaps["rule_id"], nth, strict=True)]
    return gaps.assign(rank=np.arange(1, len(gaps) + 1), gap_id=ids).reindex(columns=list(COLUMNS))
