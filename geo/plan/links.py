"""Missing links: where streets lie close as the crow flies and far apart on foot, with no wall between.

What severs them is a river, a railway, a main road, or nothing that is mapped. A way between two places saves nobody
more than the difference of their walks to a facility, so only places are paired whose walks differ by much.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, minimum_filter
from scipy.spatial import cKDTree

from geo.judge.barriers import KINDS, WALL, barriers_of, find_crossings
from geo.plan.baseline import Baseline
from geo.plan.openings import NO_WALL, Candidates, nowhere
from geo.walk.network import Network
from geo.walk.reach import SEARCH_LIMIT_M

REACH_M = 200.0
"""A missing link is no longer than this (ours: a river of a city, a railway yard)."""

LEAST_SAVED_M = 500.0
"""It shortens the walk of its ends to some facility by this at least (ours: half a large block round)."""

EVERY_M = 50.0
"""Streets are looked at this often."""

APART_M = 150.0
"""Of links whose middles lie nearer than this only the best is compared (ours: the next bridge)."""

_THIN_M = 100.0
_TRIM_M = 0.5


def find_links(base: Baseline, columns: Collection[int]) -> Candidates:
    """Return the missing links that could serve some rules: straight, crossing no street, no building and no wall.

    Fences of a railway, a main road or a river are crossed with it: a bridge leads over all of them.
    """
    network, scale, rules = base.network, base.network.ground_scale, base.standard.rules
    named = sorted({base.found.categories.index(c) for column in columns for c in rules[column].categories})
    xy, walk = _stations(network, base.found.reach.node_m[:, named])
    pairs = [_apart(xy, walk[:, n], scale) for n in range(len(named))]
    ends = np.unique(np.concatenate(pairs), axis=0) if pairs else np.empty((0, 2), np.int64)
    if not len(ends):
        return nowhere()
    lines = shapely.linestrings(xy[ends])
    is_free = _is_free(base, lines)
    ends, lines = ends[is_free], lines[is_free]
    metres = shapely.length(lines)
    # Of the links between two neighbourhoods the shortest stands for all.
    cell = np.floor(xy[ends] / (_THIN_M * scale)).astype(np.int64).reshape(-1, 4)
    order = np.lexsort((metres, *cell.T))
    is_first = np.append(True, (np.diff(cell[order], axis=0) != 0).any(axis=1))[: len(order)]
    at = np.sort(order[is_first])
    start, end = shapely.points(xy[ends[at, 0]]), shapely.points(xy[ends[at, 1]])
    middle = shapely.line_interpolate_point(lines[at], 0.5, normalized=True)
    return Candidates(np.full(len(at), NO_WALL), middle, start, end, metres[at] / scale)


def fences_crossed(base: Baseline, some: Candidates) -> list[list[shapely.Point]]:
    """Return for each of some links where it needs a gate in a fence, in study.crs."""
    lines, tree = _lines(some), _walls(base, fences=True)
    found: list[list[shapely.Point]] = [[] for _ in lines]
    for line, fence in tree.query(lines, predicate="intersects").T.tolist():
        crossing = shapely.intersection(lines[line], tree.geometries[fence])
        found[line] += [part.centroid for part in shapely.get_parts(crossing)]
    return found


def _lines(some: Candidates) -> NDArray[np.object_]:
    ends = np.stack([shapely.get_coordinates(some.left), shapely.get_coordinates(some.right)], axis=1)
    return np.asarray(shapely.linestrings(ends), object)


def severing(base: Baseline, some: Candidates) -> list[str]:
    """Return what lies between the ends of some links, a word of `geo.judge.barriers.KINDS`."""
    lines, barriers = _lines(some), barriers_of(base.study)
    crossed = find_crossings(barriers, lines)
    kind = np.full(len(lines), -1)
    np.maximum.at(kind, crossed.line, barriers.kind[crossed.mightiest])
    return [KINDS[k] for k in kind.tolist()]


def _stations(network: Network, node_m: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return places every `EVERY_M` along all streets (S, 2), and metres from each to the nearest of C (S, C)."""
    walk = np.minimum(node_m.astype(float), SEARCH_LIMIT_M)
    steps = np.ceil(network.edge_cm / 100 / EVERY_M).astype(np.int64)
    inside = np.maximum(steps - 1, 0)
    edge = np.repeat(np.arange(len(steps)), inside)
    nth = np.arange(len(edge)) - np.repeat(np.cumsum(inside) - inside, inside) + 1
    share = nth / steps[edge]
    some = np.unique(edge)
    line = network.lines_of(some)[np.searchsorted(some, edge)] if len(edge) else np.empty(0, object)
    between = shapely.get_coordinates(shapely.line_interpolate_point(line, share, normalized=True))
    metres = network.edge_cm[edge] / 100
    by_start = walk[network.edge_from[edge]] + (share * metres)[:, None]
    by_end = walk[network.edge_to[edge]] + ((1 - share) * metres)[:, None]
    more = np.minimum(np.minimum(by_start, by_end), SEARCH_LIMIT_M)
    return np.concatenate([network.node_xy, between]), np.concatenate([walk, more])


def _apart(xy: NDArray[np.float64], walk: NDArray[np.float64], scale: float) -> NDArray[np.int64]:
    """Return pairs of stations within reach whose walks differ by the link and what it should save: (n, 2), low first.

    Cells of the reach tell first where walks near by differ that much at all.
    """
    reach = REACH_M * scale
    cell = np.floor((xy - xy.min(axis=0)) / reach).astype(np.int64)
    shape = tuple(cell.max(axis=0) + 1)
    least, most = np.full(shape, np.inf), np.full(shape, -np.inf)
    np.minimum.at(least, tuple(cell.T), walk)
    np.maximum.at(most, tuple(cell.T), walk)
    lowest = minimum_filter(least, 3, mode="constant", cval=np.inf)[tuple(cell.T)]
    highest = maximum_filter(most, 3, mode="constant", cval=-np.inf)[tuple(cell.T)]
    far, near = np.flatnonzero(walk >= lowest + LEAST_SAVED_M), np.flatnonzero(walk <= highest - LEAST_SAVED_M)
    if not len(far) or not len(near):
        return np.empty((0, 2), np.int64)
    found = cKDTree(xy[far]).query_ball_point(xy[near], reach)
    count = np.array([len(some) for some in found])
    low = np.repeat(near, count)
    high = far[np.concatenate([np.array(some, np.int64) for some in found])] if count.any() else near[:0]
    line = np.hypot(*(xy[low] - xy[high]).T) / scale
    saves = walk[high] - walk[low] >= line + LEAST_SAVED_M
    return np.stack([low[saves], high[saves]], axis=1)


def _is_free(base: Baseline, lines: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return whether straight lines between streets cross no other street, no building, and no wall but fences."""
    length = shapely.length(lines)
    trim = np.minimum(_TRIM_M, length / 4)
    ends = [shapely.get_coordinates(shapely.line_interpolate_point(lines, along)) for along in (trim, length - trim)]
    inner = shapely.linestrings(np.stack(ends, axis=1))
    study = base.study
    is_free = np.ones(len(lines), bool)
    buildings = study.backdrop.geometry[study.backdrop["kind"] == "building"].to_numpy()
    for tree, shapes in ((base.network.tree, inner), (shapely.STRtree(buildings), inner), (_walls(base), lines)):
        is_free[tree.query(shapes, predicate="intersects")[0]] = False
    return is_free


def _walls(base: Baseline, *, fences: bool = False) -> shapely.STRtree:
    """Return the walls that stand for themselves, or those that are the fences of a railway, a road or water."""
    barriers, walls = barriers_of(base.study), base.study.walls.geometry.to_numpy()
    is_fence = barriers.kind[barriers.thing[: len(walls)]] != WALL
    return shapely.STRtree(walls[is_fence == fences])
