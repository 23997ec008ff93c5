"""The page as a program uses it: found by the names that a screen reader says, timed within.

Whatever the page is made of, it is driven through its contract: a textbox "Ask about the keynote",
a log whose turns are `.turn` with a `.turn-body` once answered, sources that are buttons named
"Source 1…", and a region "Transcript" in which the quotation stands in a `<mark>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from page_fixtures import BROWSER_ARGS, ROOT, find_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Locator, Page

SCREENSHOTS = ROOT / "screenshots"
WAIT_MS = 60_000  # a slow, busy machine
_DRIVER = (ROOT / "tests" / "driver.js").read_text("utf-8")
# Not typed: the browser would keep what is needed to undo it, and that is not the page's doing.
_PUT = """
(box, text) => {
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}
"""


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser of its own, until the block ends."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_ARGS)
        yield browser
        browser.close()


def shot(page: Page, name: str) -> Path:
    """Keep what the page shows now as `screenshots/NAME.png`, a folder that git ignores."""
    path = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=path)  # makes the folder
    return path


@dataclass(frozen=True, slots=True)
class Timed:
    """Milliseconds from what the visitor did to what came of it, and whether it is in view."""

    ms: float
    seen: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """What the browser holds for the page after its rubbish is collected."""

    heap_bytes: int
    nodes: int
    """All that are held, also those that are no longer in the document."""
    listeners: int
    elements: int
    """Those in the document."""


class Driver:
    """One page: asks, chooses sources, and tells how long it took and what it holds."""

    def __init__(self, page: Page) -> None:
        page.add_init_script(_DRIVER)
        self.page = page
        self.box = page.get_by_role("textbox", name="Ask about the keynote", exact=True)
        self.log = page.get_by_role("log")
        self.turns = self.log.locator(".turn")
        self.transcript = page.get_by_role("region", name="Transcript")
        self._region = page.get_by_role("region", name="Transcript", include_hidden=True)
        self._devtools: CDPSession | None = None

    def arrive(self, url: str) -> None:
        """Go there, and wait until the talk is there."""
        self.page.goto(url)
        self.ready()

    def ready(self) -> None:
        """Wait until the talk is there, and with it whoever answers."""
        # On a narrow window it is hidden until it is opened.
        self._region.wait_for(state="attached", timeout=WAIT_MS)

    def wake(self) -> None:
        """Touch a screen that waits for visitors, so that a question can be asked."""
        if not self.box.is_visible() or not self.box.evaluate("box => keynoteQADriver.inView(box)"):
            self.page.mouse.click(2, 2)
        self.box.wait_for(timeout=WAIT_MS)

    def open(self, url: str) -> Driver:
        """Go there, and wait until a question can be asked."""
        self.arrive(url)
        self.wake()
        return self

    def ask(self, question: str) -> Timed:
        """Put a question into the box, press Enter, wait for what it gets."""
        self.box.evaluate(_PUT, question)
        self.page.evaluate("keynoteQADriver.expectAnswer()")
        self.box.press("Enter")
        return self._outcome()

    def source(self, n: int = 1) -> Locator:
        """The n-th source of the latest turn."""
        return self.turns.last.get_by_role("button", name=re.compile(rf"^Source {n}\b")).first

    def choose(self, n: int = 1) -> Timed:
        """Click on the n-th source of the latest turn, wait for the mark."""
        self._region.evaluate("region => keynoteQADriver.expectMark(region)")
        self.source(n).click()
        return self._outcome()

    def shifted(self) -> dict[str, Any]:
        """How far the page moved by itself since this was asked last: `driver.js` tells."""
        told: dict[str, Any] = self.page.evaluate("keynoteQADriver.shifted()")
        return told

    def counts(self) -> Counts:
        """Collect the rubbish and count what is left."""
        if self._devtools is None:
            self._devtools = self.page.context.new_cdp_session(self.page)
            self._devtools.send("Performance.enable")
        elements = self.page.evaluate("document.querySelectorAll('*').length")
        for _ in range(2):  # what the first finds unused may have held more
            self._devtools.send("HeapProfiler.collectGarbage")
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        found = {metric["name"]: int(metric["value"]) for metric in metrics}
        return Counts(
            found["JSHeapUsedSize"], found["Nodes"], found["JSEventListeners"], int(elements)
        )

    def _outcome(self) -> Timed:
        return Timed(**self.page.evaluate("keynoteQADriver.outcome()"))
