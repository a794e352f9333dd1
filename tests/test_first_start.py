"""While the first start prepares: every page shows how far it is, the API asks to come back, and then all answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app import create_app
from web.factory import BEFORE_READY
from web.prepare import Preparation
from web.texts import LANGUAGES, words


@pytest.fixture
def preparation() -> Preparation:
    return Preparation("judging", 0.42, is_ready=False)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_path_waits_but_those_that_tell_how_far_it_is(
    preparation: Preparation, tmp_path: Path, lang: str
) -> None:
    app = create_app({"STUDIES": tmp_path, "PREPARATION": preparation})
    client = app.test_client()
    waited = set()
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        if path.startswith(BEFORE_READY):
            continue
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        answer = client.open(f"{path}?lang={lang}", method=method)
        assert answer.status_code == 503, path
        assert int(answer.headers["Retry-After"]) > 0, path
        if path.startswith("/api/"):
            assert answer.mimetype == "application/problem+json", path
            assert answer.json["code"] == "not_ready" and "42%" in answer.json["detail"]
        else:
            page = answer.get_data(as_text=True)
            assert words(lang)["preparing.title"] in page and "42% · judging" in page, path
        waited.add(path)
    assert {"/", "/report", "/units/1/card", "/units/1/card.pdf", "/data/new", "/api/v1/studies"} <= waited


def test_what_tells_how_far_it_is_answers(preparation: Preparation, tmp_path: Path) -> None:
    client = create_app({"STUDIES": tmp_path, "PREPARATION": preparation}).test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    assert client.get("/readyz").json == client.get("/api/v1/preparation").json
    assert client.get("/api/v1/preparation").json["share"] == 0.42
    assert client.get("/api/v1/openapi.json").status_code == 200
    assert client.get("/static/icon.svg").status_code == 200


def test_once_it_is_done_nothing_waits(preparation: Preparation, tmp_path: Path) -> None:
    client = create_app({"STUDIES": tmp_path, "PREPARATION": preparation}).test_client()
    assert client.get("/").status_code == 503
    preparation.is_ready = True
    assert client.get("/").status_code == 200
    assert client.get("/api/v1/studies").json == {"studies": []}
