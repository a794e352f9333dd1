"""Types and constants that the kernels share."""

from __future__ import annotations

import numpy as np
from numba import types

UNREACHED = np.iinfo(np.int32).max
"""Cost of a node that the search did not reach; turned into ``inf`` before anybody sees it."""

SHORTS = types.Array(types.uint32, 1, "C", readonly=True)
KEYS = types.Array(types.uint64, 1, "C", readonly=True)
INTS = types.Array(types.int32, 1, "C", readonly=True)
LONGS = types.Array(types.int64, 1, "C", readonly=True)
OUT = types.int32[::1]
GRAPH = types.Tuple((SHORTS, KEYS, INTS, INTS, INTS, INTS, INTS))
"""``(first_arc, arc, arc_edge, edge_from, edge_to, edge_ahead, edge_back)``: both costs of every edge."""

PLACES = types.Tuple((LONGS, INTS, INTS, INTS))
"""``(first, ahead, back, access)``: the places on edge ``e`` are ``first[e]:first[e + 1]``, int64 (E + 1,); int32 (P,)
of the cost from the edge's start to the place, from the place to the start, and of its access leg."""

SEEDS = types.Tuple((LONGS, INTS, INTS, INTS, INTS))
"""``(first, edge, ahead, back, access)``: origin ``k`` enters at ``first[k]:first[k + 1]``; costs as in `PLACES`."""

COST_BITS, NODE_BITS = np.uint64(0xFFFFFFFF00000000), np.uint64(0x00000000FFFFFFFF)
HALF, ONE = np.uint64(32), np.uint64(1)
