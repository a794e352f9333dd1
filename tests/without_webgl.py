"""A browser that draws no live map, in a process of its own: prints what the desk shows instead."""

import json
import sys

from playwright.sync_api import sync_playwright


def main(chromium: str, url: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-3d-apis"])
        page = browser.new_page()
        page.goto(f"{url}/?lang=en")
        page.wait_for_selector("body[data-state=ready]", timeout=30_000)
        shown = {"still": page.locator("#map object").count(), "gaps": page.locator("#gaps-list button").count() > 0}
        print(json.dumps(shown))
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
