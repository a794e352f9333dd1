"""Who lives where: residents by age group from floor area, older people in older housing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shapely import Polygon

from .town import Building, Town

TOTAL_PEOPLE = 250_000
"""Residents of Jinxi, nearly."""

AGE_GROUPS = ("people_0_2", "people_3_5", "people_6_11", "people_12_14", "people_15_59", "people_60_79", "people_80")

_SHARES = {
    "w": (0.016, 0.024, 0.046, 0.022, 0.584, 0.255, 0.053),
    "g": (0.030, 0.042, 0.068, 0.026, 0.674, 0.140, 0.020),
    "n": (0.034, 0.046, 0.066, 0.024, 0.720, 0.096, 0.014),
    "t": (0.014, 0.020, 0.038, 0.018, 0.560, 0.285, 0.065),
    "i": (0.020, 0.026, 0.040, 0.018, 0.766, 0.115, 0.015),
}
"""Share of each age group by style of housing (ours, plausible for an inner city)."""


@dataclass(frozen=True)
class Home:
    """A residential building with its residents by age group."""

    building: Building
    floor_area_m2: int
    ages: tuple[int, ...]

    @property
    def people(self) -> int:
        """All residents."""
        return sum(self.ages)


def settle(town: Town) -> list[Home]:
    """Return the homes with their residents, about `TOTAL_PEOPLE` in all."""
    houses = [b for b in town.buildings if b.people_per_m2 > 0]
    floor_area = [round(Polygon(b.corners).area * b.floors) for b in houses]
    wish = [area * b.people_per_m2 * town.dice.uniform(0.8, 1.15) for area, b in zip(floor_area, houses, strict=True)]
    scale = TOTAL_PEOPLE / sum(wish)
    return [
        Home(b, area, _ages(town, b.style, max(2, round(w * scale))))
        for b, area, w in zip(houses, floor_area, wish, strict=True)
    ]


def _ages(town: Town, style: str, people: int) -> tuple[int, ...]:
    """Share people out among the age groups; what rounding leaves over goes by lot."""
    shares = np.array(_SHARES.get(style, _SHARES["w"])) * [town.dice.uniform(0.75, 1.25) for _ in AGE_GROUPS]
    exact = shares / shares.sum() * people
    ages = np.floor(exact).astype(int)
    left = people - int(ages.sum())
    for group in town.dice.choices(range(len(ages)), weights=(exact - ages + 1e-9).tolist(), k=left):
        ages[group] += 1
    return tuple(int(a) for a in ages)
