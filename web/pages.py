"""The pages: served by Jinja, their words in both languages, the language remembered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request

import geo
from geo.intake.classify import UNCLASSIFIED
from geo.judge.headline import telling_rules
from geo.model.crs import WGS84, parse_crs
from geo.model.errors import NotFoundError
from geo.model.standards import read_profile
from geo.model.tables import LEVELS
from layers.map import portable_map
from layers.picture import still_map
from layers.systems import offered_systems
from web import browser_libraries
from web.answers import answer
from web.browser_libraries import TARGET
from web.describe import describe_study, describe_units, with_verdicts
from web.files import describe_layers, endings_for
from web.gaps import EVERY, chosen_gaps, records
from web.making import PROFILE
from web.numbers import formats
from web.opened import Opened
from web.queries import check_unit, needed_study, page_study, shelf, study_name
from web.report.typesetter import can_typeset
from web.settings import ROOT
from web.standards.kept import every, standing
from web.texts import LANGUAGES, fault_text, language, translate, words

blueprint = Blueprint("pages", __name__)
ASSET_VERSION = geo.__version__
MOST_ON_CARD = 8

MAP_CSP = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
"""The portable map carries everything inside itself and may fetch nothing."""


@blueprint.app_context_processor
def _everywhere() -> dict[str, Any]:
    """Return what every template may use."""
    lang = language()
    return {"lang": lang, "t": partial(translate, lang), "said": partial(fault_text, lang), "words": words(lang),
            "asset_version": ASSET_VERSION, "studies": shelf().names(), "study": None, "headline": None,
            "standing": "", "study_name": study_name, "fmt": formats(lang), "link": _link,
            "named": partial(_named, lang), "switch_language": _other_language(lang)}  # fmt: skip


def _link(path: str, **query: str) -> str:
    """Return the address of a page, of the study and by the standard that this page is about."""
    query = {name: request.args[name] for name in ("study", "standard") if request.args.get(name)} | query
    return f"{path}?{urlencode(query)}" if query else path


def _named(lang: str, thing: Mapping[str, Any]) -> str:
    """Return the name of a row in a language, else its Chinese one, else its id."""
    english = thing.get("name_en") if lang == "en" else None
    return str(english or thing.get("name") or thing.get("unit_id") or "")


def _other_language(lang: str) -> str:
    other = next(one for one in LANGUAGES if one != lang)
    return f"{request.path}?{urlencode({**request.args, 'lang': other})}"


@blueprint.after_app_request
def _remember(response: Response) -> Response:
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        response.set_cookie("lang", asked, max_age=31_536_000, samesite="Lax", httponly=False)
    return response


@blueprint.get("/")
def desk() -> Response:
    """The desk: the map with its panels."""
    one = page_study()
    if one is None or one.assessment is None:
        return _page("empty.html", one)
    return _page(
        "desk.html",
        one,
        profiles=_profiles(),
        rule=telling_rules(one.judged.headline)[0],
        has_map=browser_libraries.is_complete(),
    )


@blueprint.get("/whatif")
def whatif() -> Response:
    """What-if: a scenario in hand, compared with today at every edit."""
    one = page_study()
    if one is None or one.assessment is None:
        return _page("empty.html", one)
    known = [c for c in shelf().categories.categories.values() if c.category_id != UNCLASSIFIED]
    groups = list(dict.fromkeys(c.group for c in known))
    routes = {rule.rule for rule in current_app.url_map.iter_rules()}
    return _page(
        "whatif.html",
        one,
        profiles=_profiles(),
        rule=telling_rules(one.judged.headline)[0],
        has_map=browser_libraries.is_complete(),
        categories=[{"id": c.category_id, "zh": c.name.zh, "en": c.name.en} for c in known],
        proposals={what: f"/api/v1/studies/<study>/{what}" in routes for what in ("sites", "gates")},
        groups=[{"group": g, "ids": [c.category_id for c in known if c.group == g]} for g in groups],
    )


@blueprint.get("/units")
def units() -> Response:
    """Every unit of a level in a table, for one rule."""
    one = needed_study()
    table = describe_units(one)
    levels = [level for level in LEVELS if (one.study.units["level"] == level).any()]
    level = request.args.get("level") or (levels[-1] if levels else "")
    if levels and level not in levels:
        raise NotFoundError(f"no level '{level[:40]}'. There are: {', '.join(levels)}.")
    rows = [with_verdicts(one, unit) for unit in table["units"] if unit["level"] == level]
    return _page(
        "units.html", one, rule=_rule(one), level=level, units=rows, outside=table["outside"], has_pdf=can_typeset()
    )


@blueprint.get("/units/<unit_id>")
def unit(unit_id: str) -> Response:
    """The report card of a unit."""
    one = needed_study()
    rule, every = _rule(one), describe_units(one)["units"]
    check_unit(one, unit_id)
    found = next(u for u in every if u["unit_id"] == unit_id)
    ratios = [u["rules"][rule["rule_id"]][3] for u in every if u["level"] == found["level"]]
    mine = found["rules"][rule["rule_id"]][3]
    rank = sum(ratio > mine for ratio in ratios if ratio is not None) + 1 if mine is not None else None
    gaps = one.judged.gaps
    gaps = gaps[(gaps["unit_id"] == unit_id) & (gaps["rule_id"] == rule["rule_id"])]
    return _page(
        "unit.html", one, rule=rule, unit=with_verdicts(one, found), rank=rank, of=len(ratios),
        parent=next((u for u in every if u["unit_id"] == found["parent_id"]), None),
        gaps=records(gaps.head(MOST_ON_CARD)), has_pdf=can_typeset(),
    )  # fmt: skip


@blueprint.get("/gaps")
def gaps() -> Response:
    """The gaps of a rule, or of all, in a table, most people first."""
    one = needed_study()
    is_every = request.args.get("rule") == EVERY
    rule = telling_rules(one.judged.headline)[0] if is_every else _rule(one)
    rules = {r["rule_id"]: r for r in one.judged.headline["rules"]}
    chosen = chosen_gaps(one, EVERY if is_every else rule["rule_id"], request.args)
    return _page("gaps.html", one, rule=rule, is_every=is_every, rules=rules, **chosen)


@blueprint.get("/map.svg")
def still() -> Response:
    """A still map of one rule: all units of a level, or one unit close up."""
    one = needed_study()
    levels = one.study.units["level"]
    level = request.args.get("level") or max(levels, key=LEVELS.index, default="")
    picture = still_map(
        one.study, one.judged, rule_id=_rule(one)["rule_id"], level=level, lang=language(),
        unit_id=request.args.get("unit"),
    )  # fmt: skip
    response = answer(picture, kind="image/svg+xml")
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return response


@blueprint.get("/data")
def data() -> Response:
    """What was loaded, and what was wrong with it."""
    one = page_study()
    if one is None:
        return _page("empty.html", None)
    return _page("data.html", one, report=one.study.report.to_json(), sources=one.study.sources)


@blueprint.get("/layers")
def layers() -> Response:
    """Every layer to download."""
    one = needed_study()
    crs = parse_crs(request.args.get("crs", WGS84), source="crs")
    systems = offered_systems(one.study.crs)
    query = {"crs": crs if crs != WGS84 else None, "standard": request.args.get("standard")}
    return _page(
        "layers.html", one, layers=describe_layers(one), systems=systems, crs=crs, endings=endings_for(crs),
        query=urlencode({name: value for name, value in query.items() if value}),
    )  # fmt: skip


@blueprint.get("/map.html")
def light_map() -> Response:
    """The portable map: one file with everything inside, for any browser."""
    one = needed_study()
    html = portable_map(one.study, one.judged, lang=language(), libraries=TARGET)
    response = make_response(html)
    response.headers["Content-Security-Policy"] = MAP_CSP
    return response


def _profiles() -> list[dict[str, Any]]:
    """Return who can walk: every profile there is, the adult first."""
    found = [read_profile(path) for path in sorted((ROOT / "data" / "profiles").glob("*.yaml"))]
    return [
        {"id": p.profile_id, "name": {"zh": p.name.zh, "en": p.name.en}, "speed_mps": p.speed_mps}
        for p in sorted(found, key=lambda p: p.profile_id != PROFILE)
    ]


def _standards(one: Opened) -> list[dict[str, Any]]:
    """Return every standard to choose from: those the study was judged by, then those that it was not."""
    judged = {made["standard"]: made["standard_name"] for made in one.made}
    found = [{"id": standard, "name": name, "is_judged": True} for standard, name in judged.items()]
    others = [one.standard for one in every() if one.standard is not None and one.standard_id not in judged]
    return found + [
        {"id": other.standard_id, "name": {"zh": other.name.zh, "en": other.name.en}, "is_judged": False}
        for other in others
    ]


def _rule(one: Opened) -> dict[str, Any]:
    """Return the rule a page is about: the one asked for, else the one to show first."""
    rules: list[dict[str, Any]] = one.judged.headline["rules"]
    asked = request.args.get("rule")
    if asked is not None:
        found = next((rule for rule in rules if rule["rule_id"] == asked), None)
        if found is None:
            raise NotFoundError(f"no rule '{asked[:60]}' in the standard.")
        return found
    return telling_rules(one.judged.headline)[0]


def _page(template: str, one: Opened | None, **values: Any) -> Response:
    study = describe_study(one, shelf().categories) if one else None
    judged = one.assessment if one else None
    about = (
        {"headline": judged.headline, "assessment_id": judged.assessment_id, "standing": standing(judged)}
        if judged
        else {}
    )
    about["standards"] = _standards(one) if one else []
    page = template.removesuffix(".html")
    return make_response(render_template(template, page=page, study=study, **about, **values))


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """The icon lies with the other static files."""
    return redirect("/static/icon.svg")  # type: ignore[return-value]
