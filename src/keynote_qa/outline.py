"""The outline of a talk: its slides in order, their titles and the way down to each.

`titles` says where slides begin and which lines are their titles; here they become slides, and
slides become parts, by the first of these that the deck has:

- a header, a line that several slides begin with, over their titles: it holds from its first
  place to its last. One whose places span most of the deck says only that a part begins; the line
  under it names the part;
- an agenda, a list most of whose items come again as titles, in its order and far apart;
- slides that `titles` takes for openers: numbered, alone with their title, a speaker introduced.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from keynote_qa.people import looks_like_a_person
from keynote_qa.recaps import Recaps
from keynote_qa.records import Block, BlockKind, Slide, Talk
from keynote_qa.segments import to_segments, under
from keynote_qa.shapes import is_figure, unwrap
from keynote_qa.text import fold, normalise, unnumbered
from keynote_qa.titles import TitleReader

_OPENING_BLOCKS = 3
_MAX_PART_WORDS = 8
_ANNOUNCING_SPAN = 0.5
_MIN_AGENDA_ROWS = 3
_AGENDA_SHARE = 0.6
_AGENDA_SPAN = 0.3
_NUMBERED_NAME = re.compile(
    r"\w+ (?:\d{1,3}|[ivx]{1,4}|one|two|three|four|five|six|seven|eight|nine|ten)[.:]?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Outline:
    """What `read_outline` found: slides in order, which partition the talk's blocks."""

    slides: tuple[Slide, ...]
    running_lines: frozenset[str]  # folded text of lines repeated on nearly every slide
    badges: frozenset[str]  # folded text of recurring stickers ("NEW")
    heads: frozenset[int]  # start lines of the blocks that head others


def read_outline(talk: Talk) -> Outline:
    """Find the slides of a talk, or its segments, their titles and the way down to each."""
    blocks = talk.blocks
    if any(block.kind is BlockKind.SPOKEN for block in blocks):
        headings = frozenset(b.start_line for b in blocks if b.level)
        return Outline(to_segments(blocks, talk.lines), frozenset(), frozenset(), headings)
    names = frozenset(fold(name) for name in (talk.title, talk.event) if name)
    reader = TitleReader(talk, names)
    headers = _headers(blocks, reader, reader.running_lines | reader.badges, names)
    announced = _announced(blocks, reader)
    if not announced and not any(header.announces for header in headers.values()):
        announced = frozenset(start for start in reader.starts if reader.opens(start))
    heads = {blocks[i].start_line for i in reader.heads()}
    said = frozenset(fold(block.text) for block in blocks)
    slides: list[Slide] = []
    way, recaps = _Way(headers, announced), Recaps(blocks)
    for start, end in zip(reader.starts, [*reader.starts[1:], len(blocks)], strict=True):
        members = tuple(b for b in blocks[start:end] if b.kind is not BlockKind.BREAK)
        if not members:
            continue
        at = reader.title(start)
        above = blocks[at] if at is not None else None
        if above is not None:
            members = _title_apart(members, above)
            if members[-1].start_line > above.start_line:
                heads.add(above.start_line)
        title = _title_text(above) if above is not None else recaps.title(start, members)
        if at is not None and at > start:
            title = _whole_title(normalise(blocks[at - 1].text), title, said)
        page = talk.lines[members[0].start_line - 1].page.capitalize()
        way.enter(start, blocks[start], members, title, above)
        steps = (page, way.part, way.scope, title)
        slides.append(
            Slide(
                number=len(slides) + 1,
                title=title or _first_words(members),
                section=tuple(step for step in dict.fromkeys(steps) if step),
                opening=way.opening if way.part else "",
                start_line=members[0].start_line,
                end_line=members[-1].end_line,
                blocks=members,
            )
        )
    return Outline(
        slides=tuple(slides),
        running_lines=reader.running_lines,
        badges=reader.badges,
        heads=frozenset(heads),
    )


class _Way:
    """The way down to a slide: the part of the talk that it is in, and a header's scope in that.

    `opening` is what the part begins with. Slides are entered in order, by their first block's
    index.
    """

    def __init__(self, headers: Mapping[str, _Header], announced: Collection[int]) -> None:
        self.part, self.scope, self.opening = "", "", ""
        self._headers = headers
        self._announced = announced
        self._headings: tuple[tuple[int, str], ...] = ()
        self._part_until = 0  # where a part ends that a header made; 0 for the others
        self._scope_until = -1
        self._unnamed = False  # a header has announced a part; the next title is its name

    def enter(
        self, start: int, first: Block, members: Sequence[Block], title: str, above: Block | None
    ) -> None:
        """Go on to the next slide, which begins with `first`; `above` is its title's block."""
        if above is not None and above.level:
            self._headings = under(self._headings, above)
            self.part = " › ".join(name for _, name in self._headings[:-1])
        before = self.part
        if start > self._scope_until:
            self.scope = ""
        if self._part_until and start > self._part_until:
            self.part, self._part_until = "", 0
        header = self._headers.get(fold(first.text))
        if header is not None:
            self._under(header, normalise(first.text), title or _name_under(members))
        elif start in self._announced or self._unnamed:
            self.part, self._part_until, self.scope, self._unnamed = title, 0, "", False
        if self.part != before:
            self.opening = normalise(" ".join(b.text for b in members[:_OPENING_BLOCKS]))

    def _under(self, header: _Header, text: str, name: str) -> None:
        if header.announces:
            self.part, self._part_until, self.scope = name, 0, ""
            self._unnamed = not name
        elif not self.part or self._part_until or header.first in self._announced:
            self.part, self._part_until, self.scope = text, header.last, ""
        else:
            self.scope, self._scope_until = text, header.last


def _announced(blocks: Sequence[Block], reader: TitleReader) -> frozenset[int]:
    """The slides that open what an agenda lists: a list most of whose items come again as titles.

    An item's slide is the first one behind the list that begins with it or has it as title.
    """
    found: set[int] = set()
    for i, block in enumerate(blocks):
        rows = [unnumbered(row) for row in block.text.split("\n")]
        if block.kind is BlockKind.ITEM:
            run = takewhile(lambda b: b.kind is BlockKind.ITEM, blocks[i:])
            rows = [unnumbered(b.text) for b in run]
        if len(rows) < _MIN_AGENDA_ROWS:
            continue
        opened = [
            next((s for s in reader.starts if s > i and row in _names_of(s, blocks, reader)), None)
            for row in rows
        ]
        places = [place for place in opened if place is not None]
        if len(places) < _AGENDA_SHARE * len(rows) or places != sorted(places):
            continue
        if (places[-1] - places[0]) / len(blocks) >= _AGENDA_SPAN:
            found.update(places)
    return frozenset(found)


def _names_of(start: int, blocks: Sequence[Block], reader: TitleReader) -> set[str]:
    title = reader.title(start)
    return {unnumbered(blocks[i].text) for i in (start, title) if i is not None}


@dataclass(frozen=True, slots=True)
class _Header:
    """A line that several slides begin with: its first and last place; does it announce parts?"""

    first: int
    last: int
    announces: bool


def _headers(
    blocks: Sequence[Block], reader: TitleReader, silent: frozenset[str], names: frozenset[str]
) -> dict[str, _Header]:
    """Headers by their folded text, those left out that only repeat what says nothing."""
    places: dict[str, list[int]] = {}
    for start in reader.starts:
        key = fold(blocks[start].text)
        over = reader.title(start) not in (None, start) and blocks[start].kind is BlockKind.TEXT
        if over and key not in silent and not any(key in name for name in names):
            places.setdefault(key, []).append(start)
    return {
        key: _Header(where[0], where[-1], (where[-1] - where[0]) / len(blocks) > _ANNOUNCING_SPAN)
        for key, where in places.items()
        if len(where) > 1
    }


def _name_under(members: Sequence[Block]) -> str:
    """The line under a header, if it can be a name."""
    name = normalise(members[1].text) if len(members) > 1 else ""
    short = len(name.split()) <= _MAX_PART_WORDS and not name.endswith(".")
    return name if short and not is_figure(name) else ""


def _title_text(block: Block) -> str:
    """A title on one line; of a speaker's name over a role, the name."""
    rows = unwrap(block.text).split("\n")
    return normalise(rows[0] if _is_over_others(rows) else " ".join(rows))


def _whole_title(over: str, title: str, said: Collection[str]) -> str:
    """A title with the line over it, if the talk says both as one elsewhere: "80%", "of it"."""
    whole = f"{over} {title}"
    return whole if fold(whole) in said else title


def _is_over_others(rows: Sequence[str]) -> bool:
    """Whether the first line of a title's block is all of the title: not "Lesson 5", not "24"."""
    two_words = len(rows) == 2 and not any(" " in row for row in rows)
    if len(rows) < 2 or two_words or _NUMBERED_NAME.fullmatch(normalise(rows[0])):
        return False
    return not any(is_figure(row) for row in rows[:2])


def _title_apart(members: Sequence[Block], title: Block) -> tuple[Block, ...]:
    """A slide's blocks, the title parted from the lines that no blank one parts from it.

    The first item of a list often stands so: with the title, it would be missing in the list. A
    name and what its bearer is stay together.
    """
    rows = unwrap(title.text).split("\n")
    whole = looks_like_a_person(normalise(rows[0])) or not _is_over_others(rows)
    if whole or len(rows) != title.end_line - title.start_line + 1:
        return tuple(members)
    at = members.index(title)
    below = replace(rows_of(title, rows[1:], 1), gap=0)
    return (*members[:at], rows_of(title, rows[:1], 0), below, *members[at + 1 :])


def rows_of(block: Block, rows: Sequence[str], offset: int) -> Block:
    """Some rows of a block, from the one at `offset` on; their own lines, if each row is one."""
    if block.text.count("\n") != block.end_line - block.start_line:
        return replace(block, text="\n".join(rows))
    first = block.start_line + offset
    return replace(block, text="\n".join(rows), start_line=first, end_line=first + len(rows) - 1)


def _first_words(blocks: Sequence[Block]) -> str:
    words = normalise(blocks[0].text).split()
    return " ".join(words[:8]) + ("…" if len(words) > 8 else "")
