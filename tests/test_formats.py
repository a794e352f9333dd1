"""One made-up district in every format is the same district, its names to the byte; bad files are refused by name."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from geo.intake.columns import read_aliases
from geo.intake.raw import parse_file_ref
from geo.intake.tabular import read_raw
from geo.intake.units import read_units
from geo.model.errors import InputError, LimitError

PROJECT = Path(__file__).resolve().parents[1]
NAMES = ("锦江示范街道", "𠮷祥里社区", "Élan & Co 社区")
PLAIN_NAMES = ("锦江示范街道", "吉祥里社区", "玉林社区")
CENTIMETRE = 1e-7


def district(names: tuple[str, ...] = NAMES, name: str = "名称") -> gpd.GeoDataFrame:
    boxes = [shapely.box(104.06 + n / 100, 30.65, 104.068 + n / 100, 30.658) for n in range(3)]
    return gpd.GeoDataFrame({"unit_id": ["a", "b", "c"], name: names}, geometry=boxes, crs="EPSG:4326")


def shapefile(folder: Path, stem: str = "社区", encoding: str = "UTF-8", *, cpg: bool = True) -> Path:
    folder.mkdir(parents=True)
    district(NAMES if encoding == "UTF-8" else PLAIN_NAMES).to_file(folder / f"{stem}.shp", encoding=encoding)
    if not cpg:
        (folder / f"{stem}.cpg").unlink()
    return folder


def packed(path: Path, folder: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.iterdir()):
            archive.write(part, prefix + part.name)
    return path


def geodatabase(home: Path) -> Path:
    district().to_file(home / "u.gdb", driver="OpenFileGDB", layer="社区")
    return home / "u.gdb"


def written(path: Path, driver: str, crs: str = "EPSG:4326") -> Path:
    district().to_crs(crs).to_file(path, driver=driver)
    return path


def kml(path: Path) -> Path:
    district().to_file(path, driver="LIBKML")
    return path


def kmz(home: Path) -> Path:
    (home / "in").mkdir()
    kml(home / "in" / "doc.kml")
    return packed(home / "u.kmz", home / "in")


def parquet(path: Path, crs: str) -> Path:
    district().to_crs(crs).to_parquet(path)
    return path


MAKERS: dict[str, tuple[Callable[[Path], Path], tuple[str, ...]]] = {
    "geojson": (lambda home: written(home / "u.geojson", "GeoJSON"), NAMES),
    "gpkg 4490": (lambda home: written(home / "u.gpkg", "GPKG", "EPSG:4490"), NAMES),
    "fgb 4544": (lambda home: written(home / "u.fgb", "FlatGeobuf", "EPSG:4544"), NAMES),
    "gdb": (geodatabase, NAMES),
    "gdb.zip": (lambda home: packed(home / "u.gdb.zip", geodatabase(home), "u.gdb/"), NAMES),
    "kml": (lambda home: kml(home / "u.kml"), NAMES),
    "kmz": (kmz, NAMES),
    "parquet 3857": (lambda home: parquet(home / "u.parquet", "EPSG:3857"), NAMES),
    "shp folder": (lambda home: shapefile(home / "界线"), NAMES),
    "shp zip": (lambda home: packed(home / "u.zip", shapefile(home / "界线")), NAMES),
    "shp gbk no cpg": (lambda home: shapefile(home / "界线", encoding="GBK", cpg=False), PLAIN_NAMES),
    "shp gbk zip": (lambda home: packed(home / "u.zip", shapefile(home / "s", encoding="GBK", cpg=False)), PLAIN_NAMES),
}


@pytest.mark.parametrize("form", MAKERS)
def test_a_district_is_the_same_in_every_format(form: str, tmp_path: Path) -> None:
    maker, names = MAKERS[form]
    table, report = read_units(parse_file_ref(str(maker(tmp_path))), read_aliases(PROJECT / "data" / "columns.yaml"))
    assert (report.read, report.rejected) == (3, 0)
    table = table.sort_values("unit_id")
    assert table["unit_id"].tolist() == ["a", "b", "c"]
    assert [name.encode() for name in table["name"]] == [name.encode() for name in names]
    expected = district().geometry.to_numpy()
    assert (shapely.hausdorff_distance(table.geometry.to_numpy(), expected) < CENTIMETRE).all()


def test_a_field_name_cut_within_a_sign_is_known_by_what_is_left(tmp_path: Path) -> None:
    district(name="abcdefgh").to_file(tmp_path / "u.shp", encoding="UTF-8")
    data = (tmp_path / "u.dbf").read_bytes()
    cut = "单元名称".encode()[:10]
    (tmp_path / "u.dbf").write_bytes(data.replace(b"abcdefgh\0\0\0", cut + b"\0"))
    raw = read_raw(parse_file_ref(str(tmp_path / "u.shp")))
    assert list(raw.columns.columns) == ["unit_id", "单元名"] and raw.columns["单元名"].tolist() == list(NAMES)


def test_a_dxf_needs_its_coordinate_system_and_keeps_its_places(tmp_path: Path) -> None:
    district().to_crs("EPSG:4544").boundary.to_file(tmp_path / "u.dxf", driver="DXF")
    assert read_raw(parse_file_ref(str(tmp_path / "u.dxf"))).crs is None
    raw = read_raw(parse_file_ref(f"{tmp_path / 'u.dxf'}@EPSG:4544"))
    assert raw.crs == "EPSG:4544" and raw.shapes is not None
    back = gpd.GeoSeries(raw.shapes, crs=raw.crs).to_crs(4326)
    assert np.allclose(back.total_bounds, district().total_bounds, atol=CENTIMETRE)


def test_a_binary_dxf_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "u.dxf").write_bytes(b"AutoCAD Binary DXF\r\n\x1a\0" + bytes(99))
    assert refused(tmp_path / "u.dxf") == "dxf_binary"


@pytest.mark.parametrize(("name", "form"), [("u.fgb", "gpkg 4490"), ("u.gpkg", "fgb 4544"), ("u.kml", "geojson")])
def test_a_file_under_another_name_is_not_read_by_the_reader_of_its_content(
    name: str, form: str, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    MAKERS[form][0](tmp_path / "in").rename(tmp_path / name)
    assert refused(tmp_path / name).endswith("_invalid")


def test_gdal_reads_only_as_the_driver_that_was_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "u.gpkg", "GPKG")
    monkeypatch.setattr(pyogrio, "read_info", lambda *_, **__: {"driver": "SQLite"})
    monkeypatch.setattr(pyogrio, "read_dataframe", lambda *_, **__: pytest.fail("was read"))
    assert refused(path) == "gpkg_invalid"


def test_of_several_shapefiles_the_named_one_is_read(tmp_path: Path) -> None:
    shapefile(tmp_path / "a", "社区")
    for part in shapefile(tmp_path / "b", "街道").iterdir():
        part.rename(tmp_path / "a" / part.name)
    assert refused(tmp_path / "a") == "choose_layer"
    assert len(read_raw(parse_file_ref(f"{tmp_path / 'a'}#街道")).columns) == 3


def refused(path: Path) -> str:
    with pytest.raises((InputError, LimitError)) as caught:
        read_raw(parse_file_ref(str(path)))
    assert str(path.parent) not in str(caught.value)
    return caught.value.code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("u.fgb", "flatgeobuf_invalid"), ("u.kml", "kml_invalid"), ("u.dxf", "dxf_invalid"),
        ("u.parquet", "parquet_invalid"), ("u.zip", "archive_invalid"), ("u.kmz", "archive_invalid"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "content", [b"", b"<OGRVRTDataSource><OGRVRTLayer name='x'/></OGRVRTDataSource>", b"PAR1\0\0PAR1", b"PK\3\4rest"]
)
def test_another_content_under_a_name_is_refused(name: str, code: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    assert refused(tmp_path / name) == code


@pytest.mark.parametrize("form", ["fgb 4544", "kml", "kmz", "parquet 3857", "shp zip", "gdb.zip"])
def test_a_file_cut_short_is_refused(form: str, tmp_path: Path) -> None:
    path = MAKERS[form][0](tmp_path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert refused(path).endswith("_invalid")


@pytest.mark.parametrize(
    "text",
    [
        "<?xml version='1.0'?><!DOCTYPE k [<!ENTITY a 'b'>]><kml></kml>",
        "<kml></kml><OGRVRTDataSource></OGRVRTDataSource><kml></kml>",
        "<!-- <kml> --><ogrVRTDataSource></ogrVRTDataSource></kml>",
        "<kml><NetworkLink></NetworkLink></kml>",
    ],
)
def test_a_kml_that_refers_elsewhere_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "u.kml").write_text(text, encoding="utf-8")
    assert refused(tmp_path / "u.kml") == "external_reference"


def archive(path: Path, *members: tuple[str, bytes, int]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data, mode in members:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            made.writestr(info, data)
    return path


FILE, LINK = stat.S_IFREG | 0o644, stat.S_IFLNK | 0o777


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ([("../u.shp", b"x", FILE)], "archive_unsafe"),
        ([("/u.shp", b"x", FILE)], "archive_unsafe"),
        ([("C:\\u.shp", b"x", FILE)], "archive_unsafe"),
        ([("u.shp", b"elsewhere", LINK)], "archive_unsafe"),
        ([("u.shp", b"x", FILE), ("U.SHP", b"x", FILE)], "archive_unsafe"),
        ([("u.shp", bytes(20_000_000), FILE)], "archive_too_large"),
        ([(f"{n}.shp", b"", FILE) for n in range(2_001)], "archive_too_large"),
        ([("read.me", b"x", FILE)], "archive_empty"),
    ],
)
def test_an_archive_that_no_planner_packed_is_refused(
    members: list[tuple[str, bytes, int]], code: str, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    path = archive(tmp_path / "in" / "u.zip", *members)
    assert refused(path) == code
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["u.zip"]
