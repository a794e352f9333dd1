"""Hand-drawn towns, small enough to compute every answer on paper.

All lie on the central meridian of EPSG:4544, where a planar metre is a metre on the ground. Coordinates below are
metres east and north of (500 000, 3 400 000).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry import LineString, Point, Polygon, box

from geo.model import tables
from geo.model.standards import Rule, Standard, Text
from geo.model.study import Study

CRS = "EPSG:4544"
EAST, NORTH = 500_000.0, 3_400_000.0

XY = tuple[float, float]


def at(x: float, y: float) -> XY:
    """The place in EPSG:4544."""
    return (EAST + x, NORTH + y)


def table(declared: tables.Table, rows: Sequence[dict[str, Any]], shapes: Sequence[Any]) -> gpd.GeoDataFrame:
    """A study table from plain rows; missing text columns become None."""
    if not rows:
        return tables.empty(declared, CRS)
    frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=gpd.GeoSeries(list(shapes), crs=CRS), crs=CRS)
    for column in declared.columns:
        if "{" not in column.name and column.name not in frame:
            frame[column.name] = False if column.kind == "boolean" else None
    return frame


def streets(
    *lines: Sequence[XY],
    steps: Sequence[int] = (),
    wheelchair: dict[int, str] | None = None,
    told: dict[int, dict[str, Any]] | None = None,
) -> gpd.GeoDataFrame:
    """Pieces of street; ends at the same place are the same junction."""
    junction: dict[XY, int] = {}
    rows, shapes = [], []
    for number, line in enumerate(lines):
        shape = LineString([at(*point) for point in line])
        ends = [junction.setdefault(tuple(line[i]), len(junction) + 1) for i in (0, -1)]
        rows.append(
            {
                "edge_id": f"e{number}", "from_node": ends[0], "to_node": ends[1], "length_m": shape.length,
                "kind": "steps" if number in steps else "residential", "name": None,
                "is_steps": number in steps, "wheelchair": (wheelchair or {}).get(number),
                **(told or {}).get(number, {}),
            }
        )  # fmt: skip
        shapes.append(shape)
    return table(tables.STREETS, rows, shapes)


def facilities(*rows: tuple[str, str, float, float]) -> gpd.GeoDataFrame:
    """Facilities as (id, category, x, y)."""
    records = [{"facility_id": i, "name": i, "category": c, "capacity": None, "source": "town"} for i, c, _, _ in rows]
    return table(tables.FACILITIES, records, [Point(at(x, y)) for *_, x, y in rows])


def doors(places: gpd.GeoDataFrame, **extra: Sequence[XY]) -> gpd.GeoDataFrame:
    """One entrance a facility at its own place, or the given ones."""
    rows, shapes = [], []
    for facility_id, point in zip(places["facility_id"], places.geometry, strict=True):
        for shape in [Point(at(*xy)) for xy in extra.get(facility_id, ())] or [point]:
            rows.append({"facility_id": facility_id})
            shapes.append(shape)
    return table(tables.ENTRANCES, rows, shapes)


def homes(*rows: tuple[str, float, float, float]) -> gpd.GeoDataFrame:
    """Places where people live as (id, people, x, y)."""
    records = [{"demand_id": i, "name": i, "people": float(p), "source": "town"} for i, p, _, _ in rows]
    return table(tables.DEMAND, records, [Point(at(x, y)) for *_, x, y in rows])


def units(*rows: tuple[str, str, str | None, tuple[float, float, float, float]]) -> gpd.GeoDataFrame:
    """Rectangular units as (id, level, parent, (west, south, east, north))."""
    records = [{"unit_id": i, "name": i, "level": level, "parent_id": parent} for i, level, parent, _ in rows]
    shapes: list[Polygon] = [box(EAST + w, NORTH + s, EAST + e, NORTH + n) for *_, (w, s, e, n) in rows]
    return table(tables.UNITS, records, shapes)


def walls(*lines: Sequence[XY], is_planners: bool = True) -> gpd.GeoDataFrame:
    """Walls, the planner's own unless told otherwise."""
    records = [
        {"wall_id": f"w{n}", "kind": "wall", "is_planners": is_planners, "source": "town"} for n in range(len(lines))
    ]
    return table(tables.WALLS, records, [LineString([at(*p) for p in line]) for line in lines])


def gates(*rows: tuple[float, float, str]) -> gpd.GeoDataFrame:
    """Gates as (x, y, access)."""
    records = [{"gate_id": f"g{n}", "access": access, "source": "town"} for n, (*_, access) in enumerate(rows)]
    return table(tables.GATES, records, [Point(at(x, y)) for x, y, _ in rows])


def study(**given: gpd.GeoDataFrame) -> Study:
    """A study of the given tables; the others are empty, entrances stand at the facilities."""
    found = {name: tables.empty(declared, CRS) for name, declared in tables.STUDY_TABLES.items()} | given
    if "entrances" not in given and not found["facilities"].empty:
        found["entrances"] = doors(found["facilities"])
    return Study(name="town", crs=CRS, **found)


def rule(
    rule_id: str, *categories: str, metres: float | None = None, minutes: float | None = None, **more: Any
) -> Rule:
    """A must-rule of the 5-minute circle; ``more`` are other fields of a rule."""
    return Rule(
        rule_id=rule_id, categories=categories, duty="must", name=Text(rule_id, rule_id),
        clause="T.1", confidence="ours", source="town", threshold_m=metres, threshold_min=minutes,
        **{"level": "5min", **more},
    )  # fmt: skip


def standard(*rules: Rule, target: float = 0.9) -> Standard:
    """A standard of these rules."""
    return Standard("town", Text("镇", "town"), "1", "town", target, "ours", rules)


def line_town() -> Study:
    """One straight street, a canteen at its west end, three homes beside it.

        c---------a---------b---------d      street from (0, 0) to (1000, 0)
        0        300       600      1000

    Canteen ``c`` stands 10 m north of (0, 0). Homes a (100 people, 10 m north of 300), b (50, 20 m south of 600),
    d (30, on the street's end at 1000). Walks to c: a = 10 + 300 + 10 = 320, b = 20 + 600 + 10 = 630, d = 1010.
    """
    return study(
        streets=streets([(0, 0), (1000, 0)]),
        facilities=facilities(("c", "canteen", 0, 10)),
        demand=homes(("a", 100, 300, 10), ("b", 50, 600, -20), ("d", 30, 1000, 0)),
        units=units(
            ("city", "city", None, (-100, -100, 1100, 100)),
            ("west", "community", "city", (-100, -100, 500, 100)),
            ("east", "community", "city", (500, -100, 1100, 100)),
        ),
    )


def ring_town() -> Study:
    """A square ring of four streets of 400 m, corners (0, 0) to (400, 400), and a shorter parallel to the south one.

    Clinic ``k`` at (0, 0); home ``h`` (10 people) at (400, 400): 800 m either way. Home ``s`` at (400, 0): 400 m.
    The south side exists twice, once straight (400 m) and once bent by (200, -300) (about 721 m): the least counts.
    """
    return study(
        streets=streets(
            [(0, 0), (400, 0)],
            [(0, 0), (200, -300), (400, 0)],
            [(400, 0), (400, 400)],
            [(400, 400), (0, 400)],
            [(0, 400), (0, 0)],
        ),
        facilities=facilities(("k", "clinic", 0, 0)),
        demand=homes(("h", 10, 400, 400), ("s", 5, 400, 0)),
    )


def river_town() -> Study:
    """Two banks 100 m apart, one bridge at x = 1000.

        (0,100)------------------(1000,100)   north bank
                                     |        bridge, 100 m
        (0,0)--------------------(1000,0)     south bank

    Kindergarten ``n`` on the north bank at x = 0; home ``s`` (200 people) on the south bank at x = 0: 100 m by line,
    1000 + 100 + 1000 = 2100 m on foot.
    """
    return study(
        streets=streets([(0, 100), (1000, 100)], [(1000, 100), (1000, 0)], [(1000, 0), (0, 0)]),
        facilities=facilities(("n", "kindergarten", 0, 100)),
        demand=homes(("s", 200, 0, 0)),
    )


def walled_town(gate: str | None = None, *, is_planners: bool = True) -> Study:
    """A street across a wall, and the long way round.

        (0,0)----(100,0)==wall at x=150==(200,0)----(300,0)
          |                                            |
        (0,400)------------------------------------(300,400)

    Canteen ``c`` at (300, 0); home ``h`` (80 people) at (0, 0). Through the wall 300 m; round 400 + 300 + 400 = 1100 m.
    The wall runs along x = 150 from y = -50 to y = 50. ``gate`` is the access of a gate at the crossing, or None.
    """
    return study(
        streets=streets([(0, 0), (300, 0)], [(0, 0), (0, 400), (300, 400), (300, 0)]),
        facilities=facilities(("c", "canteen", 300, 0)),
        demand=homes(("h", 80, 0, 0)),
        walls=walls([(150, -50), (150, 50)], is_planners=is_planners),
        gates=gates((150, 0, gate)) if gate else tables.empty(tables.GATES, CRS),
    )
