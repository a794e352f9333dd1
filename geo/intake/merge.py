"""The same place in several lists becomes one facility; what is doubtful is listed for somebody to decide.

Pairs of one category that lie near each other are compared by name, telephone and distance. Sure pairs are merged,
nearest and most alike first, so that no two rows of one list fall together unless they say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.intake.decisions import Decisions, pair_key
from geo.intake.names import Likeness, compare_names, plain_name
from geo.model.errors import Problem, told
from geo.model.study import Study

REACH_M, NEAR_M, SAME_SPOT_M = 150.0, 80.0, 20.0
"""How far two entries of one place may lie apart: equal names, names with a slip, entries of one list (ours)."""

MOST_LISTED = 5000
"""Doubtful pairs kept in the report; the rest is counted."""

_PHONE_DIGITS = 7


@dataclass(frozen=True)
class Candidates:
    """Pairs of rows of one category within reach, and what is said of them: each array (n,)."""

    one: NDArray[np.int64]
    other: NDArray[np.int64]
    distance_m: NDArray[np.float64]
    is_sure: NDArray[np.bool_]
    is_doubtful: NDArray[np.bool_]


def merge_facilities(study: Study, decisions: Decisions) -> tuple[Study, tuple[Problem, ...], dict[str, Any]]:
    """Return the study with every place once, what was found, and figures for the report.

    Parameters
    ----------
    study
        Facilities of all lists one after the other, in a metric CRS.
    decisions
        What somebody decided about doubtful pairs before.

    Returns
    -------
    study, findings, facts
        A merged facility keeps the id of the first planner's list; ``merged_from`` names the others. ``facts`` hold
        ``facilities_merged`` and ``doubtful_pairs`` (a record each).
    """
    table = study.facilities
    if len(table) < 2:
        return study, (), {"facilities_merged": 0, "doubtful_pairs": []}
    found = _decided(table, compare(table), decisions)
    cluster, clashes = _clusters(table, found)
    is_open = (found.is_doubtful | clashes) & (cluster[found.one] != cluster[found.other])
    doubtful = _records(table, found, np.flatnonzero(is_open))
    merged, entrances = _merged(study, cluster)
    count = len(table) - len(merged)
    facts = {"facilities_merged": count, "doubtful_pairs": doubtful[:MOST_LISTED]}
    study = replace(study, facilities=merged, entrances=entrances)
    return study, _findings(merged, count, len(doubtful)), facts


def compare(table: gpd.GeoDataFrame) -> Candidates:
    """Return the pairs of facilities within reach of each other, and which are sure or doubtful."""
    one, other, distance = _pairs_near(table)
    said = table["name"].astype(object).where(table["name"].notna(), "").to_numpy()
    plain = {name: plain_name(name) for name in dict.fromkeys(said[np.union1d(one, other)])}
    names = [plain[name] for name in said[one]]
    like = compare_names(names, [plain[name] for name in said[other]])
    source = table["source"].to_numpy()
    same_list = source[one] == source[other]
    phone = _phones(table)
    has_both = (phone[one] != "") & (phone[other] != "")
    same_phone, other_phone = has_both & (phone[one] == phone[other]), has_both & (phone[one] != phone[other])
    is_long = np.array([len(name) >= 4 for name, _ in names], dtype=bool)
    equal = like.equal & ((distance <= NEAR_M) | is_long)
    sure = equal | (like.close & ~other_phone & (distance <= NEAR_M)) | (like.alike & same_phone)
    identical = said[one] == said[other]
    sure &= ~same_list | (like.known & identical & ~other_phone & (distance <= SAME_SPOT_M))
    return Candidates(one, other, distance, sure, _doubtful(like, distance, same_list, same_phone) & ~sure)


def _doubtful(
    like: Likeness, distance: NDArray[np.float64], same_list: NDArray[np.bool_], same_phone: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return the pairs worth a look: names alike, or no name on the same spot, or one telephone."""
    nameless = ~like.known & ~same_list & (distance <= SAME_SPOT_M)
    return np.asarray((like.alike & ~same_list) | nameless | (same_phone & ~like.apart & ~same_list))


def _pairs_near(table: gpd.GeoDataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    xy = shapely.get_coordinates(table.geometry.to_numpy())
    parts = [np.empty((0, 2), np.int64)]
    for rows in table.groupby("category", sort=True).indices.values():
        near = cKDTree(xy[rows]).query_pairs(REACH_M, output_type="ndarray")
        parts.append(np.sort(rows[near], axis=1))
    pairs = np.concatenate(parts)
    distance = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    return pairs[:, 0], pairs[:, 1], distance


def _phones(table: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the last digits of every telephone number, "" where there are too few."""
    if "phone" not in table:
        return np.full(len(table), "", object)
    digits = table["phone"].fillna("").astype(str).str.replace(r"\D", "", regex=True).str[-_PHONE_DIGITS:]
    return np.where(digits.str.len() == _PHONE_DIGITS, digits, "").astype(object)


def _decided(table: gpd.GeoDataFrame, found: Candidates, decisions: Decisions) -> Candidates:
    """Return the candidates with what somebody decided before taking precedence."""
    if not decisions:
        return found
    source, ids = table["source"].to_numpy(), table["facility_id"].to_numpy()
    is_sure, is_doubtful = found.is_sure.copy(), found.is_doubtful.copy()
    for at in np.flatnonzero(is_sure | is_doubtful).tolist():
        a, b = found.one[at], found.other[at]
        same = decisions.get(pair_key((source[a], ids[a]), (source[b], ids[b])))
        if same is not None:
            is_sure[at], is_doubtful[at] = same, False
    return replace(found, is_sure=is_sure, is_doubtful=is_doubtful)


def _clusters(table: gpd.GeoDataFrame, found: Candidates) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the cluster of every row, and which sure pairs were left apart for having two rows of one list."""
    cluster = np.arange(len(table))
    members: dict[int, list[int]] = {}
    clashes = np.zeros(len(found.one), bool)
    source, ids = table["source"].to_numpy(), table["facility_id"].to_numpy()
    sure = np.flatnonzero(found.is_sure)
    key = [tuple(sorted((str(ids[a]), str(ids[b])))) for a, b in zip(found.one[sure], found.other[sure], strict=True)]
    together = {(a, b) for a, b in zip(found.one[sure].tolist(), found.other[sure].tolist(), strict=True)}
    order = sorted(range(len(sure)), key=lambda n: (found.distance_m[sure[n]], key[n]))
    for at in sure[order].tolist():
        a, b = int(cluster[found.one[at]]), int(cluster[found.other[at]])
        if a == b:
            continue
        left, right = members.get(a, [a]), members.get(b, [b])
        clash = any(source[x] == source[y] and (min(x, y), max(x, y)) not in together for x in left for y in right)
        clashes[at] = clash
        if not clash:
            root, rest = (a, b) if a < b else (b, a)
            members[root] = left + right
            cluster[members.pop(rest, [rest])] = root
    return cluster, clashes


def _merged(study: Study, cluster: NDArray[np.int64]) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the facilities and entrances with every cluster as one row."""
    table = study.facilities
    ids = table["facility_id"].tolist()
    doors = study.entrances["facility_id"].value_counts().to_dict()
    owner: dict[str, str | None] = dict(zip(ids, ids, strict=True))
    _, number, counts = np.unique(cluster, return_inverse=True, return_counts=True)
    folded = np.flatnonzero(counts[number] > 1)
    part = table.iloc[folded]
    columns = {name: part[name].to_numpy(dtype=object, copy=True) for name in part.columns if name != "geometry"}
    before = columns.get("merged_from", np.full(len(part), None, object))
    columns["merged_from"] = np.where(pd.isna(before), None, before)
    firsts, dropped = list[int](), list[int]()
    for rows in pd.Series(folded).groupby(cluster[folded]).indices.values():
        members = sorted(rows.tolist(), key=lambda row: (_is_osm(ids[folded[row]]), row))
        _fold(columns, members)
        said = [ids[folded[row]] for row in members]
        best = max(said, key=lambda one: doors.get(one, 0))
        owner |= dict.fromkeys(said, None) | {best: said[0]}
        firsts.append(members[0])
        dropped += folded[members[1:]].tolist()
    table = _with_values(table, folded[firsts], {name: column[firsts] for name, column in columns.items()})
    entrances = study.entrances.copy()
    entrances["facility_id"] = entrances["facility_id"].map(owner)
    entrances = entrances[entrances["facility_id"].notna()].reset_index(drop=True)
    return table.drop(index=table.index[dropped]).reset_index(drop=True), entrances


def _with_values(
    table: gpd.GeoDataFrame, rows: NDArray[np.int64], values: dict[str, NDArray[np.object_]]
) -> gpd.GeoDataFrame:
    """Return the table with other values in some rows, each column of the type it has; ``merged_from`` as objects."""
    whole = {}
    for name, new in values.items():
        if name == "merged_from":
            before = table[name] if name in table else pd.Series(None, table.index, dtype=object)
            whole[name] = before.astype(object).where(before.notna(), None)
        else:
            whole[name] = table[name].copy()
        whole[name].iloc[rows] = pd.Series(new).astype(whole[name].dtype).array
    return table.assign(**whole)


def _fold(columns: dict[str, NDArray[np.object_]], members: list[int]) -> None:
    """Fill what the first member does not say from the others, and name them all."""
    first, rest = members[0], members[1:]
    for name, column in columns.items():
        if name not in ("facility_id", "merged_from", "source") and pd.isna(column[first]):
            column[first] = next((column[row] for row in rest if not pd.isna(column[row])), column[first])
    told = [told_entry({name: columns[name][row] for name in ("source", "facility_id", "name")}) for row in rest]
    merged = columns["merged_from"]
    merged[first] = "; ".join([*(merged[row] for row in members if merged[row] is not None), *told])


def told_entry(row: Mapping[str, Any]) -> str:
    """Return how ``merged_from`` names an entry: its list, its id, its name."""
    name = "" if pd.isna(row["name"]) else row["name"]
    return f"{row['source']}: {row['facility_id']} {name}".strip()


def _is_osm(facility_id: str) -> bool:
    return str(facility_id).startswith("osm/")


def _records(table: gpd.GeoDataFrame, found: Candidates, at: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Return the doubtful pairs as plain records, the nearest first."""
    records = []
    for i in at[np.argsort(found.distance_m[at], kind="stable")].tolist():
        one, other = table.iloc[int(found.one[i])], table.iloc[int(found.other[i])]
        record: dict[str, Any] = {"category": one["category"], "distance_m": round(float(found.distance_m[i]), 1)}
        for letter, row in (("a", one), ("b", other)):
            record |= {f"name_{letter}": "" if pd.isna(row["name"]) else row["name"], f"source_{letter}": row["source"]}
            record[f"id_{letter}"] = row["facility_id"]
        records.append(record)
    return records


def _findings(merged: gpd.GeoDataFrame, count: int, doubtful: int) -> tuple[Problem, ...]:
    findings = []
    if count:
        example = merged.loc[merged["merged_from"].notna()].iloc[0]
        same = f"'{example['name']}' = {example['merged_from']}"
        message = told(
            "{entries} entries were the same place as another one, such as {examples}.", entries=count, examples=same
        )
        findings.append(
            Problem("facilities", message, "Keep them apart by --no-merge.", "facilities_merged", count=count,
                    severity="note")
        )  # fmt: skip
    if doubtful:
        message = told(
            "{pairs} pairs may be the same place; they are counted apart until somebody decides.", pairs=doubtful
        )
        findings.append(
            Problem("facilities", message, "Decide them in a file: --decisions FILE.csv.", "pairs_doubtful",
                    count=doubtful, severity="note")
        )  # fmt: skip
    return tuple(findings)
