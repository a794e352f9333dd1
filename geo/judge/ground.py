"""Built-up ground, for rules that ask for a share of area instead of a share of people.

Residential land is seldom in the data, so the ground is what can be seen: square cells of `CELL_M` on a side that
hold a home or the inner point of a building. Each is answered at its centre, as a home is: on foot from the street it
joins, or by straight radius.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.judge.coverage import Answers
from geo.model.standards import Standard
from geo.model.study import Study

CELL_M = 50.0
"""Side of a cell (ours): a block of flats with its yard."""


@dataclass(frozen=True)
class Ground:
    """G cells of built-up ground, answered by the rules that ask for a share of area.

    Attributes
    ----------
    unit
        int32 (G,): the smallest unit that holds the centre, -1 outside all.
    area_m2
        int64 (G,): whole square metres on the ground.
    rules
        The numbers of the rules that ``answers`` has a column for.
    """

    unit: NDArray[np.int32]
    area_m2: NDArray[np.int64]
    rules: tuple[int, ...]
    answers: Answers


def rules_of_ground(standard: Standard) -> tuple[int, ...]:
    """Return the numbers of the rules that ask for a share of area."""
    return tuple(number for number, rule in enumerate(standard.rules) if rule.share_of == "area")


def built_up_cells(study: Study) -> gpd.GeoSeries:
    """Return the centres of the built-up cells, in study.crs, west to east and then south to north."""
    buildings = study.backdrop.geometry[study.backdrop["kind"] == "building"].to_numpy()
    points = np.concatenate([study.demand.geometry.to_numpy(), shapely.point_on_surface(buildings)])
    corners = np.unique(np.floor(shapely.get_coordinates(points) / CELL_M), axis=0)
    return gpd.GeoSeries(shapely.points((corners + 0.5) * CELL_M), crs=study.crs)


def cell_area_m2(cells: int, scale: float) -> NDArray[np.int64]:
    """Return the area of each cell on the ground; ``scale`` is metres of study.crs per metre on the ground."""
    return np.full(cells, round((CELL_M / scale) ** 2), np.int64)
