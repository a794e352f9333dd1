"""Bands of equal walking: what a place reaches on paper is what the drawing shows and what is counted.

A drawing is as fine as its cells: 10 m along a street. People are counted by the centimetre and never by the drawing.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
import towns
from shapely.geometry import LineString, Point, box

from geo.model.crs import WGS84
from geo.model.errors import InputError, LifeCircleError
from geo.model.standards import Profile, Text
from geo.model.study import Study
from geo.walk.build import build_network
from geo.walk.field import (
    CELL_M,
    MIN_HOLE_M2,
    OFF_STREET_M,
    Grid,
    areas_m2,
    contours,
    make_grid,
    spread,
)
from geo.walk.isochrone import Walk, isochrone, isochrone_at
from geo.walk.samples import cost_along, sample_edges
from geo.walk.service_area import CATCHMENTS, SERVICE_CELL_M, facility_areas, service_areas
from geo.walk.snap import JOIN_LIMIT_M

ADULT = Profile("adult", Text("成年人", "adult"), 1.0, 0.5, "town")
WHEELS = Profile("wheels", Text("轮椅", "wheelchair"), 1.0, None, "town")
NOTHING = np.empty(0, dtype=object)


def degrees(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a place in the town."""
    point = gpd.GeoSeries([Point(towns.at(x, y))], crs=towns.CRS).to_crs(WGS84).iloc[0]
    return (point.x, point.y)


def bands_at(
    town: Study, xy: tuple[float, float], thresholds: list[float], *, unit: str = "m", profile: Profile = ADULT
) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """The bands in metres of the town, from the smallest threshold to the largest."""
    bands, facts = isochrone_at(
        town, build_network(town), degrees(*xy), thresholds=thresholds, unit=unit, profile=profile
    )
    assert bands.crs == WGS84
    assert bands["threshold"].tolist() == sorted(thresholds, reverse=True)
    local = bands.to_crs(towns.CRS).iloc[::-1].reset_index(drop=True)
    return local.set_geometry(local.geometry.translate(-towns.EAST, -towns.NORTH)), facts


def within(bands: gpd.GeoDataFrame, number: int) -> shapely.Geometry:
    """All that is reached up to the nth threshold."""
    return shapely.union_all(bands.geometry.to_numpy()[: number + 1])


def straight_town(**more: gpd.GeoDataFrame) -> Study:
    """A street of 4 km along y = 0; homes at 700, 1000 and a centimetre beyond 1300, and 30 m north of 1900."""
    living = towns.homes(("a", 10, 1300, 0), ("b", 5, 1300.01, 0), ("c", 7, 700, 0), ("d", 3, 1900, 30))
    return towns.study(streets=towns.streets([(0, 0), (4000, 0)]), demand=living, **more)


def cross_town() -> Study:
    """Four arms of 500 m from (0, 0), the north one of steps; a side street of 100 m at the end of the east arm.

    Homes on the steps: 4 people 150 m up, 8 people 151 m up.
    """
    return towns.study(
        demand=towns.homes(("s", 4, 0, 150), ("t", 8, 0, 151)),
        streets=towns.streets(
            [(0, 0), (500, 0)], [(0, 0), (-500, 0)], [(0, 0), (0, 500)], [(0, 0), (0, -500)], [(500, 0), (500, 100)],
            steps=[2],
        )
    )  # fmt: skip


@pytest.mark.parametrize("metres", [100.0, 255.0, 1000.0])
def test_on_a_straight_street_the_reach_is_the_threshold(metres: float) -> None:
    bands, _ = bands_at(straight_town(), (2000, 0), [metres])
    west, _, east, _ = bands.geometry.iloc[0].bounds
    assert west == pytest.approx(2000 - metres, abs=CELL_M)
    assert east == pytest.approx(2000 + metres, abs=CELL_M)


def test_the_way_to_the_street_is_part_of_the_walk() -> None:
    on, _ = bands_at(straight_town(), (1000, 0), [300.0])
    off, facts = bands_at(straight_town(), (1000, 60), [300.0])
    assert facts["access_m"] == 60.0
    assert off.geometry.iloc[0].bounds[2] == pytest.approx(1240, abs=CELL_M)
    assert on.geometry.iloc[0].bounds[2] - off.geometry.iloc[0].bounds[2] == pytest.approx(60, abs=CELL_M)


def test_people_are_counted_to_the_centimetre_up_to_each_threshold() -> None:
    bands, _ = bands_at(straight_town(), (1000, 0), [299.99, 300.0, 300.01, 929.99, 930.0])
    assert bands["people"].tolist() == [0.0, 17.0, 22.0, 22.0, 25.0]


@pytest.mark.parametrize(("unit", "thresholds"), [("min", [5.0, 10.0, 15.0]), ("m", [300.0, 500.0, 1000.0])])
def test_bands_are_nested_and_share_no_ground(unit: str, thresholds: list[float]) -> None:
    bands, facts = bands_at(straight_town(), (2000, 20), thresholds, unit=unit)
    assert bands["lower"].tolist() == [0.0, *thresholds[:-1]]
    assert facts["unit"] == unit == bands["unit"].unique().item()
    assert bands.geometry.is_valid.all()
    for number in (1, 2):
        ring, inner = bands.geometry.iloc[number], within(bands, number - 1)
        assert ring.intersection(inner).area == pytest.approx(0, abs=1)
        assert within(bands, number).area == pytest.approx(inner.area + ring.area, rel=1e-6)
    assert bands["area_m2"].is_monotonic_increasing and bands["people"].is_monotonic_increasing
    whole = [within(bands, number).area for number in range(3)]
    assert bands["area_m2"].to_numpy() == pytest.approx(np.array(whole), rel=0.1)


def test_a_wider_question_does_not_move_the_inner_band() -> None:
    alone, _ = bands_at(cross_town(), (0, 0), [200.0])
    beside, _ = bands_at(cross_town(), (0, 0), [200.0, 400.0])
    apart = alone.geometry.iloc[0].symmetric_difference(beside.geometry.iloc[0])
    assert apart.area < 0.1 * alone.geometry.iloc[0].area


def test_a_street_is_inside_exactly_as_far_as_it_is_walked() -> None:
    """From (0, 0): 500 m on the east arm, then north on the side street."""
    bands, _ = bands_at(cross_town(), (0, 0), [450.0, 560.0])
    near, far = within(bands, 0), within(bands, 1)
    assert near.covers(Point(450 - CELL_M, 0)) and not near.covers(Point(450 + CELL_M, 0))
    assert far.covers(Point(500, 60 - CELL_M)) and not far.covers(Point(500, 60 + CELL_M + OFF_STREET_M))
    assert not near.intersects(Point(500, 90))


def test_minutes_follow_the_profile_and_metres_do_not() -> None:
    """5 minutes are 300 m on the flat, 150 m of steps at half the speed, no steps on wheels; 300 m are 300 m.

    Beside the steps the drawing walks at full speed, so it may run ahead of them by half of `OFF_STREET_M`.
    """
    for profile, metres, people in ((ADULT, 150.0, 4.0), (WHEELS, OFF_STREET_M, 0.0)):
        bands, _ = bands_at(cross_town(), (0, 0), [5.0], unit="min", profile=profile)
        _, south, east, north = bands.geometry.iloc[0].bounds
        assert (east, -south) == pytest.approx((300, 300), abs=CELL_M)
        assert metres - CELL_M <= north <= metres + OFF_STREET_M / 2 + CELL_M
        assert bands["people"].tolist() == [people]
    flat, _ = bands_at(cross_town(), (0, 0), [300.0], profile=WHEELS)
    assert flat.geometry.iloc[0].bounds[3] == pytest.approx(300, abs=CELL_M)
    assert flat["people"].tolist() == [12.0]


def test_a_street_more_never_shrinks_the_area() -> None:
    town = cross_town()
    lines = [[(0, 0), (500, 0)], [(0, 0), (-500, 0)], [(0, 0), (0, 500)], [(0, 0), (0, -500)], [(500, 0), (500, 100)]]
    more = towns.study(streets=towns.streets(*lines, [(0, 0), (300, 300)], steps=[2]))
    before, _ = bands_at(town, (0, 0), [200.0, 400.0])
    after, _ = bands_at(more, (0, 0), [200.0, 400.0])
    for number in (0, 1):
        assert within(before, number).difference(within(after, number)).area < CELL_M**2
        assert within(after, number).area > within(before, number).area


def test_the_drawing_stops_at_a_wall_and_at_the_water() -> None:
    wall = straight_town(walls=towns.walls([(-100, 15), (5000, 15)]))
    shore = gpd.GeoDataFrame({"kind": ["water"]}, geometry=[box(*towns.at(-100, 15), *towns.at(5000, 500))])
    open_side, _ = bands_at(straight_town(), (1000, 0), [300.0])
    assert open_side.geometry.iloc[0].bounds[3] > OFF_STREET_M - CELL_M
    for town in (wall, straight_town(backdrop=shore.set_crs(towns.CRS))):
        bands, _ = bands_at(town, (1000, 0), [300.0])
        _, south, _, north = bands.geometry.iloc[0].bounds
        assert north <= 15 + CELL_M
        assert south < -OFF_STREET_M + CELL_M


@pytest.mark.parametrize("off", [JOIN_LIMIT_M + 1, 5000.0])
def test_a_place_far_from_every_street_is_told_so(off: float) -> None:
    with pytest.raises(InputError) as told:
        bands_at(straight_town(), (1000, off), [300.0])
    assert told.value.code == "no_street_near"
    assert told.value.problems[0].remedy
    assert f"{JOIN_LIMIT_M:.0f} m" in str(told.value)


def test_a_threshold_shorter_than_the_way_to_the_street_is_empty_or_told() -> None:
    """120 m to the street: within 100 m no street is reached, which is an answer or our own error, never a crash."""
    try:
        bands, _ = bands_at(straight_town(), (1000, 120), [50.0, 100.0])
    except LifeCircleError as told:
        assert told.problems
    else:
        assert bands["people"].tolist() == [0.0, 0.0]
        assert bands.geometry.is_empty.all()


def test_samples_lie_on_their_streets_no_farther_apart_than_half_a_cell() -> None:
    network = build_network(towns.ring_town())
    edges = np.arange(len(network.edge_cm))
    samples = sample_edges(network, edges, cell_m=CELL_M)
    lines = network.lines
    for edge in edges:
        mine = samples.edge == edge
        assert shapely.distance(shapely.points(samples.xy[mine]), lines[edge]).max() < 1e-6
        assert samples.share[mine][[0, -1]].tolist() == [0.0, 1.0]
        assert np.diff(samples.share[mine]).max() * lines[edge].length <= CELL_M / 2 + 1e-6


def test_cost_inside_a_street_comes_by_the_better_end() -> None:
    """Both ends of a street of 400 m cost 100 m: its middle costs 300 m and no point costs more."""
    network = build_network(towns.study(streets=towns.streets([(0, 0), (400, 0)])))
    samples = sample_edges(network, np.array([0]), cell_m=CELL_M)
    cost = cost_along(network, samples, np.array([10_000.0, 10_000.0]))
    assert cost == pytest.approx(10_000 + 40_000 * np.minimum(samples.share, 1 - samples.share))
    assert cost.max() == 30_000


def test_the_field_grows_by_its_cost_a_metre_and_ends_beside_the_street() -> None:
    grid = make_grid((0, 0, 100, 0), cell_m=CELL_M, walls=NOTHING, water=NOTHING)
    field = spread(grid, np.array([[50.0, 0.0]]), np.array([700.0]), per_m=100.0)
    row, column = round(-grid.origin[1] / CELL_M), round((50 - grid.origin[0]) / CELL_M)
    steps = int(OFF_STREET_M / CELL_M)
    assert field[row, column : column + steps + 1].tolist() == [700.0 + 1000 * n for n in range(steps + 1)]
    assert np.isinf(field[row, column + steps + 1])
    assert np.isfinite(field).sum() == (2 * steps + 1) ** 2


def test_nothing_leaks_through_a_slanted_wall() -> None:
    wall = np.array([LineString([(-200, -190), (300, 310)])], dtype=object)
    grid = make_grid((0, 0, 100, 100), cell_m=CELL_M, walls=wall, water=NOTHING)
    field = spread(grid, np.array([[60.0, 40.0]]), np.array([0.0]), per_m=1.0)
    rows, columns = np.nonzero(np.isfinite(field))
    x, y = grid.origin[0] + columns * CELL_M, grid.origin[1] + rows * CELL_M
    assert len(x) > 20
    assert (y < x + 10).all()


def test_small_holes_are_filled_and_large_ones_kept() -> None:
    """Two squares left out of a field of 60 x 60 cells: 40 m and 100 m wide."""
    field = np.zeros((60, 60), np.float32)
    field[10:14, 10:14] = field[30:40, 30:40] = np.inf
    grid = Grid((0.0, 0.0), CELL_M, field.shape, np.zeros(field.shape, bool))
    (area,) = contours(grid, field, [1000.0])
    (part,) = shapely.get_parts(area)
    assert shapely.get_num_interior_rings(part) == 1
    assert shapely.Polygon(part.interiors[0]).area >= MIN_HOLE_M2
    assert not area.covers(Point(345, 345)) and area.covers(Point(115, 115))
    assert areas_m2(grid, field, [1000.0], 1.0) == [(60 * 60 - 16 - 100) * CELL_M**2]
    assert areas_m2(grid, field, [1000.0], 2.0) == [(60 * 60 - 16 - 100) * CELL_M**2 / 4]


HIKER = Profile("hiker", Text("徒步者", "hiker"), 1.0, 0.5, "town", "tobler", "town")
UPHILL = float(np.exp(0.35))


def slope_town() -> Study:
    """A street of 2 km that rises eastwards by 10 %; a clinic and a place at its middle; homes 290 m to each side."""
    lines = towns.streets([(0, 0), (2000, 0)])
    lines = lines.assign(climb_forward=[UPHILL], climb_back=[1.0])
    return towns.study(
        streets=lines, facilities=towns.facilities(("k", "clinic", 1000, 0)),
        demand=towns.homes(("low", 3, 710, 0), ("high", 5, 1290, 0)),
    )  # fmt: skip


@pytest.mark.parametrize(("direction", "west", "east", "people"), [
    ("from", 300.0, 300 / UPHILL, 3.0), ("to", 300 / UPHILL, 300.0, 5.0),
])  # fmt: skip
def test_uphill_differs_from_the_place_and_to_it(direction: str, west: float, east: float, people: float) -> None:
    """5 minutes at 1 m/s: 300 m down, 211 m up; to the place the slow side is the one below it.

    Beside the street the drawing walks as on the flat, so uphill it may run ahead by what that saves in `OFF_STREET_M`.
    """
    ahead = OFF_STREET_M * (1 - 1 / UPHILL)
    town = slope_town()
    network, walk = build_network(town), Walk([5.0], "min", HIKER, direction)
    drawings = [isochrone(town, network, degrees(1000, 0), walk), facility_areas(town, network, ["k"], walk)]
    drawings.append(service_areas(town, network, "clinic", walk, CATCHMENTS))
    for (bands, facts), cell_m in zip(drawings, (CELL_M, CELL_M, SERVICE_CELL_M), strict=True):
        assert facts["direction"] == direction
        low, _, high, _ = bands.to_crs(towns.CRS).total_bounds - np.array([towns.EAST, 0, towns.EAST, 0])
        for found, metres in ((1000 - low, west), (high - 1000, east)):
            assert metres - cell_m <= found <= metres + cell_m + (ahead if metres < 300 else 0)
        assert bands["people"].tolist() == [people]


@pytest.mark.parametrize("unit", ["m", "min"])
def test_on_the_flat_and_in_metres_both_directions_are_one(unit: str) -> None:
    town = slope_town() if unit == "m" else cross_town()
    network = build_network(town)
    both = [isochrone(town, network, degrees(100, 0), Walk([5.0 if unit == "min" else 300.0], unit, HIKER, way))[0]
            for way in ("from", "to")]  # fmt: skip
    assert both[0].equals(both[1])
