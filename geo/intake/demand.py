"""A planner's places where people live: counted, or assumed from floor area; and any column of people."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.intake.columns import Aliases
from geo.intake.floors import M2_PER_PERSON, floor_area_m2
from geo.intake.layer import open_rows
from geo.intake.raw import FileRef
from geo.intake.rows import POINTS, POLYGONS, Read, Rows
from geo.model.errors import told
from geo.model.tables import AGE_GROUPS

MOST_PEOPLE = 10_000_000.0
"""More people than this in one place are a slip: the most populous sub-districts have a tenth of it."""


def read_demand(ref: FileRef, aliases: Aliases) -> Read:
    """Return places where people live (`tables.DEMAND`, EPSG:4326), people rounded to a thousandth.

    Without a column for people they are assumed from the floor area of residential buildings.
    """
    rows = open_rows(ref, "demand", aliases, kinds=(*POINTS, *POLYGONS))
    demand_id = rows.ids("demand_id")
    people, how = _residents(rows)
    frame = {"demand_id": demand_id, "name": rows.text("name"), "people": np.nan_to_num(people)}
    for group in AGE_GROUPS:
        if group in rows.columns:
            frame[group] = people_column(rows, group, remedy="Give a number or leave it empty.")
    frame["people_source"] = np.full(len(people), how, dtype=object)
    frame["source"] = np.full(len(people), ref.name, dtype=object)
    whole = rows.table(frame)
    whole["geometry"] = rows.points()
    table, report = rows.finish("demand", whole, people=float(np.round(people[~rows.rejected].sum(), 3)))
    return table, report


def _residents(rows: Rows) -> tuple[NDArray[np.float64], str]:
    """Return the people of every place, and how they are known: counted, or assumed from buildings."""
    if "people" in rows.used:
        people = people_column(rows, "people", remedy="Give the number of residents.")
        missing = np.isnan(people)
        rows.fault(missing, "people_missing", "the number of people is missing.", remedy="Fill it in.", column="people")
        return people, "counted"
    area = floor_area_m2(rows)
    if area is None:
        raise rows.lacks("people, and none for floors or floor area", "Name it people (or 常住人口).")
    people = np.where(rows.rejected, 0.0, area / M2_PER_PERSON).round(3)
    message = told(
        "has no people: {people:,.0f} are ASSUMED, one for " + f"{M2_PER_PERSON:g} m2 of residential floor "
        "({buildings} of {of} buildings).",
        people=people.sum(), buildings=(people > 0).sum(), of=len(people),
    )  # fmt: skip
    rows.note("people_assumed", message, "Give a table of totals (--population), or people for every building.")
    return people, "buildings"


def people_column(rows: Rows, column: str, *, remedy: str) -> NDArray[np.float64]:
    """Return a column of people to a thousandth, ``nan`` where empty; fewer than none and slips are rejected."""
    people: NDArray[np.float64] = rows.number(column, remedy=remedy)
    rows.fault(
        people < 0, "people_negative", "the number of people is negative.", remedy="Set it to 0 or remove the row.",
        column=column,
    )  # fmt: skip
    rows.fault(
        people > MOST_PEOPLE, "people_too_many", f"more than {MOST_PEOPLE:,.0f} people in one place.",
        remedy="Correct it, or divide the place.", column=column,
    )  # fmt: skip
    return np.minimum(people, MOST_PEOPLE).round(3)
