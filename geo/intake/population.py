"""Where the people of a table live: totals of units spread over homes, buildings or streets, kept to the last person.

A table of totals says how many people a unit has, not where. They are spread over the planner's own homes there, else
over the residential buildings of OpenStreetMap, else along the streets; each place then says how it came by its people.
People are whole thousandths while they are divided, by the largest remainder, so every total is kept exactly.
"""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.intake.columns import Aliases
from geo.intake.demand import people_column
from geo.intake.layer import open_table
from geo.intake.raw import FileRef
from geo.model.errors import Problem, told
from geo.model.study import FileReport, Study
from geo.model.tables import AGE_GROUPS, LEVELS

COUNTED, RESCALED, BUILDINGS, STREETS, NOWHERE = "counted", "rescaled", "buildings", "streets", "unit"
"""How a place came by its people, beside `demand`'s own."""

RESIDENTIAL = (
    "residential", "apartments", "house", "detached", "semidetached_house", "terrace", "dormitory", "bungalow",
)  # fmt: skip
"""Values of building=* in which people live."""

STREET_STEP_M = 50.0
THOUSANDTHS = 1000


def read_totals(ref: FileRef, aliases: Aliases) -> tuple[pd.DataFrame, FileReport]:
    """Return a table of totals, a row a unit: ``unit_id`` and ``name`` (either may be None), people, age groups.

    Raises
    ------
    InputError
        The file has no column for people, or none for the unit's code or name.
    """
    rows = open_table(ref, "population", aliases)
    if "people" not in rows.used or not {"unit_id", "name"} & set(rows.used):
        raise rows.lacks("people, or none for the unit", "Name them people (常住人口) and unit_id or name (社区名称).")
    people = people_column(rows, "people", remedy="Give the number of residents.")
    rows.fault(
        np.isnan(people), "people_missing", "the number of people is missing.", remedy="Fill it in.", column="people"
    )
    frame = {"unit_id": rows.text("unit_id"), "name": rows.text("name"), "people": np.nan_to_num(people)}
    for group in AGE_GROUPS:
        if group in rows.columns:
            frame[group] = people_column(rows, group, remedy="Give a number or leave it empty.")
    kept = ~rows.rejected
    table, report = rows.finish("population", pd.DataFrame(frame), people=float(people[kept].sum().round(3)))
    return table, report


def apportion(total: int, weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return whole shares of a total by weight that add up to it exactly (largest remainder, ties to the first).

    >>> apportion(10, np.array([1.0, 1.0, 1.0])).tolist()
    [4, 3, 3]
    """
    exact = total * (weights / weights.sum())
    shares = np.floor(exact).astype(np.int64)
    left = total - int(shares.sum())
    order = np.argsort(shares - exact, kind="stable")
    shares[order[: max(left, 0)]] += 1
    if left < 0:
        shares[np.argmax(shares)] += left
    return np.asarray(shares)


def spread_totals(study: Study, totals: pd.DataFrame, file: str) -> tuple[gpd.GeoDataFrame, tuple[Problem, ...]]:
    """Return the demand of a study with the totals of a table, in place of what its homes said there.

    Parameters
    ----------
    totals
        From `read_totals`. Where units above one another are in it, the smaller ones count.
    file
        Its name, kept as the source of places that are made.

    Returns
    -------
    demand, findings
        `tables.DEMAND` in ``study.crs``; units without a total keep their homes as they are. Every total is the sum
        of its places to the thousandth, in every age group too.
    """
    unit, problems = _matched(totals, study.units, file)
    home_unit = _unit_of(study.demand.geometry, study.units, unit[unit >= 0])
    parts = [study.demand[~np.isin(home_unit, unit[unit >= 0])]]
    for row in np.flatnonzero(unit >= 0):
        here = study.demand[home_unit == unit[row]]
        area = study.units.iloc[unit[row]]
        places, weights = _places(study, here, area, file)
        parts.append(_shared_out(places, weights, totals.iloc[row]))
    made = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=study.crs)
    return made, (*problems, *_told(made, parts[1:], file))


def _matched(totals: pd.DataFrame, units: gpd.GeoDataFrame, file: str) -> tuple[NDArray[np.int64], list[Problem]]:
    """Return the row of the unit of each total, -1 for none, and what did not find each other."""
    by_id = {unit_id: row for row, unit_id in enumerate(units["unit_id"])}
    names = units["name"].where(~units["name"].duplicated(keep=False))
    by_name = {name: row for row, name in enumerate(names) if isinstance(name, str)}
    unit = np.array(
        [by_id.get(i, by_name.get(n, -1)) for i, n in zip(totals["unit_id"], totals["name"], strict=True)], np.int64
    )
    lost = unit < 0
    doubled = pd.Series(unit).duplicated().to_numpy() & ~lost
    unit[doubled] = -1
    above = _with_totals_below(units, unit)
    is_above = np.isin(unit, above)
    unit[is_above] = -1
    level = units["level"].to_numpy()[unit[unit >= 0]]
    finest = max((LEVELS.index(one) for one in level), default=0)
    without = [
        n for r, n in enumerate(units["name"]) if LEVELS.index(units["level"].iloc[r]) == finest and r not in unit
    ]
    faults = [
        _fault(file, lost, "total_without_unit", "totals name a unit that is not on the map", totals),
        _fault(file, doubled, "total_doubled", "totals stand for a unit that has one already", totals),
        _fault(
            file, is_above, "total_of_parent", "totals are of units whose smaller units have totals; not used", totals
        ),
    ]
    problems = [problem for problem in faults if problem is not None]
    if len(unit) and without:
        shown = ", ".join(map(str, without[:5])) + (" …" if len(without) > 5 else "")
        problems.append(
            Problem("units", told("{units} units have no total in {file}: {examples}.", units=len(without), file=file,
                                  examples=shown),
                    "Their homes, if any, stay as they are.", "unit_without_total", count=len(without),
                    severity="note")
        )  # fmt: skip
    return unit, problems


def _with_totals_below(units: gpd.GeoDataFrame, unit: NDArray[np.int64]) -> list[int]:
    at = {unit_id: row for row, unit_id in enumerate(units["unit_id"])}
    parent = [at.get(p, -1) if isinstance(p, str) else -1 for p in units["parent_id"]]
    above: set[int] = set()
    for row in unit[unit >= 0].tolist():
        while (row := parent[row]) >= 0:
            above.add(row)
    return sorted(above)


def _fault(file: str, which: NDArray[np.bool_], code: str, words: str, totals: pd.DataFrame) -> Problem | None:
    if not which.any():
        return None
    rows = np.flatnonzero(which)
    people = float(totals["people"].to_numpy()[rows].sum())
    remedy = "Correct the code or the name." if code == "total_without_unit" else ""
    first = tuple(int(row) + 1 for row in rows[:20])
    severity = "note" if code == "total_of_parent" else "error"
    message = told("{totals} " + words + "; {people:,.0f} people.", totals=len(rows), people=people)
    return Problem(file, message, remedy, code, None, first, len(rows), severity)  # type: ignore[arg-type]


def _unit_of(points: gpd.GeoSeries, units: gpd.GeoDataFrame, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the unit among ``rows`` that holds each point, the lowest id where several do, -1 where none does."""
    found = np.full(len(points), -1, np.int64)
    rows = rows[np.argsort(units["unit_id"].to_numpy(dtype=str)[rows])]
    place, nth = shapely.STRtree(units.geometry.to_numpy()[rows]).query(points.to_numpy(), predicate="intersects")
    order = np.lexsort((nth, place))
    first, at = np.unique(place[order], return_index=True)
    found[first] = rows[nth[order][at]]
    return found


def _places(
    study: Study, homes: gpd.GeoDataFrame, unit: pd.Series, file: str
) -> tuple[gpd.GeoDataFrame, NDArray[np.float64]]:
    """Return the places over which a unit's people are spread, and their weights."""
    people = homes["people"].to_numpy(dtype=float)
    if people.sum() > 0:
        from_area = homes["people_source"].to_numpy() == BUILDINGS
        return homes.assign(people_source=np.where(from_area, BUILDINGS, RESCALED)), people
    for how, points, weights in _made_places(study, unit.geometry):
        if len(points):
            frame = {
                "demand_id": [f"{unit['unit_id']}/{how}{n}" for n in range(1, len(points) + 1)],
                "name": None, "people": 0.0, "people_source": how, "source": file,
            }  # fmt: skip
            return gpd.GeoDataFrame(frame, geometry=points, crs=study.crs), weights
    raise AssertionError("a unit always has its own place")


def _made_places(
    study: Study, area: shapely.Geometry
) -> Iterator[tuple[str, NDArray[np.object_], NDArray[np.float64]]]:
    """Yield residential buildings by their ground area, then points along the streets, then one point of the unit."""
    drawn = study.backdrop
    is_home = (drawn["kind"] == "building") & drawn["detail"].isin(RESIDENTIAL)
    buildings = drawn.geometry[is_home & drawn.geom_type.isin(("Polygon", "MultiPolygon"))].to_numpy()
    middles = shapely.point_on_surface(buildings)
    inside = shapely.intersects(area, middles)
    yield BUILDINGS, middles[inside], shapely.area(buildings[inside])
    streets = study.streets.geometry.to_numpy()
    streets = shapely.intersection(streets[shapely.intersects(area, streets)], area)
    lines = shapely.get_parts(shapely.segmentize(streets, STREET_STEP_M))
    ends, owner = shapely.get_coordinates(lines, return_index=True)
    same = owner[1:] == owner[:-1]
    half, length = (ends[1:] + ends[:-1])[same] / 2, np.hypot(*(ends[1:] - ends[:-1])[same].T)
    yield STREETS, shapely.points(half[length > 0]), length[length > 0]
    yield NOWHERE, np.array([shapely.point_on_surface(area)], dtype=object), np.ones(1)


def _shared_out(places: gpd.GeoDataFrame, weights: NDArray[np.float64], total: pd.Series) -> gpd.GeoDataFrame:
    shared = places.copy()
    for column in ("people", *AGE_GROUPS):
        value = total.get(column)
        if value is not None and np.isfinite(value):
            shared[column] = apportion(round(value * THOUSANDTHS), weights) / THOUSANDTHS
        elif column in shared:
            shared[column] = np.nan
    return shared


def _told(demand: gpd.GeoDataFrame, parts: list[gpd.GeoDataFrame], file: str) -> list[Problem]:
    """Tell by what means people were spread, and how many."""
    if not parts:
        return []
    by_how = pd.concat([part[["people_source", "people"]] for part in parts]).groupby("people_source")["people"].sum()
    words = {
        RESCALED: "over the homes given, in their proportions", BUILDINGS: "over residential buildings by their area",
        STREETS: "along the streets, for want of buildings", NOWHERE: "at one point of a unit without any street",
    }  # fmt: skip
    said = {f"by_{how}": float(people) for how, people in by_how.items()}
    pattern = "; ".join(f"{{by_{how}:,.0f}} {words[how]}" for how in by_how.index)
    message, remedy = (
        told(f"people were spread by us: {pattern}.", **said),
        "Give homes with people where you have them.",
    )
    return [Problem(file, message, remedy, "people_spread", count=len(demand), severity="note")]
