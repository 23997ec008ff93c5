"""Questions that titles ask: of themselves, or of the list under them."""

from __future__ import annotations

import re

from keynote_qa.phrasing import (
    CONTAINERS,
    Phrasing,
    capitalised,
    has_verb_or_pronoun,
    is_plural,
    split_at_preposition,
)
from keynote_qa.sentence_questions import SOMEBODY

_ASKS = re.compile(r"^(?:what|who|which|how|why|where|when|is|are|does|do|can)\b", re.IGNORECASE)
_INDIRECT = re.compile(
    r"^(?P<asks>what|where|how|when|why) (?P<subject>.+?) (?P<verb>[a-z]+)(?P<rest>(?: .+)?)$",
    re.IGNORECASE,
)
_WHY_IS = re.compile(r"^why (?P<subject>.+?) (?P<be>is|are) (?P<rest>.+)$", re.IGNORECASE)
_NO_LIST = frozenset("contents thanks matters works questions details adults friends all".split())
_TERM = re.compile(r"[a-z][A-Z]|[A-Z]{2,}[a-z]|[A-Z]\d")
_MAX_TITLE_WORDS = 9
_MAX_SUBJECT_WORDS = 3


def asked_by(title: str, phrasing: Phrasing) -> str | None:
    """A title that asks, as a question; None for any other.

    >>> phrasing = Phrasing(frozenset(), frozenset(), {"give", "move"}.__contains__)
    >>> asked_by("What Trellis gives new teams", phrasing), asked_by("How teams moved", phrasing)
    ('What does Trellis give new teams?', 'How did teams move?')
    """
    words = title.rstrip("?").split()
    if not _ASKS.match(title) or not 2 <= len(words) <= _MAX_TITLE_WORDS:
        return None
    asked = phrasing.natural(title.rstrip("?"))
    if title.endswith("?"):
        return f"{capitalised(asked)}?" if len(words) > 2 else None
    match = _WHY_IS.match(asked)
    if match:
        return f"Why {match['be']} {match['subject']} {match['rest']}?"
    if re.match(r"what (?:went|changed|happened|kills|drives|makes)\b", asked, re.IGNORECASE):
        return f"{capitalised(asked)}?"
    match = _INDIRECT.match(asked)
    verb = phrasing.base(match["verb"]) if match else None
    if match is None or verb is None or has_verb_or_pronoun(match["subject"]):
        return None
    subject = match["subject"].split()
    known = subject[0] in ("a", "an", "the") or subject[0][0].isupper()
    several = is_plural(subject[-1])
    if len(subject) > _MAX_SUBJECT_WORDS or (several and verb[0] == "does"):
        return None
    if not (known or several):
        return None
    asks = match["asks"].capitalize()
    return f"{asks} {verb[0]} {match['subject']} {verb[1]}{match['rest']}?"


def of_a_list(title: str, phrasing: Phrasing) -> str | None:
    """What is listed under a title, asked; None if the title is no noun phrase.

    >>> phrasing = Phrasing(frozenset({"root", "cause"}), frozenset(), bool)
    >>> of_a_list("ROOT CAUSES", phrasing), of_a_list("Our Plan", phrasing)
    ('What are the root causes?', 'What does the plan include?')
    >>> of_a_list("Development Is Changing", phrasing) is None
    True
    """
    title = re.sub(r"^(?:our|the|\d+)\s+", "", title.rstrip(" :"), flags=re.IGNORECASE)
    phrase = phrasing.inside(phrasing.natural(title))
    head, rest = split_at_preposition(phrase.split())
    if not head or len(phrase.split()) > _MAX_TITLE_WORDS or has_verb_or_pronoun(title):
        return None
    last = head[-1].casefold()
    if head[0].endswith("ing") or head[0] in ("a", "an") or len(rest) == 1 or "," in title:
        return None
    small = all(word == word.casefold() or _TERM.search(word + "x") for word in head)
    several = sum(map(is_plural, head)) == 1 and is_plural(last)
    if several and small and not _NO_LIST & {head[0], last}:
        return f"{'Who' if last in SOMEBODY else 'What'} are the {phrase}?"
    return f"What does the {phrase} include?" if last in CONTAINERS else None
