"""A follow-up question made to stand alone.

A first, careful version: only a question that shows by its form that it leans on an earlier one
("And Hearst?", "Who runs it?") takes anything from the conversation, and then only from the last
question that stood alone. What it takes are words for the search, never evidence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_OPENING = re.compile(
    r"^(?:(?:and|but|so|ok|okay|also|then)\b[\s,]*)*(?:(?:what|how)\s+about|and|same for)\b[\s,]*",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:it|its|they|them|their|he|him|his|she|her|hers|those|these|the other(?: one)?|that one|"
    r"this one)\b"
    r"|\b(?:is|was|are|does|did|has|of|about|for|with|to)\s+(?:that|this)\b(?=\s*\S*\s*\S*$)",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?<!^)(?<![.?!]\s)\b[A-Z][\w@#+.&/-]*(?:\s+(?:of|the|and)?\s*[A-Z0-9][\w@#+.&/-]*)*"
)
_FIRST_WORDS = re.compile(r"\W*(?:how\s+\w+|what|who|when|where|why|which)\b", re.IGNORECASE)
_MAX_LEANING_WORDS = 12


def leans(question: str) -> bool:
    """Whether a question cannot be understood without the one before.

    >>> leans("And Hearst?"), leans("Who runs it?"), leans("What is AWS Glue?")
    (True, True, False)
    """
    if len(question.split()) > _MAX_LEANING_WORDS:
        return False
    if _OPENING.match(question):
        return True
    return _PRONOUN.search(question) is not None and not _NAME.search(question)


def stand_alone(question: str, history: Sequence[str]) -> str:
    """The question with what it leaves out taken from the earlier ones; unchanged if nothing is.

    >>> past = ["How many requests per second does Thomson Reuters process?"]
    >>> stand_alone("And Hearst?", past)
    'How many Hearst?'
    >>> stand_alone("What is AWS Glue?", past)
    'What is AWS Glue?'
    """
    if not leans(question):
        return question
    earlier = next((past for past in reversed(history) if not leans(past)), None)
    if earlier is None:
        return question
    opening = _OPENING.match(question)
    if opening:
        # "And Hearst?": the same kind of thing is asked of another name. Its own words decide
        # what is found; those of the earlier question would lead back to where it was answered.
        asked = question[opening.end() :]
        first = _FIRST_WORDS.match(earlier)
        kept = first.group() if first and _NAME.search(question) else earlier
        return f"{kept} {asked}".strip()
    names = _NAME.findall(earlier)
    subject = " ".join(names) if names else earlier
    return f"{question} {subject}"
