"""Which homes and facilities meet no street, and why: too far, behind walls, or on a piece that leads nowhere."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np

from geo.model.errors import SHOWN_ROWS, Problem, told
from geo.model.study import Study
from geo.walk.network import Network
from geo.walk.snap import JOIN_LIMIT_M, are_islands, is_on_island, join


def check_joins(study: Study, network: Network) -> tuple[tuple[Problem, ...], dict[str, Any]]:
    """Return a note for homes and one for facilities that are not joined, and how many for each reason.

    A facility is told where none of its entrances joins. The facts tell the islands of the streets too: how many, and
    their length in metres.
    """
    islands = network.component_m[are_islands(network)]
    facts: dict[str, Any] = {"islands": len(islands), "island_m": round(float(islands.sum()))}
    found = []
    for name, points, owner in (
        ("demand", study.demand, study.demand["demand_id"]),
        ("facilities", study.entrances, study.entrances["facility_id"]),
    ):
        why = _why(study, network, points)
        worst = {str(i): int(r) for i, r in sorted(zip(owner, why, strict=True), key=lambda pair: -int(pair[1]))}
        ids = {reason: [i for i, code in worst.items() if code == n] for n, reason in enumerate(_REASONS)}
        facts[f"{name}_not_joined"] = {reason: len(ids[reason]) for reason in _REASONS[1:]}
        lost = [i for reason in _REASONS[1:] for i in ids[reason]]
        if lost:
            counts = {reason: len(ids[reason]) for reason in _REASONS[1:] if ids[reason]}
            words = ", ".join(f"{{{reason}}} {_WORDS[reason]}" for reason in counts)
            shown = ", ".join(lost[:SHOWN_ROWS]) + (" …" if len(lost) > SHOWN_ROWS else "")
            message = told(
                "{places} of {of} are not joined to the streets: " + words + " ({examples}).",
                places=len(lost), of=len(worst), examples=shown, **counts,
            )  # fmt: skip
            remedy = "They are unknown. Map a street, a gate or an entrance there."
            found.append(Problem(name, message, remedy, "not_joined", count=len(lost), severity="note"))
    return tuple(found), facts


_REASONS = ("joined", "island", "walls", "far")
_WORDS = {
    "island": "on a scrap of street that leads nowhere", "walls": "kept from it by walls",
    "far": f"farther than {JOIN_LIMIT_M:g} m from it",
}  # fmt: skip


def _why(study: Study, network: Network, points: gpd.GeoDataFrame) -> np.ndarray:  # type: ignore[type-arg]
    """Return the place of each point's reason among `_REASONS`."""
    joins = join(network, points.geometry, walls=study.walls.geometry, gates=study.gates)
    alone = np.where(is_on_island(network, joins), 1, 0)
    return np.where(joins.is_joined, alone, np.where(joins.is_refused, 2, 3))
