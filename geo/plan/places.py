"""Edits of facilities and people. Every function changes what is kept aside, or says why it cannot."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.model.tables import AGE_GROUPS
from geo.plan.draft import Draft, to_study, with_rows
from geo.plan.edits import Edit
from geo.plan.scenario import edit_digest
from geo.plan.ways import Refuse


@dataclass
class Places:
    """What edits do to facilities and people, by id; ``known`` are the categories there are, None where any will do."""

    known: Collection[str] | None
    closed: set[str] = field(default_factory=set)
    moved: dict[str, list[shapely.Point]] = field(default_factory=dict)
    made: dict[str, dict[str, Any]] = field(default_factory=dict)
    people: dict[int, float] = field(default_factory=dict)
    housing: dict[str, dict[str, Any]] = field(default_factory=dict)


def add_facility(draft: Draft, places: Places, edit: Edit, refuse: Refuse) -> None:
    """Add a facility."""
    facility_id = edit.get("facility_id") or f"new-{edit_digest(edit)}"
    if facility_id in places.made or (draft.study.facilities["facility_id"] == facility_id).any():
        refuse("edit_conflict", f"a facility '{facility_id[:40]}' is there already.", "Take another id.")
        return
    category = edit.values["category"]
    if places.known is not None and category not in places.known:
        refuse("edit_unknown_id", f"no category '{category[:40]}'.", "See docs/tables.md.")
        return
    names = ("name", "category", "capacity", "capacity_unit", "opening")
    point, *doors = _points(draft, edit)
    row = {"facility_id": facility_id, **{name: edit.get(name) for name in names}, "matched_by": "scenario",
           "source": "scenario", "geometry": point}  # fmt: skip
    places.made[facility_id] = {"row": row, "doors": doors}


def move_facility(draft: Draft, places: Places, edit: Edit, refuse: Refuse) -> None:
    """Put a facility at another place, with other entrances."""
    facility_id = edit.values["facility_id"]
    if not _is_open(draft, places, facility_id, refuse):
        return
    point, *doors = _points(draft, edit)
    if facility_id in places.made:
        made = places.made[facility_id]
        places.made[facility_id] = {"row": {**made["row"], "geometry": point}, "doors": doors}
    else:
        places.moved[facility_id] = [point, *doors]


def close_facility(draft: Draft, places: Places, edit: Edit, refuse: Refuse) -> None:
    """Give a facility up."""
    if _is_open(draft, places, edit.values["facility_id"], refuse):
        places.closed.add(edit.values["facility_id"])


def reopen_facility(draft: Draft, places: Places, edit: Edit, refuse: Refuse) -> None:
    """Open a facility again that an earlier edit closed."""
    facility_id = edit.values["facility_id"]
    if facility_id not in places.closed:
        refuse("edit_conflict", f"no earlier edit closed '{facility_id[:40]}'.", "Add the facility instead.")
    places.closed.discard(facility_id)


def add_people(draft: Draft, places: Places, edit: Edit, refuse: Refuse) -> None:
    """Add a place where people live."""
    demand_id = edit.get("demand_id") or f"new-{edit_digest(edit)}"
    if demand_id in places.housing or (draft.study.demand["demand_id"] == demand_id).any():
        refuse("edit_conflict", f"a place '{demand_id[:40]}' is there already.", "Take another id.")
        return
    ages = edit.get("ages", {})
    if sum(ages.values()) > edit.values["people"] + 1e-6:
        refuse("edit_conflict", "the age groups hold more people than live there.", "Correct people or ages.")
        return
    given = {group: float(n) for group, n in ages.items() if group in draft.study.demand}
    point = shapely.Point(to_study(draft, [edit.values["at"]])[0])
    places.housing[demand_id] = {
        "demand_id": demand_id, "name": edit.get("name"), "people": float(edit.values["people"]), **given,
        "people_source": "counted", "source": "scenario", "geometry": point,
    }  # fmt: skip


def change_people(draft: Draft, places: Places, edit: Edit, refuse: Refuse) -> None:
    """Set how many people live at a place."""
    demand_id, people = edit.values["demand_id"], float(edit.values["people"])
    rows = np.flatnonzero((draft.study.demand["demand_id"] == demand_id).to_numpy())
    if demand_id in places.housing:
        places.housing[demand_id] = {**places.housing[demand_id], "people": people}
    elif len(rows):
        places.people[int(rows[0])] = people
    else:
        refuse("edit_unknown_id", f"no place '{demand_id[:40]}' in the study.", "Take an id of the demand.")


def clear_people(draft: Draft, places: Places, edit: Edit, refuse: Refuse) -> None:
    """Let nobody live at a place, or inside an area."""
    if "demand_id" in edit.values:
        change_people(draft, places, Edit(edit.kind, {**edit.values, "people": 0.0}), refuse)
        return
    area = shapely.Polygon(to_study(draft, edit.values["area"]))
    if not area.is_valid:
        refuse("edit_shape", "the outline crosses itself.", "Draw it again.")
        return
    rows = draft.study.demand.sindex.query(area, predicate="intersects")
    made = [i for i, row in places.housing.items() if area.intersects(row["geometry"])]
    if not len(rows) and not made:
        refuse("edit_unknown_id", "nobody lives inside the area.", "Draw it over homes.")
    places.people |= {int(row): 0.0 for row in rows}
    places.housing |= {i: {**places.housing[i], "people": 0.0} for i in made}


def facilities_after(draft: Draft, places: Places) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, NDArray[np.int64]]:
    """Return facilities and entrances after the edits, and the base row of each entrance, -1 where it is new."""
    facilities, entrances = draft.study.facilities, draft.study.entrances
    count = len(entrances)
    if not (places.closed or places.moved or places.made):
        return facilities, entrances, np.arange(count)
    shapes = facilities.geometry.to_numpy().copy()
    for row in np.flatnonzero(facilities["facility_id"].isin(list(places.moved)).to_numpy()):
        shapes[row] = places.moved[facilities["facility_id"].iat[row]][0]
    facilities = facilities.set_geometry(gpd.GeoSeries(shapes, index=facilities.index, crs=facilities.crs))
    kept = ~facilities["facility_id"].isin(list(places.closed)).to_numpy()
    made = {i: one for i, one in sorted(places.made.items()) if i not in places.closed}
    stays = ~entrances["facility_id"].isin([*places.closed, *places.moved]).to_numpy()
    doors = {i: points[1:] for i, points in sorted(places.moved.items()) if i not in places.closed}
    doors |= {i: one["doors"] for i, one in made.items()}
    more = [{"facility_id": i, "geometry": point} for i, points in doors.items() for point in points]
    facilities, entrances = facilities[kept].reset_index(drop=True), entrances[stays].reset_index(drop=True)
    if made:
        facilities = with_rows(facilities, [one["row"] for one in made.values()])
    entrances = with_rows(entrances, more) if more else entrances
    return facilities, entrances, np.concatenate([np.flatnonzero(stays), np.full(len(more), -1)]).astype(np.int64)


def demand_after(draft: Draft, places: Places) -> gpd.GeoDataFrame:
    """Return the places where people live after the edits: those of the base in their order, then the new ones.

    Age groups of a place whose people change keep their shares (ours).
    """
    demand = draft.study.demand
    if places.people:
        demand = demand.copy()
        rows, people = list(places.people), np.array(list(places.people.values()))
        before = demand["people"].to_numpy(dtype=float)[rows]
        share = np.where(before > 0, people / np.where(before > 0, before, 1.0), np.nan)
        share[people == 0] = 0.0
        for group in AGE_GROUPS:
            if group in demand:
                values = demand[group].to_numpy(dtype=float).copy()
                values[rows] *= share
                demand[group] = values
        all_people = demand["people"].to_numpy(dtype=float).copy()
        all_people[rows] = people
        demand["people"] = all_people
    if not places.housing:
        return demand
    return with_rows(demand, [row for _, row in sorted(places.housing.items())])


def _is_open(draft: Draft, places: Places, facility_id: str, refuse: Refuse) -> bool:
    is_there = facility_id in places.made or bool((draft.study.facilities["facility_id"] == facility_id).any())
    if not is_there:
        refuse("edit_unknown_id", f"no facility '{facility_id[:40]}' in the study.", "Take an id of the facilities.")
    elif facility_id in places.closed:
        refuse("edit_conflict", f"an earlier edit closed '{facility_id[:40]}'.", "Reopen it first.")
    return is_there and facility_id not in places.closed


def _points(draft: Draft, edit: Edit) -> list[shapely.Point]:
    """Return the place of a facility, then its entrances: that place where none is given."""
    at = edit.values["at"]
    doors: Any = edit.get("entrances", [at])
    return [shapely.Point(xy) for xy in to_study(draft, [at, *doors])]
