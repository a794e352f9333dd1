"""Hostile and broken files, at the command line and over HTTP: refused by code, nothing published, nothing touched."""

from __future__ import annotations

import io
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bad_files import BAD_FILES
from bad_inputs import Bad, Canary
from flask.testing import FlaskClient
from test_cli import call, contents, done, told, write_town
from test_told import english_in

from app import create_app
from web.texts import fault_text

TOKEN = "token-that-nobody-may-see"


@pytest.fixture(scope="module")
def trap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Canary, socket.socket]]:
    """A file that no reader may open and a listener that nobody may call."""
    path = tmp_path_factory.mktemp("secret") / "canary.csv"
    path.write_text(f"id,people,lon,lat,name\n1,5,104,30,{TOKEN}\n", encoding="utf-8")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        yield Canary(path, f"http://127.0.0.1:{listener.getsockname()[1]}/"), listener


def was_called(listener: socket.socket) -> bool:
    try:
        listener.accept()
    except BlockingIOError:
        return False
    return True


def holds_token(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


class Door:
    """The web app as a program uses it: send files, wait for the job."""

    def __init__(self, studies: Path) -> None:
        self.app = create_app({"STUDIES": studies})
        self.client: FlaskClient = self.app.test_client()

    def send(self, options: list[str], **fields: str) -> Any:
        files: dict[str, Any] = {"study": "town", **fields}
        for role, path in zip(options[::2], options[1::2], strict=True):
            files.setdefault(role[2:], []).append((io.BytesIO(Path(path).read_bytes()), Path(path).name))
        return self.client.post("/api/v1/studies", data=files, content_type="multipart/form-data")

    def load(self, options: list[str], **fields: str) -> tuple[int, dict[str, Any]]:
        """The status and the problem, told at once or by the job; (200, {}) where it loaded."""
        answer = self.send(options, **fields)
        if answer.status_code != 202:
            return answer.status_code, answer.json
        job = self.app.extensions["jobs"].wait(answer.json["job_id"])
        problem = self.client.get(answer.headers["Location"]).json["problem"]
        assert (job.state == "done") == (problem is None)
        return (problem["status"], problem) if problem else (200, {})


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    home = tmp_path_factory.mktemp("door")
    made = Door(home / "studies")
    assert made.load(write_town(home / "files")) == (200, {})
    yield made
    made.app.extensions["jobs"].readers.close()


def options_with(folder: Path, bad: Bad, canary: Canary) -> list[str]:
    options = write_town(folder)
    content = bad.content(canary)
    path = folder / bad.name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    options[options.index(f"--{bad.role}") + 1] = str(path)
    return options


@pytest.mark.parametrize("case", BAD_FILES)
def test_the_command_line_refuses_it(case: str, trap: tuple[Canary, socket.socket], tmp_path: Path) -> None:
    bad, (canary, listener) = BAD_FILES[case], trap
    result = call(tmp_path / "s", "load", "town", *options_with(tmp_path / "f", bad, canary))
    if bad.exit_code:
        said = told(result, bad.code, bad.exit_code)
        assert bad.name in said and str(tmp_path) not in said
        assert not (tmp_path / "s" / "town").exists()
    else:
        done(result)
    assert TOKEN not in result.output + result.stderr
    assert not was_called(listener) and not holds_token(tmp_path / "s")


@pytest.mark.parametrize("case", BAD_FILES)
def test_the_web_refuses_it(case: str, door: Door, trap: tuple[Canary, socket.socket], tmp_path: Path) -> None:
    bad, (canary, listener) = BAD_FILES[case], trap
    studies = door.app.config["STUDIES"]
    before = contents(studies / "town")
    name = "town" if bad.exit_code else "other"
    status, problem = door.load(options_with(tmp_path / "f", bad, canary), study=name)
    expected = {0: (200,), 3: (422, 415), 4: (413,)}[bad.exit_code]
    assert status in expected and problem.get("code", "") == bad.code, problem
    for one in problem.get("problems") or [problem] * bool(problem):
        assert not english_in(fault_text("zh", one)), one
    if bad.exit_code:
        assert bad.name in problem["detail"] and str(studies) not in str(problem)
        assert contents(studies / "town") == before
    assert TOKEN not in str(problem)
    assert not was_called(listener) and not holds_token(studies / "town")


def test_after_all_of_them_a_good_upload_loads_and_nothing_is_left(door: Door, tmp_path: Path) -> None:
    studies = door.app.config["STUDIES"]
    assert door.load(write_town(tmp_path), study="after") == (200, {})
    assert not [path.name for path in studies.iterdir() if re.fullmatch(r"\..+\.[0-9a-f]{32}", path.name)]
    assert not list((studies / ".uploads").glob("temp-*"))
    assert door.client.get("/?study=after").status_code == 200
