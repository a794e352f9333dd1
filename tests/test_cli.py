"""The commands from outside: a small town written to files, every command, every exit code of the contract.

    (0,400)------------------(280,400)     metres on the central meridian of EPSG:4544
       |                         |         canteen c at (280, 0), pharmacy from OpenStreetMap at (0, 400)
       h0 (0,0)==150==gate==c (280,0)      h0: 80 people at (0, 0), h1: 20 people at (280, 200)

The wall x = 150 crosses the south street; through its public gate h0 walks 280 m, without the gate 400 + 280 + 400.
"""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely
from click.testing import CliRunner, Result
from test_osm import osm_xml

import app
from geo.store.files import file_sha256, study_lock
from geo.walk.field import CELL_M
from layers.catalog import LAYERS
from layers.export import FORMATS
from web.cli import COMMANDS

EAST, NORTH = 500_000.0, 3_400_000.0
TO_DEGREES = pyproj.Transformer.from_crs("EPSG:4544", "EPSG:4326", always_xy=True)

XY = tuple[float, float]


def lonlat(x: float, y: float) -> XY:
    """Degrees of a place given in metres east and north of the town's origin."""
    lon, lat = TO_DEGREES.transform(EAST + x, NORTH + y)
    return (round(lon, 8), round(lat, 8))


def collection(kind: str, rows: Iterable[tuple[Mapping[str, Any], Any]]) -> str:
    """GeoJSON of one geometry type from properties and coordinates."""
    features = [
        {"type": "Feature", "properties": dict(p), "geometry": {"type": kind, "coordinates": c}} for p, c in rows
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def rectangle(west: float, south: float, east: float, north: float) -> list[list[XY]]:
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return [[lonlat(*corner) for corner in corners]]


def table(heading: str, *rows: tuple[str, float, float]) -> str:
    """CSV rows: the leading cells as text, then a place in metres."""
    lines = [",".join([cells, *(f"{value:.8f}" for value in lonlat(x, y))]) for cells, x, y in rows]
    return "\n".join([f"{heading},lon,lat", *lines]) + "\n"


def town_osm() -> str:
    corners = {1: (0, 0), 2: (280, 0), 3: (280, 400), 4: (0, 400), 5: (20, 20), 6: (60, 20), 7: (60, 60)}
    ways = {
        10: ([1, 2], {"highway": "residential", "name": "南街"}),
        11: ([1, 4, 3, 2], {"highway": "footway"}),
        12: ([5, 6, 7, 5], {"building": "yes"}),
        13: ([5, 7], {"barrier": "fence"}),
    }
    return osm_xml({n: lonlat(*xy) for n, xy in corners.items()}, ways, nodes={4: {"amenity": "pharmacy"}})


def write_town(folder: Path, gate: str = "public") -> list[str]:
    """Write the town's files and return the options that load them."""
    city = ({"unit_id": "city", "name": "镇", "level": "city"}, rectangle(-100, -100, 400, 500))
    parts = [("west", (-100, -100, 150, 500)), ("east", (150, -100, 400, 500))]
    units = [({"unit_id": i, "name": i, "level": "community", "parent_id": "city"}, rectangle(*b)) for i, b in parts]
    wall = ({"wall_id": "w", "kind": "wall"}, [lonlat(150, -50), lonlat(150, 50)])
    canteens = ("c,食堂,canteen,60", 280, 0), ("z,旧食堂（已关闭）,canteen,", 0, 10)
    files = {
        "osm": ("town.osm", town_osm()),
        "units": ("units.geojson", collection("Polygon", [city, *units])),
        "facilities": ("facilities.csv", table("facility_id,name,category,capacity", *canteens)),
        "demand": ("demand.csv", table("demand_id,people", ("h0,80", 0, 0), ("h1,20", 280, 200))),
        "walls": ("walls.geojson", collection("LineString", [wall])),
        "gates": ("gates.geojson", collection("Point", [({"gate_id": "g", "access": gate}, lonlat(150, 0))])),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.values():
        (folder / name).write_text(text, encoding="utf-8")
    return [part for option, (name, _) in files.items() for part in (f"--{option}", str(folder / name))]


def call(studies: Path, *arguments: object, **environment: str) -> Result:
    """Run a command as ``python app.py`` would, on a folder of studies."""
    settings = {"LIFECIRCLE_STUDIES": str(studies), **environment}
    return CliRunner().invoke(app.commands, [str(part) for part in arguments], env=settings)


def done(result: Result) -> str:
    """The results of a command that went well and had nothing to tell on stderr."""
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def told(result: Result, code: str, exit_code: int = 3) -> str:
    """What a failed command said: one line with the code, one indented line for each further fault, no result."""
    first, *others = result.stderr.splitlines()
    assert (result.exit_code, first.partition(": ")[0], result.stdout) == (exit_code, f"error[{code}]", "")
    assert all(line.startswith("  ") for line in others)
    assert "Traceback" not in result.stderr
    return result.stderr


def contents(folder: Path) -> dict[str, str]:
    """Every file and folder below a folder, files with their checksum; lock files say nothing."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.suffix != ".lock"}
    return {name: file_sha256(path) if path.is_file() else "folder" for name, path in found.items()}


@pytest.fixture(scope="module")
def assessed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of studies with the town, loaded and assessed."""
    home = tmp_path_factory.mktemp("assessed")
    done(call(home / "studies", "load", "town", *write_town(home / "files")))
    done(call(home / "studies", "assess", "town"))
    return home / "studies"


def test_loading_accounts_for_every_row(tmp_path: Path) -> None:
    report = json.loads(done(call(tmp_path / "s", "load", "town", *write_town(tmp_path / "f"), "--json")))
    counts = {file["role"]: (file["read"], file["ok"], file["repaired"], file["rejected"]) for file in report["files"]}
    assert counts == {
        "osm": (3, 3, 0, 0), "facilities": (2, 2, 0, 0), "units": (3, 3, 0, 0), "demand": (2, 2, 0, 0),
        "walls": (1, 1, 0, 0), "gates": (1, 1, 0, 0),
    }  # fmt: skip
    assert report["facts"]["street_m"] == pytest.approx(280 + 1080, abs=1)


@pytest.mark.parametrize(("gate", "covered", "walk_m"), [("public", 100.0, 280.0), ("closed", 20.0, 1080.0)])
def test_a_gate_decides_what_residents_reach(gate: str, covered: float, walk_m: float, tmp_path: Path) -> None:
    call(tmp_path, "load", "town", *write_town(tmp_path / "f", gate))
    said = json.loads(done(call(tmp_path, "assess", "town", "--json")))
    canteen = next(rule for rule in said["rules"] if rule["rule_id"] == "5min/canteen")
    assert (canteen["covered"], canteen["uncovered"], canteen["ratio"]) == (covered, 100 - covered, covered / 100)
    out = tmp_path / "walk.csv"
    done(call(tmp_path, "walk", "town", "--from", tmp_path / "f/demand.csv", "--category", "canteen", "--out", out))
    assert pd.read_csv(out).loc[0, "walk_m"] == pytest.approx(walk_m, abs=0.2)


def test_an_assessment_prints_what_the_contract_names_and_people_add_up(assessed: Path) -> None:
    said = json.loads(done(call(assessed, "assess", "town", "--json")))
    assert {
        "study", "assessment_id", "standard", "profile", "people", "people_outside_units", "complete_ratio", "rules",
        "gaps", "provenance",
    } <= set(said)  # fmt: skip
    assert (said["study"], said["people"], said["people_outside_units"]) == ("town", 100, 0)
    for rule in said["rules"]:
        assert {"rule_id", "category", "level", "people", "covered", "uncovered", "unknown", "ratio"} <= set(rule)
        assert rule["covered"] + rule["uncovered"] + rule["unknown"] == rule["people"] == 100
    again = json.loads(done(call(assessed, "assess", "town", "--json")))
    assert {**again, "provenance": None} == {**said, "provenance": None}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_holds_the_same_rows_in_every_format(layer: str, assessed: Path, tmp_path: Path) -> None:
    for ending in FORMATS:
        done(call(assessed, "export", "town", "--layer", layer, "--out", tmp_path / f"{layer}.{ending}"))
    features = json.loads((tmp_path / f"{layer}.geojson").read_text(encoding="utf-8"))["features"]
    columns = list(features[0]["properties"])
    first = [str(feature["id"]) for feature in features]
    sheet = pd.read_csv(tmp_path / f"{layer}.csv", dtype=str)
    package = pyogrio.read_dataframe(tmp_path / f"{layer}.gpkg", layer=layer)
    assert sheet[LAYERS[layer].id_column].tolist() == package[LAYERS[layer].id_column].tolist() == first
    assert [name for name in sheet.columns if name in columns] == columns
    book = pd.read_excel(tmp_path / f"{layer}.xlsx", dtype=str, engine="calamine")
    for same in (book, pd.read_parquet(tmp_path / f"{layer}.parquet")):
        assert same[LAYERS[layer].id_column].astype(str).tolist() == first
        assert [name for name in same.columns if name in columns] == columns
    assert pyogrio.read_info(tmp_path / f"{layer}.kml")["features"] == len(first)


def test_all_layers_go_into_a_folder(assessed: Path, tmp_path: Path) -> None:
    done(call(assessed, "export", "town", "--layer", "all", "--out", tmp_path / "out", "--format", "gpkg"))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {f"{layer}.gpkg" for layer in LAYERS}


def test_walking_distances_are_those_on_paper(assessed: Path, tmp_path: Path) -> None:
    points, out = tmp_path / "points.csv", tmp_path / "walk.csv"
    points.write_text(table("id", ("a", 0, 0), ("b", 280, 10), ("c", 0, 390)), encoding="utf-8")
    done(call(assessed, "walk", "town", "--from", points, "--to", points, "--limit-m", "600", "--out", out))
    walks = pd.read_csv(out).set_index(["from_id", "to_id"])
    assert list(walks.columns) == ["walk_m", "access_m"]
    expected = {("a", "b"): 290, ("a", "c"): 390, ("b", "a"): 290, ("c", "a"): 390, ("b", "c"): None, ("a", "a"): 0}
    for pair, metres in expected.items():
        found = walks.loc[pair, "walk_m"]
        assert pd.isna(found) if metres is None else found == pytest.approx(metres, abs=0.2)


def test_bands_lie_round_each_other_and_never_beyond_the_straight_line(assessed: Path, tmp_path: Path) -> None:
    lon, lat = lonlat(0, 0)
    out = tmp_path / "bands.geojson"
    done(call(assessed, "isochrone", "town", "--at", f"{lon},{lat}", "--metres", "300,100,200", "--out", out))
    bands = pyogrio.read_dataframe(out).to_crs("EPSG:4544").set_index("threshold").sort_index()
    assert (bands.index.tolist(), bands["people"].tolist()) == ([100, 200, 300], [80, 80, 80])
    for (metres, area_m2), (_, ring) in zip(bands["area_m2"].items(), bands.geometry.items(), strict=True):
        within = bands.geometry.loc[:metres].union_all()
        assert within.area == pytest.approx(area_m2, rel=0.1)
        assert within.difference(shapely.Point(EAST, NORTH).buffer(metres + CELL_M / 2)).area < 1
        assert ring.intersection(bands.geometry.loc[: metres - 1].union_all()).area < 1
    assert bands["area_m2"].is_monotonic_increasing


def test_check_finds_nothing_until_a_byte_changes(tmp_path: Path) -> None:
    call(tmp_path, "load", "town", *write_town(tmp_path / "f"))
    assert "town" in done(call(tmp_path, "check", "town"))
    (tmp_path / "town" / "report.json").write_text("{}", encoding="utf-8")
    result = call(tmp_path, "check", "town")
    assert (result.exit_code, result.stderr.partition(":")[0]) == (6, "error[store_corrupt]")
    assert "town/report.json" in result.stdout


WRONG_CALLS = [
    ["sing"], ["load"], ["load", "town"], ["load", "town", "--osm", "a.osm", "--place", "here"],
    ["load", "town", "--osm", "a.osm", "--colour", "red"], ["assess"], ["export", "town", "--layer", "units"],
    ["walk", "town", "--from", "p.csv", "--out", "o.csv"],
    ["walk", "town", "--from", "p.csv", "--to", "p.csv", "--category", "canteen", "--out", "o.csv"],
    ["walk", "town", "--from", "p.csv", "--category", "canteen", "--limit-m", "nan", "--out", "o.csv"],
    ["walk", "town", "--from", "p.csv", "--category", "canteen", "--limit-m", "-5", "--out", "o.csv"],
    ["isochrone", "town", "--at", "104,30", "--minutes", "5", "--metres", "300", "--out", "o.geojson"],
    ["serve", "--port", "70000"],
]  # fmt: skip


@pytest.mark.parametrize("arguments", WRONG_CALLS, ids=" ".join)
def test_a_wrong_call_ends_with_2_and_touches_nothing(arguments: list[str], tmp_path: Path) -> None:
    said = told(call(tmp_path, *arguments), "call_invalid", 2)
    assert said.count("\n") == 1 and "--help" in said and contents(tmp_path) == {}


def test_a_wrong_call_is_told_in_one_line_with_a_code(tmp_path: Path) -> None:
    assert "LIFECIRCLE_COLOUR" in told(call(tmp_path, "check", "x", LIFECIRCLE_COLOUR="red"), "setting_invalid", 2)
    assert "--colour" in told(call(tmp_path, "--colour"), "call_invalid", 2)
    alone = app.commands.get_command(Mock(), "load")
    assert alone and "--colour" in told(CliRunner().invoke(alone, ["town", "--colour"]), "call_invalid", 2)


def test_every_command_explains_itself(tmp_path: Path) -> None:
    listed = done(call(tmp_path, "--help"))
    for command in COMMANDS:
        assert f"\n  {command} " in listed
        assert f"{command} [OPTIONS]" in done(call(tmp_path, command, "--help"))


@pytest.mark.parametrize(
    ("error", "code", "exit_code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no_space", 7), (KeyboardInterrupt(), "cancelled", 8),
        (ZeroDivisionError("by zero"), "internal", 1), (PermissionError(13, "Denied", "x"), "source_unreadable", 3),
    ],
    ids=repr,
)  # fmt: skip
def test_a_command_that_breaks_says_why_and_leaves_the_old_study(
    error: BaseException, code: str, exit_code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = write_town(tmp_path / "f")
    done(call(tmp_path / "s", "load", "town", *options))
    before = contents(tmp_path / "s")
    monkeypatch.setattr("numpy.save", Mock(side_effect=error))
    told(call(tmp_path / "s", "load", "town", *options), code, exit_code)
    told(call(tmp_path / "s", "load", "other", *options), code, exit_code)
    told(call(tmp_path / "s", "assess", "town"), code, exit_code)
    assert contents(tmp_path / "s") == before | {"town/assessments": "folder"}


def test_limits_and_locks_have_exit_codes_of_their_own(assessed: Path, tmp_path: Path) -> None:
    far = call(assessed, "isochrone", "town", "--at", "105,30.7", "--minutes", "600", "--out", tmp_path / "o.geojson")
    told(far, "limit_exceeded", 4)
    with study_lock(assessed, "town"):
        told(call(assessed, "assess", "town"), "busy", 5)
    assert contents(tmp_path) == {}


def test_the_shell_sees_the_exit_code_and_no_traceback(tmp_path: Path) -> None:
    script = Path(app.__file__)
    ran = subprocess.run(
        [sys.executable, script, "check", "nowhere"], capture_output=True, text=True, encoding="utf-8", check=False,
        cwd=script.parent, env={"LIFECIRCLE_STUDIES": str(tmp_path), "PATH": "", "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (3, "")
    assert ran.stderr.startswith("error[not_found]: no study 'nowhere'")
    assert ran.stderr.count("\n") == 1
