"""The talk as a whole, told by its structure: its parts, its speakers, its news.

"What is this talk about?" shares no word with any slide. The agenda answers it, or the titles of
the parts; who speaks and what is new is told by how a talk introduces them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from keynote_qa.about import About
from keynote_qa.people import looks_like_a_person, names_a_role
from keynote_qa.records import BlockKind, Grain, Passage
from keynote_qa.shapes import is_figure, is_headline, is_name
from keynote_qa.text import fold, unnumbered

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
_MAX_OPENING_WORDS = 40
_MIN_AGENDA_ITEMS = 3
_AGENDA_WITHIN = 0.25  # of the talk
_AGENDA_SHARE = 0.6  # of its items head slides
_AGENDA_SPAN = 0.4  # of the talk lies between the first of these and the last
_MIN_ITEMS = 2
_MAX_ITEM_WORDS = 14


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
        return _topics(of_talk)
    found = _news(of_talk) if about is About.NEWS else _speakers(of_talk)
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


def _topics(of_talk: Rows) -> tuple[int, ...]:
    """The agenda; else the parts of the talk; else, of slides, what the first of them says."""
    agenda = _agenda(of_talk)
    if agenda is not None:
        return (agenda,)
    parts = sorted(_parts(of_talk).values())
    if len(parts) >= _MIN_ITEMS:
        return tuple(parts[:_MAX_ITEMS])
    opening = next((row for row, p in of_talk if p.grain is Grain.SLIDE), None)
    if opening is None:
        return ()
    first = dict(of_talk)[opening]
    short = len(first.text.split()) <= _MAX_OPENING_WORDS
    return (opening,) if short and first.kind is not BlockKind.SPOKEN else ()


def _agenda(of_talk: Rows) -> int | None:
    """The list that names, near the beginning, what slides all over the talk are headed with."""
    end = of_talk[-1][1].end_line if of_talk else 0
    headed: dict[str, int] = {}  # where each title stands last
    for _, passage in of_talk:
        for name in passage.section:
            headed[unnumbered(name)] = passage.start_line
    for row, passage in of_talk:
        if passage.start_line > _AGENDA_WITHIN * end:
            return None
        items = [unnumbered(line) for line in passage.text.split("\n")]
        places = [headed[item] for item in items if headed.get(item, 0) > passage.end_line]
        listed = passage.grain is Grain.GROUP and len(places) >= _MIN_AGENDA_ITEMS
        listed = listed and len(places) >= _AGENDA_SHARE * len(items)
        if listed and max(places) - min(places) >= _AGENDA_SPAN * end:
            return row
    return None


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
        and not _is_badge(p.text)
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
    return (is_name(text) or is_headline(text)) and not is_figure(text) and not _is_badge(text)


def _is_badge(text: str) -> bool:
    return any(badge.fullmatch(text) for badge in (_BADGE_BELOW, _BADGE_ABOVE))
