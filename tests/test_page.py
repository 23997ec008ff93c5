"""The page in a real browser: what a visitor does, by mouse, by keyboard and on a phone."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytest.importorskip("playwright.sync_api")

from page_fixtures import (
    BROWSER_ARGS,
    NO_BROWSER,
    ROOT,
    Served,
    environment,
    find_browser,
    served,
)
from playwright.sync_api import Browser, Locator, Page, Route, expect, sync_playwright

pytestmark = pytest.mark.skipif(find_browser() is None, reason=NO_BROWSER)

QUESTION = "How many requests per second does Thomson Reuters process?"
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
WAIT_MS = 60_000  # a slow, busy machine


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The real assistant over the talk that comes with the package."""
    folder = tmp_path_factory.mktemp("page")
    with served(folder, "--index", str(folder / "index")) as running:
        yield running


@pytest.fixture(scope="module")
def canned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The same page over an assistant without a model, which quotes the lines it is told."""
    with served(tmp_path_factory.mktemp("canned"), "--canned") as running:
        yield running


class Visit:
    """A page that was opened, every request it made, and every error it met."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda socket: self.requests.append(socket.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console", lambda message: message.type == "error" and self.errors.append(message.text)
        )
        self.box = page.get_by_role("textbox", name="Ask about the keynote", exact=True)
        self.log = page.get_by_role("log")
        self.transcript = page.get_by_role("region", name="Transcript")
        self.marks = self.transcript.locator("mark")
        self.answers = page.locator(".turn-body")

    def open(self, url: str) -> Visit:
        self.page.goto(url)
        expect(self.page.locator(".starter").first).to_be_visible(timeout=WAIT_MS)
        return self

    def ask(self, question: str) -> Locator:
        """Type a question, press Enter, wait for what it gets."""
        before = self.answers.count()
        self.box.fill(question)
        self.box.press("Enter")
        expect(self.answers).to_have_count(before + 1, timeout=WAIT_MS)
        return self.answers.last

    def source(self, n: int = 1) -> Locator:
        """The n-th source of the latest answer."""
        return self.answers.last.get_by_role("button", name=re.compile(rf"^Source {n}\b"))


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    visit = Visit(context.new_page())
    yield visit
    context.close()
    assert visit.errors == []


@pytest.fixture
def phone(browser: Browser) -> Iterator[Visit]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        reduced_motion="reduce",
    )
    visit = Visit(context.new_page())
    yield visit
    context.close()
    assert visit.errors == []


def test_question_answer_source_mark(visit: Visit, server: Served) -> None:
    visit.open(server.url)
    answer = visit.ask(QUESTION)
    expect(visit.log).to_contain_text(QUESTION)
    expect(answer.locator(".answer")).to_contain_text("4,000 requests per second")
    expect(visit.box).to_be_focused()
    expect(visit.box).to_have_value("")
    expect(visit.source()).to_have_accessible_name(re.compile(r"^Source 1\b.*\blines? .*2017$"))

    before = len(visit.requests)
    visit.source().click()
    mark = visit.transcript.locator("#L2017 mark")
    expect(mark).to_contain_text("4,000 requests per second")
    expect(mark).to_be_in_viewport(ratio=1)
    expect(visit.marks.first).to_be_focused()
    assert visit.requests[before:] == []
    assert {urlsplit(url).hostname for url in visit.requests} == {"127.0.0.1"}


def test_starting_question_and_new_conversation(visit: Visit, server: Served) -> None:
    visit.open(server.url)
    starters = visit.page.locator(".starter")
    expect(starters).to_have_count(4)
    starters.first.click()
    expect(visit.answers).to_have_count(1, timeout=WAIT_MS)
    expect(visit.log).to_contain_text(QUESTION)
    expect(visit.box).to_be_focused()
    visit.page.get_by_role("button", name="New conversation").click()
    expect(visit.log).to_be_empty()
    expect(starters.first).to_be_visible()


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("", "empty"),
        (" \t ", "empty"),
        ("\x00\x07\x1b\x7f", "empty"),
        ("why? " * 2000, "too long"),
        ("🦄🚀🎉", None),
    ],
    ids=["empty", "blank", "control characters", "10,000 characters", "emoji"],
)
def test_odd_questions_get_a_clear_reply(
    visit: Visit, server: Served, question: str, told: str | None
) -> None:
    visit.open(server.url)
    reply = visit.ask(question)
    if told:
        expect(reply.locator(".notice")).to_contain_text(told)
    else:
        expect(reply.locator(".answer--none")).to_be_visible()
    expect(visit.page.locator(".toast-body")).to_have_count(0)
    expect(visit.box).to_be_focused()
    # The conversation goes on.
    expect(visit.ask(QUESTION).locator(".answer")).to_contain_text("4,000")


def test_keyboard_alone(visit: Visit, canned: Served) -> None:
    visit.open(canned.url)
    keyboard = visit.page.keyboard
    visit.page.locator("body").press("Tab")
    for _ in range(20):
        if visit.box.evaluate("box => box === document.activeElement"):
            break
        keyboard.press("Tab")
    keyboard.type("lines 2017-2017")
    keyboard.press("Enter")
    expect(visit.answers).to_have_count(1, timeout=WAIT_MS)
    expect(visit.box).to_be_focused()
    for _ in range(9):
        keyboard.press("Shift+Tab")
        if visit.source().evaluate("source => source === document.activeElement"):
            break
    expect(visit.source()).to_be_focused()
    keyboard.press("Enter")
    expect(visit.marks.first).to_be_focused()
    keyboard.press("Escape")
    expect(visit.source()).to_be_focused()
    keyboard.press("Space")
    expect(visit.marks).to_have_count(1)
    expect(visit.marks.first).to_be_focused()


@pytest.mark.parametrize(
    ("lines", "marked"),
    [
        ("788-792", ["Wave 1: Training & Amazon Professional Services"]),
        ("549-550", ["URI", "/hello", "1.0ms", "2%", "OK", "URI", "/fanout"]),
        ("1268-1269", ["1 from pyspark.context import SparkContext-"]),
        ("543-543", ["A screenshot of the AWS X-Ray web interface."]),
        ("37-41", ["0. Protect customers at all times", "1. Listen closely"]),
    ],
    ids=["list", "table", "code", "caption", "numbered"],
)
def test_quotations_of_every_kind_are_marked(
    visit: Visit, canned: Served, lines: str, marked: list[str]
) -> None:
    visit.open(canned.url)
    visit.ask(f"lines {lines}")
    visit.source().click()
    expect(visit.marks.first).to_be_focused()
    expect(visit.marks.first).to_be_in_viewport()
    for mark, text in zip(visit.marks.all(), marked, strict=False):
        expect(mark).to_contain_text(text)
    quoted = visit.source().get_attribute("data-quote") or ""
    together = "".join(visit.marks.all_text_contents())
    assert re.sub(r"[\s|]", "", together) == re.sub(r"[\s|]", "", quoted)


def test_every_line_with_content_is_in_the_transcript(visit: Visit, canned: Served) -> None:
    visit.open(canned.url)
    seed = (ROOT / "seeds" / "reinvent-2016-werner-vogels.txt").read_text(encoding="utf-8")
    with_content = [
        number
        for number, line in enumerate(seed.split("\n"), 1)
        if any(character.isalnum() for character in line) and not line.startswith("```")
    ]
    shown = visit.transcript.locator("[id^=L]").evaluate_all("all => all.map(e => e.id)")
    assert len(shown) == len(set(shown))
    assert [number for number in with_content if f"L{number}" not in set(shown)] == []


def test_outline_leads_to_slides(visit: Visit, canned: Served) -> None:
    visit.open(canned.url)
    visit.transcript.get_by_text("Outline", exact=True).click()
    before = len(visit.requests)
    visit.transcript.get_by_role("link", name="AWS Glue", exact=True).first.click()
    slide = visit.transcript.locator(".slide", has=visit.page.locator(":focus"))
    expect(slide).to_contain_text("AWS Glue")
    expect(slide).to_be_in_viewport()
    assert visit.requests[before:] == []
    assert urlsplit(visit.page.url).fragment == ""


def test_one_talk_leaves_nothing_to_choose(visit: Visit, canned: Served) -> None:
    visit.open(canned.url)
    expect(visit.page.get_by_role("combobox")).to_have_count(0)
    expect(visit.page.locator("#kq-scope")).to_have_css("height", "0px")


def test_no_answer_looks_different_and_names_the_nearest(visit: Visit, canned: Served) -> None:
    visit.open(canned.url)
    reply = visit.ask("What does a query in Athena cost?")
    expect(reply.locator(".answer--none p").last).to_have_text("The keynote doesn't say.")
    expect(reply.get_by_role("heading", name="Closest in the talk")).to_be_visible()
    expect(visit.source(3)).to_be_visible()
    visit.source(2).click()
    expect(visit.marks.first).to_be_focused()


def test_history_goes_along_and_ends_with_the_conversation(visit: Visit, canned: Served) -> None:
    visit.open(canned.url)
    visit.ask("lines 5-5")
    visit.ask("")
    expect(visit.ask("history").locator(".answer p")).to_have_text("lines 5-5")
    visit.page.get_by_role("button", name="New conversation").click()
    expect(visit.answers).to_have_count(0)
    visit.ask("lines 6-6")
    expect(visit.ask("history").locator(".answer p")).to_have_text("lines 6-6")


def test_conversations_are_kept_apart(visit: Visit, browser: Browser, canned: Served) -> None:
    visit.open(canned.url)
    other = Visit(browser.new_page()).open(canned.url)
    visit.ask("lines 5-5")
    other.ask("lines 6-6")
    expect(visit.ask("history").locator(".answer p")).to_have_text("lines 5-5")
    expect(other.ask("history").locator(".answer p")).to_have_text("lines 6-6")
    other.page.close()


def test_a_server_that_is_gone_is_said(visit: Visit, tmp_path: Path) -> None:
    with served(tmp_path, "--canned") as running:
        visit.open(running.url)
    visit.box.fill("lines 5-5")
    visit.box.press("Enter")
    expect(visit.log).to_contain_text("could not reach its server", timeout=WAIT_MS)
    expect(visit.box).to_have_value("lines 5-5")
    visit.errors.clear()  # that the connection was refused


def test_unexpected_error_is_a_message(visit: Visit, canned: Served) -> None:
    visit.open(canned.url)
    reply = visit.ask("crash")
    expect(reply).to_contain_text("Something went wrong")
    expect(reply).to_contain_text("the question was not answered")
    assert "RuntimeError: on purpose" in canned.errors.read_text()
    expect(visit.ask("lines 5-5").locator(".answer")).to_be_visible()


def test_the_log_follows_unless_the_visitor_scrolls(visit: Visit, canned: Served) -> None:
    visit.open(canned.url)
    for _ in range(4):
        visit.ask("lines 785-800")
    expect(visit.page.locator(".question").last).to_be_in_viewport()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    visit.page.route("**/keynote-qa/turn", hold)
    visit.box.fill("lines 5-5")
    visit.box.press("Enter")
    expect(visit.page.locator(".waiting")).to_have_count(1)
    visit.log.evaluate("log => { log.scrollTop = 0; }")
    for route in held:
        route.continue_()
    expect(visit.answers).to_have_count(5, timeout=WAIT_MS)
    assert visit.log.evaluate("log => log.scrollTop") == 0


def test_on_a_phone_the_transcript_is_a_drawer(phone: Visit, canned: Served) -> None:
    phone.open(canned.url)
    expect(phone.transcript).to_have_count(0)  # closed: not there for a screen reader either
    phone.ask("lines 2017-2017")
    phone.source().tap()
    expect(phone.transcript).to_be_visible()
    expect(phone.marks.first).to_be_in_viewport(ratio=1)
    expect(phone.marks.first).to_be_focused()
    phone.page.get_by_role("button", name="Close").tap()
    expect(phone.transcript).to_have_count(0)
    expect(phone.source()).to_be_focused()

    phone.page.get_by_role("button", name="Transcript").tap()
    expect(phone.transcript).to_be_visible()
    phone.page.keyboard.press("Escape")
    expect(phone.transcript).to_have_count(0)
    expect(phone.page.get_by_role("button", name="Transcript")).to_be_focused()
    assert phone.page.evaluate("document.documentElement.scrollWidth") == 390


def test_names_and_targets(visit: Visit, canned: Served) -> None:
    visit.open(canned.url)
    visit.ask("lines 2017-2017")
    expect(visit.page.get_by_role("heading", level=1)).to_have_count(1)
    expect(visit.transcript).to_have_count(1)
    expect(visit.page).to_have_title(re.compile("re:Invent"))
    visit.transcript.get_by_text("Outline", exact=True).click()
    targets = visit.page.locator("button:visible, #transcript a:visible, summary:visible")
    sizes = targets.evaluate_all(
        "all => all.map(e => [e.textContent, e.getBoundingClientRect().height])"
    )
    assert [name for name, height in sizes if height < 40] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(browser: Browser, canned: Served, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(canned.url)
    expect(page.locator(".starter").first).to_be_visible(timeout=WAIT_MS)
    pairs = [
        ("--ink", "--paper"), ("--ink", "--sheet"), ("--soft", "--paper"), ("--soft", "--sheet"),
        ("--accent", "--sheet"), ("--accent", "--paper"), ("--on-accent", "--accent"),
        ("--on-accent", "--accent-strong"), ("--on-mark", "--mark"), ("--none", "--none-tint"),
        ("--ink", "--bad-tint"), ("--bad", "--bad-tint"), ("--ink", "--tint"),
    ]  # fmt: skip
    style = "name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()"
    for text, ground in pairs:
        light, dark = sorted(
            (_luminance(page.evaluate(style, name)) for name in (text, ground)), reverse=True
        )
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)
    page.close()


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_markup_is_text(visit: Visit, tmp_path: Path) -> None:
    source = tmp_path / "talk.txt"
    source.write_text(
        f"A Title\n\nThe answer is {HOSTILE} here\n\n- {HOSTILE}\n\n| {HOSTILE} | b |\n\n"
        f"```\n{HOSTILE}\n```\n",
        encoding="utf-8",
    )
    source.with_suffix(".toml").write_text(
        f"title = '''Title {HOSTILE}'''\nquestions = ['''{HOSTILE}''']\n", encoding="utf-8"
    )
    with served(tmp_path, "--canned", "--source", str(source)) as running:
        visit.open(running.url)
        expect(visit.page.get_by_role("heading", level=1)).to_contain_text("<img src=x")
        expect(visit.page.locator(".starter")).to_have_text(HOSTILE)
        visit.ask(HOSTILE)
        expect(visit.page.locator(".question")).to_contain_text(HOSTILE)
        visit.ask("lines 3-11")
        expect(visit.answers.last.locator(".answer")).to_contain_text(HOSTILE)
        visit.source().click()
        expect(visit.marks.first).to_be_focused()
        expect(visit.transcript.locator("#L3")).to_contain_text(HOSTILE)
        assert visit.page.locator("img[src=x]").count() == 0
        assert visit.page.title() != "owned"


def test_headers_and_refusals(visit: Visit, canned: Served) -> None:
    request = visit.page.request
    headers = request.get(canned.url).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "script-src-attr 'none'" in headers["content-security-policy"]
    upload = {"files": {"name": "a.txt", "mimeType": "text/plain", "buffer": b"hello"}}
    assert request.post(f"{canned.url}/gradio_api/upload", multipart=upload).status == 403
    assert request.post(f"{canned.url}/gradio_api/run/predict", data="x" * 300_000).status == 413
    answer = request.get(canned.url, headers={"Origin": "http://elsewhere.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert canned.get("/healthz") == 200


def test_the_page_shows_while_the_assistant_opens(visit: Visit, tmp_path: Path) -> None:
    with served(tmp_path, "--canned", "--gate", path="/healthz") as running:
        visit.page.goto(running.url)
        expect(visit.page.locator(".status")).to_contain_text("Getting ready")
        assert running.get("/readyz") == 503
        visit.box.fill("lines 2017-2017")
        visit.box.press("Enter")
        expect(visit.page.locator(".waiting")).to_contain_text("Getting ready")
        running.tell("open")
        expect(visit.answers).to_contain_text("4,000 requests per second", timeout=WAIT_MS)
        visit.source().click()
        expect(visit.marks.first).to_be_focused()
        running.wait_for("/readyz")


def test_the_page_says_why_the_assistant_did_not_open(visit: Visit, tmp_path: Path) -> None:
    with served(tmp_path, "--canned", "--gate", path="/healthz") as running:
        visit.page.goto(running.url)
        expect(visit.page.locator(".status")).to_contain_text("Getting ready")
        running.tell("fail")
        failure = visit.page.get_by_role("alert").filter(has_text="<b>The model is missing.</b>")
        expect(failure).to_be_visible(timeout=WAIT_MS)
        assert running.get("/readyz") == 503
        assert running.get("/healthz") == 200
        expect(visit.ask("lines 5-5").locator(".notice")).to_contain_text("The model is missing")


@pytest.mark.parametrize("taken", [True, False], ids=["taken", "malformed"])
def test_a_port_that_cannot_be_used(canned: Served, taken: bool) -> None:
    port = canned.url.rpartition(":")[2] if taken else "78x"
    done = subprocess.run(
        [sys.executable, str(ROOT / "app.py")],
        env=environment(GRADIO_SERVER_PORT=port),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert port in done.stderr
    assert "GRADIO_SERVER_PORT" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
