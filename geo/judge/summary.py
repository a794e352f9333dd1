"""From the answers of places to the tables of an assessment: verdicts, units, those outside, and everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.judge.compare import with_peers
from geo.judge.completeness import completeness_of, mean, unit_frame
from geo.judge.coverage import Answers
from geo.judge.ground import Ground
from geo.judge.headline import people_facts
from geo.judge.populations import populations_of
from geo.judge.reachable import Reachable
from geo.judge.rollup import assign_units
from geo.judge.verdicts import count, frame
from geo.judge.walks import COLUMNS, walks_of
from geo.model.standards import Standard
from geo.model.study import Study


@dataclass(frozen=True)
class Summary:
    """The unit of every place, the fields of an assessment that come from it, and figures for the headline."""

    unit: NDArray[np.int32]
    fields: dict[str, Any]
    facts: dict[str, float | None]


def roll_up(study: Study, standard: Standard, found: Reachable, answers: Answers, ground: Ground | None) -> Summary:
    """Return the answers rolled up from places to units, level by level."""
    unit, contested = assign_units(study.demand.geometry, study.units)
    crowd = populations_of(study, standard, unit)
    people, units = crowd.people[:, 0], study.units
    counts = count(crowd, answers, unit, units=len(units), ground=ground)
    whole = completeness_of(standard, answers.status, found.missing)
    lacking = np.where(whole.missing >= 0, whole.missing, np.nan)
    walks = walks_of(study, standard, found, crowd, unit)
    facility_id = study.facilities["facility_id"].to_numpy(dtype=object)
    verdicts, outside, totals = (
        _with_walks(table, walks, rows, facility_id)
        for table, rows in (
            (frame(counts.of(units), standard, units["unit_id"].tolist()), slice(0, len(units))),
            (frame(counts.outside(), standard), slice(len(units), len(units) + 1)),
            (frame(counts.total(), standard), slice(len(units) + 1, None)),
        )
    )
    return Summary(
        unit=unit,
        fields={
            "demand_unit": unit,
            "demand_missing": whole.missing,
            "demand_completeness": whole.share,
            "units": unit_frame(whole, people, unit, units),
            "verdicts": with_peers(verdicts, units),
            "outside": outside,
            "totals": totals,
        },
        facts={
            **people_facts(
                people,
                unit=unit,
                contested=contested,
                is_joined=found.homes.is_joined,
                is_island=found.is_island,
                answer=whole.answer,
            ),
            "services_missing": mean(lacking, people),
            "completeness": mean(whole.share, people),
        },
    )


def _with_walks(
    table: pd.DataFrame, walks: dict[str, NDArray[np.float64]], rows: slice, facility_id: NDArray[np.object_]
) -> pd.DataFrame:
    """Return the table with how long its people walk, and the facility nearest to the one in the middle."""
    figures = {name: walks[name][rows].ravel() for name in COLUMNS[:-1]}
    nearest = walks[COLUMNS[-1]][rows].ravel()
    ids = np.append(facility_id, np.nan)[np.where(np.isnan(nearest), len(facility_id), nearest).astype(np.int64)]
    return table.assign(**figures, nearest_id=ids)
