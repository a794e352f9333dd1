"""Report cards of the sample town: what one costs, and all of them in one batch, beside assessing the town."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.timing import Ratio, in_turn
from geo.assess import assess
from web.factory import make_app
from web.prepare import SAMPLE, make_sample_study
from web.report.book import Book
from web.report.pages import render_card
from web.report.typesetter import Typesetter, can_typeset, typeset_all
from web.settings import read_settings


def card_case() -> Ratio:
    """Return the time of one card as PDF over assessing the town; beside it its page alone, and all cards in a batch.

    The batch is set by a process a core, from the first page to the last; a card alone by one that is running.
    """
    if not can_typeset():
        return Ratio("card_vs_assess", None, {}, "PDF cannot be made here: Pango is missing")
    with TemporaryDirectory() as folder, Typesetter() as one:
        make_sample_study(Path(folder))
        app = make_app(read_settings({"LIFECIRCLE_STUDIES": folder}))
        shown = app.extensions["shelf"].open(SAMPLE)
        study, judged, book = shown.study, shown.judged, Book(shown)
        ids, out = list(book.units), Path(folder) / "card.pdf"

        def whole() -> None:
            assess(study, shown.network, judged.standard, judged.profile, code_version="bench", created="2026-11-24")

        def page(unit_id: str = ids[-1]) -> str:
            with app.test_request_context(f"/?study={SAMPLE}&lang=zh"):
                return render_card(book, unit_id, "zh")

        def batch() -> None:
            list(typeset_all((page(unit_id), Path(folder) / f"{unit_id}.pdf") for unit_id in ids))

        took = in_turn(1, card=lambda: one.write(page(), out), page=page, batch=batch, assess=whole)
    note = f"one card as PDF / assessing; the batch is of all {len(ids)} units of the sample, in Chinese"
    return Ratio("card_vs_assess", took["card"] / took["assess"], took, note)
