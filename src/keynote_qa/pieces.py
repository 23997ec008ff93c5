"""Slides in pieces of a size that can be shown: long ones cut, very small ones joined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from keynote_qa.outline import Outline, rows_of
from keynote_qa.records import Block, Slide
from keynote_qa.text import fold, sentences

MAX_CHARACTERS = 1200
"""The longest passage, in characters: a slide, not a chapter."""

_SMALL = 500
"""Slides this small are joined with their neighbours: a slide of five words is no passage."""

_ROOM = 4  # for the line break and lines without a letter between two blocks

Piece = tuple[Slide, tuple[Block, ...]]
"""A slide and those of its blocks that make one piece of it."""


def pieces(outline: Outline) -> Iterator[list[Piece]]:
    """The pieces of a talk's slides in order, those in one list to be shown together."""
    yield from _together(
        [(slide, piece) for slide in outline.slides for piece in _pieces(slide, outline)]
    )


def _together(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Runs of neighbouring small pieces of one part of the talk, up to `_SMALL` characters.

    A title that comes again with nothing under it belongs to what it stood over before.
    """
    run: list[Piece] = []
    size = 0
    for slide, blocks in pieces:
        length = sum(len(block.text) + _ROOM for block in blocks)
        same_part = bool(run) and slide.section[:1] in (run[-1][0].section[:1], ())
        again = bool(run) and len(blocks) == 1 and fold(blocks[0].text) == fold(run[-1][0].title)
        room = MAX_CHARACTERS if again else _SMALL
        if run and (not (same_part or again) or size + length > room):
            yield run
            run, size = [], 0
        run.append((slide, blocks))
        size += length
    if run:
        yield run


def _pieces(slide: Slide, outline: Outline) -> Iterator[tuple[Block, ...]]:
    """A slide's blocks in pieces that fit, cut before the block that heads the next stretch."""
    pending: list[Block] = []
    for block in (part for whole in slide.blocks for part in fitting(whole)):
        # What is left of the blocks before it, once they are cut, may be too long with it still.
        while pending and sum(len(b.text) + _ROOM for b in (*pending, block)) > MAX_CHARACTERS:
            cut = len(pending)
            while cut > 1 and pending[cut - 1].start_line in outline.heads:
                cut -= 1
            yield tuple(pending[:cut])
            pending = pending[cut:]
        pending.append(block)
    if pending:
        yield tuple(pending)


def fitting(block: Block, limit: int = MAX_CHARACTERS) -> Iterator[Block]:
    """A block, or its rows in runs that fit; a single row that does not is cut at sentences."""
    if len(block.text) <= limit:
        yield block
        return
    rows = block.text.split("\n")
    if len(rows) == 1:
        for start, end in _runs(sentences(block.text) or [(0, len(block.text))]):
            yield replace(block, text=block.text[start:end])
        return
    run: list[str] = []
    start = 0
    for index, row in enumerate(rows):
        if run and sum(map(len, run)) + len(run) + len(row) > limit:
            yield rows_of(block, run, start)
            run, start = [], index
        run.append(row[:limit])
    yield rows_of(block, run, start)


def _runs(spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join neighbouring spans while they fit; cut a span that does not fit at all."""
    parts = [
        (at, min(end, at + MAX_CHARACTERS))
        for begin, end in spans
        for at in range(begin, end, MAX_CHARACTERS)
    ]
    start, end = parts[0]
    for next_start, next_end in parts[1:]:
        if next_end - start > MAX_CHARACTERS:
            yield start, end
            start = next_start
        end = next_end
    yield start, end
