"""Take the screenshot that the README shows.

python docs/screenshot.py
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from page_fixtures import BROWSER_ARGS, NO_BROWSER, find_browser, served  # noqa: E402
from playwright.sync_api import expect, sync_playwright  # noqa: E402

QUESTION = "How many requests per second does Thomson Reuters process?"


def main() -> None:
    """Ask, click the first source, and save what the page then shows."""
    browser_path = find_browser()
    if browser_path is None:
        sys.exit(NO_BROWSER)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=BROWSER_ARGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        with served(Path(folder), "--index", str(Path(folder) / "index")) as server:
            page.goto(server.url)
            page.get_by_role("textbox", name="Ask about the keynote").fill(QUESTION)
            page.keyboard.press("Enter")
            page.get_by_role("button", name="Source 1").click()
            expect(page.locator("mark").first).to_be_visible()
            page.screenshot(path=HERE / "page.png")
        browser.close()


if __name__ == "__main__":
    main()
