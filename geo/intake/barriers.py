"""A planner's own walls and gates."""

from __future__ import annotations

import numpy as np

from geo.intake.columns import Aliases
from geo.intake.layer import open_rows
from geo.intake.raw import FileRef
from geo.intake.rows import LINES, POINTS, POLYGONS, Read
from geo.model.errors import told

ACCESS = ("public", "residents", "closed", "unknown")


def read_walls(ref: FileRef, aliases: Aliases) -> Read:
    """Return the planner's walls (`tables.WALLS`, EPSG:4326); outlines of polygons count as walls."""
    rows = open_rows(ref, "walls", aliases, kinds=(*LINES, *POLYGONS))
    wall_id, kind = rows.ids("wall_id"), rows.text("kind")
    frame = {
        "wall_id": wall_id, "name": rows.text("name"), "name_en": rows.text("name_en"),
        "kind": np.where(kind == None, "wall", kind), "is_planners": np.ones(len(wall_id), bool),  # noqa: E711
        "source": np.full(len(wall_id), ref.name, dtype=object),
    }  # fmt: skip
    rows.shapes = np.array([s.boundary if s is not None and "Polygon" in s.geom_type else s for s in rows.shapes])
    return rows.finish("walls", rows.table(frame))


def read_gates(ref: FileRef, aliases: Aliases) -> Read:
    """Return the planner's gates (`tables.GATES`, EPSG:4326)."""
    rows = open_rows(ref, "gates", aliases, kinds=POINTS)
    gate_id, access = rows.ids("gate_id"), rows.text("access")
    access = np.where(access == None, "unknown", access)  # noqa: E711
    wrong = np.array([value not in ACCESS for value in access])
    remedy = told("Use one of {known}.", known=", ".join(ACCESS))
    rows.fault(wrong, "access_unknown", "unknown access.", remedy=remedy, column="access")
    frame = {
        "gate_id": gate_id, "name": rows.text("name"), "access": access, "hours": rows.text("hours"),
        "source": np.full(len(gate_id), ref.name, dtype=object),
    }  # fmt: skip
    return rows.finish("gates", rows.table(frame))
