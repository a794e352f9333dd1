"""The compiled heart of reading: what is done to every byte of a file. Arrays in, arrays out; nothing else here.

Every kernel releases the interpreter lock, is compiled once with fixed types and cached on disk.
"""

from geo.intake.kernels.wire import (
    count_messages,
    find_words,
    running_totals,
    split_messages,
    walk_nodes,
    walk_ways,
)

__all__ = ["count_messages", "find_words", "running_totals", "split_messages", "walk_nodes", "walk_ways"]
