"""The page over several talks: which is asked, which is cited, which is shown."""

from __future__ import annotations

import json
import re
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

TALKS = {
    "alpha": ("The Art of Tea", "Ada Brown", "kettle boils at 97 degrees"),
    "beta": ("Bridges of the North", "Bo Clark", "longest bridge has 14 piers"),
    "gamma": ("Tea, Again", "Ada Brown", "teapot holds nine cups"),
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Three talks, two of one speaker, each with a fact far down; the real assistant."""
    folder = tmp_path_factory.mktemp("library")
    talks = folder / "talks"
    talks.mkdir()
    for name, (title, speaker, fact) in TALKS.items():
        filler = "".join(f"A line of {title}, number {n}\n\n" for n in range(60))
        (talks / f"{name}.txt").write_text(f"{title}\n\n{filler}The {fact}\n", "utf-8")
        told = f"title = {json.dumps(title)}\nspeaker = {json.dumps(speaker)}\n"
        (talks / f"{name}.toml").write_text(told, "utf-8")
    with served(folder, "--source", str(talks), "--index", str(folder / "index")) as running:
        yield running


PIERS = "How many piers does the longest bridge have?"


def test_a_source_leads_into_the_talk_that_it_is_from(visit: Visit, library: Served) -> None:  # noqa: F811
    visit.open(library.url)
    shown = visit.transcript.get_by_role("combobox", name="Talk")
    expect(shown).to_have_value("0")
    expect(visit.transcript).to_contain_text("A line of The Art of Tea, number 3")
    assert "Bridges" not in visit.transcript.locator(".transcript-scroll").inner_text()
    visit.ask(PIERS)
    source = visit.source()
    expect(source).to_have_accessible_name(
        re.compile(r"^Source 1 ?: Bridges of the North, line 123$")
    )
    source.click()
    expect(visit.marks.first).to_contain_text("14 piers")
    expect(visit.marks.first).to_be_focused()
    expect(visit.marks.first).to_be_in_viewport()
    expect(shown.locator("option:checked")).to_have_text("Bridges of the North")
    expect(visit.transcript.locator(".transcript-scroll")).not_to_contain_text("Art of Tea")
    # A second time nothing is fetched, and whoever gets the address comes to the same place.
    before = len(visit.requests)
    visit.page.keyboard.press("Escape")
    expect(source).to_be_focused()
    source.click()
    expect(visit.marks.first).to_be_focused()
    assert visit.requests[before:] == []
    again = Visit(visit.page.context.new_page()).open(visit.page.url)
    expect(again.marks.first).to_contain_text("14 piers")
    expect(again.marks.first).to_be_focused()
    assert again.errors == []


def test_a_question_is_asked_of_one_talk_or_one_speaker(visit: Visit, library: Served) -> None:  # noqa: F811
    visit.open(library.url)
    scope = visit.page.get_by_role("combobox", name="Answer from")
    assert scope.locator("optgroup").evaluate_all("all => all.map(one => one.label)") == [
        "Speakers", "Talks",
    ]  # fmt: skip
    scope.focus()
    scope.press("End")  # by keyboard: the last talk
    expect(scope.locator("option:checked")).to_have_text("Tea, Again")
    expect(visit.transcript).to_contain_text("A line of Tea, Again, number 3")
    visit.ask(PIERS)
    expect(visit.answers.last).not_to_contain_text("14 piers")
    expect(visit.log).to_contain_text("Answer from: Tea, Again")
    for choice, there in (("Bo Clark", True), ("Ada Brown", False), ("All talks", True)):
        scope.select_option(label=choice)
        answer = visit.ask(PIERS)
        assert ("14 piers" in answer.inner_text()) is there, choice


def test_the_panel_is_turned_by_its_own_list(visit: Visit, library: Served) -> None:  # noqa: F811
    visit.open(library.url)
    visit.ask(PIERS)
    visit.source().click()
    expect(visit.marks.first).to_be_focused()
    visit.page.get_by_role("searchbox", name="Search the transcript").fill("piers")
    expect(visit.page.locator(".search-count")).to_have_text("1 of 1")
    shown = visit.transcript.get_by_role("combobox", name="Talk")
    shown.focus()
    shown.select_option(label="Tea, Again")
    expect(visit.transcript).to_contain_text("A line of Tea, Again, number 3")
    expect(shown).to_be_focused()
    expect(visit.marks).to_have_count(0)
    expect(visit.page.locator(".search-count")).to_be_empty()
    expect(visit.page.locator("[data-action=back-to-answer]")).to_be_hidden()
    visit.source().click()
    expect(visit.marks.first).to_contain_text("14 piers")


def test_a_talk_that_cannot_be_had_is_said(visit: Visit, library: Served) -> None:  # noqa: F811
    visit.open(library.url)
    visit.page.route("**/keynote-qa/talk/*", lambda route: route.fulfill(json={}))
    shown = visit.transcript.get_by_role("combobox", name="Talk")
    shown.select_option(label="Tea, Again")
    expect(visit.page.locator(".toast")).to_contain_text("could not be fetched")
    expect(shown).to_have_value("0")
    expect(visit.transcript).to_contain_text("A line of The Art of Tea, number 3")


@pytest.mark.skipif(not AXE.is_file(), reason="needs axe-core")
def test_it_is_accessible(visit: Visit, phone: Visit, library: Served) -> None:  # noqa: F811
    for name, seen in (("desktop", visit), ("phone", phone)):
        seen.open(library.url)
        shot(seen.page, f"many-talks-start-{name}")
        scope = seen.page.get_by_role("combobox", name="Answer from")
        box = scope.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        scope.select_option(label="Bo Clark")
        seen.ask(PIERS)
        assert violations(seen.page) == []
        shot(seen.page, f"many-talks-answer-{name}")
        seen.source().click()
        expect(seen.marks.first).to_be_focused()
        assert violations(seen.page) == []
        shot(seen.page, f"many-talks-transcript-{name}")


def test_a_kiosk_begins_anew_with_the_first_of_all_talks(visit: Visit, tmp_path: Path) -> None:  # noqa: F811
    sources: list[str] = []
    for name in ("alpha", "beta"):
        path = tmp_path / f"{name}.txt"
        path.write_text(f"Talk {name}\n\n" + "Words of it\n\n" * 20, "utf-8")
        sources += ["--source", str(path)]
    with served(tmp_path, "--canned", "--kiosk", *sources) as running:
        visit.page.goto(running.url)
        visit.page.locator(".attract-start").click(timeout=WAIT_MS)
        visit.page.get_by_role("combobox", name="Answer from").select_option(index=2)
        expect(visit.transcript).to_contain_text("Talk beta")
        visit.page.get_by_role("button", name="Start over").click()
        visit.page.locator(".attract-start").click()
        expect(visit.page.get_by_role("combobox", name="Answer from")).to_have_value("")
        expect(visit.transcript.get_by_role("combobox", name="Talk")).to_have_value("0")
        expect(visit.transcript).to_contain_text("Talk alpha")
