"""A visitor's own file on the page: dropped or chosen, asked about, gone with the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api")

from axe import AXE, violations
from driving import shot
from page_fixtures import NO_BROWSER, Served, find_browser, served
from playwright.sync_api import expect
from test_page import WAIT_MS, Visit, browser, phone, visit  # noqa: F401

pytestmark = pytest.mark.skipif(find_browser() is None, reason=NO_BROWSER)

QUESTION = "At how many degrees does the kettle boil?"
OWN = "Tea\n\n" + "A line that says nothing\n\n" * 60 + "The kettle boils at 97 degrees\n"
_DROP = """
([text, name, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([bytes ? new ArrayBuffer(bytes) : text], name));
  for (const type of ["dragover", "drop"]) {
    const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data });
    document.querySelector("#kq-chat").dispatchEvent(event);
  }
}
"""


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One talk about bridges; visitors may ask about files of their own."""
    folder = tmp_path_factory.mktemp("open")
    source = folder / "bridges.txt"
    source.write_text("Bridges\n\n" + "A line about bridges\n\n" * 20, "utf-8")
    arguments = ("--source", str(source), "--index", str(folder / "index"), "--allow-upload")
    with served(folder, *arguments) as running:
        yield running


def opened(visit: Visit, url: str) -> Visit:  # noqa: F811
    """A page that is there; of so little a talk nothing is suggested."""
    visit.page.goto(url)
    expect(visit.page.locator("#transcript")).to_be_attached(timeout=WAIT_MS)
    return visit


def chosen(visit: Visit, path: Path) -> None:  # noqa: F811
    with visit.page.expect_file_chooser() as chooser:
        visit.page.get_by_role("button", name="Ask about a file of your own").click()
    chooser.value.set_files(path)


def test_a_file_of_one_s_own_is_asked_shown_and_gone(
    visit: Visit,  # noqa: F811
    open_house: Served,
    tmp_path: Path,
) -> None:
    opened(visit, open_house.url)
    expect(visit.page.get_by_role("combobox")).to_have_count(0)  # one talk: nothing to choose
    own = tmp_path / "my-tea.txt"
    own.write_text(OWN, "utf-8")
    chosen(visit, own)
    expect(visit.page.get_by_text("my-tea.txt is ready")).to_be_visible(timeout=WAIT_MS)
    expect(visit.box).to_be_focused()
    scope = visit.page.get_by_role("combobox", name="Answer from")
    expect(scope.locator("option:checked")).to_have_text("Your file: my tea")
    expect(visit.transcript).to_contain_text("The kettle boils at 97 degrees")
    expect(visit.ask(QUESTION).locator(".answer")).to_contain_text("97 degrees")
    visit.source().click()
    expect(visit.marks.first).to_contain_text("97 degrees")
    expect(visit.marks.first).to_be_focused()
    assert "#" not in visit.page.url
    # To the talk and back again; the talk knows nothing of it.
    scope.select_option(label="bridges")
    expect(visit.transcript).to_contain_text("A line about bridges")
    expect(visit.ask(QUESTION).locator(".answer--none")).to_be_visible()
    # Another visitor sees nothing of it, neither shown nor by asking.
    other = opened(Visit(visit.page.context.new_page()), open_house.url)
    expect(other.page.get_by_role("combobox")).to_have_count(0)
    expect(other.ask(QUESTION).locator(".answer--none")).to_be_visible()
    assert other.errors == []
    # What it is asked with is let go of with the page.
    with visit.page.expect_request("**/keynote-qa/turn") as asked:
        scope.select_option(label="Your file: my tea")
        visit.ask(QUESTION)
    told = asked.value.post_data_json
    visit.page.goto("about:blank")
    page = visit.page.context.new_page()
    page.goto(f"{open_house.url}/healthz")
    ask = "told => fetch('/keynote-qa/turn', {method: 'POST', body: JSON.stringify(told), headers: "
    ask += "{'Content-Type': 'application/json'}}).then(reply => reply.json())"
    assert page.evaluate(ask, told)["gone"]


def test_what_cannot_be_taken_is_said(visit: Visit, open_house: Served) -> None:  # noqa: F811
    opened(visit, open_house.url)
    alert = visit.page.get_by_role("alert")
    visit.page.evaluate(_DROP, ["%PDF-1.4 half", "half.pdf"])
    expect(alert).to_contain_text("half.pdf: cannot be read as a PDF", timeout=WAIT_MS)
    visit.page.evaluate(_DROP, ["", "large.txt", 21_000_000])
    expect(alert).to_contain_text("larger than 20 MB")
    visit.page.evaluate(_DROP, [OWN, "tea.txt"])
    expect(visit.page.get_by_text("tea.txt is ready")).to_be_visible(timeout=WAIT_MS)
    expect(alert).to_have_count(0)
    # A file that the server let go of: the page says so, and offers it no more.
    visit.page.route(
        "**/keynote-qa/turn",
        lambda route: route.fulfill(json={"error": "no longer held", "gone": True}),
    )
    expect(visit.ask(QUESTION).locator(".notice")).to_contain_text("no longer held")
    expect(visit.page.get_by_role("combobox")).to_have_count(0)
    expect(visit.transcript).to_contain_text("A line about bridges")


@pytest.mark.skipif(not AXE.is_file(), reason="needs axe-core")
def test_it_is_accessible(
    visit: Visit,  # noqa: F811
    phone: Visit,  # noqa: F811
    open_house: Served,
) -> None:
    for name, seen in (("desktop", visit), ("phone", phone)):
        opened(seen, open_house.url)
        seen.page.evaluate(_DROP, ["%PDF-1.4 half", "half.pdf"])
        expect(seen.page.get_by_role("alert")).to_be_visible(timeout=WAIT_MS)
        assert violations(seen.page) == []
        shot(seen.page, f"upload-trouble-{name}")
        seen.page.evaluate(_DROP, [OWN, "tea.txt"])
        expect(seen.page.get_by_text("tea.txt is ready")).to_be_visible(timeout=WAIT_MS)
        assert violations(seen.page) == []
        shot(seen.page, f"upload-ready-{name}")
