"""Files in another Chinese system than declared are told, with the command that repairs it; all others are not."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point
from towns import CRS, at, facilities, homes, streets, study

from geo.intake.shifts import FEWEST_NAMES, FEWEST_POINTS, find_shifts
from geo.model.crs import shifted_to_wgs84, wgs84_to_shifted
from geo.model.study import Source, Study

few = settings(max_examples=25, derandomize=True, deadline=None)
DEGREES = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
SIDE = 3000


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@cache
def grid() -> gpd.GeoDataFrame:
    """Streets at uneven distances of 60 to 320 m, both ways, over 3 km."""
    cuts = np.cumsum(rng(1).integers(60, 320, 16))
    lines = [[(x, 0), (x, SIDE)] for x in cuts] + [[(0, y), (SIDE, y)] for y in np.cumsum(rng(2).integers(60, 320, 16))]
    return streets(*[[tuple(map(float, p)) for p in line] for line in lines])


def beside_streets(count: int, noise_m: float, seed: int) -> np.ndarray:
    """Places along the streets, off them by some metres."""
    lines = grid().geometry.sample_points(20, rng=rng(seed)).explode(index_parts=False)
    picked = rng(seed).permutation(len(lines))[:count]
    xy = np.column_stack([lines.x, lines.y])[picked] - at(0, 0)
    return xy + rng(seed).normal(0, noise_m, xy.shape)


def anywhere(count: int, seed: int) -> np.ndarray:
    return rng(seed).uniform(0, SIDE, (count, 2))


def misread(xy: np.ndarray, really: str, taken: str) -> np.ndarray:
    """Where places come to lie whose numbers are in one system and are read as another."""
    lon, lat = DEGREES.transform(*(xy + at(0, 0)).T)
    if really != "EPSG:4326":
        lon, lat = wgs84_to_shifted(really, lon, lat)
    if taken != "EPSG:4326":
        lon, lat = shifted_to_wgs84(taken, lon, lat)
    return np.column_stack(DEGREES.transform(lon, lat, direction="INVERSE")) - at(0, 0)


def town(xy: np.ndarray, crs: str = "EPSG:4326", names: bool = False) -> Study:
    """The grid with a file of homes, or with a file of facilities whose namesakes OpenStreetMap has."""
    sources = (Source("osm", "osm", ""), Source("demand", "town", "", crs))
    if not names:
        return replace(study(streets=grid(), demand=homes(*[(f"h{n}", 1, x, y) for n, (x, y) in enumerate(xy)])),
                       sources=sources)  # fmt: skip
    own = facilities(*[(f"学校{n}", "canteen", x, y) for n, (x, y) in enumerate(xy)])
    return replace(study(streets=grid(), facilities=own), sources=(sources[0], Source("facilities", "town", "", crs)))


def with_namesakes(made: Study, xy: np.ndarray) -> Study:
    known = facilities(*[(f"学校{n}", "canteen", x, y) for n, (x, y) in enumerate(xy)]).assign(source="osm")
    both = gpd.GeoDataFrame(pd.concat([made.facilities, known], ignore_index=True), crs=CRS)
    return replace(made, facilities=both)


WRONG = [
    ("GCJ02", "EPSG:4326", "gcj02"), ("BD09", "EPSG:4326", "bd09"), ("EPSG:4326", "GCJ02", "wgs84"),
    ("EPSG:4326", "BD09", "wgs84"), ("BD09", "GCJ02", "bd09"), ("GCJ02", "BD09", "gcj02"),
    ("GCJ02", "EPSG:4490", "gcj02"),
]  # fmt: skip


@pytest.mark.parametrize(("really", "taken", "say"), WRONG)
def test_places_beside_the_streets_tell_the_shift(really: str, taken: str, say: str) -> None:
    xy = misread(beside_streets(200, 8, 7), really, "EPSG:4326" if taken == "EPSG:4490" else taken)
    (found,) = find_shifts(town(xy, taken))
    assert (found.code, found.source, found.severity) == ("looks_shifted", "town", "note")
    assert f"town@{say}" in found.remedy
    assert "200 places lie" in found.message


@pytest.mark.parametrize(("really", "taken", "say"), WRONG)
def test_namesakes_tell_the_shift_of_a_small_file_even_where_a_third_are_others(
    really: str, taken: str, say: str
) -> None:
    true = anywhere(9, 3)
    xy = misread(true + rng(5).normal(0, 30, true.shape), really, "EPSG:4326" if taken == "EPSG:4490" else taken)
    xy[:3] = anywhere(3, 11)
    (found,) = find_shifts(with_namesakes(town(xy, taken, names=True), true))
    assert f"town@{say}" in found.remedy
    assert "places named as in OpenStreetMap" in found.message


@few
@given(st.integers(0, 10_000), st.integers(1, 400), st.sampled_from([0, 10, 40, 150]), st.sampled_from(WRONG))
def test_places_where_they_belong_are_never_told(
    seed: int, count: int, noise_m: float, read: tuple[str, str, str]
) -> None:
    assert not find_shifts(town(beside_streets(count, noise_m, seed), read[1]))


@few
@given(st.integers(0, 10_000), st.integers(FEWEST_POINTS, 120))
def test_places_anywhere_are_never_told(seed: int, count: int) -> None:
    assert not find_shifts(town(anywhere(count, seed)))


@few
@given(st.integers(0, 10_000), st.floats(0, 60))
def test_a_file_whose_namesakes_lie_upon_it_is_never_told(seed: int, noise_m: float) -> None:
    true = anywhere(40, seed)
    made = town(true + rng(seed).normal(0, noise_m, true.shape), names=True)
    assert not find_shifts(with_namesakes(made, true))


@few
@given(st.integers(0, 10_000))
def test_namesakes_all_over_the_town_are_other_places(seed: int) -> None:
    assert not find_shifts(with_namesakes(town(anywhere(12, seed), names=True), anywhere(12, seed + 1)))


def test_a_shift_in_another_direction_is_none_of_ours() -> None:
    true = anywhere(20, 3)
    assert not find_shifts(with_namesakes(town(true - (400, 0), names=True), true))
    assert not find_shifts(town(beside_streets(300, 5, 7) - (400, 0)))


@pytest.mark.parametrize("count", range(FEWEST_NAMES))
def test_too_few_namesakes_and_places_say_nothing(count: int) -> None:
    true = anywhere(max(count, 1), 3)
    made = with_namesakes(town(misread(true, "BD09", "EPSG:4326"), names=True), true[:count])
    assert not find_shifts(made)


def test_a_shop_that_stands_all_over_town_is_no_namesake() -> None:
    true = anywhere(20, 3)
    made = with_namesakes(town(misread(true, "GCJ02", "EPSG:4326"), names=True), true)
    assert find_shifts(made)
    assert not find_shifts(replace(made, facilities=made.facilities.assign(name="红旗超市")))


def test_outside_china_nothing_is_asked() -> None:
    made = town(misread(beside_streets(200, 8, 7), "GCJ02", "EPSG:4326"))
    abroad = {n: t.set_crs("EPSG:32632", allow_override=True) for n, t in made.tables.items()}
    assert find_shifts(made)
    assert not find_shifts(replace(made, crs="EPSG:32632", **abroad))


def test_metres_made_from_shifted_degrees_are_told_with_another_remedy() -> None:
    (found,) = find_shifts(town(misread(beside_streets(200, 8, 7), "GCJ02", "EPSG:4326"), CRS))
    assert "in degrees: FILE@gcj02" in found.remedy


def test_points_are_moved_by_nobody() -> None:
    made = town(misread(beside_streets(200, 8, 7), "GCJ02", "EPSG:4326"))
    before = [Point(p) for p in made.demand.geometry]
    assert find_shifts(made)
    assert list(made.demand.geometry) == before
