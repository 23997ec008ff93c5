"""A line of a batch of questions to the JSON object that answers it."""

from __future__ import annotations

import json
from typing import Any

from keynote_qa import render
from keynote_qa.assistant import KeynoteQA
from keynote_qa.errors import QuestionError


def answer_line(qa: KeynoteQA, line: str, talk: str | None) -> dict[str, Any] | None:
    """The JSON object for one line of a batch; an error object for a line that is no question."""
    line = line.strip().removeprefix("\ufeff")
    if not line:
        return None
    try:
        question, history, named = _parse_line(line)
        return render.to_json(qa.ask(question, history=history, talk=named or talk))
    except QuestionError as error:
        return {"error": str(error), "line": line[:200]}


def _parse_line(line: str) -> tuple[str, list[str], str | None]:
    if not line.startswith("{"):
        return line, [], None
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise QuestionError(f"Not valid JSON: {error}.") from error
    question, history, talk = (data.get(key) for key in ("question", "history", "talk"))
    if not isinstance(question, str):
        raise QuestionError('"question" must be a text.')
    history = history or []
    if not isinstance(history, list) or not all(isinstance(item, str) for item in history):
        raise QuestionError('"history" must be a list of the earlier questions.')
    if talk is not None and not isinstance(talk, str):
        raise QuestionError('"talk" must be the name of a talk.')
    return question, history, talk
