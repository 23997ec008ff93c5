"""Questions about the talk as a whole, answered from its structure: parts, speakers, news.

"What is this talk about?" shares no word with any slide; the outline answers it. Only questions
that ask for nothing else are taken (no name, no subject of their own), and only of one talk: of
several, nobody knows which is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum, auto

from keynote_qa.records import Grain, Passage
from keynote_qa.shapes import is_figure, is_headline, is_name
from keynote_qa.signals import looks_like_a_person, names_a_role
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
    rf"^\W*(?:who (?:all )?(?:spoke|speaks|talked|presented|was on stage|is speaking)"
    rf"|who (?:are|were) (?:all )?(?:the )?(?:guest |guests|speakers|presenters|people on stage)\w*"
    rf"|(?:which|what) (?:guests|speakers|people) (?:spoke|were|are|came|took)\b.{{0,20}}"
    rf"|(?:the )?speakers)(?: (?:here|today|at|in|on|of) ?{_TALK}| {_TALK}| on stage| today)?\W*$",
    re.IGNORECASE,
)
_SPEAKER = re.compile(
    rf"^\W*(?:who (?:gave|gives|held|holds|delivered|delivers|presented|presents|is behind) {_TALK}"
    rf"|who(?:'s|’s| is| was) (?:giving|holding|delivering|presenting|speaking at|doing) {_TALK}"
    rf"|who(?:'s|’s| is| was) (?:the|this|your) (?:main |keynote )?(?:speaker|presenter)"
    rf"(?: (?:here|today|at|in|on|of|for) ?(?:{_TALK})?)?"
    rf"|whose {_TALK} (?:is|was) (?:this|it)|who(?:'s|’s| is) {_TALK} (?:given )?by"
    rf"|(?:what(?:'s|’s| is) )?(?:the )?(?:name of the speaker|speaker(?:'s|’s)? name))\W*$",
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
_INTRODUCING = re.compile(r"(?:introducing|announcing|meet|new:):?\s+(?=\S)", re.IGNORECASE)
_BADGE_BELOW = re.compile(
    r"\W*(?:(?:now |generally |publicly )*available(?: (?:now|today|in|to|as|from|for)\b.*)?"
    r"|(?:public |private |limited |open |developer )?(?:preview|beta)"
    r"(?: available)?(?: (?:now|today|in|from|for)\b.*)?"
    r"|(?:coming|launching|launches|arriving) (?:soon|later|today|now)\b.*)\W*",
    re.IGNORECASE,
)
_BADGE_ABOVE = re.compile(r"\W*(?:introducing|announcing|announced today)\W*", re.IGNORECASE)
_MAX_BADGE_WORDS = 6
_BADGE_DISTANCE = 4
"""The name of what is announced stands at most so many lines from its badge."""

_HONORIFIC = re.compile(r"(?:Dr|Prof|Professor|Mr|Mrs|Ms|Sir|Dame)\.? ")
_SPEAKERS_LABEL = re.compile(
    r"\W*(?:(?:our|your|the|today'?s) )?(?:speakers|presenters|hosts)\W*", re.I
)
_I_AM = re.compile(
    r"\b(?:I'm|I’m|I am|[Mm]y name(?:'s|’s| is)) "
    r"((?:(?:Dr|Prof|Professor|Mr|Mrs|Ms)\.? )?[A-Z][\w'’-]+(?: [A-Z][\w'’.-]+)+)"
)
_ROLE_WITHIN = 4  # a role is named in so many words, or the line is about something else
_MAX_LISTED_LINES = 20
_MAX_ITEMS = 12
_MIN_ITEMS = 2
_MAX_ITEM_WORDS = 14


class About(Enum):
    """What of the talk as a whole is asked for."""

    TOPICS = auto()
    SPEAKERS = auto()
    SPEAKER = auto()
    NEWS = auto()


def about_the_whole(question: str) -> About | None:
    """What of the talk as a whole a question asks for, if it asks for nothing else.

    >>> about_the_whole("What is this talk about?"), about_the_whole("Who are the speakers?")
    (<About.TOPICS: 1>, <About.SPEAKERS: 2>)
    >>> about_the_whole("Who is giving this keynote?")
    <About.SPEAKER: 3>
    >>> about_the_whole("What is the talk of the town about?") is None
    True
    """
    for pattern, about in (
        (_TOPICS, About.TOPICS),
        (_SPEAKERS, About.SPEAKERS),
        (_SPEAKER, About.SPEAKER),
        (_NEWS, About.NEWS),
    ):
        if pattern.match(question):
            return about
    return None


def overview(
    about: About, passages: Sequence[Passage], rows: Iterable[int], speaker: str | None = None
) -> tuple[int, ...]:
    """The rows that answer, in the order of the talk; none if the structure does not show it.

    Args:
        about: what is asked for.
        passages: the rows of the index.
        rows: those of the one talk that is asked about.
        speaker: who gives the talk, where its metadata says it; otherwise, who is introduced first.
    """
    of_talk = [(row, passages[row]) for row in rows]
    if about is About.TOPICS:
        found = _parts(of_talk)
    elif about is About.NEWS:
        found = _news(of_talk)
    else:
        found = _speakers(of_talk)
    if about is About.SPEAKER:
        key = fold(speaker) if speaker else ""
        return tuple([row for name, row in found.items() if key in name or name in key][:1])
    ordered = sorted(found.values(), key=lambda row: passages[row].start_line)
    enough = _MIN_ITEMS if about is not About.SPEAKERS else 1
    return tuple(ordered[:_MAX_ITEMS]) if len(ordered) >= enough else ()


Rows = Sequence[tuple[int, Passage]]


def _shortest(told: Iterable[tuple[str, int, Passage]]) -> dict[str, int]:
    """For each thing told the row that tells it; of several the shortest, which says it best."""
    best: dict[str, tuple[int, int]] = {}
    for key, row, passage in told:
        size = len(passage.text)
        if key not in best or size < best[key][0]:
            best[key] = size, row
    return {key: row for key, (_, row) in best.items()}


def _parts(of_talk: Rows) -> dict[str, int]:
    """The parts of the talk, by their names."""
    parts = {p.section[0] for _, p in of_talk if len(p.section) > 1}
    return _shortest(
        (fold(p.section[0]), row, p)
        for row, p in of_talk
        if p.grain in (Grain.TITLE, Grain.STATEMENT)
        and p.section[:1]
        and p.section[0] in parts
        and fold(p.text) == fold(p.section[0])
        and not is_figure(p.section[0])
    )


def _speakers(of_talk: Rows) -> dict[str, int]:
    """Who is introduced, by their names, in order: on slides by name and role, or as "I am ..."."""
    listed = [
        (len(p.text), row)
        for row, p in of_talk
        if p.grain in (Grain.CARD, Grain.GROUP, Grain.SLIDE)
        and _SPEAKERS_LABEL.fullmatch(p.text.split("\n")[0])
        and 1 <= p.text.count("\n") <= _MAX_LISTED_LINES
    ]
    if listed:
        row = max(listed)[1]
        return {"": row}
    told = []
    before = ""
    for row, passage in of_talk:
        name = _introduced(passage)
        if name and not before.rstrip().endswith(('"', "”", "»")):
            told.append((fold(name), row, passage))
        if passage.grain in (Grain.TITLE, Grain.STATEMENT):
            before = passage.text
    # Where a company's name stands over a person's, it is the person who is introduced.
    return _shortest(
        (name, row, passage)
        for name, row, passage in told
        if not any(name != other and _is_inside(p, passage) for other, _, p in told)
    )


def _first_words(line: str) -> str:
    return " ".join(line.split()[:_ROLE_WITHIN])


def _is_inside(part: Passage, whole: Passage) -> bool:
    """Whether a passage is a part of another one."""
    within = whole.start_line <= part.start_line and part.end_line <= whole.end_line
    return within and len(part.text) < len(whole.text)


def _introduced(passage: Passage) -> str | None:
    """The name of the person whom a passage introduces, or who introduces themselves in it."""
    said = _I_AM.search(passage.text)
    if said:
        return said[1] if passage.grain in (Grain.STATEMENT, Grain.GROUP) else None
    lines = passage.text.split("\n")
    roles = (i for i, line in enumerate(lines) if i and names_a_role(_first_words(line)))
    role = next(roles, 0)
    if not role or len(passage.text.split()) > _MAX_ITEM_WORDS:
        return None
    name = _HONORIFIC.sub("", lines[role - 1])
    name = name.title() if name.isupper() else name
    return name if looks_like_a_person(name) and not names_a_role(name) else None


def _news(of_talk: Rows) -> dict[str, int]:
    """What the talk announces: what a line introduces, and what stands by a badge ("Preview")."""
    lines = [(row, p) for row, p in of_talk if p.grain in (Grain.TITLE, Grain.STATEMENT)]
    told = []
    for at, (row, passage) in enumerate(lines):
        text = passage.text
        match = _INTRODUCING.match(text)
        if match and 2 <= len(text.split()) <= _MAX_ITEM_WORDS:
            told.append((fold(text[match.end() :].split("\n")[0]), row, passage))
        if len(text.split()) > _MAX_BADGE_WORDS:
            continue
        beside: Rows = ()
        if _BADGE_ABOVE.fullmatch(text):
            beside = lines[at + 1 : at + 2]
        elif _BADGE_BELOW.fullmatch(text):
            beside = lines[max(0, at - _BADGE_DISTANCE) : at][::-1]
        named = ((fold(p.text), row, p) for row, p in beside if _names_a_thing(p.text))
        told += list(named)[:1]
    return _shortest(told)


def _names_a_thing(text: str) -> bool:
    """Whether a line can be the name of what is announced."""
    named = (is_name(text) or is_headline(text)) and not is_figure(text)
    return named and not _BADGE_BELOW.fullmatch(text) and not _BADGE_ABOVE.fullmatch(text)
