"""A window without its subject is read with the description of the picture that it is from."""

from __future__ import annotations

from pathlib import Path

import pytest

from keynote_qa import KeynoteQA
from keynote_qa.embed import SentenceTransformerEmbedder
from keynote_qa.retrieve import retrieve

DECK = """Rookery

Queues for hospitals, kept fair by rules that everyone may read



Saltmarsh

Letters to patients, printed by night



Behind The Counter

The screenshot shows the Rookery web page. On the left there is a list of wards.

Wards

Median wait: 25 mins

Median visit: 9 mins

Showing 1-20 of 999
"""
LACKS_ITS_SUBJECT = "What is the median wait in Rookery?"


@pytest.fixture(scope="module")
def clinic(
    embedder: SentenceTransformerEmbedder, tmp_path_factory: pytest.TempPathFactory
) -> KeynoteQA:
    """The assistant over a deck with a described screenshot."""
    folder: Path = tmp_path_factory.mktemp("clinic")
    (folder / "clinic.txt").write_text(DECK, "utf-8")
    return KeynoteQA.open(
        folder / "index", sources=[folder / "clinic.txt"], embedder=embedder, suggest=False
    )


def windows(qa: KeynoteQA, question: str) -> list[str]:
    query = qa.understand(question)
    ranked = qa.reader.rank(query, retrieve(qa.index, query))
    found = [qa.reader.context(ranked, slide, words=6) for _, slide in ranked.slides]
    for context in found:
        for row, (start, end) in zip(context.rows, context.spans, strict=True):
            assert qa.index.passages[row].text.startswith(context.text[start:end])
    return [context.text for context in found if "25 mins" in context.text]


def test_the_description_of_the_picture_comes_first(clinic: KeynoteQA) -> None:
    (read,) = windows(clinic, LACKS_ITS_SUBJECT)
    assert read.startswith("The screenshot shows the Rookery web page. > ")
    assert "Median wait: 25 mins" in clinic.ask(LACKS_ITS_SUBJECT).answer


@pytest.mark.parametrize(
    "question", ["What is the median wait?", "What is the median wait in Saltmarsh?"]
)
def test_what_a_description_does_not_say_adds_none(clinic: KeynoteQA, question: str) -> None:
    (read,) = windows(clinic, question)
    assert "screenshot" not in read
