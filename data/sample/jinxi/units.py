"""City, districts, sub-districts and communities: they follow the arterials and tile the town exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from . import plan
from .frame import Point, lonlat
from .names import Name, joined
from .town import Town

MARGIN_M = 70.0
"""The town ends this far outside the ring road."""

CITY_ID = "510190000000"
DISTRICTS = (("510198", ("锦南区", "Jinnan District")), ("510199", ("锦北区", "Jinbei District")))
SUBDISTRICTS = (
    (("桐荫街道", "Tongyin Sub-district"), ("南薰街道", "Nanxun Sub-district"), ("东渡街道", "Dongdu Sub-district")),
    (("西虹街道", "Xihong Sub-district"), ("钟鼓街道", "Zhonggu Sub-district"), ("北辰街道", "Beichen Sub-district")),
)
_ROWS = ((0, 1, 2), (3, 4, 5, 6))
"""Rows of superblocks of each district, south to north."""

_XS = (plan.X[0] - MARGIN_M, *plan.X[1:-1], plan.X[-1] + MARGIN_M)
_YS = (plan.Y[0] - MARGIN_M, plan.Y[1], plan.Y[2], None, plan.Y[5], plan.Y[6], plan.RAIL_Y, plan.Y[9] + MARGIN_M)
"""Lines between the rows; None: the middle of the river."""


@dataclass(frozen=True)
class Unit:
    """An administrative area in WGS84, with the superblocks (column, row) it is made of."""

    unit_id: str
    name: Name
    level: str
    parent_id: str | None
    shape: shapely.Geometry
    community_type: str = ""
    cells: tuple[tuple[int, int], ...] = ()


def make_units(town: Town, names: list[Name]) -> list[Unit]:
    """Return all units, the city first, then each district with its sub-districts and their communities."""
    communities: list[Unit] = []
    above: list[Unit] = []
    for district, (code, name) in enumerate(DISTRICTS):
        mine: list[Unit] = []
        for third in range(3):
            parent = f"{code}{third + 1:03d}000"
            members = _communities(town, names, parent, third, _ROWS[district])
            shape = shapely.union_all([m.shape for m in members])
            mine.append(Unit(parent, SUBDISTRICTS[district][third], "subdistrict", f"{code}000000", shape))
            communities += members
        shape = shapely.union_all([unit.shape for unit in mine])
        above += [Unit(f"{code}000000", name, "district", CITY_ID, shape), *mine]
    city = shapely.union_all([unit.shape for unit in above if unit.level == "district"])
    units = [Unit(CITY_ID, ("锦溪市（虚构）", "Jinxi (made up)"), "city", None, city), *above, *communities]
    return sorted(units, key=lambda u: (("city", "district", "subdistrict", "community").index(u.level), u.unit_id))


def _communities(town: Town, names: list[Name], parent: str, third: int, rows: tuple[int, ...]) -> list[Unit]:
    """Return the communities of a sub-district: in each row of three superblocks a pair and a single one."""
    units: list[Unit] = []
    columns = range(3 * third, 3 * third + 3)
    for row in rows:
        parts = town.dice.choice((((0, 1), (2,)), ((0,), (1, 2))))
        for part in parts:
            cells = tuple((columns[k], row) for k in part)
            shape = shapely.union_all([_cell(column, row) for column, row in cells])
            first = parent.startswith(DISTRICTS[0][0]) and not units and third == 0
            name = joined(("玉兰", "Yulan") if first else names.pop(), "社区", "Community")
            code = f"{parent[:9]}{len(units) + 1:03d}"
            units.append(Unit(code, name, "community", parent, shape, _kind(cells), cells))
    return units


def _kind(cells: tuple[tuple[int, int], ...]) -> str:
    """Return what most of a community is like."""
    bands = plan.BANDS[::-1]
    letters = [plan.theme(column, bands[row]) for column, row in cells]
    words = {
        "w": "old_compounds",
        "g": "gated",
        "n": "open_blocks",
        "t": "old_town",
        "c": "centre",
        "p": "gated",
        "i": "works",
    }
    return words[letters[-1]]


def _line_y(row: int, x: float) -> float:
    y = _YS[row]
    return plan.river_y(x) if y is None else y


def _cell(column: int, row: int) -> shapely.Polygon:
    """Return a superblock to the middle of its streets, in WGS84; neighbours share every vertex."""
    south, north = _level(column, row), _level(column, row + 1)
    west, east = _upright(column, row), _upright(column + 1, row)
    ring = [*south, *east[1:], *north[::-1][1:], *west[::-1][1:-1]]
    return shapely.Polygon(lonlat(ring))


def _level(column: int, row: int) -> list[Point]:
    xs = np.linspace(_XS[column], _XS[column + 1], 13)
    return [(float(x), _line_y(row, float(x))) for x in xs]


def _upright(column: int, row: int) -> list[Point]:
    x = _XS[column]
    ys = np.linspace(_line_y(row, x), _line_y(row + 1, x), 13)
    return [(x, float(y)) for y in ys]
