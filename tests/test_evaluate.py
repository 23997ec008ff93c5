"""The measures, on answers that are made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from keynote_qa.errors import QuestionError
from keynote_qa.evaluate import judge, metrics
from keynote_qa.question_set import Question, load_questions
from keynote_qa.records import Answer, BlockKind, Citation, Grain, Passage

KNOWN = Question("How many?", "number", (("24", "twenty-four"),), ((10, 10),))
ABSENT = Question("What price?", "near-miss", (), ())


def cite(n: int, line: int, quote: str) -> Citation:
    return Citation(n, quote, quote, (), "t.txt", line, line, 1.0)


def slide(first: int, last: int) -> Passage:
    kinds = Grain.SLIDE, BlockKind.TEXT
    return Passage("t", "t.txt", *kinds, first, last, (), "", "", "text", 0)


def answer(text: str, *citations: Citation) -> Answer:
    return Answer("?", bool(citations), text, 0.5, citations, (), 10.0)


def test_an_answer_is_right_if_it_holds_the_fact_and_is_short() -> None:
    first, second = cite(1, 5, "unrelated"), cite(2, 10, "24 Countries")
    assert judge(KNOWN, answer("Twenty-Four countries", second)).right
    assert not judge(KNOWN, answer("many countries", second)).right
    assert not judge(KNOWN, answer("24 " + "word " * 60, second)).right
    assert judge(KNOWN, answer("24", first, second)).rank == 2
    assert judge(KNOWN, answer("24", first)).rank == 0


def test_every_item_of_a_list_is_wanted() -> None:
    both = Question("Which?", "list", (("rye",), ("oat",)), ((1, 2),))
    assert judge(both, answer("• Rye\n• Oat", cite(1, 1, "Rye\nOat"))).right
    assert not judge(both, answer("• Rye", cite(1, 1, "Rye"))).right


def test_metrics_by_hand() -> None:
    outcomes = [
        judge(KNOWN, answer("24", cite(1, 10, "24"))),
        judge(KNOWN, answer("24", cite(1, 5, "no"), cite(2, 10, "24"))),
        judge(KNOWN, answer("none")),
        judge(ABSENT, answer("none")),
        judge(ABSENT, answer("wrong", cite(1, 5, "wrong"))),
    ]
    values = {metric.name: metric.value for metric in metrics(outcomes)}
    assert values["answer right and short"] == pytest.approx(2 / 3)
    assert values["evidence in the first citation"] == pytest.approx(1 / 3)
    assert values["evidence in the first three"] == pytest.approx(2 / 3)
    assert values["mean reciprocal rank"] == pytest.approx((1 + 0.5) / 3)
    assert values["near misses recognised"] == pytest.approx(1 / 2)
    for metric in metrics(outcomes):
        assert metric.low <= metric.value <= metric.high


def test_where_the_evidence_is_among_the_slides_found() -> None:
    places = Question("Which?", "list", (("a",),), ((10, 12), (30, 30), (90, 90)))
    slides = [slide(1, 5), slide(8, 11), slide(20, 25), slide(29, 31)]
    outcome = judge(places, answer("a", cite(1, 10, "a")), slides)
    assert outcome.found == (2, 4, 0)
    values = {metric.name: metric.value for metric in metrics([outcome])}
    assert values["recall@1"] == 0
    assert values["recall@3"] == pytest.approx(1 / 3)
    assert values["recall@5"] == pytest.approx(2 / 3)
    # At best, three slides would be first, second and third: 1 + 0.631 + 0.5.
    assert values["nDCG@10"] == pytest.approx((0.6309 + 0.4307) / 2.1309, abs=1e-3)


def test_a_malformed_set_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"question": "a"}\n{"kind": "number"}\n', "utf-8")
    with pytest.raises(QuestionError, match=r"q\.jsonl: line 2"):
        load_questions(path)
