"""The table of bad files: what each is, and how it must end, at the command line and over HTTP alike."""

from __future__ import annotations

import json
import pickle

from bad_inputs import (
    CENTRAL,
    LAUGHS,
    LOCAL,
    SAMPLE,
    Bad,
    Canary,
    always,
    as_view,
    blob_bomb,
    endless_points,
    gdalg,
    gpkg,
    inside,
    kml,
    local,
    one_unit,
    osm,
    overlapping,
    patched,
    pbf,
    raster_vrt,
    remote,
    shape,
    system_entity,
    vrt,
    with_crs,
    workbook,
    zipped,
)
from test_cli import collection, lonlat, rectangle

LINK = 0o120777
HOMES = "demand_id,people,lon,lat\n"
HERE = "{:.7f},{:.7f}".format(*lonlat(0, 0))
DEEP = "[" * 100_000


def wfs(canary: Canary) -> str:
    return f"<OGRWFSDataSource><URL>{canary.url}wfs</URL></OGRWFSDataSource>"


def linked(canary: Canary) -> str:
    return with_crs(one_unit(), {"type": "link", "properties": {"href": canary.url, "type": "proj4"}})


def gml(canary: Canary) -> str:
    return f"<gml:FeatureCollection xmlns:gml='http://www.opengis.net/gml' schemaLocation='{canary.url}x.xsd'/>"


def network_link(canary: Canary) -> str:
    return kml("", "x").replace("<Placemark>", f"<NetworkLink><href>{canary.url}</href></NetworkLink><Placemark>", 1)


ARCHIVES = {
    "B030 bomb": Bad("units", "u.zip", always(zipped(("u.shp", bytes(20_000_000)))), 4, "archive_too_large"),
    "B031 overlap": Bad("units", "u.zip", always(overlapping()), 4, "archive_too_large"),
    "B031 small overlap": Bad("units", "u.zip", always(overlapping(2)), 3, "archive_unsafe"),
    "B032 lying size": Bad("units", "u.zip", always(
        patched(zipped(("u.shp", bytes(5000))), (CENTRAL, 24, b"\x09\0\0\0"))), 3, "archive_invalid"),
    "B033 above": Bad("units", "u.zip", always(zipped(("../../evil.txt", b"x"))), 3, "archive_unsafe"),
    "B033 absolute": Bad("units", "u.zip", always(zipped(("/evil.shp", b"x"))), 3, "archive_unsafe"),
    "B033 drive": Bad("units", "u.zip", always(zipped(("C:\\evil.shp", b"x"))), 3, "archive_unsafe"),
    "B033 backslash": Bad("units", "u.zip", always(zipped(("a\\..\\..\\evil.shp", b"x"))), 3, "archive_unsafe"),
    "B034 link": Bad("units", "u.zip", lambda c: zipped(("u.shp", str(c.path).encode()), mode=LINK), 3,
                     "archive_unsafe"),
    "B035 members": Bad("units", "u.zip", always(zipped(*((f"{n}.shp", b"") for n in range(2_001)))), 4,
                        "archive_too_large"),
    "B036 nested": Bad("units", "u.zip", always(zipped(("u.zip", zipped(("u.zip", zipped(("u.shp", b"x"))))))), 3,
                       "archive_empty"),
    "B037 locked": Bad("units", "u.zip", always(
        patched(zipped(("u.shp", b"x")), (LOCAL, 6, b"\1"), (CENTRAL, 8, b"\1"))), 3, "file_locked"),
    "B038 cut": Bad("units", "u.zip", always(zipped(("u.shp", bytes(5000)))[:-30]), 3, "archive_invalid"),
    "B038 checksum": Bad("units", "u.zip", always(
        patched(zipped(("u.shp", bytes(5000))), (CENTRAL, 16, b"\1\2\3\4"))), 3, "archive_invalid"),
    "B039 empty": Bad("units", "u.zip", always(zipped()), 3, "archive_empty"),
    "B039 of a Mac": Bad("units", "u.zip", always(zipped(("__MACOSX/._u", b"x"))), 3, "archive_empty"),
    "B041 tar": Bad("units", "u.zip", always(b"\x1f\x8b\x08\0" + bytes(40)), 3, "archive_invalid"),
}  # fmt: skip

DOCUMENTS = {
    "B050 vrt geojson": Bad("units", "u.geojson", local(vrt), 3, "json_invalid"),
    "B050 vrt json": Bad("units", "u.json", local(vrt), 3, "json_invalid"),
    "B050 vrt kml": Bad("units", "u.kml", local(vrt), 3, "kml_invalid"),
    "B050 vrt csv": Bad("demand", "d.csv", local(vrt), 3, "layer_empty"),
    "B050 vrt gpkg": Bad("units", "u.gpkg", local(vrt), 3, "gpkg_invalid"),
    "B050 vrt fgb": Bad("units", "u.fgb", local(vrt), 3, "flatgeobuf_invalid"),
    "B050 vrt dxf": Bad("units", "u.dxf", local(vrt), 3, "dxf_invalid"),
    "B050 vrt kmz": Bad("units", "u.kmz", inside("doc.kml", local(vrt)), 3, "kml_invalid"),
    "B050 vrt zip": Bad("units", "u.zip", inside("u.vrt", local(vrt)), 3, "archive_empty"),
    "B050 vrt tif": Bad("demand", "p.tif", local(raster_vrt), 3, "raster_unreadable"),
    "B051 remote vrt": Bad("units", "u.geojson", remote(vrt), 3, "json_invalid"),
    "B051 remote kml": Bad("units", "u.kml", remote(lambda s: f"<kml>{vrt(s)}</kml>"), 3, "external_reference"),
    "B051 remote tif": Bad("demand", "p.tif", remote(raster_vrt), 3, "raster_unreadable"),
    "B052 gdalg": Bad("units", "u.geojson", local(gdalg), 3, "geojson_invalid"),
    "B052 remote gdalg": Bad("units", "u.geojson", remote(gdalg), 3, "geojson_invalid"),
    "B053 wfs": Bad("units", "u.geojson", wfs, 3, "json_invalid"),
    "B054 linked crs": Bad("units", "u.geojson", linked, 3, "external_reference"),
    "B055 gml": Bad("units", "u.gml", gml, 3, "type_not_allowed"),
    "B056 network link": Bad("units", "u.kml", network_link, 3, "external_reference"),
    "B057 kml entity": Bad("units", "u.kml", lambda c: kml(system_entity(c), "&e;"), 3, "external_reference"),
    "B057 osm entity": Bad("osm", "t.osm", lambda c: osm(system_entity(c), "&e;"), 3, "osm_invalid"),
    "B057 xlsx entity": Bad("facilities", "f.xlsx", lambda c: workbook(system_entity(c), "&e;"), 3,
                            "external_reference"),
    "B058 kml laughs": Bad("units", "u.kml", always(kml(f"<!DOCTYPE x [{LAUGHS}]>", "&l11;")), 3, "external_reference"),
    "B058 osm laughs": Bad("osm", "t.osm", always(osm(f"<!DOCTYPE x [{LAUGHS}]>", "&l11;")), 3, "osm_invalid"),
    "B058 xlsx laughs": Bad("facilities", "f.xlsx", always(workbook(f"<!DOCTYPE x [{LAUGHS}]>", "&l11;")), 3,
                            "external_reference"),
    "B060 endless view": Bad("units", "u.gpkg", always(as_view(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS fid, NULL AS geom FROM n")), 3,
        "gpkg_invalid"),
    "B061 view that loads": Bad("units", "u.gpkg", always(as_view(
        "SELECT 1 AS fid, load_extension('x') AS geom")), 3, "gpkg_invalid"),
    "B061 virtual table": Bad("units", "u.gpkg", always(gpkg("CREATE VIRTUAL TABLE z USING fts5(a)")), 3,
                              "gpkg_invalid"),
    "B062 cut": Bad("units", "u.gpkg", always(gpkg()[:9000]), 3, "gpkg_invalid"),
    "B062 plain database": Bad("units", "u.gpkg", always(gpkg("DROP TABLE gpkg_contents")), 3, "gpkg_invalid"),
    "B062 no layer": Bad("units", "u.gpkg", always(gpkg("DELETE FROM gpkg_contents")), 3, "gpkg_invalid"),
    "B063 endless points": Bad("units", "u.gpkg", always(endless_points()), 3, "no_geometry"),
    "B064 odd layer name": Bad("units", "u.gpkg", always(gpkg(layer="x'; DROP TABLE users;--")), 0),
    "B065 blob bomb": Bad("osm", "t.osm.pbf", always(blob_bomb()), 3, "osm_invalid"),
    "B066 half a pbf": Bad("osm", "t.osm.pbf", always(SAMPLE.read_bytes()[: SAMPLE.stat().st_size // 2]), 3,
                           "osm_invalid"),
    "B066 no pbf": Bad("osm", "t.osm.pbf", always(pbf(b"\x0a\x05hello")), 3, "osm_invalid"),
    "B067 bomb in xlsx": Bad("facilities", "f.xlsx", always(zipped(("xl/sharedStrings.xml", bytes(20_000_000)))), 4,
                             "archive_too_large"),
    "B068 pickle": Bad("demand", "d.csv", always(pickle.dumps([1, 2, {"a": b"\0\xff\xff"}])), 3, "encoding_invalid"),
    "B068 named so": Bad("demand", "d.pkl", always(pickle.dumps([1])), 3, "type_not_allowed"),
}  # fmt: skip

NAMED = {"type": "name", "properties": {"name": "EPSG:32633"}}
FLAT = collection("Polygon", [({"unit_id": "x", "level": "community"}, [[lonlat(0, 0), lonlat(9, 0), lonlat(0, 0)]])])
SLIPS = {
    "B011 deep": Bad("units", "u.geojson", always('{"features": ' + DEEP), 3, "json_invalid"),
    "B012 long number": Bad("units", "u.geojson", always(one_unit(people=0).replace("0}", "9" * 5000 + "}")), 3,
                            "json_invalid"),
    "B013 half a character": Bad("units", "u.geojson", always(one_unit(name="half").replace("half", "\\ud800")), 3,
                                 "text_invalid"),
    "B013 NUL in a name": Bad("units", "u.geojson", always(one_unit(name="a\0b")), 3, "text_invalid"),
    "B077 metres named so": Bad("units", "u.geojson", always(with_crs(one_unit(), NAMED)), 3, "crs_mismatch"),
    "B078 two points": Bad("units", "u.geojson", always(FLAT), 3, "geometry_empty"),
    "B085 collection": Bad("units", "u.geojson", always(json.dumps(
        {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"unit_id": "x"}, "geometry": {
            "type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": lonlat(1, 1)}]}}]})), 3,
        "geometry_kind"),
    "B094 endless name": Bad("units", "u.geojson", always(one_unit(name="长" * 10_001)), 3, "value_too_long"),
    "B095 UTF-16": Bad("units", "u.geojson", always(one_unit().encode("utf-16")), 3, "encoding_invalid"),
    "B098 300 columns": Bad("demand", "d.csv", always(",".join(["people", "lon", "lat", *map(str, range(300))])
                            + "\n" + ",".join(["1", HERE, *["1"] * 300]) + "\n"), 4, "too_many_columns"),
    "B099 date": Bad("demand", "d.csv", always(f"{HOMES}h,5,2026-11-20,30\nk,5,{HERE}\n"), 3, "number_invalid"),
    "B100 long heading": Bad("demand", "d.csv", always(f"{'x' * 65_536},people,lon,lat\n1,5,{HERE}\n"), 3,
                             "text_invalid"),
    "B100 odd headings": Bad("units", "u.geojson", always(one_unit(
        geometry="a", rowid=1, fid=2, select="b", __proto__="c", index=3, ogc_fid=4)), 0),
    "B084 third dimension": Bad("units", "u.geojson", always(shape("Polygon", [
        [[*place, 5.0] for place in rectangle(0, 0, 9, 9)[0]]])), 0),
    "B092 markup": Bad("units", "u.geojson", always(one_unit(name="<img src=x onerror=alert(1)>")), 0),
    "B094 newline": Bad("units", "u.geojson", always(one_unit(name="a\nb\x1b[31m\u202e")), 0),
}  # fmt: skip

PAGE = "\n<!DOCTYPE html><html><body><table><tr><td>名称</td></tr></table></body></html>"
LISTED = f"facility_id,name,category,lon,lat\nc,食堂,canteen,{HERE}\n"
RING = ({"unit_id": "x", "level": "community"}, rectangle(0, 0, 9, 9)[0])
MISTAKEN = {
    "a page for a workbook": Bad("facilities", "f.xls", always(PAGE.encode("gb18030")), 3, "web_page"),
    "a page for a download": Bad("osm", "t.osm.pbf", always(PAGE), 3, "osm_invalid"),
    "a page for a list": Bad("demand", "d.csv", always("\ufeff" + PAGE), 3, "web_page"),
    "the mark of an open workbook": Bad("facilities", "~$f.xlsx", always(b"\x07Planner"), 3, "file_shadow"),
    "the shadow a Mac leaves": Bad("demand", "._d.csv", always(b"\0\x05\x16\x07"), 3, "file_shadow"),
    "a workbook named as a text": Bad("facilities", "f.csv", always(workbook("", "x")), 3, "ending_wrong"),
    "codes a spreadsheet shortened": Bad("facilities", "f.csv", always(LISTED.replace("\nc,", "\n5.10104E+11,")), 3,
                                         "code_shortened"),
    "outlines drawn as lines": Bad("units", "u.geojson", always(collection("LineString", [RING])), 3, "geometry_kind"),
    "the Unicode text of Excel": Bad("facilities", "f.txt", always(LISTED.replace(",", "\t").encode("utf-16")), 0),
}  # fmt: skip
"""What nobody means to send, and planners do: no number of the list of bad inputs, these were met by trying."""

BAD_FILES: dict[str, Bad] = {**ARCHIVES, **DOCUMENTS, **SLIPS, **MISTAKEN}
