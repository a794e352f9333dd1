"""What a network costs: bytes an edge and a node, on disk and in memory."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from geo.walk.network import Network
from geo.walk.search import contracted

_OF_NODES = frozenset({"node_id", "node_xy", "first_arc", "component", "component_m"})


@dataclass(frozen=True)
class Size:
    """Bytes an edge (its arcs and the vertices of its line among them) and a node; on disk, and in memory in all.

    In memory the contracted graph of the search comes on top, made when first asked for.
    """

    disk_per_edge: float
    disk_per_node: float
    memory_per_edge: float
    memory_per_node: float


def size_of(network: Network) -> Size:
    """Return the bytes of a network's arrays; the index for joining places and what a profile adds are not in it."""
    nodes, edges = len(network.node_id), len(network.edge_cm)
    sizes = {field.name: np.asarray(getattr(network, field.name)).nbytes for field in fields(Network)}
    by_node = sum(size for name, size in sizes.items() if name in _OF_NODES)
    by_edge = sum(sizes.values()) - by_node
    small = contracted(network)
    more_by_node = small.node.nbytes + small.place.nbytes + small.gone.nbytes
    more_by_node += 0 if np.shares_memory(small.there, small.gone) else small.there.nbytes
    return Size(
        by_edge / edges, by_node / nodes, (by_edge + small.arc.nbytes) / edges, (by_node + more_by_node) / nodes
    )  # fmt: skip
