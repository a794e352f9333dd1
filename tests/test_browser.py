"""The pages in a real browser, against the running app: what a planner sees, clicks and types."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from web.browser_libraries import is_complete
from web.texts import words

PROJECT = Path(__file__).resolve().parents[1]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SOFTWARE_GL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
PAGES = ("units", "units/510198001001", "gaps", "data", "layers")
MIDDLE = "#14.2/30.4/104.5"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.skipif(
        not is_complete(), reason="the browser libraries are not here (python -m web.browser_libraries)"
    ),
]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def serve(studies: Path, home: Path) -> Iterator[str]:
    """Run ``python app.py`` as a user would, and stop it afterwards."""
    port = free_port()
    environment = {**os.environ, "LIFECIRCLE_STUDIES": str(studies), "LIFECIRCLE_PORT": str(port), "HOME": str(home)}
    process = subprocess.Popen([sys.executable, "app.py"], cwd=PROJECT, env=environment, stderr=subprocess.PIPE)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            if answers(f"{url}/healthz"):
                break
            assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
            time.sleep(0.1)
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


@pytest.fixture(scope="module")
def app_url(sample_studies: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from serve(sample_studies, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *SOFTWARE_GL])
        yield made
        made.close()


@pytest.fixture
def page(browser: Browser, app_url: str) -> Iterator[Page]:
    """A page on the app that fails the test on any script error or request to another host."""
    made = browser.new_page(base_url=app_url, viewport={"width": 1440, "height": 900})
    faults: list[str] = []
    made.on("pageerror", lambda fault: faults.append(str(fault)))
    made.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    made.on(
        "request",
        lambda request: faults.append(request.url) if not request.url.startswith((app_url, "blob:", "data:")) else None,
    )
    yield made
    made.close()
    assert not faults


def open_desk(page: Page, query: str = "lang=en") -> None:
    page.goto(f"/?{query}{MIDDLE}")
    page.wait_for_selector("body[data-state=ready]", timeout=30_000)


def texts(lang: str) -> dict[str, str]:
    return words(lang)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_desk_shows_measure_people_and_gaps_at_once(page: Page, lang: str) -> None:
    open_desk(page, f"lang={lang}")
    expect(page.locator("#legend")).to_contain_text("GB 50180-2018")
    expect(page.locator("#legend .swatches button")).to_have_count(5)
    expect(page.locator(".made-up")).to_have_text(texts(lang)["sample.badge"])
    expect(page.locator("#unit-panel h2")).to_have_text(texts(lang)["unit.all"])
    total = int(re.search(r"\d+", page.locator("#gaps-summary strong").inner_text()).group())
    assert page.locator("#gaps-list button").count() == total
    drawn = page.evaluate(
        "() => { const c = document.querySelector('#map canvas'); return c.width * c.height > 100000; }"
    )
    assert drawn


def test_a_click_on_the_map_selects_the_community_and_the_address_keeps_it(page: Page) -> None:
    open_desk(page)
    page.locator("#map").click(position={"x": 380, "y": 330})
    heading = page.locator("#unit-panel h2")
    expect(heading).to_contain_text("Community")
    name = heading.inner_text()
    assert "u=5101" in page.url
    page.reload()
    page.wait_for_selector("body[data-state=ready]")
    expect(heading).to_have_text(name)
    page.locator("#switch-language").click()
    page.wait_for_selector("body[data-state=ready]")
    expect(heading).to_contain_text("社区")
    page.keyboard.press("Escape")
    expect(heading).to_have_text(texts("zh")["unit.all"])


def test_levels_add_up_in_the_table(page: Page) -> None:
    open_desk(page)
    page.locator("#tab-units").click()
    for level, count in (("community", 42), ("subdistrict", 6), ("district", 2), ("city", 1)):
        page.locator("#level").select_option(level)
        rows = page.locator("#units-list tr")
        expect(rows).to_have_count(count)
        people = [int(text.replace(",", "")) for text in page.locator("#units-list td:nth-child(2)").all_inner_texts()]
        assert sum(people) == 250_008


def test_another_service_changes_list_legend_and_figures(page: Page) -> None:
    open_desk(page)
    before = page.locator("#gaps-summary").inner_text()
    page.locator("#rule").select_option("10min/primary_school")
    expect(page.locator("#legend p").first).to_contain_text("primary school")
    assert page.locator("#gaps-summary").inner_text() != before
    expect(page.locator("#unit-panel .rules button[aria-current=true]")).to_contain_text("primary school")


def test_walking_from_a_place_shows_three_growing_bands(page: Page) -> None:
    open_desk(page)
    page.locator("#walk-tool").click()
    page.locator("#map").click(position={"x": 380, "y": 330})
    rows = page.locator(".bands tbody tr")
    expect(rows).to_have_count(3)
    area = [float(text.split()[0]) for text in page.locator(".bands tbody td:nth-child(2)").all_inner_texts()]
    assert 0 < area[0] < area[1] < area[2]
    page.keyboard.press("Escape")
    expect(page.locator("#unit-panel h2")).to_have_text(texts("en")["unit.all"])


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    open_desk(page)
    page.keyboard.press("/")
    page.keyboard.type("yulan")
    expect(page.locator("#units-list tr")).to_have_count(1)
    page.locator("#units-list button").press("Enter")
    expect(page.locator("#unit-panel h2")).to_have_text("Yulan Community")
    page.keyboard.press("]")
    expect(page.locator("#gaps-list button[aria-current=true] .number")).to_have_text("1")
    expect(page.locator("[name=show][value=gaps]")).to_be_checked()
    page.locator("#map canvas").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".bands tbody tr")).to_have_count(3)


def test_homes_are_coloured_by_their_own_answer(page: Page) -> None:
    open_desk(page, "lang=en&show=homes")
    expect(page.locator("#legend")).to_contain_text("Every home")
    page.wait_for_timeout(500)
    page.keyboard.press("4")
    expect(page.locator("[name=show][value=unknown]")).to_be_checked()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 720), (800, 900), (360, 740)])
def test_the_desk_fits_every_screen_without_scrolling(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    for lang in ("zh", "en"):
        open_desk(page, f"lang={lang}")
        size = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert size[0] <= width and size[1] <= height
        box = page.locator("#map").bounding_box()
        assert box is not None
        assert box["width"] >= width * (0.55 if width >= 1024 else 0.99)


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("path", PAGES)
def test_pages_fit_their_width_in_both_languages(page: Page, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for lang in ("zh", "en"):
        page.goto(f"/{path}?lang={lang}")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        cut = page.evaluate(
            "() => [...document.querySelectorAll('button, .badge, a.button')]"
            ".filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent)"
        )
        assert cut == []


def test_a_table_sorts_by_any_column_and_says_so(page: Page) -> None:
    page.goto("/units?lang=en")
    page.locator("th .sort", has_text="People").click()
    expect(page.locator("th", has_text="People").first).to_have_attribute("aria-sort", "descending")
    people = [int(text.replace(",", "")) for text in page.locator("tbody td:nth-child(2)").all_inner_texts()]
    assert people == sorted(people, reverse=True)


def test_a_report_card_prints_on_a4_with_its_standard_and_date(page: Page, tmp_path: Path) -> None:
    page.goto("/units/510198001001?lang=zh")
    page.emulate_media(media="print")
    assert not page.locator("nav").first.is_visible()
    expect(page.locator(".foot")).to_contain_text("GB 50180-2018")
    paper = tmp_path / "card.pdf"
    page.pdf(path=paper, format="A4")
    assert paper.read_bytes().count(b"/Type /Page\n") + paper.read_bytes().count(b"/Type /Page ") <= 4


def test_without_webgl_a_still_map_serves(app_url: str) -> None:
    script = PROJECT / "tests" / "without_webgl.py"
    done = subprocess.run([sys.executable, script, str(CHROMIUM), app_url], capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"still": 1, "gaps": True}


def test_the_portable_map_opens_from_disk_without_a_network(app_url: str, browser: Browser, tmp_path: Path) -> None:
    with urllib.request.urlopen(f"{app_url}/map.html?lang=zh") as answer:
        (tmp_path / "map.html").write_bytes(answer.read())
    context = browser.new_context(offline=True)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("requestfailed", lambda request: faults.append(request.url))
    page.goto((tmp_path / "map.html").as_uri())
    expect(page.locator(".leaflet-container canvas")).to_have_count(1)
    expect(page.locator(".leaflet-control-layers-overlays label")).not_to_have_count(0)
    expect(page.locator(".leaflet-control-attribution")).to_contain_text("虚构")
    context.close()
    assert not faults


def test_a_first_start_shows_its_progress_and_then_the_desk(browser: Browser, tmp_path: Path) -> None:
    studies, home = tmp_path / "studies", tmp_path / "home"
    home.mkdir()
    began = time.monotonic()
    for url in serve(studies, home):
        page = browser.new_page()
        answer = page.goto(f"{url}/?lang=zh")
        assert answer is not None
        if answer.status == 503:
            expect(page.locator("h1")).to_have_text(texts("zh")["preparing.title"])
        page.wait_for_selector("#legend .swatches", timeout=60_000)
        assert time.monotonic() - began < 60, "the contract: ready within a minute"
        page.close()


def test_a_service_in_the_walk_opens_its_route(page: Page) -> None:
    open_desk(page, "lang=en&at=104.4995,30.3985")
    expect(page.locator(".bands tbody tr")).to_have_count(3)
    page.locator("button.row", has_text="kindergarten").first.click()
    expect(page.locator("#notice")).to_contain_text("on foot")
    expect(page.locator(".route-facts")).to_have_text(re.compile(r"^\d+ m on foot, \d+ min \(adult\)\.$"))
    expect(page.locator("button.row[aria-pressed=true]")).to_have_count(1)
