"""What looks like a person's name, and like what somebody does, whatever the talk is about."""

from __future__ import annotations

import re

from keynote_qa.shapes import is_headline

_ROLE = re.compile(
    r"\b(?:chief|head|director|manager|president|founder|co-founder|chair\w*|engineer|officer|"
    r"lead|vp|c[etofi]o|professor|dr|minister|commissioner|secretary|treasurer|author|scientist|"
    r"designer|mayor|architect|researcher|captain|analyst|teacher|doctor|nurse|surgeon|farmer|"
    r"owner|partner|member)\b",
    re.IGNORECASE,
)
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
