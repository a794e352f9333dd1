"""Whether a facility is open: what a status column, a name or the tags of OpenStreetMap say of it.

Closed and planned places are kept apart from those that serve somebody. Words are data (``states`` in the category
table); what no word tells is open, and a status that no word explains is told.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.intake.evidence import folded
from geo.intake.merge import REACH_M, compare
from geo.model import tables
from geo.model.errors import Problem, RuleError, Told, told
from geo.model.study import Study
from geo.model.yaml_strict import LINE_KEY, check_keys, expect

OPEN, CLOSED, PLANNED = "open", "closed", "planned"
STATES = (PLANNED, CLOSED, OPEN)
"""In the order in which a status is asked for their words: 未建成 holds 建成, 未营业 holds 营业."""

LIFECYCLE = {
    "disused": CLOSED, "abandoned": CLOSED, "planned": PLANNED, "proposed": PLANNED, "construction": PLANNED,
}  # fmt: skip
"""Prefixes of keys, and keys with ``yes``, by which OpenStreetMap says that a place is not open."""

_SHUT = ("off", "closed")
"""``opening_hours`` of a place that never opens."""

_PATTERNS = {
    "names": r"[(\[【〔<《]{0}[)\]】〕>》]|[-—–_·・\s]{0}$|^{0}[-—–_·・\s]|^{0}(?P<kind>.+)$",
    "starts": r"^{0}(?=.)",
    "ends": r"(?<=.){0}$",
}
"""Where words stand in a name: apart from the rest of it or before a kind of place alone, at its start, at its end."""


@dataclass(frozen=True)
class States:
    """The state of every word of a status cell, and of every word of a name by its place (`_PATTERNS`), as asked."""

    status: dict[str, str]
    names: dict[tuple[str, str], str]

    def of_status(self, text: str) -> str | None:
        """Return the state that a status cell says by the words it holds; None where it holds none of them."""
        plain = folded(text)
        found = [word for word in self.status if word in plain]
        # A word inside a longer one says nothing of its own: 规划保留 is kept, not planned.
        found = [word for word in found if not any(word != other and word in other for other in found)]
        return min((self.status[word] for word in found), key=STATES.index, default=None)

    def of_name(self, name: str, kinds: Collection[str] = ()) -> str | None:
        """Return the state that a name says; None where it says nothing.

        ``kinds`` are the words of categories: a word before nothing but one of them tells too (规划小学).
        """
        plain = folded(name)
        if not self._words.search(plain):
            return None
        for pattern, state in self._patterns:
            hit = pattern.search(plain)
            if hit and (hit.lastgroup != "kind" or hit["kind"] in kinds):
                return state
        return None

    @cached_property
    def _words(self) -> re.Pattern[str]:
        return re.compile("|".join(re.escape(word) for _, word in self.names) or r"(?!)")

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        found = self.names.items()
        return [(re.compile(_PATTERNS[place].format(re.escape(word))), state) for (place, word), state in found]


NO_STATES = States({}, {})


def read_states(record: Mapping[str, Any] | None, path: str, known: States = NO_STATES) -> States:
    """Return the words of a YAML record, added to those ``known``.

    Raises
    ------
    RuleError
        A slip; it names file, line and key.
    """
    states = States(dict(known.status), dict(known.names))
    if record is None:
        return states
    check_keys(record, required=frozenset(), optional=frozenset(STATES), path=path)
    for state in (state for state in STATES if state in record):
        entry = expect(record, state, dict, path=path) or {LINE_KEY: record[LINE_KEY]}
        check_keys(entry, required=frozenset(), optional=frozenset({"status", *_PATTERNS}), path=path)
        for key in (key for key in entry if key != LINE_KEY):
            for word in expect(entry, key, list, path=path) or []:
                if not isinstance(word, str) or not word.strip():
                    raise RuleError(f"expected words, found {word!r}", path=path, key=key, line=entry[LINE_KEY])
                plain = folded(word)
                if key == "status":
                    first = states.status.setdefault(plain, state)
                else:
                    first = states.names.setdefault((key, plain), state)
                if first != state:
                    message = f"'{word}' is a word of two states"
                    raise RuleError(message, path=path, key=key, line=entry[LINE_KEY])
    return states


def of_tags(tags: Mapping[str, str], *, is_former: bool) -> str:
    """Return open, closed or planned, as the tags of a place say.

    ``is_former``: it was recognised by prefixes alone, as ``disused:amenity``; else they tell what it was before.
    """
    if tags.get("opening_hours", "").casefold() in _SHUT:
        return CLOSED
    said = (key.partition(":")[0] for key, value in dict(tags).items() if (is_former if ":" in key else value == "yes"))
    return next((LIFECYCLE[word] for word in said if word in LIFECYCLE), OPEN)


def without_prefix(tags: Mapping[str, str]) -> dict[str, str] | None:
    """Return tags with ``disused:amenity`` and the like as the plain ones, where those are not there; None: none is."""
    every = dict(tags)
    parts = {key: key.partition(":") for key in every if ":" in key}
    plain = {rest: every[key] for key, (prefix, _, rest) in parts.items() if prefix in LIFECYCLE}
    return plain | every if plain else None


def prefixed(keys: Collection[str]) -> frozenset[str]:
    """Return keys with every prefix of `LIFECYCLE`."""
    return frozenset(f"{prefix}:{key}" for prefix in LIFECYCLE for key in keys)


def not_open_message(state: Iterable[str], names: Iterable[object]) -> Told:
    """Return how many places are closed and how many planned, with the first of their names."""
    counts = {word: sum(one == word for one in state) for word in (CLOSED, PLANNED)}
    pattern = " and ".join(f"{{{word}}} {word}" for word, count in counts.items() if count)
    examples = ", ".join(str(name) for name in islice(names, 3))
    return told(pattern + " ({examples}): kept apart, they serve nobody.", examples=examples, **counts)


def keep_apart(
    facilities: gpd.GeoDataFrame, entrances: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the facilities that are open, their entrances, and the others (`tables.NOT_OPEN`), which have none."""
    if "state" not in facilities:
        return facilities, entrances, tables.empty(tables.NOT_OPEN, str(facilities.crs))
    is_open = facilities["state"].fillna(OPEN) == OPEN
    others = facilities[~is_open][[*tables.NOT_OPEN.column_names(), "geometry"]].reset_index(drop=True)
    kept = facilities[is_open].drop(columns="state").reset_index(drop=True)
    doors = entrances[entrances["facility_id"].isin(kept["facility_id"])].reset_index(drop=True)
    return kept, doors, others if len(others) else tables.empty(tables.NOT_OPEN, str(facilities.crs))


def find_disputed(study: Study) -> tuple[Problem, ...]:
    """Return what lists disagree on: places that are surely the same, open in one and not in another."""
    shut = study.not_open
    near = study.facilities.sindex.query(shut.geometry, predicate="dwithin", distance=REACH_M)[1]
    both = pd.concat([study.facilities.iloc[np.unique(near)], shut], ignore_index=True)
    if len(both) == len(shut):
        return ()
    pairs = compare(gpd.GeoDataFrame(both, geometry="geometry", crs=study.crs))
    is_shut = both["state"].notna().to_numpy()
    at = pairs.is_sure & (is_shut[pairs.one] != is_shut[pairs.other])
    rows = np.unique(np.where(is_shut[pairs.one], pairs.one, pairs.other)[at])
    if not len(rows):
        return ()
    first = both.iloc[rows[:3]]
    told_of = zip(first["name"], first["state"], first["source"], strict=True)
    shown = ", ".join(f"{name}: {state} in {file}" for name, state, file in told_of)
    message = told(
        "{places} places are not open in one list and open in another ({examples}): they count as open.",
        places=len(rows), examples=shown,
    )  # fmt: skip
    return (Problem("facilities", message, "Correct one of the lists.", "state_disputed", count=len(rows),
                    severity="note"),)  # fmt: skip
