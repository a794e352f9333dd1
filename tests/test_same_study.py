"""One made-up district, in every format, encoding and coordinate system, is the same study by hash.

The hash is over every table of the study: rows in an order of their own, every column but the file's name and a
line's number, places rounded to 0.1 m. The district is drawn on whole metres: what lies within 5 cm rounds alike.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from old_workbooks import write_xls
from test_excel import PROJECT

from geo.intake import load
from geo.intake.classify import read_categories
from geo.intake.gather import Inputs
from geo.intake.raw import FileRef, parse_file_ref
from geo.intake.street_layer import Joining
from geo.model.crs import SHIFTED, wgs84_to_shifted
from geo.model.study import Study
from geo.model.tables import STUDY_TABLES

ZONE, EAST, NORTH = "EPSG:4544", 410_000, 3_392_000
TENTH_M = 0.1
NOT_OF_THE_DISTRICT = ("source", "edge_id")
SPACES = ("office", "table", "text")
Tables = dict[str, gpd.GeoDataFrame]


@cache
def district() -> Tables:
    """Streets round and across a square kilometre, two communities, facilities, homes, walls and gates; metres."""

    def table(shapes: list[str], **columns: list[object]) -> gpd.GeoDataFrame:
        moved = shapely.transform(shapely.from_wkt(shapes), lambda xy: xy + np.array([EAST, NORTH]))
        return gpd.GeoDataFrame(columns, geometry=moved, crs=ZONE)

    return {
        "streets": table(
            ["LINESTRING (0 0, 1000 0, 1000 1000)", "LINESTRING (0 0, 0 1000, 1000 1000)",
             "LINESTRING (500 0, 500 1000)"],
            名称=["南街", "西街", None], kind=["residential", "footway", "path"],
        ),
        "units": table(
            ["POLYGON ((-50 -50, 500 -50, 500 1050, -50 1050, -50 -50), (90 90, 90 99, 99 99, 90 90))",
             "POLYGON ((500 -50, 1050 -50, 1050 1050, 500 1050, 500 -50))"],
            unit_id=["510104001001", "510104001002"], 名称=["吉祥里社区", "café & Co 社区"],
        ),
        "facilities": table(
            ["POINT (20 10)", "POINT (700 990)", "POINT (490 300)"],
            编号=["007", "b", "c"], 名称=["吉祥里食堂", "东风幼儿园", "ＡＢ栋 菜市场"],
            类别=["canteen", "幼儿园", "wet_market"], 容量=[120.0, None, 3.5],
        ),
        "demand": table(
            ["POINT (30 500)", "POINT (510 700)"], 编号=["h1", "h2"], 常住人口=[80.0, 20.5], people_80=[3.0, 0.0],
        ),
        "walls": table(["LINESTRING (-20 400, 300 400)", "LINESTRING (700 10, 700 90)"], wall_id=["1", "2"]),
        "gates": table(["POINT (0 400)"], gate_id=["g"], access=["public"], 名称=["北门"]),
    }  # fmt: skip


def moved(frame: gpd.GeoDataFrame, crs: str) -> gpd.GeoDataFrame:
    """The table in another system; one that pyproj does not know is left without a name."""
    if crs not in SHIFTED:
        return frame.to_crs(crs)
    degrees = frame.to_crs("EPSG:4326").geometry.to_numpy()
    there = shapely.transform(degrees, lambda xy: np.column_stack(wgs84_to_shifted(crs, *xy.T)))
    return frame.set_geometry(gpd.GeoSeries(there, crs=None))


def digest(study: Study) -> str:
    """The hash of a study, as said above."""
    sha = hashlib.sha256(study.crs.encode())
    for name in STUDY_TABLES:
        frame = getattr(study, name)
        shapes = shapely.transform(frame.geometry.to_numpy(), lambda xy: np.rint(xy / TENTH_M))
        plain = pd.DataFrame(frame.drop(columns=["geometry", *NOT_OF_THE_DISTRICT], errors="ignore"))
        if "length_m" in plain:
            plain["length_m"] = plain["length_m"].round(1)
        plain["place"] = shapely.to_wkt(shapely.normalize(shapes), rounding_precision=0)
        rows = plain.astype(object).where(plain.notna(), None)[sorted(plain)].values.tolist()
        sha.update(repr((name, sorted(plain), sorted(map(repr, rows)))).encode())
    return sha.hexdigest()


READ_CATEGORIES = cache(read_categories)


@pytest.fixture(autouse=True)
def categories_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the table of categories takes as long as all the rest."""
    monkeypatch.setattr(load, "read_categories", READ_CATEGORIES)


def loaded(refs: dict[str, FileRef]) -> Study:
    lone = {role: refs[role] for role in ("streets", "demand", "walls", "gates")}
    inputs = Inputs(units=(refs["units"],), facilities=(refs["facilities"],), joining=Joining(0.01), **lone)
    study = load.load_study("district", inputs, PROJECT / "data")
    assert not study.report.errors
    return study


@dataclass(frozen=True)
class Form:
    """How a table is written: gives its path, in a CRS and an encoding."""

    write: Callable[[gpd.GeoDataFrame, Path, str, str], Path]
    crs: str = "EPSG:4326"
    encoding: str = "utf-8"
    is_declared: bool = False
    roles: tuple[str, ...] = ("streets", "units", "facilities", "demand", "walls", "gates")

    def refs(self, home: Path) -> dict[str, FileRef]:
        """Write every table, those that the form cannot hold as GeoJSON."""
        found = {}
        for role, frame in district().items():
            form = self if role in self.roles else Form(by_gdal("geojson", "GeoJSON"))
            path = form.write(moved(frame, form.crs), home / role, form.crs, form.encoding)
            found[role] = parse_file_ref(f"{path}@{form.crs}" if form.is_declared else str(path))
        return found


def by_gdal(ending: str, driver: str, **options: object) -> Callable[[gpd.GeoDataFrame, Path, str, str], Path]:
    def write(frame: gpd.GeoDataFrame, stem: Path, _crs: str, _encoding: str) -> Path:
        path = stem.with_name(f"{stem.name}.{ending}")
        pyogrio.write_dataframe(frame, path, driver=driver, **options)
        return path

    return write


def drawing(frame: gpd.GeoDataFrame, stem: Path, _crs: str, _encoding: str) -> Path:
    frame[["geometry"]].to_file(stem.with_suffix(".dxf"), driver="DXF")
    return stem.with_suffix(".dxf")


def columnar(frame: gpd.GeoDataFrame, stem: Path, _crs: str, _encoding: str) -> Path:
    frame.to_parquet(stem.with_suffix(".parquet"))
    return stem.with_suffix(".parquet")


def shapefile(frame: gpd.GeoDataFrame, stem: Path, _crs: str, encoding: str) -> Path:
    """A folder with a Shapefile; in GBK without the part that says so."""
    stem.mkdir()
    if encoding == "utf-8":
        frame = frame.rename(columns={"常住人口": "常住人"})  # as GDAL cuts it, with a warning
    pyogrio.write_dataframe(frame, stem / "界线.shp", driver="ESRI Shapefile", encoding=encoding.upper())
    if encoding != "utf-8":
        (stem / "界线.cpg").unlink()
    return stem


def packed(write: Callable[[gpd.GeoDataFrame, Path, str, str], Path], ending: str) -> Callable[..., Path]:
    """What another form writes, packed into an archive; a folder of a geodatabase with its name."""

    def pack(frame: gpd.GeoDataFrame, stem: Path, crs: str, encoding: str) -> Path:
        inside = write(frame, stem, crs, encoding)
        target = stem.with_name(f"{stem.name}-packed.{ending}")
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(inside.rglob("*")) if inside.is_dir() else [inside]:
                archive.write(part, part.relative_to(stem.parent).as_posix())
        return target

    return pack


def plain(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """The table with points in two columns, other shapes as WKT in one."""
    table = pd.DataFrame(frame.drop(columns="geometry"))
    if (frame.geom_type == "Point").all():
        return table.assign(经度=frame.geometry.x, 纬度=frame.geometry.y)
    return table.assign(wkt=shapely.to_wkt(frame.geometry.to_numpy(), rounding_precision=10))


def text(ending: str, separator: str) -> Callable[[gpd.GeoDataFrame, Path, str, str], Path]:
    def write(frame: gpd.GeoDataFrame, stem: Path, _crs: str, encoding: str) -> Path:
        plain(frame).to_csv(stem.with_suffix(ending), sep=separator, index=False, encoding=encoding)
        return stem.with_suffix(ending)

    return write


def workbook(frame: gpd.GeoDataFrame, stem: Path, _crs: str, _encoding: str) -> Path:
    plain(frame).to_excel(stem.with_suffix(".xlsx"), index=False)
    return stem.with_suffix(".xlsx")


def old_workbook(frame: gpd.GeoDataFrame, stem: Path, _crs: str, _encoding: str) -> Path:
    return write_xls(stem.with_suffix(".xls"), plain(frame))


def open_document(frame: gpd.GeoDataFrame, stem: Path, _crs: str, _encoding: str) -> Path:
    """An OpenDocument spreadsheet with the least that one holds."""
    table = plain(frame)
    cells = [[str(name) for name in table], *table.astype(object).where(table.notna(), "").values.tolist()]
    rows = "".join(f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>" for row in cells)
    spaces = "".join(f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in SPACES)
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="表">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(stem.with_suffix(".ods"), "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", content)
    return stem.with_suffix(".ods")


def _cell(value: object) -> str:
    if isinstance(value, str):
        return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{value}"/>'


GDB, CSV = by_gdal("gdb", "OpenFileGDB"), text(".csv", ",")
FORMS = {
    "geojson": Form(by_gdal("geojson", "GeoJSON")),
    "geojson in a named system": Form(by_gdal("geojson", "GeoJSON"), "EPSG:4544"),
    "geojson gcj02": Form(by_gdal("geojson", "GeoJSON"), "GCJ02", is_declared=True),
    "geojson bd09": Form(by_gdal("geojson", "GeoJSON"), "BD09", is_declared=True),
    "gpkg 4490": Form(by_gdal("gpkg", "GPKG"), "EPSG:4490"),
    "gpkg zone without prefix": Form(by_gdal("gpkg", "GPKG"), "EPSG:4544"),
    "gpkg zone with prefix": Form(by_gdal("gpkg", "GPKG"), "EPSG:4523"),
    "gpkg the next zone": Form(by_gdal("gpkg", "GPKG"), "EPSG:4543"),
    "fgb web mercator": Form(by_gdal("fgb", "FlatGeobuf"), "EPSG:3857"),
    "gdb": Form(GDB),
    "gdb zip utm": Form(packed(GDB, "gdb.zip"), "EPSG:32648"),
    "kml": Form(by_gdal("kml", "LIBKML")),
    "kmz": Form(packed(by_gdal("kml", "LIBKML"), "kmz")),
    "parquet": Form(columnar, "EPSG:4523"),
    "shp folder": Form(shapefile, "EPSG:4544"),
    "shp folder gbk": Form(shapefile, "EPSG:4490", "gbk"),
    "shp zip gb18030": Form(packed(shapefile, "zip"), "EPSG:4523", "gb18030"),
    "dxf": Form(drawing, "EPSG:4544", is_declared=True, roles=("walls",)),
    "csv": Form(CSV),
    "csv with a mark": Form(CSV, encoding="utf-8-sig"),
    "csv gb18030 gcj02": Form(CSV, "GCJ02", "gb18030", is_declared=True),
    "csv bd09": Form(CSV, "BD09", is_declared=True),
    "csv zone without prefix": Form(CSV, "EPSG:4544", is_declared=True),
    "csv zone with prefix": Form(CSV, "EPSG:4523", is_declared=True),
    "csv web mercator": Form(CSV, "EPSG:3857", is_declared=True),
    "tsv": Form(text(".tsv", "\t"), "EPSG:4490", is_declared=True),
    "xlsx": Form(workbook),
    "xls": Form(old_workbook),
    "ods": Form(open_document),
}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hash of the district as drawn: GeoPackages in the metres of the study."""
    return digest(loaded(Form(by_gdal("gpkg", "GPKG"), ZONE).refs(tmp_path_factory.mktemp("drawn"))))


@pytest.mark.parametrize("form", FORMS)
def test_the_district_is_the_same_study_by_hash(form: str, expected: str, tmp_path: Path) -> None:
    assert digest(loaded(FORMS[form].refs(tmp_path))) == expected


def test_the_study_is_the_district_that_was_drawn(tmp_path: Path) -> None:
    study = loaded(FORMS["csv gb18030 gcj02"].refs(tmp_path))
    drawn = district()
    for role in ("units", "facilities", "demand", "walls", "gates"):
        there = getattr(study, role).geometry.to_numpy()[: len(drawn[role])]
        assert (shapely.hausdorff_distance(there, drawn[role].geometry.to_numpy()) < 0.01).all()
    assert study.facilities["name"].tolist() == drawn["facilities"]["名称"].tolist()
    assert study.facilities["category"].tolist() == ["canteen", "kindergarten", "wet_market"]
    assert study.facilities["facility_id"].tolist() == ["007", "b", "c"]
    assert study.demand["people"].tolist() == [80, 20.5] and study.demand["people_80"].tolist() == [3, 0]
    assert study.units["name"].tolist()[:2] == ["吉祥里社区", "café & Co 社区"]


def test_another_place_name_or_number_is_another_study(expected: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    refs = FORMS["csv"].refs(home)
    for role, old, new in (
        ("facilities", "吉祥里食堂", "吉祥里饭堂"), ("demand", "20.5", "20.6"), ("gates", "public", "residents"),
    ):  # fmt: skip
        said = refs[role].path.read_text(encoding="utf-8")
        refs[role].path.write_text(said.replace(old, new), encoding="utf-8")
        assert digest(loaded(refs)) != expected
        refs[role].path.write_text(said, encoding="utf-8")
    frame = district()["gates"].to_crs("EPSG:4326")
    CSV(frame.set_geometry(frame.translate(xoff=4e-6)), home / "gates", "", "utf-8")
    assert digest(loaded(refs)) != expected
