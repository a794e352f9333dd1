"""Report cards in the browser: a page that prints on two sheets, and the same as PDF."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, render_template

from web.answers import answer
from web.comparing import open_other
from web.queries import check_unit, needed_study, parameters
from web.report.book import Book
from web.report.changes import earlier_of
from web.report.typesetter import typeset
from web.settings import ROOT
from web.standards.kept import standing
from web.texts import language

blueprint = Blueprint("report", __name__)


@blueprint.get("/units/<unit_id>/card")
def card(unit_id: str) -> Response:
    """The report card of a unit, to be printed."""
    return answer(_asked_card(unit_id), kind="text/html; charset=utf-8")


@blueprint.get("/units/<unit_id>/card.pdf")
def card_pdf(unit_id: str) -> Response:
    """The report card of a unit as PDF."""
    return answer(typeset(_asked_card(unit_id)), kind="application/pdf", download=f"{unit_id}-{language()}.pdf")


@blueprint.get("/report")
def summary() -> Response:
    """The report of the whole study, to be printed."""
    return answer(_asked_summary(), kind="text/html; charset=utf-8")


@blueprint.get("/report.pdf")
def summary_pdf() -> Response:
    """The report of the whole study as PDF."""
    return answer(typeset(_asked_summary()), kind="application/pdf", download=f"summary-{language()}.pdf")


def render_card(book: Book, unit_id: str, lang: str) -> str:
    """Return the card of a unit as one HTML text that asks for nothing else; needs the app's context."""
    check_unit(book.one, unit_id)
    return render_template("card.html", card=book.card(unit_id, lang), **facts(book))


def render_summary(book: Book, lang: str) -> str:
    """Return the report of a whole study as one HTML text that asks for nothing else; needs the app's context."""
    return render_template("summary.html", summary=book.summary(lang), **facts(book))


def facts(book: Book) -> dict[str, Any]:
    """Return what every report of an assessment may use."""
    judged = book.one.judged
    return {
        "headline": judged.headline,
        "profile": {"name": {"zh": judged.profile.name.zh, "en": judged.profile.name.en},
                    "speed_mps": judged.profile.speed_mps},
        "rules": book.rules,
        "missing": [rule for rule in judged.headline["rules"] if not rule["is_in_data"]],
        "basis": book.basis,
        "assessment_id": judged.assessment_id,
        "standing": standing(judged),
        "style": style(),
    }  # fmt: skip


@cache
def style() -> str:
    """Return the style sheet of printed pages, which goes inside them."""
    return (ROOT / "web" / "static" / "css" / "card.css").read_text(encoding="utf-8")


def _asked_summary() -> str:
    return render_summary(_asked_book(), language())


def _asked_card(unit_id: str) -> str:
    return render_card(_asked_book(), unit_id, language())


def _asked_book() -> Book:
    """Return the book of a study beside its last assessment before, or the one that ``with`` names."""
    asked, one, folder = parameters("study", "lang", "with"), needed_study(), Path(current_app.config["STUDIES"])
    return Book(one, open_other(folder, one.study.name, asked["with"]) if "with" in asked else earlier_of(folder, one))
