"""Making the Flask app: settings, the shelf of studies, pages and API, errors, headers. Nothing happens at import."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

from web import api, comparing, files, pages, plans, problems, uploading, walks, wizard
from web.answers import pack
from web.opened import Shelf
from web.prepare import Preparation
from web.report import pages as report_pages
from web.settings import ROOT

MOST_BODY = 1 << 20
CSP = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)


def make_app(settings: Mapping[str, Any]) -> Flask:
    """Return the web app for these settings (see `web.settings.SETTINGS`)."""
    app = Flask("lifecircle", template_folder=str(ROOT / "web/templates"), static_folder=str(ROOT / "web/static"))
    app.config.update(settings)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY
    app.config["TRUSTED_HOSTS"] = ["localhost", "127.0.0.1", "[::1]", str(settings["HOST"])]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions["shelf"] = Shelf(Path(settings["STUDIES"]), ROOT / "data")
    app.extensions["preparation"] = settings.get("PREPARATION") or Preparation()
    app.extensions["jobs"] = uploading.make_jobs(settings)
    app.register_blueprint(api.blueprint)
    app.register_blueprint(uploading.blueprint)
    app.register_blueprint(wizard.blueprint)
    app.register_blueprint(walks.blueprint)
    app.register_blueprint(comparing.blueprint)
    app.register_blueprint(files.blueprint)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(plans.blueprint)
    app.register_blueprint(report_pages.blueprint)
    app.before_request(_check_host)
    app.before_request(_check_origin)
    app.after_request(_headers)
    app.after_request(pack)
    problems.install(app)
    return app


def _check_host() -> None:
    if not request.host:
        abort(400)


def _check_origin() -> None:
    """Refuse a change that a page of another host asks for; programs, which send no origin, are let through."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    origin, fetch = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "none")
    if fetch not in ("same-origin", "none") or (origin and urlsplit(origin).netloc != request.host):
        abort(403, "A page of another host asked for this change. Open this page itself and try again.")


def _headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    return response
