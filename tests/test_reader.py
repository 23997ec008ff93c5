"""Readings put together, and what is asked of the talk as a whole."""

from __future__ import annotations

import pytest
from conftest import ROOT

from keynote_qa import KeynoteQA
from keynote_qa.about import About
from keynote_qa.overview import overview
from keynote_qa.passages import to_passages
from keynote_qa.question import parts
from keynote_qa.reader import READ_AT_MOST, READ_FIRST, Reader
from keynote_qa.reading import MAX_EVIDENCE, Evidence, Reading, together
from keynote_qa.records import Talk
from keynote_qa.refusal import Missing, missing, sentence
from keynote_qa.retrieve import retrieve
from keynote_qa.sources import load_talk
from keynote_qa.sources.deck import to_blocks, to_lines
from keynote_qa.understanding import Understanding


def reading(answered: bool, confidence: float, *rows: int) -> Reading:
    return Reading(answered, confidence, tuple(Evidence(row, float(-row)) for row in rows))


def test_both_parts_of_a_question_are_shown_as_sure_as_the_least_sure() -> None:
    both = together([reading(True, 0.9, 1, 2), reading(True, 0.6, 5, 1)])
    assert [e.row for e in both.evidence] == [1, 5, 2]
    assert [e.quoted for e in both.evidence] == [True, True, False]
    assert (both.answered, both.confidence) == (True, 0.6)


def test_a_part_that_is_not_answered_is_left_out() -> None:
    both = together([reading(False, 0.1, 1, 2), reading(True, 0.6, 5)])
    assert [e.row for e in both.evidence] == [5]
    neither = together([reading(False, 0.1, 1), reading(False, 0.2, 5)])
    assert (neither.answered, neither.evidence[0].row) == (False, 5)


def test_parts_answered_by_the_same_line_show_it_once() -> None:
    both = together([reading(True, 0.9, 1), reading(True, 0.8, 1)])
    assert [e.row for e in both.evidence] == [1]


def test_no_more_is_read_than_it_takes_to_know_what_answers(qa: KeynoteQA) -> None:
    def read(question: str) -> tuple[int, int]:
        query = qa.understand(question)
        slides = qa.reader.slides(query, qa.reader.rank(query, retrieve(qa.index, query)))
        return len(slides), sum(slide.spans is not None for slide in slides)

    leads = read("How many requests per second does Thomson Reuters process?")
    assert leads == (MAX_EVIDENCE, 1)
    settled = read("What is AWS Shield Advanced?")
    assert settled == (MAX_EVIDENCE, READ_FIRST)
    assert read("Who won the football world cup?") == (READ_AT_MOST, READ_AT_MOST)


def test_reading_on_would_not_have_changed_what_comes_first(
    qa: KeynoteQA, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled = "How many requests per second does Thomson Reuters process?", "What is AWS Glue?"
    alone = [qa.ask(question).citations[0].quote for question in settled]
    monkeypatch.setattr(Reader, "_is_settled", lambda *_: False)
    assert [qa.ask(question).citations[0].quote for question in settled] == alone


@pytest.mark.parametrize(
    ("question", "stranger"),
    [
        ("How many passenger miles are there in the US?", False),  # "us" is a word of every talk
        ("How many passenger miles are there in Absurdistan?", True),
        ("How many passenger miles are there in Europe?", False),
    ],
)
def test_a_name_that_no_talk_holds_is_a_stranger(
    qa: KeynoteQA, question: str, stranger: bool
) -> None:
    query = qa.understand(question)
    asked = qa.reader.rank(query, retrieve(qa.index, query)).asked
    assert asked.names_a_stranger is stranger
    assert (asked.heaviest_unknown() > 0) is stranger
    assert asked.heaviest_unknown() <= asked.unknown()


def test_of_rows_that_are_compared_both_are_quoted_under_their_columns(qa: KeynoteQA) -> None:
    header, *rows = qa.ask("Which job ran longer, Crow or Deer?").answer.split("\n")
    assert "| Duration |" in header
    assert [("55 min" in row, "13 min" in row) for row in rows] == [(True, False), (False, True)]
    answer = qa.ask("What share of traces went to /hello and what to /index?").answer
    assert "2%" in answer
    assert "30%" in answer


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("When does it open, and what will it cost?", 2),
        ("How many tablets are out there and at how many stations?", 2),
        ("Which tools does it join, and does it record?", 2),
        ("Who founded Mapbox?", 1),
        ("What are the research and development costs?", 1),
    ],
)
def test_how_many_questions_one_sentence_asks(question: str, count: int) -> None:
    assert len(parts(question)) == count


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What does Athena cost?", "The keynote mentions Athena, but no price."),
        ("When was Athena founded?", "The keynote mentions Athena, but no date."),
        ("Who founded Athena?", "The keynote mentions Athena, but nobody by that role."),
        ("Who is the head of Athena?", "The keynote mentions Athena, but nobody by that role."),
        ("Who liked Athena?", "The keynote mentions Athena, but doesn't say that."),
        ("Where are Athena's chairs?", "The keynote mentions Athena, but no place."),
        ("Why did Athena fail?", "The keynote mentions Athena, but no reason."),
        ("Is Athena green?", "The keynote mentions Athena, but doesn't say that."),
    ],
)
def test_what_is_missing_is_named(question: str, said: str) -> None:
    assert sentence(missing(question, ["Athena"], [])) == said


FOUNDER_OF_TWILIO = {
    f"{name}\nCO-FOUNDER, CEO AND CHAIRMAN, TWILIO" for name in ("JEFF LAWSON", "Jeff Lawson")
}
"""As his two slides have it: which of them is quoted depends on the processor's arithmetic."""


def test_who_is_asked_gives_the_name_and_the_role_and_nothing_else(qa: KeynoteQA) -> None:
    assert qa.ask("Who is Werner Vogels?").answer == "WERNER VOGELS\nCTO, AMAZON.COM"
    # Introduced on two slides, and quoted once.
    assert qa.ask("Who founded Twilio?").answer in FOUNDER_OF_TWILIO


def test_who_holds_a_role_elsewhere_is_no_answer(qa: KeynoteQA) -> None:
    answer = qa.ask("Who founded Trainline?")
    assert not answer.answered
    assert answer.answer == "The keynote mentions Trainline, but nobody by that role."
    assert qa.ask("Who founded Twilio?").answer in FOUNDER_OF_TWILIO
    assert qa.ask("And Trainline?", history=["Who founded Twilio?"]).answer == answer.answer


def test_a_figure_in_a_question_is_no_name_that_a_talk_could_lack() -> None:
    understanding = Understanding(frozenset({"agents"}), frozenset({"8,000"}), str.isalpha)
    assert understanding.missing("What do 8,000 agents do?") == Missing("nothing_known")
    assert understanding.missing("Did 8,000 agents fight Vikings?") == Missing("name", "Vikings")


def test_what_is_missing_is_named_without_what_it_owns() -> None:
    understanding = Understanding(frozenset({"odin"}), frozenset({"Odin"}), str.isalpha)
    assert understanding.missing("What is Odin's salary?") == Missing("that", "Odin")
    assert understanding.missing("What is Loki’s salary?") == Missing("name", "Loki")


def test_the_talk_as_a_whole_is_answered_from_its_structure(qa: KeynoteQA) -> None:
    speakers = qa.ask("Who are the speakers?")
    assert speakers.answer.split("\n") == [
        "• WERNER VOGELS CTO, AMAZON.COM",
        "• JEFF LAWSON CO-FOUNDER, CEO AND CHAIRMAN, TWILIO",
        "• Chris Turvil HEAD OF CLOUD AND PLATFORM AGILITY, TRAINLINE",
    ]
    assert qa.ask("Who is giving this keynote?").answer == "WERNER VOGELS\nCTO, AMAZON.COM"
    announced = qa.ask("What was announced?").answer
    assert {"• AWS CodeBuild", "• Amazon Pinpoint", "• AWS Batch"} <= set(announced.split("\n"))
    topics = qa.ask("What is this talk about?")
    assert {"• Data", "• Compute"} <= set(topics.answer.split("\n"))


TALK_WITH_PEOPLE = """Ferry Days

Our Speakers

Ann Lindqvist, harbour master

Joss Okafor, pilot

Boats That Wait

“I have never missed a tide.”

Mira Castellanos
Captain, Island Lines
"""
TALK_OF_ONE = """Good morning, all of you who came through the rain to hear about bread.
I'm Oriel Tansworth and I bake bread. I have done so for thirty years, in three towns, and I am
still surprised by it on most mornings when the oven door opens.

Bread is patient work, and nobody who hurries it is thanked for it in the end. We let our dough
stand for a night and a day, and in the cold months for longer, because the flour asks for it.

People want to know what we would do differently. I would buy the second oven first, I would hire
the person who asks why, and I would write down every recipe before the flood and not behind it.
"""
TALK_WITH_GUESTS = """Harbour Week

Tidewater

Dr. Ifeoma Brandt
Chief Technology Officer, Tidewater

Announcing

Moorings Live

See each berth from the quay

Island Lines

ISLAND LINES

Mira Castellanos
Captain

“I have never missed a tide.”

Ann Lindqvist
Harbour master

Quayside

A bus timetable for boats

Now available

Rules of the new quay

Preview
"""


@pytest.mark.parametrize(
    ("text", "about", "told"),
    [
        (TALK_WITH_PEOPLE, About.SPEAKERS,
         ["Our Speakers\nAnn Lindqvist, harbour master\nJoss Okafor, pilot"]),
        (TALK_OF_ONE, About.SPEAKERS, ["I'm Oriel Tansworth and I bake bread."]),
        (TALK_OF_ONE, About.SPEAKER, ["I'm Oriel Tansworth and I bake bread."]),
        # Who is quoted does not speak, and a company is no person.
        (TALK_WITH_GUESTS, About.SPEAKERS,
         ["Dr. Ifeoma Brandt\nChief Technology Officer, Tidewater", "Mira Castellanos\nCaptain"]),
        (TALK_WITH_GUESTS, About.SPEAKER,
         ["Dr. Ifeoma Brandt\nChief Technology Officer, Tidewater"]),
        (TALK_WITH_GUESTS, About.NEWS, ["Moorings Live", "Quayside"]),
    ],
)  # fmt: skip
def test_people_and_news_are_told_from_how_they_are_introduced(
    text: str, about: About, told: list[str]
) -> None:
    lines = to_lines(text)
    passages = to_passages(Talk("t", "T", "t.txt", lines, to_blocks(lines)))
    assert [passages[row].text for row in overview(about, passages, range(len(passages)))] == told


@pytest.mark.parametrize(
    ("deck", "told"),
    [
        ("orchestra-season", "I. The conductors\nII. The great concerts"),  # its agenda
        ("space-probe", "MERIDIAN SPACE CONSORTIUM"),  # it has none: its first slide
    ],
)
def test_what_a_talk_is_about_its_agenda_says_best(deck: str, told: str) -> None:
    passages = to_passages(load_talk(ROOT / "tests" / "talks" / f"{deck}.txt"))
    (row,) = overview(About.TOPICS, passages, range(len(passages)))
    assert passages[row].text.startswith(told)


def test_the_speaker_of_the_metadata_gives_the_talk() -> None:
    lines = to_lines(TALK_WITH_GUESTS)
    passages = to_passages(Talk("t", "T", "t.txt", lines, to_blocks(lines)))
    (row,) = overview(About.SPEAKER, passages, range(len(passages)), "Mira Castellanos")
    assert passages[row].text == "Mira Castellanos\nCaptain"


def test_without_a_reader_it_still_answers(qa: KeynoteQA) -> None:
    plain = KeynoteQA(qa.index, qa.embedder, None, qa.report)
    answer = plain.ask("How many requests per second does Thomson Reuters process?")
    assert "4,000" in answer.citations[0].passage
