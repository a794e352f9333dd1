"""``report``: report cards of units and the summary of the whole study, as PDF or as pages to print."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
from flask import Flask

from geo.model.errors import InputError, Problem
from web.commands.options import progress, quiet, settings, studies
from web.factory import make_app
from web.report.book import Book
from web.report.changes import earlier_of
from web.report.pages import render_card, render_summary
from web.report.typesetter import typeset_all
from web.texts import LANGUAGES


@click.command()
@click.argument("study")
@click.option("--unit", "unit_ids", multiple=True, metavar="ID", help="A unit; may be given several times.")
@click.option("--all", "is_all", is_flag=True, help="Every unit, and the summary of the study.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="zh", show_default=True, help="Language.")
@click.option("--format", "ending", type=click.Choice(("pdf", "html")), default="pdf", show_default=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder; one file a unit.")
@quiet
def report(study: str, unit_ids: tuple[str, ...], is_all: bool, lang: str, ending: str, out: Path, quiet: bool) -> None:
    """Write report cards of STUDY's newest assessment; without --unit or --all, the summary alone."""
    app = make_app(settings())
    one = app.extensions["shelf"].open(study)
    book = Book(one, earlier_of(studies(), one))
    chosen = tuple(book.units) if is_all else unit_ids
    unknown = [unit_id for unit_id in chosen if unit_id not in book.units]
    if unknown:
        told = [
            Problem(study, f"no unit '{one[:60]}'.", "See the units layer for the ids.", code="not_found")
            for one in unknown
        ]
        raise InputError(told)
    if out.exists() and not out.is_dir():
        raise InputError(Problem(str(out), "is a file.", "--out is a folder.", code="not_a_folder"))
    out.mkdir(parents=True, exist_ok=True)
    pages = _pages(app, book, chosen, lang=lang, with_summary=is_all or not chosen)
    named = ((html, out / f"{_file_name(name)}-{lang}.{ending}") for name, html in pages)
    written = typeset_all(named) if ending == "pdf" else _write_all(named)
    total = len(chosen) + (is_all or not chosen)
    with progress("report", is_quiet=quiet) as tell:
        for number, (path, _) in enumerate(written, start=1):
            tell(path.name, number / total)
            click.echo(path)


def _pages(
    app: Flask, book: Book, unit_ids: tuple[str, ...], *, lang: str, with_summary: bool
) -> Iterator[tuple[str, str]]:
    """Yield name and page, each made when it is asked for."""
    with app.test_request_context(f"/?study={book.one.study.name}&lang={lang}"):
        if with_summary:
            yield "summary", render_summary(book, lang)
        for unit_id in unit_ids:
            yield unit_id, render_card(book, unit_id, lang)


def _file_name(unit_id: str) -> str:
    """Return a unit's id without what no file name may hold."""
    return re.sub(r'[<>:"/\\|?*\x00-\x1f]', "-", unit_id)


def _write_all(pages: Iterator[tuple[str, Path]]) -> Iterator[tuple[Path, int]]:
    for html, path in pages:
        path.write_text(html, encoding="utf-8")
        yield path, 0
