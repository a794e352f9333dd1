"""Coordinate systems: the Chinese shifts and their way back, the metric CRS of a city, names as planners write them."""

from __future__ import annotations

import math

import numpy as np
import pyproj
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from geo.model.crs import (
    CHINA_BOX,
    SHIFTED,
    WGS84,
    bd09_to_gcj02,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    ground_scale,
    is_in_china,
    metric_crs,
    parse_crs,
    shifted_to_wgs84,
    wgs84_to_gcj02,
    wgs84_to_shifted,
)
from geo.model.errors import CrsError

GEOD = pyproj.Geod(ellps="WGS84")
WGS = (104.0657, 30.6570)
GCJ = (104.068207, 30.654578)
BD = (104.074704, 30.660609)
"""The same place in Chengdu, published to six decimals: 0.1 m."""

SIX_DECIMALS = 1e-6
HUNDREDTH_MM = 1e-5
"""The way back is promised well below a millimetre."""

laws = settings(max_examples=150, derandomize=True, deadline=None)
few = settings(max_examples=40, derandomize=True, deadline=None)
cities = st.tuples(st.floats(75, 134), st.floats(17, 53))


def point(lon: float, lat: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.array([lon]), np.array([lat])


def metres(a: tuple[NDArray[np.float64], ...], b: tuple[NDArray[np.float64], ...]) -> float:
    return float(GEOD.inv(a[0], a[1], b[0], b[1])[2][0])


@laws
@given(cities)
@example((105.0, 53.0))
def test_gcj02_comes_back_below_a_hundredth_of_a_millimetre(place: tuple[float, float]) -> None:
    here = point(*place)
    assert metres(gcj02_to_wgs84(*wgs84_to_gcj02(*here)), here) < HUNDREDTH_MM
    assert metres(wgs84_to_gcj02(*gcj02_to_wgs84(*here)), here) < HUNDREDTH_MM


@laws
@given(cities)
def test_bd09_comes_back_below_a_hundredth_of_a_millimetre(place: tuple[float, float]) -> None:
    here = point(*place)
    assert metres(bd09_to_gcj02(*gcj02_to_bd09(*here)), here) < HUNDREDTH_MM
    assert metres(gcj02_to_bd09(*bd09_to_gcj02(*here)), here) < HUNDREDTH_MM


@laws
@given(cities)
def test_both_shifts_undone_give_the_place_itself(place: tuple[float, float]) -> None:
    here = point(*place)
    gcj02 = wgs84_to_gcj02(*here)
    assert metres(shifted_to_wgs84("GCJ02", *gcj02), here) < HUNDREDTH_MM
    assert metres(shifted_to_wgs84("BD09", *gcj02_to_bd09(*gcj02)), here) < HUNDREDTH_MM


@laws
@given(cities)
def test_the_shift_is_hundreds_of_metres_everywhere_in_china(place: tuple[float, float]) -> None:
    here = point(*place)
    assert 30 < metres(wgs84_to_gcj02(*here), here) < 1000
    assert metres(gcj02_to_bd09(*here), here) == pytest.approx(900, abs=350)


def test_the_shift_in_chengdu_is_as_published() -> None:
    lon, lat = (side.ravel() for side in np.meshgrid(np.linspace(103.9, 104.25, 20), np.linspace(30.5, 30.8, 20)))
    there = wgs84_to_gcj02(lon, lat)
    shift = GEOD.inv(lon, lat, *there)[2]
    assert shift.min() >= 303 and shift.max() <= 409
    both = GEOD.inv(lon, lat, *gcj02_to_bd09(*there))[2]
    assert both.min() >= 840 and both.max() <= 986


def test_a_published_place_agrees_in_all_three_systems() -> None:
    assert np.ravel(wgs84_to_gcj02(*point(*WGS))) == pytest.approx(GCJ, abs=SIX_DECIMALS)
    assert np.ravel(gcj02_to_bd09(*point(*GCJ))) == pytest.approx(BD, abs=SIX_DECIMALS)
    assert np.ravel(bd09_to_gcj02(*point(*BD))) == pytest.approx(GCJ, abs=2 * SIX_DECIMALS)
    assert np.ravel(shifted_to_wgs84("GCJ02", *point(*GCJ))) == pytest.approx(WGS, abs=2 * SIX_DECIMALS)
    assert np.ravel(shifted_to_wgs84("BD09", *point(*BD))) == pytest.approx(WGS, abs=2 * SIX_DECIMALS)


def test_the_shift_is_nil_outside_china_and_its_box_belongs_to_it() -> None:
    west, south, east, north = CHINA_BOX
    lon = np.array([7.42, -15.4, west - 1e-9, east + 1e-9, 100.0, 100.0])
    lat = np.array([43.73, 28.1, 40.0, 40.0, south - 1e-9, north + 1e-9])
    assert np.array_equal(wgs84_to_gcj02(lon, lat), (lon, lat))
    assert np.array_equal(gcj02_to_wgs84(lon, lat), (lon, lat))
    corners = np.array([west, east, west, east]), np.array([south, south, north, north])
    assert is_in_china(*corners).all()
    assert not is_in_china(lon, lat).any()


def test_many_places_at_once_are_as_each_alone() -> None:
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(60, 140, 50), rng.uniform(0, 60, 50)
    for transform in (wgs84_to_gcj02, gcj02_to_wgs84, gcj02_to_bd09, bd09_to_gcj02):
        together = np.column_stack(transform(lon, lat))
        alone = [np.ravel(transform(*point(x, y))) for x, y in zip(lon, lat, strict=True)]
        assert np.array_equal(together, alone)


def test_no_transform_changes_what_it_was_given() -> None:
    lon, lat = point(*WGS)
    for transform in (wgs84_to_gcj02, gcj02_to_wgs84, gcj02_to_bd09, bd09_to_gcj02):
        transform(lon, lat)
        assert (lon[0], lat[0]) == WGS


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (104.06, 30.66, "EPSG:4544"),  # Chengdu, 105 E
        (116.40, 39.90, "EPSG:4548"),  # Beijing, 117 E
        (75.99, 39.47, "EPSG:4534"),  # Kashgar, 75 E
        (134.30, 48.40, "EPSG:4554"),  # Fuyuan, 135 E
        (7.42, 43.73, "EPSG:32632"),  # Monaco
        (-15.43, 28.12, "EPSG:32628"),  # Las Palmas
        (-51.22, -30.03, "EPSG:32722"),  # Porto Alegre
        (179.99, -17.0, "EPSG:32760"),
        (180.0, 65.0, "EPSG:32660"),
        (-180.0, 65.0, "EPSG:32601"),
    ],
)
def test_every_city_gets_its_own_zone(lon: float, lat: float, code: str) -> None:
    assert metric_crs(lon, lat) == code


@few
@given(st.floats(73.6, 136.4), st.floats(16.1, 54.9))
def test_in_china_the_zone_is_cgcs2000_and_its_meridian_at_most_1_5_degrees_away(lon: float, lat: float) -> None:
    crs = pyproj.CRS(metric_crs(lon, lat))
    assert "CGCS2000 / 3-degree Gauss-Kruger CM" in crs.name
    meridian = float(crs.name.split(" CM ")[1].removesuffix("E"))
    assert abs(meridian - lon) <= 1.5 + 1e-9


@few
@given(st.floats(-180, 180), st.floats(-79, 79))
def test_the_metric_crs_measures_metres_and_holds_the_place(lon: float, lat: float) -> None:
    code = metric_crs(lon, lat)
    crs = pyproj.CRS(code)
    assert [axis.unit_name for axis in crs.axis_info] == ["metre", "metre"]
    there = pyproj.Transformer.from_crs(WGS84, code, always_xy=True)
    assert there.transform(*there.transform(lon, lat), direction="INVERSE")[1] == pytest.approx(lat, abs=1e-6)
    assert ground_scale(code, lon, lat) == pytest.approx(1, abs=0.0015)


@few
@given(cities, st.floats(0, 360))
def test_a_planar_length_over_the_scale_is_the_length_on_the_ground(place: tuple[float, float], azimuth: float) -> None:
    """500 m in any direction agree to a part in 100,000."""
    lon, lat = place
    code = metric_crs(lon, lat)
    far_lon, far_lat, _ = GEOD.fwd(lon, lat, azimuth, 500.0)
    transform = pyproj.Transformer.from_crs(WGS84, code, always_xy=True).transform
    planar = np.hypot(*np.subtract(transform(far_lon, far_lat), transform(lon, lat)))
    assert planar / ground_scale(code, lon, lat) == pytest.approx(500, rel=1e-5)


def test_the_scale_is_one_on_the_central_meridian_of_china_and_less_in_utm() -> None:
    assert ground_scale("EPSG:4544", 105.0, 30.66) == pytest.approx(1, abs=1e-9)
    assert ground_scale("EPSG:4544", 104.0, 30.66) > 1
    assert ground_scale("EPSG:32632", 9.0, 43.73) == pytest.approx(0.9996, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("wgs84", WGS84), (" WGS-84 ", WGS84), ("EPSG:4326", WGS84), ("epsg:4544", "EPSG:4544"), ("4544", "EPSG:4544"),
        ("cgcs2000", "EPSG:4490"), ("webmercator", "EPSG:3857"), ("gcj02", "GCJ02"), ("GCJ-02", "GCJ02"),
        ("Amap", "GCJ02"), ("gaode", "GCJ02"), ("tencent", "GCJ02"), ("bd-09", "BD09"), ("Baidu", "BD09"),
    ],
)  # fmt: skip
def test_names_are_read_as_planners_write_them(text: str, name: str) -> None:
    assert parse_crs(text, source="poi.csv") == name
    assert parse_crs(name, source="poi.csv") == name
    assert (name in SHIFTED) == (name in ("GCJ02", "BD09"))


@pytest.mark.parametrize("text", ["", "  ", "mars", "EPSG:", "EPSG:999999", "gcj 02", "EPSG:4544x", "{}", "-1"])
def test_a_name_we_do_not_know_is_told_with_file_and_remedy(text: str) -> None:
    with pytest.raises(CrsError) as told:
        parse_crs(text, source="poi.csv")
    (problem,) = told.value.problems
    assert (told.value.code, problem.source) == ("crs_unknown", "poi.csv")
    assert f"'{text}'" in problem.message
    assert "EPSG:4544" in problem.remedy


def krasovsky_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """The shift written anew: one place, standard library, the sums term by term."""
    x, y = lon - 105, lat - 35
    both = sum(a * math.sin(math.pi * k * x) for a, k in ((20, 6), (20, 2)))
    north = -100 + 2 * x + 3 * y + y * y / 5 + x * y / 10 + math.sqrt(abs(x)) / 5 + 2 / 3 * (
        both + sum(a * math.sin(math.pi * y / k) for a, k in ((20, 1), (40, 3), (160, 12), (320, 30)))
    )  # fmt: skip
    east = 300 + x + 2 * y + x * x / 10 + x * y / 10 + math.sqrt(abs(x)) / 10 + 2 / 3 * (
        both + sum(a * math.sin(math.pi * x / k) for a, k in ((20, 1), (40, 3), (150, 12), (300, 30)))
    )  # fmt: skip
    flat = 1 - 0.00669342162296594323 * math.sin(math.radians(lat)) ** 2
    meridian = 6378245 * (1 - 0.00669342162296594323) / flat**1.5
    parallel = 6378245 / math.sqrt(flat) * math.cos(math.radians(lat))
    return lon + math.degrees(east / parallel), lat + math.degrees(north / meridian)


def bisected(there: tuple[float, float]) -> tuple[float, float]:
    """The place whose shift lands on ``there``, by halving each axis in turn: another way back than ours."""
    lon, lat = there
    for _ in range(8):
        for axis in (0, 1):
            low, high = (there[axis] - 0.02, there[axis] + 0.02)
            for _ in range(50):
                middle = (low + high) / 2
                trial = (middle, lat) if axis == 0 else (lon, middle)
                if krasovsky_gcj02(*trial)[axis] < there[axis]:
                    low = middle
                else:
                    high = middle
            lon, lat = (middle, lat) if axis == 0 else (lon, middle)
    return lon, lat


TWENTY = [WGS, *[(104.06 + 0.9 * math.cos(n) * n / 19, 30.66 + 0.6 * math.sin(n) * n / 19) for n in range(1, 12)],
          (116.3912, 39.9067), (121.4737, 31.2304), (113.2644, 23.1291), (87.6168, 43.8256), (126.6424, 45.7567),
          (91.1322, 29.6604), (110.1999, 20.0440), (114.3054, 30.5931)]  # fmt: skip


@pytest.mark.parametrize("place", TWENTY)
def test_twenty_known_places_land_within_a_tenth_of_a_metre(place: tuple[float, float]) -> None:
    gcj = krasovsky_gcj02(*place)
    z = math.hypot(*gcj) + 0.00002 * math.sin(gcj[1] * math.pi * 50 / 3)
    angle = math.atan2(gcj[1], gcj[0]) + 0.000003 * math.cos(gcj[0] * math.pi * 50 / 3)
    bd = (z * math.cos(angle) + 0.0065, z * math.sin(angle) + 0.006)
    assert metres(wgs84_to_gcj02(*point(*place)), point(*gcj)) < 0.001
    assert metres(gcj02_to_wgs84(*point(*gcj)), point(*bisected(gcj))) < 0.1
    for crs, numbers in (("GCJ02", gcj), ("BD09", bd)):
        assert metres(shifted_to_wgs84(crs, *point(*numbers)), point(*place)) < 0.1
        assert metres(wgs84_to_shifted(crs, *point(*place)), point(*numbers)) < 0.1
