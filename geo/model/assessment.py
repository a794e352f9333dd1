"""An assessment: the result of judging one study by one standard, immutable, named by the hash of its inputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.model.standards import Profile, Standard

COVERED, UNCOVERED, UNKNOWN = 1, 0, -1
"""The three answers; there are never only two."""

CAUSES = ("none in range", "severed", "over capacity", "unknown")
"""Why a place lacks a service: no facility within the threshold even by line; one by line but not by walking; one on
foot, but with too few places for the people round it; or nothing can be said."""

NO_CAUSE = -1
"""The cause of a place that lacks nothing."""

REMEDIES = ("new facility", "way through", "more places", "survey the data")
"""The kind of remedy that each cause calls for, in the order of `CAUSES`."""

NEW_FACILITY, WAY_THROUGH = REMEDIES[:2]
REMEDY_OF = dict(zip(CAUSES, REMEDIES, strict=True))


@dataclass(frozen=True)
class Assessment:
    """What a study's residents reach, judged by a standard.

    Arrays follow the rows of the study's tables; D demand places, F facilities, N network nodes, C categories,
    R rules, U units.

    Attributes
    ----------
    categories
        The C categories searched: those of the study's facilities and those the standard names.
    missing_categories
        Those of them without one facility in the data: everything about them is unknown.
    node_id, node_walk_m
        The N junctions as ``streets.from_node`` numbers them, and float32 (N, C) metres to the nearest, ``inf`` if
        unreached within ``search_limit_m``.
    demand_walk_m, demand_nearest
        float64 (D, C) metres from each place including both access legs, ``inf`` if unreached; int32 (D, C) row of
        the nearest facility, -1 if none.
    demand_line_m
        float64 (D, C) metres to the nearest facility as the crow flies, ``inf`` if there is none.
    demand_access_m
        float64 (D,) metres from the place to the street it joined, ``nan`` if it joined none.
    demand_is_island
        bool (D,): joined a small piece of street that hangs together with nothing else.
    demand_unit
        int32 (D,): row of the smallest unit it lies in, -1 outside every unit.
    demand_missing, demand_completeness
        int16 (D,) required services the place lacks, -1 where none could be judged; float64 (D,) weighted share of the
        services it has, ``nan`` there.
    status, cause
        int8 (D, R): COVERED, UNCOVERED or UNKNOWN; position in `CAUSES`, `NO_CAUSE` where nothing is lacking.
    facility_access_m, facility_people
        float64 (F,): metres to the street (``nan`` if it joined none), people within the threshold of a rule for
        its category (of the least strict one).
    units, verdicts
        One row per unit, and one per unit and rule: see `layers.catalog`. Unit row order is the study's.
    outside
        Like one row of ``verdicts`` per rule, for the people outside every unit.
    totals
        The same per rule for everybody: one row per rule, in the order of ``standard.rules``.
    capacity
        One row per unit and rule whose facilities state a capacity: supply, demand, unmet people.
    gaps, demand_gap
        One row per patch of people who lack what a rule asks for, most people first; int32 (D, R) row of the patch
        that a place belongs to, -1 for none. Its shape is drawn when somebody looks (`geo.judge.patches.draw_gaps`),
        as are service areas and catchments (`geo.judge.drawings.draw_areas`).
    """

    assessment_id: str
    study_name: str
    standard: Standard
    profile: Profile
    categories: tuple[str, ...]
    missing_categories: tuple[str, ...]
    search_limit_m: float
    node_id: NDArray[np.int64]
    node_walk_m: NDArray[np.float32]
    demand_walk_m: NDArray[np.float64]
    demand_nearest: NDArray[np.int32]
    demand_line_m: NDArray[np.float64]
    demand_access_m: NDArray[np.float64]
    demand_is_island: NDArray[np.bool_]
    demand_unit: NDArray[np.int32]
    demand_missing: NDArray[np.int16]
    demand_completeness: NDArray[np.float64]
    status: NDArray[np.int8]
    cause: NDArray[np.int8]
    facility_access_m: NDArray[np.float64]
    facility_people: NDArray[np.float64]
    units: pd.DataFrame
    verdicts: pd.DataFrame
    outside: pd.DataFrame
    totals: pd.DataFrame
    capacity: pd.DataFrame
    gaps: pd.DataFrame
    demand_gap: NDArray[np.int32]
    headline: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def made(self) -> dict[object, Any]:
        """What others made from this assessment and keep with it: its drawings."""
        return {}
