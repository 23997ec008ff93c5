"""A question that was asked before is answered at once, and as before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fakes import CountingEmbedder

from keynote_qa import KeynoteQA
from keynote_qa.errors import QuestionError
from keynote_qa.span_reader import NO_READER

RYE = "What does rye cost?"


def opened(folder: Path, *, keep_answers: int = 8) -> tuple[KeynoteQA, list[str]]:
    """An assistant over two talks, and what it asks its model to embed from now on."""
    (folder / "talks").mkdir()
    for name, price in (("spring", "six"), ("autumn", "nine")):
        text = f"Bread\n\nRye costs {price} dollars\n\nOat costs {price} dollars too\n"
        (folder / "talks" / f"{name}.txt").write_text(text, "utf-8")
    embedder = CountingEmbedder()
    qa = KeynoteQA.open(
        folder / "index",
        sources=[folder / "talks"],
        embedder=embedder,
        reader=NO_READER,
        suggest=False,
        keep_answers=keep_answers,
    )
    embedder.embedded.clear()
    return qa, embedder.embedded


def test_what_was_asked_before_is_not_read_again(tmp_path: Path) -> None:
    qa, embedded = opened(tmp_path)
    first = qa.ask(RYE)
    assert embedded == [RYE]
    again = qa.ask(RYE)
    assert embedded == [RYE]
    assert again == replace(first, elapsed_ms=again.elapsed_ms)


def test_who_types_it_otherwise_gets_the_same_answer_to_their_own_words(tmp_path: Path) -> None:
    qa, embedded = opened(tmp_path)
    first = qa.ask(RYE)
    again = qa.ask(f"  {RYE.replace(' ', '  ')}")
    assert embedded == [RYE]
    assert again.citations == first.citations
    assert again.question == f"  {RYE.replace(' ', '  ')}"


def test_what_is_asked_of_another_talk_or_after_another_question_is_read(tmp_path: Path) -> None:
    qa, _ = opened(tmp_path)
    spring = qa.ask(RYE, talk="spring")
    autumn = qa.ask(RYE, talk="autumn")
    assert "six" in spring.answer
    assert "nine" in autumn.answer
    assert "Rye" in qa.ask("And what about it?", history=[RYE], talk="spring").answer
    assert "Oat" in qa.ask("And what about it?", history=["Oat costs?"], talk="spring").answer


def test_only_so_many_are_kept(tmp_path: Path) -> None:
    qa, embedded = opened(tmp_path, keep_answers=1)
    for question in (RYE, "What does oat cost?", RYE):
        qa.ask(question)
    assert embedded == [RYE, "What does oat cost?", RYE]


def test_none_is_kept_where_none_shall_be(tmp_path: Path) -> None:
    qa, embedded = opened(tmp_path, keep_answers=0)
    qa.ask(RYE)
    qa.ask(RYE)
    assert embedded == [RYE, RYE]


def test_what_is_no_question_is_refused_each_time(tmp_path: Path) -> None:
    qa, _ = opened(tmp_path)
    for _ in range(2):
        with pytest.raises(QuestionError):
            qa.ask(" ")
