"""A page that is asked for days holds no more than it held after its first hour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright.sync_api")

from driving import Counts, Driver, launched
from page_fixtures import NO_BROWSER, Served, find_browser, served

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.skipif(find_browser() is None, reason=NO_BROWSER)

# A fact, a list, a table, code, and what the talk doesn't say; at every fifth question the log
# ends alike.
QUESTIONS = ["lines 2017-2017", "lines 37-41", "lines 549-550", "lines 1268-1269", "Why not?"]


@pytest.fixture(scope="module")
def canned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("endurance"), "--canned") as running:
        yield running


@pytest.fixture
def page() -> Iterator[Page]:
    with launched() as browser:
        yield browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")


def test_a_page_does_not_grow(page: Page, canned: Served) -> None:
    driver = Driver(page).open(canned.url)
    asked = cycle(QUESTIONS)

    def ask(times: int) -> Counts:
        for question in islice(asked, times):
            driver.ask(question)
        driver.choose()
        return driver.counts()

    ask(60)  # more than the log keeps, and the first source that is shown
    settled = ask(30)
    for _ in range(2):
        later = ask(30)
        # How much memory it takes is up to the browser; what it keeps in it is not.
        assert replace(later, heap_bytes=settled.heap_bytes) == settled
