"""What-if in a real browser: edits by click and by keyboard, their answer at once, kept, compared, never today."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from test_browser import CHROMIUM, PROJECT, browser, pytestmark, serve, texts  # noqa: F401

API = "/api/v1/studies/sample"
WALL, ON_WALL = "W068", (104.4850331, 30.4068641)
CLOSE_UP = "#15.5/30.4061/104.4856"


@pytest.fixture(scope="module")
def app_url(sample_studies: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app on a copy of the sample: what is saved here is seen by no other test."""
    folder = tmp_path_factory.mktemp("plans")
    shutil.copytree(sample_studies, folder, dirs_exist_ok=True)
    yield from serve(folder, tmp_path_factory.mktemp("home"))


@pytest.fixture
def page(browser: Browser, app_url: str) -> Iterator[Page]:  # noqa: F811
    """A page that fails the test on any script error or request to another host; edits may be refused."""
    made = browser.new_page(base_url=app_url, viewport={"width": 1440, "height": 900})
    faults: list[str] = []
    made.on("pageerror", lambda fault: faults.append(f"{fault} {fault.stack}"))
    made.on(
        "console", lambda line: faults.append(line.text) if line.type == "error" and "422" not in line.text else None
    )
    made.on(
        "request", lambda one: faults.append(one.url) if not one.url.startswith((app_url, "blob:", "data:")) else None
    )
    yield made
    made.close()
    assert not faults


def open_page(page: Page, query: str = "lang=en", at: str = CLOSE_UP) -> None:
    page.goto(f"/whatif?{query}{at}")
    page.wait_for_selector("body[data-state=ready]", timeout=30_000)


def pixel(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Where a place lies on the screen, by the address and Web Mercator."""
    zoom, south, west = (float(part) for part in page.evaluate("() => location.hash").lstrip("#").split("/"))
    world = 512 * 2**zoom
    box = page.locator("#map-main canvas").bounding_box()
    assert box is not None

    def x(degrees: float) -> float:
        return (degrees + 180) / 360 * world

    def y(degrees: float) -> float:
        return (1 - math.asinh(math.tan(math.radians(degrees))) / math.pi) / 2 * world

    return box["x"] + box["width"] / 2 + x(lon) - x(west), box["y"] + box["height"] / 2 + y(lat) - y(south)


def compared(page: Page, *edits: dict[str, Any]) -> dict[str, Any]:
    plan = {"format": "lifecircle-scenario/1", "name": "x", "edits": list(edits)}
    answer = page.request.post(f"{API}/compare", data=json.dumps(plan))
    assert answer.ok, answer.text()
    told: dict[str, Any] = answer.json()
    return told


def shown(page: Page, which: str) -> float:
    return float(page.locator(f"#people-{which}").get_attribute("data-value") or "nan")


def choose(page: Page, name: str, value: str) -> None:
    page.locator(f"label:has(input[name={name}][value='{value}'])").click()


def open_whole_wall(page: Page) -> None:
    page.locator("#tool-wall").click()
    choose(page, "plan-way", "pick")
    page.mouse.click(*pixel(page, *ON_WALL))
    expect(page.locator("#edits [data-edit]")).to_have_count(1, timeout=30_000)
    page.keyboard.press("Escape")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_wall_opened_by_a_click_answers_as_the_api_does(page: Page, lang: str) -> None:
    open_page(page, f"lang={lang}")
    open_whole_wall(page)
    told = compared(page, {"edit": "open_wall", "wall_id": WALL})
    assert told["people_gained"] > 1000
    assert (shown(page, "gained"), shown(page, "lost")) == (told["people_gained"], told["people_lost"])
    expect(page.locator(".strip .mark")).to_have_text(texts(lang)["plan.mark"])
    expect(page.locator("#count")).to_have_text(texts(lang)["plan.count_one"])
    changed = [u for u in told["units"] if u["level"] == "community" and u["people_gained"] >= 0.5]
    rows = page.locator("#unit-panel table").last.locator("tbody tr")
    expect(rows).to_have_count(len(changed))
    assert texts(lang)["plan.mark"] in page.title()


def test_undo_redo_the_eye_and_the_order(page: Page) -> None:
    open_page(page)
    open_whole_wall(page)
    gained = shown(page, "gained")
    expect(page.locator("#undo")).to_contain_text("Undo: Open wall")
    page.keyboard.press("Control+z")
    expect(page.locator("#edits [data-edit]")).to_have_count(0)
    expect(page.locator("#people-gained")).to_have_count(0)
    page.keyboard.press("Control+Shift+z")
    expect(page.locator("#people-gained")).to_have_attribute("data-value", f"{gained:g}")
    page.locator("#edits input[type=checkbox]").uncheck()
    expect(page.locator("#people-gained")).to_have_count(0)
    page.locator("#edits input[type=checkbox]").check()
    expect(page.locator("#people-gained")).to_have_attribute("data-value", f"{gained:g}")
    page.locator("#tool-facility").click()
    page.locator("#plan-category").select_option("canteen")
    page.mouse.click(*pixel(page, *ON_WALL))
    expect(page.locator("#edits [data-edit]")).to_have_count(2)
    page.get_by_role("button", name="Move “Open wall").last.click()
    expect(page.locator("#edits [data-edit='1']")).to_contain_text("community canteen")


def test_what_is_saved_is_there_after_a_reload_and_in_another_browser(
    page: Page,
    browser: Browser,  # noqa: F811
) -> None:
    open_page(page)
    open_whole_wall(page)
    gained = shown(page, "gained")
    page.locator("#name").fill("打通沐屏里 A")
    page.locator("#name").press("Enter")
    page.keyboard.press("Control+s")
    expect(page.locator("#state")).to_have_text(texts("en")["plan.state_saved"])
    page.reload()
    page.wait_for_selector("body[data-state=ready]")
    expect(page.locator("#people-gained")).to_have_attribute("data-value", f"{gained:g}")
    stored = page.request.get(f"{API}/scenarios").json()["scenarios"]
    assert [(one["name"], one["edits"]) for one in stored] == [("打通沐屏里 A", 1)]
    other = browser.new_page()
    other.goto(page.url)
    other.wait_for_selector("body[data-state=ready]", timeout=30_000)
    assert other.locator("#name").input_value() == "打通沐屏里 A"
    assert shown(other, "gained") == gained
    other.on("dialog", lambda dialog: dialog.accept())
    other.locator("#tab-saved").click()
    other.get_by_role("button", name="Delete the scheme").click()
    expect(other.locator("#saved .empty")).to_be_visible()
    other.close()


def test_the_keyboard_alone_makes_edits(page: Page) -> None:
    open_page(page)
    page.locator("#map-main canvas").focus()
    page.keyboard.press("1")
    expect(page.locator("#tool-form")).to_be_visible()
    page.locator("#plan-near").select_option(index=1)
    page.wait_for_function("() => document.querySelectorAll('#plan-pick option').length > 5")
    page.locator("#plan-pick").select_option(index=1)
    page.locator("#add-edit").press("Enter")
    expect(page.locator("#edits [data-edit]")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("4")
    page.locator("#plan-category").select_option("kindergarten")
    page.locator("#plan-at").fill("104.4856, 30.4061")
    page.locator("#plan-at").press("Enter")
    expect(page.locator("#edits [data-edit]")).to_have_count(2)
    expect(page.locator("#edits [data-edit='2']")).to_contain_text("kindergarten")
    page.locator("#plan-at").fill("nowhere")
    page.locator("#plan-name").focus()
    expect(page.locator("#tool-form [role=alert]")).to_have_text(texts("en")["plan.bad_place"])


def test_a_refused_edit_says_why_and_changes_nothing(page: Page) -> None:
    open_page(page, "lang=zh")
    page.locator("#tool-path").click()
    page.locator("#plan-form").select_option("bridge")
    page.locator("#plan-at").fill("104.3, 30.40; 104.301, 30.40")
    page.locator("#plan-form").focus()
    page.locator("#add-edit").click()
    expect(page.locator("#tool-form [role=alert]")).to_contain_text("街道")
    expect(page.locator("#edits [data-edit]")).to_have_count(0)
    assert page.locator("#undo").is_disabled()


def test_a_file_of_which_an_edit_does_not_fit_says_which(page: Page, tmp_path: Path) -> None:
    open_page(page)
    fits, misfit = {"edit": "open_wall", "wall_id": WALL}, {"edit": "close_facility", "facility_id": "nobody"}
    file = tmp_path / "plan.json"
    plan = {"format": "lifecircle-scenario/1", "name": "old", "edits": [fits, misfit]}
    file.write_text(json.dumps(plan), encoding="utf-8")
    with page.expect_response("**/compare**"):
        page.locator("#open-file").set_input_files(file)
    expect(page.locator("#edits .misfit")).to_have_count(1)
    expect(page.locator("#edits .misfit")).to_contain_text("nobody")
    file.write_text(json.dumps({**plan, "edits": [{"edit": "fly"}]}), encoding="utf-8")
    page.locator("#open-file").set_input_files(file)
    expect(page.locator("#notice")).to_contain_text("expected one of")
    page.locator("#edits [data-edit='2'] input[type=checkbox]").uncheck()
    expect(page.locator("#edits .misfit")).to_have_count(0)
    assert shown(page, "gained") == compared(page, fits)["people_gained"]


def test_today_beside_and_under_it_and_the_handle_by_keys(page: Page) -> None:
    open_page(page)
    open_whole_wall(page)
    choose(page, "mode", "swipe")
    handle = page.get_by_role("slider")
    expect(handle).to_have_attribute("aria-valuenow", "50")
    handle.focus()
    for key, value in (("ArrowRight", "52"), ("ArrowLeft", "50"), ("Home", "0"), ("End", "100")):
        handle.press(key)
        expect(handle).to_have_attribute("aria-valuenow", value)
    box = page.locator("#swipe span").bounding_box()
    assert box is not None and min(box["width"], box["height"]) >= 44
    assert page.locator("#rule").input_value() != ""
    choose(page, "mode", "side")
    boxes = [page.locator(f"#{name}").bounding_box() for name in ("map-before", "map-main")]
    assert boxes[0] and boxes[1] and abs(boxes[0]["width"] - boxes[1]["width"]) < 4
    choose(page, "mode", "change")
    page.keyboard.down("b")
    expect(page.locator("#before")).to_have_attribute("aria-pressed", "true")
    page.keyboard.up("b")
    expect(page.locator("#before")).to_have_attribute("aria-pressed", "false")


def test_downloads_say_that_they_are_a_what_if(page: Page) -> None:
    open_page(page)
    open_whole_wall(page)
    page.locator("#tab-saved").click()
    found = {}
    for ending in ("json", "geojson", "csv"):
        with page.expect_download() as waiting:
            page.locator(f"#get-{ending}").click()
        assert waiting.value.suggested_filename.startswith("what-if-sample-")
        found[ending] = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    assert json.loads(found["json"])["edits"] == [{"edit": "open_wall", "wall_id": WALL}]
    assert json.loads(found["geojson"])["provenance"]["scenario"]["edits_on"] == 1
    assert found["csv"].startswith("what_if,")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_fits_every_screen(page: Page, lang: str) -> None:
    open_page(page, f"lang={lang}")
    page.locator("#tool-facility").click()
    for width, height in ((1440, 900), (1280, 720), (800, 900), (390, 800)):
        page.set_viewport_size({"width": width, "height": height})
        size = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert size[0] <= width and size[1] <= height
        box = page.locator("#map").bounding_box()
        assert box is not None and box["height"] > 0.28 * height
        assert box["width"] >= width * (0.53 if width >= 1024 else 0.99)


def test_it_prints_as_what_if_with_its_drawing(page: Page) -> None:
    open_page(page)
    open_whole_wall(page)
    page.emulate_media(media="print")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".strip .mark")).to_be_visible()
    expect(page.locator("#paper svg")).to_be_visible()
    expect(page.locator("#paper .swatches")).to_be_visible()
    expect(page.locator("#people-gained")).to_be_visible()


def test_the_desk_leads_here_and_back(page: Page) -> None:
    page.goto(f"/?lang=en{CLOSE_UP}")
    page.wait_for_selector("body[data-state=ready]", timeout=30_000)
    page.keyboard.press("e")
    page.wait_for_url("**/whatif**")
    page.wait_for_selector("body[data-state=ready]", timeout=30_000)
    assert page.locator("#rule").input_value() != "" and page.url.endswith(CLOSE_UP)
    page.locator("#exit").click()
    page.wait_for_selector("body[data-state=ready]")
    page.get_by_role("button", name=texts("en")["plan.try"]).click()
    page.wait_for_url("**/whatif**")


def test_without_webgl_edits_are_made_on_a_drawing(app_url: str) -> None:
    script = PROJECT / "tests" / "without_webgl.py"
    done = subprocess.run(
        [sys.executable, script, str(CHROMIUM), app_url, "whatif"], capture_output=True, text=True, timeout=90
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["still"] == 1 and told["edits"] == 2 and told["gained"] > 0
