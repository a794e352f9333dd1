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
GRAPH = types.Tuple((SHORTS, KEYS, INTS, INTS, INTS, INTS))
PLACES = types.Tuple((LONGS, INTS, INTS, LONGS))
SEEDS = types.Tuple((LONGS, INTS, INTS, INTS))

COST_BITS, NODE_BITS = np.uint64(0xFFFFFFFF00000000), np.uint64(0x00000000FFFFFFFF)
HALF, ONE = np.uint64(32), np.uint64(1)
