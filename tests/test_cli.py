"""The command line: what goes to which stream, and with which exit code it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from test_questions import keynote_qa
from typer.testing import CliRunner

from keynote_qa import KeynoteQA, __version__
from keynote_qa.batch import answer_line
from keynote_qa.cli import app

QUESTION = "How many requests per second does Thomson Reuters process?"


@pytest.fixture
def index(qa: KeynoteQA, index_folder: Path) -> str:
    assert qa.talks
    return str(index_folder)


def test_version_and_help() -> None:
    runner = CliRunner()
    assert runner.invoke(app, ["--version"]).output == f"keynote-qa {__version__}\n"
    for command in ("ask", "index", "serve", "eval"):
        shown = runner.invoke(app, [command, "--help"])
        assert shown.exit_code == 0
        assert "Example" in shown.output
        assert "--index" in shown.output


def test_the_answer_comes_first_and_standard_output_carries_it_alone(index: str) -> None:
    done = keynote_qa("ask", QUESTION, "--index", index)
    assert (done.returncode, done.stderr) == (0, "")
    first, blank, source, place, *_ = done.stdout.splitlines()
    assert first == "Thomson Reuters processes 4,000 requests per second"
    assert blank == ""
    assert source == "[1] “Thomson Reuters processes 4,000 requests per second”"
    assert "Massive Scale Achieved, line 2017" in place


def test_json(index: str) -> None:
    done = keynote_qa("ask", "--json", QUESTION, "--index", index)
    assert json.loads(done.stdout)["citations"][0]["start_line"] == 2017


def test_a_follow_up_names_the_questions_before_it(index: str) -> None:
    earlier = ["--history", "What is AWS Glue?", "--history", QUESTION]
    done = keynote_qa("ask", "And Hearst?", *earlier, "--index", index)
    assert "97%" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["ask", "one", "--batch", "-"],
        ["ask", "--batch", "-", "--history", "one"],
        ["ask", "--nonsense"],
        ["serve", "--port", "0"],
    ],
)
def test_wrong_usage_ends_with_two(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["index", "gone.txt"], "gone.txt: no such file or folder"),
        (["ask", "--batch", "gone.jsonl"], "gone.jsonl: cannot be read"),
        (["ask", "why?", "--model", "no/such"], "no such model on this machine"),
        (["eval", "gone.jsonl"], "gone.jsonl: cannot be read"),
    ],
)
def test_what_the_user_can_mend_ends_with_one_and_no_traceback(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    done = keynote_qa(*arguments, "--index", str(tmp_path / "index"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_line_of_a_batch_may_carry_the_conversation(qa: KeynoteQA) -> None:
    line = json.dumps({"question": "And Hearst?", "history": [QUESTION]})
    answer = answer_line(qa, line)
    assert answer is not None
    assert "97%" in answer["answer"]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("{oops", "Not valid JSON"),
        ('{"q": 1}', '"question" must be a text'),
        ('{"question": "And?", "history": "x"}', '"history" must be a list'),
        ('{"question": "What?", "talk": 7}', '"talk" must be the name'),
        ('{"question": "What?", "talk": "other"}', "No talk is named 'other'"),
        ('{"question": "What?", "speaker": 7}', '"speaker" must be the name'),
        ('{"question": "What?", "speaker": "Nobody"}', "No talk's speaker is named 'Nobody'"),
        ("x" * 10_000, "too long"),
        ("\x00\x01", "empty"),
    ],
)
def test_a_bad_line_gives_an_error_object(qa: KeynoteQA, line: str, error: str) -> None:
    answer = answer_line(qa, line)
    assert answer is not None
    assert error in answer["error"]


def test_a_line_of_a_batch_chooses_before_the_command_does(qa: KeynoteQA) -> None:
    line = json.dumps({"question": QUESTION, "speaker": qa.speakers[0]})
    chosen = answer_line(qa, line, talk="no such talk")
    assert chosen is not None
    assert chosen["answered"]
    refused = answer_line(qa, QUESTION, speaker="Nobody")
    assert refused is not None
    assert "No talk's speaker is named 'Nobody'" in refused["error"]


def test_a_blank_line_is_passed_over(qa: KeynoteQA) -> None:
    assert answer_line(qa, " \n") is None


def test_bytes_that_are_no_text_do_not_end_a_batch(index: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "keynote_qa.cli", "ask", "--batch", "-", "--index", index],
        input=b'\xff\xfe\n{"question": "\\ud800 What is AWS Glue?"}\n',
        capture_output=True,
        check=False,
    )
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert not first["answered"]
    assert "Fully-managed data catalog" in second["answer"]


def test_eval_prints_a_table(index: str, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    known = {"question": QUESTION, "facts": [["4,000"]], "evidence": [[2017, 2017]]}
    questions.write_text(json.dumps(known) + "\n", "utf-8")
    done = keynote_qa("eval", str(questions), "--index", index)
    rows = dict(line.rsplit(maxsplit=5)[0::5] for line in done.stdout.splitlines()[1:])
    assert rows["evidence in the first citation"] == "1"
    assert "1.00" in done.stdout
