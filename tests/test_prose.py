"""Spoken and written prose: told from slides by its looks, cut at sentences and topics."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ROOT

from keynote_qa import KeynoteQA
from keynote_qa.errors import SourceError
from keynote_qa.outline import read_outline
from keynote_qa.passages import to_passages
from keynote_qa.records import BlockKind, Grain, Talk
from keynote_qa.render import outline
from keynote_qa.sources import load_talk, plain
from keynote_qa.sources.deck import to_lines
from keynote_qa.sources.prose import is_prose
from keynote_qa.text import normalise
from keynote_qa.web.conversation import turn_html
from keynote_qa.web.loading import Reply
from keynote_qa.web.texts import load

TALKS = ROOT / "tests" / "talks"


@pytest.mark.parametrize("path", [*TALKS.glob("*.txt"), *(ROOT / "seeds").glob("*.txt")])
def test_prose_is_told_from_slides_by_its_looks(path: Path) -> None:
    assert is_prose(to_lines(path.read_text("utf-8"))) == path.name.startswith("talk-")


@pytest.fixture(scope="module")
def talk() -> Talk:
    return load_talk(TALKS / "talk-city-bikes.txt")


def test_every_word_is_in_exactly_one_segment(talk: Talk) -> None:
    segments = [p for p in to_passages(talk) if p.grain is Grain.SLIDE]
    said = [block.text for block in talk.blocks]
    assert [sum(text in p.text for p in segments) for text in said] == [1] * len(said)
    assert all(len(p.text) <= 1200 for p in segments)


def test_no_sentence_is_cut_and_each_stands_in_its_lines(talk: Talk) -> None:
    for passage in to_passages(talk):
        lines = talk.lines[passage.start_line - 1 : passage.end_line]
        assert normalise(passage.text) in normalise("\n".join(line.text for line in lines))
        if passage.grain is Grain.STATEMENT:
            assert passage.text.rstrip("\"'”’)")[-1] in ".?!"


TRANSCRIPT = """# The orchard

[00:00:05] Ada Byron: Good morning, everybody, and thank you for coming to this old orchard of ours
on a day like this one. We planted the first tree in 1911.

[00:01:10] Dr. Tom Reed: It was a pear tree, as far as anybody remembers, and it stands behind the
barn to this day, though it has not borne any fruit since the storm.

# The press

[01:00:00] Ada Byron: The press came much later, and it was second-hand, which is a story of its own
that my father would have told you a great deal better than I can.
"""


def test_stamps_and_speakers_are_read_and_not_quoted() -> None:
    parsed = plain.parse(TRANSCRIPT.encode())
    spoken = [block for block in parsed.blocks if block.kind is BlockKind.SPOKEN]
    assert [spoken[i].text.split()[0] for i in (0, 2)] == ["Good", "It"]
    first, third = (parsed.lines[block.start_line - 1] for block in (spoken[0], spoken[2]))
    assert (first.speaker, first.start, first.end) == ("Ada Byron", 5.0, 70.0)
    assert (third.speaker, third.start, third.end) == ("Dr. Tom Reed", 70.0, 3600.0)


def test_headings_and_speakers_are_the_way_down_to_a_segment(tmp_path: Path) -> None:
    path = tmp_path / "orchard.md"
    path.write_text(TRANSCRIPT, "utf-8")
    segments = [p for p in to_passages(load_talk(path)) if p.grain is Grain.SLIDE]
    assert [p.section[0] for p in segments] == ["The orchard", "The press"]


def test_an_answer_from_captions_says_when_it_was_said(tmp_path: Path) -> None:
    words = (
        "Good morning. Our bakery opened in 1987 on the harbour.",
        "We bake 4,200 loaves a day.",
        "The oven is heated with wood from the valley.",
    )
    cues = "\n".join(
        f"{i}\n00:0{i}:00,000 --> 00:0{i}:09,000\n{said}\n" for i, said in enumerate(words, 1)
    )
    (tmp_path / "bakery.srt").write_text(cues, "utf-8")
    (tmp_path / "bakery.toml").write_text('video = "https://youtu.be/abc"\n', "utf-8")
    qa = KeynoteQA.open(tmp_path / "index", sources=[tmp_path / "bakery.srt"])
    answer = qa.ask("How many loaves does the bakery bake a day?")
    assert "4,200 loaves" in answer.answer
    citation = answer.citations[0]
    assert (citation.start_line, citation.start_time, citation.end_time) == (7, 120.0, 129.0)
    assert citation.location.startswith("2:00, ")
    html = turn_html(load("en"), Reply(answer, answer.question), qa.talks)
    assert '<a class="watch" href="https://youtu.be/abc?t=120"' in html


@pytest.mark.parametrize("address", ["javascript:alert(1)", "youtu.be/abc", "file:///etc/passwd"])
def test_only_a_web_address_is_a_video(tmp_path: Path, address: str) -> None:
    (tmp_path / "talk.txt").write_text("One.\n", "utf-8")
    (tmp_path / "talk.toml").write_text(f'video = "{address}"\n', "utf-8")
    with pytest.raises(SourceError, match="video"):
        load_talk(tmp_path / "talk.txt")


def test_the_outline_of_speech_is_how_its_segments_begin(talk: Talk) -> None:
    rows = outline(talk, read_outline(talk).slides).split("\n")[2:]
    assert rows[0].split() == [
        "1",
        "Good",
        "afternoon,",
        "and",
        "well",
        "done",
        "for",
        "coming",
        "back…",
    ]
    assert len(rows) == len({p.slide for p in to_passages(talk)})
