"""Caption files as they are met: every word once, on its line, at its time."""

from __future__ import annotations

import random

import pytest

from keynote_qa.errors import SourceError
from keynote_qa.records import Line
from keynote_qa.sources import captions


def spoken(text: str | bytes) -> list[Line]:
    data = text.encode() if isinstance(text, str) else text
    return [line for line in captions.parse(data).lines if line.text]


def test_words_keep_the_line_of_the_file_and_the_time_of_their_cue() -> None:
    said = spoken("WEBVTT\n\nintro\n00:01.000 --> 00:03.500 line:0\nGood morning.\nIt is late.\n")
    assert said == [
        Line(5, "Good morning.", 1.0, 3.5),
        Line(6, "It is late.", 1.0, 3.5),
    ]


def test_sentences_run_over_captions_and_are_quoted_from_all_their_lines() -> None:
    parsed = captions.parse(
        b"1\n00:00:01,000 --> 00:00:02,000\nWe grow\n\n2\n00:00:02,000 --> 00:00:04,000\n"
        b"apples. And pears\n\n3\n00:00:04,000 --> 00:00:05,000\ntoo.\n"
    )
    found = [(b.text, b.start_line, b.end_line) for b in parsed.blocks]
    assert found == [("We grow apples.", 3, 7), ("And pears too.", 7, 11)]


ROLLING = """WEBVTT
Kind: captions
Language: en

00:00:00.000 --> 00:00:02.390 align:start position:0%
\u0020
so<00:00:00.320><c> today</c><00:00:00.640><c> we</c><00:00:00.960><c> talk</c>

00:00:02.390 --> 00:00:02.400 align:start position:0%
so today we talk
\u0020

00:00:02.400 --> 00:00:05.000 align:start position:0%
so today we talk
about<00:00:02.700><c> bees</c>

00:00:05.000 --> 00:00:05.010 align:start position:0%
about bees
\u0020

00:00:05.010 --> 00:00:08.000 align:start position:0%
about bees
and the price of wax
"""


def test_rolling_captions_say_everything_once() -> None:
    said = spoken(ROLLING)
    assert (
        " ".join(line.text for line in said) == "so today we talk about bees and the price of wax"
    )
    assert [line.start for line in said] == [0.0, 2.4, 5.01]


def test_captions_that_grow_by_a_word_say_everything_once() -> None:
    words = "one two three four five six".split()
    cues = [f"{i}\n00:00:0{i},000 --> 00:00:0{i + 1},000\n{' '.join(words[:i])}\n" for i in
            range(1, 7)]  # fmt: skip
    assert " ".join(line.text for line in spoken("\n".join(cues))).split() == words


def test_what_people_say_twice_stays_where_captions_do_not_roll() -> None:
    rows = [
        "No.",
        "No.",
        "I said no.",
        "And then we",
        "went home.",
        "It was",
        "a long day.",
        "End.",
    ]
    cues = [f"00:0{i}.000 --> 00:0{i}.900\n{row}\n" for i, row in enumerate(rows)]
    assert [line.text for line in spoken("WEBVTT\n\n" + "\n".join(cues))] == rows


@pytest.mark.parametrize(
    ("row", "text", "speaker"),
    [
        ("<v Ada Byron>Good morning</v>", "Good morning", "Ada Byron"),
        ("<v.loud Ada>Hello", "Hello", "Ada"),
        ("<i>AT&amp;T</i> <c.yellow>grew</c> by &lt;3%", "AT&T grew by <3%", ""),
        ("{\\an8}Above", "Above", ""),
        ("a < b and b > c", "a < b and b > c", ""),
    ],
)
def test_tags_go_and_entities_are_read(row: str, text: str, speaker: str) -> None:
    (line,) = spoken(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{row}\n")
    assert (line.text, line.speaker) == (text, speaker)


def test_comments_and_styles_are_not_speech() -> None:
    said = spoken(
        "WEBVTT - a title\nLanguage: en\n\nSTYLE\n::cue { color: red }\n\nNOTE\nnot said\n\n"
        "00:01.000 --> 00:02.000\nSaid.\n\nNOTE not said either\n\n00:03.000 --> 00:04.000\nToo.\n"
    )
    assert [line.text for line in said] == ["Said.", "Too."]


def test_files_with_mended_and_missing_parts_lose_no_word() -> None:
    said = spoken(
        b"\xef\xbb\xbf1\r\n00:00:01,000 --> 00:00:03,000\r\nfirst\r\n2\r\n"
        b"00:00:03,500 --> 99:59:59,999\r\n- second\r\n\r\n- third\r\n\r\n3\r\n"
        b"00:00:02,000 --> 00:00:01,000\r\n1984\r\n\r\n4\r\n00:00:09 --> 00:00:11\r\nlast"
    )
    assert [line.text for line in said] == ["first", "- second", "- third", "1984", "last"]
    assert all(line.start <= line.end < 60 for line in said if line.start is not None and line.end)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_usual_encodings_are_read(encoding: str) -> None:
    data = "1\n00:00:01,000 --> 00:00:02,000\nCafé – 3 €\n".encode(encoding)
    assert [line.text for line in spoken(data)] == ["Café – 3 €"]


@pytest.mark.parametrize(
    "data", [b"", b"WEBVTT\n", b"hello", b"1\n00:00:01,000 --> 00:00:02,000\n\n"]
)
def test_a_file_without_captions_is_an_error_that_says_so(data: bytes) -> None:
    with pytest.raises(SourceError, match="captions"):
        captions.parse(data)


def test_every_word_is_in_one_sentence_whatever_the_punctuation() -> None:
    rng = random.Random(3)
    words = [f"w{i}" + rng.choice(["", "", "", "", ".", "?", ","]) for i in range(3000)]
    for share in (0.0, 1.0):  # without punctuation, and with it
        said = [word if rng.random() < share else word.rstrip(".?,") for word in words]
        rows = [" ".join(said[i : i + 7]) for i in range(0, len(said), 7)]
        cues = [f"{i}\n00:{i // 60:02}:{i % 60:02},000 --> 00:{i // 60:02}:{i % 60:02},900\n{row}\n"
                for i, row in enumerate(rows)]  # fmt: skip
        parsed = captions.parse("\n".join(cues).encode())
        assert " ".join(block.text for block in parsed.blocks).split() == said
        assert max(len(block.text.split()) for block in parsed.blocks) < 160
