"""Decks whose slides stand between blank lines, and the numbers that slides have in a corner."""

import pytest

from keynote_qa.outline import read_outline
from keynote_qa.passages import to_passages
from keynote_qa.records import BlockKind, Grain, Talk
from keynote_qa.sources.deck import to_blocks, to_lines
from keynote_qa.sources.prose import is_prose

SLIDES = {
    "Where we bake": ["Four sites", "Mill Lane is the oldest", "Quayside opens at 2 am"],
    "The year in numbers": ["31 loaves an hour", "4 ovens", "412,000 customers", "Flour up by 7%"],
    "Who we are": ["Ximena bakes", "Obinna drives", "Freya counts the money", "Yoko is the cat"],
    "What went wrong": ["The mill stood still for a week", "Nobody had asked the miller"],
    "What comes next": ["A stall at the station", "Rye on Tuesdays", "A second miller"],
    "Questions we hear": ["Is it sour?", "Is there gluten in it?", "Why on Tuesdays?"],
    "What it costs": ["Rye: 6 euros", "Oat: 5 euros", "Yesterday's: half of that"],
    "Thanks": ["To the miller", "To the river", "To whoever gets up at two"],
}


def talk(text: str) -> Talk:
    lines = to_lines(text)
    return Talk("t", "T", "t.txt", lines, to_blocks(lines))


def deck(*, numbered: str = "") -> str:
    slides = [
        "\n".join([*([numbered.format(n)] if numbered else []), title, *rows])
        for n, (title, rows) in enumerate(SLIDES.items(), 1)
    ]
    return "\n\n".join(slides)


def test_lines_that_stand_each_for_itself_are_slides_not_speech() -> None:
    assert not is_prose(to_lines(deck()))
    wrapped = (
        "We bake at four sites, of which the mill\nlane is the oldest, and the quay opens at\n"
        "two in the morning because the ships want\ntheir bread before the tide takes them out."
    )
    assert is_prose(to_lines("\n\n".join([wrapped] * 3)))
    a_sentence_a_line = "We bake at four sites.\nMill Lane is the oldest of them.\n" * 3
    assert is_prose(to_lines("\n\n".join([a_sentence_a_line] * 3)))


@pytest.mark.parametrize("numbered", ["", "{}", "{:02}", "Slide {}", "{}/8"])
def test_a_blank_line_between_slides_parts_them(numbered: str) -> None:
    bakery = talk(deck(numbered=numbered))
    slides = read_outline(bakery).slides
    assert [slide.title for slide in slides] == list(SLIDES)
    assert len(slides[1].blocks) == 5


def test_a_slide_without_a_blank_line_can_be_quoted_by_its_lines() -> None:
    quotable = {p.text: p.grain for p in to_passages(talk(deck()))}
    assert quotable["412,000 customers"] is Grain.STATEMENT
    assert quotable["Rye: 6 euros\nOat: 5 euros\nYesterday's: half of that"] is Grain.GROUP


def test_numbers_of_slides_are_in_no_passage() -> None:
    passages = to_passages(talk(deck(numbered="{:02}")))
    assert not any(line.isdigit() for p in passages for line in p.text.split("\n"))


def test_numbers_that_count_parts_or_people_stay() -> None:
    figures = "\n\n".join(f"{n * n}\n\nTowns in year {n}" for n in range(1, 12))
    assert BlockKind.BREAK not in {b.kind for b in to_blocks(to_lines(figures))}
    parts = "\n\n".join(
        f"{n}\n\n" + "\n\n".join(f"Line {m} of part {n}" for m in range(30)) for n in range(1, 10)
    )
    assert BlockKind.BREAK not in {b.kind for b in to_blocks(to_lines(parts))}
