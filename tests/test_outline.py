"""The structure that is recovered from decks of different shapes."""

import pytest
from conftest import ROOT

from keynote_qa.outline import read_outline
from keynote_qa.records import Slide, Talk
from keynote_qa.sources import load_talk


def slide_at(talk: Talk, line: int) -> Slide:
    return next(s for s in read_outline(talk).slides if s.start_line <= line <= s.end_line)


@pytest.mark.parametrize(
    ("line", "section"),
    [
        (2017, ("Compute", "Massive Scale Achieved")),
        (628, ("Development, Testing & Operations", "Respond")),
        (790, ("Chris Turvil", "Our Migration Plan")),
        (872, ("Data",)),
        (1514, ("Challenges Of Large-Scale Batch Processing",)),
    ],
)
def test_the_way_down_in_the_keynote(keynote: Talk, line: int, section: tuple[str, ...]) -> None:
    way = slide_at(keynote, line).section
    assert [step for step in way if step in section] == list(section)


def test_a_recurring_header_opens_a_slide_each_time(keynote: Talk) -> None:
    starts = [s.start_line for s in read_outline(keynote).slides]
    assert {574, 616, 638, 655, 668} <= set(starts)


def test_a_list_set_apart_by_wide_gaps_stays_one_slide(keynote: Talk) -> None:
    customers = slide_at(keynote, 146)
    assert (customers.title, customers.start_line) == ("You Use Twilio", 103)
    assert customers.end_line >= 260


def test_badges_are_no_titles(keynote: Talk) -> None:
    outline = read_outline(keynote)
    assert "new" in outline.badges
    assert "NEW" not in {s.title for s in outline.slides}


def test_a_footer_ends_slides_and_is_no_title() -> None:
    talk = load_talk(ROOT / "tests" / "talks" / "public-health.txt")
    outline = read_outline(talk)
    assert len(outline.running_lines) == 1
    titles = [s.title for s in outline.slides]
    assert "The department in numbers" in titles
    assert titles.count("What residents asked for") == 3


def test_headlines_with_small_words_are_titles() -> None:
    talk = load_talk(ROOT / "tests" / "talks" / "bakery-coop.txt")
    titles = [s.title for s in read_outline(talk).slides]
    assert {"How It All Began", "The Year in Numbers", "New on the Shelf"} <= set(titles)
