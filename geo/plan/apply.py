"""From a study and a scenario to the study as it would be: every edit checked, all faults told, nothing changed.

Besides the tables we keep where each piece of street lies on the base's, so that homes keep their doors.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.model.crs import WGS84
from geo.model.errors import Problem, ScenarioError
from geo.model.study import Study
from geo.plan import places, ways
from geo.plan.draft import Draft, Part, gates_now, parts_of, start_draft, walls_now
from geo.plan.edits import KINDS, Edit
from geo.plan.places import Places, demand_after, facilities_after
from geo.plan.scenario import Scenario
from geo.walk.build import CM_PER_M

FAR_DEGREES = 0.02
"""How far outside the streets an edit may lie, degrees (ours: some two kilometres)."""

_WAYS: dict[str, Callable[[Draft, Edit, ways.Refuse], None]] = {
    "add_path": ways.add_path, "open_wall": ways.open_wall, "add_gate": ways.add_gate, "close_gate": ways.close_gate,
    "close_street": ways.close_street,
}  # fmt: skip
_PLACES: dict[str, Callable[[Draft, Places, Edit, ways.Refuse], None]] = {
    "add_facility": places.add_facility, "move_facility": places.move_facility, "clear_people": places.clear_people,
    "close_facility": places.close_facility, "reopen_facility": places.reopen_facility,
    "add_people": places.add_people, "change_people": places.change_people,
}  # fmt: skip


@dataclass(frozen=True)
class Edited:
    """A study after a scenario.

    Attributes
    ----------
    base, scenario
        What it was, what was done.
    places
        What it would be, but for its streets, which are those of the base: of a large city they are made only when
        asked for. The first rows of ``places.demand`` are those of the base.
    stays, more
        Rows of ``base.streets`` that stay whole, and the streets that come after them (None: none).
    street_row, street_start_cm, is_closed
        For the rows of ``walked.streets``: the row of ``base.streets`` they lie on (-1 new), centimetres from its
        start, whether closed.
    touched
        Rows of ``base.streets`` that are no longer one whole row.
    entrance_row
        For the rows of ``study.entrances``: that of ``base.entrances``, -1 where new or moved.
    opened
        What may be walked now that could not be before, in study.crs.
    shut
        Rows of ``base.gates`` that the scenario shuts.
    """

    base: Study
    places: Study
    scenario: Scenario
    stays: NDArray[np.int64]
    more: gpd.GeoDataFrame | None
    street_row: NDArray[np.int64]
    street_start_cm: NDArray[np.int64]
    is_closed: NDArray[np.bool_]
    touched: NDArray[np.int64]
    entrance_row: NDArray[np.int64]
    opened: tuple[shapely.Geometry, ...]
    shut: NDArray[np.int64]

    @cached_property
    def walked(self) -> Study:
        """The study after, the closed streets still there, apart from all others: what homes join is asked of it."""
        return replace(self.places, streets=self.streets_at(np.arange(len(self.street_row))))

    @cached_property
    def study(self) -> Study:
        """The study after."""
        if not self.is_closed.any():
            return self.walked
        return replace(self.walked, streets=self.walked.streets[~self.is_closed].reset_index(drop=True))

    def streets_at(self, rows: NDArray[np.int64]) -> gpd.GeoDataFrame:
        """Return some rows of the streets of `walked`, ascending, numbered anew."""
        streets, count = self.places.streets, len(self.stays)
        if self.more is None and len(rows) == len(streets):
            return streets
        known = streets.iloc[self.stays[rows[rows < count]]]
        parts = known if self.more is None else pd.concat([known, self.more.iloc[rows[rows >= count] - count]])
        return gpd.GeoDataFrame(parts.reset_index(drop=True), geometry="geometry", crs=streets.crs)

    @property
    def is_same(self) -> bool:
        """Whether no edit is on: the study is the base itself."""
        return not any(edit.is_on for edit in self.scenario.edits)

    @property
    def has_new_ways(self) -> bool:
        """Whether streets, walls or gates are other than before."""
        return bool(len(self.touched) or self.opened or len(self.shut))


def apply(study: Study, scenario: Scenario, *, scale: float, categories: Collection[str] | None = None) -> Edited:
    """Return the study after a scenario.

    Parameters
    ----------
    scale
        Metres of study.crs per metre on the ground: `Network.ground_scale` of the study.
    categories
        The ids of the categories there are; None takes any.

    Raises
    ------
    ScenarioError
        Every edit that does not fit the study, in order: what, why, what to do.
    """
    draft, aside, faults = _edited(study, scenario, scale, categories)
    if faults:
        raise ScenarioError(faults)
    return _finish(draft, aside, scenario)


def misfits(
    study: Study, scenario: Scenario, *, scale: float, categories: Collection[str] | None = None
) -> tuple[Problem, ...]:
    """Return the edits that no longer fit a study, as on newer data; none where it replays whole."""
    return tuple(_edited(study, scenario, scale, categories)[2])


def _edited(
    study: Study, scenario: Scenario, scale: float, categories: Collection[str] | None
) -> tuple[Draft, Places, list[Problem]]:
    draft, aside, faults = start_draft(study, scale), Places(categories), list[Problem]()
    box = _box(study)
    for number, edit in enumerate(scenario.edits):
        if not edit.is_on:
            continue
        line = f", line {scenario.lines[number]}" if number < len(scenario.lines) else ""
        source = f"{scenario.name}{line}, edit {number + 1} ({edit.kind})"

        def refuse(code: str, message: str, remedy: str, source: str = source) -> None:
            faults.append(Problem(source, message, remedy, code=code))

        outside = _outside(edit, box)
        if outside:
            refuse("edit_outside", f"{outside} lies outside the study.", "Coordinates are longitude, latitude.")
        elif edit.kind in _WAYS:
            _WAYS[edit.kind](draft, edit, refuse)
        else:
            _PLACES[edit.kind](draft, aside, edit, refuse)
    return draft, aside, faults


def _box(study: Study) -> NDArray[np.float64]:
    bounds = shapely.box(*study.bounds)
    box = gpd.GeoSeries([bounds.buffer(1.0)], crs=study.crs).to_crs(WGS84).total_bounds
    return np.asarray(box + np.array([-FAR_DEGREES, -FAR_DEGREES, FAR_DEGREES, FAR_DEGREES]))


def _outside(edit: Edit, box: NDArray[np.float64]) -> str:
    """Return the field that lies far from every street, "" where none does."""
    for name, field in KINDS[edit.kind].fields.items():
        value: Any = edit.get(name)
        if value is None or field.kind not in ("point", "points", "line", "area"):
            continue
        xy = np.array([value] if field.kind == "point" else value, dtype=float)
        if not ((xy >= box[:2]) & (xy <= box[2:])).all():
            return name
    return ""


def _finish(draft: Draft, aside: Places, scenario: Scenario) -> Edited:
    base = draft.study
    facilities, entrances, entrance_row = facilities_after(draft, aside)
    stays, more, row, start, is_closed = _streets_after(draft)
    walls, gates = walls_now(draft), gates_now(draft)
    places = replace(
        base, facilities=facilities, entrances=entrances, demand=demand_after(draft, aside),
        walls=walls.reset_index(drop=True), gates=gates,
    )  # fmt: skip
    return Edited(
        base=base,
        places=places,
        scenario=scenario,
        stays=stays,
        more=more,
        street_row=row,
        street_start_cm=start,
        is_closed=is_closed,
        touched=np.array(sorted(r for r in draft.stops if r < len(base.streets)), dtype=np.int64),
        entrance_row=entrance_row,
        opened=tuple(draft.opened),
        shut=np.array(sorted(draft.gates), dtype=np.int64),
    )


def _streets_after(
    draft: Draft,
) -> tuple[
    NDArray[np.int64], gpd.GeoDataFrame | None, NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]
]:  # fmt: skip
    """Return rows of the base that stay, the streets after them, and for all: base row, start on it, is it closed."""
    base = draft.study.streets
    count = len(base)
    if not draft.stops:
        return np.arange(count), None, np.arange(count), np.zeros(count, np.int64), np.zeros(count, bool)
    kept = np.ones(count, bool)
    kept[[row for row in draft.stops if row < count]] = False
    rows, parts = [], list[Part]()
    for row in sorted(draft.stops):
        mine = list(parts_of(draft, row))
        parts += mine
        rows += [_street(draft, row, part, (nth, len(mine))) for nth, part in enumerate(mine, start=1)]
    more = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=base.crs)[list(base.columns)]
    for name in base.columns:
        if name != "geometry" and more[name].dtype != base[name].dtype:
            more[name] = more[name].astype(base[name].dtype)
    stays = np.flatnonzero(kept)
    return (
        stays,
        more,
        np.concatenate([stays, [part.row for part in parts]]).astype(np.int64),
        np.concatenate([np.zeros(len(stays)), [part.start_cm for part in parts]]).astype(np.int64),
        np.concatenate([np.zeros(len(stays), bool), [part.is_closed for part in parts]]).astype(bool),
    )


def _street(draft: Draft, row: int, part: Part, nth: tuple[int, int]) -> dict[str, Any]:
    """Return a row of streets for a part, the n-th of so many; parts are numbered, and roads crossed at ends only."""
    if part.row >= 0:
        whole = draft.study.streets.iloc[row].to_dict()
    else:
        made = draft.made[row - len(draft.study.streets)]
        whole = dict.fromkeys(draft.study.streets.columns)
        whole |= {"edge_id": made["edge_id"], "kind": made["kind"], "name": made["name"], "is_steps": False}
    number, count = nth
    return {
        **whole,
        "edge_id": f"{whole['edge_id']}.{number}" if count > 1 else whole["edge_id"],
        "crossing_from": whole["crossing_from"] if number == 1 else None,
        "crossing_to": whole["crossing_to"] if number == count else None,
        "from_node": part.from_node,
        "to_node": part.to_node,
        "length_m": part.cm / CM_PER_M,
        "geometry": part.line,
    }
