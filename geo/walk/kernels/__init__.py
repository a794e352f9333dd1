"""The compiled heart: searches on integer costs. Arrays in, arrays out; nothing else here.

Every kernel releases the interpreter lock, is compiled once with fixed types and cached on disk.
"""

from geo.walk.kernels.many_source import nearest, read_once
from geo.walk.kernels.one_source import around, weight_within
from geo.walk.kernels.shared import UNREACHED

__all__ = ["UNREACHED", "around", "nearest", "read_once", "weight_within"]
