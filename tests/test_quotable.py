"""Sentences that follow each other, quoted as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from keynote_qa import KeynoteQA
from keynote_qa.answer import verify
from keynote_qa.embed import SentenceTransformerEmbedder
from keynote_qa.passages import to_passages
from keynote_qa.quotable import quotable, runs
from keynote_qa.records import Grain, Passage, Talk
from keynote_qa.sources import load_talk

TALK = """\
Ada Moss: We grow pears. The orchard has nine hundred trees, and every one has a name. \
Some names are rude.

Bo Lind: Who gave them those names? My uncle did, as he was pruning them in the winter of 1981, \
with a radio on his ladder and nobody to talk to for some six weeks.

Ada Moss: He wrote them down in a book, which lay in the kitchen for thirty years, and which no \
visitor was ever allowed to read aloud while there were children in the room.
"""


@pytest.fixture
def spoken(tmp_path: Path) -> Talk:
    path = tmp_path / "talk.md"
    path.write_text(TALK, "utf-8")
    return load_talk(path)


@pytest.fixture
def passages(spoken: Talk) -> list[Passage]:
    return to_passages(spoken)


def sentences(passages: list[Passage]) -> list[int]:
    return [row for row, passage in enumerate(passages) if passage.grain is Grain.STATEMENT]


def test_sentences_of_one_person_are_joined(spoken: Talk, passages: list[Passage]) -> None:
    joined = [run.passage.text for run in runs(spoken, passages, sentences(passages), 60)]
    assert joined == [
        "We grow pears. The orchard has nine hundred trees, and every one has a name.",
        "We grow pears. The orchard has nine hundred trees, and every one has a name. "
        "Some names are rude.",
        "The orchard has nine hundred trees, and every one has a name. Some names are rude.",
        "Who gave them those names? My uncle did, as he was pruning them in the winter of 1981, "
        "with a radio on his ladder and nobody to talk to for some six weeks.",
    ]


def test_they_are_no_longer_than_an_answer_may_be(spoken: Talk, passages: list[Passage]) -> None:
    joined = [run.passage.text for run in runs(spoken, passages, sentences(passages), 15)]
    assert joined == [
        "We grow pears. The orchard has nine hundred trees, and every one has a name.",
    ]


def test_only_what_was_read_is_joined(spoken: Talk, passages: list[Passage]) -> None:
    first, _, third, *_ = sentences(passages)
    assert list(runs(spoken, passages, [first, third], 60)) == []


def test_a_run_tells_its_lines(passages: list[Passage]) -> None:
    first = sentences(passages)[0]
    run = quotable(passages, first, 4)
    assert (run.passage.start_line, run.passage.end_line) == (1, 3)
    assert run.passage.text.startswith("We grow pears. ")
    assert run.passage.text.endswith("Some names are rude.\nWho gave them those names?")
    assert quotable(passages, first).passage is passages[first]


SPOKEN = """\
Good evening. My grandmother mended clocks in Ostend for forty years, and she was never once late.

What I learned from her is how a clock is cleaned. First you take the hands off, with two levers. \
Then the movement goes into benzine for an hour. After that each pivot gets one drop of oil, and \
not two.

The shop is gone. There is a bakery in it today, and its clock is eleven minutes slow.
"""


def test_what_is_said_in_several_sentences_is_quoted_whole(
    tmp_path: Path, embedder: SentenceTransformerEmbedder
) -> None:
    path = tmp_path / "clocks.md"
    path.write_text(SPOKEN, "utf-8")
    qa = KeynoteQA.open(tmp_path / "index", sources=[path], embedder=embedder, suggest=False)
    answer = qa.ask("What are the steps of cleaning a clock?")
    assert answer.answered
    assert "take the hands off" in answer.answer
    assert "one drop of oil" in answer.answer
    assert all(verify(citation, qa.talks[0]) for citation in answer.citations)
