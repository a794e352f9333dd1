"""The walk that is drawn is the walk that is counted: as long, in one piece, from door to door."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from test_slopes import SHIPPED, hilly_towns
from test_walk_oracle import random_town
from towns import at, facilities, homes, ring_town, streets, study

from geo.intake.elevation import against_the_flat
from geo.model.standards import Profile, Text
from geo.model.study import Study
from geo.walk.build import build_network
from geo.walk.network import Network
from geo.walk.pairs import distances_from
from geo.walk.reach import Entrances, nearest_of_groups
from geo.walk.route import climb_of, nearest_route, seconds_of
from geo.walk.snap import Joins, join
from geo.walk.timed import timed_joins, timed_network

LIMIT = 500_000


def one(joins: Joins, row: int) -> Joins:
    part = slice(row, row + 1)
    return Joins(joins.edge[part], joins.offset_cm[part], joins.access_cm[part], joins.is_refused[part])


def foot(network: Network, joins: Joins, row: int) -> shapely.Point:
    edge = int(joins.edge[row])
    share = joins.offset_cm[row] / max(int(network.edge_cm[edge]), 1)
    return shapely.line_interpolate_point(network.lines[edge], share, normalized=True)


@pytest.mark.parametrize("seed", range(12))
def test_the_route_is_as_long_as_the_walk_and_leads_from_door_to_door(seed: int) -> None:
    town = random_town(seed)
    network = build_network(town)
    doors = join(network, town.entrances.geometry, walls=town.walls.geometry)
    places = join(network, town.demand.geometry, walls=town.walls.geometry)
    rows = np.arange(len(doors.edge), dtype=np.int32)
    walks = distances_from(network, Entrances(doors, rows, rows), places, limit_m=LIMIT / 100)
    drawn = 0
    for row in np.flatnonzero(places.is_joined):
        found = nearest_route(network, one(places, row), doors, LIMIT)
        nearest = walks[:, row].min()
        if found is None:
            assert not np.isfinite(nearest)
            continue
        assert found.cm / 100 == pytest.approx(nearest, abs=1e-9)
        assert walks[found.target, row] == nearest
        pieces = len(found.line.coords) + 2
        assert found.line.length * 100 == pytest.approx(found.cm - found.access_cm, abs=2.0 + pieces)
        ends = shapely.points([found.line.coords[0], found.line.coords[-1]])
        assert ends[0].distance(foot(network, places, row)) < 0.03
        assert ends[1].distance(foot(network, doors, found.target)) < 0.03
        drawn += 1
    assert drawn > 3


def test_two_places_on_one_street_walk_along_it_only() -> None:
    town = study(
        streets=streets([(0, 0), (100, 0), (200, 0)]),
        demand=homes(("h", 1.0, 20, 5)),
        facilities=facilities(("f", "canteen", 170, -8)),
    )
    network = build_network(town)
    here = join(network, town.demand.geometry, walls=town.walls.geometry)
    there = join(network, town.facilities.geometry, walls=town.walls.geometry)
    found = nearest_route(network, here, there, LIMIT)
    assert found is not None
    assert (found.cm, found.access_cm) == (15_000 + 500 + 800, 1_300)
    assert list(found.line.coords) == [at(20, 0), at(100, 0), at(170, 0)]


def test_the_shorter_way_round_a_ring_is_taken_and_a_limit_ends_it() -> None:
    town = ring_town()
    network = build_network(town)
    doors = join(network, town.entrances.geometry, walls=town.walls.geometry)
    places = join(network, town.demand.geometry, walls=town.walls.geometry)
    found = nearest_route(network, one(places, 0), doors, LIMIT)
    assert found is not None
    assert nearest_route(network, one(places, 0), doors, found.cm) is not None
    assert nearest_route(network, one(places, 0), doors, found.cm - 1) is None


UPHILL = float(np.exp(0.35))
HIKER = Profile("hiker", Text("徒步者", "hiker"), 1.0, None, "town", "tobler", "town")


def hill_town() -> Study:
    """A clinic at (1000, 0) and homes at (0, 0): straight over a hill of 10 %, or round by y = 100 on the flat.

    ``e0`` climbs 50 m over 500 m, ``e1`` falls again, ``e2`` is the flat way of 1,200 m. Home ``i`` stands
    half way up.
    """
    lines = streets([(0, 0), (500, 0)], [(1000, 0), (500, 0)], [(0, 0), (0, 100), (1000, 100), (1000, 0)])
    slope = np.array([0.1, 0.1, 0.0])
    up, down = against_the_flat(slope), against_the_flat(-slope)
    lines = lines.assign(climb_forward=up, climb_back=down, rise_m=[50.0, 50.0, 0.0], fall_m=[0.0, 0.0, 0.0])
    return study(
        streets=lines, facilities=facilities(("k", "clinic", 1000, 0)), demand=homes(("h", 1, 0, 0), ("i", 1, 250, 0))
    )


@pytest.mark.parametrize(
    ("home", "profile", "metres", "seconds", "climb"),
    [
        (0, None, 1000, 500 * UPHILL + 500, (50, 50)),
        (0, HIKER, 1200, 1200, (0, 0)),
        (1, HIKER, 750, 250 * UPHILL + 500, (25, 50)),
    ],
)
def test_the_quickest_way_heeds_slopes_on_the_way_there(
    home: int, profile: Profile | None, metres: float, seconds: float, climb: tuple[float, float]
) -> None:
    town = hill_town()
    network = build_network(town)
    places, doors = (join(network, t.geometry, walls=town.walls.geometry) for t in (town.demand, town.facilities))
    found = nearest_route(network, one(places, home), doors, LIMIT, profile)
    assert found is not None
    assert found.cm / 100 == pytest.approx(metres, abs=0.02) == found.line.length
    assert seconds_of(network, found, HIKER) == pytest.approx(seconds, abs=0.05)
    assert climb_of(network, found, town.streets) == pytest.approx(climb, abs=0.01)
    unknown = town.streets.assign(rise_m=np.nan, fall_m=np.nan)
    assert climb_of(network, found, unknown) is None


def test_steps_on_the_way_are_told_as_closed_or_gone_round() -> None:
    lines = streets([(0, 0), (100, 0)], [(0, 0), (0, 200), (100, 200), (100, 0)], steps=[0])
    town = study(streets=lines, facilities=facilities(("k", "clinic", 100, 0)), demand=homes(("h", 1, 0, 0)))
    network = build_network(town)
    places, doors = (join(network, t.geometry, walls=town.walls.geometry) for t in (town.demand, town.facilities))
    short, passable = (nearest_route(network, places, doors, LIMIT, profile) for profile in (None, HIKER))
    assert short is not None and passable is not None
    assert (short.cm, seconds_of(network, short, HIKER)) == (10_000, None)
    assert (passable.cm, seconds_of(network, passable, HIKER)) == (50_000, 500.0)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(hilly_towns(), st.sampled_from(["hiker", "wheelchair"]))
def test_a_quickest_route_takes_the_time_of_the_search_from_home_to_facility(town: Study, who: str) -> None:
    """The search runs from the facilities against the streets, the route from the home along them: equal to 0.1 s."""
    profile = HIKER if who == "hiker" else SHIPPED[who]
    network = build_network(town)
    towards = timed_network(network, profile, is_towards=True)
    places, doors = (join(network, t.geometry, walls=town.walls.geometry) for t in (town.demand, town.entrances))
    rows = np.arange(len(doors.edge), dtype=np.int32)
    entrances = Entrances(timed_joins(network, towards, doors, profile), rows, np.zeros_like(rows))
    limit_m = LIMIT / 100 / profile.speed_mps
    seconds = nearest_of_groups(
        towards, entrances, timed_joins(network, towards, places, profile), groups=1, limit_m=limit_m
    ).place_m[:, 0]
    for row in np.flatnonzero(places.is_joined):
        found = nearest_route(network, one(places, row), doors, LIMIT, profile)
        if found is None:
            assert not np.isfinite(seconds[row])
            continue
        pieces = len(found.stretches)
        assert seconds_of(network, found, profile) == pytest.approx(seconds[row], abs=0.02 * (pieces + 2))
        assert found.line.length * 100 == pytest.approx(found.cm - found.access_cm, abs=4.0 + 2 * pieces)
