"""Lines of a deck to blocks: what is told apart before anything is known of the slides."""

import pytest
from conftest import SEED

from keynote_qa.records import BlockKind, Talk
from keynote_qa.sources.deck import is_caption, to_blocks, to_lines


def kind_at(talk: Talk, line: int) -> BlockKind:
    return next(b.kind for b in talk.blocks if b.start_line <= line <= b.end_line)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (22, BlockKind.TEXT),
        (38, BlockKind.ITEM),
        (503, BlockKind.ITEM),  # the text of a bullet that stands alone on the line above
        (550, BlockKind.TABLE),
        (543, BlockKind.CAPTION),
        (651, BlockKind.CAPTION),
        (1270, BlockKind.CODE),
        (2017, BlockKind.TEXT),
    ],
)
def test_kinds_of_blocks_in_the_keynote(keynote: Talk, line: int, kind: BlockKind) -> None:
    assert kind_at(keynote, line) is kind


def test_line_numbers_are_those_of_an_editor() -> None:
    stored = SEED.read_text("utf-8").split("\n")
    lines = to_lines(SEED.read_text("utf-8"))
    assert len(lines) == 2131
    assert all(line.text == stored[line.number - 1] for line in lines)


def test_windows_line_endings_and_form_feeds() -> None:
    blocks = to_blocks(to_lines("One\r\n\r\n\x0cTwo\r\n"))
    assert [(b.kind, b.start_line, b.text) for b in blocks] == [
        (BlockKind.TEXT, 1, "One"),
        (BlockKind.BREAK, 3, ""),
        (BlockKind.TEXT, 3, "Two"),
    ]


def test_a_fence_that_is_never_closed_is_no_fence() -> None:
    blocks = to_blocks(to_lines("```\nnot code\n\nstill not"))
    assert [b.kind for b in blocks] == [BlockKind.TEXT, BlockKind.TEXT]


def test_a_repeated_line_is_not_joined_to_the_sentence_it_touches() -> None:
    deck = "\n\n".join(f"Point {n}\nmade well {n}\nAcme Conference 2024" for n in range(6))
    texts = [b.text for b in to_blocks(to_lines(deck))]
    assert texts[:2] == ["Point 0\nmade well 0", "Acme Conference 2024"]


@pytest.mark.parametrize(
    ("text", "caption"),
    [
        ("A man in a blue shirt is standing on the right side of the slide.", True),
        ("A screenshot of the console showing three tables.", True),
        ("The image shows the front desk of a renovated clinic.", True),
        ("A picture is worth a thousand words", False),
        ("People want faster answers", False),
    ],
)
def test_captions_are_told_from_what_a_slide_says(text: str, caption: bool) -> None:
    assert is_caption(text) is caption
