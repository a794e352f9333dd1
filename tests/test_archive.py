"""A zipped shapefile reads as the shapefile; an archive that is unsafe, too large or none is refused unopened."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geo.intake import archive
from geo.intake.raw import FileRef, parse_file_ref
from geo.intake.tabular import read_raw
from geo.model.errors import InputError

UNITS = gpd.GeoDataFrame(
    {"名称": ["桂花苑", "b"]}, geometry=[shapely.box(0, 0, 9, 9), shapely.box(9, 0, 18, 9)], crs="EPSG:4544"
)


@pytest.fixture
def shape(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    UNITS.to_file(tmp_path / "in" / "社区.shp", encoding="GB18030")
    return tmp_path / "in" / "社区.shp"


def pack(path: Path, shape: Path, folder: str = "", **more: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for part in sorted(shape.parent.iterdir()):
            made.write(part, f"{folder}{part.name}")
        for name, text in more.items():
            made.writestr(name, text)
    return path


def told(reference: object) -> str:
    with pytest.raises(InputError) as caught:
        read_raw(parse_file_ref(str(reference)))
    return caught.value.problems[0].code


@pytest.mark.parametrize("folder", ["", "数据/2024/"])
def test_a_zipped_shapefile_reads_as_the_shapefile(folder: str, shape: Path, tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", shape, folder, **{"readme.txt": "x", "__MACOSX/._社区.shp": "x"})
    one, other = read_raw(FileRef(path)), read_raw(FileRef(shape))
    assert one.columns.equals(other.columns) and one.columns["名称"].tolist() == ["桂花苑", "b"]
    assert one.crs == other.crs == "EPSG:4544" and one.shapes is not None and other.shapes is not None
    assert shapely.equals(one.shapes, other.shapes).all()
    assert {p.name for p in tmp_path.iterdir()} == {"in", "a.zip"}


def test_of_several_shapefiles_the_named_one_is_read(shape: Path, tmp_path: Path) -> None:
    UNITS.head(1).to_file(shape.with_name("one.shp"))
    path = pack(tmp_path / "a.zip", shape)
    assert told(path) == told(f"{path}#none") == "choose_layer"
    assert len(read_raw(parse_file_ref(f"{path}#one")).columns) == 1


@pytest.mark.parametrize("name", ["../a.txt", "/etc/a.txt", "x/../../a", "C:/a.txt"])
def test_a_path_that_leads_out_is_refused(name: str, shape: Path, tmp_path: Path) -> None:
    assert told(pack(tmp_path / "a.zip", shape, **{name: "x"})) == "archive_unsafe"


def test_a_link_is_refused(shape: Path, tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", shape)
    link = zipfile.ZipInfo("b.prj")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as made:
        made.writestr(link, "/etc/hostname")
    assert told(path) == "archive_unsafe"


def test_files_that_overlap_are_refused(shape: Path, tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", shape)
    with zipfile.ZipFile(path, "a") as made:
        made.writestr("last.txt", "x")
        made.getinfo("last.txt").header_offset = made.infolist()[0].header_offset
    assert told(path) == "archive_unsafe"


def test_an_archive_beyond_the_bounds_is_refused(shape: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack(tmp_path / "a.zip", shape, zeros="0" * 1_000_000)
    assert len(read_raw(FileRef(path)).columns) == 2
    for bound, value in (("MOST_MEMBERS", 5), ("MOST_BYTES", 999_999), ("FREE_BYTES", 99)):
        with monkeypatch.context() as patched:
            patched.setattr(archive, bound, value)
            assert told(path) == "archive_too_large", bound


def test_what_is_no_archive_or_holds_no_shapefile_is_told(shape: Path, tmp_path: Path) -> None:
    whole = pack(tmp_path / "a.zip", shape).read_bytes()
    (tmp_path / "b.zip").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "c.zip").write_text("<OGRVRTDataSource/>")
    assert told(tmp_path / "b.zip") == told(tmp_path / "c.zip") == "archive_invalid"
    shape.with_suffix(".dbf").unlink()
    assert told(pack(tmp_path / "d.zip", shape)) == "shapefile_part_missing"
    shape.write_text("<OGRVRTDataSource/>")
    shape.with_suffix(".dbf").write_text("x")
    assert told(pack(tmp_path / "e.zip", shape)) == "file_truncated"
    shape.unlink()
    assert told(pack(tmp_path / "f.zip", shape, **{"a.vrt": "<OGRVRTDataSource/>"})) == "archive_empty"


def test_flatgeobuf_reads_and_what_only_says_so_does_not(tmp_path: Path) -> None:
    UNITS.to_file(tmp_path / "a.fgb", driver="FlatGeobuf")
    raw = read_raw(FileRef(tmp_path / "a.fgb"))
    assert raw.crs == "EPSG:4544" and set(raw.columns["名称"]) == {"桂花苑", "b"}
    for data in (b"<OGRVRTDataSource/>", b"fgb\x03fgb\x00" + b"\xff" * 90, b""):
        (tmp_path / "b.fgb").write_bytes(data)
        assert told(tmp_path / "b.fgb") == "flatgeobuf_invalid"
