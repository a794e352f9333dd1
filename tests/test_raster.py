"""Rasters: the value at a place by arithmetic, what is unknown, and every fault with its code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio

from geo.intake.raster import cell_metres, read_raster, sample
from geo.intake.raw import FileRef
from geo.model.errors import InputError, SourceError

CORNER = rasterio.Affine(0.001, 0, 104.0, 0, -0.001, 30.003)


def written(path: Path, values: object, *, crs: str | None = "EPSG:4326", bands: int = 1, **extra: object) -> FileRef:
    """A GeoTIFF of 0.001 degree cells whose upper left corner is 104 E, 30.003 N."""
    cells = np.array(values, np.float32)
    shape = {"height": cells.shape[0], "width": cells.shape[1], "count": bands, "dtype": "float32"}
    with rasterio.open(path, "w", driver="GTiff", crs=crs, **{"transform": CORNER, **shape, **extra}) as file:
        for band in range(bands):
            file.write(cells, band + 1)
    return FileRef(path)


def test_values_between_the_centres_of_cells(tmp_path: Path) -> None:
    raster = read_raster(written(tmp_path / "r.tif", [[0, 10], [20, 30], [40, 50]]))
    lon = np.array([104.0005, 104.001, 104.0015, 104.0001, 103.9, 104.0005])
    lat = np.array([30.0025, 30.002, 30.0005, 30.0029, 30.0, 31.0])
    assert sample(raster, lon, lat) == pytest.approx([0, 15, 50, 0, np.nan, np.nan], abs=1e-4, nan_ok=True)
    assert cell_metres(raster, 104.0, 30.0) == pytest.approx(110.85, abs=0.1)


def test_no_value_is_unknown_and_not_zero(tmp_path: Path) -> None:
    raster = read_raster(written(tmp_path / "r.tif", [[-9999, 10], [-9999, 10], [-9999, 10]], nodata=-9999))
    found = sample(raster, np.array([104.0005, 104.0011]), np.array([30.0015, 30.0015]))
    assert found == pytest.approx([np.nan, 10], nan_ok=True)


def test_a_projected_raster_answers_in_degrees(tmp_path: Path) -> None:
    placed = rasterio.Affine(100, 0, 500_000, 0, -100, 3_400_000)
    raster = read_raster(written(tmp_path / "r.tif", [[1, 2], [3, 4]], crs="EPSG:4544", transform=placed))
    lon, lat = pyproj.Transformer.from_crs("EPSG:4544", "EPSG:4326", always_xy=True).transform(
        [500_050, 500_100, 500_150], [3_399_950, 3_399_900, 3_399_850]
    )
    assert sample(raster, np.array(lon), np.array(lat)) == pytest.approx([1, 2.5, 4], abs=1e-3)
    assert cell_metres(raster, 105.0, 30.7) == pytest.approx(100, abs=0.1)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize(
    ("made", "code"),
    [
        ({"crs": None}, "crs_missing"),
        ({"bands": 3}, "raster_bands"),
        ({"transform": rasterio.Affine.identity()}, "raster_not_placed"),
        ({"nodata": 7.0}, "raster_empty"),
    ],
)
def test_bad_rasters(tmp_path: Path, made: dict[str, object], code: str) -> None:
    ref = written(tmp_path / "r.tif", [[7, 7], [7, 7]], **made)  # type: ignore[arg-type]
    with pytest.raises(InputError) as fault:
        read_raster(ref)
    assert fault.value.code == code


def test_what_is_no_raster(tmp_path: Path) -> None:
    (tmp_path / "r.tif").write_text("not a raster")
    with pytest.raises(InputError) as fault:
        read_raster(FileRef(tmp_path / "r.tif"))
    assert fault.value.code == "raster_unreadable"
    with pytest.raises(SourceError):
        read_raster(FileRef(tmp_path / "none.tif"))
    with pytest.raises(InputError) as shifted:
        read_raster(FileRef(written(tmp_path / "s.tif", [[1.0]]).path, "GCJ02"))
    assert shifted.value.code == "raster_shifted_crs"
