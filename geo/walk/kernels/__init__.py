"""The compiled heart: searches on integer costs. Arrays in, arrays out; nothing else here.

Every kernel releases the interpreter lock, is compiled once with fixed types and cached on disk.
"""

from geo.walk.kernels.contracting import contract
from geo.walk.kernels.gathering import gathered, middles
from geo.walk.kernels.lifting import as_metres, finish, lift
from geo.walk.kernels.many_source import nearest, read_once
from geo.walk.kernels.many_to_many import nearest_k, nearest_k_at, pairs_within
from geo.walk.kernels.one_source import around, weight_within
from geo.walk.kernels.repairing import repair
from geo.walk.kernels.shared import UNREACHED
from geo.walk.kernels.snapping import fill_cells, nearest_stretches

__all__ = [
    "UNREACHED", "around", "as_metres", "contract", "fill_cells", "finish", "gathered", "lift", "middles",
    "nearest", "nearest_k", "nearest_k_at", "nearest_stretches", "pairs_within", "read_once", "repair", "weight_within",
]  # fmt: skip
