"""Take the screenshots that the README shows.

python docs/screenshots.py
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from driving import Driver, launched  # noqa: E402
from page_fixtures import NO_BROWSER, find_browser, served  # noqa: E402
from playwright.sync_api import Browser  # noqa: E402

QUESTION = "How many requests per second does Thomson Reuters process?"
LARGEST_BYTES = 200 * 1024  # whoever reads the README loads all of them


def take(browser: Browser, url: str, name: str, *, choose: bool = False, **context: Any) -> None:
    """Ask at `url`, choose the first source if told to, and save what the page then shows."""
    page = browser.new_context(reduced_motion="reduce", **context).new_page()
    driver = Driver(page).open(url)
    driver.ask(QUESTION)
    if choose:
        driver.choose()
    path = HERE / f"{name}.png"
    page.screenshot(path=path, animations="disabled")
    page.context.close()
    size = path.stat().st_size
    print(f"{path.relative_to(HERE.parent)}: {size // 1024} KiB")
    if size > LARGEST_BYTES:
        sys.exit(f"{path} is too large: take it of a smaller window.")


def main() -> None:
    """One picture a server and a window."""
    if find_browser() is None:
        sys.exit(NO_BROWSER)
    wide = {"viewport": {"width": 1280, "height": 800}}
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    kiosk = {"viewport": {"width": 720, "height": 1280}, "has_touch": True}
    with tempfile.TemporaryDirectory() as name, launched() as browser:
        index = str(Path(name) / "index")
        with served(Path(name), "--index", index) as server:
            take(browser, server.url, "page", choose=True, **wide)
            take(browser, server.url, "page-dark", choose=True, color_scheme="dark", **wide)
            take(browser, server.url, "phone", **phone)
        with served(Path(name), "--index", index, "--kiosk") as server:
            take(browser, server.url, "kiosk", **kiosk)


if __name__ == "__main__":
    main()
