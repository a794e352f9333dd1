"""How the cost of one search grows with nodes, facilities, limit and threads."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from benchmarks.networks import make_network
from benchmarks.timing import FACILITIES, LIMIT_CM, in_turn, search, seeds
from geo.walk.network import Network
from geo.walk.search import nearest_keys


@dataclass(frozen=True)
class Curve:
    """Milliseconds of a search as one thing grows."""

    title: str
    unit: str
    points: tuple[tuple[float, float], ...]


def curves() -> list[Curve]:
    """Return the curves; the largest network has a million nodes."""
    networks = [make_network(nodes) for nodes in (10_000, 100_000, 1_000_000)]
    large = networks[-1]
    return [
        Curve("nodes", "nodes, a facility a thousand", tuple(
            (len(n.node_id), _ms(n, max(1, len(n.node_id) // 1000), LIMIT_CM)) for n in networks)),
        Curve("facilities", "facilities in a million nodes", tuple(
            (count, _ms(large, count, LIMIT_CM)) for count in (10, 100, 1_000, 10_000))),
        Curve("limit", "metres", tuple(
            (metres, _ms(large, FACILITIES, metres * 100)) for metres in (300, 600, 1_200, 2_500, 5_000))),
        Curve("threads", "threads, 8 searches", tuple(
            (threads, _threads(large, threads)) for threads in range(1, (os.cpu_count() or 1) + 1))),
    ]  # fmt: skip


def _ms(network: Network, facilities: int, limit_cm: int) -> float:
    at = seeds(network, facilities, np.random.default_rng(8))
    return (
        1000 * in_turn(3, ours=lambda: nearest_keys(network, at, np.arange(len(at), dtype=np.uint64), limit_cm))["ours"]
    )


def _threads(network: Network, threads: int) -> float:
    at = seeds(network, FACILITIES, np.random.default_rng(9))

    def run() -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda _: search(network, at), range(8)))

    return 1000 * in_turn(3, ours=run)["ours"]
