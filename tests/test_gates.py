"""A compound whose inner paths are not mapped: its homes walk straight to an open gate in sight.

A street runs along y = 0; a wall from (0, 10) round to (100, 110); a gate at (50, 10); the home at (50, 70).
"""

from __future__ import annotations

import pytest
from towns import facilities, gates, homes, rule, standard, streets, study, walls

from geo.assess import assess, prepare
from geo.model.assessment import COVERED, UNKNOWN, Assessment
from geo.model.standards import Profile, Text
from geo.walk.build import build_network
from geo.walk.snap import join

ADULT = Profile("adult", Text("成人", "adult"), 1.2, 0.6, "test")
RING = [(0, 10), (50, 10), (100, 10), (100, 110), (0, 110), (0, 10)]
RULES = standard(rule("5min/canteen", "canteen", metres=300))


def judged(
    *, gate: str | None, place: tuple[float, float] = (50, 70), inner: bool = False, own: bool = True
) -> Assessment:
    lines = [RING] + ([[(20, 40), (80, 40)]] if inner else [])
    town = study(
        streets=streets([(-100, 0), (200, 0)]),
        facilities=facilities(("f", "canteen", 150, 0)),
        demand=homes(("h", 10.0, *place)),
        walls=walls(*lines, is_planners=own),
        gates=gates(*([(50, 10, gate)] if gate else [])),
    )
    return assess(town, prepare(town), RULES, ADULT, code_version="test", created="2026-11-24")


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("access", ["public", "residents", "unknown"])
def test_a_home_walks_to_the_gate_and_on_to_the_street(access: str, own: bool) -> None:
    """60 m to the gate, 10 m to the street, 100 m along it."""
    made = judged(gate=access, own=own)
    assert made.demand_access_m.tolist() == [70.0]
    assert made.demand_walk_m.tolist() == [[170.0]]
    assert made.status.tolist() == [[COVERED]]


@pytest.mark.parametrize("gate", [None, "closed"])
def test_without_an_open_gate_it_stays_unknown(gate: str | None) -> None:
    assert judged(gate=gate).status.tolist() == [[UNKNOWN]]


def test_a_gate_behind_another_wall_is_not_in_sight() -> None:
    assert judged(gate="public", inner=True).status.tolist() == [[UNKNOWN]]


def test_the_way_by_the_gate_keeps_the_limit() -> None:
    """(5, 105): 105.1 m to the gate and 10 m on are within 150 m, and beyond a limit of 110 m."""
    town = study(
        streets=streets([(-100, 0), (200, 0)]), demand=homes(("h", 1.0, 5, 105)), walls=walls(RING),
        gates=gates((50, 10, "public")),
    )  # fmt: skip
    network = build_network(town)
    near, far = (
        join(network, town.demand.geometry, walls=town.walls.geometry, gates=town.gates, limit_m=limit)
        for limit in (150.0, 110.0)
    )
    assert near.access_m.tolist() == [pytest.approx((45**2 + 95**2) ** 0.5 + 10, abs=0.01)]
    assert not far.is_joined[0]


def test_a_home_that_sees_a_street_joins_it_and_no_gate() -> None:
    assert judged(gate="public", place=(50, 5)).demand_access_m.tolist() == [5.0]
