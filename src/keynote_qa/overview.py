"""Questions about the talk as a whole, answered from its structure: parts, speakers, news.

"What is this talk about?" shares no word with any slide; the outline answers it. Only questions
that ask for nothing else are taken (no name, no subject of their own), and only of one talk: of
several, nobody knows which is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum, auto

from keynote_qa.question import Wants
from keynote_qa.ranking import is_kind
from keynote_qa.records import Grain, Passage
from keynote_qa.shapes import is_figure
from keynote_qa.signals import looks_like_a_person
from keynote_qa.text import fold

_TALK = r"(?:(?:this|the|your|today'?s) )?(?:whole )?(?:talk|keynote|presentation|session|speech)"
_TOPICS = re.compile(
    rf"^\W*(?:(?:so )?what(?:'s|’s| is| was)? {_TALK} (?:is |was )?(?:all )?about"
    rf"|what is (?:this|it) (?:all )?about"
    rf"|(?:what|which) (?:topics|subjects|themes|parts|sections)\b.*\b(?:{_TALK}|covered|there)"
    rf"|(?:give me |can you give me )?(?:an? )?(?:overview|summary|outline) of {_TALK}"
    rf"|(?:summari[sz]e|outline) {_TALK}|(?:overview|summary|agenda|outline|topics))\W*$",
    re.IGNORECASE,
)
_SPEAKERS = re.compile(
    rf"^\W*(?:who (?:spoke|speaks|talked|presented|was on stage|is speaking|gave {_TALK})"
    rf"|who (?:are|were) (?:all )?(?:the )?(?:guest |guests|speakers|presenters|people on stage)\w*"
    rf"|(?:which|what) (?:guests|speakers|people) (?:spoke|were|are|came|took)\b.{{0,20}}"
    rf"|(?:the )?speakers)(?: (?:here|today|at|in|on|of) ?{_TALK}| {_TALK}| on stage| today)?\W*$",
    re.IGNORECASE,
)
_NEWS = re.compile(
    rf"^\W*(?:what (?:was|were|got|has been|have been|is|did (?:they|you|he|she|aws|the speaker)) "
    rf"(?:all )?(?:announced?|launched|launch|introduced?|unveiled?|released?|new)"
    rf"|what(?:'s|’s) new|(?:the )?(?:announcements|news)|(?:what|which) announcements .*"
    rf"|(?:what|which) (?:new )?(?:products|services|things|features) "
    rf"(?:were|was|are|got|have been) (?:announced|launched|introduced|unveiled|new))"
    rf"(?: (?:today|here|(?:at|in|during) {_TALK}))?\W*$",
    re.IGNORECASE,
)
_INTRODUCING = re.compile(r"(?:introducing|announcing|new:?|meet)\s+(?=\S)", re.IGNORECASE)
_MAX_ITEMS = 10
_MIN_ITEMS = 2
_MAX_ITEM_WORDS = 14


class About(Enum):
    """What of the talk as a whole is asked for."""

    TOPICS = auto()
    SPEAKERS = auto()
    NEWS = auto()


def about_the_whole(question: str) -> About | None:
    """What of the talk as a whole a question asks for, if it asks for nothing else.

    >>> about_the_whole("What is this talk about?"), about_the_whole("Who are the speakers?")
    (<About.TOPICS: 1>, <About.SPEAKERS: 2>)
    >>> about_the_whole("What is the talk of the town about?") is None
    True
    """
    for pattern, about in (
        (_TOPICS, About.TOPICS),
        (_SPEAKERS, About.SPEAKERS),
        (_NEWS, About.NEWS),
    ):
        if pattern.match(question):
            return about
    return None


def overview(about: About, passages: Sequence[Passage], rows: Iterable[int]) -> tuple[int, ...]:
    """The rows that answer, in the order of the talk; none if the structure does not show it.

    `rows` are those of the one talk that is asked about.
    """
    find = {About.TOPICS: _is_part, About.SPEAKERS: _is_speaker, About.NEWS: _is_news}[about]
    of_talk = [(row, passages[row]) for row in rows]
    parts = {p.section[0] for _, p in of_talk if len(p.section) > 1}
    found: dict[str, int] = {}
    for row, passage in of_talk:
        key = find(passage, parts)
        # Of the passages that say it, the shortest says it best.
        if key and (key not in found or len(passage.text) < len(passages[found[key]].text)):
            found[key] = row
    ordered = sorted(found.values(), key=lambda row: passages[row].start_line)
    return tuple(ordered[:_MAX_ITEMS]) if len(ordered) >= _MIN_ITEMS else ()


def _is_part(passage: Passage, parts: set[str]) -> str | None:
    """The part of the talk that a passage names."""
    small = passage.grain in (Grain.TITLE, Grain.STATEMENT)
    own = passage.section[:1] and fold(passage.text) == fold(passage.section[0])
    named = own and passage.section[0] in parts and not is_figure(passage.text)
    return fold(passage.section[0]) if small and named else None


def _is_speaker(passage: Passage, _: set[str]) -> str | None:
    """The person whose slide a passage introduces."""
    title = passage.section[-1] if passage.section else ""
    if not looks_like_a_person(title.title() if title.isupper() else title):
        return None
    introduces = is_kind(Wants.PERSON, passage) and fold(passage.text).startswith(fold(title))
    return fold(title) if introduces and len(passage.text.split()) <= _MAX_ITEM_WORDS else None


def _is_news(passage: Passage, _: set[str]) -> str | None:
    """What a passage introduces."""
    match = _INTRODUCING.match(passage.text)
    words = len(passage.text.split())
    if not match or passage.grain in (Grain.SLIDE, Grain.CARD) or not 2 <= words <= _MAX_ITEM_WORDS:
        return None
    return fold(passage.text[match.end() :].split("\n")[0])
