"""Layers written in another coordinate system say so, lie where they should, and load back where they were."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import pytest
import shapely
from flask.testing import FlaskClient
from test_cli import call, done, told
from test_export import document, town

from geo.intake.raw import parse_file_ref
from geo.intake.tabular import read_raw
from geo.model.crs import WGS84, as_pyproj, crs_name, wgs84_to_shifted
from layers.catalog import LAYERS
from layers.systems import in_system

__all__ = ["town"]
SYSTEMS = ("gcj02", "bd09", "EPSG:4490", "EPSG:4523", "EPSG:4544", "EPSG:3857")
METRIC = SYSTEMS[3:]
CENTIMETRE_DEG, CENTIMETRE = 1.5e-7, 0.015


def export(home: Path, name: str, crs: str, layer: str = "facilities") -> Path:
    out = home / "out" / f"{crs.replace(':', '')}-{name}"
    done(call(home / "studies", "export", "town", "--layer", layer, "--out", out, "--crs", crs))
    return out


def places(home: Path, crs: str) -> np.ndarray:
    """Where the facilities of the plain GeoJSON lie in another system, by pyproj or the published shift."""
    plain = gpd.read_file(home / "out" / "facilities.geojson").geometry
    if crs.startswith("EPSG"):
        return np.asarray(shapely.get_coordinates(plain.to_crs(crs)))
    return np.column_stack(wgs84_to_shifted(crs.upper(), plain.x.to_numpy(), plain.y.to_numpy()))


@pytest.mark.parametrize("crs", SYSTEMS)
@pytest.mark.parametrize("ending", ["gpkg", "parquet"])
def test_a_file_of_a_gis_is_in_the_system_and_loads_back(crs: str, ending: str, town: Path) -> None:
    path = export(town, f"f.{ending}", crs)
    frame = gpd.read_parquet(path) if ending == "parquet" else gpd.read_file(path)
    close = CENTIMETRE if crs in METRIC else CENTIMETRE_DEG
    assert np.allclose(shapely.get_coordinates(frame.geometry), places(town, crs), rtol=0, atol=close)
    back = read_raw(parse_file_ref(str(path)))
    assert back.crs == (crs if crs.startswith("EPSG") else crs.upper())


@pytest.mark.parametrize("crs", ["gcj02", "bd09", "EPSG:4490"])
def test_geojson_keeps_degrees_and_says_which(crs: str, town: Path) -> None:
    path = export(town, "f.geojson", crs)
    found = document(path)
    assert found["coordinate_system"] == (crs if crs.startswith("EPSG") else crs.upper())
    xy = [feature["geometry"]["coordinates"] for feature in found["features"]]
    assert np.allclose(xy, places(town, crs), rtol=0, atol=CENTIMETRE_DEG)
    assert read_raw(parse_file_ref(str(path))).crs == found["coordinate_system"]
    assert "coordinate_system" not in document(town / "out" / "facilities.geojson")


@pytest.mark.parametrize("crs", SYSTEMS)
def test_tables_name_metres_x_and_y_and_tell_the_system_in_every_row(crs: str, town: Path) -> None:
    names, close = (("x", "y"), CENTIMETRE) if crs in METRIC else (("lon", "lat"), CENTIMETRE_DEG)
    said = crs if crs.startswith("EPSG") else crs.upper()
    path = export(town, "f.csv", crs)
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    assert {row["crs"] for row in rows} == {said}
    xy = [[float(row[name]) for name in names] for row in rows]
    assert np.allclose(xy, places(town, crs), rtol=0, atol=close)
    assert json.loads(path.with_name(f"{path.name}.provenance.json").read_text())["coordinate_system"] == said
    head, *cells = openpyxl.load_workbook(export(town, "f.xlsx", crs)).active.iter_rows(values_only=True)
    at = [head.index(name) for name in names]
    assert np.allclose([[row[n] for n in at] for row in cells], places(town, crs), rtol=0, atol=close)


def test_a_zone_with_prefix_is_the_zone_in_the_easting(town: Path) -> None:
    plain, prefixed = places(town, "EPSG:4544"), places(town, "EPSG:4523")
    assert np.allclose(prefixed - plain, [35e6, 0], atol=1e-6)


def test_kml_says_in_its_name_what_its_degrees_are(town: Path) -> None:
    path = export(town, "f.kml", "bd09")
    assert pyogrio.list_layers(path)[0, 0] == "facilities_BD09"
    assert np.allclose(shapely.get_coordinates(gpd.read_file(path).geometry), places(town, "bd09"), atol=CENTIMETRE_DEG)


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_is_written_in_any_system(layer: str, town: Path) -> None:
    for crs in ("gcj02", "EPSG:4523"):
        frame = gpd.read_file(export(town, f"{layer}.gpkg", crs, layer))
        assert len(frame) == len(document(town / "out" / f"{layer}.geojson")["features"])


@pytest.mark.parametrize(
    ("name", "crs", "code"),
    [
        ("f.geojson", "EPSG:4544", "crs_not_in_format"), ("f.kml", "EPSG:3857", "crs_not_in_format"),
        ("f.csv", "mars", "crs_unknown"),
    ],
)  # fmt: skip
def test_what_a_format_cannot_hold_is_refused(name: str, crs: str, code: str, town: Path) -> None:
    out = town / "out" / "refused" / name
    told(call(town / "studies", "export", "town", "--layer", "units", "--out", out, "--crs", crs), code)
    assert not out.parent.exists()


@pytest.mark.parametrize("crs", ["GCJ02", "BD09", WGS84, "EPSG:4523", "EPSG:32648"])
def test_a_system_is_known_again_by_what_a_file_says_of_it(crs: str) -> None:
    assert crs_name(as_pyproj(crs)) == crs
    assert in_system(gpd.GeoDataFrame(geometry=[shapely.Point(104, 30)], crs=WGS84), crs).crs == as_pyproj(crs)


def test_the_page_offers_every_system_and_the_download_is_in_it(client: FlaskClient) -> None:
    page = client.get("/layers?lang=en").get_data(as_text=True)
    assert all(f'value="{crs}"' in page for crs in ("EPSG:4326", "GCJ02", "BD09", "EPSG:4490"))
    page = client.get("/layers?crs=BD09").get_data(as_text=True)
    assert ".geojson?crs=BD09" in page and "facilities.kml?crs=BD09" in page
    assert ".geojson?" not in client.get("/layers?crs=EPSG:4523").get_data(as_text=True)
    address = "/api/v1/studies/sample/layers/facilities"
    answer = client.get(f"{address}.geojson?crs=gcj02")
    assert answer.get_json()["coordinate_system"] == "GCJ02"
    assert "sample-facilities-gcj02.geojson" in answer.headers["Content-Disposition"]
    plain = client.get(f"{address}.geojson").get_json()["features"][0]["geometry"]["coordinates"]
    shifted = answer.get_json()["features"][0]["geometry"]["coordinates"]
    expected = np.ravel(wgs84_to_shifted("GCJ02", *(np.array([value]) for value in plain)))
    assert np.allclose(shifted, expected, rtol=0, atol=CENTIMETRE_DEG)
    assert client.get(f"{address}.geojson?crs=EPSG:4544").status_code == 422
    assert client.get(f"{address}.gpkg?crs=mars").status_code == 422
