"""Loads as jobs: one a study, cancelled, interrupted, limited; what a reader may not do; who may ask for a change."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_cli import contents, write_town
from test_hostile import Door

from app import create_app
from geo.model.errors import BusyError, NotFoundError
from geo.store.tidy import tidy_study
from web.jobs.confine import Machine, reader_environment
from web.jobs.readers import Readers
from web.jobs.table import CANCELLED, DONE, FAILED, QUEUED, RUNNING, STALE_S, JobTable
from web.settings import ROOT

ROOMY = Machine(memory_mb=8192, file_mb=1024, seconds=60)
REQUEST: dict[str, Any] = {"files": [], "accept_faults": False}
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="limits of the kernel of Linux")


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Readers]:
    made = Readers(ROOMY, tmp_path_factory.mktemp("readers"))
    yield made
    made.close()


def looking(path: Path) -> dict[str, Any]:
    return {"task": "look", "limits": {}, "files": [{"name": "poi.csv", "path": str(path)}]}


@pytest.fixture
def poi(tmp_path: Path) -> Path:
    path = tmp_path / "1.csv"
    path.write_text("名称,类别,经度,纬度\n食堂,canteen,104.1,30.6\n", encoding="gb18030")
    return path


def test_a_study_has_one_active_job_at_a_time(tmp_path: Path) -> None:
    table = JobTable(tmp_path / "jobs.sqlite")
    first = table.add("a", REQUEST, 9)
    with pytest.raises(BusyError, match="being loaded"):
        table.add("a", REQUEST, 9)
    table.add("b", REQUEST, 9)
    with pytest.raises(BusyError, match="2 loads wait"):
        table.add("c", REQUEST, 2)
    assert table.cancel(first.job_id).state == CANCELLED
    assert table.add("a", REQUEST, 9).state == QUEUED
    with pytest.raises(BusyError, match="ended already"):
        table.cancel(first.job_id)
    with pytest.raises(NotFoundError):
        table.get("nobody")


def test_a_job_whose_server_ended_is_done_again_once(tmp_path: Path) -> None:
    table = JobTable(tmp_path / "jobs.sqlite")
    job_id = table.add("a", REQUEST, 9).job_id

    def leave() -> None:
        with sqlite3.connect(tmp_path / "jobs.sqlite") as base:
            base.execute("UPDATE jobs SET beat = ?", (time.time() - 2 * STALE_S,))
        base.close()

    for _ in range(2):
        taken = JobTable(tmp_path / "jobs.sqlite").take()
        assert taken is not None and (taken.job_id, taken.state) == (job_id, RUNNING)
        assert table.take() is None, "a job that is at work is not taken twice"
        leave()
    assert table.take() is None
    assert (table.get(job_id).state, table.get(job_id).outcome["failed"]["code"]) == (FAILED, "interrupted")


def test_a_job_of_an_earlier_server_is_done_when_somebody_asks(tmp_path: Path) -> None:
    door = Door(tmp_path / "s")
    jobs = door.app.extensions["jobs"]
    wake, jobs.wake = jobs.wake, lambda: None
    place = door.send(write_town(tmp_path / "f")).headers["Location"]
    assert door.client.get(place).json["state"] == QUEUED
    assert not (tmp_path / "s" / "town").exists()
    jobs.wake = wake
    later = create_app({"STUDIES": tmp_path / "s"})
    assert later.test_client().get(place).status_code == 200
    assert later.extensions["jobs"].wait(place.rpartition("/")[2]).state == DONE
    later.extensions["jobs"].readers.close()


def test_a_reader_looks_and_serves_again(readers: Readers, poi: Path) -> None:
    told: list[str] = []
    for _ in range(2):
        found = readers.run(looking(poi), tell=lambda step, _: told.append(step))["done"][0]
    assert (found["role"], found["rows"], found["encoding"]) == ("facilities", 1, "gb18030")
    assert (found["crs_from"], found["bounds"]) == ("degrees", [104.1, 30.6, 104.1, 30.6])
    assert found["columns"] == [["名称", "name"], ["类别", "category"], ["经度", "lon"], ["纬度", "lat"]]
    assert found["first"] == [["食堂", "canteen", "104.1", "30.6"]]
    assert told == ["poi.csv", "poi.csv"]


def test_a_reader_that_takes_too_long_or_is_not_wanted_is_stopped(poi: Path, tmp_path: Path) -> None:
    hurried = Readers(Machine(8192, 1024, 0), tmp_path / "r")
    assert hurried.run(looking(poi))["failed"]["code"] == "time_limit"
    patient = Readers(ROOMY, tmp_path / "r")
    assert patient.run(looking(poi), is_cancelled=lambda: True)["failed"]["code"] == "cancelled"
    assert not list((tmp_path / "r").iterdir())


@ON_LINUX
def test_a_reader_that_breaks_or_grows_is_told_and_the_next_request_is_served(poi: Path, tmp_path: Path) -> None:
    readers = Readers(ROOMY, tmp_path / "r")

    def shoot(_step: str, _share: float) -> None:
        parent = readers_process(readers)
        for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
            os.kill(int(child), signal.SIGSEGV)

    readers.run(looking(poi))
    big = tmp_path / "2.csv"
    big.write_text("名称,经度,纬度\n" + "食堂,104.1,30.6\n" * 200_000, encoding="utf-8")
    assert readers.run(looking(big), tell=shoot)["failed"]["code"] == "reader_crashed"
    assert "done" in readers.run(looking(poi))
    readers.machine = Machine(400, 1024, 60)
    assert readers.run(looking(big))["failed"]["code"] in ("memory_limit", "reader_crashed")
    readers.machine = ROOMY
    assert "done" in readers.run(looking(poi))
    readers.close()


def readers_process(readers: Readers) -> int:
    mine = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    pids = {int(pid) for path in mine for pid in path.read_text().split()}
    found = [pid for pid in pids if b"web.jobs.reader" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return max(found)


PROBE = """
import socket, subprocess, sys, pyogrio, resource
from web.jobs.confine import Machine, confine
listener = int(sys.argv[1])
confine(Machine(2048, 64, 60))
for what in (lambda: socket.create_connection(("127.0.0.1", listener), 2), lambda: subprocess.run(["true"]),
             lambda: socket.getaddrinfo("example.org", 80)):
    try:
        what()
    except PermissionError:
        continue
    raise SystemExit("was let through")
assert not {"OGR_VRT", "GDALG", "WFS", "SQLite", "CSV", "GeoJSON", "HTTP"} & set(pyogrio.list_drivers())
assert {"GPKG", "ESRI Shapefile"} <= set(pyogrio.list_drivers())
assert resource.getrlimit(resource.RLIMIT_AS)[0] == 2048 << 20
assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == 64 << 20
try:
    bytearray(3 << 30)
except MemoryError:
    print("confined")
"""


@ON_LINUX
def test_a_confined_process_cannot_connect_start_programs_or_grow() -> None:
    environment = reader_environment({**os.environ, "SECRET": "s", "HTTP_PROXY": "http://127.0.0.1:1"})
    assert not {"SECRET", "HTTP_PROXY", "HOME"} & environment.keys()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0)
        port = str(listener.getsockname()[1])
        run = [sys.executable, "-c", PROBE, port]
        found = subprocess.run(run, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert (found.stdout, found.returncode) == ("confined\n", 0), found.stderr
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    home = tmp_path_factory.mktemp("jobs")
    made = Door(home / "studies")
    made.app.config.update(MOST_ROWS=3, MOST_VERTICES_OF_ONE=5)
    yield made
    made.app.extensions["jobs"].readers.close()


def test_limits_hold_on_both_sides_of_their_edge(door: Door, tmp_path: Path) -> None:
    options = write_town(tmp_path)
    assert door.load(options) == (200, {}), "three units of five vertices are within the limits"
    studies = door.app.config["STUDIES"]
    before = contents(studies / "town")
    homes = tmp_path / "demand.csv"
    line = homes.read_text(encoding="utf-8").splitlines()[1]
    homes.write_text(homes.read_text(encoding="utf-8") + f"h8{line[2:]}\nh9{line[2:]}\n", encoding="utf-8")
    status, problem = door.load(options)
    assert (status, problem["code"]) == (413, "too_many_rows")
    door.app.config["MOST_ROWS"], door.app.config["MOST_VERTICES_OF_ONE"] = 4, 4
    status, problem = door.load(options)
    assert (status, problem["code"]) == (413, "too_many_vertices")
    assert "units.geojson: holds 5 vertices, more than 4" in problem["detail"]
    door.app.config["MOST_VERTICES_OF_ONE"] = 5
    assert contents(studies / "town") == before
    assert door.load(options) == (200, {})


def test_a_second_load_of_a_study_is_refused_while_one_runs(door: Door, tmp_path: Path) -> None:
    options = write_town(tmp_path)
    first = door.send(options)
    second = door.send(options)
    assert (first.status_code, second.status_code, second.json["code"]) == (202, 409, "busy")
    door.app.extensions["jobs"].wait(first.json["job_id"])
    assert door.client.delete(first.headers["Location"]).status_code == 409


def test_a_stopped_load_leaves_the_former_study(door: Door, tmp_path: Path) -> None:
    studies = door.app.config["STUDIES"]
    before = contents(studies / "town")
    answer = door.send(write_town(tmp_path, "closed"))
    assert door.client.delete(answer.headers["Location"]).status_code == 202
    job = door.app.extensions["jobs"].wait(answer.json["job_id"])
    assert job.state == CANCELLED
    assert contents(studies / "town") == before


def test_what_a_killed_writer_left_is_put_right(tmp_path: Path) -> None:
    door = Door(tmp_path)
    assert door.load(write_town(tmp_path.parent / "f")) == (200, {})
    door.app.extensions["jobs"].readers.close()
    before = contents(tmp_path / "town")
    (tmp_path / f".town.{'b' * 32}").mkdir()
    (tmp_path / "town").rename(tmp_path / f".town.{'a' * 32}")
    tidy_study(tmp_path, "town")
    assert contents(tmp_path / "town") == before
    assert not list(tmp_path.glob(".town.*[ab]"))
