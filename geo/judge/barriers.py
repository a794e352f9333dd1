"""What nobody walks across: walls, water, railways, main roads closed to walkers; and where straight lines cross it.

Barriers that a line crosses one close behind the other are one obstacle, as the two fences and four tracks of a
railway: a way through it passes them all, and it is named by the mightiest of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.model.study import Study

KINDS = ("wall", "road", "railway", "water", "missing link")
"""What can lie between a home and a facility near by, the mightier later; a missing link where nothing is mapped."""

WALL, ROAD, RAILWAY, WATER, MISSING_LINK = range(len(KINDS))
_BACKDROP = {"road": ROAD, "rail": RAILWAY, "water": WATER}

FENCE_M = 20.0
"""A wall that runs for most of its length within this distance of a mightier barrier is a part of it (ours)."""

REACH_M = np.array([7.5, 7.5, 30.0, 7.5])
"""Barriers whose reaches along a line meet are one obstacle, by kind (ours): walls less than 15 m apart, where no
street lies between; the parts of a railway lie farther apart where a line crosses them slanting."""


@dataclass(frozen=True)
class Barriers:
    """B shapes that nobody walks across, in study.crs, and the K things they belong to.

    Attributes
    ----------
    shape, thing
        Lines or areas (B,); int64 (B,) which thing each is a part of: a river of many pieces is one thing.
    kind, wall_id, name, name_en
        Of each thing (K,): position in `KINDS`, id where it is a wall, names or None. Things are in the order of
        these, so that the order of rows decides nothing.
    """

    shape: NDArray[np.object_]
    thing: NDArray[np.int64]
    kind: NDArray[np.int8]
    wall_id: NDArray[np.object_]
    name: NDArray[np.object_]
    name_en: NDArray[np.object_]


@dataclass(frozen=True)
class Crossings:
    """Where lines cross barriers: row of the line, thing, and the obstacle's begin and end in metres along the line.

    An obstacle is all that lies close together on the line (`REACH_M`); ``mightiest`` is the thing that names it.
    """

    line: NDArray[np.int64]
    thing: NDArray[np.int64]
    begin: NDArray[np.float64]
    end: NDArray[np.float64]
    mightiest: NDArray[np.int64]


def barriers_of(study: Study) -> Barriers:
    """Return the walls of a study and the water, railways and closed roads of its backdrop."""
    walls = pd.DataFrame(study.walls[["wall_id", "name", "name_en"]]).assign(kind=WALL)
    walls["shape"] = study.walls.geometry.to_numpy()
    back = study.backdrop[study.backdrop["kind"].isin(list(_BACKDROP))]
    shapes = back.geometry.to_numpy()
    is_area = shapely.get_dimensions(shapes) == 2
    shapes = np.where(is_area, shapely.make_valid(shapes), shapes) if len(shapes) else shapes
    others = pd.DataFrame(
        {"kind": back["kind"].map(_BACKDROP).to_numpy(), "wall_id": "", "name": back["name"].to_numpy(),
         "name_en": back["name_en"].to_numpy(), "shape": shapes}
    )  # fmt: skip
    whole = pd.concat([walls, others], ignore_index=True) if len(others) else walls
    where = [f"{x:.3f} {y:.3f}" for x, y in shapely.get_coordinates(shapely.point_on_surface(whole["shape"]))]
    # A nameless water is known by where it lies; pieces of one name are one thing.
    alone = np.where(whole["name"].isna() & (whole["kind"] != WALL), where, "")
    keys = whole[["kind", "wall_id", "name", "name_en"]].assign(alone=alone).fillna("")
    thing = keys.groupby(list(keys.columns), sort=True).ngroup().to_numpy(dtype=np.int64)
    _, row = np.unique(thing, return_index=True)
    thing = _with_fences(whole["shape"].to_numpy(), thing, whole["kind"].to_numpy())
    named = whole.iloc[row].astype(object)
    text = {
        c: named[c].where(named[c].notna() & (named[c] != ""), None).to_numpy() for c in ("wall_id", "name", "name_en")
    }
    return Barriers(whole["shape"].to_numpy(), thing, named["kind"].to_numpy(dtype=np.int8), **text)


def _with_fences(shape: NDArray[np.object_], thing: NDArray[np.int64], kind: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the things, walls that run along a mightier barrier counted as part of it: the fences of a railway."""
    walls, mighty = np.flatnonzero(kind == WALL), np.flatnonzero(kind != WALL)
    if not len(walls) or not len(mighty):
        return thing
    at, near = shapely.STRtree(shape[mighty]).query(shape[walls], predicate="dwithin", distance=FENCE_M)
    wall, other = walls[at], mighty[near]
    beside = shapely.length(shapely.intersection(shape[wall], shapely.buffer(shape[other], FENCE_M)))
    is_fence = beside > shapely.length(shape[wall]) / 2
    order = np.lexsort((thing[other], -beside))
    order = order[is_fence[order]]
    wall, first = np.unique(wall[order], return_index=True)
    joined = thing.copy()
    joined[wall] = thing[other[order][first]]
    return joined


def find_crossings(barriers: Barriers, lines: NDArray[np.object_]) -> Crossings:
    """Return every thing that each straight line crosses, once, with the obstacle it is part of."""
    if not len(barriers.shape) or not len(lines):
        none = np.empty(0, np.int64)
        return Crossings(none, none, np.empty(0), np.empty(0), none)
    line, row = shapely.STRtree(barriers.shape).query(lines)
    shapely.prepare(barriers.shape)  # the banks of a river have many corners
    meet = shapely.intersects(barriers.shape[row], lines[line])
    line, row = line[meet], row[meet]
    parts, pair = shapely.get_parts(shapely.intersection(lines[line], barriers.shape[row]), return_index=True)
    line, thing = line[pair], barriers.thing[row[pair]]
    begin, end = _along(lines[line], parts)
    begin, end, mightiest = _bundled(line, begin, end, thing, barriers.kind)
    order = np.lexsort((begin, thing, line))
    is_first = np.append(True, (np.diff(line[order]) != 0) | (np.diff(thing[order]) != 0))[: len(order)]
    at = order[is_first]
    return Crossings(line[at], thing[at], begin[at], end[at], mightiest[at])


def _along(lines: NDArray[np.object_], parts: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where points or stretches of straight lines begin and end, metres along them."""
    start = shapely.get_coordinates(lines)[::2]
    xy, owner = shapely.get_coordinates(parts, return_index=True)
    away = np.hypot(*(xy - start[owner]).T)
    begin, end = np.full(len(parts), np.inf), np.zeros(len(parts))
    np.minimum.at(begin, owner, away)
    np.maximum.at(end, owner, away)
    return begin, end


def _bundled(
    line: NDArray[np.int64],
    begin: NDArray[np.float64],
    end: NDArray[np.float64],
    thing: NDArray[np.int64],
    kind: NDArray[np.int8],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return begin, end and mightiest thing of the obstacle that each crossing is part of."""
    if not len(line):
        return begin, end, thing
    reach = REACH_M[kind[thing]]
    order = np.lexsort((begin - reach, line))
    far = float(end.max()) + 4 * REACH_M.max()  # keeps the lines apart when they are laid one behind the other
    low, high = (line * far + begin - reach)[order], (line * far + end + reach)[order]
    is_new = np.append(True, low[1:] > np.maximum.accumulate(high)[:-1])
    first = np.flatnonzero(is_new)
    bundle = np.cumsum(is_new) - 1
    starts, stops = np.minimum.reduceat(begin[order], first), np.maximum.reduceat(end[order], first)
    might = (kind[thing[order]].astype(np.int64) << 40) - thing[order]
    most = np.maximum.reduceat(might, first)
    named = (-most) & ((1 << 40) - 1)
    back = np.empty(len(order), np.int64)
    back[order] = bundle
    return starts[back], stops[back], named[back]
