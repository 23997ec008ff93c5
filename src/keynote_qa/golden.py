"""Golden questions: what the assistant must answer on the morning of the event, and how.

A file of TOML beside the talk (`talk.golden.toml` for `talk.txt`), which the organiser may extend:

    [[golden]]
    question = "How many requests per second does Thomson Reuters process?"
    holds = ["4,000 requests per second"]     # what the answer must hold, each of it

    [[golden]]
    question = "Where can I park?"
    answered = false                          # the talk must not be made to say it
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keynote_qa.errors import QuestionError
from keynote_qa.records import Answer
from keynote_qa.text import fold

SUFFIX = ".golden.toml"
_KEYS = frozenset({"question", "holds", "answered", "history", "talk"})


@dataclass(frozen=True, slots=True)
class Golden:
    """One question with what its answer must hold; or `answered` is false, and there is none."""

    question: str
    holds: tuple[str, ...] = ()
    answered: bool = True
    history: tuple[str, ...] = ()
    talk: str | None = None


def find_golden(paths: Sequence[Path]) -> list[Path]:
    """The files of golden questions beside the talks that are below `paths`."""
    found: set[Path] = set()
    for path in paths:
        found.update(path.rglob(f"*{SUFFIX}") if path.is_dir() else path.parent.glob(
            f"{path.stem}{SUFFIX}"
        ))  # fmt: skip
    return sorted(found)


def load_golden(path: Path) -> list[Golden]:
    """Read a file of golden questions.

    Raises:
        QuestionError: it cannot be read, or a question in it is not as the module says; the
            message names the file and the question.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise QuestionError(f"{path}: {error}. Mend the file, or give another.") from error
    rows = table.get("golden")
    if not isinstance(rows, list) or not rows:
        raise QuestionError(f"{path}: holds no [[golden]] question. Add one, or remove the file.")
    return [_golden(path, number, row) for number, row in enumerate(rows, 1)]


def _golden(path: Path, number: int, row: object) -> Golden:
    where = f"{path}: golden question {number}"
    if not isinstance(row, dict) or not isinstance(row.get("question"), str):
        raise QuestionError(f"{where} has no 'question' in quotes.")
    unknown = sorted(row.keys() - _KEYS)
    if unknown:
        raise QuestionError(f"{where}: '{unknown[0]}' is none of {', '.join(sorted(_KEYS))}.")
    lists = {key: row.get(key, []) for key in ("holds", "history")}
    for key, value in lists.items():
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise QuestionError(f"{where}: '{key}' must be a list of texts in quotes.")
    answered = row.get("answered", True)
    if not isinstance(answered, bool) or (not answered and lists["holds"]):
        raise QuestionError(
            f"{where}: 'answered' is true or false, and false goes without 'holds'."
        )
    talk = row.get("talk")
    return Golden(row["question"], tuple(lists["holds"]), answered, tuple(lists["history"]), talk)


def what_is_wrong(golden: Golden, answer: Answer) -> str:
    """What an answer lacks, in words; empty if it is as it must be."""
    if answer.answered != golden.answered:
        return f"answered “{answer.answer}”" if answer.answered else "it got no answer"
    said = fold(answer.answer)
    missing = [text for text in golden.holds if fold(text) not in said]
    return f"“{missing[0]}” is not in the answer “{answer.answer}”" if missing else ""
