"""Heights of bridges and tunnels: a raster tells the ground, not the deck, so they run straight between their ends.

A bridge may be many pieces with junctions on it. The heights of these junctions are those of a line, or a net of lines,
stretched between the ends: each is the mean of its neighbours', the nearer the heavier.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array, diags_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

Floats = NDArray[np.float64]


def stretch_decks(streets: gpd.GeoDataFrame, ground: Floats) -> Floats:
    """Return the heights of both ends of every piece (E, 2) on its deck; ``nan`` off bridges and where unknown.

    Parameters
    ----------
    ground
        Heights of both ends of every piece as the raster tells them, (E, 2), ``nan`` where unknown.

    Notes
    -----
    A bridge or tunnel meets the ground where a piece that is neither it nor steps nor a lift goes on; where there is
    none, at its loose ends and where steps begin.
    """
    on_deck = streets["structure"].notna().to_numpy()
    height = np.full((len(streets), 2), np.nan)
    if not on_deck.any():
        return height
    nodes, at = np.unique(streets[["from_node", "to_node"]].to_numpy(np.int64).ravel(), return_inverse=True)
    ends = at.reshape(-1, 2)
    deck, told = ends[on_deck], np.full(len(nodes), np.nan)
    told[ends.ravel()] = ground.ravel()
    anchor = _anchors(streets["kind"], ends, on_deck, len(nodes))
    length = streets["length_m"].to_numpy(dtype=float)[on_deck]
    weight = np.where(deck[:, 0] == deck[:, 1], 0.0, 1.0 / np.maximum(length, 0.01))
    both = (deck.T.ravel(), deck[:, ::-1].T.ravel())
    links = coo_array((np.tile(weight, 2), both), shape=(len(nodes), len(nodes))).tocsr()
    free = np.setdiff1d(deck, np.flatnonzero(anchor))
    if len(free):
        held = links[free] @ np.where(anchor, told, 0.0)
        told[free] = spsolve((diags_array(links[free].sum(axis=1)) - links[free][:, free]).tocsc(), held)
    height[on_deck] = told[deck]
    return height


def _anchors(
    kind: pd.Series[str], ends: NDArray[np.int64], on_deck: NDArray[np.bool_], nodes: int
) -> NDArray[np.bool_]:
    """Return at which nodes a deck meets the ground."""
    climbs = kind.isin(["steps", "elevator"]).to_numpy()
    is_deck, is_ground, is_met = (np.zeros(nodes, bool) for _ in range(3))
    is_deck[ends[on_deck]] = True
    is_ground[ends[~on_deck & ~climbs]] = True
    is_met[ends[~on_deck]] = True
    is_met |= np.bincount(ends[on_deck].ravel(), minlength=nodes) == 1
    links = coo_array((np.ones(on_deck.sum(), np.int8), tuple(ends[on_deck].T)), shape=(nodes, nodes))
    _, part = connected_components(links, directed=False)
    has_ground = np.bincount(part, is_deck & is_ground) > 0
    has_any = np.bincount(part, is_deck & is_met) > 0
    chosen = np.where(has_ground[part], is_ground, np.where(has_any[part], is_met, True))
    return np.asarray(is_deck & chosen)
