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
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from keynote_qa.records import Block, BlockKind, Slide, Talk
from keynote_qa.segments import to_segments, under
from keynote_qa.shapes import is_figure, unwrap
from keynote_qa.signals import looks_like_a_person
from keynote_qa.text import fold, normalise
from keynote_qa.titles import TitleReader

_OPENING_BLOCKS = 3
_MAX_PART_WORDS = 8
_ANNOUNCING_SPAN = 0.5
_MIN_AGENDA_ROWS = 3
_AGENDA_SHARE = 0.6
_AGENDA_SPAN = 0.3
_NUMBER = re.compile(r"^(?:\d{1,2}|[ivx]{1,4})[.):]?\s+")


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
    slides: list[Slide] = []
    way: tuple[tuple[int, str], ...] = ()
    part, scope, opening = "", "", ""
    part_until = 0  # where a part ends that a header made; 0 for the others
    unnamed = False  # a header has announced a part; the next title is its name
    until = len(blocks)  # where the scope of a header ends
    for start, end in zip(reader.starts, [*reader.starts[1:], len(blocks)], strict=True):
        members = tuple(b for b in blocks[start:end] if b.kind is not BlockKind.BREAK)
        if not members:
            continue
        title_block = reader.title(start)
        title = _title_text(blocks[title_block]) if title_block is not None else ""
        if title_block is not None and blocks[title_block].level:
            way = under(way, blocks[title_block])
            part = " › ".join(name for _, name in way[:-1])
        page = talk.lines[members[0].start_line - 1].page.capitalize()
        header = headers.get(fold(blocks[start].text))
        before = part
        if start > until:
            scope, until = "", len(blocks)
        if part_until and start > part_until:
            part, part_until = "", 0
        if header is not None and header.announces:
            part, part_until, scope = title or _name_under(members), 0, ""
            unnamed = not part
        elif header is not None and (not part or part_until or header.first in announced):
            part, part_until, scope = normalise(blocks[start].text), header.last, ""
        elif header is not None:
            scope, until = normalise(blocks[start].text), header.last
        elif start in announced or unnamed:
            part, part_until, scope, unnamed = title, 0, "", False
        if part != before:
            opening = normalise(" ".join(b.text for b in members[:_OPENING_BLOCKS]))
        slides.append(
            Slide(
                number=len(slides) + 1,
                title=title or _first_words(members),
                section=tuple(step for step in dict.fromkeys((page, part, scope, title)) if step),
                opening=opening if part else "",
                start_line=members[0].start_line,
                end_line=members[-1].end_line,
                blocks=members,
            )
        )
    return Outline(
        slides=tuple(slides),
        running_lines=reader.running_lines,
        badges=reader.badges,
        heads=frozenset(blocks[i].start_line for i in reader.heads()),
    )


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


def unnumbered(text: str) -> str:
    """Folded text without the number that it begins with.

    >>> unnumbered("2. Signals"), unnumbered("III RESULTS")
    ('signals', 'results')
    """
    return _NUMBER.sub("", fold(text))


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
    named = len(rows) > 1 and looks_like_a_person(normalise(rows[0]))
    return normalise(rows[0] if named else " ".join(rows))


def _first_words(blocks: Sequence[Block]) -> str:
    words = normalise(blocks[0].text).split()
    return " ".join(words[:8]) + ("…" if len(words) > 8 else "")
