"""The standards editor in a real browser: by keyboard, on a narrow screen, on paper, and without scripts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import towns
from playwright.sync_api import Browser, Page, expect
from test_browser import browser, page, pytestmark, serve, texts
from test_standards import STANDARD

from geo.assess import prepare
from geo.store import own_ids, save_study
from web.making import judge_study

__all__ = ["browser", "page", "pytestmark"]

FORMS = ("", "/town", "/town/rule", "/town/rule?rule=a", "/town/heading", "/town/weights", "/town/copy", "/town/remove")


@pytest.fixture(scope="module")
def home(sample_studies: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sample studies with the line town and an own standard: what is edited here stays here."""
    folder, town = tmp_path_factory.mktemp("standards"), towns.line_town()
    shutil.copytree(sample_studies, folder / "studies")
    save_study(folder / "studies", town, prepare(town))
    judge_study(folder / "studies", "town", standards=("general",))
    (folder / "studies" / ".standards").mkdir()
    (folder / "studies" / ".standards" / "town.yaml").write_text(STANDARD, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def app_url(home: Path) -> Iterator[str]:
    yield from serve(home / "studies", home)


@pytest.fixture
def plain(browser: Browser, app_url: str) -> Iterator[Page]:
    """A page of a browser without scripts."""
    context = browser.new_context(base_url=app_url, java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_planner_copies_and_edits_without_scripts(plain: Page, lang: str) -> None:
    words = texts(lang)
    plain.goto(f"/standards?lang={lang}")
    plain.get_by_role("link", name={"zh": "镇", "en": "town"}[lang], exact=True).click()
    plain.get_by_role("link", name=words["std.copy"], exact=True).click()
    plain.get_by_label(words["std.form.id"], exact=True).fill(f"mine-{lang}")
    plain.get_by_role("button", name=words["std.copy"]).click()
    expect(plain.get_by_role("status")).to_contain_text(words["std.saved"])
    plain.get_by_role("link", name=words["std.edit"]).last.click()
    plain.get_by_label(words["std.form.threshold_m"]).fill("0")
    plain.get_by_role("button", name=words["std.form.save"]).click()
    expect(plain.get_by_role("alert")).to_contain_text(words["std.form.threshold_m"])
    expect(plain.locator("#threshold_m")).to_have_attribute("aria-invalid", "true")
    plain.get_by_label(words["std.form.threshold_m"]).fill("450")
    plain.get_by_role("button", name=words["std.form.save"]).click()
    expect(plain.locator("td.changed")).to_contain_text("450")
    expect(plain.locator("td.changed .was")).to_contain_text("300")
    expect(plain.locator(".badge.edited")).to_have_text(words["sure.planner"])


def test_a_standard_is_chosen_above_a_page_judged_and_compared(plain: Page, page: Page) -> None:
    plain.goto("/units?study=town&lang=en")
    plain.locator("select[name=standard]").select_option("town")
    plain.locator(".pick-standard button").click()
    plain.get_by_role("button", name="Judge it now").click()
    plain.get_by_role("link", name="Open the map").click(timeout=60_000)
    expect(plain.locator("select[name=standard]")).to_have_value("town")
    page.goto("/standards/compare?study=town&standard=general&with=town&lang=en")
    expect(page.get_by_text("verdicts differ")).to_be_visible()
    page.locator("[name=level]").select_option("city")
    expect(page.get_by_text("verdicts differ, by City")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "general-town.csv"


@pytest.mark.parametrize(("width", "lang"), [(1440, "en"), (768, "zh"), (390, "zh"), (390, "en")])
def test_the_pages_of_standards_fit_the_screen(page: Page, width: int, lang: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    paths = [f"/standards{path}" for path in (*FORMS, "/gb50180-2018")]
    for path in (*paths, "/standards/compare?standard=gb50180-2018&with=mofcom-2021"):
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={lang}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_every_field_of_a_rule_has_a_name_and_the_keyboard_reaches_it_in_order(page: Page) -> None:
    page.goto("/standards/town/rule?rule=a&lang=en")
    nameless = (
        "[...document.querySelectorAll('main input:not([type=hidden]),main select,main textarea')]"
        ".filter((one) => !one.labels?.length && !one.getAttribute('aria-label')).map((one) => one.name)"
    )
    assert page.evaluate(nameless) == []
    page.locator("#name_zh").focus()
    met = []
    while (met or [""])[-1] != "do" and len(met) < 60:
        met.append(page.evaluate("document.activeElement.name || document.activeElement.tagName"))
        page.keyboard.press("Tab")
    wanted = ["name_zh", "name_en", "id", "SUMMARY", "category", "combine", "min_count", "level", "duty", "threshold_m",
              "threshold_min", "measure", "serves", "area_type", "share_of", "target", "weight", "capacity_least",
              "capacity_most", "unit", "floor_area_m2_least", "floor_area_m2_most", "site_area_m2_least",
              "site_area_m2_most", "clause", "confidence", "source", "note", "do"]  # fmt: skip
    assert list(dict.fromkeys(met)) == wanted


def test_a_file_goes_up_and_comes_down_the_same(plain: Page, home: Path) -> None:
    mine = STANDARD.replace("id: town", "id: from-file  # 我的")
    (home / "from-file.yaml").write_text(mine, encoding="utf-8")
    (home / "faulty.yaml").write_text(mine.replace("300", "three"), encoding="utf-8")
    plain.goto("/standards?lang=zh")
    plain.locator("[name=file]").set_input_files(home / "faulty.yaml")
    plain.get_by_role("button", name=texts("zh")["std.send"]).click()
    expect(plain.get_by_role("alert")).to_contain_text("faulty.yaml 第 10 行")
    plain.locator("[name=file]").set_input_files(home / "from-file.yaml")
    plain.get_by_role("button", name=texts("zh")["std.send"]).click()
    with plain.expect_download() as download:
        plain.get_by_role("link", name=texts("zh")["std.download"]).click()
    assert Path(download.value.path()).read_text(encoding="utf-8") == mine
    assert "from-file" in own_ids(home / "studies")


def test_on_paper_there_are_rules_and_no_buttons(page: Page) -> None:
    page.goto("/standards/gb50180-2018?lang=en")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name=texts("en")["std.print"])).to_be_hidden()
    expect(page.get_by_text("15min/junior_school")).to_be_visible()
    assert page.pdf(prefer_css_page_size=True)[:5] == b"%PDF-"
