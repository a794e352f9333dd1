"""How many people walk to each facility within its limit: a bounded search from each, on all cores."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from geo.walk.kernels import weight_within
from geo.walk.network import Network
from geo.walk.pairs import places_by_edge, seeds_by_owner
from geo.walk.reach import Entrances
from geo.walk.snap import Joins


def people_within(
    network: Network,
    entrances: Entrances,
    places: Joins,
    *,
    weight: NDArray[np.int64],
    owners: int,
    limit_m: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return the summed weight of the places within walking reach of each owner of entrances.

    Walked from the entrances to the places, in the costs of ``network``.

    Parameters
    ----------
    weight
        int64 (P,): thousandths of people at each place.
    owners
        Number of facilities F; ``entrances.owner`` counts them.
    limit_m
        float64 (F,): metres, access legs included; not a number for those not wanted.

    Returns
    -------
    total
        int64 (F,): 0 where no entrance joined or no limit was given.
    """
    limits = np.where(np.isfinite(limit_m), np.rint(np.nan_to_num(limit_m) * 100), -1).astype(np.int64)
    total = np.zeros(owners, np.int64)
    order, legs = places_by_edge(network, places, np.flatnonzero(places.is_joined & (weight > 0)))
    by_edge, by_owner = (legs, weight[order]), seeds_by_owner(entrances, owners)
    wanted = np.flatnonzero(limits >= 0)
    workers = os.cpu_count() or 1

    def work(rows: NDArray[np.int64]) -> None:
        weight_within(network.graph, by_edge, by_owner, limits, np.ascontiguousarray(rows), total)

    with ThreadPoolExecutor(max_workers=workers) as pool:
        list(pool.map(work, np.array_split(wanted, workers)))
    return total
