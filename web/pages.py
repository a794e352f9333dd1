"""The pages: served by Jinja, their words in both languages, the language remembered."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request

from geo.model.errors import NotFoundError
from layers.map import portable_map
from web.browser_libraries import TARGET
from web.describe import describe_study, describe_units
from web.files import describe_layers
from web.numbers import formats
from web.opened import Opened
from web.prepare import SAMPLE
from web.queries import opened, shelf
from web.texts import LANGUAGES, language, translate, words

blueprint = Blueprint("pages", __name__)
ASSET_VERSION = "1"
SCRIPTS_MISSING = "maplibre-gl.js"


@blueprint.app_context_processor
def _everywhere() -> dict[str, Any]:
    """Return what every template may use."""
    lang = language()
    return {"lang": lang, "t": partial(translate, lang), "words": words(lang), "asset_version": ASSET_VERSION,
            "studies": shelf().names(), "study": None, "fmt": formats(lang), "languages": LANGUAGES}  # fmt: skip


@blueprint.before_request
def _wait() -> Response | None:
    """Show the progress page until the first start is done."""
    if current_app.extensions["preparation"].is_ready:
        return None
    return Response(render_template("preparing.html", page="preparing"), 503, headers={"Retry-After": "2"})


@blueprint.after_request
def _remember(response: Response) -> Response:
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        response.set_cookie("lang", asked, max_age=31_536_000, samesite="Lax", httponly=False)
    return response


@blueprint.get("/")
def desk() -> Response:
    """The desk: the map with its panels."""
    one = _study()
    if one is None or one.assessment is None:
        return _page("empty.html", one)
    return _page("desk.html", one, headline=one.judged.headline, has_map=(TARGET / SCRIPTS_MISSING).is_file())


@blueprint.get("/units")
def units() -> Response:
    """Every unit in a table."""
    one = _need()
    return _page("units.html", one, headline=one.judged.headline, table=describe_units(one))


@blueprint.get("/units/<unit_id>")
def unit(unit_id: str) -> Response:
    """The report card of a unit."""
    one = _need()
    table = describe_units(one)
    found = next((u for u in table["units"] if u["unit_id"] == unit_id), None)
    if found is None:
        raise NotFoundError(f"no unit '{unit_id[:60]}' in study '{one.study.name}'.")
    same = sorted(
        (u for u in table["units"] if u["level"] == found["level"]), key=lambda u: -(u["complete_ratio"] or 0.0)
    )
    mine = one.judged.gaps[one.judged.gaps["unit_id"] == unit_id].drop(columns="geometry").head(12)
    return _page(
        "unit.html", one, headline=one.judged.headline, unit=found, rank=same.index(found) + 1, of=len(same),
        gaps=mine.to_dict("records"),
    )  # fmt: skip


@blueprint.get("/gaps")
def gaps() -> Response:
    """Every gap in a table, most people first."""
    one = _need()
    names = {u.unit_id: (u.name, u.name_en) for u in one.study.units.itertuples()}
    rows = one.judged.gaps.drop(columns="geometry").head(1000).to_dict("records")
    return _page("gaps.html", one, headline=one.judged.headline, gaps=rows, names=names)


@blueprint.get("/data")
def data() -> Response:
    """What was loaded, and what was wrong with it."""
    one = _study()
    if one is None:
        return _page("empty.html", None)
    return _page("data.html", one, report=one.study.report.to_json(), sources=one.study.sources)


@blueprint.get("/layers")
def layers() -> Response:
    """Every layer to download."""
    one = _need()
    return _page("layers.html", one, layers=describe_layers(one), headline=one.judged.headline)


@blueprint.get("/map.html")
def light_map() -> Response:
    """The portable map: one file with everything inside, for any browser."""
    one = _need()
    html = portable_map(one.study, one.judged, lang=language(), libraries=TARGET)
    response = make_response(html)
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
    )
    return response


def _study() -> Opened | None:
    """Return the study a page is about: the one asked for, else the setting's, else the sample, else the first."""
    asked = request.args.get("study")
    if asked is not None:
        return opened(asked)
    names = shelf().names()
    wanted = [current_app.config["STUDY"], SAMPLE, *names]
    chosen = next((name for name in wanted if name in names), None)
    return opened(chosen) if chosen else None


def _need() -> Opened:
    one = _study()
    if one is None:
        raise NotFoundError("there is no study yet. Make one with the load command.")
    return one


def _page(template: str, one: Opened | None, **values: Any) -> Response:
    study = describe_study(one, shelf().categories) if one else None
    page = template.removesuffix(".html")
    return make_response(render_template(template, page=page, **{"study": study, **values}))


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """The icon lies with the other static files."""
    return redirect("/static/icon.svg")  # type: ignore[return-value]
