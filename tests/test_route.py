"""The walk that is drawn is the walk that is counted: as long, in one piece, from door to door."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from test_walk_oracle import random_town
from towns import at, facilities, homes, ring_town, streets, study

from geo.walk.build import build_network
from geo.walk.network import Network
from geo.walk.pairs import distances_from
from geo.walk.reach import Entrances
from geo.walk.route import nearest_route
from geo.walk.snap import Joins, join

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
