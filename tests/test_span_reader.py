"""The reader that ships, and others by name."""

from pathlib import Path

import numpy as np
import pytest

from keynote_qa.errors import ModelError
from keynote_qa.span_reader import AdapterReader, open_span_reader
from keynote_qa.spans import TYPICAL_TOKENS, Spans

CONTEXT = "Pricing | Solo costs $9 a month | Team costs $21 a month | Founded in 2014 by Ada Moss"


@pytest.fixture(scope="module")
def reader() -> AdapterReader:
    return AdapterReader()


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How much is the Team plan?", "$21"),
        ("What does Solo cost?", "$9"),
        ("Who founded the company?", "Ada Moss"),
        ("When was it founded?", "2014"),
    ],
)
def test_it_points_at_the_words_that_answer(
    reader: AdapterReader, question: str, words: str
) -> None:
    (spans,) = reader.read(question, [CONTEXT])
    start, end = spans.best()
    assert words in CONTEXT[start:end]
    assert len(CONTEXT[start:end].split()) <= 6


def test_it_tells_a_context_that_answers_from_one_that_does_not(reader: AdapterReader) -> None:
    question = "How much is the Team plan?"
    answering, near, far = reader.read(
        question,
        [CONTEXT, "Teams | Our team is 21 people strong", "Glaciers lost a third of their ice"],
    )
    assert answering.answerable > near.answerable > far.answerable


def test_contexts_read_together_are_read_as_if_alone(reader: AdapterReader) -> None:
    # Half precision, where the processor has it, rounds in another order.
    contexts = [CONTEXT, "Short.", CONTEXT + " | " + CONTEXT]
    together = reader.read("Who founded it?", contexts)
    for context, spans in zip(contexts, together, strict=True):
        (alone,) = reader.read("Who founded it?", [context])
        assert spans.answerable == pytest.approx(alone.answerable, abs=0.3)
        np.testing.assert_allclose(spans.starts, alone.starts, atol=0.05)


def test_nothing_to_read(reader: AdapterReader) -> None:
    assert reader.read("Who?", []) == []
    (spans,) = reader.read("Who?", [""])
    assert spans.best() == (0, 0)
    assert spans.inside(0, 10) == 0.0


def test_a_very_long_question_leaves_room_for_the_context(reader: AdapterReader) -> None:
    (spans,) = reader.read("Who founded the company? " * 60, [CONTEXT])
    assert len(spans.starts) > 10


def test_how_likely_the_answer_lies_inside_a_part() -> None:
    spans = Spans(
        0.0,
        np.array([0.5, 0.5, 0.0]),
        np.array([0.2, 0.2, 0.6]),
        np.array([[0, 3], [4, 7], [8, 11]]),
    )
    # Starts and ends are independent, an end before its start is impossible, and a longer answer
    # counts less: (first piece, last piece) to weight.
    one, two = np.exp(-1 / TYPICAL_TOKENS), np.exp(-2 / TYPICAL_TOKENS)
    pairs = {(0, 0): 0.1, (0, 1): 0.1 * one, (0, 2): 0.3 * two, (1, 1): 0.1, (1, 2): 0.3 * one}
    total = sum(pairs.values())
    assert spans.inside(0, 11) == pytest.approx(1.0)
    assert spans.inside(0, 7) == pytest.approx((0.2 + 0.1 * one) / total)
    assert spans.inside(4, 11) == pytest.approx((0.1 + 0.3 * one) / total)
    assert spans.best() == (4, 11)


def test_no_answer_is_looked_for_in_the_titles() -> None:
    spans = Spans(
        0.0, np.array([0.9, 0.1]), np.array([0.9, 0.1]), np.array([[0, 3], [4, 7]])
    ).behind(4)
    assert spans.best() == (4, 7)
    assert spans.inside(4, 7) == pytest.approx(1.0)


def test_no_reader_is_a_choice() -> None:
    assert open_span_reader("none") is None


def test_a_reader_that_is_not_here_is_not_downloaded() -> None:
    with pytest.raises(ModelError, match="nothing is downloaded"):
        open_span_reader("no-such/reader")


def test_a_model_that_does_not_read_is_refused(tmp_path: Path) -> None:
    from keynote_qa.embed import DEFAULT_MODEL, locate_model

    with pytest.raises(ModelError, match="is no reader"):
        open_span_reader(str(locate_model(DEFAULT_MODEL)))


def test_a_damaged_adapter_is_named(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}", "utf-8")
    with pytest.raises(ModelError, match="--reader none"):
        AdapterReader(tmp_path)
