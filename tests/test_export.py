"""Exported layers follow RFC 7946, say what they rest on, stay the same between runs, and load back as they were."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box
from test_cli import call, contents, done, lonlat, table, write_town

import geo
from geo.model.errors import InputError
from geo.store import open_study
from geo.store.files import file_sha256
from layers import workbook
from layers.catalog import LAYERS
from layers.export import csv_bytes, feature_collection, write_layer

HASH = re.compile(r"[0-9a-f]{64}")


def refuse(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


def document(path: Path) -> dict[str, Any]:
    """A GeoJSON file, read strictly."""
    found = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    assert isinstance(found, dict)
    return found


def judged(home: Path, *options: object) -> dict[str, Any]:
    """Load and assess a town in a folder of its own, export every layer as GeoJSON, return the figures."""
    done(call(home / "studies", "load", "town", *options))
    figures = json.loads(done(call(home / "studies", "assess", "town", "--json")))
    done(call(home / "studies", "export", "town", "--layer", "all", "--out", home / "out"))
    return dict(figures)


def exported(home: Path, name: str) -> Path:
    """A layer in another format, by the file's name."""
    done(call(home / "studies", "export", "town", "--layer", name.partition(".")[0], "--out", home / "out" / name))
    return home / "out" / name


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town with its files in ``files``, stored in ``studies``, every layer in ``out``."""
    home = tmp_path_factory.mktemp("town")
    options = write_town(home / "files")
    rows = ("c,食堂,canteen,", 280, 0), ("k,=1+1,kindergarten,90", 0, 200), ("p,食堂（在建）,canteen,", 0, 10)
    places = table("facility_id,name,category,capacity", *rows)
    (home / "files" / "facilities.csv").write_text(places, encoding="utf-8")
    judged(home, *options)
    return home


def rings(geometry: dict[str, Any] | None) -> list[list[list[list[float]]]]:
    """The polygons of a geometry as lists of rings."""
    if geometry is None or "Polygon" not in geometry["type"]:
        return []
    coordinates = geometry["coordinates"]
    return [coordinates] if geometry["type"] == "Polygon" else list(coordinates)


def assert_right_handed(geometry: dict[str, Any] | None) -> None:
    """RFC 7946, 3.1.6: rings closed, the outer one counter-clockwise, holes clockwise."""
    for outer, *holes in rings(geometry):
        assert shapely.is_ccw(shapely.LinearRing(outer))
        assert not any(shapely.is_ccw(shapely.LinearRing(hole)) for hole in holes)
        assert all(ring[0] == ring[-1] and len(ring) >= 4 for ring in (outer, *holes))


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_is_geojson_by_rfc_7946(layer: str, town: Path) -> None:
    found = document(town / "out" / f"{layer}.geojson")
    assert found["type"] == "FeatureCollection" and "crs" not in found
    assert found["features"] and len({feature["id"] for feature in found["features"]}) == len(found["features"])
    lon, lat = lonlat(0, 0)
    for feature in found["features"]:
        assert set(feature) == {"type", "id", "geometry", "properties"} and feature["type"] == "Feature"
        assert feature["id"] == feature["properties"][LAYERS[layer].id_column]
        assert_right_handed(feature["geometry"])
        assert (feature["geometry"] is None) == (layer in ("verdicts", "capacity"))
        shape = shapely.from_geojson(json.dumps(feature["geometry"])) if feature["geometry"] else None
        places = shapely.get_coordinates(shape, include_z=True)
        assert (abs(places[:, :2] - (lon, lat)) < 0.02).all() and pd.isna(places[:, 2]).all()
        assert len(places) > 0 or shape is None


def test_rings_turn_to_the_right_hand_whichever_way_they_came() -> None:
    hole = [(2, 2), (2, 4), (4, 4), (4, 2)]
    outer = [(0, 0), (0, 9), (9, 9), (9, 0)]
    shapes = [
        Polygon(o, [h]) for o in (outer, outer[::-1]) for h in (hole, hole[::-1])
    ] + [MultiPolygon([Polygon(outer, [hole]), Polygon([(20, 0), (20, 1), (21, 1)])])]  # fmt: skip
    frame = gpd.GeoDataFrame({"n": range(len(shapes))}, geometry=shapes, crs="EPSG:4326")
    found = json.loads(feature_collection(frame, frame["n"].tolist(), {}))
    for feature, shape in zip(found["features"], shapes, strict=True):
        assert_right_handed(feature["geometry"])
        assert shapely.from_geojson(json.dumps(feature["geometry"])).equals(shape)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_says_what_it_rests_on(layer: str, town: Path) -> None:
    facts = document(town / "out" / f"{layer}.geojson")["provenance"]
    hashes = {source["file"]: source["sha256"] for source in facts["sources"]}
    assert hashes == {path.name: file_sha256(path) for path in (town / "files").iterdir()}
    assert facts["standard"]["id"] == "gb50180-2018" and "2018" in facts["standard"]["version"]
    assert facts["profile"]["id"] == "adult" and facts["code_version"] == geo.__version__
    for text in (facts["study_sha256"], facts["standard"]["sha256"], facts["profile"]["sha256"]):
        assert HASH.fullmatch(text)
    assert datetime.fromisoformat(facts["created"]).tzinfo is not None


def test_other_formats_carry_the_same_provenance_inside_or_beside(town: Path) -> None:
    facts = document(town / "out" / "units.geojson")["provenance"]
    package = pyogrio.read_info(exported(town, "units.gpkg"))
    assert json.loads(package["layer_metadata"]["provenance"]) == facts
    columnar = pq.read_schema(exported(town, "units.parquet")).metadata
    assert json.loads(columnar[b"provenance"]) == facts
    for name in ("units.csv", "units.xlsx", "units.kml"):
        path = exported(town, name)
        beside = json.loads(path.with_name(f"{name}.provenance.json").read_text(encoding="utf-8"))
        assert beside == {"layer": "units", "file": name, "provenance": facts}


@pytest.mark.parametrize("layer", LAYERS)
def test_the_csv_holds_the_rows_of_the_geojson(layer: str, town: Path) -> None:
    data = exported(town, f"{layer}.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    cells = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    features = document(town / "out" / f"{layer}.geojson")["features"]
    for row, feature in zip(cells, features, strict=True):
        for name, value in feature["properties"].items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                assert float(row[name]) == value
            else:
                assert row[name].removeprefix("'") == ("" if value is None else str(value))
        if feature["geometry"] is not None:
            inside = Point(float(row["lon"]), float(row["lat"]))
            assert shapely.from_geojson(json.dumps(feature["geometry"])).distance(inside) < 1e-6


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+cmd", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_of_a_csv_is_a_formula_and_geojson_keeps_the_text(text: str) -> None:
    frame = gpd.GeoDataFrame({"name": [text]}, geometry=[Point(1, 2)], crs="EPSG:4326")
    cell = list(csv.reader(io.StringIO(csv_bytes(frame).decode("utf-8-sig"), newline="")))[1][0]
    assert cell == f"'{text}"
    assert json.loads(feature_collection(frame, ["a"], {}))["features"][0]["properties"]["name"] == text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+cmd", "@SUM(A1)", "\tx", "007", "#N/A", "2026-01-02"])
def test_text_in_a_workbook_stays_that_text(text: str) -> None:
    table = pd.DataFrame({text: [text, None], "n": [-1.5, float("nan")], "b": [True, False]})
    sheet = openpyxl.load_workbook(io.BytesIO(workbook.workbook_bytes(table, "units"))).active
    assert [[cell.value for cell in row] for row in sheet.rows] == [
        [text, "n", "b"], [text, -1.5, True], [None, None, False]
    ]  # fmt: skip
    assert {cell.data_type for row in sheet.rows for cell in row} <= {"s", "inlineStr", "n", "b"}
    assert (sheet["A1"].data_type, sheet["A2"].data_type) == ("s", "s")


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    assert workbook.workbook_bytes(pd.DataFrame({"a": [1, 2]}), "units")
    with pytest.raises(InputError, match="3 rows; a sheet holds 2") as caught:
        workbook.workbook_bytes(pd.DataFrame({"a": [1, 2, 3]}), "units")
    assert caught.value.problems[0].code == "sheet_too_long"


def test_a_value_keeps_its_kind_whatever_else_its_column_holds() -> None:
    values = [True, 1, "1", "true", None, 0, False, ["a"], {"b": 1}]
    frame = gpd.GeoDataFrame({"v": pd.Series(values, dtype=object), "n": 0.5}, geometry=[Point(0, 0)] * 9, crs=4326)
    found = json.loads(feature_collection(frame, list(range(9)), {}))["features"]
    assert [repr(feature["properties"]["v"]) for feature in found] == [repr(value) for value in values]


def test_a_row_without_a_place_keeps_its_cells_in_csv() -> None:
    shapes = [Point(1, 2), MultiPolygon(), None, box(0, 0, 2, 2)]
    frame = gpd.GeoDataFrame({"name": list("abcd")}, geometry=shapes, crs="EPSG:4326")
    rows = list(csv.reader(io.StringIO(csv_bytes(frame).decode("utf-8-sig"), newline="")))[1:]
    assert rows == [["a", "1.0", "2.0"], ["b", "", ""], ["c", "", ""], ["d", "1.0", "1.0"]]


def without_date(path: Path) -> dict[str, Any]:
    found = document(path)
    assert found["provenance"].pop("created")
    return found


def test_the_same_files_give_the_same_layers_and_ids(town: Path, tmp_path: Path) -> None:
    options = write_town(tmp_path / "files")
    (tmp_path / "files" / "facilities.csv").write_bytes((town / "files" / "facilities.csv").read_bytes())
    judged(tmp_path, *options)
    for layer in LAYERS:
        first, second = (without_date(home / "out" / f"{layer}.geojson") for home in (town, tmp_path))
        assert first == second


def test_the_order_of_rows_changes_no_id(town: Path, tmp_path: Path) -> None:
    options = write_town(tmp_path / "files")
    for name in ("facilities.csv", "demand.csv"):
        heading, *rows = (town / "files" / name).read_text(encoding="utf-8").splitlines()
        (tmp_path / "files" / name).write_text("\n".join([heading, *reversed(rows)]), encoding="utf-8")
    judged(tmp_path, *options)
    for layer in LAYERS:
        first, second = (document(home / "out" / f"{layer}.geojson")["features"] for home in (town, tmp_path))
        assert {f["id"]: f["properties"] for f in first} == {f["id"]: f["properties"] for f in second}


def test_a_service_area_holds_its_own_facilities(town: Path) -> None:
    places = gpd.read_file(town / "out" / "facilities.geojson")
    areas = gpd.read_file(town / "out" / "service_areas.geojson")
    mine = areas[areas["threshold"] == areas.groupby("category")["threshold"].transform("min")]
    assert len(mine) == len(places) == 3
    for area in mine.itertuples():
        here = places.loc[places["category"] == area.category, "geometry"].iloc[0]
        assert area.geometry.buffer(0.0002).contains(here), area.category
        assert area.area_m2 > 0


LOADED = {"units": "unit_id", "demand": "demand_id", "facilities": "facility_id"}


def again(town: Path, home: Path, ending: Callable[[str], str]) -> dict[str, Any]:
    """Load the exported layers, with the town's own walls and gates, as a study of their own."""
    options = ["--streets", town / "out" / "streets.geojson"]
    for name in LOADED:
        options += [f"--{name}", exported(town, f"{name}.{ending(name)}")]
    for name in ("walls", "gates"):
        options += [f"--{name}", town / "files" / f"{name}.geojson"]
    return judged(home, *options)


@pytest.mark.parametrize("ending", ["geojson", "csv", "xlsx", "parquet"])
def test_exported_layers_load_as_the_same_study(ending: str, town: Path, tmp_path: Path) -> None:
    figures = again(town, tmp_path, lambda name: "geojson" if name == "units" and ending in ("csv", "xlsx") else ending)
    first = json.loads(done(call(town / "studies", "assess", "town", "--json")))
    assert figures["rules"] == first["rules"]
    assert (figures["people"], figures["complete_ratio"]) == (first["people"], first["complete_ratio"])
    old, new = open_study(town / "studies", "town"), open_study(tmp_path / "studies", "town")
    for name, key in LOADED.items():
        before, after = (getattr(s, name).set_index(key).sort_index() for s in (old, new))
        assert before.index.tolist() == after.index.tolist()
        assert before.geometry.distance(after.geometry.to_crs(before.crs)).max() < 0.02
        named = before["name"].notna()
        names = after.loc[named, "name"].str.removeprefix("'" if ending == "csv" else "")
        assert before.loc[named, "name"].tolist() == names.tolist()
        columns = [c for c in ("level", "parent_id", "people", "category", "capacity") if c in before]
        one, other = (t[columns].astype(object).where(t[columns].notna(), None) for t in (before, after))
        assert one.values.tolist() == other.values.tolist()
    assert new.streets["length_m"].sum() == pytest.approx(old.streets["length_m"].sum(), abs=0.1)
    assert (len(new.walls), len(new.gates), len(new.streets)) == (1, 1, len(old.streets))


def test_a_failed_export_leaves_the_old_file_and_nothing_else(town: Path, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"unit_id": ["a"], "odd": [{1, 2}]}, geometry=[LineString([(0, 0), (1, 1)])], crs=4326)
    (tmp_path / "units.geojson").write_text("old", encoding="utf-8")
    before = contents(tmp_path)
    with pytest.raises(TypeError):
        write_layer(frame, "units", tmp_path / "units.geojson", {})
    with pytest.raises(InputError, match="no such folder"):
        write_layer(frame, "units", tmp_path / "none" / "units.geojson", {})
    with pytest.raises(InputError, match=r"Use one of \.geojson"):
        write_layer(frame, "units", tmp_path / "units.svg", {})
    assert contents(tmp_path) == before
