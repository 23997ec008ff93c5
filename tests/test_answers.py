"""What a visitor can do with an answer on the page, and with the transcript beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytest.importorskip("playwright.sync_api")

from driving import Driver
from page_fixtures import NO_BROWSER, Served, find_browser, served
from playwright.sync_api import Browser, Page, Route, expect
from test_page import WAIT_MS, Visit, browser, canned, phone, visit  # noqa: F401

pytestmark = pytest.mark.skipif(find_browser() is None, reason=NO_BROWSER)

TURN = "**/keynote-qa/turn"


@pytest.fixture
def german(browser: Browser) -> Iterator[Visit]:  # noqa: F811
    context = browser.new_context(locale="de-DE", viewport={"width": 1280, "height": 800})
    yield Visit(context.new_page())
    context.close()


class Held:
    """Questions that are held back on their way to the server until they are let go."""

    def __init__(self, page: Page) -> None:
        self.routes: list[Route] = []
        page.route(TURN, self._hold)

    def _hold(self, route: Route) -> None:
        self.routes.append(route)

    def wait_for(self, page: Page, count: int) -> None:
        for _ in range(200):
            if len(self.routes) >= count:
                return
            page.wait_for_timeout(20)
        raise AssertionError(f"{len(self.routes)} questions came, not {count}")

    def release(self) -> None:
        for route in self.routes:
            route.continue_()
        self.routes.clear()


def test_the_fact_comes_first_then_its_quotation(visit: Visit, canned: Served) -> None:  # noqa: F811
    visit.open(canned.url)
    answer = visit.ask("fact 4,000 requests per second in lines 2017-2017")
    expect(answer.locator(".fact")).to_have_text("4,000 requests per second")
    expect(answer.locator(".quotation")).to_contain_text("Thomson Reuters processes 4,000")
    expect(answer.locator(".quotation .said")).to_have_text("4,000 requests per second")
    expect(answer.locator(".sureness")).to_have_text("Sure")
    expect(visit.source().locator(".where")).to_have_text("Massive Scale Achieved")
    large, small = (
        answer.locator(part).evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
        for part in (".fact", ".quotation")
    )
    assert large > small


def test_two_quotations_bear_the_numbers_of_their_sources(visit: Visit, canned: Served) -> None:  # noqa: F811
    visit.open(canned.url)
    parts = visit.ask("lines 2017-2017 and 5-7").locator(".answer .part")
    expect(parts).to_have_text(
        [re.compile(r"^1\s*Thomson Reuters processes 4,000"), re.compile(r"^2\s*2016")]
    )
    visit.source(2).click()
    expect(visit.marks.first).to_have_text("2016")


def test_an_answer_is_announced_once(visit: Visit, canned: Served) -> None:  # noqa: F811
    visit.open(canned.url)
    visit.page.evaluate(
        """() => {
          window.said = [];
          const heard = new MutationObserver((all) => {
            for (const { target } of all) {
              const live = target.closest?.("[role=status], [aria-live=polite], [role=alert]");
              if (live?.textContent.trim()) window.said.push(live.textContent.trim());
            }
          });
          heard.observe(document.body, { childList: true, subtree: true });
        }"""
    )
    visit.ask("fact 4,000 requests per second in lines 2017-2017")
    said = "4,000 requests per second. Source 1: Massive Scale Achieved, line 2017"
    expect(visit.page.locator("#announcer")).to_have_text(said)
    assert visit.page.evaluate("window.said") == [said]


def test_a_source_previews_its_quotation(visit: Visit, canned: Served) -> None:  # noqa: F811
    visit.open(canned.url)
    visit.ask("lines 2017-2017")
    preview = visit.page.get_by_role("tooltip")
    visit.source().hover()
    expect(preview).to_contain_text("Thomson Reuters processes")
    preview.hover()  # it can be moved onto
    expect(preview).to_be_visible()
    visit.page.keyboard.press("Escape")
    expect(preview).to_be_hidden()
    visit.box.focus()
    for _ in range(9):
        visit.page.keyboard.press("Shift+Tab")
        if visit.source().evaluate("source => source === document.activeElement"):
            break
    expect(preview).to_be_visible()
    expect(visit.source()).to_have_accessible_description(re.compile("Thomson Reuters processes"))
    visit.page.keyboard.press("Enter")
    expect(preview).to_be_hidden()


def test_there_is_a_way_back_from_the_transcript(visit: Visit, canned: Served) -> None:  # noqa: F811
    visit.open(canned.url)
    back = visit.page.get_by_role("button", name="Back to the answer")
    expect(back).to_have_count(0)
    visit.ask("lines 2017-2017")
    visit.source().click()
    back.click()
    expect(visit.source()).to_be_focused()
    visit.page.get_by_role("button", name="New conversation").click()
    expect(visit.marks).to_have_count(0)
    expect(back).to_have_count(0)


def test_a_citation_has_an_address(visit: Visit, tmp_path: Path) -> None:  # noqa: F811
    source = tmp_path / "talk.txt"
    source.write_text("Tea\n\n" + "Filler line\n\n" * 80 + "The kettle boils at 97 degrees\n")
    question = "At how many degrees does the kettle boil?"
    source.with_suffix(".toml").write_text(f"questions = ['{question}']\n")
    with served(tmp_path, "--source", str(source), "--index", str(tmp_path / "index")) as running:
        visit.open(running.url)
        visit.ask(question)
        visit.source().click()
        expect(visit.marks.first).to_be_focused()
        address = visit.page.url
        assert re.fullmatch(r"p\d+", urlsplit(address).fragment)
        again = Visit(visit.page.context.new_page()).open(address)
        expect(again.marks.first).to_contain_text("97 degrees")
        expect(again.marks.first).to_be_in_viewport()
        expect(again.marks.first).to_be_focused()
        again.page.goto("about:blank")
        again.open(f"{running.url}/#p99999")
        expect(again.page.locator(".toast")).to_contain_text("leads to no place")
        assert again.errors == []


def test_the_outline_follows_the_scroll(visit: Visit, canned: Served) -> None:  # noqa: F811
    visit.page.set_viewport_size({"width": 1500, "height": 900})
    visit.open(canned.url)
    here = visit.transcript.locator("#outline [aria-current]")
    expect(here).to_have_count(1)
    first = here.text_content() or ""
    visit.ask("lines 2017-2017")
    visit.source().click()
    expect(here).to_have_text("Massive Scale Achieved")
    expect(here).to_be_in_viewport()
    expect(visit.transcript.locator(".here-place")).to_contain_text("Massive Scale Achieved")
    visit.transcript.locator(".transcript-scroll").evaluate("view => { view.scrollTop = 0; }")
    expect(here).to_have_text(first)


def test_the_transcript_can_be_searched(visit: Visit, canned: Served) -> None:  # noqa: F811
    visit.open(canned.url)
    search = visit.page.get_by_role("searchbox", name="Search the transcript")
    count = visit.transcript.locator(".search-count")
    search.fill("TRAINLINE")
    expect(count).to_have_text(re.compile(r"^1 of [3-9]"))
    expect(visit.transcript.locator("#L676")).not_to_be_in_viewport()
    search.press("Enter")
    expect(count).to_have_text(re.compile(r"^2 of"))
    search.press("Shift+Enter")
    search.press("Shift+Enter")
    last = (count.text_content() or "").split(" of ")
    assert last[0] == last[1]
    search.fill("no such words")
    expect(count).to_have_text("Nothing found")
    search.press("Escape")
    expect(search).to_have_value("")
    expect(count).to_be_empty()


def test_arrow_up_brings_back_what_was_asked(visit: Visit, canned: Served) -> None:  # noqa: F811
    visit.open(canned.url)
    visit.ask("lines 5-5")
    visit.ask("lines 6-6")
    visit.box.press("ArrowUp")
    expect(visit.box).to_have_value("lines 6-6")
    visit.box.press("ArrowUp")
    expect(visit.box).to_have_value("lines 5-5")
    visit.box.press("ArrowDown")
    expect(visit.box).to_have_value("lines 6-6")
    visit.box.press("ArrowDown")
    expect(visit.box).to_have_value("")
    visit.box.fill("something else")
    visit.box.press("ArrowUp")
    expect(visit.box).to_have_value("something else")


def test_a_question_under_way_can_be_stopped(visit: Visit, canned: Served) -> None:  # noqa: F811
    visit.open(canned.url)
    held = Held(visit.page)
    visit.box.fill("lines 5-5")
    visit.box.press("Enter")
    held.wait_for(visit.page, 1)
    visit.page.get_by_role("button", name="Stop").click()
    expect(visit.log).to_contain_text("Stopped before it was answered.")
    expect(visit.box).to_have_value("lines 5-5")
    visit.page.unroute(TURN)
    expect(visit.ask("lines 37-37").locator(".answer")).to_be_visible()
    expect(visit.answers).to_have_count(1)


def test_a_new_question_replaces_one_under_way(visit: Visit, canned: Served) -> None:  # noqa: F811
    visit.open(canned.url)
    held = Held(visit.page)
    visit.box.fill("lines 5-5")
    visit.box.press("Enter")
    held.wait_for(visit.page, 1)
    visit.box.fill("lines 37-37")
    visit.box.press("Enter")
    held.wait_for(visit.page, 2)
    held.release()
    expect(visit.answers).to_have_count(1, timeout=WAIT_MS)
    turns = visit.page.locator(".turn")
    expect(turns.first).to_contain_text("you asked something else meanwhile")
    expect(turns.last).to_contain_text("Protect customers at all times")
    visit.page.unroute(TURN)
    expect(visit.ask("history").locator(".answer p")).to_have_text("lines 37-37")


def test_an_answer_is_copied_with_its_sources(visit: Visit, canned: Served) -> None:  # noqa: F811
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=canned.url)
    visit.open(canned.url)
    visit.ask("lines 2017-2017")
    visit.answers.last.get_by_role("button", name="Copy", exact=True).click()
    expect(visit.page.locator(".toast")).to_have_text("Copied.")
    copied = visit.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("lines 2017-2017\n\nThomson Reuters processes 4,000")
    assert "line 2017 (reinvent-2016-werner-vogels.txt)" in copied
    visit.answers.last.get_by_role("button", name="Markdown").click()
    expect(visit.page.locator("#announcer")).to_have_text("Copied.")
    marked = visit.page.evaluate("navigator.clipboard.readText()")
    assert marked.startswith("## lines 2017-2017\n\n> Thomson Reuters processes 4,000")


def test_the_conversation_is_saved_as_a_file(visit: Visit, canned: Served) -> None:  # noqa: F811
    visit.open(canned.url)
    visit.ask("lines 2017-2017")
    visit.ask("Where is the exit?")
    with visit.page.expect_download() as begun:
        visit.page.get_by_role("button", name="Save").click()
    assert re.fullmatch(r"keynote-questions-\d{4}-\d\d-\d\d\.md", begun.value.suggested_filename)
    saved = Path(begun.value.path()).read_text("utf-8")
    assert saved.startswith("# Questions about AWS re:Invent 2016")
    assert saved.index("## lines 2017-2017") < saved.index("## Where is the exit?")
    assert "> Thomson Reuters processes 4,000 requests per second" in saved
    assert "The keynote doesn't say." in saved


def test_an_answer_as_a_card(visit: Visit, canned: Served) -> None:  # noqa: F811
    visit.open(canned.url)
    visit.ask("fact 4,000 requests per second in lines 2017-2017")
    visit.answers.last.get_by_role("button", name="Card").click()
    card = visit.page.get_by_role("dialog", name="Card")
    expect(card).to_contain_text("4,000 requests per second")
    expect(card.locator("blockquote")).to_contain_text("Thomson Reuters processes 4,000")
    expect(card).to_contain_text("Massive Scale Achieved, line 2017")
    expect(card.locator("svg")).to_be_visible()
    visit.page.emulate_media(media="print")
    expect(card).to_be_visible()
    expect(visit.page.locator("gradio-app")).to_be_hidden()
    visit.page.emulate_media(media="screen")
    visit.page.keyboard.press("Escape")
    expect(visit.page.locator("dialog.card")).to_have_count(0)
    expect(visit.answers.last.get_by_role("button", name="Card")).to_be_focused()


def test_thumbs_are_kept_where_the_operator_turned_them_on(visit: Visit, tmp_path: Path) -> None:  # noqa: F811
    kept = tmp_path / "feedback.jsonl"
    with served(tmp_path, "--canned", "--feedback", str(kept)) as running:
        visit.open(running.url)
        answer = visit.ask("lines 2017-2017")
        answer.get_by_role("button", name="This was not useful").click()
        word = answer.get_by_role("textbox", name="A word about it, if you like")
        expect(word).to_be_focused()
        word.fill("too <b>short</b>")
        word.press("Enter")
        expect(visit.page.locator(".toast")).to_have_text("Thank you.")
        expect(answer.locator(".thumbs")).to_have_count(0)
    entry = json.loads(kept.read_text("utf-8").splitlines()[-1])
    assert entry["useful"] is False
    assert entry["word"] == "too <b>short</b>"
    assert entry["question"] == "lines 2017-2017"
    assert "4,000 requests per second" in entry["answer"]


def test_no_thumbs_unless_they_are_kept(visit: Visit, canned: Served) -> None:  # noqa: F811
    visit.open(canned.url)
    visit.ask("lines 2017-2017")
    expect(visit.page.locator(".thumbs")).to_have_count(0)


def test_what_to_ask_next_is_offered(visit: Visit, canned: Served) -> None:  # noqa: F811
    visit.open(canned.url)
    visit.ask("lines 2017-2017")
    related = visit.page.locator(".related:visible .starter")
    expect(visit.answers.last.get_by_role("heading", name="Ask next")).to_be_visible()
    expect(related).to_have_text(["lines 37-41", "lines 788-792"])
    related.first.click()
    expect(visit.answers).to_have_count(2)
    expect(visit.log).to_contain_text("Protect customers at all times")
    expect(related).to_have_text(["lines 788-792"])  # of the latest answer alone, none asked yet
    visit.ask("Where is the exit?")
    expect(visit.answers.last.get_by_role("heading", name="The talk does answer")).to_be_visible()


def test_the_log_does_not_grow_for_ever(visit: Visit, canned: Served) -> None:  # noqa: F811
    visit.open(canned.url)
    for _ in range(52):
        visit.page.evaluate("window.keynoteQA.submit('lines 5-5')")
        expect(visit.page.locator(".is-busy")).to_have_count(0)
    expect(visit.page.locator(".turn")).to_have_count(50)


def test_a_restarted_server_is_found_again(visit: Visit, tmp_path: Path) -> None:  # noqa: F811
    banner = visit.page.locator(".banner")
    with served(tmp_path, "--canned") as running:
        visit.open(running.url)
        visit.ask("lines 2017-2017")
    visit.box.fill("lines 5-5")
    visit.box.press("Enter")
    expect(banner).to_have_text("The server cannot be reached. Trying again…", timeout=WAIT_MS)
    expect(visit.box).to_have_value("lines 5-5")
    with served(tmp_path, "--canned", port=int(running.url.rpartition(":")[2])):
        expect(banner).to_have_count(0, timeout=WAIT_MS)
        expect(visit.log).to_contain_text("4,000 requests per second")  # it is still there
        expect(visit.ask("history").locator(".answer p")).to_have_text("lines 2017-2017")
    visit.errors.clear()  # that the connection was refused


def test_the_page_speaks_german(german: Visit, canned: Served) -> None:  # noqa: F811
    german.page.goto(canned.url)
    expect(german.page.locator(".starter").first).to_be_visible(timeout=WAIT_MS)
    expect(german.page.locator("html")).to_have_attribute("lang", "de")
    box = german.page.get_by_role("textbox", name="Fragen Sie zum Vortrag", exact=True)
    box.fill("Where is the exit?")
    german.page.get_by_role("button", name="Fragen", exact=True).click()
    expect(german.log).to_contain_text("Das sagt der Vortrag nicht.", timeout=WAIT_MS)
    expect(german.page.get_by_role("button", name=re.compile("^Quelle 1\\b"))).to_be_visible()
    expect(german.page.get_by_role("region", name="Mitschrift")).to_be_visible()
    english = json.loads(
        (Path(__file__).parents[1] / "src/keynote_qa/web/texts/en.json").read_text("utf-8")
    )
    shown = german.page.locator("body").inner_text()
    for key in ("ask_label", "greeting", "promise", "closest", "transcript", "new_conversation"):
        assert english[key] not in shown, key
    assert german.errors == []


def test_what_is_heard_stays_here(visit: Visit, canned: Served) -> None:  # noqa: F811
    """A voice of this machine reads aloud, one of another does not; nothing is said unasked."""
    visit.page.add_init_script(
        """
        const voices = [
          { name: "far", lang: "en-US", localService: false },
          { name: "near", lang: "en-GB", localService: true },
        ];
        window.said = [];
        window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
        Object.defineProperty(window, "speechSynthesis", { value: {
          speaking: false, getVoices: () => voices, addEventListener() {}, cancel() {},
          speak: (one) => window.said.push([one.voice.name, one.text]),
        } });
        """
    )
    visit.open(canned.url)
    visit.ask("lines 2017-2017")
    assert visit.page.evaluate("window.said") == []
    aloud = visit.page.get_by_role("button", name="Read aloud").first
    expect(aloud).to_have_attribute("aria-pressed", "false")
    aloud.click()
    visit.ask("lines 5-5")
    voice, text = visit.page.evaluate("window.said[0]")
    assert voice == "near"
    assert text.startswith("2016")
    expect(visit.page.get_by_role("button", name="Speak", exact=True)).to_have_count(0)


# A browser's recognition as the Web Speech API describes it; tests say what it hears.
RECOGNITION = """
class Recognition extends EventTarget {
  static available = async (how) => (how.processLocally ? "%s" : "available");
  processLocally = false;
  start() { window.recognition = this; }
  stop() { this.onend(); }
  abort() { this.onend(); }
  hear(...parts) {
    this.onresult({ results: parts.map((transcript) => [{ transcript }]) });
  }
}
Object.defineProperty(Recognition.prototype, "processLocally", { writable: true, value: false });
window.SpeechRecognition = Recognition;
"""


def test_a_question_can_be_spoken_where_the_browser_listens_by_itself(
    visit: Visit,  # noqa: F811
    canned: Served,  # noqa: F811
) -> None:
    visit.page.add_init_script(RECOGNITION % "available")
    visit.open(canned.url)
    speak = visit.page.get_by_role("button", name="Speak", exact=True)
    speak.click()
    assert visit.page.evaluate("recognition.processLocally") is True
    expect(visit.page.locator("body")).to_have_class(re.compile("is-listening"))
    visit.page.evaluate("recognition.hear('lines')")
    expect(visit.box).to_have_value("lines")
    visit.page.evaluate("recognition.hear('lines', '5-5')")
    expect(visit.box).to_have_value("lines 5-5")
    speak.click()
    expect(visit.page.locator("body")).not_to_have_class(re.compile("is-listening"))
    visit.box.press("Enter")
    expect(visit.answers.last).to_contain_text("2016", timeout=WAIT_MS)


def test_no_microphone_where_a_server_would_listen(visit: Visit, canned: Served) -> None:  # noqa: F811
    visit.page.add_init_script(RECOGNITION % "downloadable")
    visit.open(canned.url)
    visit.ask("lines 5-5")
    expect(visit.page.get_by_role("button", name="Speak", exact=True)).to_have_count(0)


def test_nothing_moves_when_an_answer_arrives(visit: Visit, canned: Served) -> None:  # noqa: F811
    driver = Driver(visit.page).open(canned.url)
    driver.shifted()
    for question in ("fact 4,000 requests in lines 2017-2017", "lines 37-41", "Why not?", "crash"):
        driver.ask(question)
        assert driver.shifted()["all"] == 0, question
    visit.errors.clear()  # the browser notes the answer to "crash"
