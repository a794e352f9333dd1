"""A browser that draws no live map, in a process of its own: prints what the desk, or what-if, shows instead."""

import json
import sys
from typing import Any

from playwright.sync_api import Page, sync_playwright


def main(chromium: str, url: str, what: str = "desk") -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-3d-apis"])
        page = browser.new_page()
        page.goto(f"{url}/{'whatif' if what == 'whatif' else ''}?lang=en")
        page.wait_for_selector("body[data-state=ready]", timeout=30_000)
        print(json.dumps(plan(page) if what == "whatif" else desk(page)))
        browser.close()


def desk(page: Page) -> dict[str, Any]:
    return {"still": page.locator("#map object").count(), "gaps": page.locator("#gaps-list button").count() > 0}


def plan(page: Page) -> dict[str, Any]:
    page.locator("#tool-facility").click()
    page.locator("#plan-category").select_option("canteen")
    for number, position in ((1, {"x": 250, "y": 180}), (2, {"x": 280, "y": 180})):
        page.locator("#map svg").click(position=position)
        page.wait_for_selector(f"#edits [data-edit='{number}']", timeout=30_000)
    return {
        "still": page.locator("#map svg").count(),
        "edits": page.locator("#edits [data-edit]").count(),
        "gained": float(page.locator("#people-gained").get_attribute("data-value") or 0),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
