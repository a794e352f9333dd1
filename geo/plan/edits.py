"""The edits there are, declared as data: reading, the published schema and the manual all come from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from geo.model.tables import AGE_GROUPS

FieldKind = Literal["text", "number", "point", "points", "line", "area", "ages", "choice"]

OPENING_M = 4.0
"""Width of an opening in a wall where none is given (ours: a cart and two walkers pass)."""

TOLERANCE_M = 15.0
"""A drawn path joins a street this near, metres (ours: what a hand on a screen misses)."""

MOST_PEOPLE = 1e7
MOST_WIDTH_M = 10_000.0
MOST_TOLERANCE_M = 100.0


@dataclass(frozen=True)
class Field:
    """A field of an edit: its kind, what it means, its bounds and choices. Places are degrees, WGS 84."""

    kind: FieldKind
    meaning: str
    is_required: bool = False
    choices: tuple[str, ...] = ()
    low: float = 0.0
    high: float = MOST_PEOPLE


@dataclass(frozen=True)
class EditKind:
    """A kind of edit: what it does, its fields, and of which of them exactly one must be given."""

    meaning: str
    fields: Mapping[str, Field]
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edit:
    """One change of a study. ``values`` holds only what the file gives, by the names in `KINDS`."""

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    is_on: bool = True
    note: str = ""
    cost: float | None = None

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value, or the default where the file gives none."""
        return self.values.get(name, default)


def _text(meaning: str, *, is_required: bool = False) -> Field:
    return Field("text", meaning, is_required)


_AT = Field("point", "where", True)
_ENTRANCES = Field("points", "where it meets the streets; its own place where not given")
_CAPACITY = Field("number", "places, beds or seats")
_FACILITY = {
    "facility_id": _text("id; made from the edit where not given"),
    "category": _text("category id", is_required=True),
    "at": _AT,
    "name": _text("name"),
    "capacity": _CAPACITY,
    "capacity_unit": _text("what the capacity counts"),
    "opening": _text("opening hours"),
    "entrances": _ENTRANCES,
}
_KNOWN = _text("id of a facility there is", is_required=True)
_GATE = {
    "at": _AT,
    "access": Field("choice", "who may pass", True, ("public", "residents")),
    "hours": _text("opening hours"),
    "name": _text("name"),
}
_OPENING = {
    "wall_id": _text("id of the wall", is_required=True),
    "at": Field("point", "the middle of the opening; the whole wall is opened where not given"),
    "width_m": Field("number", "width of the opening, metres", low=0.5, high=MOST_WIDTH_M),
}
_PATH = {
    "line": Field("line", "the drawn line", True),
    "form": Field("choice", "path and crossing join every street they meet, a bridge those at its ends", True,
                  ("path", "crossing", "bridge")),
    "tolerance_m": Field("number", "an end this near a street joins it, metres", high=MOST_TOLERANCE_M),
    "name": _text("name"),
}  # fmt: skip
_STREET = {
    "at": Field("point", "the street nearest to it is cut there"),
    "line": Field("line", "every street that crosses it is cut"),
    "area": Field("area", "every street is closed inside"),
}
_HOUSING = {
    "demand_id": _text("id; made from the edit where not given"),
    "at": _AT,
    "people": Field("number", "residents", True),
    "ages": Field("ages", "residents by age group"),
    "name": _text("name"),
}
_PEOPLE = {
    "demand_id": _text("id of the place", is_required=True),
    "people": Field("number", "residents from now on", True),
}
_CLEARANCE = {"demand_id": _text("id of the place"), "area": Field("area", "every home inside")}

KINDS: dict[str, EditKind] = {
    "add_facility": EditKind("a new facility", _FACILITY),
    "move_facility": EditKind(
        "a facility at another place", {"facility_id": _KNOWN, "at": _AT, "entrances": _ENTRANCES}
    ),
    "close_facility": EditKind("a facility is given up", {"facility_id": _KNOWN}),
    "reopen_facility": EditKind("a facility that an earlier edit closed is open again", {"facility_id": _KNOWN}),
    "add_path": EditKind("a new path, crossing or bridge", _PATH),
    "open_wall": EditKind("a wall or a part of it is taken down", _OPENING),
    "add_gate": EditKind("a gate in the wall nearest to a place", _GATE),
    "close_gate": EditKind("a gate is shut", {"gate_id": _text("id of a gate there is", is_required=True)}),
    "close_street": EditKind("streets are closed to walkers", _STREET, one_of=("at", "line", "area")),
    "add_people": EditKind("new housing", _HOUSING),
    "change_people": EditKind("another number of residents", _PEOPLE),
    "clear_people": EditKind("nobody lives there any more", _CLEARANCE, one_of=("demand_id", "area")),
}
"""Name in the file -> what the edit does and takes."""

AGES = frozenset(AGE_GROUPS)
