"""Tables of PostGIS read as the files of the same rows; the password is nowhere to be seen. Skipped without PostGIS."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import geopandas as gpd
import psycopg
import pytest
from test_cli import EAST, NORTH, call, contents, done, told, write_town
from test_formats import NAMES, district
from test_mapping import ALIASES

from geo.intake import database
from geo.intake.population import read_totals
from geo.intake.raw import FileRef, parse_file_ref
from geo.intake.tabular import read_raw
from geo.intake.units import read_units
from geo.model.errors import InputError, SourceError

PASSWORD = "s3:cr@t/&?"
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A database of its own behind a socket, with a user who must give a password; gives the folder of the socket."""
    if not PROGRAMS or not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        pytest.skip("no PostgreSQL with PostGIS on this machine (Debian: postgresql-15-postgis-3)")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    is_root = os.geteuid() == 0
    if is_root:
        shutil.chown(folder, "postgres")
    (folder / "password").write_text("owner", encoding="utf-8")
    (folder / "password").chmod(0o644)

    def run(program: str, *arguments: str) -> None:
        command = [str(PROGRAMS[-1] / program), *arguments]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(command, check=True, user="postgres" if is_root else None, cwd=folder, timeout=120, **quiet)

    data = str(folder / "data")
    run(
        "initdb",
        "-D",
        data,
        "-U",
        "owner",
        "-A",
        "scram-sha-256",
        f"--pwfile={folder / 'password'}",
        "-N",
        "-E",
        "UTF8",
    )
    run("pg_ctl", "-D", data, "-w", "-o", f"-k {folder} -c listen_addresses='' -c fsync=off", "start")
    try:
        with psycopg.connect(f"postgresql://owner:owner@/postgres?host={folder}", autocommit=True) as owner:
            owner.execute("CREATE SCHEMA gis; CREATE EXTENSION postgis SCHEMA gis; SET search_path = public, gis")
            owner.execute(f"CREATE ROLE planner LOGIN PASSWORD '{PASSWORD}'; GRANT USAGE ON SCHEMA gis TO planner")
            _fill(owner)
        yield str(folder)
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


TABLES = """
CREATE TABLE "社区" (unit_id text, 名称 varchar(20), 面积 numeric, 建成 date, geom geometry(Polygon, 4544));
CREATE TABLE totals (unit_id text, people bigint);
INSERT INTO totals VALUES ('a', 9), ('b', NULL);
CREATE TABLE mixed (geom geometry);
INSERT INTO mixed VALUES (ST_GeomFromText('POINT(0 0)', 4326)), (ST_GeomFromText('POINT(0 0)', 4544));
CREATE TABLE nowhere (id int, geom geometry);
INSERT INTO nowhere VALUES (1, 'POINT(104 30)'), (2, NULL);
CREATE TABLE globe (id int, g geography);
INSERT INTO globe VALUES (1, 'POINT(104.06 30.65)');
CREATE TABLE hidden (id int);
CREATE VIEW slow AS SELECT 1 AS id FROM pg_sleep(9);
CREATE TABLE homes (demand_id text, people int, "E" float, "N" float);
GRANT SELECT ON ALL TABLES IN SCHEMA public, gis TO planner;
REVOKE ALL ON hidden FROM planner;
"""


def _fill(owner: psycopg.Connection[tuple[object, ...]]) -> None:
    owner.execute(TABLES)
    owner.execute("INSERT INTO homes VALUES ('h0', 80, %s, %s)", [EAST, NORTH])
    for unit_id, name, shape in district().to_crs(4544).itertuples(index=False):
        row = [unit_id, name, "2020-01-31", shape.wkt]
        owner.execute('INSERT INTO "社区" VALUES (%s, %s, 12.5, %s, ST_GeomFromText(%s, 4544))', row)


def address(server: str, table: str, password: str = PASSWORD) -> str:
    return f"postgresql://planner:{quote(password, safe='')}@/postgres?host={quote(server, safe='')}&table={table}"


def test_a_table_reads_as_the_file_of_the_same_rows(server: str) -> None:
    table, report = read_units(parse_file_ref(address(server, "public.社区")), ALIASES)
    assert (report.read, report.rejected, report.file) == (3, 0, "public.社区")
    assert (report.facts["crs"], table["name"].tolist()) == ("EPSG:4544", list(NAMES))
    expected = gpd.GeoSeries(district().geometry)
    assert table.geometry.to_crs(4544).hausdorff_distance(expected.to_crs(4544)).max() < 1e-3
    raw = read_raw(parse_file_ref(address(server, "社区")))
    assert raw.columns[["面积", "建成"]].iloc[0].tolist() == [12.5, "2020-01-31"]
    assert raw.sha256 == report.facts["sha256"] and len(raw.sha256) == 64


def test_a_table_without_places_and_one_without_a_system(server: str) -> None:
    totals, _ = read_totals(parse_file_ref(address(server, "totals")), ALIASES)
    assert totals[["unit_id", "people"]].values.tolist() == [["a", 9]]
    raw = read_raw(parse_file_ref(address(server, "nowhere@gcj02")))
    assert (raw.crs, raw.faults) == ("GCJ02", ((2, "no_geometry", "no geometry"),))
    assert read_raw(parse_file_ref(address(server, "nowhere"))).crs is None
    assert read_raw(parse_file_ref(address(server, "globe"))).crs == "EPSG:4326"


@pytest.mark.parametrize(
    ("table", "password", "code", "word"),
    [
        ("public.nothing", PASSWORD, "choose_layer", "public.社区"), ("mixed", PASSWORD, "crs_mixed", "4326, 4544"),
        ("hidden", PASSWORD, "database_unreachable", "permission"),
        ("homes", "wrong", "database_unreachable", "planner"),
    ],
)  # fmt: skip
def test_what_the_database_refuses_is_told_without_the_password(
    table: str, password: str, code: str, word: str, server: str
) -> None:
    with pytest.raises((InputError, SourceError)) as caught:
        read_raw(parse_file_ref(address(server, table, password)))
    assert caught.value.code == code and word in str(caught.value)
    assert password not in str(caught.value) and server not in str(caught.value)


def test_a_table_that_takes_too_long_is_given_up(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "STATEMENT_S", 1)
    with pytest.raises(SourceError, match="longer than 1 s") as caught:
        read_raw(parse_file_ref(address(server, "slow")))
    assert caught.value.code == "database_slow"
    monkeypatch.undo()
    monkeypatch.setattr(database, "MOST_ROWS", 2)
    with pytest.raises(InputError) as many:
        read_raw(parse_file_ref(address(server, "社区")))
    assert many.value.code == "too_many_rows"


def test_a_study_of_a_table_stores_no_password(server: str, tmp_path: Path) -> None:
    options = write_town(tmp_path / "files")
    options[options.index("--demand") + 1] = address(server, "homes@EPSG:4544")
    mapping = tmp_path / "m.yaml"
    mapping.write_text("files: [{file: homes, columns: {lon: E, lat: N}}]", encoding="utf-8")
    out = done(call(tmp_path / "s", "load", "town", *options, "--columns", mapping, "--json"))
    assert '"file":"homes"' in out.replace(": ", ":") and PASSWORD not in out
    assert contents(tmp_path / "s")
    secrets = [text.encode() for text in (PASSWORD, quote(PASSWORD, safe=""), server)]
    for path in (tmp_path / "s").rglob("*"):
        assert not path.is_file() or not any(secret in path.read_bytes() for secret in secrets)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"postgresql://planner:{PASSWORD}@nowhere", "address_invalid"),
        ("postgresql://planner:%zz@host/db?table=a", "address_invalid"),
        ("postgresql:///db?table=a&colour=red", "address_invalid"),
        ("postgres:///db?host=nowhere-at-all&connect_timeout=2&table=a", "database_unreachable"),
        ("postgresql:///db?table=a@mars", "crs_unknown"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_without_a_server(text: str, code: str, tmp_path: Path) -> None:
    options = write_town(tmp_path / "files")
    result = call(tmp_path / "s", "load", "town", *options, "--facilities", text)
    assert "planner" not in told(result, code) and not (tmp_path / "s").exists()


def test_no_password_is_shown_with_the_name_of_a_table() -> None:
    ref = parse_file_ref(f"postgresql://planner:{quote(PASSWORD)}@host/db?sslmode=require&table=public.homes@bd09")
    assert (ref.name, ref.stem, ref.crs) == ("public.homes", "public.homes", "BD09")
    assert PASSWORD not in repr(ref) and quote(PASSWORD) not in repr(ref)
    assert ref == FileRef(Path("public.homes"), "BD09", address=ref.address)
