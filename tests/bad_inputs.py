"""Files that nobody should send, each with the exit code and the fault code it must meet: hostile ones and slips.

Names are those of the list they come from: B archives, C documents that reach outside, D geometry and attributes.
"""

from __future__ import annotations

import io
import json
import sqlite3
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from test_cli import collection, rectangle

from web.settings import ROOT

FILE = stat.S_IFREG | 0o644
SAMPLE = ROOT / "data" / "sample" / "jinxi.osm.pbf"


@dataclass(frozen=True)
class Canary:
    """What no reader may touch: a file outside the upload, and an address that counts its callers."""

    path: Path
    url: str


@dataclass(frozen=True)
class Bad:
    """A file given under a role: its name, what is in it, and how it must end; exit code 0 means that it loads."""

    role: str
    name: str
    content: Callable[[Canary], bytes | str]
    exit_code: int = 3
    code: str = ""


def zipped(*members: tuple[str, bytes], mode: int = FILE) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            made.writestr(info, content)
    return data.getvalue()


def patched(data: bytes, *changes: tuple[bytes, int, bytes]) -> bytes:
    """Bytes with some written over, each so far behind the first place where a mark stands."""
    made = bytearray(data)
    for mark, offset, value in changes:
        at = data.index(mark) + offset
        made[at : at + len(value)] = value
    return bytes(made)


LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"


def overlapping(count: int = 300) -> bytes:
    """An archive of many members that all share the bytes of one."""
    data = zipped(("a000.shp", bytes(300_000)))
    middle, end = data.index(CENTRAL), data.index(END)
    entry = data[middle:end]
    entries = b"".join(entry.replace(b"a000", b"a%03d" % n) for n in range(count))
    tail = struct.pack("<4sHHHHIIH", END, 0, 0, count, count, len(entries), middle, 0)
    return data[:middle] + entries + tail


def one_unit(**properties: Any) -> str:
    return collection("Polygon", [({"unit_id": "x", "level": "community", **properties}, rectangle(0, 0, 9, 9))])


def shape(kind: str, coordinates: Any) -> str:
    return collection(kind, [({"unit_id": "x", "level": "community"}, coordinates)])


def vrt(source: str) -> str:
    layer = f"<OGRVRTLayer name='x'><SrcDataSource>{source}</SrcDataSource></OGRVRTLayer>"
    return f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>"


def gdalg(source: str) -> str:
    line = f"gdal vector pipeline ! read {source} ! write /vsistdout/"
    return json.dumps({"type": "gdal_streamed_alg", "command_line": line})


def raster_vrt(source: str) -> str:
    return (
        "<VRTDataset rasterXSize='9' rasterYSize='9'><VRTRasterBand dataType='Byte' band='1'><SimpleSource>"
        f"<SourceFilename>{source}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )


LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10 if n else 'ha' * 10}'>" for n in range(12))


def kml(head: str, name: str) -> str:
    return (
        f"<?xml version='1.0'?>{head}<kml xmlns='http://www.opengis.net/kml/2.2'><Document><Placemark>"
        f"<name>{name}</name><Point><coordinates>104,30</coordinates></Point></Placemark></Document></kml>"
    )


def osm(head: str, name: str) -> str:
    node = f"<node id='1' lon='1' lat='1'><tag k='name' v='{name}'/></node>"
    return f"<?xml version='1.0'?>{head}<osm version='0.6'>{node}</osm>"


def workbook(head: str, name: str) -> bytes:
    rels = "http://schemas.openxmlformats.org/package/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kinds = "http://schemas.openxmlformats.org/package/2006/content-types"
    return zipped(
        ("[Content_Types].xml", f"<Types xmlns='{kinds}'/>".encode()),
        ("_rels/.rels", f"<Relationships xmlns='{rels}'><Relationship Id='r' Type='{office}/officeDocument' "
                        "Target='xl/workbook.xml'/></Relationships>".encode()),
        ("xl/_rels/workbook.xml.rels", f"<Relationships xmlns='{rels}'><Relationship Id='r1' Type='{office}/worksheet' "
                                       "Target='worksheets/s.xml'/></Relationships>".encode()),
        ("xl/workbook.xml", f"<workbook xmlns='{main}' xmlns:r='{office}'><sheets><sheet name='s' sheetId='1' "
                            "r:id='r1'/></sheets></workbook>".encode()),
        ("xl/worksheets/s.xml", f"<?xml version='1.0'?>{head}<worksheet xmlns='{main}'><sheetData><row r='1'><c r='A1' "
                                f"t='inlineStr'><is><t>{name}</t></is></c></row></sheetData></worksheet>".encode()),
    )  # fmt: skip


def system_entity(canary: Canary) -> str:
    return f"<!DOCTYPE x [<!ENTITY e SYSTEM 'file://{canary.path}'>]>"


def gpkg(*statements: str, layer: str = "u") -> bytes:
    """A GeoPackage with a unit, after some statements of a stranger."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "u.gpkg"
        units = gpd.GeoDataFrame.from_features(json.loads(one_unit())["features"], crs=4326)
        units.to_file(path, layer=layer)
        base = sqlite3.connect(path)
        base.executescript("PRAGMA writable_schema = ON;" + ";".join(statements))
        base.close()
        return path.read_bytes()


def as_view(query: str) -> bytes:
    """A GeoPackage whose layer is a query."""
    return gpkg(
        f"CREATE VIEW v AS {query}",
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('v', 'features', 'v', 4326)",
        "INSERT INTO gpkg_geometry_columns VALUES ('v', 'geom', 'POLYGON', 4326, 0, 0)",
    )


def pbf(*blocks: bytes) -> bytes:
    def block(blob: bytes) -> bytes:
        header = b"\x0a\x09OSMHeader\x18" + varint(len(blob))
        return struct.pack(">I", len(header)) + header + blob

    return b"".join(map(block, blocks))


def varint(number: int) -> bytes:
    made = b""
    while number > 127:
        made, number = made + bytes([number & 127 | 128]), number >> 7
    return made + bytes([number])


def blob_bomb() -> bytes:
    packed = zlib.compress(bytes(40_000_000), 9)
    return pbf(b"\x10" + varint(40_000_000) + b"\x1a" + varint(len(packed)) + packed)


def endless_points() -> bytes:
    """A GeoPackage whose only shape says that it has four thousand million points."""
    data = gpkg()
    ring = shapely.from_geojson(json.dumps(json.loads(one_unit())["features"][0]["geometry"]))
    whole = shapely.to_wkb(ring, byte_order=1)
    return data.replace(whole, whole[:9] + b"\xff\xff\xff\xee" + whole[13:])


def always(content: bytes | str) -> Callable[[Canary], bytes | str]:
    return lambda _: content


def inside(name: str, content: Callable[[Canary], bytes | str]) -> Callable[[Canary], bytes]:
    def made(canary: Canary) -> bytes:
        data = content(canary)
        return zipped((name, data if isinstance(data, bytes) else data.encode()))

    return made


def local(wrap: Callable[[str], str]) -> Callable[[Canary], str]:
    return lambda canary: wrap(str(canary.path))


def remote(wrap: Callable[[str], str]) -> Callable[[Canary], str]:
    return lambda canary: wrap(f"/vsicurl/{canary.url}")


def with_crs(document: str, crs: Any) -> str:
    return json.dumps({**json.loads(document), "crs": crs})
