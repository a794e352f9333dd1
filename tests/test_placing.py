"""What numbers tell about their coordinate system: the zone by its prefix, swapped axes, places abroad."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
from test_crs import point

from geo.intake.placing import are_swapped, misread, outside_china, suggest_crs
from geo.model.crs import WGS84


@pytest.mark.parametrize(
    ("code", "zone"),
    [("EPSG:4523", "3-degree Gauss-Kruger zone 35"), ("EPSG:4513", "3-degree Gauss-Kruger zone 25"),
     ("EPSG:4533", "3-degree Gauss-Kruger zone 45"), ("EPSG:4491", "Gauss-Kruger zone 13"),
     ("EPSG:4496", "Gauss-Kruger zone 18"), ("EPSG:4501", "Gauss-Kruger zone 23"), ("EPSG:3857", "Pseudo-Mercator")],
)  # fmt: skip
def test_metres_tell_their_zone_by_its_prefix(code: str, zone: str) -> None:
    crs = pyproj.CRS(code)
    assert crs.name.endswith(zone)
    area = crs.area_of_use
    lon = 104.06 if code == "EPSG:3857" else round((area.west + area.east) / 2)
    for away, lat in ((-1.2, 24.0), (0.0, 30.66), (1.2, 45.0)):
        x, y = pyproj.Transformer.from_crs(WGS84, code, always_xy=True).transform(*point(lon + away, lat))
        assert suggest_crs(x, y)[0] == code
        assert suggest_crs(y, x)[1].startswith("The northing comes first")
        assert code in misread(x, y, WGS84) and "declare" in misread(x, y, "GCJ02")
        assert not misread(x, y, code)
        assert "degrees" in misread(*point(lon + away, lat), code)


@pytest.mark.parametrize("code", ["EPSG:4544", "EPSG:4523", "EPSG:4548", "EPSG:32648"])
def test_swapped_axes_of_metres_are_seen_and_right_ones_left(code: str) -> None:
    area = pyproj.CRS(code).area_of_use
    lon, lat = point((area.west + area.east) / 2, 31.0)
    x, y = pyproj.Transformer.from_crs(WGS84, code, always_xy=True).transform(lon, lat)
    assert are_swapped(y, x, code).all()
    assert not are_swapped(x, y, code).any()
    assert not are_swapped(lat, lon, WGS84).any()


def test_places_abroad_are_seen_where_most_are_in_china() -> None:
    lon, lat = np.array([104.0, 104.1, 0.0]), np.array([30.6, 30.7, 0.0])
    yes = np.ones(3, bool)
    assert outside_china(lon, lat, yes).tolist() == [False, False, True]
    assert not outside_china(lon[[0, 2, 2]], lat[[0, 2, 2]], yes).any()
    assert not outside_china(lon, lat, ~yes).any()
    assert suggest_crs(np.array([]), np.array([])) == ("", "") and not misread(np.array([]), np.array([]), WGS84)
    assert suggest_crs(np.array([7.0]), np.array([9.0])) == ("", "")
