"""A follow-up question made to stand alone.

Only a question that shows by its form that it leans on an earlier one ("And Hearst?", "Who runs
it?") takes anything from the conversation: from the last question, itself made to stand alone.
"And Hearst?" asks the same of another name, which takes the first one's place; "it" stands for
what the last question named. What is taken are words for the search, never evidence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from keynote_qa.names import WORD, name_spans
from keynote_qa.people import names_a_role
from keynote_qa.question import PREPOSITION
from keynote_qa.text import STOPWORDS

_OPENING = re.compile(
    r"^(?:(?:and|but|so|ok|okay|also|then)\b[\s,]*)*(?:(?:what|how)\s+about|and|same for)\b[\s,]*",
    re.IGNORECASE,
)
_AUXILIARY = r"(?:is|are|was|were|does|do|did|has|have|had|can|could|will|would|should|'s|’s)"
# A pronoun that is the subject of the question itself, not of a clause inside it.
_SUBJECT = re.compile(
    rf"(?:\b|(?<=\w)){_AUXILIARY}\s+(?P<pronoun>it|they|he|she|its|their|his|her|"
    r"(?:that|this|these|those)(?=\s*(?:[?.!]|$|(?:per|begin|start|end|cost|work|happen|take|mean|"
    r"out|available|ready|live|free|new|true|still|also|yet|already|"
    r"open|come|run)\b)))\b(?!\s+(?:possible|true)\b)",
    re.IGNORECASE,
)
# Somebody or something spoken of, that no noun of the question can be.
_OBJECT = re.compile(
    r"\b(?P<pronoun>it|them|him)\b(?!\s+(?:is|are|was|were|\w+s)\b)", re.IGNORECASE
)
_DEFINITE = re.compile(
    r"\b(?:the|my|your|our|each|every)\s+\w+|\w+ing\b|\bso\b|\bmake\b", re.IGNORECASE
)
_PLACE = re.compile(r"\b(?P<pronoun>there)\W*$", re.IGNORECASE)
_THAT_ONE = re.compile(
    r"\b(?P<pronoun>(?:the (?:other|next|first|second|last)|that|this) ones?)\b"
    r"|\b(?:is|was|led|won|of|for|in|about|at|on|with|by|from)\s+(?P<noun>that\s+\w+)\W*$",
    re.IGNORECASE,
)
_POSSESSIVE = {"its", "their", "his", "her"}
_ASKS = re.compile(
    r"\b(?:how|who|what|when|where|why|which|is|are|was|were|does|do|did|can|will)\b", re.IGNORECASE
)
_EXPLETIVE = re.compile(r"\bit\s+(?:cost|take|set)s?\b.*\bto\b|\b(?:is|are) there\W*$|\bIT\b")
_GREETING = re.compile(r"\W*(?:hi|hey|hello)\b", re.IGNORECASE)
_CLAUSE = re.compile(r",\s|\s[-–—]\s|\band\b", re.IGNORECASE)
_PREPOSITION = re.compile(PREPOSITION, re.IGNORECASE)
_FIRST_WORDS = re.compile(r"\W*(?:how\s+\w+|what|who|when|where|why|which)\b", re.IGNORECASE)
_NUMBER = re.compile(r"\b\d{4}\b")
# What is counted: one word, or up to four before the verb where that can be told.
_COUNTED = re.compile(
    rf"how\s+many\s+(?P<counted>(?:[\w'’-]+\s+){{1,4}}?(?={_AUXILIARY}\b)|[\w'’-]+\s+)",
    re.IGNORECASE,
)
_COUNTABLE = re.compile(r"(?:[a-z'’-]+\s+){0,3}(?:[a-z'’-]*[a-z]s|people|children|women|men)")
_MAX_LEANING_WORDS = 12


def leans(question: str, names: frozenset[str] = frozenset()) -> bool:
    """Whether a question cannot be understood without the one before.

    >>> leans("And Hearst?"), leans("Who runs it?"), leans("What is AWS Glue?")
    (True, True, False)
    """
    if len(question.split()) > _MAX_LEANING_WORDS:
        return False
    if _OPENING.match(question):
        return True
    return _pronoun(question, names) is not None


def stand_alone(question: str, history: Sequence[str], names: frozenset[str] = frozenset()) -> str:
    """The question with what it leaves out taken from the earlier ones; unchanged if nothing is.

    Args:
        question: the latest question.
        history: the earlier ones, oldest first.
        names: the talk's own names, case-folded (`names.names_of`), so that they are known however
            they are typed.

    >>> past = ["How many requests per second does Thomson Reuters process?"]
    >>> stand_alone("And Hearst?", past)
    'How many requests per second does Hearst process?'
    >>> stand_alone("Who runs it?", [*past, "And Hearst?"])
    'Who runs Hearst?'
    >>> stand_alone("What is AWS Glue?", past)
    'What is AWS Glue?'
    """
    earlier: str | None = None
    for past in history:
        resolved = _resolve(past, earlier, names)
        # "Thanks!" is nothing to come back to.
        if len(_content(resolved).split()) > 1 or name_spans(resolved, names):
            earlier = resolved
    return _resolve(question, earlier, names)


def about(question: str, alone: str) -> str | None:
    """What an elliptical follow-up asks about, as a question of its own; None for any other.

    The talk may say something of Hearst, and not what was asked of Thomson Reuters: then that is
    what a visitor wants to hear.

    >>> about("And Hearst?", "How many requests per second does Hearst process?")
    'How many Hearst?'
    >>> about("Who runs it?", "Who runs Hearst?") is None
    True
    """
    opening = _OPENING.match(question)
    if not opening or question == alone or _ASKS.search(question[opening.end() :]):
        return None
    first = _FIRST_WORDS.match(alone)
    return f"{first.group() if first else ''} {question[opening.end() :]}".strip()


def _resolve(question: str, earlier: str | None, names: frozenset[str]) -> str:
    if earlier is None or not leans(question, names):
        return question
    opening = _OPENING.match(question)
    asked = question[opening.end() :] if opening else question
    if opening and not _ASKS.search(asked):
        return _of_another(asked.strip(" ?.!"), earlier, names)
    pronoun = _pronoun(asked, names)
    if pronoun is None and name_spans(asked, names):
        return asked[:1].upper() + asked[1:]  # a whole question after all
    return _of_the_same(asked[:1].upper() + asked[1:], earlier, names)


def _pronoun(question: str, names: frozenset[str]) -> tuple[int, int] | None:
    """Where the word stands that points at an earlier question."""
    if _EXPLETIVE.search(question) or _GREETING.match(question):
        return None
    for pattern in (_SUBJECT, _THAT_ONE, _PLACE):
        match = pattern.search(question)
        if match:
            # "When does X open, and what will it cost?": the question itself says what is meant.
            before = _CLAUSE.split(question[: match.start()])[:-1]
            if any(word.casefold() not in STOPWORDS for word in WORD.findall(" ".join(before))):
                return None
            return match.span("noun" if match.groupdict().get("noun") else "pronoun")
    match = _OBJECT.search(question)
    if match and not _DEFINITE.search(question[: match.start()]):
        return None if name_spans(question, names) else match.span("pronoun")
    return None


def _of_another(asked: str, earlier: str, names: frozenset[str]) -> str:
    """The earlier question about something else: its name or year changed, or put before it."""
    stem = earlier.rstrip(" ?.!")
    if _NUMBER.search(asked) and _NUMBER.search(earlier):
        return _NUMBER.sub(_NUMBER.findall(asked)[-1], earlier, count=1)
    preposition = _PREPOSITION.match(asked)
    bare = re.sub(rf"^(?:(?:{_PREPOSITION.pattern}|the\b)\s*)+", "", asked, flags=re.IGNORECASE)
    found = name_spans(stem, names)
    if found and name_spans(f"of {bare}", names):
        # "And the CTO?" takes the place of the CEO, not of who employs them.
        alike = [span for span in found if names_a_role(stem[slice(*span)]) == names_a_role(bare)]
        start, end = (alike or found)[-1]
        end -= len("'s") * stem[start:end].endswith(("'s", "’s"))
        return f"{stem[:start]}{bare}{stem[end:]}?"
    marked = _marked_alike(bare, stem)
    if marked:
        return f"{stem[: marked[0]]}{bare}{stem[marked[1] :]}?"
    counted = _COUNTED.match(stem)
    if counted and asked == bare and _COUNTABLE.fullmatch(bare):
        return f"{stem[: counted.start('counted')]}{bare} {stem[counted.end() :]}?"
    if not preposition:
        return f"{bare[:1].upper()}{bare[1:]}: {stem[:1].lower()}{stem[1:]}?"
    same = re.search(rf"\b{preposition.group()}\s+(?:\w+\s*){{1,3}}$", stem, re.IGNORECASE)
    return f"{stem[: same.start()] if same else stem + ' '}{asked}?"


def _marked_alike(asked: str, earlier: str) -> tuple[int, int] | None:
    """Where the last word stands that is marked as a single one that is asked about: "/index"."""
    sign = asked[:1]
    if sign.isalnum() or " " in asked:
        return None
    found = [m.span() for m in re.finditer(r"\S+", earlier) if m.group()[0] == sign]
    return found[-1] if found else None


def _of_the_same(asked: str, earlier: str, names: frozenset[str]) -> str:
    """The question with what the earlier one was about in its pronoun's place."""
    found = name_spans(earlier, names)
    subject = earlier[slice(*found[0])] if found else _content(earlier)
    pronoun = _pronoun(asked, names)
    if not subject:
        return asked
    word = asked[slice(*pronoun)].casefold() if pronoun else ""
    if pronoun and found and " " not in word and word != "there":
        owner = "'s" if word in _POSSESSIVE and not subject.endswith("s") else ""
        return asked[: pronoun[0]] + subject + owner + asked[pronoun[1] :]
    return f"{asked.rstrip(' ?')} ({subject})?"


def _content(question: str) -> str:
    """What a question without a name is about: its words but for function words."""
    words = [word for word in WORD.findall(question) if word.casefold() not in STOPWORDS]
    return " ".join(words)
