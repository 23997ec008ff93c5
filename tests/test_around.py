"""What is shown around a quotation where the talk itself is not beside it."""

from __future__ import annotations

from collections.abc import Iterator

from keynote_qa.around import surroundings as surroundings_of
from keynote_qa.index import Columns
from keynote_qa.records import BlockKind, Grain, Passage, Talk


def rows(*talks: list[str]) -> Iterator[Passage]:
    """Slides of talks, each with one part behind it."""
    row = 0
    for number, slides in enumerate(talks):
        for line, text in enumerate(slides, 1):
            for grain in (Grain.SLIDE, Grain.STATEMENT):
                yield Passage(
                    talk=str(number), source="", grain=grain, kind=BlockKind.TEXT,
                    start_line=line, end_line=line, section=(), context="", way="",
                    text=text, slide=row,
                )  # fmt: skip
            row += 2


def surroundings(passages: list[Passage], slide: int, **options: int) -> str:
    names = dict.fromkeys(passage.talk for passage in passages)
    talks = [Talk(name, name, "", (), ()) for name in names]
    return surroundings_of(passages, Columns.of(talks, passages), slide, **options)


def test_neighbours_are_added_by_turns_while_a_whole_one_has_room() -> None:
    passages = list(rows(["a" * 9, "b" * 9, "c" * 9, "d" * 9, "e" * 9]))
    assert surroundings(passages, 4, limit=9) == "c" * 9
    assert surroundings(passages, 4, limit=20) == "\n\n".join(["c" * 9, "d" * 9])
    assert surroundings(passages, 4, limit=31) == "\n\n".join(["b" * 9, "c" * 9, "d" * 9])
    assert surroundings(passages, 4, limit=99).split("\n\n") == [p.text for p in passages[::2]]


def test_one_that_has_no_room_ends_its_side_alone() -> None:
    passages = list(rows(["a", "b", "c", "d" * 90, "e"]))
    assert surroundings(passages, 4, limit=50) == "a\n\nb\n\nc"


def test_no_other_talk_is_near() -> None:
    passages = list(rows(["a", "b"], ["c", "d"], ["e"]))
    assert surroundings(passages, 4) == "c\n\nd"
    assert surroundings(passages, 8) == "e"


def test_a_slide_is_given_whole() -> None:
    assert surroundings(list(rows(["a" * 50, "b"])), 0, limit=10) == "a" * 50
