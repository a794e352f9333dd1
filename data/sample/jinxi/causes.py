"""Why each home of Jinxi lacks each service that a gap was designed for, reckoned by the sample's own means.

Walks are those of `walking`, barriers are known from the plan: which bank of the river, which side of the railway.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from . import plan
from .frame import Array, Point, ground
from .gaps import TOO_SMALL, Design
from .people import Home
from .town import Facility, Town
from .walking import Walks

Asked = tuple[str, float]
"""A category and how far it may be, metres."""


@dataclass(frozen=True)
class Question:
    """What every home is asked: is there one of these facilities near enough, and big enough for this age group?"""

    facilities: list[Facility]
    threshold_m: float
    group: int | None


def home_causes(town: Town, homes: list[Home], walks: Walks, designs: list[Design]) -> dict[str, list[str]]:
    """Return for every category and threshold of a design the cause of each home, empty where it lacks nothing."""
    asked: dict[Asked, int | None] = {(d.category, float(d.threshold_m)): None for d in designs}
    asked |= {(category, reach): group for category, (_, _, reach, group) in TOO_SMALL.items()}
    told = {}
    for (category, threshold_m), group in sorted(asked.items()):
        question = Question([f for f in town.facilities if f.category == category], threshold_m, group)
        told[f"{category}@{threshold_m:g}"] = _causes(question, homes, walks)
    return told


def _causes(question: Question, homes: list[Home], walks: Walks) -> list[str]:
    doors = [p for f in question.facilities for p in (f.entrances or (f.at,))]
    here, there = ground([home.building.at for home in homes]), ground(doors)
    line = np.hypot(*(here[:, None, :] - there[None, :, :]).transpose(2, 0, 1))
    walk = walks.between(doors, [home.building.at for home in homes])
    is_short = _too_few_places(question, homes, walks)
    told = []
    for k, home in enumerate(homes):
        nearest = int(line[k].argmin())
        if walk[k] <= question.threshold_m:
            told.append("over capacity" if is_short[k] else "")
        elif line[k, nearest] > question.threshold_m:
            told.append("none in range")
        else:
            told.append(f"severed by {_barrier(home.building.at, doors[nearest], walks)}")
    return told


def _barrier(home: Point, door: Point, walks: Walks) -> str:
    """Return the mightiest thing between two places of the plan."""
    if (home[1] > plan.river_y(home[0])) != (door[1] > plan.river_y(door[0])):
        return "water"
    if (home[1] > plan.RAIL_Y) != (door[1] > plan.RAIL_Y):
        return "railway"
    between = shapely.LineString([home, door])
    return "wall" if len(walks.wall_tree.query(between, predicate="crosses")) else "missing link"


def _too_few_places(question: Question, homes: list[Home], walks: Walks) -> Array:
    """Return which homes have less than one place a child: each facility shares its places among those in reach."""
    if question.group is None:
        return np.zeros(len(homes), bool)
    children = np.array([home.ages[question.group] for home in homes], dtype=float)
    share = np.zeros(len(homes))
    for facility in question.facilities:
        walk = walks.between(list(facility.entrances or (facility.at,)), [home.building.at for home in homes])
        in_reach = walk <= question.threshold_m
        if children[in_reach].sum() > 0:
            share[in_reach] += (facility.capacity or 0) / children[in_reach].sum()
    return share < 1.0
