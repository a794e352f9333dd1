"""Building the town, step by step, in the order towns are built."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from . import plan
from .causes import home_causes
from .civic import fill_parcels
from .facilities import number_facilities, place_facilities
from .frame import Point, ground
from .gaps import Design, design_gaps, prove, shrink
from .names import Name, name_pool
from .oldtown import draw_old_town
from .parcels import divide_superblocks
from .people import Home, settle
from .streets import node_streets
from .town import Town
from .units import Unit, make_units
from .walking import Walks

CLEAR_M = 2.2
"""Houses keep this far from the middle of any street."""


@dataclass(frozen=True)
class Made:
    """The finished town and all that is written of it."""

    town: Town
    lines: list[list[Point]]
    homes: list[Home]
    units: list[Unit]
    places: list[tuple[Point, str, Name]]
    truth: list[dict[str, object]]
    causes: dict[str, list[str]]


def build_town() -> Made:
    """Return the sample town, the same on every run."""
    town = Town()
    names = name_pool(town.dice)
    plan.draw_arterials(town)
    plan.draw_river(town)
    plan.draw_railway(town)
    divide_superblocks(town, names)
    fill_parcels(town, names)
    draw_old_town(town, names)
    lines = node_streets(town)
    _clear_the_streets(town, lines)
    homes = settle(town)
    units = make_units(town, names)
    walks = Walks(town, lines)
    forbidden, designs = design_gaps(town, homes, walks)
    place_facilities(town, homes, forbidden)
    small = shrink(town, homes)
    number_facilities(town)
    category = {f.name[0]: f.category for f in town.facilities}
    truth = prove(town, homes, units, walks, designs)
    truth += _too_small(
        town, homes, units, [Design("capacity", category[n], 0.0, note, n) for n, note in small.items()]
    )
    causes = home_causes(town, homes, walks, designs)
    plan.draw_ways_out(town)
    return Made(town, node_streets(town), homes, units, _places(units), truth, causes)


def _clear_the_streets(town: Town, lines: list[list[Point]]) -> None:
    """Drop houses that stand in a street or in another house (bends of the ground are not on the plan)."""
    streets = np.array([shapely.LineString(ground(line)) for line in lines])
    boxes = np.array([shapely.Polygon(b.corners) for b in town.buildings])
    blocked = shapely.STRtree(streets).query(boxes, predicate="dwithin", distance=CLEAR_M)[0]
    bad = set(blocked.tolist())
    for a, b in shapely.STRtree(boxes).query(boxes, predicate="intersects").T.tolist():
        if a < b and a not in bad and b not in bad:
            bad.add(b if town.buildings[a].people_per_m2 > 0 else a)
    town.buildings = [b for k, b in enumerate(town.buildings) if k not in bad]


def _too_small(town: Town, homes: list[Home], units: list[Unit], designs: list[Design]) -> list[dict[str, object]]:
    """Return the truth rows of facilities over capacity: the community they stand in."""
    from_name = {f.name[0]: f for f in town.facilities}
    truth: list[dict[str, object]] = []
    for design in designs:
        facility = from_name[design.facility_name]
        near = min(
            homes, key=lambda h: (h.building.at[0] - facility.at[0]) ** 2 + (h.building.at[1] - facility.at[1]) ** 2
        )
        unit = _unit_at(units, near.building.at)
        truth.append(
            {"kind": "capacity", "category": design.category, "threshold_m": None, "unit_ids": [unit], "people": None,
             "wall_id": None, "facility_id": facility.facility_id, "note": design.note}
        )  # fmt: skip
    return truth


def _unit_at(units: list[Unit], at: Point) -> str:
    column = sum(at[0] >= x for x in plan.X[1:-1])
    rows = (plan.Y[1], plan.Y[2], plan.river_y(at[0]), plan.Y[5], plan.Y[6], plan.RAIL_Y)
    row = sum(at[1] >= y for y in rows)
    return next(u.unit_id for u in units if (column, row) in u.cells)


def _places(units: list[Unit]) -> list[tuple[Point, str, Name]]:
    """Return place names for the map: the town and its old quarters."""
    _ = units
    return [
        ((30.0, 60.0), "city", ("锦溪（虚构）", "Jinxi (made up)")),
        ((-250.0, 60.0), "quarter", ("钟鼓老城", "Zhonggu Old Town")),
        ((-1500.0, -1100.0), "suburb", ("桐荫", "Tongyin")),
        ((1500.0, -1100.0), "suburb", ("东渡", "Dongdu")),
        ((-1500.0, 600.0), "suburb", ("西虹", "Xihong")),
        ((1500.0, 600.0), "suburb", ("北辰", "Beichen")),
        ((300.0, 1560.0), "suburb", ("站北", "Zhanbei")),
    ]
