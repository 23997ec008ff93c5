"""What a talk doesn't say, as precisely as the question allows, and the sentence that says so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from keynote_qa.people import HOLDS

NOT_IN_THE_TALK = "The keynote doesn't say."

_ASKED_FOR = (
    (
        r"\b(?:costs?|prices?|priced|pricing|fees?|charged?|pay|paid)\b|\bhow (?:expensive|cheap)",
        "price",
    ),
    (r"\b(?:when|since|until)\b|\b(?:what|which) (?:year|month|day|date|time)\b", "date"),
    (r"\bhow long\b", "duration"),
    (r"\bhow (?:many|much|often|fast|far|big|large|high|old)\b|\bpercent", "figure"),
    (
        r"\bwho(?:'s|’s| is| was| are| were) (?:the|a|an)\b"
        rf"|\bwho\b.*\b(?:{HOLDS}|starts)\b"
        r"|\b(?:(?:co-)?founders?|c[etofi]o|chief|head of|boss)\b"
        r"|\b(?:director|manager|president|chairman)\b",
        "person",
    ),
    (r"\bwhy\b|\breasons?\b", "reason"),
    (r"\bwhere\b|\b(?:which|what) (?:city|country|place)\b", "place"),
)
_SAID_OF = {
    "that": "but doesn't say that",
    "price": "but no price",
    "date": "but no date",
    "duration": "but not how long",
    "figure": "but no such figure",
    "person": "but nobody by that role",
    "reason": "but no reason",
    "place": "but no place",
}
KINDS = ("nothing_known", "name", *_SAID_OF)


@dataclass(frozen=True, slots=True)
class Missing:
    """What is missing: one of `KINDS`, and the name that it is about.

    "name" is a name that the talk does not hold; the kinds after it are what the talk does not say
    of a name that it does hold; "nothing_known" is when no more is known.
    """

    kind: str
    name: str = ""


def missing(question: str, known: Sequence[str], unknown: Sequence[str]) -> Missing:
    """What a talk that does not answer a question is missing.

    Args:
        question: as it was understood.
        known: names in the question that the talk holds, as the question writes them.
        unknown: names in it that the talk does not hold.

    >>> missing("What does a query in Athena cost?", ["Athena"], [])
    Missing(kind='price', name='Athena')
    """
    if unknown:
        return Missing("name", unknown[0])
    if not known:
        return Missing("nothing_known")
    kinds = (kind for words, kind in _ASKED_FOR if re.search(words, question, re.IGNORECASE))
    return Missing(next(kinds, "that"), known[0])


def sentence(what: Missing) -> str:
    """One plain sentence that says what is missing.

    >>> sentence(Missing("price", "Athena"))
    'The keynote mentions Athena, but no price.'
    >>> sentence(Missing("name", "Oracle")), sentence(Missing("nothing_known"))
    ("The keynote doesn't mention Oracle.", "The keynote doesn't say.")
    """
    if what.kind == "name":
        return f"The keynote doesn't mention {what.name}."
    if what.kind == "nothing_known":
        return NOT_IN_THE_TALK
    return f"The keynote mentions {what.name}, {_SAID_OF[what.kind]}."
