"""Real files of four cities load by the command, and the report is true when held against the files themselves."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from test_cli import call, collection, done

from geo.model.study import Study
from geo.store import open_study

MAPPING = """
files:
  - file: population_cells.xlsx
    role: demand
    columns: {people: E11_夜_原始}
  - file: hotels.csv
    columns: {capacity: rooms}
  - file: poa_points*
    category: square
    columns: {facility_id: id, name: id}
"""


def loaded(home: Path, *options: object) -> tuple[dict[str, Any], Study]:
    """The report as JSON, by file, and the stored study."""
    (home / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    out = done(call(home / "studies", "load", "city", *options, "--columns", home / "mapping.yaml", "--json"))
    files = {file["file"]: file for file in json.loads(out)["files"]}
    assert all(file["read"] == file["ok"] and not file["rejected"] for file in files.values())
    return files, open_study(home / "studies", "city")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def main_roads(path: Path) -> Path:
    """Made-up streets over Chengdu, a line every 2 km: there is no open walking network of it."""
    east, north = ([start + step / 50 for step in range(count)] for start, count in ((103.85, 26), (30.45, 21)))
    lines = [[(x, north[0]), (x, north[-1])] for x in east] + [[(east[0], y), (east[-1], y)] for y in north]
    path.write_text(collection("LineString", [({}, line) for line in lines]), encoding="utf-8")
    return path


def codes(file: dict[str, Any]) -> dict[str, int]:
    return {problem["code"]: problem["count"] for problem in file["problems"]}


def test_chengdu_lists_and_cells(shared_data: Path, tmp_path: Path) -> None:
    city = shared_data / "chengdu"
    lists = city / "facilities_schools_parks_sports.csv", city / "hotels.csv"
    files, study = loaded(
        tmp_path, "--streets", main_roads(tmp_path / "roads.geojson"), "--join-crossings", "--no-merge",
        "--facilities", lists[0], "--facilities", lists[1], "--demand", city / "population_cells.xlsx",
    )  # fmt: skip
    places, hotels = (rows(path) for path in lists)
    book = openpyxl.load_workbook(city / "population_cells.xlsx", read_only=True)
    head, *cells = book["计算过程"].iter_rows(values_only=True)
    night = [row[head.index("E11_夜_原始")] for row in cells]
    assert [files[path.name]["read"] for path in lists] == [len(places), len(hotels)] == [1054, 2264]
    assert files["population_cells.xlsx"]["read"] == len(cells) == 4857
    assert study.demand["people"].sum() == pytest.approx(sum(night), abs=0.001 * len(cells))
    assert codes(files["population_cells.xlsx"]) == {"sheet_chosen": 0}
    found = study.facilities.set_index("facility_id")
    assert found.loc[[row["facility_id"] for row in hotels], "capacity"].sum() == sum(int(h["rooms"]) for h in hotels)
    assert set(found.loc[[row["facility_id"] for row in hotels], "category"]) == {"hotel"}
    by_kind = {
        kind: Counter(found.loc[[p["facility_id"] for p in places if p["facility_subtype"] == kind], "category"])
        for kind in ("小学", "公园绿地", "体育场馆")
    }
    assert by_kind == {
        "小学": Counter(primary_school=237), "公园绿地": Counter(park=265), "体育场馆": Counter(stadium=109)
    }  # fmt: skip
    degrees = study.facilities.to_crs("EPSG:4326").set_index("facility_id").geometry
    for row in (*places[::97], *hotels[::211]):
        here = degrees[row["facility_id"]]
        assert (here.x, here.y) == pytest.approx((float(row["lon"]), float(row["lat"])), abs=1e-7)
        assert found.loc[row["facility_id"], "name"].encode() == row["name"].encode()


def test_beijing_sub_districts_with_levels_from_their_codes(shared_data: Path, tmp_path: Path) -> None:
    files = sorted((shared_data / "beijing").glob("*-all.geojson"))
    units = [option for path in files for option in ("--units", path)]
    report, study = loaded(tmp_path, "--osm", shared_data / "beijing" / "wudaokou.osm", *units)
    drawn = {
        str(feature["properties"]["code"]): feature["properties"]
        for path in files
        for feature in json.loads(path.read_text(encoding="utf-8"))["features"]
    }
    assert sum(report[path.name]["read"] for path in files) == len(drawn) == 104
    ours = study.units.set_index("unit_id")
    assert Counter(ours["level"]) == Counter(subdistrict=104, district=4, city=1)
    for code, said in drawn.items():
        assert (ours.loc[code, "name"], ours.loc[code, "parent_id"]) == (said["Name"], str(said["parentCode"]))
    districts = ours[ours["level"] == "district"]
    assert set(districts.index) == {str(said["parentCode"]) for said in drawn.values()}
    assert set(districts["parent_id"]) == {"110100000000"}
    inner = ours[ours["level"] == "subdistrict"].area.groupby(ours["parent_id"]).sum()
    assert districts.area.to_numpy() == pytest.approx(inner[districts.index].to_numpy(), rel=1e-4)


def test_porto_alegre_hexagons_and_places(shared_data: Path, tmp_path: Path) -> None:
    city = shared_data / "porto-alegre"
    files, study = loaded(
        tmp_path, "--osm", city / "poa_osm.pbf", "--demand", city / "poa_hexgrid.csv", "--no-merge",
        "--facilities", city / "poa_points_of_interest.csv",
    )  # fmt: skip
    cells, places = rows(city / "poa_hexgrid.csv"), rows(city / "poa_points_of_interest.csv")
    assert (files["poa_hexgrid.csv"]["read"], len(cells)) == (1227, 1227)
    assert study.demand["people"].sum() == sum(int(row["population"]) for row in cells) == 812_935
    assert study.demand["demand_id"].tolist() == [row["id"] for row in cells]
    mine = study.facilities[study.facilities["source"] == "poa_points_of_interest.csv"].to_crs("EPSG:4326")
    assert mine["name"].tolist() == [row["id"] for row in places]
    assert mine.geometry.x.tolist() == pytest.approx([float(row["lon"]) for row in places], abs=1e-7)
    assert mine.geometry.y.tolist() == pytest.approx([float(row["lat"]) for row in places], abs=1e-7)
