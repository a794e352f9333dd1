"""Loading a study in a real browser: files in, what they were taken for, declared, loaded, seen on the map."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from test_browser import browser, page, pytestmark, serve, texts
from test_cli import call, done, write_town

__all__ = ["browser", "page", "pytestmark"]


@pytest.fixture(scope="module")
def app_url(sample_studies: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app on a copy of the sample studies, so that what is loaded here stays here."""
    home = tmp_path_factory.mktemp("loading")
    shutil.copytree(sample_studies, home / "studies")
    options = write_town(home / "files")
    places = home / "files" / "facilities.csv"
    planned = places.read_text(encoding="utf-8").replace("旧食堂（已关闭）", "新食堂（在建）")
    places.write_text(planned, encoding="utf-8")
    done(call(home / "studies", "load", "coming", *options))
    done(call(home / "studies", "assess", "coming"))
    yield from serve(home / "studies", home)


def choose_files(page: Page, lang: str, folder: Path) -> None:
    options = write_town(folder)
    page.goto(f"/data?lang={lang}")
    page.get_by_role("link", name=texts(lang)["load.title"]).click()
    page.locator("#files").set_input_files(options[1::2])
    page.get_by_role("button", name=texts(lang)["load.upload"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(texts(lang)["load.check"])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_planner_loads_a_study_and_sees_it(page: Page, lang: str, tmp_path: Path) -> None:
    choose_files(page, lang, tmp_path)
    expect(page.locator("fieldset.file.keep")).to_have_count(6)
    expect(page.locator("[name=role-4]")).to_have_value("demand")
    page.locator("[name=study]").fill(f"town-{lang}")
    for number in (3, 4):
        page.locator(f"[name=crs-{number}]").select_option("EPSG:4326")
    page.get_by_role("button", name=texts(lang)["load.go"], exact=True).press("Enter")
    page.get_by_role("link", name=texts(lang)["load.see_report"]).click(timeout=30_000)
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"town-{lang}")
    expect(page.locator("tbody").first).to_contain_text("demand.csv")
    page.goto(f"/?study=town-{lang}&lang={lang}")
    page.wait_for_selector("body[data-state=ready]", timeout=30_000)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_desk_draws_what_is_planned_apart_and_says_so(page: Page, lang: str) -> None:
    page.goto(f"/?study=coming&lang={lang}&rule=5min/canteen")
    page.wait_for_selector("body[data-state=ready]", timeout=30_000)
    expect(page.locator("#legend .planned")).to_have_count(1)
    expect(page.locator("#legend")).to_contain_text(f"{texts(lang)['legend.planned']} (1)")
    page.locator("#rule").select_option("5min/pharmacy")
    expect(page.locator("#legend .planned")).to_have_count(0)


def test_the_keyboard_reaches_every_choice_in_order(page: Page, tmp_path: Path) -> None:
    choose_files(page, "en", tmp_path)
    page.locator("[name=role-1]").focus()
    met = []
    for _ in range(40):
        name = page.evaluate("document.activeElement.name || document.activeElement.tagName")
        met.append(name)
        if met[-2:] == ["accept_faults", "do"]:
            break
        page.keyboard.press("Tab")
    wanted = ["role-1", "role-2", "crs-2", "role-3", "crs-3", "files", "study", "is_merged", "accept_faults", "do"]
    places = [met.index(name) for name in wanted]
    assert places[:-1] == sorted(places[:-1]) and met[-1] == "do"


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (360, 740)])
def test_the_pages_of_loading_fit_the_screen(page: Page, width: int, height: int, tmp_path: Path) -> None:
    page.set_viewport_size({"width": width, "height": height})
    for lang in ("zh", "en"):
        page.goto(f"/data/new?lang={lang}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        choose_files(page, lang, tmp_path / lang)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_loading_works_without_scripts(browser: Browser, app_url: str, tmp_path: Path) -> None:
    context = browser.new_context(base_url=app_url, java_script_enabled=False)
    page = context.new_page()
    choose_files(page, "en", tmp_path)
    page.locator("[name=study]").fill("plain")
    for number in (3, 4):
        page.locator(f"[name=crs-{number}]").select_option("EPSG:4326")
    page.get_by_role("button", name="Load", exact=True).click()
    expect(page.get_by_role("link", name=texts("en")["load.see_map"])).to_be_visible(timeout=30_000)
    context.close()
