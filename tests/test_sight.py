"""Walls between places and streets, held against every wall and every street one by one."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
import towns

from geo.walk import snap
from geo.walk.build import build_network
from geo.walk.sight import LEG_TRIM_M, sight_over
from geo.walk.snap import JOIN_LIMIT_M, join

SIZE = 600.0


def random_walls(dice: np.random.Generator, count: int) -> gpd.GeoSeries:
    """Lines of two to four corners, some of them in two parts, some far longer than a leg."""
    lines = []
    for _ in range(count):
        corners = dice.uniform(0, SIZE, 2) + np.cumsum(dice.uniform(-80, 80, (dice.integers(2, 5), 2)), axis=0)
        lines.append(shapely.LineString(corners))
    lines[0] = shapely.MultiLineString([lines[0], lines[1]])
    lines[2] = shapely.LineString(dice.uniform(0, SIZE, (2, 2)))
    return gpd.GeoSeries(lines)


def sees(place: shapely.Point, foot: shapely.Point, walls: gpd.GeoSeries) -> bool:
    """Whether no wall crosses the leg, which ends short of the foot."""
    length = place.distance(foot)
    share = 1 - LEG_TRIM_M / length if length > 2 * LEG_TRIM_M else 0.0
    end = (place.x + (foot.x - place.x) * share, place.y + (foot.y - place.y) * share)
    return not walls.crosses(shapely.LineString([(place.x, place.y), end])).any()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("legs", [1, 40, 100_000])
def test_legs_are_hidden_that_cross_a_wall_however_fine_the_cells(seed: int, legs: int) -> None:
    """Some begin or end far beyond the walls, some have no length."""
    dice = np.random.default_rng(seed)
    walls = random_walls(dice, 25)
    begin = dice.uniform(-SIZE, 2 * SIZE, (150, 2))
    end = begin + dice.uniform(-150, 150, (150, 2)) * dice.integers(0, 2, (150, 1))
    end[:10] = dice.uniform(-SIZE, 2 * SIZE, (10, 2))
    hidden = sight_over(walls, legs).hidden(begin, end)
    expected = [not sees(shapely.Point(a), shapely.Point(b), walls) for a, b in zip(begin, end, strict=True)]
    assert hidden.tolist() == expected
    assert 0 < hidden.sum() < 150


@pytest.mark.parametrize("walls", [gpd.GeoSeries([]), gpd.GeoSeries([shapely.LineString([(5, -9), (5, 9)])])])
def test_one_wall_or_none(walls: gpd.GeoSeries) -> None:
    begin, end = np.array([[0.0, 0.0], [0.0, 20.0]]), np.array([[9.0, 0.0], [9.0, 20.0]])
    assert sight_over(walls, 2).hidden(begin, end).tolist() == [bool(len(walls)), False]


@pytest.mark.parametrize("close_by", [snap.CLOSE_BY, 0.05, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_place_joins_the_nearest_point_that_it_sees(
    seed: int, close_by: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wall parts a street into stretches, each with a nearest point of its own."""
    monkeypatch.setattr(snap, "CLOSE_BY", close_by)
    dice = np.random.default_rng(seed)
    town = towns.study(streets=towns.streets(*dice.uniform(0, SIZE, (14, 2, 2)).round(2).tolist()))
    network = build_network(town)
    walls = random_walls(dice, 40).translate(towns.EAST, towns.NORTH)
    xy = dice.uniform(0, SIZE, (120, 2)) + np.array([towns.EAST, towns.NORTH])
    places = gpd.GeoSeries(gpd.points_from_xy(*xy.T))
    joins = join(network, places, walls=walls)

    lines = network.lines_of(np.arange(len(network.edge_cm)))
    stretches = [s for line in lines for s in shapely.get_parts(shapely.difference(line, walls.union_all()))]
    nearest = []
    for place in places:
        feet = [line.interpolate(line.project(place)) for line in stretches if line.distance(place) <= JOIN_LIMIT_M]
        nearest.append(min((place.distance(foot) for foot in feet if sees(place, foot, walls)), default=np.nan))
    within = np.isfinite(nearest)
    assert (joins.is_refused & within).sum() > 5
    assert joins.access_m[within] == pytest.approx(np.array(nearest)[within], abs=0.0051)
