"""The connected parts of a network after an edit, from those before it and the streets made anew near the edit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.walk.build import CM_PER_M
from geo.walk.network import Network


def merged(
    network: Network, new: Network, node: NDArray[np.int64], gone: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.float64]] | None:
    """Return the component of every node after, and the metres of each, or None where the edit parts what was one.

    Where the ends of every street that is replaced still meet near the edit, what was connected still is: the parts
    of before are merged by the new streets, and no other street need be looked at.

    Parameters
    ----------
    new, node
        The streets near the edit made anew, and the place of each of its junctions in the network after.
    gone
        Edges of the network that they replace.
    """
    count, parts = len(network.node_id), len(network.component_m)
    known = np.flatnonzero(node < count)
    order = known[np.argsort(node[known])]
    ends = np.stack([network.edge_from[gone], network.edge_to[gone]], axis=1).astype(np.int64)
    at = np.minimum(np.searchsorted(node[order], ends), max(len(order) - 1, 0))
    is_here = node[order][at] == ends if len(order) else np.zeros(ends.shape, bool)
    local = new.component[order][at] if len(order) else np.zeros(ends.shape, np.int32)
    lost = np.unique(ends[~is_here])
    degree = network.first_arc[lost + 1].astype(np.int64) - network.first_arc[lost]
    # What met at a junction that no longer is may meet no more; only the loose end of a street may go.
    if (degree > 1).any() or (is_here.all(axis=1) & (local[:, 0] != local[:, 1])).any():
        return None
    links = np.unique(np.stack([network.component[node[known]], parts + new.component[known]]), axis=1)
    size = parts + len(new.component_m)
    joined = coo_array((np.ones(links.shape[1], np.int8), tuple(links)), shape=(size, size))
    label = connected_components(joined, directed=False)[1]
    metres = np.bincount(label[:parts], weights=network.component_m, minlength=label.max() + 1)
    metres += np.bincount(label[parts:], weights=new.component_m, minlength=len(metres))
    was = label[network.component[ends[:, 0]]]
    metres -= np.bincount(was, weights=network.edge_cm[gone] / CM_PER_M, minlength=len(metres))
    by_size = np.argsort(-metres, kind="stable")
    rank = np.empty(len(metres), np.int32)
    rank[by_size] = np.arange(len(metres))
    component = np.zeros(max(count, int(node.max()) + 1), np.int32)
    component[:count] = rank[label[:parts]][network.component]
    component[node] = rank[label[parts:]][new.component]
    return component, np.asarray(metres[by_size], np.float64)
