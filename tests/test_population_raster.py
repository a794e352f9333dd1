"""Population rasters: a place a cell with people, counted exactly; what does not fit is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio import Affine

from geo.intake.population_raster import read_population_raster
from geo.intake.raw import FileRef
from geo.model.errors import InputError

EXTENT = (104.0, 30.0, 104.03, 30.03)


def raster(path: Path, values: list[list[float]], *, west: float = 104.0, crs: str = "EPSG:4326") -> FileRef:
    """Cells of 0.01 degrees from the north-west corner (west, 30.03)."""
    band = np.array(values, np.float32)
    with rasterio.open(
        path, "w", driver="GTiff", height=band.shape[0], width=band.shape[1], count=1, dtype="float32", crs=crs,
        transform=Affine(0.01, 0, west, 0, -0.01, 30.03), nodata=-200.0,
    ) as file:  # fmt: skip
        file.write(band, 1)
    return FileRef(path)


def test_every_cell_with_people_is_a_place_at_its_middle(tmp_path: Path) -> None:
    ref = raster(tmp_path / "pop.tif", [[0, 12.5, -200], [3, 0, 0], [np.nan, 0, 7]])
    table, report = read_population_raster(ref, EXTENT)
    assert table["people"].tolist() == [12.5, 3.0, 7.0]
    assert table.geometry.x.round(6).tolist() == [104.015, 104.005, 104.025]
    assert table.geometry.y.round(6).tolist() == [30.025, 30.015, 30.005]
    assert set(table["people_source"]) == {"raster"}
    assert (report.read, report.ok, report.rejected, report.facts["people"]) == (3, 3, 0, 22.5)


def test_cells_below_zero_are_rejected_and_those_far_off_left_out(tmp_path: Path) -> None:
    values = [[5.0, -1.0, *[0.0] * 7, 9.0]]
    table, report = read_population_raster(raster(tmp_path / "pop.tif", values), EXTENT)
    assert table["people"].tolist() == [5.0]
    assert [(p.code, p.severity) for p in report.problems] == [
        ("raster_people", "note"), ("people_negative", "error"), ("raster_cut", "note"),
    ]  # fmt: skip
    assert (report.read, report.ok, report.rejected) == (2, 1, 1)


def test_a_raster_of_another_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_population_raster(raster(tmp_path / "pop.tif", [[5.0]], west=10.0), EXTENT)
    assert [p.code for p in caught.value.problems] == ["raster_elsewhere"]
