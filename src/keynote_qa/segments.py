"""Speech in segments: what slides are to a deck.

A segment is a run of sentences on one thing, of a size that can be shown. Where it ends is a
matter of how well the words before and behind go together (TextTiling: Hearst, "TextTiling:
Segmenting Text into Multi-paragraph Subtopic Passages", 1997), of paragraphs, and of headings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from math import sqrt

from keynote_qa.records import Block, Line, Slide
from keynote_qa.text import normalise, tokenize

_FEWEST_WORDS, _MOST_WORDS = 70, 170
_MOST_CHARACTERS = 1100
_WINDOW = 4
"""Sentences that are compared on each side of a possible boundary."""

_PARAGRAPH_BONUS = 0.15
_TITLE_WORDS = 8


def to_segments(blocks: Sequence[Block], lines: Sequence[Line]) -> tuple[Slide, ...]:
    """Segments of a talk's sentences, in order; every block is in exactly one.

    The way down to a segment is its heading, if the text has any, and who speaks, if several do.
    """
    speakers = {line.speaker for line in lines if line.speaker}
    segments: list[Slide] = []
    way: tuple[tuple[int, str], ...] = ()
    for run in _under_headings(blocks):
        members = list(run)
        if members[0].level:
            way = under(way, members[0])
        for part in _parts(members):
            speaker = lines[part[0].start_line - 1].speaker if len(speakers) > 1 else ""
            page = lines[part[0].start_line - 1].page.capitalize()
            first = normalise(part[0].text).split()
            title = " ".join(first[:_TITLE_WORDS]) + ("…" if len(first) > _TITLE_WORDS else "")
            segments.append(
                Slide(
                    number=len(segments) + 1,
                    title=way[-1][1] if way else title,
                    section=tuple(
                        name for name in (page, *(name for _, name in way), speaker) if name
                    ),
                    opening="",
                    start_line=part[0].start_line,
                    end_line=part[-1].end_line,
                    blocks=tuple(part),
                )
            )
    return tuple(segments)


def under(way: tuple[tuple[int, str], ...], heading: Block) -> tuple[tuple[int, str], ...]:
    """The headings `(level, text)` over what follows a heading: those above it, and itself."""
    above = tuple(step for step in way if step[0] < heading.level)
    return (*above, (heading.level, normalise(heading.text)))


def _under_headings(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    run: list[Block] = []
    for block in blocks:
        if block.level and run:
            yield run
            run = []
        run.append(block)
    if run:
        yield run


def _parts(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Runs of blocks of a fit size, cut where their words change most."""
    words = [len(block.text.split()) for block in blocks]
    change = _changes(blocks)
    start = 0
    while start < len(blocks):
        best, best_change = len(blocks), -1.0
        size = characters = 0
        for i in range(start, len(blocks)):
            if i > start and (
                size + words[i] > _MOST_WORDS or characters + len(blocks[i].text) > _MOST_CHARACTERS
            ):
                break
            if i > start and size >= _FEWEST_WORDS and change[i] > best_change:
                best, best_change = i, change[i]
            size += words[i]
            characters += len(blocks[i].text) + 1
        else:
            # All that is left fits: it stays together.
            best = len(blocks)
        if best == len(blocks) and i < len(blocks) - 1:
            best = max(start + 1, i)
        yield list(blocks[start:best])
        start = best


def _changes(blocks: Sequence[Block]) -> list[float]:
    """For each block, how little what comes from it on has in common with what was before."""
    terms = [tokenize(block.text) for block in blocks]
    changes = [0.0]
    for i in range(1, len(blocks)):
        before = Counter(chain.from_iterable(terms[max(0, i - _WINDOW) : i]))
        behind = Counter(chain.from_iterable(terms[i : i + _WINDOW]))
        common = sum(count * behind[term] for term, count in before.items())
        norm = sqrt(sum(n * n for n in before.values()) * sum(n * n for n in behind.values()))
        changes.append(1 - (common / norm if norm else 0.0) + _PARAGRAPH_BONUS * blocks[i].gap)
    return changes
