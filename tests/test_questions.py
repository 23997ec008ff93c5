"""Questions over the whole deck, asked as a developer at a shell would, with the real model.

They are examples of what must keep working, not a measure of quality: that is `keynote-qa eval`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import SEED

from keynote_qa.text import normalise

ANSWERABLE = {
    "How many requests per second does Thomson Reuters process?": "4,000 requests per second",
    "How many validations does FINRA do every day?": "half a trillion validations",
    "In how many countries does Trainline work?": "24 Countries",
    "Who is Jeff Lawson?": "CO-FOUNDER, CEO AND CHAIRMAN, TWILIO",
    "Who is Chris Turvil?": "HEAD OF CLOUD AND PLATFORM AGILITY, TRAINLINE",
    "What are the waves of the migration plan?": "Wave 3: Standalone services",
    "What are the challenges of large-scale batch processing?": "Manage job interdependency",
    "Which task placement strategies are there?": "Binpacking",
    "On what basis can I determine scheduling policies now?": "Availability zone",
    "What are the advantages of continuous delivery?": "Fewer lines of code",
    "What is AWS Glue?": "Fully-managed data catalog and ETL service",
    "What is AWS CodeBuild?": "compiling source code and running unit tests",
    "What is Amazon Athena?": "Interactive query service",
    "what is the tweleve factor ap": "THE TWELVE-FACTOR APP",
}

NOT_IN_THE_TALK = [
    "What's the capital of Mongolia?",
    "How do I bake sourdough bread?",
    "Who won the football world cup in 1998?",
    "asdf qwer zxcv",
    "hi there, how are you today?",
]


def keynote_qa(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "keynote_qa.cli", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder: Path = tmp_path_factory.mktemp("asked") / "index"
    questions = [*ANSWERABLE, *NOT_IN_THE_TALK]
    built = keynote_qa("index", str(SEED), "--index", str(folder))
    assert built.returncode == 0, built.stderr
    done = keynote_qa("ask", "--batch", "-", "--index", str(folder), stdin="\n".join(questions))
    assert done.returncode == 0, done.stderr
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["question"] for answer in objects] == questions
    return {answer["question"]: answer for answer in objects}


@pytest.mark.parametrize("question", ANSWERABLE)
def test_the_talk_says(answers: dict[str, dict[str, Any]], question: str) -> None:
    answer = answers[question]
    assert answer["answered"]
    assert ANSWERABLE[question] in normalise(answer["answer"])
    assert len(answer["answer"].split()) <= 60
    lines = SEED.read_text("utf-8").split("\n")
    for citation in answer["citations"]:
        cited = lines[citation["start_line"] - 1 : citation["end_line"]]
        assert normalise(citation["quote"]) in normalise("\n".join(cited))


@pytest.mark.parametrize("question", NOT_IN_THE_TALK)
def test_the_talk_does_not_say(answers: dict[str, dict[str, Any]], question: str) -> None:
    answer = answers[question]
    assert not answer["answered"]
    assert answer["answer"].startswith("The keynote")
    assert len(answer["answer"].split()) <= 12
    assert answer["citations"] == []
    assert 1 <= len(answer["nearest"]) <= 3
