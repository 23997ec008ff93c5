"""The sentence that says what a talk doesn't say, as precisely as the question allows."""

from __future__ import annotations

import re
from collections.abc import Sequence

NOT_IN_THE_TALK = "The keynote doesn't say."

_MISSING = (
    (
        r"\b(?:costs?|prices?|priced|pricing|fees?|charged?|pay|paid)\b|\bhow (?:expensive|cheap)",
        "no price",
    ),
    (r"\b(?:when|since|until)\b|\b(?:what|which) (?:year|month|day|date|time)\b", "no date"),
    (r"\bhow long\b", "not how long"),
    (r"\bhow (?:many|much|often|fast|far|big|large|high|old)\b|\bpercent", "no such figure"),
    (r"\b(?:who|whose|whom)\b|\b(?:founder|ceo|cto)\b", "nobody by that role"),
    (r"\bwhy\b|\breasons?\b", "no reason"),
    (r"\bwhere\b|\b(?:which|what) (?:city|country|place)\b", "no place"),
)


def refusal(question: str, known: Sequence[str], unknown: Sequence[str]) -> str:
    """One plain sentence that says what is missing, when that is known.

    Args:
        question: as it was understood.
        known: names in the question that the talk holds, as the question writes them.
        unknown: names in it that the talk does not hold.

    >>> refusal("What does a query in Athena cost?", ["Athena"], [])
    'The keynote mentions Athena, but no price.'
    >>> refusal("What did Oracle say?", [], ["Oracle"])
    "The keynote doesn't mention Oracle."
    >>> refusal("Is it raining?", [], [])
    "The keynote doesn't say."
    """
    if unknown:
        return f"The keynote doesn't mention {unknown[0]}."
    if known:
        for pattern, missing in _MISSING:
            if re.search(pattern, question, re.IGNORECASE):
                return f"The keynote mentions {known[0]}, but {missing}."
        return f"The keynote mentions {known[0]}, but doesn't say that."
    return NOT_IN_THE_TALK
