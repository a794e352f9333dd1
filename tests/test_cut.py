"""A large PBF is cut to the study before it is read: inside the box nothing differs, and the report says so."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from test_cli import call, done

from geo.intake import cut
from geo.intake.classify import read_categories
from geo.intake.columns import read_aliases
from geo.intake.cut import BEYOND_M, box_around, cut_to
from geo.intake.osm import read_osm
from geo.intake.raw import FileRef
from web.settings import ROOT

SAMPLE = ROOT / "data" / "sample"
ALIASES = read_aliases(ROOT / "data" / "columns.yaml")
TABLES = ("streets", "facilities", "entrances", "walls", "gates", "backdrop")


@pytest.fixture
def corner(tmp_path: Path) -> Path:
    """One community of the sample town, at its edge."""
    units = gpd.read_file(SAMPLE / "units.geojson")
    one = units[units["level"] == "community"].sort_values("unit_id").head(1)
    path = tmp_path / "corner.geojson"
    path.write_text(one.to_json(), encoding="utf-8")
    return path


def inside(table: gpd.GeoDataFrame, box: tuple[float, float, float, float]) -> list[bytes]:
    kept = table[table.within(shapely.box(*box))]
    return sorted(shapely.to_wkb(kept.geometry.to_numpy()))


def test_inside_the_box_a_cut_file_reads_as_the_whole_one(corner: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cut, "CUT_FROM_BYTES", 0)
    monkeypatch.setattr(cut, "BEYOND_M", 500.0)
    categories = read_categories(ROOT / "data" / "categories" / "categories.yaml")
    around = [("units", FileRef(corner))]
    box = box_around(around, ALIASES)
    assert box is not None
    whole = read_osm(SAMPLE / "jinxi.osm.pbf", categories)
    with cut_to(SAMPLE / "jinxi.osm.pbf", around, ALIASES) as path:
        part = read_osm(path, categories)
        assert path.stat().st_size < (SAMPLE / "jinxi.osm.pbf").stat().st_size / 2
    assert not path.exists()
    for name in TABLES:
        assert inside(getattr(part, name), box) == inside(getattr(whole, name), box), name
    assert len(part.streets) < len(whole.streets) / 2
    assert len(inside(part.streets, box)) > 100
    assert (part.generator, part.data_date) == (whole.generator, whole.data_date)


def test_the_box_lies_as_far_around_as_anybody_walks(corner: Path) -> None:
    box = box_around([("units", FileRef(corner))], ALIASES)
    unit = gpd.read_file(corner).to_crs("EPSG:4544").total_bounds
    found = gpd.GeoSeries([shapely.box(*box or ())], crs=4326).to_crs("EPSG:4544").total_bounds
    reach = [unit[0] - found[0], unit[1] - found[1], found[2] - unit[2], found[3] - unit[3]]
    assert min(reach) > 0.98 * BEYOND_M and max(reach) < 1.1 * BEYOND_M


def test_files_that_tell_no_place_cut_nothing(corner: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    osm = SAMPLE / "jinxi.osm.pbf"
    with cut_to(osm, [("units", FileRef(corner))], ALIASES) as path:
        assert path == osm, "a small file is read whole"
    monkeypatch.setattr(cut, "CUT_FROM_BYTES", 0)
    broken = tmp_path / "broken.geojson"
    broken.write_text("{", encoding="utf-8")
    for around in ([], [("units", FileRef(broken))]):
        with cut_to(osm, around, ALIASES) as path:
            assert path == osm
    hurt = tmp_path / "hurt.osm.pbf"
    hurt.write_bytes(osm.read_bytes()[:-1000])
    with cut_to(hurt, [("units", FileRef(corner))], ALIASES) as path:
        assert path == hurt, "what cannot be cut is left to its reader to refuse"


def test_a_load_says_that_it_cut(corner: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ("--osm", SAMPLE / "jinxi.osm.pbf", "--units", corner)
    whole = json.loads(done(call(tmp_path, "load", "whole", *options, "--json")))
    monkeypatch.setattr(cut, "CUT_FROM_BYTES", 0)
    part = json.loads(done(call(tmp_path, "load", "part", *options, "--json")))
    assert [p["code"] for p in part["files"][0]["problems"]] == ["osm_cut"]
    assert part["facts"]["street_m"] <= whole["facts"]["street_m"]
    assert done(call(tmp_path, "check", "part"))
