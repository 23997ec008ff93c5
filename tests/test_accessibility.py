"""Every state of the page, in light, dark and forced colours, as axe-core sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("playwright.sync_api")

from axe import AXE, NO_AXE, violations
from driving import WAIT_MS, Driver, launched, shot
from page_fixtures import NO_BROWSER, ROOT, Served, find_browser, served
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.skipif(find_browser() is None, reason=NO_BROWSER),
    pytest.mark.skipif(not AXE.is_file(), reason=NO_AXE),
]

# Short, so that looking at all of it is quick; it has lists, code and tables.
TALK = ROOT / "tests" / "talks" / "payments-api.txt"
FACT, LIST, CODE, TABLE = "lines 55-55", "lines 23-25", "lines 84-86", "lines 217-223"
SCHEMES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "forced_colors": "none"},
    "dark": {"color_scheme": "dark", "forced_colors": "none"},
    "forced colours": {"color_scheme": "light", "forced_colors": "active"},
}
DEVICES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "kiosk": {"viewport": {"width": 1080, "height": 1920}, "has_touch": True},
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def canned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("accessible")
    with served(folder, "--canned", "--source", str(TALK)) as running:
        yield running


class Inspector:
    """Looks at one page state by state; a page is opened once, for opening takes longest."""

    def __init__(self, browser: Browser, device: str) -> None:
        context = browser.new_context(**DEVICES[device], reduced_motion="reduce")
        self.driver = Driver(context.new_page())
        self.found: list[str] = []
        self._device = device

    @property
    def page(self) -> Page:
        return self.driver.page

    def look(self, state: str) -> None:
        """Note every violation of the state that the page is in; keep pictures of it."""
        for name, scheme in SCHEMES.items():
            self.page.emulate_media(**scheme)
            self.found += [f"{state}, {name}: {violation}" for violation in violations(self.page)]
            shot(self.page, f"{self._device} {state} {name}".replace(" ", "-"))
        self.page.emulate_media(**SCHEMES["light"])

    def check(self) -> None:
        """Fail with all that was found, a line each; nothing more can be looked at."""
        self.page.context.close()  # a server that has a page open takes its time to stop
        if self.found:
            pytest.fail("\n".join(self.found), pytrace=False)


@pytest.fixture
def inspector(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Inspector]:
    inspector = Inspector(browser, getattr(request, "param", "desktop"))
    yield inspector
    inspector.page.context.close()  # a second time, unless the test failed before its check


@pytest.mark.parametrize("inspector", ["desktop", "phone"], indirect=True)
def test_a_conversation(inspector: Inspector, canned: Served) -> None:
    driver = inspector.driver.open(canned.url)
    inspector.look("start")
    for question in (CODE, LIST, TABLE, FACT):
        driver.ask(question)
    inspector.look("answer")
    driver.choose()
    inspector.look("transcript")
    inspector.page.keyboard.press("Escape")
    driver.ask("What does it cost?")
    inspector.look("no answer")
    driver.ask("crash")
    inspector.look("error")
    inspector.page.goto(f"{canned.url}/operator")
    expect(inspector.page.get_by_role("heading", name="Operator")).to_be_visible()
    inspector.look("operator")
    inspector.check()


@pytest.mark.parametrize("inspector", ["kiosk"], indirect=True)
def test_a_kiosk(inspector: Inspector, tmp_path: Path) -> None:
    with served(tmp_path, "--canned", "--kiosk", "--source", str(TALK)) as running:
        inspector.driver.arrive(running.url)
        inspector.look("start")
        inspector.driver.wake()
        inspector.driver.ask(FACT)
        inspector.look("answer")
        inspector.check()


@pytest.mark.parametrize(("zoom", "width", "height"), [("200%", 720, 450), ("400%", 320, 256)])
def test_an_enlarged_page_is_whole(
    browser: Browser, canned: Served, zoom: str, width: int, height: int
) -> None:
    """A window of 1,440 by 900 (for 400%: of 1,280 by 1,024), enlarged: WCAG 1.4.4 and 1.4.10."""
    page = browser.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
    driver = Driver(page).open(canned.url)
    driver.ask(LIST)
    for item in driver.turns.last.get_by_role("listitem").all():
        item.scroll_into_view_if_needed()
        expect(item).to_be_in_viewport(ratio=0.9)
    driver.box.focus()
    expect(driver.box).to_be_in_viewport()
    assert driver.choose().seen
    for part in ("html", "#kq-main", "#conversation"):
        wide, seen = page.locator(part).evaluate("part => [part.scrollWidth, part.clientWidth]")
        assert wide <= seen, part
    shot(page, f"enlarged-{zoom.rstrip('%')}")
    page.close()


def test_before_questions_can_be_asked(inspector: Inspector, tmp_path: Path) -> None:
    with served(tmp_path, "--canned", "--gate", path="/healthz") as running:
        inspector.page.goto(running.url)
        expect(inspector.page.locator(".status")).to_be_visible(timeout=WAIT_MS)
        # What Gradio shows until it shows the page goes a moment after that.
        expect(inspector.page.get_by_text("Loading...", exact=True)).to_have_count(0)
        inspector.look("loading")
        running.tell("fail")
        expect(inspector.page.get_by_role("alert")).to_be_visible(timeout=WAIT_MS)
        inspector.look("failed")
        inspector.check()
