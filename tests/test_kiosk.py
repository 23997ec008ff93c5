"""An unattended screen: what it offers, how it begins anew, and that nobody gets out of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("playwright.sync_api")

from driving import WAIT_MS, Driver, launched, shot
from page_fixtures import NO_BROWSER, ROOT, Served, find_browser, free_port, served
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Route

pytestmark = pytest.mark.skipif(find_browser() is None, reason=NO_BROWSER)

TALK = ROOT / "tests" / "talks" / "payments-api.txt"  # short, so that opening it is quick
FACT, TABLE = "lines 55-55", "lines 217-223"
IDLE_S, COUNTDOWN_S = 60, 10
LANDSCAPE, PORTRAIT, SMALL = (1920, 1080), (1080, 1920), (1280, 800)


class Kiosk:
    """A screen in a hall, touched with fingers, whose clock the test can turn."""

    def __init__(self, page: Page) -> None:
        page.clock.install()
        # The server does not run by this clock: an hour in which it says nothing has not passed.
        page.add_init_script("AbortSignal.timeout = () => new AbortController().signal;")
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console", lambda message: message.type == "error" and self.errors.append(message.text)
        )
        self.driver = Driver(page)
        self.box = self.driver.box
        self.turns = self.driver.turns
        self.attract = page.get_by_role("dialog", name="Welcome")
        self.offered = self.attract.get_by_role("listitem").get_by_role("button")
        self.keys = page.get_by_role("region", name="Keyboard")
        self.countdown = page.get_by_role("alertdialog", name="Still there?")

    def arrive(self, url: str) -> Kiosk:
        self.driver.arrive(url)
        expect(self.attract).to_be_visible(timeout=WAIT_MS)
        return self

    def enter(self, url: str) -> Kiosk:
        """Arrive, and touch the screen beside everything on it."""
        self.arrive(url).page.touchscreen.tap(4, 4)
        expect(self.attract).to_have_count(0)
        return self

    def key(self, name: str) -> Locator:
        return self.keys.get_by_role("button", name=name, exact=True)

    def tap_keys(self, *names: str) -> None:
        for name in names:
            self.key(name).tap()

    def touch(self, part: Locator) -> None:
        """Put a finger on a part, whatever becomes of it then."""
        box = part.bounding_box()
        assert box
        self.page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def leave_alone(self, seconds: float) -> None:
        """Let time pass, as it does for a screen that nobody comes to."""
        self.page.clock.run_for(int(seconds * 1000))

    def top(self, part: Locator) -> float:
        return float(part.evaluate("part => part.getBoundingClientRect().top"))

    def bottom(self, part: Locator) -> float:
        return float(part.evaluate("part => part.getBoundingClientRect().bottom"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("kiosk")
    with served(folder, "--canned", "--kiosk", "--source", str(TALK)) as running:
        yield running


@contextmanager
def opened(
    browser: Browser, size: tuple[int, int] = LANDSCAPE, *, flawless: bool = True, **more: Any
) -> Iterator[Kiosk]:
    """A screen of its own; fails if the page met an error, unless it is not `flawless`."""
    options: dict[str, Any] = {"has_touch": True, "reduced_motion": "reduce", **more}
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
    screen = Kiosk(context.new_page())
    yield screen
    context.close()
    if flawless:
        assert screen.errors == []


@pytest.fixture
def kiosk(browser: Browser) -> Iterator[Kiosk]:
    with opened(browser) as screen:
        yield screen


@pytest.mark.parametrize(
    ("size", "scheme"), [(LANDSCAPE, "light"), (PORTRAIT, "dark"), (SMALL, "dark")], ids=str
)
def test_a_visitor_comes_and_goes(
    browser: Browser, server: Served, size: tuple[int, int], scheme: str
) -> None:
    with opened(browser, size, color_scheme=scheme) as kiosk:
        kiosk.arrive(server.url)
        title = kiosk.page.locator("#kq-masthead h1").text_content() or ""
        expect(kiosk.attract.get_by_role("heading", name=title, level=1)).to_be_visible()
        expect(kiosk.attract).to_be_focused()
        expect(kiosk.page.locator("gradio-app")).to_have_attribute("inert", "")
        shot(kiosk.page, f"kiosk {size[0]} attract".replace(" ", "-"))

        question = kiosk.offered.first.inner_text()
        kiosk.offered.first.tap()
        expect(kiosk.attract).to_have_count(0)
        expect(kiosk.turns.locator(".turn-body")).to_have_count(1, timeout=WAIT_MS)
        expect(kiosk.turns.locator(".question")).to_contain_text(question)
        expect(kiosk.keys).to_be_hidden()

        kiosk.leave_alone(IDLE_S + 2)
        expect(kiosk.countdown).to_contain_text("8 seconds")
        expect(kiosk.countdown.get_by_role("button", name="I am still here")).to_be_focused()
        shot(kiosk.page, f"kiosk {size[0]} countdown".replace(" ", "-"))
        kiosk.leave_alone(COUNTDOWN_S - 2)
        expect(kiosk.countdown).to_have_count(0)
        expect(kiosk.attract).to_be_visible()
        expect(kiosk.turns).to_have_count(0)


def test_questions_take_turns(browser: Browser, server: Served) -> None:
    with opened(browser, reduced_motion="no-preference") as kiosk:
        kiosk.arrive(server.url)
        starters = kiosk.page.locator(".starter").all_text_contents()
        seen: set[str] = set()
        for _ in starters:
            shown = kiosk.offered.locator("span:not(.attract-fading)").all_text_contents()
            assert len(set(shown)) == len(shown)
            seen.update(shown)
            kiosk.leave_alone(7)
        assert seen == set(starters)
        expect(kiosk.page.locator(".attract-fading")).to_have_count(0)  # they fade, and go

        # The server may name more of them than the page begins with.
        kiosk.page.locator(".welcome").evaluate(
            "welcome => { welcome.dataset.questions = JSON.stringify(['Why?', 'Who?']); }"
        )
        kiosk.page.evaluate("keynoteQA.clear()")
        expect(kiosk.offered).to_have_text(["Why?", "Who?"])


def test_a_key_leads_to_the_box(kiosk: Kiosk, server: Served) -> None:
    kiosk.arrive(server.url)
    kiosk.page.keyboard.press("Tab")
    expect(kiosk.offered.first).to_be_focused()
    kiosk.page.keyboard.type("lines 55-55")
    expect(kiosk.attract).to_have_count(0)
    expect(kiosk.box).to_have_value("lines 55-55")


@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT, SMALL], ids=str)
def test_a_question_by_the_keyboard_on_the_screen(
    browser: Browser, server: Served, size: tuple[int, int]
) -> None:
    with opened(browser, size) as kiosk:
        kiosk.arrive(server.url)
        kiosk.attract.get_by_role("button", name="Ask your own question").tap()
        expect(kiosk.keys).to_be_visible()
        expect(kiosk.box).to_be_focused()
        assert kiosk.bottom(kiosk.box) < kiosk.top(kiosk.keys)
        assert kiosk.bottom(kiosk.keys) == size[1]
        kiosk.tap_keys("Capitals", *"lines", "Space", "Numbers", *"55-55")
        expect(kiosk.box).to_have_value("lines 55-55")
        expect(kiosk.box).to_be_focused()
        kiosk.key("Ask").tap()
        expect(kiosk.keys).to_be_hidden()
        answer = kiosk.turns.last.locator(".answer")
        expect(answer).to_be_visible(timeout=WAIT_MS)
        expect(kiosk.box).to_have_value("")

        kiosk.box.tap()
        expect(kiosk.keys).to_be_visible()
        shot(kiosk.page, f"kiosk {size[0]} keyboard".replace(" ", "-"))
        log = kiosk.driver.log
        assert kiosk.bottom(log) <= kiosk.top(kiosk.box) < kiosk.bottom(kiosk.box)
        assert kiosk.bottom(kiosk.box) < kiosk.top(kiosk.keys)
        assert kiosk.top(log) <= kiosk.top(answer)
        assert kiosk.bottom(answer) <= kiosk.bottom(log)
        kiosk.driver.source().tap()  # whoever looks something up does not write
        expect(kiosk.keys).to_be_hidden()


def test_keys(kiosk: Kiosk, server: Served) -> None:
    kiosk.enter(server.url)
    expect(kiosk.box).to_be_focused()
    expect(kiosk.keys).to_be_hidden()  # only a touch calls it
    kiosk.box.tap()
    kiosk.tap_keys("W", "h", "o", "?")
    expect(kiosk.box).to_have_value("Who?")
    kiosk.box.evaluate("box => box.setSelectionRange(1, 3)")
    kiosk.tap_keys("Delete", "i", "'", ",")
    expect(kiosk.box).to_have_value("Wi',?")
    assert kiosk.box.evaluate("box => box.selectionStart") == 4
    kiosk.box.evaluate("box => { box.value = '🦄'; box.setSelectionRange(2, 2); }")
    kiosk.key("Delete").tap()
    expect(kiosk.box).to_have_value("")
    expect(kiosk.key("Capitals")).to_have_attribute("aria-pressed", "true")
    kiosk.key("Hide the keyboard").tap()
    expect(kiosk.keys).to_be_hidden()

    search = kiosk.driver.transcript.get_by_role("searchbox")
    search.tap()
    kiosk.tap_keys("T", "h", "e")
    expect(kiosk.driver.transcript.locator(".search-count")).to_contain_text("1 of ")
    assert kiosk.bottom(search) < kiosk.top(kiosk.keys)
    kiosk.page.keyboard.press("x")  # somebody has a real one
    expect(kiosk.keys).to_be_hidden()
    expect(search).to_have_value("Thex")


def test_a_held_key_deletes_on(kiosk: Kiosk, server: Served) -> None:
    kiosk.enter(server.url)
    kiosk.box.fill("a long question")
    kiosk.box.tap()
    kiosk.key("Delete").hover()
    kiosk.page.mouse.down()
    kiosk.page.clock.run_for(3000)
    expect(kiosk.box).to_have_value("")
    kiosk.page.mouse.up()
    kiosk.box.fill("kept")
    kiosk.page.clock.run_for(3000)
    expect(kiosk.box).to_have_value("kept")


def test_keys_of_another_language(browser: Browser, server: Served) -> None:
    with opened(browser, locale="de-DE") as kiosk:
        kiosk.page.goto(server.url)
        kiosk.page.get_by_role("button", name="Eine eigene Frage stellen").tap(timeout=WAIT_MS)
        keys = kiosk.page.get_by_role("region", name="Tastatur").get_by_role("button")
        letters = "".join(text for text in keys.all_text_contents() if len(text) == 1)
        assert letters == "QWERTZUIOPÜASDFGHJKLÖÄYXCVBNMß,'?"


CANCELS = {
    "button": lambda kiosk: kiosk.touch(kiosk.countdown.get_by_role("button")),
    "touch": lambda kiosk: kiosk.page.touchscreen.tap(4, 4),
    "touch of a button": lambda kiosk: kiosk.touch(kiosk.page.locator("#kq-send")),
    "key": lambda kiosk: kiosk.page.keyboard.press("Enter"),
    "wheel": lambda kiosk: kiosk.page.mouse.wheel(0, 40),
    "mouse": lambda kiosk: kiosk.page.mouse.move(300, 300),
    "scroll": lambda kiosk: kiosk.driver.transcript.locator(".transcript-scroll").evaluate(
        "view => { view.scrollTop = 50; }"
    ),
}


def test_whatever_a_visitor_does_stops_the_countdown(kiosk: Kiosk, server: Served) -> None:
    kiosk.enter(server.url)
    kiosk.driver.ask(FACT)
    kiosk.box.fill("half a question")
    kiosk.leave_alone(IDLE_S - 2)
    for cancel in CANCELS.values():
        kiosk.leave_alone(3)
        expect(kiosk.countdown).to_be_visible()
        cancel(kiosk)
        expect(kiosk.countdown).to_have_count(0)
        kiosk.leave_alone(IDLE_S - 2)
        expect(kiosk.countdown).to_have_count(0)
        expect(kiosk.box).to_have_value("half a question")
        expect(kiosk.turns).to_have_count(1)  # the key asked nothing


def test_no_end_while_somebody_waits_writes_or_listens(kiosk: Kiosk, server: Served) -> None:
    kiosk.enter(server.url)
    kiosk.driver.ask(FACT)
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    kiosk.page.route("**/keynote-qa/turn", hold)
    kiosk.box.fill(TABLE)
    kiosk.box.press("Enter")
    expect(kiosk.page.locator(".waiting")).to_be_visible()
    kiosk.leave_alone(2 * IDLE_S)
    expect(kiosk.countdown).to_have_count(0)
    waiting[0].continue_()
    expect(kiosk.turns.locator(".turn-body")).to_have_count(2, timeout=WAIT_MS)

    for letter in "who":
        kiosk.leave_alone(IDLE_S - 5)
        kiosk.page.keyboard.press(letter)
        expect(kiosk.countdown).to_have_count(0)
    expect(kiosk.box).to_have_value("who")

    speak = "on => Object.defineProperty(speechSynthesis, 'speaking', {value: on, writable: true})"
    kiosk.page.evaluate(speak, True)
    kiosk.leave_alone(2 * IDLE_S)
    expect(kiosk.countdown).to_have_count(0)
    kiosk.page.evaluate("speechSynthesis.speaking = false")
    kiosk.leave_alone(IDLE_S + 1)
    expect(kiosk.countdown).to_be_visible()
    # What hangs keeps nobody's words for ever.
    kiosk.page.evaluate("speechSynthesis.speaking = true")
    kiosk.leave_alone(1)
    expect(kiosk.countdown).to_have_count(0)
    kiosk.leave_alone(400)
    expect(kiosk.attract).to_be_visible()


KEPT = """
async () => ({
  turns: document.querySelectorAll(".turn").length,
  marks: document.querySelectorAll("mark, .cited, [aria-current=true]").length,
  fields: [...document.querySelectorAll("textarea, input")].map((field) => field.value).join(""),
  dialogs: document.querySelectorAll("dialog").length,
  aloud: document.querySelectorAll("[data-action=aloud][aria-pressed=true]").length,
  said: document.querySelector("#announcer").textContent,
  scrolled: [...document.querySelectorAll("*")].filter((one) => one.scrollTop || one.scrollLeft)
    .map((one) => one.className || one.id),
  found: CSS.highlights.size,
  stored: localStorage.length + sessionStorage.length + (await caches.keys()).length,
  cookies: document.cookie,
  hash: location.hash,
  selected: String(getSelection()),
  back: document.querySelectorAll("[data-action=back-to-answer]:not([hidden])").length,
})
"""


def test_nothing_of_the_last_visitor_stays(kiosk: Kiosk, server: Served) -> None:
    kiosk.arrive(server.url)
    page = kiosk.page
    fresh = page.evaluate(KEPT)
    page.touchscreen.tap(4, 4)
    kiosk.driver.ask(TABLE)
    kiosk.driver.ask(FACT)
    kiosk.driver.transcript.get_by_role("searchbox").fill("the")
    expect(kiosk.driver.transcript.locator(".search-count")).to_contain_text(" of ")
    kiosk.driver.choose()
    page.evaluate(
        """async () => {
          localStorage.setItem("a", "b");
          sessionStorage.setItem("a", "b");
          await caches.open("a");
          location.hash = "#p3";
          document.querySelector(".transcript-scroll").scrollTop = 300;
        }"""
    )
    page.get_by_role("button", name="Card").last.tap()
    expect(page.get_by_role("dialog", name="Card")).to_be_visible()
    page.get_by_role("button", name="Close").last.tap()
    kiosk.box.tap()
    page.keyboard.type("my own words")
    left = page.evaluate(KEPT)
    assert {name for name in left if left[name] != fresh[name]} >= {
        "turns", "marks", "fields", "scrolled", "found", "stored", "hash", "back",
    }  # fmt: skip

    kiosk.leave_alone(IDLE_S + COUNTDOWN_S + 1)
    expect(kiosk.attract).to_be_visible()
    page.wait_for_function(f"async () => ({KEPT.strip()})().then((kept) => kept.stored === 0)")
    assert page.evaluate(KEPT) == fresh
    page.touchscreen.tap(4, 4)
    for keys in ("ArrowUp", "Control+z"):  # neither the page recalls it, nor the browser
        page.keyboard.press(keys)
        expect(kiosk.box).to_have_value("")
    with page.expect_request("**/keynote-qa/turn") as asked:
        kiosk.driver.ask(FACT)
    assert asked.value.post_data_json["history"] == []
    kiosk.errors.clear()  # that the address leads to no place in this talk


def test_a_card_is_taken_away(kiosk: Kiosk, server: Served) -> None:
    kiosk.enter(server.url)
    kiosk.driver.ask(FACT)
    kiosk.page.get_by_role("button", name="Card").tap()
    card = kiosk.page.get_by_role("dialog", name="Card")
    expect(card).to_be_visible()
    kiosk.leave_alone(IDLE_S + 1)
    expect(kiosk.countdown).to_be_visible()
    kiosk.leave_alone(COUNTDOWN_S)
    expect(card).to_have_count(0)
    expect(kiosk.attract).to_be_focused()
    kiosk.errors.clear()


def test_a_card_that_is_late_is_not_shown_to_the_next(kiosk: Kiosk, server: Served) -> None:
    kiosk.enter(server.url)
    kiosk.driver.ask(FACT)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    kiosk.page.route("**/keynote-qa/qr", hold)
    for _ in range(2):  # it takes a while, so it is touched again
        with kiosk.page.expect_request("**/keynote-qa/qr"):
            kiosk.page.get_by_role("button", name="Card").tap()
    kiosk.page.get_by_role("button", name="Start over").tap()
    expect(kiosk.attract).to_be_visible()
    for route in held:
        with kiosk.page.expect_response("**/keynote-qa/qr"):
            route.continue_()
    kiosk.page.touchscreen.tap(4, 4)
    kiosk.driver.ask(FACT)  # by then whatever was to come has come
    expect(kiosk.page.locator("dialog.card")).to_have_count(0)


def test_start_over(kiosk: Kiosk, server: Served) -> None:
    kiosk.enter(server.url)
    kiosk.driver.ask(FACT)
    kiosk.page.get_by_role("button", name="Start over").tap()
    expect(kiosk.attract).to_be_visible()
    expect(kiosk.turns).to_have_count(0)


def test_who_did_nothing_is_not_asked(kiosk: Kiosk, server: Served) -> None:
    kiosk.enter(server.url)
    kiosk.leave_alone(IDLE_S - 2)
    expect(kiosk.attract).to_have_count(0)
    kiosk.leave_alone(3)
    expect(kiosk.attract).to_be_visible()
    expect(kiosk.countdown).to_have_count(0)


def test_a_machine_that_slept_wakes_up_past_the_end(kiosk: Kiosk, server: Served) -> None:
    kiosk.enter(server.url)
    kiosk.driver.ask(FACT)
    kiosk.page.clock.fast_forward("08:00:00")  # each timer comes once, as after a sleep
    expect(kiosk.attract).to_be_visible()
    expect(kiosk.turns).to_have_count(0)

    kiosk.page.touchscreen.tap(4, 4)
    kiosk.driver.ask(FACT)
    now = kiosk.page.evaluate("Date.now()")
    kiosk.page.clock.pause_at(now / 1000 + 1)
    # The first touch comes before any timer: it finds nothing of the night before.
    place = kiosk.driver.source().bounding_box()
    assert place
    kiosk.page.clock.set_system_time(now / 1000 + 8 * 3600)
    kiosk.page.touchscreen.tap(place["x"] + 5, place["y"] + 5)
    expect(kiosk.attract).to_be_visible()
    expect(kiosk.turns).to_have_count(0)


def test_no_way_out(browser: Browser, server: Served) -> None:
    for size in (LANDSCAPE, PORTRAIT):
        with opened(browser, size) as kiosk:
            kiosk.arrive(server.url)
            small = _small(kiosk.page)
            kiosk.attract.get_by_role("button", name="Ask your own question").tap()
            kiosk.driver.ask(TABLE)
            kiosk.box.tap()
            kiosk.driver.choose()
            small += _small(kiosk.page)
            kiosk.leave_alone(IDLE_S + 1)
            small += _small(kiosk.page)
            assert small == []
    with opened(browser) as kiosk:
        kiosk.enter(server.url)
        kiosk.driver.ask(FACT)
        page = kiosk.page
        for event in ("contextmenu", "dragstart", "auxclick"):
            stopped = """(part, event) => !part.dispatchEvent(
              new MouseEvent(event, { bubbles: true, cancelable: true }))"""
            assert page.locator(".answer").evaluate(stopped, event), event
        page.locator(".answer").dblclick()
        assert page.evaluate("String(getSelection())") == ""
        assert page.locator("a:visible:not([href^='#'])").count() == 0
        for name in ("Copy", "Markdown", "Save", "Print", "New conversation"):
            expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
        expect(page.locator("footer:visible, #kq-footnote:visible")).to_have_count(0)
        page.mouse.move(400, 400)
        page.mouse.wheel(0, 4000)
        page.keyboard.down("Control")
        page.mouse.wheel(0, -400)
        page.keyboard.up("Control")
        assert page.evaluate("[scrollX, scrollY, visualViewport.scale]") == [0, 0, 1]
        root = "getComputedStyle(document.documentElement)"
        assert page.evaluate(f"{root}.overscrollBehavior + {root}.overflow") == "nonehidden"
        # Read from two metres: on such a screen nothing is smaller than this.
        sizes = page.locator(".turn :visible, #kq-box :visible").evaluate_all(
            """all => all.filter((one) => [...one.childNodes].some((node) => node.data?.trim()))
              .map((one) => parseFloat(getComputedStyle(one).fontSize))"""
        )
        assert min(sizes) >= 22


def _small(page: Page) -> list[str]:
    """What can be touched, and is less than 48 pixels high or wide."""
    told: list[str] = page.locator("button, a[href], input, textarea").evaluate_all(
        """all => all.filter((one) => one.checkVisibility({visibilityProperty: true}))
          .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
          .filter(([, box]) => box.width && (box.height < 48 || box.width < 48))
          .map(([html, box]) => `${html}: ${box.width} x ${box.height}`)"""
    )
    return told


def test_a_server_that_comes_back(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    arguments = ("--canned", "--kiosk", "--source", str(TALK))
    with (
        opened(browser, flawless=False) as waiting,
        opened(browser, PORTRAIT, flawless=False) as used,
    ):
        screens = (waiting, used)
        with served(tmp_path, *arguments, port=port) as running:
            waiting.arrive(running.url)
            used.enter(running.url).driver.ask(FACT)
            waiting.page.evaluate("window.before = true")
        for kiosk in screens:
            kiosk.page.clock.run_for(20_000)
            expect(kiosk.page.locator(".banner")).to_have_text(
                "The server cannot be reached. Trying again…"
            )
        with served(tmp_path, *arguments, port=port):
            for kiosk in screens:
                expect(kiosk.page.locator(".banner")).to_have_count(0, timeout=WAIT_MS)
            # Nobody is there: the page is fetched anew, with whatever the server now has.
            waiting.page.wait_for_function("!window.before", timeout=WAIT_MS)
            expect(waiting.attract).to_be_visible(timeout=WAIT_MS)
            waiting.offered.first.tap()
            expect(waiting.turns.locator(".turn-body")).to_have_count(1, timeout=WAIT_MS)
            # Somebody is: what they asked stays, and they can ask on.
            expect(used.turns.locator(".answer")).to_have_count(1)
            used.driver.ask(TABLE)
            expect(used.turns.locator(".answer")).to_have_count(2)
            expect(used.page.locator(".toast-body:visible")).to_have_count(0)
            used.page.evaluate("window.before = true")
            used.page.get_by_role("button", name="Start over").tap()
            used.page.wait_for_function("!window.before", timeout=WAIT_MS)
            expect(used.attract).to_be_visible(timeout=WAIT_MS)
            used.page.reload()
            expect(used.attract).to_be_visible(timeout=WAIT_MS)
            for kiosk in screens:
                kiosk.page.context.close()  # a server that has a page open takes its time to stop
