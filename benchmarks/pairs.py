"""Every pair within a limit: from many facilities to a place on every street, against SciPy one facility at a time."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.timing import FACILITIES, LIMIT_CM, Ratio, in_turn
from geo.walk.network import Network
from geo.walk.pairs import pairs_of
from geo.walk.reach import Entrances
from geo.walk.snap import Joins


def pairs_case(network: Network) -> Ratio:
    """1,000 facilities, a place at the start of every piece of street, 1,200 m; all cores, streamed."""
    dice = np.random.default_rng(11)
    edges = dice.choice(len(network.edge_cm), FACILITIES, replace=False).astype(np.int32)
    zero, none = np.zeros(FACILITIES, np.int32), np.zeros(len(network.edge_cm), np.int32)
    doors = Entrances(Joins(edges, zero, zero, zero.astype(bool)), np.arange(FACILITIES, dtype=np.int32), zero)
    places = Joins(np.arange(len(none), dtype=np.int32), none, none, none.astype(bool))
    shape = (len(network.node_id), len(network.node_id))
    graph = csr_array((network.arc_cm.astype(float), network.arc_to, network.first_arc.astype(np.int32)), shape=shape)
    found: list[int] = []

    def ours() -> None:
        some = pairs_of(network, doors, places, owners=FACILITIES, limit_m=LIMIT_CM / 100)
        found[:] = [sum(len(part.owner) for part in some)]

    def scipy() -> None:
        for node in network.edge_from[edges[:: FACILITIES // 20]]:
            dijkstra(graph, indices=node, limit=float(LIMIT_CM))

    took = in_turn(3, ours=ours, scipy_of_a_fiftieth=scipy)
    note = f"{shape[0]:,} nodes, {FACILITIES:,} facilities, {found[0]:,} pairs; SciPy measured on 20 of them and scaled"
    return Ratio("pairs_vs_scipy", 50 * took["scipy_of_a_fiftieth"] / took["ours"], took, note)
