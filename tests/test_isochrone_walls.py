"""Drawings and walls: what is reached lies inside, what only a wall's other side could reach lies outside.

A drawing is as fine as its cells, so a shape may reach a cell beyond a wall, and a street lie a cell outside.
"""

from __future__ import annotations

import numpy as np
import pytest
import shapely
import towns
from shapely.geometry import LineString, Point
from test_isochrone import ADULT, degrees

from geo.model.assessment import Assessment
from geo.model.crs import WGS84
from geo.model.study import Study
from geo.walk.barriers import SHIFT, is_hidden, make_barriers
from geo.walk.build import build_network
from geo.walk.field import CELL_M, OFF_STREET_M
from geo.walk.isochrone import Walk, isochrone
from geo.walk.network import Network
from geo.walk.reach import costs_around
from geo.walk.samples import cost_along, sample_edges
from geo.walk.snap import join


def bands_of(
    town: Study, network: Network, lon_lat: tuple[float, float], limits: list[float]
) -> list[shapely.Geometry]:
    """All that is reached up to each limit, in study.crs."""
    bands, _ = isochrone(town, network, lon_lat, Walk(limits, "m", ADULT))
    local = bands.to_crs(town.crs).sort_values("threshold")
    return [shapely.union_all(local.geometry.to_numpy()[: n + 1]) for n in range(len(limits))]


@pytest.mark.parametrize("seed", range(4))
def test_on_the_sample_every_reached_street_is_inside_and_no_pocket_lies_across_a_wall(
    seed: int, sample: tuple[Study, Assessment]
) -> None:
    town, limits = sample[0], [300.0, 600.0, 1000.0]
    network, walls = build_network(town), town.walls.geometry
    near_walls = np.flatnonzero(town.demand.geometry.distance(shapely.union_all(walls.to_numpy())) < 30)
    row = np.random.default_rng(seed).choice(near_walls)
    home = town.demand.geometry.iloc[[row]]
    here = join(network, home, walls=walls, gates=town.gates)
    samples = sample_edges(network, np.arange(len(network.edge_cm)), cell_m=CELL_M)
    cost = cost_along(network, samples, costs_around(network, here, 100_000)[0], here)
    lon_lat = home.to_crs(WGS84).iloc[0]
    thick = shapely.buffer(shapely.union_all(walls.to_numpy()), CELL_M)
    for limit, shape in zip(limits, bands_of(town, network, (lon_lat.x, lon_lat.y), limits), strict=True):
        reached = shapely.points(samples.xy[cost <= limit * 100])
        assert len(reached) > 100
        assert shapely.distance(reached, shape).max() <= CELL_M
        pieces = shapely.get_parts(shapely.difference(shape, thick))
        assert len(pieces) > 1
        streets = shapely.STRtree(reached)
        lonely = [p for p in pieces if not len(streets.query(p, predicate="dwithin", distance=CELL_M))]
        assert sum(p.area for p in lonely) < CELL_M**2


@pytest.mark.parametrize("beside", [1.0, 4.0, 5.0, 9.0])
@pytest.mark.parametrize("tilt", [0.0, 0.3])
def test_a_wall_close_beside_a_street_is_not_jumped(beside: float, tilt: float) -> None:
    """A street of 1 km with a wall along its north side; the south side is open."""
    wall = [(-200, beside - 200 * tilt), (1200, beside + 1200 * tilt)]
    town = towns.study(streets=towns.streets([(0, 0), (1000, 1000 * tilt)]), walls=towns.walls(wall))
    (shape,) = bands_of(town, build_network(town), degrees(500, 500 * tilt - 20), [300.0])
    slope = np.hypot(1, tilt)
    for x in range(300, 701, 7):
        assert not shape.covers(Point(towns.at(x, x * tilt + beside + 1.5 * CELL_M * slope)))
        assert shape.covers(Point(towns.at(x, x * tilt - OFF_STREET_M / 2)))


def test_a_street_that_ends_at_a_wall_opens_nothing_behind_it() -> None:
    """The planner's wall at x = 153 cuts the street; behind it is nothing that is reached."""
    for at in (150, 153, 155, 157):
        town = towns.study(
            streets=towns.streets([(0, 0), (300, 0)]), walls=towns.walls([(at, -300), (at, 300)])
        )  # fmt: skip
        (shape,) = bands_of(town, build_network(town), degrees(0, 0), [1000.0])
        assert shape.bounds[2] - towns.EAST <= at + CELL_M
        assert shape.covers(Point(towns.at(at - 1, 0)))


def test_a_lane_between_two_walls_narrower_than_a_cell_is_drawn_and_leaks_nowhere() -> None:
    town = towns.study(
        streets=towns.streets([(0, 2), (400, 2)]), walls=towns.walls([(-50, 0), (450, 0)], [(-50, 4), (450, 4)])
    )  # fmt: skip
    (shape,) = bands_of(town, build_network(town), degrees(10, 2), [300.0])
    for x in range(20, 300, 9):
        assert shape.distance(Point(towns.at(x, 2))) <= CELL_M
    _, south, _, north = shape.bounds
    assert south - towns.NORTH >= -2 * CELL_M and north - towns.NORTH <= 2 * CELL_M


def test_an_open_gate_lets_the_walk_through_and_the_drawing_with_it() -> None:
    for gate, reaches in (("public", True), ("closed", False)):
        town = towns.walled_town(gate)
        (shape,) = bands_of(town, build_network(town), degrees(0, 0), [250.0])
        assert shape.covers(Point(towns.at(230, 0))) == reaches


@pytest.mark.parametrize("seed", range(6))
def test_steps_between_cells_are_barred_where_a_wall_crosses_them(seed: int) -> None:
    """Against shapely: every step and every look of a small grid, with random walls of several pieces."""
    rng, shape = np.random.default_rng(seed), (14, 17)
    walls = np.array([LineString(rng.uniform(-30, 190, (4, 2))) for _ in range(5)], dtype=object)
    barriers = make_barriers(walls, (0.0, 0.0), 10.0, shape)
    every = shapely.transform(shapely.union_all(walls), lambda xy: xy + 10.0 * np.array(SHIFT))
    for (dy, dx), barred in (((0, 1), barriers.east), ((1, 0), barriers.north)):
        row, column = np.indices(barred.shape).reshape(2, -1)
        steps = shapely.linestrings(np.stack([column, row, column + dx, row + dy], axis=1).reshape(-1, 2, 2) * 10.0)
        assert (shapely.intersects(steps, every) == barred.ravel()).all()
        assert barred.any()
    eye = rng.uniform(0, 12, (400, 2))
    centre = np.rint(eye)
    cell = (centre[:, 1] * shape[1] + centre[:, 0]).astype(np.int64)[:, None]
    looks = shapely.linestrings(np.stack([eye, centre], axis=1) * 10.0)
    clear = shapely.distance(shapely.points(eye * 10), every) > 0.2
    assert (shapely.intersects(looks, every) == is_hidden(barriers, eye, centre, cell))[clear].mean() > 0.99
    assert is_hidden(barriers, eye, centre, cell).any()
