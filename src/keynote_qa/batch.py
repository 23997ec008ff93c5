"""A line of a batch of questions to the JSON object that answers it."""

from __future__ import annotations

import json
from typing import Any

from keynote_qa import render
from keynote_qa.assistant import KeynoteQA
from keynote_qa.errors import QuestionError


def answer_line(
    qa: KeynoteQA, line: str, *, talk: str | None = None, speaker: str | None = None
) -> dict[str, Any] | None:
    """The JSON object for one line of a batch; an error object for a line that is no question.

    What the line says of the talk or the speaker to answer from comes before `talk` and `speaker`.
    """
    line = line.strip().removeprefix("\ufeff")
    if not line:
        return None
    try:
        question, history, scope = _parse_line(line)
        if not scope:
            scope = {"talk": talk, "speaker": speaker}
        return render.to_json(qa.ask(question, history=history, **scope))
    except QuestionError as error:
        return {"error": str(error), "line": line[:200]}


def _parse_line(line: str) -> tuple[str, list[str], dict[str, str | None]]:
    if not line.startswith("{"):
        return line, [], {}
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise QuestionError(f"Not valid JSON: {error}.") from error
    question, history = data.get("question"), data.get("history")
    if not isinstance(question, str):
        raise QuestionError('"question" must be a text.')
    history = history or []
    if not isinstance(history, list) or not all(isinstance(item, str) for item in history):
        raise QuestionError('"history" must be a list of the earlier questions.')
    scope = {key: data[key] for key in ("talk", "speaker") if data.get(key) is not None}
    for key, name in scope.items():
        if not isinstance(name, str):
            raise QuestionError(f'"{key}" must be the name of a {key}.')
    return question, history, scope
