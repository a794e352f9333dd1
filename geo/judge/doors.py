"""Homes with more than one way out, as after a scenario: the door of before, one that an edit opened, and one instead
of a door that an edit shut.

Who gains a door walks the shorter way. Who loses one takes the next, and never gains by that: the longer way counts, as
the next door could have been taken before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geo.walk.network import Network
from geo.walk.pairs import Pairs, pairs_of
from geo.walk.reach import Entrances
from geo.walk.snap import Joins, is_on_island


@dataclass(frozen=True)
class Doors:
    """How D homes and K entrances join the streets where they have more than one way.

    Attributes
    ----------
    homes
        The first door of every home (D rows).
    more, more_row, is_instead
        M further doors, int64 (M,) the home each belongs to, bool (M,) whether it is taken instead of the first, which
        is shut. A home has at most one of either kind.
    entrances, more_entrances, more_entrance_row
        The same for entrances (K rows); further ones only add.
    known
        Categories that had a facility before edits: one whose last is closed is not unknown for that, and one that
        gets its first stays unknown to those who do not reach it. None: those of the study.
    """

    homes: Joins
    more: Joins
    more_row: NDArray[np.int64]
    is_instead: NDArray[np.bool_]
    entrances: Joins
    more_entrances: Joins
    more_entrance_row: NDArray[np.int64]
    known: frozenset[str] | None = None

    @property
    def places(self) -> Joins:
        """All doors of homes: D first ones, then M further ones."""
        return concatenated(self.homes, self.more)


def single(homes: Joins, entrances: Joins) -> Doors:
    """Return the doors where everybody has one."""
    none = np.empty(0, np.int64)
    return Doors(homes, homes.take(none), none, np.empty(0, bool), entrances, entrances.take(none), none)


def concatenated(first: Joins, second: Joins) -> Joins:
    """Return the joins of places one after the other."""
    names = ("edge", "offset_cm", "access_cm", "is_refused")
    return Joins(*(np.concatenate([getattr(first, name), getattr(second, name)]) for name in names))


def of_homes(
    doors: Doors, cost: NDArray[np.float64], owner: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return the walk of every home and whom it leads to, from those of all doors: (D + M, G) to (D, G)."""
    count = len(doors.homes.edge)
    walk, whom = cost[:count], owner[:count]
    for is_instead in (True, False):
        at = np.flatnonzero(doors.is_instead == is_instead)
        if not len(at):
            continue
        row, other, other_whom = doors.more_row[at], cost[count + at], owner[count + at]
        is_less = (other < walk[row]) | ((other == walk[row]) & (other_whom < whom[row]))
        takes_other = ~is_less if is_instead else is_less
        walk[row] = np.where(takes_other, other, walk[row])
        whom[row] = np.where(takes_other, other_whom, whom[row])
    return walk, whom


def outlook(network: Network, doors: Doors) -> tuple[Joins, NDArray[np.bool_]]:
    """Return the door that stands for each home, -1 where all are shut, and whether it leads to islands only."""
    stands, alone = doors.homes, is_on_island(network, doors.homes)
    if not len(doors.more_row):
        return stands, alone
    edge, offset, access = stands.edge.copy(), stands.offset_cm.copy(), stands.access_cm.copy()
    far, instead = is_on_island(network, doors.more), doors.is_instead
    for at in (np.flatnonzero(instead), np.flatnonzero(~instead)):
        row = doors.more_row[at]
        is_better = instead[at] | (edge[row] < 0) | (alone[row] & doors.more.is_joined[at] & ~far[at])
        row, at = row[is_better], at[is_better]
        edge[row], offset[row], access[row] = doors.more.edge[at], doors.more.offset_cm[at], doors.more.access_cm[at]
        alone[row] = far[at]
    return Joins(edge, offset, access, stands.is_refused), alone


def pairs_by_doors(
    network: Network, entrances: Entrances, doors: Doors, *, owners: int, limit_m: float
) -> Iterator[Pairs]:
    """Yield the pairs of facility and home within a limit, for the homes with several doors only.

    ``place`` is the row of the home; all else as in `geo.walk.pairs.pairs_of`.
    """
    rows, count = np.unique(doors.more_row), len(doors.homes.edge)
    if not len(rows):
        return
    some = concatenated(doors.homes.take(rows), doors.more)
    at_home = np.concatenate([rows, doors.more_row])
    slot = np.concatenate([np.zeros(len(rows), int), np.where(doors.is_instead, 1, 2)])
    has_instead = np.zeros(count, bool)
    has_instead[doors.more_row[doors.is_instead]] = True
    for pairs in pairs_of(network, entrances, some, owners=owners, limit_m=limit_m):
        key, nth = np.unique(pairs.owner.astype(np.int64) * count + at_home[pairs.place], return_inverse=True)
        walk = np.full((len(key), 3), np.inf)
        walk[nth, slot[pairs.place]] = pairs.walk_m
        owner, home = key // count, key % count
        first = np.where(has_instead[home], np.maximum(walk[:, 0], walk[:, 1]), walk[:, 0])
        walk_m = np.minimum(first, walk[:, 2])
        near = np.isfinite(walk_m)
        yield Pairs(owner[near].astype(np.int32), home[near].astype(np.int32), walk_m[near])


def pairs_of_homes(
    network: Network, entrances: Entrances, doors: Doors, *, owners: int, limit_m: float
) -> Iterator[Pairs]:
    """Yield the pairs of facility and home within a limit, first of homes with one door, then of the others."""
    yield from pairs_of(network, entrances, with_one_door(doors), owners=owners, limit_m=limit_m)
    yield from pairs_by_doors(network, entrances, doors, owners=owners, limit_m=limit_m)


def with_one_door(doors: Doors) -> Joins:
    """Return how the homes join that have one door; those with several join nothing."""
    edge = doors.homes.edge.copy()
    edge[doors.more_row] = -1
    return replace(doors.homes, edge=edge)


def weight_by_doors(
    network: Network, entrances: Entrances, doors: Doors, *, weight: NDArray[np.int64], limit_m: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the summed weight of the homes with several doors within walking reach of each facility: int64 (F,).

    ``limit_m`` float64 (F,) as in `geo.walk.within.people_within`.
    """
    total = np.zeros(len(limit_m), np.int64)
    if not np.isfinite(limit_m).any():
        return total
    widest = float(np.nanmax(limit_m))
    for pairs in pairs_by_doors(network, entrances, doors, owners=len(limit_m), limit_m=widest):
        is_near = pairs.walk_m <= limit_m[pairs.owner]
        np.add.at(total, pairs.owner[is_near], weight[pairs.place[is_near]])
    return total
