"""Where to build: the best sites among candidates for a category, or for several in one building, with the proven gap.

Who is served is measured as everywhere, by the cost of the rule from the homes; so a scenario that builds the sites
gains exactly the people told here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack, vstack

from geo.model.crs import WGS84
from geo.model.errors import InputError, Problem
from geo.plan.baseline import Baseline
from geo.plan.briefs import Brief, check_brief, factor_of
from geo.plan.candidates import Candidates
from geo.plan.edits import Edit
from geo.plan.moves import Moved, Moves, best_moves
from geo.plan.proofs import best_of
from geo.plan.scenario import Scenario
from geo.plan.seats import most_served
from geo.plan.serving import Ints, Want, costs_of, facilities_of, near, places_of, savings, wants_of
from geo.plan.site_figures import Found, figures_of, frame_of
from geo.plan.solve import Choice, fewest, in_order, least_worst, most_benefit


@dataclass(frozen=True)
class Sites:
    """Chosen sites in the order of building (layer ``sites``, study.crs), what is told of the whole, how to build."""

    frame: gpd.GeoDataFrame
    figures: dict[str, Any]
    edits: tuple[Edit, ...]


def find_sites(base: Baseline, brief: Brief, candidates: Candidates) -> Sites:
    """Return at most ``brief.count`` sites; for the goal "all" as few as do.

    Raises
    ------
    NotFoundError
        No rule of the standard names a category.
    InputError
        Options that do not go together, a rule that asks for more than the nearest, people not stated, or no candidate.
    """
    check_brief(brief)
    wants = wants_of(base, brief.categories)
    if not candidates.ids:
        raise InputError(
            Problem("candidates", "there are none.", "Give points, or take streets.", code="no_candidates")
        )
    found = _moved(base, brief, candidates, wants[0]) if brief.closing else _built(base, brief, candidates, wants)
    return Sites(
        frame_of(base, brief, candidates, found),
        figures_of(base, brief, len(candidates.ids), found),
        _edits(base, brief, candidates, found),
    )


def as_scenario(sites: Sites, name: str) -> Scenario:
    """Return the scenario that builds the sites, in their order, and closes what is given up for them."""
    return Scenario(name, sites.edits)


def _built(base: Baseline, brief: Brief, candidates: Candidates, wants: tuple[Want, ...]) -> Found:
    """Choose sites while all that is there stays."""
    places = places_of(base, candidates.points)
    is_walk = brief.goal in ("average", "worst")
    costs = []
    for want in wants:
        ceiling = np.where(want.is_open, want.threshold, 0.0)
        if is_walk:
            ceiling = np.maximum(ceiling, np.minimum(want.before, want.far))
        costs.append(costs_of(base, want, places, ceiling))
    covers = tuple(near(want, cost, want.is_open) for want, cost in zip(wants, costs, strict=True))
    factors = [factor_of(base, brief, want) for want in wants]
    limits: dict[str, Any] = {"is_exact": brief.is_exact, "time_limit_s": brief.time_limit_s}
    if brief.capacity is not None:
        seated = most_served(covers[0], brief.capacity * 1000, brief.count, **limits)
        choice = Choice(seated.chosen, seated.value, seated.bound)
        return Found(wants, covers, choice, wants[0].capped(wants[0].before), served=seated.served)
    before = wants[0].capped(wants[0].before)
    if brief.goal == "people":
        parts = [_scaled(some, factor) for some, factor in zip(covers, factors, strict=True)]
        choice = most_benefit(hstack(parts).tocsr(), brief.count, **limits)
    elif brief.goal == "all":
        choice = fewest(hstack(covers).tocsr(), **limits)
    elif brief.goal == "average":
        choice = most_benefit(_scaled(savings(wants[0], costs[0], before), factors[0]), brief.count, **limits)
    else:
        choice = _least_worst(wants[0], costs[0], before, brief)
    return Found(wants, covers, choice, before, factors=tuple(factors))


def _moved(base: Baseline, brief: Brief, candidates: Candidates, want: Want) -> Found:
    """Choose sites where some facilities of the category may be given up for them."""
    there, rows = facilities_of(base, brief.categories[0])
    limit = max(want.far, want.threshold) if brief.goal == "average" else want.threshold
    ceiling = np.full(len(want.people), limit)
    costs = [costs_of(base, want, places, ceiling) for places in (there, places_of(base, candidates.points))]
    cost = csr_array(vstack(costs).tocsr())
    not_fixed = want.fixed > want.threshold
    reach, fixed, factor = near(want, cost, not_fixed), want.capped(want.fixed), factor_of(base, brief, want)
    benefit = savings(want, cost, fixed) if brief.goal == "average" else reach
    kept = best_of(reach, range(there.count)) > 0
    asked = Moves(
        _scaled(benefit, factor), reach, there.count, brief.count, min(brief.closing, there.count),
        kept & (not brief.may_lose),
    )  # fmt: skip
    moved = best_moves(asked, is_exact=brief.is_exact, time_limit_s=brief.time_limit_s)
    covers = near(want, costs[1], want.is_open)
    built = [row - there.count for row in moved.built]
    offset = 0 if brief.goal == "average" else int(best_of(asked.benefit, range(there.count)).sum())
    choice = Choice(tuple(_by_gain(covers, built)), moved.value - offset, moved.bound - offset)
    ids = base.study.facilities["facility_id"].to_numpy(dtype=object)[rows]
    return Found(
        (want,), (covers,), choice, fixed, factors=(factor,),
        closed=tuple(str(ids[row]) for row in moved.closed), lost=_lost(reach, kept, moved, there.count),
    )  # fmt: skip


def _by_gain(covers: csr_array, built: list[int]) -> list[int]:
    return in_order(covers, built) if built else []


def _lost(reach: csr_array, kept: NDArray[np.bool_], moved: Moved, old: int) -> int:
    """Return thousandths of people whom a facility covered that is closed, and whom none covers any more."""
    left = [row for row in range(old) if row not in moved.closed]
    is_covered = best_of(reach, [*left, *moved.built]) > 0
    return int(best_of(reach, range(old))[kept & ~is_covered].sum())


def _least_worst(want: Want, cost: csr_array, before: Ints, brief: Brief) -> Choice:
    """Choose so that the worst walk is least, among the homes that any candidate reaches; where none is, all is far."""
    far = round(want.far * 100)
    reached = np.flatnonzero((want.people > 0) & (_at_best(cost, before) < far))
    if not len(reached):
        return Choice((), far, far)
    some = cost[:, reached].tocsr()
    return least_worst(some, before[reached], brief.count, is_exact=brief.is_exact, time_limit_s=brief.time_limit_s)


def _scaled(matrix: csr_array, factor: Ints | None) -> csr_array:
    """Return a matrix with every home's column times its factor, whole hundredths; as it is where all count alike."""
    if factor is None:
        return matrix
    return csr_array((matrix.data * factor[matrix.indices], matrix.indices, matrix.indptr), shape=matrix.shape)


def _at_best(cost: csr_array, before: Ints) -> Ints:
    best = before.copy()
    np.minimum.at(best, cost.indices, cost.data)
    return best


def _edits(base: Baseline, brief: Brief, candidates: Candidates, found: Found) -> tuple[Edit, ...]:
    """Return the edits that build the sites in their order, and then those that close facilities."""
    mine, known = candidates.take(found.choice.chosen), set(base.study.facilities["facility_id"])
    stands, doors = (side.to_crs(WGS84) for side in (mine.places, mine.points))
    edits = []
    for site, at, door in zip(mine.ids, stands, doors, strict=True):
        for category in brief.categories:
            name = f"site-{site}" if len(brief.categories) == 1 else f"site-{site}-{category}"
            while name in known:
                name += "-2"
            values: dict[str, Any] = {"facility_id": name, "category": category, "at": [float(at.x), float(at.y)]}
            if mine.stands is not None:
                values["entrances"] = [[float(door.x), float(door.y)]]
            if brief.capacity is not None:
                values["capacity"] = float(brief.capacity)
            edits.append(Edit("add_facility", values))
    return (*edits, *(Edit("close_facility", {"facility_id": name}) for name in found.closed))
