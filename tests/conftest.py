"""Fixtures every test may use: the real data beside the project, and a closed network."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from geo.model.assessment import Assessment
from geo.model.study import Study
from geo.store import open_assessment, open_study
from web.prepare import SAMPLE, make_sample_study

PROJECT = Path(__file__).resolve().parents[1]
LOCAL = ("127.0.0.1", "::1", "localhost", "")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data; the test is skipped where it is absent."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data (../shared/data) are not on this machine")
    return folder


@pytest.fixture(autouse=True)
def closed_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in LOCAL:
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def sample_studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of studies that holds the sample town, loaded and assessed as at the first start."""
    folder = tmp_path_factory.mktemp("studies")
    make_sample_study(folder)
    return folder


@pytest.fixture(scope="session")
def sample(sample_studies: Path) -> tuple[Study, Assessment]:
    """The sample town and its assessment."""
    return open_study(sample_studies, SAMPLE), open_assessment(sample_studies, SAMPLE)


@pytest.fixture(scope="session")
def client(sample_studies: Path) -> FlaskClient:
    """The web app on the sample town, asked in English unless a test asks otherwise."""
    return create_app({"STUDIES": sample_studies}).test_client()
