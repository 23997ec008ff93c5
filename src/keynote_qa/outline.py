"""The outline of a talk: its slides in order, their titles and the way down to each.

`titles` says which lines are titles and where slides begin; here they become slides. A part of
the talk is opened by a header that spans the deck (the part's name is then the next title) or by
a title that an agenda announced; a header that keeps coming back holds from its first place to
its last; the title of a slide that holds nothing else announces the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keynote_qa.records import Block, BlockKind, Slide, Talk
from keynote_qa.text import fold, normalise
from keynote_qa.titles import TitleReader

_OPENING_BLOCKS = 3


@dataclass(frozen=True, slots=True)
class Outline:
    """What `read_outline` found: slides in order, which partition the talk's blocks."""

    slides: tuple[Slide, ...]
    running_lines: frozenset[str]  # folded text of lines repeated on nearly every slide
    badges: frozenset[str]  # folded text of recurring stickers ("NEW")
    heads: frozenset[int]  # start lines of the blocks that head others


def read_outline(talk: Talk) -> Outline:
    """Find the slides of a talk, their titles and the way down to each."""
    blocks = talk.blocks
    reader = TitleReader(blocks, frozenset(fold(name) for name in (talk.title, talk.event) if name))
    starts = reader.slide_starts()
    slides: list[Slide] = []
    part: str | None = None
    header: str | None = None
    opening = ""
    announced: str | None = None  # the title of a slide that holds nothing else
    for start, end in zip(starts, [*starts[1:], len(blocks)], strict=True):
        members = tuple(b for b in blocks[start:end] if b.kind is not BlockKind.BREAK)
        titles = reader.titles(start, end)
        if not members:
            continue
        opens = False
        if titles and fold(titles[0]) in reader.part_headers:
            titles = titles[1:]
            part, header, opens = (titles[0] if titles else None), None, True
        elif header and start > reader.last_place[fold(header)]:
            header = None
        elif titles and reader.is_announced(titles[0], start):
            part, header, opens = titles[0], None, True
        if titles and fold(titles[0]) in reader.scopes:
            header = titles[0]
        way = [part, header, announced, *titles]
        announced = titles[-1] if titles and reader.is_title_only(start, end) else None
        if opens:
            opening = normalise(" ".join(b.text for b in members[:_OPENING_BLOCKS]))
        slides.append(
            Slide(
                number=len(slides) + 1,
                title=titles[-1] if titles else _first_words(members),
                section=tuple(dict.fromkeys(step for step in way if step)),
                opening=opening,
                start_line=members[0].start_line,
                end_line=members[-1].end_line,
                blocks=members,
            )
        )
    return Outline(
        slides=tuple(slides),
        running_lines=frozenset(reader.running),
        badges=frozenset(reader.badges),
        heads=frozenset(blocks[i].start_line for i in reader.heads(starts)),
    )


def _first_words(blocks: Sequence[Block]) -> str:
    words = normalise(blocks[0].text).split()
    return " ".join(words[:8]) + ("…" if len(words) > 8 else "")
