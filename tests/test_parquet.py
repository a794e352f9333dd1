"""GeoParquet reads as the GeoPackage of the same rows; what is null stays unknown; a real street layer loads whole."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo.intake import parquet
from geo.intake.columns import read_aliases
from geo.intake.raw import FileRef
from geo.intake.street_layer import read_street_layer
from geo.intake.tabular import read_raw
from geo.model.errors import CrsError, InputError

PROJECT = Path(__file__).resolve().parents[1]
PLACES = [shapely.Point(104.06, 30.65), None, shapely.Point()]


def test_geoparquet_reads_as_the_geopackage_of_the_same_rows(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"name": ["桂花苑", None, "b"], "people": [1.5, None, 3]}, geometry=PLACES, crs="EPSG:4544"
    )
    frame.to_parquet(tmp_path / "a.parquet")
    frame.to_file(tmp_path / "a.gpkg")
    one, other = (read_raw(FileRef(tmp_path / name)) for name in ("a.parquet", "a.gpkg"))
    assert one.crs == other.crs == "EPSG:4544"
    assert one.faults == other.faults == ((2, "no_geometry", "no geometry"), (3, "no_geometry", "no geometry"))
    assert one.columns["name"].tolist() == ["桂花苑", None, "b"]
    assert one.columns["people"].tolist() == [1.5, None, 3]
    assert one.shapes is not None and one.shapes[0].equals(PLACES[0])


def test_a_table_without_places_is_read_as_a_table(tmp_path: Path) -> None:
    pd.DataFrame({"id": ["007", None]}).to_parquet(tmp_path / "a.parquet")
    raw = read_raw(FileRef(tmp_path / "a.parquet"))
    assert (raw.shapes, raw.crs, raw.columns["id"].tolist()) == (None, None, ["007", None])


def test_degrees_by_the_standard_are_wgs84_and_a_null_system_is_asked_for(tmp_path: Path) -> None:
    line = shapely.LineString([(104.06, 30.65), (104.07, 30.65)])
    aliases = read_aliases(PROJECT / "data" / "columns.yaml")
    gpd.GeoDataFrame({"name": ["a"]}, geometry=[line], crs="OGC:CRS84").to_parquet(tmp_path / "a.parquet")
    assert read_raw(FileRef(tmp_path / "a.parquet")).crs == "EPSG:4326"
    streets, _ = read_street_layer(FileRef(tmp_path / "a.parquet"), aliases)
    assert streets.geometry.iloc[0].equals_exact(line, 1e-9)
    gpd.GeoDataFrame({"name": ["a"]}, geometry=[line], crs=None).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(CrsError, match=r"b\.parquet@EPSG:4544"):
        read_street_layer(FileRef(tmp_path / "b.parquet"), aliases)


def test_a_real_street_layer_loads_whole(shared_data: Path) -> None:
    path = shared_data / "wuhan" / "streets_utm50n.parquet"
    file = gpd.read_parquet(path)
    walked = file[~file["highway"].isin(["motorway", "motorway_link"])]
    streets, report = read_street_layer(FileRef(path), read_aliases(PROJECT / "data" / "columns.yaml"))
    notes = {problem.code: problem for problem in report.problems}
    assert (report.read, report.rejected, notes["streets_not_walked"].count) == (92_667, 0, len(file) - len(walked))
    assert report.facts["crs"] == "EPSG:32650"
    assert len(walked) < len(streets) <= len(walked) + report.facts["ends_on_lines"]
    length = streets.to_crs(file.crs).length.groupby(streets["kind"]).sum()
    expected = walked.length.groupby(walked["highway"]).sum()
    assert length.to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-5)
    assert report.facts["islands"] <= report.facts["islands_before"]


def test_a_small_file_that_unpacks_to_very_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = pd.DataFrame({"id": range(2_000), "note": ["语" * 10_000] * 2_000, "tags": [["a" * 1_000]] * 2_000})
    many[["id", "note"]].to_parquet(tmp_path / "a.parquet", compression="zstd")
    many[["id", "tags"]].to_parquet(tmp_path / "b.parquet", compression="zstd")
    for name, size in (("a.parquet", 2_000 * 30_000), ("b.parquet", 2_000 * 1_000)):
        assert (tmp_path / name).stat().st_size < 50_000
        assert len(read_raw(FileRef(tmp_path / name)).columns) == 2_000
        monkeypatch.setattr(parquet, "MOST_BYTES", size)
        with pytest.raises(InputError, match="unpacks to") as caught:
            read_raw(FileRef(tmp_path / name))
        assert caught.value.problems[0].code == "archive_too_large"
        monkeypatch.undo()
