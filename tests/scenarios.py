"""Scenarios for tests: edits in the metres of the hand-drawn towns, turned to degrees as a file has them."""

from __future__ import annotations

from typing import Any

import pyproj
import towns

from geo.judge.doors import Doors
from geo.judge.reachable import Reachable, find_doors, find_reachable
from geo.model.standards import Profile, Standard, Text
from geo.model.study import Study
from geo.plan.apply import Edited, apply
from geo.plan.baseline import baseline
from geo.plan.compare import Comparison, compare
from geo.plan.doors import doors_after, network_after
from geo.plan.edits import Edit
from geo.plan.quick import compare_quickly, standing
from geo.plan.scenario import Scenario
from geo.walk.build import build_network
from geo.walk.network import Network

ADULT = Profile("adult", Text("成年人", "adult"), 1.0, 0.5, "town")
_TURN = pyproj.Transformer.from_crs(towns.CRS, "EPSG:4326", always_xy=True)


def place(x: float, y: float) -> list[float]:
    """Longitude and latitude of a place of a town."""
    return list(map(float, _TURN.transform(*towns.at(x, y))))


def places(*points: tuple[float, float]) -> list[list[float]]:
    return [place(*point) for point in points]


def edit(kind: str, **values: Any) -> Edit:
    return Edit(kind, values)


def scenario(*edits: Edit) -> Scenario:
    return Scenario("plan", tuple(edits))


def edited(town: Study, *edits: Edit) -> Edited:
    return apply(town, scenario(*edits), scale=build_network(town).ground_scale)


def after(town: Study, *edits: Edit, standard: Standard) -> tuple[Edited, Network, Doors, Reachable]:
    """What is reached after the edits, everything searched anew."""
    network = build_network(town)
    done = apply(town, scenario(*edits), scale=network.ground_scale)
    now = network_after(done, network)
    doors = doors_after(done, network, now, find_doors(town, network))
    return done, now, doors, find_reachable(done.study, now, standard, ADULT, doors)


def walks(town: Study, *edits: Edit, standard: Standard) -> Any:
    """Metres from every home (rows) to the nearest of each category of the standard, then of the town (columns)."""
    return after(town, *edits, standard=standard)[3].reach.place_m


def both_ways(town: Study, *edits: Edit, standard: Standard) -> tuple[Comparison, Comparison]:
    """The comparison with everything searched anew, and by repairing, twice: nothing of the first may be left."""
    network = build_network(town)
    base = baseline(town, network, standard, ADULT)
    done, stands = apply(town, scenario(*edits), scale=network.ground_scale), standing(base)
    compare_quickly(stands, done)
    return compare(base, done), compare_quickly(stands, done)


def compared(town: Study, *edits: Edit, standard: Standard) -> Comparison:
    network = build_network(town)
    base = baseline(town, network, standard, ADULT)
    return compare(base, apply(town, scenario(*edits), scale=network.ground_scale))
