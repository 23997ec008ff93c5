"""What kind of answer a question asks for, if any, told from its function words alone."""

from __future__ import annotations

import re
from enum import StrEnum

PREPOSITION = r"(?:for|in|at|on|of|to|from|with|by|during|under|since|before|after)\b"

_MIN_PART_WORDS = 3


class Wants(StrEnum):
    """The kind of answer that a question asks for."""

    NUMBER = "number"
    PERSON = "person"
    LIST = "list"
    DEFINITION = "definition"
    YES_OR_NO = "yes or no"
    ANYTHING = "anything"


_NUMBER = re.compile(
    r"\bhow\s+(?:many|much|often|long|fast|quickly|big|large|small|far|deep|high|tall|old|heavy|hot|cold)\b"
    r"|\b(?:what|which)\s+(?:\w+\s+){0,2}(?:percentages?|percent|share|proportion|fraction|number|amount|year|date"
    r"|price|cost|rate|size|weight|temperature|age|time)\b"
    r"|\bwhen\b|\bhow\s+(?:\w+er|more|less)\b",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"\bwho(?:m|se|'s|’s)?\b|\bjob title\b|\bwhat(?:'s| is| was) .{0,40}\brole\b", re.IGNORECASE
)
_LIST = re.compile(
    r"^\W*(?:list|name|enumerate|give me (?:all|the list))\b"
    r"|\b(?:which|what)\s+(?:\w+\s+){0,4}?(?!is\b|was\b|does\b|has\b|this\b)\w{2,}(?<!s)s\b.*\b(?:are|were|do|did|have|can|will|does|use|uses)\b"
    r"|\b(?:which|what)\s+(?:are|were)\b|\ball (?:the|of the)\b"
    r"|\b(?:include|includes|consists? of|contains?|comprises?|belongs? to)\b"
    r"|\bwhat\s+(?:was|were|got)\s+(?:\w+ed|shown|made|built)\b"
    r"|\bwhat\s+(?:\w+\s+){0,3}(?:kinds|types|steps|stages|parts|ways|reasons|options|examples|features)\b",
    re.IGNORECASE,
)
_DEFINITION = re.compile(
    r"^\W*(?:what(?:'s|’s|s| is| was| does)|define|(?:can you )?explain|describe|tell me about)\b",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|can|could|has|have|had|will|would|should)\b", re.IGNORECASE
)

_COMPARES = re.compile(
    r"\b(?:and|or|vs|versus|than|both|between|compare[ds]?|differ\w*)\b", re.IGNORECASE
)

_ASKING = r"(?:(?:\w+ ){0,2}?(?:who|what|when|where|which|how|why|whose))"
_VERB = r"(?:is|are|was|were|do|does|did|has|have|can|will)"
_TWO_PARTS = re.compile(
    rf"^(?P<first>.*\b(?:{_ASKING}|{_VERB})\b.*?\w.*?)(?:,?\s+and\s+|\?\s+)"
    rf"(?P<second>(?:{_ASKING}(?:'s|’s)?|{_VERB} (?:it|they|he|she|i|one|the))\b\s.*\w.*)$",
    re.IGNORECASE,
)

# "and what to Ghent", "and which one Lambda": what is asked of the second is left out.
_ELLIPTIC = re.compile(
    r"(?:what|which|who|how\s+(?:many|much|long))(?:\s+(?:ones?|share|percentage|number))?\s+"
    rf"(?P<rest>(?:{PREPOSITION}\s+)?"
    r"(?:(?:the|a|an)\s+)?[^a-z\s]\S*(?:\s+[^a-z\s]\S*)*)$"
)


def parts(question: str) -> tuple[str, ...]:
    """The questions that one sentence asks: two, if a second question word follows a first.

    >>> parts("When does it open, and what will it cost?")
    ('When does it open?', 'what will it cost?')
    >>> parts("How many lines has Oslo, and how many Ghent?")
    ('How many lines has Oslo?', 'and Ghent?')
    >>> parts("Who founded Mapbox?")
    ('Who founded Mapbox?',)
    """
    match = _TWO_PARTS.match(question)
    if match is None or len(match["first"].split()) < _MIN_PART_WORDS:
        return (question,)
    if len(match["second"].split()) < _MIN_PART_WORDS:
        return (question,)
    elliptic = _ELLIPTIC.match(match["second"])
    second = f"and {elliptic['rest']}" if elliptic else match["second"]
    return match["first"].rstrip(" ,?") + "?", second


def compares(question: str) -> bool:
    """Whether a question may ask the same of two things.

    >>> compares("Which ran longer, Crow or Deer?"), compares("Which ran longest?")
    (True, False)
    """
    return _COMPARES.search(question) is not None


def wants(question: str) -> Wants:
    """The kind of answer a question asks for.

    >>> [wants(q).value for q in ("How many?", "Who said it?", "What are the steps?", "What is X?")]
    ['number', 'person', 'list', 'definition']
    >>> wants("Why did they move?").value, wants("Did they move?").value
    ('anything', 'yes or no')
    """
    for pattern, kind in (
        (_YES_OR_NO, Wants.YES_OR_NO),
        (_NUMBER, Wants.NUMBER),
        (_PERSON, Wants.PERSON),
        (_LIST, Wants.LIST),
        (_DEFINITION, Wants.DEFINITION),
    ):
        if pattern.search(question):
            return kind
    return Wants.ANYTHING
