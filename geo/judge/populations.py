"""Whom a rule counts: all residents or those of an age, everywhere or in one type of area; not stated where unknown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.judge.rollup import milli, parent_rows, top_down
from geo.model.standards import SERVED, Standard
from geo.model.study import Study


@dataclass(frozen=True)
class Populations:
    """The people of D places as each of Q populations counts them.

    Attributes
    ----------
    people
        int64 (D, Q): thousandths; 0 where not stated.
    unstated
        int64 (D, Q): thousandths of residents of the place of whom nobody says whether they belong.
    of_rule
        The population of each rule, in their order; 0 is everybody.
    """

    people: NDArray[np.int64]
    unstated: NDArray[np.int64]
    of_rule: tuple[int, ...]


def populations_of(study: Study, standard: Standard, unit: NDArray[np.int32]) -> Populations:
    """Return whom each rule counts at every place; ``unit`` is the place's smallest unit, -1 outside all."""
    everybody = milli(study.demand["people"].to_numpy())
    kinds = list(dict.fromkeys([("all", "all"), *((rule.serves, rule.area_type) for rule in standard.rules)]))
    types = _area_types(study.units, unit)
    people = np.zeros((len(everybody), len(kinds)), np.int64, order="F")
    unstated = np.zeros_like(people)
    for number, (serves, area_type) in enumerate(kinds):
        found = np.zeros(len(everybody))
        for column in SERVED[serves]:
            found = found + (study.demand[column].to_numpy(dtype=float) if column in study.demand else np.nan)
        is_there = np.isin(types, [area_type]) if area_type != "all" else np.ones(len(found), bool)
        is_open = (np.isnan(found) & is_there) | ((types == "") & (area_type != "all"))
        people[:, number] = np.where(is_there & ~is_open, milli(np.nan_to_num(found)), 0)
        unstated[:, number] = np.where(is_open, everybody, 0)
    return Populations(people, unstated, tuple(kinds.index((r.serves, r.area_type)) for r in standard.rules))


def _area_types(units: pd.DataFrame, unit: NDArray[np.int32]) -> NDArray[np.object_]:
    """Return the type of area of every place: its unit's own, else that of the unit above; "" where none says."""
    types = np.full(len(units) + 1, "", dtype=object)
    if "area_type" in units:
        types[:-1] = [value if isinstance(value, str) else "" for value in units["area_type"]]
        parents = parent_rows(units)
        for row in top_down(units):
            types[row] = types[row] or types[parents[row]]
    return types[unit]
