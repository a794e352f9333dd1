"""Parts of a place listed beside it (急诊科, 住院部, 东门) are folded into it: they are no places of their own.

A part is known by its name alone: the name of another facility near by, and a word for a part of that kind, and nothing
between. Lists that name the parent of a row (Amap) are believed where the kind is the same. A gate becomes an entrance.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.intake.classify import UNCLASSIFIED, CategoryTable
from geo.intake.evidence import folded
from geo.intake.merge import told_entry
from geo.model.errors import Problem, told
from geo.model.study import Study

PART_M = 300.0
"""How far a part may lie from its parent, metres: across a large hospital or campus (ours)."""

SHORTEST_NAME = 4
"""Names of fewer signs are no parents: too many names begin with them (ours)."""

_SIDE = "[东南西北中正侧后前]"
GATE = re.compile(
    rf"(?:{_SIDE}{{1,2}}大?门|大门|\d{{1,2}}号门|(?:[a-z]\d{{0,2}}|\d{{1,2}}号?|主)?(?:出入|进出|出|入)?口)$"
)
"""How a name ends that means a gate or an exit; 口 alone is none."""


def fold_parts(study: Study, categories: CategoryTable) -> tuple[Study, tuple[Problem, ...]]:
    """Return the study without facilities that are parts of others, and what was found.

    The parent's ``merged_from`` names its parts. Gates are entrances of the parent, in place of its own point.
    """
    table = study.facilities
    parent, gates = _parents(table, categories)
    if not parent:
        return _without_parents(study), ()
    table = table.copy()
    table["merged_from"] = table["merged_from"].astype(object).where(table["merged_from"].notna(), None)
    at = table.columns.get_loc("merged_from")
    for part in sorted(parent):
        root = _root(part, parent)
        table.iat[root, at] = "; ".join(filter(None, [table.iat[root, at], told_entry(table.iloc[part])]))
    ids = table["facility_id"].to_numpy()
    doors = _with_gates(study.entrances, table, {part: _root(part, parent) for part in gates})
    doors = doors[~doors["facility_id"].isin(ids[list(parent)])].reset_index(drop=True)
    kept = table.drop(index=table.index[list(parent)]).reset_index(drop=True)
    study = _without_parents(replace(study, facilities=kept, entrances=doors))
    shown = ", ".join(table["name"].iloc[sorted(parent)[:3]])
    message = told(
        "{entries} entries are parts of another one ({examples}): folded into it.", entries=len(parent), examples=shown
    )
    found = Problem("facilities", message, "Keep them apart by --no-merge.", "parts_folded", count=len(parent),
                    severity="note")  # fmt: skip
    return study, (found,)


def _without_parents(study: Study) -> Study:
    return replace(study, facilities=study.facilities.drop(columns="parent", errors="ignore"))


def _parents(table: gpd.GeoDataFrame, categories: CategoryTable) -> tuple[dict[int, int], set[int]]:
    """Return the row of the parent of every part, and which parts are gates."""
    said = table["name"].where(table["name"].notna(), "").tolist()
    plain = {name: re.sub(r"[\W_]", "", folded(name)) for name in dict.fromkeys(said)}
    by_name: dict[str, list[int]] = {}
    for row, name in enumerate(said):
        by_name.setdefault(plain[name], []).append(row)
    splits = {
        name: [(by_name[whole], part) for whole, part in _splits(name, categories) if whole in by_name]
        for name in by_name
    }
    category, xy = table["category"].tolist(), shapely.get_coordinates(table.geometry.to_numpy()).tolist()
    parent = _given(table)
    gates: set[int] = set()
    for row in (row for row, name in enumerate(said) if splits[plain[name]] and row not in parent):
        for wholes, part in splits[plain[said[row]]]:
            is_gate = part not in categories.parts
            near = [
                (math.dist(xy[row], xy[other]), other)
                for other in wholes
                if (is_gate or category[other] in categories.parts[part])
                and _is_of(category[row], category[other], part, categories)
            ]
            if near and min(near)[0] <= PART_M:
                parent[row] = min(near)[1]
                gates |= {row} if is_gate else set()
                break
    parent = {row: other for row, other in parent.items() if not _is_in_ring(row, parent)}
    return parent, gates & set(parent)


def _splits(name: str, categories: CategoryTable) -> Iterator[tuple[str, str]]:
    """Yield a name as a parent's and a part's, the longest parent first."""
    gate = GATE.search(name)
    ends = {len(name) - size: name[-size:] for size in categories.part_sizes if name[-size:] in categories.parts}
    if gate and gate.group() != "口":
        ends.setdefault(gate.start(), gate.group())
    for size in sorted(ends, reverse=True):
        if size >= SHORTEST_NAME:
            yield name[:size], ends[size]


def _is_of(own: str, parent: str, part: str, categories: CategoryTable) -> bool:
    """Return whether a category may be that of a part: the parent's, none, or what the part's word says."""
    if own in (parent, UNCLASSIFIED):
        return True
    said = categories.evidence.by_words(part)
    return said is not None and said[0] == own


def _given(table: gpd.GeoDataFrame) -> dict[int, int]:
    """Return the parents that lists name, where the part is of the same kind or of none."""
    if "parent" not in table or table["parent"].isna().all():
        return {}
    rows = {(source, i): n for n, (source, i) in enumerate(zip(table["source"], table["facility_id"], strict=True))}
    found: dict[int, int] = {}
    told = zip(table["source"], table["parent"], table["category"], strict=True)
    for row, (source, parent, category) in enumerate(told):
        other = rows.get((source, parent)) if isinstance(parent, str) else None
        if other is not None and other != row and category in (table["category"].iloc[other], UNCLASSIFIED):
            found[row] = other
    return found


def _is_in_ring(row: int, parent: dict[int, int]) -> bool:
    """Return whether the parents of a part lead back to themselves: then nobody knows which is the whole."""
    seen: set[int] = set()
    while row in parent and row not in seen:
        seen.add(row)
        row = parent[row]
    return row in seen


def _root(row: int, parent: dict[int, int]) -> int:
    """Return the place that a part is of, through parts of parts."""
    while row in parent:
        row = parent[row]
    return row


def _with_gates(entrances: gpd.GeoDataFrame, table: gpd.GeoDataFrame, gates: dict[int, int]) -> gpd.GeoDataFrame:
    """Return entrances with gates instead of the own points of the places they lead to."""
    if not gates:
        return entrances
    ids, points = table["facility_id"].to_numpy(), table.geometry.to_numpy()
    own = dict(zip(ids, points, strict=True))
    owners = {ids[root] for root in gates.values()}
    each = zip(entrances["facility_id"], entrances.geometry, strict=True)
    is_own = np.array([door in owners and point.equals(own[door]) for door, point in each], dtype=bool)
    more = gpd.GeoDataFrame(
        {"facility_id": pd.Series([ids[root] for root in gates.values()], dtype=object)},
        geometry=[points[part] for part in gates], crs=entrances.crs,
    )  # fmt: skip
    return gpd.GeoDataFrame(pd.concat([entrances[~is_own], more], ignore_index=True), crs=entrances.crs)
