"""The structure that is recovered from decks of different shapes."""

import pytest
from conftest import ROOT

from keynote_qa.outline import read_outline
from keynote_qa.parallels import parallels
from keynote_qa.records import Slide, Talk
from keynote_qa.recurring import running_lines
from keynote_qa.sources import load_talk
from keynote_qa.sources.deck import to_blocks, to_lines


def slide_at(talk: Talk, line: int) -> Slide:
    return next(s for s in read_outline(talk).slides if s.start_line <= line <= s.end_line)


@pytest.mark.parametrize(
    ("line", "section"),
    [
        (1649, ("Compute", "Amazon ECS")),
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


def test_a_title_that_is_said_again_with_the_figure_over_it_is_named_whole(keynote: Talk) -> None:
    assert slide_at(keynote, 1008).title == "80% Of What We Consider Analytics Is Not Analytics"


def test_a_footer_ends_slides_and_is_no_title() -> None:
    talk = load_talk(ROOT / "tests" / "talks" / "public-health.txt")
    outline = read_outline(talk)
    assert len(outline.running_lines) == 1
    titles = [s.title for s in outline.slides]
    assert {"Our promise", "Where we stand", "A 14-year gap"} <= set(titles)
    assert titles.count("What residents asked for") == 3


def test_headlines_with_small_words_are_titles() -> None:
    talk = load_talk(ROOT / "tests" / "talks" / "bakery-coop.txt")
    titles = [s.title for s in read_outline(talk).slides]
    assert {"How It All Began", "The Year in Numbers", "New on the Shelf"} <= set(titles)


def deck(text: str) -> Talk:
    lines = to_lines(text)
    return Talk("t", "T", "t.txt", lines, to_blocks(lines))


def test_a_list_of_points_that_came_one_by_one_has_the_title_over_the_first_of_them() -> None:
    points = ["Buy Grain Nearby", "Mill It Slowly", "Wait Two Days"]
    one_by_one = [*points[:1], f"2 {points[1]}", f"3\n\n{points[2]}"]
    again = "\n".join(f"- {n}. {point}" for n, point in enumerate(points, 1))
    slides = ["How Do We Bake Bread?", *one_by_one, "Thank You, Bakers", "---", again]
    assert slide_of("Mill It Slowly", deck("\n\n\n\n".join(slides)), -1).title == slides[0]
    other = again.replace("Mill", "Grind").replace("Buy", "Grow")
    assert slide_of("Wait", deck("\n\n\n\n".join([*slides[:-1], other])), -1).title != slides[0]


def slide_of(text: str, talk: Talk, which: int) -> Slide:
    holding = [s for s in read_outline(talk).slides if any(text in b.text for b in s.blocks)]
    return holding[which]


def test_a_line_unlike_those_that_are_evenly_spaced_stands_out() -> None:
    lines = ["Ada Bakery", "Ada Mill", "Ada Press", "Ada Garden", "They printed 4,000 books in May"]
    *_, garden, printed = parallels(deck("\n\n\n".join(lines)).blocks)
    assert (garden["first_p"], garden["alike_p"], garden["even_before"]) == (1, 1, 2 / 3)
    assert (printed["first_p"], printed["firsts_before"]) == (0, 0)
    assert printed["alike_p"] < 1
    assert printed["breaks_with_those_before"] > garden["breaks_with_those_before"] == 0


def test_what_stands_over_a_bare_figure_is_its_label_and_heads_nothing() -> None:
    talk = deck("The Year In Numbers\n\nResidents\n\n612,400\n\nLanguages\n\n87\n")
    assert read_outline(talk).heads == {1}


def test_a_title_is_parted_from_what_no_blank_line_parts_from_it() -> None:
    talk = load_talk(ROOT / "tests" / "talks" / "coffee-supply.txt")
    slide = slide_at(talk, 122)
    assert (slide.title, slide.blocks[0].text) == ("Sidama", "Sidama")
    assert slide.blocks[1].text == "Rain three weeks late\nHarvest down 6%"
    assert slide.start_line in read_outline(talk).heads


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        ("The Reality Is That Most Of\nOur Data Is In Silos", None),
        ("Environment\nManager", "Environment Manager"),
        ("Lesson 5\nWrite it down", "Lesson 5 Write it down"),
        ("INES KOWALCZUK\nHead of Boards\nTolmer Rail", "INES KOWALCZUK"),
    ],
)
def test_a_title_of_several_lines_stays_whole(lines: str, title: str | None) -> None:
    slide = read_outline(deck(f"{lines}\n\n\n\nIt was a long year for all of us.\n")).slides[0]
    assert slide.title == (title or " ".join(lines.split("\n")))
    assert slide.blocks[0].text == lines


def test_a_footer_is_a_running_line_however_seldom_and_a_badge_is_none_however_often() -> None:
    filler = [f"Line {n} is about bread and boats\n\n" for n in range(200)]
    for n in range(5, 200, 32):
        filler[n] += "© 2031 Tidewater | Harbour Week\n\n"
    for n in range(20, 110, 6):
        filler[n] += "Now available\n\n"
    blocks = to_blocks(to_lines("".join(filler)))
    assert running_lines(blocks, frozenset()) == {"© 2031 tidewater | harbour week"}
