"""What severs a home from a facility near by, and how much a way through would save, found by walking through it.

For each patch, the straight lines of its most populous severed places tell which barriers lie between. A way is laid
through each where a line crosses it, and one search a rule, begun at all these ways together, each at what the walk
onwards behind it costs, tells every home which way serves it best.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.judge.barriers import KINDS, MISSING_LINK, Barriers, barriers_of, find_crossings
from geo.judge.causes import SEVERED, Causes, Nearest
from geo.judge.coverage import cost_of_rule
from geo.judge.patches import Patches
from geo.judge.reachable import Reachable
from geo.model.standards import Rule, Standard
from geo.model.study import Study
from geo.walk.network import Network
from geo.walk.reach import SEARCH_LIMIT_M, Entrances, metres_after, nearest_of_groups
from geo.walk.snap import Joins, join

VOTERS = 8
"""Of each patch, the severed places with most people, as many as this, tell where ways are tried (ours)."""

CELL_M = 30.0
"""Ways through one barrier less than about this apart are one (ours)."""

END_M = 75.0
"""Longest leg from the end of a way to a street, metres on the ground (ours)."""

STEP_M = 0.05
"""A way through begins and ends this far from its barrier, plane metres."""

FARTHEST = 2.0
"""A way is searched as far as this many times the threshold (ours): a longer walk is not called saved."""

COLUMNS = ("barrier", "wall_id", "barrier_name", "barrier_name_en", "saved_m", "people_gained")


@dataclass(frozen=True)
class _Voters:
    """The severed places that tell where ways are tried: patch over all rules, place, its line."""

    patch: NDArray[np.int64]
    place: NDArray[np.int64]
    line: NDArray[np.object_]
    people: NDArray[np.float64]


@dataclass(frozen=True)
class _Ways:
    """Ways through barriers: patch they were laid for, thing, both ends joined to the streets, length, number."""

    patch: NDArray[np.int64]
    thing: NDArray[np.int64]
    near: Joins
    far: Joins
    length_cm: NDArray[np.int64]
    way: NDArray[np.int64]


def name_barriers(
    study: Study,
    network: Network,
    standard: Standard,
    found: Reachable,
    *,
    causes: Causes,
    patches: Sequence[Patches],
    nearest: Sequence[Nearest],
) -> pd.DataFrame:
    """Return what severs each patch, rule after rule in the order of ``patches``: columns `COLUMNS`.

    ``barrier`` is one of `KINDS`, None where nobody is severed; ``saved_m`` the metres a way through it saves those
    it serves on average, null where none that was tried serves anybody; ``people_gained`` how many of them it brings
    within the threshold.
    """
    first = np.concatenate([[0], np.cumsum([len(p.first) for p in patches])]).astype(np.int64)
    voters = _voters(study, causes, patches, nearest, first)
    barriers = barriers_of(study)
    ways, usual = _lay_ways(study, network, barriers, voters, int(first[-1]))

    def of_rule(r: int) -> pd.DataFrame:
        mine = (ways.patch >= first[r]) & (ways.patch < first[r + 1])
        served = _serve(network, found, standard.rules[r], _take(ways, mine), FARTHEST * causes.limits_m[r])
        severed = np.flatnonzero(causes.code[patches[r].rows, r] == SEVERED)
        return _summed(
            patches[r],
            severed,
            causes.people[:, r],
            nearest[r],
            served,
            usual[first[r] : first[r + 1]],
            causes.limits_m[r],
        )

    with ThreadPoolExecutor() as pool:
        tables = list(pool.map(of_rule, range(len(standard.rules))))
    return _named(pd.concat(tables, ignore_index=True), barriers)


def _voters(
    study: Study, causes: Causes, patches: Sequence[Patches], nearest: Sequence[Nearest], first: NDArray[np.int64]
) -> _Voters:
    """Return the most populous severed places of every patch; equal ones from west to east."""
    here = shapely.get_coordinates(study.demand.geometry.to_numpy())
    eastward = np.empty(len(here), np.int64)
    eastward[np.lexsort((here[:, 1], here[:, 0]))] = np.arange(len(here))

    def of_rule(r: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
        severed = causes.code[patches[r].rows, r] == SEVERED
        rows, label = patches[r].rows[severed], patches[r].label[severed]
        order = np.lexsort((eastward[rows], -causes.people[rows, r], label))
        rows, label = rows[order], label[order]
        begins = np.flatnonzero(np.diff(label, prepend=-1))
        nth = np.arange(len(rows)) - np.repeat(begins, np.diff(begins, append=len(rows)))
        rows, label = rows[nth < VOTERS], label[nth < VOTERS]
        return label + first[r], rows, nearest[r].door[rows], causes.people[rows, r]

    with ThreadPoolExecutor() as pool:
        found = zip(*pool.map(of_rule, range(len(patches))), strict=True)
    patch, rows, door, people = (np.concatenate(parts) for parts in found)
    ends = np.stack([here[rows], causes.line.door_xy[door]], axis=1)
    lines = shapely.linestrings(ends) if len(rows) else np.empty(0, object)
    return _Voters(patch, rows, lines, people)


def _lay_ways(
    study: Study, network: Network, barriers: Barriers, voters: _Voters, count: int
) -> tuple[_Ways, NDArray[np.int64]]:
    """Return the ways to try, and for each patch the thing that most of its voters' lines cross.

    A thing that does not exist, one beyond the last, stands for lines that cross nothing.
    """
    crossed = find_crossings(barriers, voters.line)
    nothing = len(barriers.kind)
    bare = np.setdiff1d(np.arange(len(voters.line)), crossed.line)
    table = pd.DataFrame(
        {
            "line": np.concatenate([crossed.line, bare]),
            "thing": np.concatenate([crossed.mightiest, np.full(len(bare), nothing)]),
            "begin": np.concatenate([crossed.begin, np.zeros(len(bare))]),
            "end": np.concatenate([crossed.end, np.zeros(len(bare))]),
        }
    )
    table["patch"], table["people"] = voters.patch[table["line"]], voters.people[table["line"]]
    table = table.sort_values(["line", "thing", "begin"]).drop_duplicates(["line", "thing"])
    votes = table.groupby(["patch", "thing"], as_index=False)["people"].sum()
    votes = votes.sort_values(["patch", "people", "thing"], ascending=[True, False, True])
    usual = np.full(count, -1, np.int64)
    most = votes.drop_duplicates("patch")
    usual[most["patch"]] = most["thing"]
    return _join_ways(study, network, barriers, voters, table[table["thing"] < nothing]), usual


def _join_ways(study: Study, network: Network, barriers: Barriers, voters: _Voters, laid: pd.DataFrame) -> _Ways:
    """Return ways laid along straight lines from before their obstacle to behind it, both ends joined to the streets.

    Of ways through one thing within a cell of `CELL_M` the shortest stands for all, for every patch and rule.
    """
    line = voters.line[laid["line"].to_numpy(dtype=int)]
    low, high = np.maximum(laid["begin"].to_numpy() - STEP_M, 0.0), laid["end"].to_numpy() + STEP_M
    start, end = shapely.get_coordinates(line).reshape(-1, 2, 2).transpose(1, 0, 2)
    length = np.hypot(*(end - start).T)
    ends = np.stack([start + (end - start) * np.clip(at / length, 0, 1)[:, None] for at in (low, high)])
    thing = laid["thing"].to_numpy(np.int64)
    cell = np.floor(ends.mean(axis=0) / CELL_M).astype(np.int64)
    # Equal ones follow from west to east: rows decide nothing.
    order = np.lexsort((ends[0, :, 1], ends[0, :, 0], np.round(high - low, 3), cell[:, 1], cell[:, 0], thing))
    keys = np.column_stack([thing, cell])[order]
    is_first = np.append(True, (np.diff(keys, axis=0) != 0).any(axis=1))[: len(keys)]
    kept, way = order[is_first], np.empty(len(order), np.int64)
    way[order] = np.cumsum(is_first) - 1
    closed = gpd.GeoSeries([*barriers.shape], crs=study.crs)
    points = gpd.GeoSeries(shapely.points(ends[:, kept].reshape(-1, 2)), crs=study.crs)
    joins = join(network, points, walls=closed, gates=study.gates, limit_m=END_M)
    count = len(kept)
    near, far = joins.take(np.arange(count)), joins.take(np.arange(count, 2 * count))
    apart = np.rint(np.hypot(*(ends[1, kept] - ends[0, kept]).T) * 100 / network.ground_scale).astype(np.int64)
    ways = _Ways(laid["patch"].to_numpy(np.int64), thing, near.take(way), far.take(way), apart[way], way)
    return _take(ways, ways.near.is_joined & ways.far.is_joined)


def _take(ways: _Ways, at: NDArray[np.generic]) -> _Ways:
    rows = np.flatnonzero(at) if at.dtype == bool else np.asarray(at, np.int64)
    near, far = ways.near.take(rows), ways.far.take(rows)
    return _Ways(ways.patch[rows], ways.thing[rows], near, far, ways.length_cm[rows], ways.way[rows])


@dataclass(frozen=True)
class _Served:
    """For every place the metres walked by the way that serves it best, ``inf`` if none does, and what it passes."""

    walk_m: NDArray[np.float64]
    thing: NDArray[np.int64]


def _serve(network: Network, found: Reachable, rule: Rule, ways: _Ways, limit_m: float) -> _Served:
    """Search once from all ways of a rule together, each begun at the cost of the walk onwards behind it."""
    behind = np.full((len(ways.thing), len(found.categories)), np.inf)
    columns = [found.categories.index(category) for category in rule.categories]
    for column in columns:
        mine = found.entrances.group == column
        doors = Entrances(found.entrances.joins.take(mine), found.entrances.owner[mine], found.entrances.group[mine])
        behind[:, column] = metres_after(network, ways.far, found.reach.node_m[:, column], doors)
    onwards = cost_of_rule(rule, columns, behind)
    is_led = onwards <= limit_m
    _, once = np.unique(ways.way[is_led], return_index=True)
    at = np.flatnonzero(is_led)[once]
    ways, onwards = _take(ways, at), onwards[at]
    if not len(ways.thing):
        return _Served(np.full(len(found.homes.edge), np.inf), np.full(len(found.homes.edge), -1, np.int64))
    cost = ways.near.access_cm + ways.length_cm + np.rint(onwards * 100).astype(np.int64)
    begun = replace(ways.near, access_cm=cost.astype(np.int32))
    seeds = Entrances(begun, np.arange(len(cost), dtype=np.int32), np.zeros(len(cost), np.int32))
    reach = nearest_of_groups(network, seeds, found.homes, groups=1, limit_m=limit_m)
    owner = reach.place_owner[:, 0]
    return _Served(reach.place_m[:, 0], np.where(owner >= 0, ways.thing[owner], -1))


def _summed(
    patches: Patches,
    severed: NDArray[np.int64],
    people: NDArray[np.float64],
    nearest: Nearest,
    served: _Served,
    usual: NDArray[np.int64],
    limit_m: float,
) -> pd.DataFrame:
    """Return for each patch the thing that severs most of its people, what a way through saves and whom it brings near.

    A place counts for the way that serves it best; one that none serves, for the thing most lines of its patch cross.
    """
    rows, label = patches.rows[severed], patches.label[severed]
    walk = np.minimum(nearest.walk_m[rows], SEARCH_LIMIT_M)
    with_way = served.walk_m[rows]
    is_served = with_way < walk
    things = np.where(is_served, served.thing[rows], usual[label])
    inverse, pair = pd.factorize(label * (things.max(initial=0) + 1) + things)
    patch, thing = np.divmod(pair, things.max(initial=0) + 1)
    crowd = people[rows]
    figures = {
        "people": crowd,
        "served": crowd * is_served,
        "saved": crowd * np.where(is_served, walk - with_way, 0.0),
        "gained": crowd * (is_served & (with_way <= limit_m)),
        "straight": crowd * (walk - nearest.line_m[rows]),
    }
    sums = {name: np.bincount(inverse, values, len(pair)) for name, values in figures.items()}
    order = np.lexsort((thing, -sums["saved"], -sums["people"], patch))
    most = order[np.flatnonzero(np.diff(patch[order], prepend=-1))]
    table = pd.DataFrame({"thing": thing, **sums}).iloc[most].set_axis(patch[most])
    return table.reindex(range(len(patches.first)))


def _named(most: pd.DataFrame, barriers: Barriers) -> pd.DataFrame:
    """Return the columns of the table of gaps; a missing link would lead straight to the facility."""
    thing = most["thing"].to_numpy(dtype=float)
    is_severed, is_link = np.isfinite(thing), thing == len(barriers.kind)
    kinds = np.append(barriers.kind, MISSING_LINK)
    at = np.where(is_severed, np.nan_to_num(thing), 0).astype(np.int64)

    def told(values: NDArray[np.object_]) -> NDArray[np.object_]:
        known: NDArray[np.object_] = np.array([*values, None], dtype=object)[np.where(is_severed, at, -1)]
        return known

    served = np.where(is_link, most["people"], most["served"])
    saved = np.where(is_link, most["straight"], most["saved"])
    with np.errstate(invalid="ignore", divide="ignore"):
        saved_m = np.where(served > 0, np.round(saved / served, 1), np.nan)
    gained = np.where(is_link, most["people"], most["gained"])
    values = (told(np.array(KINDS, dtype=object)[kinds]), told(barriers.wall_id), told(barriers.name),
              told(barriers.name_en), saved_m, np.nan_to_num(np.round(gained, 3)))  # fmt: skip
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))
