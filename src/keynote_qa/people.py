"""What looks like a person's name, and like what somebody does, whatever the talk is about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from keynote_qa.shapes import is_headline
from keynote_qa.text import terms

_ROLE = re.compile(
    r"\b(?:chief|head|director|manager|president|founder|co-founder|chair\w*|engineer|officer|"
    r"lead|vp|c[etofi]o|professor|dr|minister|commissioner|secretary|treasurer|author|scientist|"
    r"designer|mayor|architect|researcher|captain|analyst|teacher|doctor|nurse|surgeon|farmer|"
    r"owner|partner|member)\b",
    re.IGNORECASE,
)
HOLDS = "founded|founds|started|leads?|led|heads?|runs?|owns?|owned|chairs?"
"""What those do who hold a role, as part of a pattern."""
_HAS_A_ROLE = re.compile(rf"\b(?:{HOLDS}|found|chaired|in charge)\b", re.IGNORECASE)
_MAX_ROLE_WORDS = 10
_PARTICLES = frozenset("de van der von la da du".split())


def names_a_role(text: str) -> bool:
    """Whether a line says what somebody does, in at most ten words.

    >>> names_a_role("Head of Learning"), names_a_role("Heads or tails")
    (True, False)
    """
    return len(text.split()) <= _MAX_ROLE_WORDS and _ROLE.search(text) is not None


def looks_like_a_person(text: str) -> bool:
    """Whether a line can be somebody's name: two to four capitalised words and nothing else.

    >>> looks_like_a_person("Beatriz van der Meer"), looks_like_a_person("The Year in Numbers")
    (True, False)
    """
    words = text.split()
    capital = sum(word[0].isupper() for word in words)
    if not 2 <= len(words) <= 4 or capital < 2 or is_headline(text):
        return False
    if any(char.isdigit() for char in text):
        return False
    return all(word[0].isupper() or word in _PARTICLES for word in words)


def introduces_somebody(text: str) -> bool:
    r"""Whether a text is a name, and under it what they do.

    >>> introduces_somebody("ADA LIM\nCTO, NORDVIK"), introduces_somebody("Open Berths\n17")
    (True, False)
    """
    name, _, role = text.partition("\n")
    return looks_like_a_person(name) and bool(role) and names_a_role(role)


def asks_for_a_role(question: str) -> bool:
    """Whether a question names what somebody does: "Who runs it?", "the founder of Lumo".

    >>> asks_for_a_role("Who leads Lumo?"), asks_for_a_role("Who is at Lumo?")
    (True, False)
    """
    return bool(_ROLE.search(question) or _HAS_A_ROLE.search(question))


def is_somebody_of_another(question: str, asked: Sequence[str], quoted: str, said: str) -> bool:
    """Whether a question for who holds a role somewhere would get whoever holds one elsewhere.

    Args:
        question: which `asks_for_a_role`: "Who founded Lumo?"
        asked: the names in it.
        quoted: what would be quoted: a name, a role, and behind a comma where they hold it.
        said: all that is said there, headings included.

    >>> said = "Welcome\\nADA LIM\\nCO-FOUNDER, NORDVIK"
    >>> is_somebody_of_another("Who founded Lumo?", ["Lumo"], said, said)
    True
    >>> is_somebody_of_another("Who founded Nordvik?", ["Nordvik"], said, said)
    False
    """
    places = [terms(name) for name in asked if not names_a_role(name)]
    if not places or any(place <= terms(said) for place in places):
        return False
    return any(elsewhere and not elsewhere & terms(question) for elsewhere in _places(quoted))


def _places(quoted: str) -> list[frozenset[str]]:
    """The words of where each of those named in a text holds a role."""
    rows = (row.rpartition(", ") for row in quoted.split("\n"))
    return [terms(place) for role, _, place in rows if names_a_role(role) and place[:1].isupper()]
