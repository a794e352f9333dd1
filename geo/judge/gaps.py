"""Gathering people who lack a service into patches: where they are, how many, why, and what kind of remedy helps.

Places of one rule and one unit that lie close together are one patch, so a patch has one place in the hierarchy.
People who are not covered, people whose facilities are overfull and people of whom nothing is known make patches apart.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.judge.causes import NONE_IN_RANGE, NOT_KNOWN, OVER_CAPACITY, SEVERED, Causes, Nearest, nearest_for
from geo.judge.coverage import rules_without_data
from geo.judge.patches import Patches, close_pairs, draw, gather, nearest_streets
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


def find_gaps(
    study: Study,
    network: Network,
    standard: Standard,
    found: Reachable,
    *,
    causes: Causes,
    demand_unit: NDArray[np.int32],
) -> gpd.GeoDataFrame:
    """Return one row per patch of people of one rule and one unit who lack it, most people first, in study.crs.

    Columns are `COLUMNS` and the drawing, a union of discs. ``nearest_walk_m`` and ``nearest_line_m`` are the medians
    over the people of the patch; null where most of them reach nothing. Patches of unknown people come after all
    others. A rule without one facility in the data makes no patches: everybody is unknown.
    """
    pairs = close_pairs(study, demand_unit)
    without = rules_without_data(standard, found.missing)

    def of_rule(r: int) -> Patches:
        is_asked = (causes.people[:, r] > 0) & (standard.rules[r].rule_id not in without)
        return gather(_FAMILY[causes.code[:, r]] * is_asked, pairs)

    with ThreadPoolExecutor() as pool:
        patches = list(pool.map(of_rule, range(len(standard.rules))))
    tables = [
        _describe(rule, mine, causes.people[:, r], causes.code[:, r], nearest_for(rule, found, causes.line))
        for r, (rule, mine) in enumerate(zip(standard.rules, patches, strict=True))
    ]
    whole = pd.concat(tables, ignore_index=True)
    named = name_barriers(study, network, standard, found, causes=causes, patches=patches)
    whole = pd.concat([whole, named], axis=1)
    members = [rows for mine in patches for rows in np.split(mine.rows, mine.first[1:]) if len(rows)]
    whole = pd.concat([whole, _places(study, members, demand_unit)], axis=1)
    whole["remedy"] = _remedies(whole)
    return _ranked(whole.reindex(columns=list(COLUMNS)), draw(study, members, demand_unit), study.crs)


def _describe(
    rule: Rule, patches: Patches, people: NDArray[np.float64], code: NDArray[np.int8], nearest: Nearest
) -> pd.DataFrame:
    crowd = people[patches.rows]
    by_cause = np.stack([patches.sums(crowd * (code[patches.rows] == cause)) for cause in range(len(CAUSES))], axis=1)
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


def _places(study: Study, members: list[NDArray[np.int64]], demand_unit: NDArray[np.int32]) -> pd.DataFrame:
    """Return unit, street and name of each patch: its community, and the street nearest to where most of it live."""
    people = study.demand["people"].to_numpy(dtype=float)
    xy = shapely.get_coordinates(study.demand.geometry.to_numpy())
    heart = np.array(
        [rows[np.lexsort((xy[rows, 1], xy[rows, 0], -people[rows]))[0]] for rows in members], dtype=np.int64
    )
    unit, street = demand_unit[heart], nearest_streets(study, heart)
    units, by = study.units, np.array([*study.streets["name"], None], dtype=object)[street]
    zh = np.array([*units["name"], None], dtype=object)[unit]
    en = np.array([*units["name_en"].fillna(units["name"]), None], dtype=object)[unit]
    return pd.DataFrame(
        {
            "unit_id": np.array([*units["unit_id"], None], dtype=object)[unit],
            "street": by,
            "name": [_joined("", one, other, "一带") for one, other in zip(zh, by, strict=True)],
            "name_en": [_joined("by ", one, other, "") for one, other in zip(en, by, strict=True)],
        },
        dtype=object,
    )


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


def _ranked(gaps: pd.DataFrame, shapes: list[shapely.Geometry], crs: str) -> gpd.GeoDataFrame:
    """Return the patches, most people first, numbered over all rules; ids count within the rule."""
    frame = gpd.GeoDataFrame(gaps, geometry=gpd.GeoSeries(shapes, crs=crs), crs=crs)
    corner = frame.geometry.bounds
    is_unknown = frame["cause"] == CAUSES[NOT_KNOWN]
    keys = (corner["miny"], corner["minx"], frame["rule_id"], -frame["people"].astype(float), is_unknown)
    frame = frame.iloc[np.lexsort(keys)].reset_index(drop=True)
    frame["rank"] = np.arange(1, len(frame) + 1)
    nth = frame.groupby("rule_id").cumcount() + 1
    frame["gap_id"] = [f"{rule.replace('/', '-')}-{n:03d}" for rule, n in zip(frame["rule_id"], nth, strict=True)]
    return frame
