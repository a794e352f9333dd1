"""One facility of several rows: the same place in several lists, or twice in one.

Pairs are near each other, of one family of categories, and alike by name and telephone. Pairs that are surely the same
are merged, the surest first; doubtful ones are listed for the planner, whose decisions are kept in a file and replayed.
Two rows of one list are two places unless their names are the same. All is decided on what the rows hold, so the order
of the files changes nothing but which id remains.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.intake.classify import UNCLASSIFIED
from geo.intake.similar import Names, name_scores, take_apart

SURE, DOUBTFUL = 58.0, 40.0
"""Scores from which a pair is the same, and from which it is asked; found with made-up misspellings (tests)."""

LEAD = 10.0
"""A pair is sure only where it leads every other pair of its two rows with the same lists by this much, or is 95."""

NEAR_M, WIDE_M, TWICE_M = 100.0, 300.0, 30.0
"""Metres between the points of one place: of most, of grounds such as parks and schools, within one list."""

FAMILIES = (
    ("kindergarten", "nursery"),
    ("primary_school", "junior_school", "senior_school"),
    ("health_centre", "health_station", "clinic"),
    ("nursing_home", "elderly_home", "elderly_day_care"),
    ("cultural_centre", "cultural_station"),
    ("service_centre", "service_station", "subdistrict_office"),
    ("park", "pocket_park", "square"),
    ("supermarket", "convenience_store"),
    ("sports_ground_large", "sports_ground_medium", "sports_ground_small", "stadium"),
)
"""Categories that lists take for one another; a pair of two of them is at most doubtful unless the names are equal."""

WIDE = frozenset({*FAMILIES[1], *FAMILIES[6], "hospital", "stadium", "sports_ground_large"})

NEVER = frozenset({UNCLASSIFIED, "bus_stop", "metro_station", "charging", "parking"})
"""Categories of which several of one name stand side by side."""

_FAMILY = {category: family[0] for family in FAMILIES for category in family}
_SEPARATOR = "; "

Pair = tuple[str, str]


@dataclass(frozen=True)
class Decisions:
    """What the planner decided: pairs of row keys (`row_keys`), each pair in order."""

    same: frozenset[Pair] = frozenset()
    different: frozenset[Pair] = frozenset()


@dataclass(frozen=True)
class Merged:
    """Facilities and entrances after merging, the doubtful pairs, and the rows that went into each merged facility.

    ``doubtful`` has one row per pair: decision (empty), key_a, key_b, name_a, name_b, category_a, category_b,
    distance_m, score.
    """

    facilities: gpd.GeoDataFrame
    entrances: gpd.GeoDataFrame
    doubtful: pd.DataFrame
    groups: tuple[tuple[str, ...], ...]


@dataclass
class _Groups:
    """Rows on their way into groups: each row's group, each group's rows."""

    of: list[int]
    rows: dict[int, list[int]]
    lists: list[frozenset[str]]
    apart: set[Pair] = field(default_factory=set)

    def joins(self, a: int, b: int, keys: Sequence[str], *, is_twice: bool) -> bool:
        """Put the groups of two rows together unless a list or a decision keeps them apart; tell whether."""
        one, two = self.of[a], self.of[b]
        if one == two:
            return False
        mine, theirs = self.rows[one], self.rows[two]
        if not is_twice and any(self.lists[i] & self.lists[j] for i in mine for j in theirs):
            return False
        if self.apart and any(pair_of(keys[i], keys[j]) in self.apart for i in mine for j in theirs):
            return False
        for row in theirs:
            self.of[row] = one
        self.rows[one] = mine + self.rows.pop(two)
        return True


def row_keys(facilities: pd.DataFrame) -> list[str]:
    """Return the key of each row for decisions: the list it came from and its id there."""
    return [f"{s}|{i}" for s, i in zip(facilities["source"], facilities["facility_id"], strict=True)]


def pair_of(a: str, b: str) -> Pair:
    """Return two keys in order, so that a pair is the same from both sides."""
    return (a, b) if a <= b else (b, a)


def merge(
    facilities: gpd.GeoDataFrame, entrances: gpd.GeoDataFrame, words: Sequence[str], decisions: Decisions | None = None
) -> Merged:
    """Return the facilities with those that are the same place made one.

    Parameters
    ----------
    facilities, entrances
        `tables.FACILITIES` and `tables.ENTRANCES` in one metric CRS. A column ``telephone`` is used where present.
    words
        The words by which categories are known; what names share beyond them counts.
    """
    decisions = decisions or Decisions()
    frame = facilities.reset_index(drop=True)
    keys = row_keys(frame)
    lists = [frozenset(str(s).split(_SEPARATOR)) for s in frame["source"]]
    number = range(len(frame))
    groups = _Groups(list(number), {n: [n] for n in number}, lists, set(decisions.different))
    place = {key: n for n, key in enumerate(keys)}
    for a, b in sorted(decisions.same):
        if a in place and b in place:
            groups.joins(place[a], place[b], keys, is_twice=True)
    rank = _rank(frame, entrances)
    pairs = _pairs(frame, take_apart(frame["name"].fillna("").tolist(), words), lists, rank)
    for pair in pairs[pairs["is_sure"]].itertuples():
        groups.joins(pair.a, pair.b, keys, is_twice=pair.is_twice)
    doubtful = _doubtful(frame, pairs, groups, keys)
    made, kept = _made_one(frame, groups, rank)
    mine = entrances["facility_id"].map(kept)
    ways_in = entrances[mine.notna()].assign(facility_id=mine.dropna()).reset_index(drop=True)
    several = (sorted(rows) for rows in groups.rows.values() if len(rows) > 1)
    return Merged(made, ways_in, doubtful, tuple(tuple(keys[i] for i in rows) for rows in sorted(several)))


def _rank(frame: gpd.GeoDataFrame, entrances: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """Return the rank of each row by what it tells: most entrances, the longest name; never by its order."""
    count = frame["facility_id"].map(entrances["facility_id"].value_counts()).fillna(0)
    name = frame["name"].fillna("").astype(str)
    order = pd.DataFrame(
        {"ways": -count, "size": -name.str.len(), "name": name, "x": frame.geometry.x, "y": frame.geometry.y,
         "source": frame["source"].astype(str)}
    )  # fmt: skip
    rank = np.empty(len(frame), dtype=np.intp)
    rank[order.sort_values(list(order)).index.to_numpy()] = np.arange(len(frame))
    return rank


def _pairs(
    frame: gpd.GeoDataFrame, names: Names, lists: Sequence[frozenset[str]], rank: NDArray[np.intp]
) -> pd.DataFrame:
    """Return pairs worth a thought, the surest first: a, b, distance_m, score, is_twice, is_sure."""
    xy = np.column_stack([frame.geometry.x, frame.geometry.y])
    category = frame["category"].to_numpy(dtype=object)
    a, b = _near(xy, category, names.known)
    distance = np.hypot(*(xy[a] - xy[b]).T)
    score = name_scores(names, a, b)
    score = np.where(score > 0, score + _by_telephone(frame, a, b) - 10 * distance / WIDE_M, 0)
    is_equal = (names.core[a] == names.core[b]) & (names.branch[a] == names.branch[b])
    score = np.where((category[a] != category[b]) & ~is_equal, np.minimum(score, SURE - 1), score)
    code = pd.factorize(pd.Series(lists))[0]
    is_twice = np.array([bool(lists[i] & lists[j]) for i, j in zip(a, b, strict=True)], dtype=bool)
    is_same_row = is_twice & is_equal & (distance <= TWICE_M)
    pairs = pd.DataFrame({"a": a, "b": b, "distance_m": distance, "score": score, "is_twice": is_same_row})
    pairs = pairs[(score >= DOUBTFUL) & (~is_twice | is_same_row)]
    pairs["first"], pairs["second"] = np.sort(np.column_stack([rank[pairs["a"]], rank[pairs["b"]]]), axis=1).T
    pairs = pairs.sort_values(["score", "distance_m", "first", "second"], ascending=[False, True, True, True])
    leads = _leads(pairs, code)
    pairs["is_sure"] = (pairs["score"] >= SURE) & (leads | (pairs["score"] >= 95) | pairs["is_twice"])
    return pairs.reset_index(drop=True)


def _near(
    xy: NDArray[np.float64], category: NDArray[np.object_], known: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the row numbers of named places of one family within the limit of the family."""
    found = [np.empty((0, 2), dtype=np.intp)]
    family = pd.Series(category).map(lambda c: _FAMILY.get(c, c))
    for name, rows in family[known & ~np.isin(category, list(NEVER))].groupby(family).groups.items():
        at = np.asarray(rows, dtype=np.intp)
        limit = WIDE_M if name in WIDE else NEAR_M
        found.append(at[cKDTree(xy[at]).query_pairs(limit, output_type="ndarray")].reshape(-1, 2))
    both = np.concatenate(found)
    return both[:, 0], both[:, 1]


def _by_telephone(frame: pd.DataFrame, a: NDArray[np.intp], b: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return what telephones add to a score: for where they are the same, against where they differ."""
    if "telephone" not in frame:
        return np.zeros(len(a))
    number = frame["telephone"].fillna("").astype(str).str.replace(r"\D", "", regex=True).to_numpy(dtype=object)
    is_told = (number[a] != "") & (number[b] != "")
    return np.where(is_told, np.where(number[a] == number[b], 15.0, -10.0), 0.0)


def _leads(pairs: pd.DataFrame, code: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return whether a pair leads the other pairs that its rows have with the same list."""
    a, b, score = (pairs[c].to_numpy() for c in ("a", "b", "score"))
    many = int(code.max(initial=0)) + 1
    sides = (a * many + code[b], b * many + code[a])
    ranked = pd.Series(np.r_[score, score], index=np.concatenate(sides)).sort_values(ascending=False)
    place = ranked.groupby(level=0).cumcount()
    best, second = ranked[place == 0], ranked[place == 1]
    leads = np.ones(len(pairs), dtype=bool)
    for side in sides:
        top = best.reindex(side).to_numpy()
        rival = np.where(score == top, second.reindex(side).fillna(-np.inf).to_numpy(), top)
        leads &= score - rival >= LEAD
    return leads


def _doubtful(frame: gpd.GeoDataFrame, pairs: pd.DataFrame, groups: _Groups, keys: Sequence[str]) -> pd.DataFrame:
    """Return pairs left for decision: of two groups, not decided, of rows that no list keeps apart."""
    rows = []
    for pair in pairs.itertuples():
        one, two = groups.rows[groups.of[pair.a]], groups.rows[groups.of[pair.b]]
        is_settled = one is two or any(groups.lists[i] & groups.lists[j] for i in one for j in two)
        if is_settled or pair_of(keys[pair.a], keys[pair.b]) in groups.apart:
            continue
        a, b = (pair.a, pair.b) if keys[pair.a] <= keys[pair.b] else (pair.b, pair.a)
        both = {f"{c}_{s}": frame[c].iat[i] for c in ("name", "category") for s, i in (("a", a), ("b", b))}
        told = {"distance_m": round(pair.distance_m, 1), "score": round(pair.score, 1)}
        rows.append({"decision": "", "key_a": keys[a], "key_b": keys[b], **both, **told})
    columns = ("decision", "key_a", "key_b", "name_a", "name_b", "category_a", "category_b", "distance_m", "score")
    return pd.DataFrame(rows, columns=list(columns))


def _made_one(
    frame: gpd.GeoDataFrame, groups: _Groups, rank: NDArray[np.intp]
) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
    """Return one row a group, and the id it goes by for the id of the row whose entrances it keeps.

    The row that tells most gives name, category and place; what it lacks comes from the others, which ``merged_from``
    keeps whole; the id is that of the row read first.
    """
    kept = dict(zip(frame["facility_id"], frame["facility_id"], strict=True))
    columns = {c: frame[c].astype(object).where(frame[c].notna(), None).to_numpy(copy=True) for c in frame}
    columns.setdefault("merged_from", np.full(len(frame), None, dtype=object))
    gone = np.zeros(len(frame), dtype=bool)
    for rows in groups.rows.values():
        if len(rows) == 1:
            continue
        first, ranked = min(rows), sorted(rows, key=lambda row: rank[row])
        told = _told(columns, ranked) | {"facility_id": columns["facility_id"][first]}
        gone[rows] = True
        gone[first] = False
        for row in rows:
            kept.pop(columns["facility_id"][row])
        kept[columns["facility_id"][ranked[0]]] = told["facility_id"]
        for column, value in told.items():
            columns[column][first] = value
    types = {c: kind for c, kind in frame.dtypes.items() if c != "geometry"}
    made = gpd.GeoDataFrame(pd.DataFrame(columns).astype(types), crs=frame.crs)
    return made[~gone].reset_index(drop=True), kept


def _told(columns: Mapping[str, NDArray[np.object_]], ranked: Sequence[int]) -> dict[str, Any]:
    """Return what rows of one place tell together, the first most of all; ``merged_from`` holds the others whole."""
    told = {c: next((v[r] for r in ranked if v[r] is not None), None) for c, v in columns.items()}
    sources = {s for row in ranked for s in str(columns["source"][row]).split(_SEPARATOR)}
    others = [{c: v[row] for c, v in columns.items() if c != "geometry" and v[row] is not None} for row in ranked[1:]]
    merged_from = json.dumps(others, ensure_ascii=False, default=str)
    place = columns["geometry"][ranked[0]]
    return {**told, "geometry": place, "source": _SEPARATOR.join(sorted(sources)), "merged_from": merged_from}
