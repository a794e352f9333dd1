"""Floating catchments: how much of a supply each place may count on, when those within reach share each facility.

Two steps (Luo and Wang 2003): each facility shares its supply among all people who reach it; each place adds up the
shares of the facilities it reaches. E2SFCA (Luo and Qi 2009) weighs both steps by distance; 3SFCA (Wan, Zou and
Sternberg 2012) also lets each place divide its people among the facilities, the nearer ones first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ZONES = ((1 / 3, 1.0), (2 / 3, 0.68), (1.0, 0.22))
"""Share of the threshold and weight up to it: the three zones of Luo and Qi (2009)."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Catchment:
    """Who reaches what: n pairs of place and facility with the metres between, of D places and F facilities."""

    place: NDArray[np.int64]
    facility: NDArray[np.int64]
    walk_m: Floats
    places: int
    facilities: int

    def by_place(self, values: Floats) -> Floats:
        """Return the sum over each place of values given for the pairs: float64 (D,)."""
        return np.bincount(self.place, weights=values, minlength=self.places).astype(np.float64)

    def by_facility(self, values: Floats) -> Floats:
        """Return the sum over each facility of values given for the pairs: float64 (F,)."""
        return np.bincount(self.facility, weights=values, minlength=self.facilities).astype(np.float64)


def zone_weights(walk_m: Floats, limit_m: float) -> Floats:
    """Return the weight of distances by `ZONES`; 0 beyond the limit."""
    share = walk_m / limit_m
    return np.select([share <= bound for bound, _ in ZONES], [weight for _, weight in ZONES], 0.0)


def two_step(reach: Catchment, supply: Floats, demand: Floats) -> Floats:
    """Return the 2SFCA accessibility of every place: units of supply a person, 0 where nothing is reached.

    Parameters
    ----------
    supply
        float64 (F,): places, beds or seats; a facility without demand in reach shares nothing.
    demand
        float64 (D,): people.
    """
    return _shared(reach, supply, demand, np.ones(len(reach.walk_m)))


def enhanced_two_step(reach: Catchment, supply: Floats, demand: Floats, weight: Floats) -> Floats:
    """Return the E2SFCA accessibility: as `two_step`, both steps weighed; ``weight`` is float64 (n,)."""
    return _shared(reach, supply, demand, weight)


def three_step(reach: Catchment, supply: Floats, demand: Floats, weight: Floats) -> Floats:
    """Return the 3SFCA accessibility: each place prefers facilities by their share of the weights it reaches."""
    total = reach.by_place(weight)[reach.place]
    preference = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    return _shared(reach, supply, demand, weight * preference)


def _shared(reach: Catchment, supply: Floats, demand: Floats, weight: Floats) -> Floats:
    wanted = reach.by_facility(weight * demand[reach.place])
    share = np.divide(supply, wanted, out=np.zeros(reach.facilities), where=wanted > 0)
    return reach.by_place(weight * share[reach.facility])
