"""Cards of the sample as PDF in both languages: two pages at most, every word there, no letter without a shape."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from pypdf import PdfReader
from pypdf.generic import ByteStringObject, ContentStream, TextStringObject

from app import commands
from geo.model.assessment import Assessment
from geo.model.study import Study
from web.report.typesetter import Typesetter, can_typeset

EVERY = 13
"""Of the units of the sample every so many-th is set in type here."""

MISSING = {"0000", "FFFF"}
"""The glyphs that stand for a letter which no font has."""

pytestmark = pytest.mark.skipif(not can_typeset(), reason="Pango is not on this machine")


def glyphs(reader: PdfReader) -> set[str]:
    """The numbers of the glyphs that a document shows, four hexadecimal digits each."""
    found = set()
    for page in reader.pages:
        for operands, operator in ContentStream(page.get_contents(), reader).operations:
            parts = operands[0] if operator == b"TJ" else []
            for part in parts:
                if isinstance(part, TextStringObject | ByteStringObject):
                    code = part.original_bytes.hex().upper()
                    found |= {code[at : at + 4] for at in range(0, len(code), 4)}
    return found


def words_of(page: str) -> set[str]:
    """The words a reader sees on an HTML page, those inside pictures too."""
    body = re.sub(r"<(style|title)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return set(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def letters(text: str) -> str:
    """Text without its spaces: lines break elsewhere on paper."""
    return re.sub(r"\s|\xad", "", text)


def faults(path: Path, words: set[str]) -> set[str]:
    """Glyphs that no font had, and words that are not in the text of a PDF."""
    reader = PdfReader(path)
    text, shown = letters("".join(page.extract_text() for page in reader.pages)), glyphs(reader)
    assert shown
    return (shown & MISSING) | {word for word in words if letters(word) not in text}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_cards_are_whole(sample: tuple[Study, Assessment], sample_studies: Path, tmp_path: Path, lang: str) -> None:
    run = CliRunner(env={"LIFECIRCLE_STUDIES": str(sample_studies)})
    ids = sample[0].units["unit_id"].tolist()[::EVERY]
    asked = ["report", "sample", *(word for one in ids for word in ("--unit", one)), "--lang", lang, "--out"]
    made = run.invoke(commands, [*asked, str(tmp_path), "--format", "html"])
    assert made.exit_code == 0, made.output
    with Typesetter() as one:
        for unit_id in ids:
            page = (tmp_path / f"{unit_id}-{lang}.html").read_text(encoding="utf-8")
            assert one.write(page, tmp_path / "card.pdf") <= 2, unit_id
            assert faults(tmp_path / "card.pdf", words_of(page)) == set(), unit_id


def test_a_letter_that_no_font_has_is_noticed(tmp_path: Path) -> None:
    with Typesetter() as one:
        one.write("<p>a\U0010fff0b</p>", tmp_path / "bare.pdf")
        one.write("<p>社区 ab</p>", tmp_path / "whole.pdf")
    assert faults(tmp_path / "bare.pdf", {"a\U0010fff0b"})
    assert not faults(tmp_path / "whole.pdf", {"社区", "ab"})
