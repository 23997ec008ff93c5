"""What visitors thought of the answers: how it is stored, and how it is summed up.

One JSON object a line, as `keynote-qa serve --feedback FILE` appends them:

    {"time": "2016-12-01T16:00Z", "useful": false, "question": "What is the price?",
     "answer": "…", "place": "Compute › Serverless, line 17", "word": "not the price"}

Nothing in it says who the visitor was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from keynote_qa.errors import JournalError
from keynote_qa.journal import entries
from keynote_qa.text import printable

_SHOWN_CHARACTERS = 160  # of an answer, in a summary


@dataclass(frozen=True, slots=True)
class Feedback:
    """One visitor's judgement of one answer.

    Attributes:
        time: in UTC, to the minute: "2016-12-01T16:00Z".
        useful: thumbs up.
        question: as it was asked.
        answer: as it was shown, plain text.
        place: where it was quoted from; empty if the talk did not say.
        word: what the visitor added, if anything.
    """

    time: str
    useful: bool
    question: str
    answer: str
    place: str = ""
    word: str = ""


def to_json(feedback: Feedback) -> dict[str, Any]:
    """An entry as it is stored and printed."""
    return asdict(feedback)


def load_feedback(path: Path, note: Callable[[str], None]) -> list[Feedback]:
    """The feedback in a file, oldest first; `note` is called with a line for each damaged one.

    Raises:
        JournalError: the file cannot be read, or nothing in it is feedback.
    """
    found: list[Feedback] = []
    damaged: list[int] = []
    for number, entry in entries(path):
        feedback = _from_json(entry or {})
        if feedback is None:
            damaged.append(number)
        else:
            found.append(feedback)
    if damaged and not found:
        raise JournalError(
            f"{path}: holds no feedback. Give the file that was named with: "
            "keynote-qa serve --feedback FILE"
        )
    for number in damaged:
        note(f"{path}, line {number}: damaged, skipped")
    return found


def summary(given: Sequence[Feedback]) -> str:
    """How many answers were useful, and which questions got one that was not, newest first."""
    if not given:
        return "No feedback yet."
    useful = sum(feedback.useful for feedback in given)
    answers = "1 answer judged" if len(given) == 1 else f"{len(given):,} answers judged"
    times = sorted(feedback.time for feedback in given)
    lines = [
        f"{answers}: {useful:,} useful ({useful / len(given):.0%}), {len(given) - useful:,} not",
        f"from {printable(times[0])} to {printable(times[-1])}",
    ]
    if useful < len(given):
        lines += ["", "Not useful, newest first:"]
    # Two servers may have written: what is later in the file is not always newer.
    oldest_first = sorted(given, key=lambda feedback: feedback.time)
    for feedback in oldest_first[::-1]:
        if not feedback.useful:
            lines += ["", *_shown(feedback)]
    return "\n".join(lines)


def _shown(feedback: Feedback) -> Iterator[str]:
    # A visitor's control characters must not reach the terminal.
    yield f"{printable(feedback.time)}  {printable(feedback.question)}"
    if feedback.word:
        yield f"    said: “{printable(feedback.word)}”"
    answer = printable(feedback.answer)
    if len(answer) > _SHOWN_CHARACTERS:
        answer = f"{answer[: _SHOWN_CHARACTERS - 1].rstrip()}…"
    yield f"    got:  {answer}"
    if feedback.place:
        yield f"    from: {printable(feedback.place)}"


def _from_json(entry: dict[str, Any]) -> Feedback | None:
    texts = {key: entry.get(key, "") for key in ("time", "question", "answer", "place", "word")}
    useful = entry.get("useful")
    if not isinstance(useful, bool) or not all(isinstance(text, str) for text in texts.values()):
        return None
    return Feedback(useful=useful, **texts) if texts["time"] and texts["question"] else None
