"""Every fault of a planner's files: refused with its code, told once with file, row and remedy, nothing stored."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cli import call, collection, contents, done, lonlat, rectangle, table, told, write_town

from geo.intake.columns import read_aliases
from geo.intake.demand import read_demand
from geo.intake.raw import FileRef
from web.settings import ROOT

SEA = (122.5, 29.0)
HOME = "{},{:.7f},{:.7f}".format("h0,80", *lonlat(0, 0))


def demand(*rows: str) -> str:
    """Homes: a good first row and the given ones."""
    return "\n".join(["demand_id,people,lon,lat", HOME, *rows]) + "\n"


def facilities(*rows: str) -> str:
    place = "{:.7f},{:.7f}".format(*lonlat(280, 0))
    heading = "facility_id,name,category,capacity,entrances,lon,lat"
    return "\n".join([heading, f"c,食堂,canteen,,,{place}", *(f"{row},{place}" for row in rows)]) + "\n"


def point(coordinates: Any, **properties: Any) -> str:
    """Gates: a good one and one with the given coordinates."""
    good = ({"gate_id": "g", "access": "public"}, lonlat(150, 0))
    return collection("Point", [good, ({"gate_id": "h", "access": "public", **properties}, coordinates)])


def unit(coordinates: Any, kind: str = "Polygon", **properties: Any) -> str:
    """Units: a good community and one with the given coordinates."""
    good = json.loads(collection("Polygon", [({"unit_id": "w", "level": "city"}, rectangle(-100, -100, 400, 500))]))
    bad = json.loads(collection(kind, [({"unit_id": "x", "level": "community", **properties}, coordinates)]))
    return json.dumps({**good, "features": good["features"] + bad["features"]})


LON, LAT = lonlat(0, 0)
ROW_FAULTS = {
    "negative people": ("demand", demand(f"h1,-20,{LON},{LAT}"), "people_negative", "people"),
    "people as text": ("demand", demand(f"h1,many,{LON},{LAT}"), "number_invalid", "people"),
    "people not finite": ("demand", demand(f"h1,inf,{LON},{LAT}"), "number_invalid", "people"),
    "people beyond any city": ("demand", demand(f"h1,1e30,{LON},{LAT}"), "people_too_many", "people"),
    "people missing": ("demand", demand(f"h1,,{LON},{LAT}"), "people_missing", "people"),
    "longitude nan": ("demand", demand(f"h1,20,nan,{LAT}"), "number_invalid", "lon"),
    "latitude inf": ("demand", demand(f"h1,20,{LON},inf"), "number_invalid", "lat"),
    "latitude in words": ("demand", demand(f"h1,20,{LON},north of the river"), "number_invalid", "lat"),
    "longitude too large to hold": ("demand", demand(f"h1,20,1e999,{LAT}"), "number_invalid", "lon"),
    "place missing": ("demand", demand("h1,20,,"), "no_geometry", None),
    "place off the globe": ("demand", demand(f"h1,20,540,{LAT}"), "coordinate_out_of_range", None),
    "lat and lon swapped": ("demand", demand(f"h1,20,{LAT},{LON}"), "coordinate_swapped", None),
    "id twice": ("demand", demand(HOME), "duplicate_id", "demand_id"),
    "unknown category": ("facilities", facilities("d,x,cantine,,"), "category_unknown", "category"),
    "no category": ("facilities", facilities("d,x,,,"), "category_unknown", "category"),
    "capacity as text": ("facilities", facilities("d,x,canteen,few,"), "number_invalid", "capacity"),
    "entrances unreadable": ("facilities", facilities("d,x,canteen,,door"), "entrances_invalid", "entrances"),
    "facility id twice": ("facilities", facilities("c,x,canteen,,"), "duplicate_id", "facility_id"),
    "unknown access": ("gates", point(lonlat(150, 0), access="ajar"), "access_unknown", "access"),
    "coordinates as text": ("gates", point(["104", "30"]), "geometry_invalid", None),
    "one coordinate": ("gates", point([104.0]), "geometry_invalid", None),
    "no coordinates": ("gates", point([]), "geometry_empty", None),
    "null geometry": ("gates", point([0, 0]).replace('{"type": "Point", "coordinates": [0, 0]}', "null"),
                      "no_geometry", None),
    "overflowing coordinate": ("gates", point([1.5, 30.7]).replace("1.5", "1e999"), "coordinate_not_finite", None),
    "unknown level": ("units", unit(rectangle(0, 0, 9, 9), level="realm"), "level_unknown", "level"),
    "a unit that is a point": ("units", unit(lonlat(0, 0), "Point"), "geometry_kind", None),
    "a unit that is a line": ("units", unit([lonlat(0, 0), lonlat(9, 9)], "LineString"), "geometry_kind", None),
}  # fmt: skip
ENDING = {"demand": "csv", "facilities": "csv"}


def town(folder: Path, role: str, content: str | bytes, name: str = "") -> list[str]:
    """The town's options with one of its files replaced."""
    options = write_town(folder)
    path = folder / (name or f"{role}.{ENDING.get(role, 'geojson')}")
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    options[options.index(f"--{role}") + 1] = str(path)
    return options


@pytest.mark.parametrize("fault", ROW_FAULTS)
def test_a_faulty_row_is_told_by_file_and_row_and_field_with_a_remedy(fault: str, tmp_path: Path) -> None:
    role, content, code, column = ROW_FAULTS[fault]
    options = town(tmp_path / "f", role, content)
    said = told(call(tmp_path / "s", "load", "town", *options), code)
    where = f"{role}.{ENDING.get(role, 'geojson')}, row 2" + (f", column {column}" if column else "")
    assert re.search(re.escape(where) + r": \w.+[.)] [A-Z].+[.?]$", said)
    assert said.count("\n") == 1 and "None" not in said
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("fault", ROW_FAULTS)
def test_rows_read_are_ok_repaired_or_rejected_and_the_good_ones_can_be_kept(fault: str, tmp_path: Path) -> None:
    role, content, code, _ = ROW_FAULTS[fault]
    options = town(tmp_path / "f", role, content)
    report = json.loads(done(call(tmp_path / "s", "load", "town", *options, "--accept-faults", "--json")))
    for file in report["files"]:
        assert file["read"] == file["ok"] + file["repaired"] + file["rejected"]
    mine = next(file for file in report["files"] if file["role"] == role)
    assert (mine["read"], mine["rejected"]) == (2, 1)
    assert [p["code"] for p in mine["problems"] if p["severity"] == "error"] == [code]


FAR = "lie outside the streets"
FILE_FAULTS: dict[str, tuple[str, str, str | bytes, str, str]] = {
    "empty file": ("demand", "demand.csv", b"", "layer_empty", "no rows"),
    "heading alone": ("demand", "demand.csv", "demand_id,people,lon,lat\n", "layer_empty", "no rows"),
    "empty layer": ("units", "units.geojson", collection("Polygon", []), "layer_empty", "no rows"),
    "empty GeoJSON": ("units", "units.geojson", b"", "json_invalid", "not valid JSON"),
    "cut GeoJSON": ("units", "units.geojson", unit([])[:-9], "json_invalid", "not valid JSON"),
    "NaN in GeoJSON": ("gates", "gates.geojson", point([float("nan"), 1]), "json_invalid", "NaN"),
    "infinity in GeoJSON": ("gates", "gates.geojson", point([1, float("-inf")]), "json_invalid", "Infinity"),
    "a lone geometry": ("units", "u.geojson", '{"type": "Point", "coordinates": [1, 2]}', "geojson_invalid", "Feat"),
    "a GDAL file in disguise": ("units", "u.geojson", "<OGRVRTDataSource/>", "json_invalid", "not valid JSON"),
    "linked CRS": ("units", "u.geojson", '{"crs": {"type": "link", "properties": {"href": "http://127.0.0.1/"}}, '
                   + unit(rectangle(0, 0, 9, 9))[1:], "external_reference", "FILE@EPSG"),
    "unknown CRS within": ("units", "u.geojson", '{"crs": {"type": "name", "properties": {"name": "EPSG:99999"}}, '
                           + unit(rectangle(0, 0, 9, 9))[1:], "crs_unknown", "EPSG:99999"),
    "ragged CSV": ("demand", "d.csv", demand("h1,20,104"), "csv_ragged", "row 2"),
    "heading twice": ("demand", "d.csv", "id,people,people,lon,lat\n1,2,3,104,30\n", "columns_doubled", "people"),
    "NUL bytes": ("demand", "d.csv", demand("h1\0,20,104,30"), "text_invalid", "NUL"),
    "no text": ("demand", "d.csv", b"a,b\n\xff\xff,\x81\x20\n", "encoding_invalid", "UTF-8"),
    "text in GBK": ("gates", "g.geojson", point([1, 2], name="门").encode("gbk"), "encoding_invalid", "UTF-8"),
    "no place": ("demand", "d.csv", "id,people,address\n1,2,here\n", "columns_missing", "address"),
    "no people": ("demand", "d.csv", table("id", ("a", 0, 0)), "columns_missing", "people"),
    "no category": ("facilities", "f.csv", table("id", ("a", 0, 0)), "columns_missing", "category"),
    "an ending nobody reads": ("demand", "d.exe", b"MZ", "type_not_allowed", r"\.csv"),
    "a broken GeoPackage": ("units", "u.gpkg", b"SQLite format 3\0" + b"\1" * 500, "gpkg_invalid", "Export"),
    "no GeoPackage": ("units", "u.gpkg", b"PK\3\4", "gpkg_invalid", "Export"),
    "a shapefile alone": ("units", "u.shp", b"\0\0\x27\x0a", "shapefile_part_missing", r"\.dbf"),
    "a broken zip": ("units", "u.zip", b"PK\3\4 cut", r"\w+", "zip"),
    "a broken pbf": ("osm", "t.osm.pbf", b"\0\0\0\x0e\x0a\x09OSMHeader", "osm_invalid", r"\.osm\.pbf"),
    "no street": ("osm", "t.osm", '<osm version="0.6"><node id="1" lon="1" lat="1"/></osm>', "network_empty", "street"),
    "units elsewhere": ("units", "u.geojson", collection("Polygon", [({"id": "x"}, rectangle(9e3, 0, 9.9e3, 900))]),
                        "far_from_study", FAR),
    "homes in the sea": ("demand", "d.csv", demand("h1,20,{},{}".format(*SEA)), "far_from_study", "row 2"),
    "homes in GCJ-02 of another town": ("demand", "d.csv", "people,lon,lat\n1,116,39\n", "far_from_study", "EPSG:4544"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FILE_FAULTS)
def test_a_file_that_cannot_be_used_is_named_with_a_remedy_and_nothing_is_stored(fault: str, tmp_path: Path) -> None:
    role, name, content, code, words = FILE_FAULTS[fault]
    good = write_town(tmp_path / "good")
    done(call(tmp_path / "s", "load", "town", *good))
    before = contents(tmp_path / "s")
    result = call(tmp_path / "s", "load", "town", *town(tmp_path / "f", role, content, name))
    found = re.match(rf"error\[({code})\]: ", result.stderr)
    assert found, result.stderr
    said = told(result, found[1])
    assert code in ("far_from_study", "network_empty") or name in said
    assert re.search(words, said) and re.search(r"[.)] [A-Z][^.]+", said)
    assert contents(tmp_path / "s") == before


@pytest.mark.parametrize("role", ["osm", "units", "facilities", "demand", "walls", "gates"])
def test_a_missing_file_is_named_with_a_remedy(role: str, tmp_path: Path) -> None:
    options = write_town(tmp_path / "f")
    options[options.index(f"--{role}") + 1] = str(tmp_path / "f" / "gone.geojson")
    said = told(call(tmp_path / "s", "load", "town", *options), "file_missing")
    assert re.search(r"gone\.geojson: no such file\. [A-Z].+\.", said)


def test_a_shapefile_says_what_it_lacks(tmp_path: Path) -> None:
    places = gpd.GeoDataFrame({"people": [5]}, geometry=[shapely.Point(500_000, 3_400_000)], crs="EPSG:4544")
    places.to_file(tmp_path / "homes.shp")
    (tmp_path / "homes.prj").unlink()
    options = write_town(tmp_path / "f")
    at = options.index("--demand") + 1
    options[at] = str(tmp_path / "homes.shp")
    assert "homes.shp@EPSG:4544" in told(call(tmp_path / "s", "load", "town", *options), "crs_missing")
    options[at] += "@EPSG:99999"
    assert "homes.shp: 'EPSG:99999'" in told(call(tmp_path / "s", "load", "town", *options), "crs_unknown")
    options[at] = options[at].replace("99999", "4544")
    assert "demand: homes.shp: 1 read = 1 ok" in done(call(tmp_path / "s", "load", "town", *options))
    (tmp_path / "homes.shp").write_bytes((tmp_path / "homes.shp").read_bytes()[:-4])
    assert "homes.shp" in told(call(tmp_path / "s", "load", "town", *options), "file_truncated")


def test_every_fault_of_every_file_is_told_once_in_one_run(tmp_path: Path) -> None:
    rows = [f"h{n},-1,{LON},{LAT}" for n in range(1, 30)] + [f"x,many,{LON},{LAT}"]
    options = town(tmp_path / "f", "demand", demand(*rows))
    (tmp_path / "f" / "facilities.csv").write_text(facilities("d,x,cantine,,", "e,x,shop,,"), encoding="utf-8")
    for name in ("town.osm", "walls.geojson"):
        (tmp_path / "f" / name).unlink()
    (tmp_path / "f" / "gates.geojson").write_text("{", encoding="utf-8")
    said = call(tmp_path / "s", "load", "town", *options).stderr
    for words in ("town.osm: no such file", "walls.geojson: no such file", "gates.geojson: is not valid JSON", "'shop'",
                  "'cantine'", "canteen", "demand.csv, row 31, column people",
                  "demand.csv, rows 2, 3, 4, 5, 6 and 24 more"):  # fmt: skip
        assert said.count(words) == 1


def test_a_layer_of_shapes_without_columns_has_rows(tmp_path: Path) -> None:
    options = town(tmp_path / "f", "walls", collection("LineString", [({}, [lonlat(150, -50), lonlat(150, 50)])]))
    assert "walls.geojson: 1 read = 1 ok" in done(call(tmp_path / "s", "load", "town", *options))


def test_an_outline_that_crosses_itself_is_mended_and_counted(tmp_path: Path) -> None:
    bow = [[lonlat(0, 0), lonlat(90, 90), lonlat(90, 0), lonlat(0, 90), lonlat(0, 0)]]
    options = town(tmp_path / "f", "units", unit(bow))
    report = json.loads(done(call(tmp_path / "s", "load", "town", *options, "--json")))
    mine = next(file for file in report["files"] if file["role"] == "units")
    assert (mine["read"], mine["ok"], mine["repaired"], mine["rejected"]) == (2, 1, 1, 0)
    assert [(p["code"], p["rows"]) for p in mine["problems"]] == [("geometry_repaired", [2])]


def test_a_home_far_from_every_street_is_kept_and_unknown(tmp_path: Path) -> None:
    options = town(tmp_path / "f", "demand", demand("h1,20,{},{}".format(*lonlat(5000, 0))))
    assert re.search(r"demand, row 2: 1 of 2 rows lie .*outside", done(call(tmp_path, "load", "town", *options)))
    said = json.loads(done(call(tmp_path, "assess", "town", "--json")))
    canteen = next(rule for rule in said["rules"] if rule["rule_id"] == "5min/canteen")
    assert (said["people"], said["people_not_joined"]) == (100, 20)
    assert (canteen["covered"], canteen["uncovered"], canteen["unknown"]) == (80, 0, 20)


GOOD = (ROOT / "data" / "standards" / "gb50180-2018.yaml").read_text(encoding="utf-8")
RULE_FILES = {
    "not YAML": ("rules: [", r"line \d+"), "a list": ("- 1\n", "keys and values"), "empty": ("", "keys and values"),
    "unknown key": (GOOD + "colour: red\n", "colour"), "key twice": (GOOD + "id: again\n", "given twice"),
    "no rules": (GOOD[: GOOD.index("rules:")] + "rules: []\n", "at least one rule"),
    "unknown category": (GOOD.replace("category: canteen", "category: cantine"), "cantine"),
    "negative distance": (GOOD.replace("threshold_m: 1000", "threshold_m: -5", 1), "threshold_m"),
    "distance not finite": (GOOD.replace("threshold_m: 1000", "threshold_m: .nan", 1), "threshold_m"),
    "distance as text": (GOOD.replace("threshold_m: 1000", "threshold_m: far", 1), "threshold_m"),
}  # fmt: skip


def test_a_standard_with_a_slip_is_refused_by_file_and_key(tmp_path: Path) -> None:
    done(call(tmp_path, "load", "town", *write_town(tmp_path / "f")))
    before, path = contents(tmp_path / "town"), tmp_path / "mine.yaml"
    for name, (text, words) in RULE_FILES.items():
        path.write_text(text, encoding="utf-8")
        said = told(call(tmp_path, "assess", "town", "--standard", path), "rule_invalid")
        assert "mine.yaml" in said and re.search(words, said), name
    path.write_text("id: me\nspeed_mps: .inf\n", encoding="utf-8")
    assert "mine.yaml" in told(call(tmp_path, "assess", "town", "--profile", path), "rule_invalid")
    told(call(tmp_path, "assess", "town", "--standard", tmp_path / "gone.yaml"), "file_missing")
    assert contents(tmp_path / "town") == before


def test_what_does_not_exist_is_named_beside_what_does(tmp_path: Path) -> None:
    done(call(tmp_path, "load", "town", *write_town(tmp_path / "f")))
    out, here = tmp_path / "out", "{},{}".format(*lonlat(0, 0))
    points = tmp_path / "f" / "demand.csv"
    for code, words, *arguments in (
        ("not_found", "Stored: town", "assess", "nowhere"), ("not_found", "Stored: town", "check", "../town"),
        ("not_found", "gb50180-2018", "assess", "town", "--standard", "gb1"),
        ("not_found", "adult", "assess", "town", "--profile", "giant"),
        ("not_assessed", "assess town", "export", "town", "--layer", "units", "--out", f"{out}.csv"),
        ("not_found", "service_areas", "export", "town", "--layer", "maps", "--out", f"{out}.csv"),
        ("format_unknown", ".geojson", "export", "town", "--layer", "units", "--out", f"{out}.svg"),
        ("folder_missing", "no such folder", "walk", "town", "--from", points, "--to", points, "--out", out / "a.csv"),
        ("not_found", "canteen", "walk", "town", "--from", points, "--category", "dragons", "--out", f"{out}.csv"),
        ("value_invalid", "104.06,30.66", "isochrone", "town", "--at", "999,0", "--out", f"{out}.geojson"),
        ("value_invalid", "finite", "isochrone", "town", "--at", "nan,0", "--out", f"{out}.geojson"),
        ("value_invalid", "twice", "isochrone", "town", "--at", here, "--minutes", "5,5", "--out", f"{out}.geojson"),
        ("bad_name", "letters, digits", "load", "../town", "--osm", tmp_path / "f" / "town.osm"),
        ("not_assessed", "assess town", "export", "town", "--layer", "all", "--out", out),
    ):  # fmt: skip
        assert words in told(call(tmp_path, *arguments), code)
    assert {path.name for path in tmp_path.iterdir()} <= {"f", "town", ".town.lock"}


KINDS = {
    "good": "{},9,105,30.7", "negative": "{},-9,105,30.7", "text": "{},x,105,30.7", "blank": "{},9,,",
    "swapped": "{},9,30.7,105", "off": "{},9,500,30", "nan": "{},9,nan,30", "repeated": "0,9,105,30.7",
}  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(kinds=st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=12))
def test_counts_add_up_whatever_the_rows_hold(kinds: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "rows.csv"
    rows = [KINDS[kind].format(number) for number, kind in enumerate(kinds, start=1)]
    path.write_text("\n".join(["id,people,lon,lat", "0,9,105,30.7", *rows]), encoding="utf-8")
    kept, report = read_demand(FileRef(path), read_aliases(ROOT / "data" / "columns.yaml"))
    good = [0, *(number for number, kind in enumerate(kinds, start=1) if kind == "good")]
    assert (report.read, report.ok, report.repaired) == (len(kinds) + 1, len(good), 0)
    assert (
        report.rejected == sum(p.count for p in report.problems if p.severity == "error") == len(kinds) + 1 - len(good)
    )
    assert kept["demand_id"].tolist() == [str(number) for number in good]
    assert np.isfinite(shapely.get_coordinates(kept.geometry.to_numpy())).all()
