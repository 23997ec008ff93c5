"""Two evaluations side by side, on outcomes made by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_cli import keynote_qa

from keynote_qa.compare import compare, load_evaluation, to_json
from keynote_qa.errors import QuestionError
from keynote_qa.evaluate import judge
from keynote_qa.question_set import Question
from keynote_qa.records import Answer, Citation

QUESTIONS = [Question(f"How many {n}?", "number", ((str(n),),), ((n, n),)) for n in range(10, 50)]


def evaluation(path: Path, right: int) -> Path:
    """Of forty questions, so many are answered with the right line."""
    outcomes = []
    for place, question in enumerate(QUESTIONS):
        line = 10 + place if place < right else 1
        citation = Citation(1, str(line), str(line), (), "t.txt", line, line, 1.0)
        given = Answer(question.question, True, str(line), 0.5, (citation,), (), 10.0)
        outcomes.append(judge(question, given))
    outcomes.append(
        judge(Question("A price?", "near-miss", (), ()), Answer("?", False, "", 0, (), (), 10.0))
    )
    path.write_text(json.dumps(to_json(outcomes)), "utf-8")
    return path


def test_a_large_difference_is_real_and_none_is_none(tmp_path: Path) -> None:
    some, most = evaluation(tmp_path / "a.json", 20), evaluation(tmp_path / "b.json", 35)
    found = {d.name: d for d in compare(load_evaluation(some), load_evaluation(most))}
    right = found["answer right and short"]
    assert (right.first, right.second, right.n, right.real) == (0.5, 0.875, 40, True)
    assert right.low < 0.375 < right.high
    assert not found["recognised as not said"].real
    same = compare(load_evaluation(most), load_evaluation(most))
    assert not any(difference.real for difference in same)


def test_one_question_more_is_no_real_difference(tmp_path: Path) -> None:
    some, more = evaluation(tmp_path / "a.json", 20), evaluation(tmp_path / "b.json", 21)
    (right, *_) = compare(load_evaluation(some), load_evaluation(more))
    assert not right.real


def test_what_shares_no_question_is_not_compared(tmp_path: Path) -> None:
    rows = load_evaluation(evaluation(tmp_path / "a.json", 20))
    with pytest.raises(QuestionError, match="share no question"):
        compare(rows, {"other": {}})


def test_the_command_marks_what_is_real(tmp_path: Path) -> None:
    files = [str(evaluation(tmp_path / f"{n}.json", n)) for n in (10, 30)]
    done = keynote_qa("eval", "--compare", *files)
    (row,) = [row for row in done.stdout.splitlines() if row.startswith("answer right")]
    assert row.split()[4:6] == ["0.25", "0.75"]
    assert "*" in row
    broken = keynote_qa("eval", "--compare", files[0], __file__)
    assert broken.returncode == 1
    assert "is not an evaluation" in broken.stderr
