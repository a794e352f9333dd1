"""What belongs to a unit: the units below it are those whose people it counts as its own."""

from __future__ import annotations

import numpy as np
import pandas as pd
from towns import units

from geo.judge.rollup import below, climb

PLOT = (0.0, 0.0, 1.0, 1.0)
TREE = units(
    ("c1", "community", "s1", PLOT), ("city", "city", None, PLOT), ("d1", "district", "city", PLOT),
    ("s1", "subdistrict", "d1", PLOT), ("c2", "community", "d1", PLOT), ("d2", "district", None, PLOT),
)  # fmt: skip
"""A community may belong to a district at once, a district to no city; rows come in any order."""


def test_a_unit_has_itself_and_all_below_it() -> None:
    found = {unit_id: below(TREE, unit_id) for unit_id in TREE["unit_id"]}
    assert found == {
        "c1": {"c1"}, "city": {"city", "d1", "s1", "c1", "c2"}, "d1": {"d1", "s1", "c1", "c2"}, "s1": {"s1", "c1"},
        "c2": {"c2"}, "d2": {"d2"},
    }  # fmt: skip


def test_a_unit_counts_the_people_of_those_below_it() -> None:
    own = np.array([1, 2, 4, 8, 16, 32])
    summed = climb(own, TREE)
    for row, unit_id in enumerate(TREE["unit_id"]):
        assert summed[row] == own[TREE["unit_id"].isin(below(TREE, unit_id))].sum()


def test_units_that_belong_to_each_other_end() -> None:
    loop = pd.DataFrame({"unit_id": ["a", "b", "x"], "parent_id": ["b", "a", None]})
    assert below(loop, "a") == {"a", "b"}
