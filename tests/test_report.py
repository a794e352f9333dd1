"""Report cards: their facts by arithmetic, their pages in both languages, and as PDF with its letters inside."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from pypdf import PdfReader
from towns import facilities, homes, rule, standard, streets, study, units

from app import commands
from geo.assess import assess, prepare
from geo.model.standards import Profile, Text
from web.opened import Opened
from web.report import pages, typesetter
from web.report.book import Book
from web.report.typesetter import Typesetter, TypesettingError, can_typeset
from web.texts import words

ADULT = Profile("adult", Text("成人", "adult"), 1.2, 0.6, "test")
UNIT = "510198001001"
needs_pango = pytest.mark.skipif(not can_typeset(), reason="Pango is not on this machine")


def book() -> Book:
    """Two communities on one street of 1,000 m; a canteen at 0, a school at 900; rules of 300 m.

    West: 10 people at 100 and 30 at 400. East: 20 people at 700. Nobody lives in the north.
    """
    town = study(
        streets=streets([(0, 0), (1000, 0)]),
        facilities=facilities(("c", "canteen", 0, 0), ("s", "primary_school", 900, 0)),
        demand=homes(("a", 10.0, 100, 0), ("b", 30.0, 400, 0), ("d", 20.0, 700, 0)),
        units=units(
            ("0", "subdistrict", None, (-10, -10, 1010, 200)), ("1", "community", "0", (-10, -10, 500, 100)),
            ("2", "community", "0", (500, -10, 1010, 100)), ("3", "community", "0", (-10, 100, 1010, 200)),
        ),
    )  # fmt: skip
    rules = standard(
        rule("5min/canteen", "canteen", metres=300),
        rule("5min/primary_school", "primary_school", metres=300),
        target=0.5,
    )
    network = prepare(town)
    judged = assess(town, network, rules, ADULT, code_version="test", created="2026-11-24")
    return Book(Opened("", town, network, judged))


def test_rules_met_and_ranks_are_those_of_paper() -> None:
    """West: canteen 10 of 40, school none; east: canteen none, school 20 of 20; both fail one at least."""
    made = book()
    west, east, north = (made.card(unit_id, "en") for unit_id in "123")
    assert [(one["unit"]["met"], one["unit"]["judged"]) for one in (west, east)] == [(0, 2), (1, 2)]
    assert (west["rank"], east["rank"]) == ((2, 2), (1, 2))
    assert north["unit"]["people"] == 0 and north["rank"] is None
    assert [parent["unit_id"] for parent in west["parents"]] == ["0"]


def test_the_nearest_alternative_is_that_of_most_people_left_out() -> None:
    """West: the school leaves out all 40; three in four of them walk 500 m, so the median is 500 m."""
    lacking = book().card("1", "en")["lacking"]
    assert [(one["rule"]["category"], one["people"]) for one in lacking] == [
        ("primary_school", 40.0),
        ("canteen", 30.0),
    ]
    assert [one["nearest"]["walk_m"] for one in lacking] == [500.0, 400.0]


def test_a_unit_counts_the_gaps_of_what_lies_below_it() -> None:
    whole, west, east = (book().card(unit_id, "en") for unit_id in "012")
    people = [[gap["people"] for gap in card["gaps"]] for card in (whole, west, east)]
    assert sorted(people[0]) == sorted(people[1] + people[2])
    assert sum(people[0]) == 30 + 40 + 20


def test_the_summary_orders_units_from_the_least_met() -> None:
    summary = book().summary("en")
    assert [unit["unit_id"] for unit in summary["units"]] == ["1", "2"]
    assert [(group["units"], group["people"]) for group in summary["spread"]] == [
        (1, 40.0),
        (0, 0),
        (1, 20.0),
        (0, 0),
        (0, 0),
    ]
    assert summary["widest"]["uncovered"] == 50.0


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", [f"/units/{UNIT}/card", "/report"])
def test_a_printed_page_carries_everything_inside(client: FlaskClient, path: str, lang: str) -> None:
    answer = client.get(f"{path}?lang={lang}")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert words(lang)["sample.badge"] in page
    assert "<svg" in page and "src=" not in page and "href=" not in page and "url(http" not in page
    keys = [key for key in words(lang) if key.startswith(("card.", "summary.")) and f">{key}<" in page]
    assert not keys, "keys without words"


@needs_pango
@pytest.mark.parametrize(("lang", "name"), [("zh", "玉兰社区"), ("en", "Yulan Community")])
def test_a_card_as_pdf_has_its_text_and_letters_inside(client: FlaskClient, lang: str, name: str) -> None:
    answer = client.get(f"/units/{UNIT}/card.pdf?lang={lang}")
    assert answer.mimetype == "application/pdf"
    reader = PdfReader(BytesIO(answer.data))
    text = "".join(page.extract_text() for page in reader.pages)
    assert len(reader.pages) == 2
    assert name in text and words(lang)["card.lacking"].split("，")[0] in text.replace("\n", "")
    assert "�" not in text and "\x00" not in text
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    kept = [font["/DescendantFonts"][0]["/FontDescriptor"] for font in fonts if "/DescendantFonts" in font]
    assert kept and all({"/FontFile", "/FontFile2", "/FontFile3"} & set(one) for one in kept)


@needs_pango
def test_a_page_reaches_no_file_and_no_address(tmp_path: Path) -> None:
    canary = tmp_path / "canary.txt"
    canary.write_text("CANARY-71", encoding="utf-8")
    html = f'<link rel="attachment" href="{canary.as_uri()}"><img src="http://127.0.0.1:9/x.png"><p>plain</p>'
    with Typesetter() as one:
        assert one.write(html, tmp_path / "out.pdf") == 1
    reader = PdfReader(tmp_path / "out.pdf")
    assert reader.pages[0].extract_text().strip() == "plain"
    assert not reader.attachments


@needs_pango
def test_a_page_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with Typesetter() as one:
        with pytest.raises(TypesettingError, match=r"out\.pdf"):
            one.write("<p>x</p>", tmp_path / "nowhere" / "out.pdf")
        assert one.write("<p>x</p>", tmp_path / "again.pdf") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["again.pdf"]


def test_where_pdf_cannot_be_made_the_page_says_so(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> bytes:
        raise TypesettingError("PDF cannot be made here: the libraries of Pango are missing.")

    monkeypatch.setattr(pages, "typeset", missing)
    monkeypatch.setattr("web.pages.can_typeset", lambda: False)
    assert client.get(f"/units/{UNIT}/card.pdf").status_code == 503
    page = client.get(f"/units/{UNIT}?lang=en").get_data(as_text=True)
    assert words("en")["card.no_pdf"] in page and "card.pdf" not in page


def test_an_unknown_unit_is_not_found(client: FlaskClient) -> None:
    assert client.get("/units/none/card").status_code == 404


def test_the_command_writes_a_file_a_unit_and_refuses_unknown_ones(sample_studies: Path, tmp_path: Path) -> None:
    run = CliRunner(env={"LIFECIRCLE_STUDIES": str(sample_studies)})
    made = run.invoke(commands, ["report", "sample", "--unit", UNIT, "--format", "html", "--out", str(tmp_path / "a")])
    assert made.exit_code == 0, made.output
    assert [path.name for path in (tmp_path / "a").iterdir()] == [f"{UNIT}-zh.html"]
    refused = run.invoke(commands, ["report", "sample", "--unit", "x", "--unit", "y", "--out", str(tmp_path / "b")])
    assert refused.exit_code == 3 and "'x'" in refused.output and "'y'" in refused.output
    assert not (tmp_path / "b").exists()


@needs_pango
def test_the_command_writes_the_summary_as_pdf(sample_studies: Path, tmp_path: Path) -> None:
    run = CliRunner(env={"LIFECIRCLE_STUDIES": str(sample_studies)})
    made = run.invoke(commands, ["report", "sample", "--lang", "en", "--out", str(tmp_path)])
    assert made.exit_code == 0, made.output
    text = "".join(page.extract_text() for page in PdfReader(tmp_path / "summary-en.pdf").pages)
    figures = json.loads(run.invoke(commands, ["assess", "sample", "--json"]).output)
    assert f"{max(r['uncovered'] for r in figures['rules'] if r['duty'] == 'must'):,.0f}" in text


def test_many_cards_come_in_the_order_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Copying(Typesetter):
        def __init__(self) -> None: ...

        def close(self) -> None: ...

        def write(self, html: str, out: Path) -> int:
            out.write_text(html, encoding="utf-8")
            return 1

    monkeypatch.setattr(typesetter, "Typesetter", Copying)
    asked = [(f"page {n}", tmp_path / f"{n}.pdf") for n in range(40)]
    assert [path for path, _ in typesetter.typeset_all(asked)] == [path for _, path in asked]
    assert all(path.read_text(encoding="utf-8") == html for html, path in asked)
