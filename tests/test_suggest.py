"""Suggested questions: read well, hold when asked, lead on, and are kept with the index."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from fakes import CountingEmbedder

from keynote_qa import KeynoteQA, suggest
from keynote_qa.embed import SentenceTransformerEmbedder
from keynote_qa.errors import QuestionError
from keynote_qa.figure_questions import question_of
from keynote_qa.phrasing import Phrasing, stands_alone
from keynote_qa.records import Suggestion
from keynote_qa.render import is_likely
from keynote_qa.sentence_questions import questions_of
from keynote_qa.store import SUGGESTIONS, UNFINISHED, load_index
from keynote_qa.suggest import MAX_CHARACTERS, MAX_MADE
from keynote_qa.text import fold

NAMES = frozenset({"longline", "cyclade"})
TALK = """\
Bread And Butter

We sell these

Rye Bakers

Introducing Crumbline

A service that brings bread to the door before six

12 ovens in the mill

Ada Quill, Head Baker
"""


@pytest.fixture(scope="module")
def bakery(
    embedder: SentenceTransformerEmbedder, tmp_path_factory: pytest.TempPathFactory
) -> KeynoteQA:
    """A deck without metadata."""
    source = ROOT / "tests" / "talks" / "bakery-coop.txt"
    folder = tmp_path_factory.mktemp("bakery") / "index"
    return KeynoteQA.open(folder, sources=[source], embedder=embedder)


@pytest.fixture(scope="module")
def observatory(
    embedder: SentenceTransformerEmbedder, tmp_path_factory: pytest.TempPathFactory
) -> KeynoteQA:
    """A talk as it was spoken."""
    source = ROOT / "tests" / "talks" / "talk-observatory.txt"
    folder = tmp_path_factory.mktemp("observatory") / "index"
    return KeynoteQA.open(folder, sources=[source], embedder=embedder)


# -- wording --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "question"),
    [
        ("7,928\nProduction Deployments", "How many production deployments are there?"),
        ("24 Countries Of Origin", "How many countries of origin are there?"),
        ("9,100 trees planted since 2018", "How many trees were planted since 2018?"),
        ("Eleven people typed bank files", "How many people typed bank files?"),
        (
            "The mountain produces 14 terabytes on a normal night, and more in May.",
            "How many terabytes does the mountain produce on a normal night?",
        ),
        (
            "Acme processes 4,000 requests per second",
            "How many requests does Acme process per second?",
        ),
        ("The Albatross cost 418 million euros.", "How much did the Albatross cost?"),
        ("There are 312 scale hives in Estonia.", "How many scale hives are there in Estonia?"),
        # No count, no subject of its own, or a number that is a name: nothing is asked.
        ("2015\nRoof collapses", None),
        ("4 hours", None),
        ("We received 1,140 requests", None),
        ("2 Cooler streets", None),
        ("60%\nMore reliable", None),
    ],
)
def test_a_figure_is_asked_for_in_english_or_not_at_all(line: str, question: str | None) -> None:
    small = "production deployments countries origin trees mountain hives".split()
    phrasing = Phrasing(frozenset(small), frozenset(), bool)
    asked = question_of(line, phrasing)
    assert (asked if asked and stands_alone(asked) else None) == question


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("Our survey is called Longline, a census of stars.", "What is Longline?"),
        ("We had a firm named Cyclade.", "What is Cyclade?"),
        ("My name is Ottoline Braakman, hello.", "Who is Ottoline Braakman?"),
        ("Then Priya Solheim, our head of instruments, wrote.", "Who is the head of instruments?"),
        ("Longline began in October 2021 and goes on.", "When did Longline begin?"),
        ("2014 First structure built", "When was the first structure built?"),
        ("2015\nCity sells the ruin for one euro", "When did the city sell the ruin for one euro?"),
        ("The mirror of the Tern is silver because it is cheap.", "Why is the mirror of the Tern"),
        ("The subsidy for a ride is one euro.", "What is the subsidy for a ride?"),
    ],
)
def test_a_sentence_answers_what_it_says(sentence: str, question: str) -> None:
    phrasing = Phrasing(frozenset("first structure".split()), NAMES, lambda word: True)
    asked = [found for _, found in questions_of(sentence, phrasing, NAMES)]
    assert any(found.startswith(question) for found in asked), asked


# -- what is suggested ----------------------------------------------------------------------


@pytest.mark.parametrize("of", ["qa", "bakery", "observatory"])
def test_each_suggestion_is_answered_from_its_place(
    of: str, request: pytest.FixtureRequest
) -> None:
    assistant: KeynoteQA = request.getfixturevalue(of)
    made = [s for s in assistant.suggestions if s.kind != "given"]
    assert 8 <= len(made) <= MAX_MADE
    assert len({fold(s.question) for s in made}) == len(made)
    assert len({s.kind for s in made}) >= 4
    for suggestion in made:
        answer = assistant.ask(suggestion.question)
        assert answer.answered
        assert is_likely(answer.confidence)
        first = answer.citations[0]
        assert first.start_line <= suggestion.end_line, suggestion
        assert suggestion.start_line <= first.end_line, suggestion
        assert len(suggestion.question) <= MAX_CHARACTERS
        assert suggestion.question[0].isupper()
        assert suggestion.question.endswith("?")
        # It stands alone in any conversation.
        assert assistant.understood(suggestion.question, ["Who is Jeff Lawson?"]) == (
            suggestion.question
        )


def test_the_questions_given_with_a_talk_come_first(qa: KeynoteQA) -> None:
    given = qa.talks[0].questions
    assert qa.starters(len(given)) == given
    more = qa.starters(12)
    assert more[: len(given)] == given
    assert len(set(more)) == 12


def test_starters_are_of_different_kinds_and_places(bakery: KeynoteQA) -> None:
    known = {s.question: s for s in bakery.suggestions}
    first = [known[question] for question in bakery.starters(5)]
    assert len({s.kind for s in first}) == 5
    lines = sorted(s.start_line for s in first)
    assert lines[-1] - lines[0] > len(bakery.talks[0].lines) / 3


def test_related_questions_lead_on_and_never_back(qa: KeynoteQA) -> None:
    asked = [qa.starters(1)[0]]
    for _ in range(8):
        answer = qa.ask(asked[-1])
        related = qa.related(answer, asked=asked)
        assert len(set(map(fold, related))) == len(related) == 3
        assert not set(map(fold, related)) & set(map(fold, asked))
        by_question = {s.question: s for s in qa.suggestions}
        for question in related:
            place = by_question[question]
            here = answer.citations[0]
            apart = place.end_line < here.start_line or here.end_line < place.start_line
            assert apart, question
        asked.append(related[0])


def test_a_question_is_the_same_however_it_is_typed(observatory: KeynoteQA) -> None:
    answer = observatory.ask("how did LONGLINE begin")
    for question in observatory.related(answer, count=50):
        typed = [question.upper().rstrip("?")]
        assert question not in observatory.related(answer, asked=typed, count=50)


def test_what_was_just_cited_is_not_asked_for_again(bakery: KeynoteQA) -> None:
    named, defined = "What is Gladys?", "What is a Levain?"
    assert {named, defined} <= {s.question for s in bakery.suggestions}
    answer = bakery.ask(named)
    assert defined not in bakery.related(answer, count=50)  # the same lines answer it


def test_related_questions_are_near_the_answer(qa: KeynoteQA) -> None:
    answer = qa.ask("How many requests per second does Thomson Reuters process?")
    assert qa.related(answer)[0] == "How many Lambda requests does Expedia trigger each month?"


def test_a_refusal_leads_to_what_comes_closest(qa: KeynoteQA) -> None:
    answer = qa.ask("What does a query in Athena cost?")
    assert not answer.answered
    assert "What is Amazon Athena?" in qa.related(answer)
    nothing = qa.ask("🎉🎉")
    assert len(qa.related(nothing)) == 3


# -- kept with the index --------------------------------------------------------------------


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.txt"
    path.write_text(TALK, "utf-8")
    return path


def opened(
    index: Path, *sources: Path, reader: str = "none", suggest: bool = True
) -> tuple[KeynoteQA, list[str]]:
    said: list[str] = []
    qa = KeynoteQA.open(
        index, sources=list(sources) or None, embedder=CountingEmbedder(), reader=reader,
        say=said.append, suggest=suggest,
    )  # fmt: skip
    return qa, said


@pytest.fixture
def times_made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Suggestion, ...]]:
    """Fills with what is made, each time it is."""
    times: list[tuple[Suggestion, ...]] = []
    make = suggest.make

    def counted(*args: object, **options: object) -> tuple[Suggestion, ...]:
        made = make(*args, **options)  # type: ignore[arg-type]
        one = Suggestion("What is Crumbline?", "definition", "talk", 9, 9, ("Bread",))
        times.append(made or (one,))
        return times[-1]

    monkeypatch.setattr(suggest, "make", counted)
    return times


def test_they_are_made_once_and_kept(
    talk: Path, tmp_path: Path, times_made: list[tuple[Suggestion, ...]]
) -> None:
    first, _ = opened(tmp_path / "index", talk)
    again, said = opened(tmp_path / "index")
    assert len(times_made) == 1
    assert again.suggestions == first.suggestions == times_made[0]
    assert said == []


def test_whoever_only_asks_does_not_wait_for_them(
    talk: Path, tmp_path: Path, times_made: list[tuple[Suggestion, ...]]
) -> None:
    qa, _ = opened(tmp_path / "index", talk, suggest=False)
    qa.ask("What is Crumbline?")
    assert times_made == []
    assert not (tmp_path / "index" / SUGGESTIONS).exists()
    assert qa.suggestions == times_made[0]  # made when they are asked for after all
    assert (tmp_path / "index" / SUGGESTIONS).exists()


def test_another_source_or_reader_remakes_them(
    talk: Path,
    tmp_path: Path,
    times_made: list[tuple[Suggestion, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened(tmp_path / "index", talk)
    talk.write_text(TALK.replace("12 ovens", "15 ovens"), "utf-8")
    opened(tmp_path / "index")
    assert len(times_made) == 2
    monkeypatch.setattr("keynote_qa.reader.NO_READER", "another")
    monkeypatch.setattr("keynote_qa.reader.load_weights", lambda _: qa_weights)
    from keynote_qa.weights import load_weights

    qa_weights = load_weights("none")
    opened(tmp_path / "index")
    assert len(times_made) == 3


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: text.replace("Crumbline", "Crumblime"),
        lambda text: json.dumps(json.loads(text) | {"suggestions": [{"question": "Why?"}]}),
    ],
)
def test_a_damaged_file_is_remade(
    talk: Path, tmp_path: Path, times_made: list[tuple[Suggestion, ...]], damage: object
) -> None:
    opened(tmp_path / "index", talk)
    path = tmp_path / "index" / SUGGESTIONS
    whole = path.read_text("utf-8")
    assert callable(damage)
    path.write_text(damage(whole), "utf-8")
    qa, _ = opened(tmp_path / "index")
    assert len(times_made) == 2
    assert qa.suggestions == times_made[1]
    assert path.read_text("utf-8") == whole


def test_in_a_folder_that_cannot_be_written_they_live_in_memory(
    talk: Path,
    tmp_path: Path,
    times_made: list[tuple[Suggestion, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened(tmp_path / "index", talk, suggest=False)
    if os.geteuid() == 0:  # permissions do not bind root

        def refuse(**_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("tempfile.mkstemp", refuse)
    else:
        (tmp_path / "index").chmod(0o500)
    qa, _ = opened(tmp_path / "index")
    assert qa.suggestions == times_made[0]
    assert qa.starters() == tuple(s.question for s in times_made[0])[:4]
    assert len(times_made) == 1
    assert not list((tmp_path / "index").glob("*suggestions*"))
    (tmp_path / "index").chmod(0o700)


KILLED = """
import json, os, sys, types
sys.path[:0] = [{tests!r}, {src!r}]
from fakes import CountingEmbedder
from keynote_qa import KeynoteQA, suggest
die = lambda *_, **__: os._exit(9)
suggest.json = types.SimpleNamespace(dumps=json.dumps, loads=json.loads, dump=die)
KeynoteQA.open({index!r}, sources=[{talk!r}], embedder=CountingEmbedder(), reader="none")
"""


def test_killed_while_they_are_written_the_index_is_whole(talk: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    program = KILLED.format(
        tests=str(ROOT / "tests"), src=str(ROOT / "src"), index=str(index), talk=str(talk)
    )
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert done.returncode == 9
    assert [path.name for path in index.glob(f"{UNFINISHED}*")] != []
    assert not (index / SUGGESTIONS).exists()
    assert load_index(index).talks
    opened(index)
    assert (index / SUGGESTIONS).exists()
    assert not list(index.glob(f"{UNFINISHED}*"))


def test_neither_they_nor_what_a_killed_writer_left_hinder_a_rebuild(
    talk: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    opened(index, talk)
    (index / f"{UNFINISHED}left").write_text("{", "utf-8")
    talk.write_text("Bread And Butter\n\nRye costs six dollars\n", "utf-8")
    qa, _ = opened(index, suggest=False)
    assert qa.report.up_to_date is False
    assert not list(index.glob("*suggestions*"))


def test_a_given_question_that_is_not_answered_is_named(talk: Path, tmp_path: Path) -> None:
    talk.with_suffix(".toml").write_text('questions = ["🎉?", "What is Crumbline?"]\n', "utf-8")
    qa, said = opened(tmp_path / "index", talk)
    assert any("“🎉?” is not answered" in line for line in said)
    assert "🎉?" not in {s.question for s in qa.suggestions}


def test_several_talks_take_turns(talk: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text(TALK.replace("Crumbline", "Loafline").replace("bread", "cake"), "utf-8")
    for path, questions in (
        (talk, ["What is Crumbline?", "How many ovens are there in the mill?"]),
        (other, ["What is Loafline?"]),
    ):
        path.with_suffix(".toml").write_text(f"questions = {json.dumps(questions)}\n", "utf-8")
    qa, _ = opened(tmp_path / "index", talk, other)
    assert qa.starters(3) == (
        "What is Loafline?", "What is Crumbline?", "How many ovens are there in the mill?",
    )  # fmt: skip
    assert set(qa.starters(9, talk="other")) == {
        s.question for s in qa.suggestions if s.talk == "other"
    }
    assert qa.starters(9, talk="other")[0] == "What is Loafline?"
    with pytest.raises(QuestionError, match="No talk is named"):
        qa.starters(9, talk="nobody's")
