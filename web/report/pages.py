"""Report cards in the browser: a page that prints on two sheets, and the same as PDF."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Blueprint, Response, render_template

from geo.model.errors import NotFoundError
from web.answers import answer
from web.queries import needed_study, parameters
from web.report.book import Book
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
    if unit_id not in book.units:
        raise NotFoundError(f"no unit '{unit_id[:60]}' in study '{book.one.study.name}'.")
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
    parameters("study", "lang")
    return render_summary(Book(needed_study()), language())


def _asked_card(unit_id: str) -> str:
    parameters("study", "lang")
    return render_card(Book(needed_study()), unit_id, language())
