"""Where walls and paths cross, and what follows: a path is cut, or the wall is doubtful.

A planner's own wall wins over a path unless a gate lies at the crossing; a wall from OpenStreetMap loses to a mapped
path and is listed. A gate that is closed is no gate.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.model.study import Study

GATE_REACH_M = 5.0
"""A gate opens the crossings of wall and path within this distance of it (ours: mapping accuracy)."""

TOUCH_M = 0.05
"""A path that ends within this distance of a wall touches it and does not cross."""


@dataclass(frozen=True)
class Crossings:
    """Points where a path meets a wall: row of the path, row of the wall, metres along the path, open or not."""

    street: NDArray[np.int64]
    wall: NDArray[np.int64]
    along_m: NDArray[np.float64]
    has_gate: NDArray[np.bool_]
    is_planners: NDArray[np.bool_]

    @property
    def cuts(self) -> NDArray[np.bool_]:
        """Crossings that nobody passes."""
        return self.is_planners & ~self.has_gate

    @property
    def doubtful(self) -> NDArray[np.bool_]:
        """Walls from OpenStreetMap that a mapped path crosses without a gate: the path wins."""
        return ~self.is_planners & ~self.has_gate


def find_crossings(lines: NDArray[np.object_], walls: gpd.GeoDataFrame, gates: gpd.GeoDataFrame) -> Crossings:
    """Return every point where a path meets a wall, in the order of the paths.

    Parameters
    ----------
    lines
        LineStrings of the streets, in the CRS of the walls (metres).
    walls, gates
        `tables.WALLS` and `tables.GATES`.
    """
    wall_lines = walls.geometry.to_numpy()
    if not len(wall_lines) or not len(lines):
        none = np.empty(0, np.int64)
        return Crossings(none, none, np.empty(0), np.empty(0, bool), np.empty(0, bool))
    street, wall = shapely.STRtree(wall_lines).query(lines, predicate="intersects")
    met = shapely.intersection(lines[street], wall_lines[wall])
    parts, pair = shapely.get_parts(met, return_index=True)
    is_point = shapely.get_type_id(parts) == shapely.GeometryType.POINT
    parts, pair = parts[is_point], pair[is_point]
    street, wall = street[pair], wall[pair]
    along = shapely.line_locate_point(lines[street], parts)
    order = np.lexsort((wall, along, street))
    planners = walls["is_planners"].to_numpy(dtype=bool)[wall]
    return Crossings(street[order], wall[order], along[order], _near_gate(parts, gates)[order], planners[order])


def _near_gate(points: NDArray[np.object_], gates: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    open_gates = gates.geometry.to_numpy()[gates["access"].to_numpy() != "closed"]
    near = np.zeros(len(points), bool)
    if len(open_gates) and len(points):
        near[shapely.STRtree(open_gates).query(points, predicate="dwithin", distance=GATE_REACH_M)[0]] = True
    return near


def doubtful_walls(study: Study) -> list[str]:
    """Return the ids of walls from OpenStreetMap that a mapped path crosses without a gate, in order."""
    crossings = find_crossings(study.streets.geometry.to_numpy(), study.walls, study.gates)
    ids = study.walls["wall_id"].to_numpy(dtype=object)[crossings.wall[crossings.doubtful]]
    return sorted({str(wall_id) for wall_id in ids})
