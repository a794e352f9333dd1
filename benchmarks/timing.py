"""How a case is timed: us and a rival in the same run, turn by turn; the ratio of medians counts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.walk.network import Network
from geo.walk.search import nearest_keys

NODES, FACILITIES, LIMIT_CM, CATEGORIES = 1_000_000, 1_000, 120_000, 25
TURNS = 5


@dataclass(frozen=True)
class Ratio:
    """A ratio under the name of the contract, what was timed (seconds), and a word on how."""

    name: str
    value: float | None
    seconds: dict[str, float]
    note: str


def in_turn(turns: int = TURNS, **work: Callable[[], object]) -> dict[str, float]:
    """Run each piece of work in turn, several times, after one run that does not count; return medians in seconds."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(turns + 1):
        for name, run in work.items():
            begin = time.perf_counter()
            run()
            if turn:
                times[name].append(time.perf_counter() - begin)
    return {name: statistics.median(found) for name, found in times.items()}


def processor_time(run: Callable[[], object]) -> float:
    """Return the seconds that all cores together spent on a piece of work, whatever else they did meanwhile."""
    begin = time.process_time()
    run()
    return time.process_time() - begin


def seeds(network: Network, count: int, dice: np.random.Generator) -> NDArray[np.uint32]:
    """Return junctions of the largest part, drawn at random, ascending."""
    return np.sort(dice.choice(np.flatnonzero(network.component == 0), count, replace=False)).astype(np.uint32)


def search(network: Network, at: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Return cost and label of every node; the search that is measured."""
    return nearest_keys(network, at, np.arange(len(at), dtype=np.uint64), LIMIT_CM)
