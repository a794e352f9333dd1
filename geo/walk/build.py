"""Making the network: streets to arrays, walls cut out, nodes along a Hilbert curve.

Every piece of street becomes an edge; a piece that a wall cuts becomes several that no longer meet. Nothing is
simplified and nothing is dropped: loops, parallel pieces and pieces of no length stay.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.ops import substring

from geo.model.crs import WGS84, ground_scale
from geo.model.errors import NetworkError
from geo.model.study import Study
from geo.walk.network import HINDRANCES, Network, pack_arcs, pack_vertices
from geo.walk.walls import TOUCH_M, find_crossings

CM_PER_M = 100
_WHEELCHAIR = {"limited": 1, "no": 2, "yes": 3}


@dataclass(frozen=True)
class Pieces:
    """Edges before they are laid out: street row, end junctions, line, centimetres."""

    row: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    line: NDArray[np.object_]
    cm: NDArray[np.int64]


@dataclass(frozen=True)
class _Traits:
    """What is told of every piece besides its length; see the attributes of `Network`."""

    is_steps: NDArray[np.bool_]
    wheelchair: NDArray[np.int8]
    climb: NDArray[np.float32]
    hindrance: NDArray[np.unsignedinteger]
    hindrances: NDArray[np.bytes_]


def build_network(study: Study, *, scale: float | None = None) -> Network:
    """Return the walking network of a study, with the walls that block paths cut out.

    Parameters
    ----------
    scale
        Metres of study.crs per metre on the ground; None takes that in the middle of the streets.

    Raises
    ------
    NetworkError
        The study has no streets.
    """
    if study.streets.empty:
        raise NetworkError("The study has no walkable streets; load an OSM file or a street layer.")
    pieces = pieces_of(study.streets, study.walls, study.gates)
    is_steps = study.streets["is_steps"].to_numpy(dtype=bool)[pieces.row]
    wheelchair = study.streets["wheelchair"].map(_WHEELCHAIR).fillna(0).to_numpy(dtype=np.int8)[pieces.row]
    climb = study.streets[["climb_forward", "climb_back"]].to_numpy(dtype=np.float32)[pieces.row]
    met, hindrance = _hindrances(study.streets)
    traits = _Traits(is_steps, wheelchair, np.nan_to_num(climb, nan=1.0), met[pieces.row], hindrance)
    return lay_out(pieces, traits, scale or _scale(study))


def _scale(study: Study) -> float:
    west, south, east, north = study.streets.total_bounds
    middle = gpd.GeoSeries(gpd.points_from_xy([(west + east) / 2], [(south + north) / 2]), crs=study.crs)
    centre = middle.to_crs(WGS84).iloc[0]
    return ground_scale(study.crs, centre.x, centre.y)


def _hindrances(streets: gpd.GeoDataFrame) -> tuple[NDArray[np.unsignedinteger], NDArray[np.bytes_]]:
    """Return for every street which combination of `HINDRANCES` it has, and the combinations; both in few bytes."""
    told = {"width_m": "{:.2f}", "incline": "{:.3f}"}
    codes, words = np.zeros(len(streets), np.int64), []
    for column in HINDRANCES:
        form = told.get(column, "{}")
        code, found = pd.factorize(streets[column])
        words.append(np.array(["", *(form.format(value) for value in found)]))
        codes = codes * len(words[-1]) + code + 1
    _, first, number = np.unique(codes, return_index=True, return_inverse=True)
    places = [pd.factorize(streets[column])[0][first] + 1 for column in HINDRANCES]
    table = np.stack([word[place] for word, place in zip(words, places, strict=True)], axis=1)
    return number.astype(np.min_scalar_type(len(table))), np.char.encode(table, "utf-8")


def lay_out(pieces: Pieces, traits: _Traits, scale: float) -> Network:
    """Return the pieces as a `Network`: nodes sorted along a Hilbert curve, arcs in CSR.

    A piece cut by a wall keeps the ``traits`` of the whole.
    """
    node_id, node_xy, start, end = _nodes(pieces)
    edges = len(pieces.row)
    tail, head = np.concatenate([start, end]), np.concatenate([end, start])
    cm = np.concatenate([pieces.cm, pieces.cm])
    edge = np.concatenate([np.arange(edges), np.arange(edges)])
    order = np.lexsort((edge, cm, head, tail))
    first = np.zeros(len(node_id) + 1, np.uint32)
    np.cumsum(np.bincount(tail, minlength=len(node_id)), out=first[1:])
    vertices, owner = shapely.get_coordinates(pieces.line, return_index=True)
    vertex_start = np.zeros(edges + 1, np.int32)
    np.cumsum(np.bincount(owner, minlength=edges), out=vertex_start[1:])
    vertex_at, vertex_frame = pack_vertices(vertices)
    component, component_m = components(start, end, pieces.cm, len(node_id))
    return Network(
        node_id=node_id,
        node_xy=node_xy,
        first_arc=first,
        arc=pack_arcs(head[order], cm[order]),
        arc_edge=edge[order].astype(np.int32),
        edge_from=start.astype(np.int32),
        edge_to=end.astype(np.int32),
        edge_cm=pieces.cm.astype(np.int32),
        edge_is_steps=traits.is_steps,
        edge_wheelchair=traits.wheelchair,
        edge_climb=traits.climb,
        edge_hindrance=traits.hindrance,
        hindrance=traits.hindrances,
        edge_row=pieces.row.astype(np.int32),
        vertex_start=vertex_start,
        vertex_at=vertex_at,
        vertex_frame=vertex_frame,
        component=component,
        component_m=component_m,
        ground_scale=scale,
    )


def pieces_of(streets: gpd.GeoDataFrame, walls: gpd.GeoDataFrame, gates: gpd.GeoDataFrame) -> Pieces:
    """Return the edges that streets make, cut where walls block them; ``row`` counts the streets given."""
    return _cut_by_walls(_whole_pieces(streets), walls, gates)


def _whole_pieces(streets: gpd.GeoDataFrame) -> Pieces:
    return Pieces(
        np.arange(len(streets)),
        streets["from_node"].to_numpy(dtype=np.int64),
        streets["to_node"].to_numpy(dtype=np.int64),
        streets.geometry.to_numpy(),
        np.rint(streets["length_m"].to_numpy(dtype=float) * CM_PER_M).astype(np.int64),
    )


def _cut_by_walls(pieces: Pieces, walls: gpd.GeoDataFrame, gates: gpd.GeoDataFrame) -> Pieces:
    """Return the pieces with every blocked crossing cut: both sides end there and do not meet."""
    crossings = find_crossings(pieces.line, walls, gates)
    street, along = crossings.street[crossings.cuts], crossings.along_m[crossings.cuts]
    if not len(street):
        return pieces
    cut = np.zeros(len(pieces.row), bool)
    cut[street] = True
    next_node = min(-1, int(min(pieces.start.min(), pieces.end.min())) - 1)
    made: list[tuple[int, int, int, shapely.LineString, int]] = []
    for row in np.flatnonzero(cut).tolist():
        parts, next_node = _cut_piece(pieces, row, along[street == row], next_node)
        made += parts
    keep = ~cut
    return Pieces(
        np.concatenate([pieces.row[keep], [m[0] for m in made]]).astype(np.int64),
        np.concatenate([pieces.start[keep], [m[1] for m in made]]).astype(np.int64),
        np.concatenate([pieces.end[keep], [m[2] for m in made]]).astype(np.int64),
        np.concatenate([pieces.line[keep], np.array([m[3] for m in made], dtype=object)]),
        np.concatenate([pieces.cm[keep], [m[4] for m in made]]).astype(np.int64),
    )


def _cut_piece(
    pieces: Pieces, at: int, along: NDArray[np.float64], next_node: int
) -> tuple[list[tuple[int, int, int, shapely.LineString, int]], int]:
    """Return the parts of one piece between its cuts, and the next free number for a loose end."""
    line, length = pieces.line[at], pieces.line[at].length
    start, end = int(pieces.start[at]), int(pieces.end[at])
    if (along <= TOUCH_M).any():
        start, next_node = next_node, next_node - 1
    if (along >= length - TOUCH_M).any():
        end, next_node = next_node, next_node - 1
    inside = np.unique(along[(along > TOUCH_M) & (along < length - TOUCH_M)])
    stops = [0.0, *inside.tolist(), length]

    def place_cm(along: float) -> int:
        """Round places and not lengths, so that the parts add up to the whole."""
        return round(int(pieces.cm[at]) * along / length) if length else 0

    parts = []
    for number, (a, b) in enumerate(itertools.pairwise(stops)):
        part_start = start if number == 0 else next_node
        next_node -= number > 0
        is_last = number == len(stops) - 2
        part_end = end if is_last else next_node
        next_node -= not is_last
        cm = place_cm(b) - place_cm(a)
        part = line if len(stops) == 2 else substring(line, a, b)
        parts.append((int(pieces.row[at]), part_start, part_end, part, cm))
    return parts, next_node


def _nodes(
    pieces: Pieces,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return junction numbers and places along the Hilbert curve, and both ends of every piece as positions."""
    ends = np.concatenate([pieces.start, pieces.end])
    places = np.concatenate([shapely.get_point(pieces.line, 0), shapely.get_point(pieces.line, -1)])
    ids, first, position = np.unique(ends, return_index=True, return_inverse=True)
    points = gpd.GeoSeries(places[first])
    order = np.lexsort((ids, points.hilbert_distance().to_numpy()))
    rank = np.empty(len(ids), np.int64)
    rank[order] = np.arange(len(ids))
    xy = shapely.get_coordinates(places[first][order])
    count = len(pieces.row)
    return ids[order], xy, rank[position[:count]], rank[position[count:]]


def components(
    start: NDArray[np.int64], end: NDArray[np.int64], cm: NDArray[np.int64], nodes: int
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return the component of every node, 0 the one with most street, and the metres of each."""
    links = coo_array((np.ones(len(start), np.int8), (start, end)), shape=(nodes, nodes))
    count, label = connected_components(links, directed=False)
    metres = np.bincount(label[start], weights=cm / CM_PER_M, minlength=count)
    order = np.argsort(-metres, kind="stable")
    rank = np.empty(count, np.int32)
    rank[order] = np.arange(count)
    return rank[label], metres[order].astype(np.float64)
