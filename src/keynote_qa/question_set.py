"""Questions whose answers are known, in a file.

A question set is a file of JSON objects, one a line:

    question, kind     what is asked, and of what sort it is (free words)
    facts              a list of lists of strings: an answer is right if it holds, for each inner
                       list, one of its strings (case-folded, normalised); empty if the talk
                       doesn't say
    evidence           [first line, last line] of each place that supports the answer
    quotes             what a person would quote, white space squeezed; a guide for training
    history            the earlier questions of the conversation, if any
    talk               the name of the talk, if the index holds several
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keynote_qa.errors import QuestionError

NEAR_MISSES = ("near-miss", "false-premise")
"""Kinds of questions that name what the talk names and ask what it does not say."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a set, with what is known of its answer."""

    question: str
    kind: str
    facts: tuple[tuple[str, ...], ...]
    evidence: tuple[tuple[int, int], ...]
    history: tuple[str, ...] = ()
    talk: str | None = None
    quotes: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether the talk answers it."""
        return bool(self.evidence)


def load_questions(path: Path) -> list[Question]:
    """Read a question set.

    Raises:
        QuestionError: the file cannot be read, or a line is not as the module says; the message
            names the line.
    """
    try:
        rows = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(f"{path}: cannot be read ({error}). Check the path.") from error
    questions = []
    for number, row in enumerate(rows, 1):
        if not row.strip():
            continue
        try:
            data: dict[str, Any] = json.loads(row)
            questions.append(
                Question(
                    question=data["question"],
                    kind=data.get("kind", ""),
                    facts=tuple(tuple(fact) for fact in data.get("facts", [])),
                    evidence=tuple((first, last) for first, last in data.get("evidence", [])),
                    history=tuple(data.get("history", [])),
                    talk=data.get("talk"),
                    quotes=tuple(data.get("quotes", [])),
                )
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise QuestionError(
                f"{path}: line {number} is not a question object ({error!r})."
            ) from error
    if not questions:
        raise QuestionError(f"{path}: holds no question.")
    return questions
