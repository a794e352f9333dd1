"""Twenty known places in the Chinese systems land where they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
import pytest
from test_mapping import ALIASES

from geo.intake.points import read_points
from geo.intake.raw import parse_file_ref

KNOWN = np.array([
    (104.0657, 30.6570, 104.0682073, 30.6545781, 104.0747040, 30.6606089),
    (104.0600, 30.6500, 104.0624955, 30.6475661, 104.0689719, 30.6536891),
    (103.9500, 30.7500, 103.9521455, 30.7473241, 103.9586748, 30.7532947),
    (104.2000, 30.5500, 104.2024020, 30.5474202, 104.2089501, 30.5532290),
    (116.3970, 39.9080, 116.4032434, 39.9094034, 116.4096164, 39.9157445),
    (121.4730, 31.2300, 121.4775253, 31.2280595, 121.4840805, 31.2339245),
    (113.2640, 23.1290, 113.2693293, 23.1263231, 113.2757513, 23.1326073),
    (114.0570, 22.5430, 114.0621129, 22.5402812, 114.0686633, 22.5459378),
    (114.3050, 30.5930, 114.3104442, 30.5905898, 114.3170135, 30.5962944),
    (108.9400, 34.3410, 108.9446561, 34.3394445, 108.9511008, 34.3456766),
    (106.5500, 29.5630, 106.5537205, 29.5601545, 106.5601532, 29.5664616),
    (120.1550, 30.2740, 120.1596948, 30.2716714, 120.1662582, 30.2775010),
    (118.7960, 32.0600, 118.8011851, 32.0579257, 118.8076047, 32.0642856),
    (117.2000, 39.0850, 117.2062993, 39.0860078, 117.2128033, 39.0919340),
    (87.6170, 43.7930, 87.6198485, 43.7942239, 87.6262766, 43.8003544),
    (91.1170, 29.6470, 91.1185605, 29.6442923, 91.1251033, 29.6501752),
    (126.5350, 45.8030, 126.5410402, 45.8049818, 126.5476593, 45.8105961),
    (102.8330, 24.8800, 102.8344160, 24.8769306, 102.8408628, 24.8832304),
    (110.3500, 20.0200, 110.3544110, 20.0179974, 110.3609368, 20.0237529),
    (75.9900, 39.4700, 75.9929556, 39.4702275, 75.9994652, 39.4761878),
])  # fmt: skip
"""Twenty places in WGS 84, GCJ-02, BD-09: first the published fixture, the others by a scalar program of its own."""


@pytest.mark.parametrize(("crs", "at"), [("gcj02", 2), ("bd09", 4)])
def test_twenty_known_places_land_within_a_tenth_of_a_metre(crs: str, at: int, tmp_path: Path) -> None:
    pd.DataFrame(KNOWN[:, at : at + 2], columns=["lng", "lat"]).to_csv(tmp_path / "p.csv", index=False)
    found = read_points(parse_file_ref(f"{tmp_path / 'p.csv'}@{crs}"), ALIASES)
    metres = pyproj.Geod(ellps="WGS84").inv(*KNOWN[:, :2].T, found.geometry.x, found.geometry.y)[2]
    assert len(found) == 20 and metres.max() < 0.1
