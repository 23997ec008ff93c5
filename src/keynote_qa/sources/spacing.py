"""What a blank line means in a deck: between two lines of a slide, or between two slides.

Text is taken from slides in one of two ways. Either a blank line stands between any two boxes, and
perhaps two or three between slides; or the lines of a slide follow each other, and a blank one
stands between slides. Decks of the second kind are spread: a block of theirs is a line as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from keynote_qa.records import Block, BlockKind

_SHARE = 0.7  # of a deck's lines, that stand in blocks of so many
_MIN_ROWS, _MIN_BLOCKS = 3, 5
_MIN_WRAPPED_WORDS = 6


def is_dense(blocks: Sequence[Block]) -> bool:
    """Whether slides stand between blank lines, and no blank one inside of them.

    Elsewhere what stands between two blank lines is a line or two: a title, a label with its
    figure, an item.
    """
    sizes = [len(_begins(block)) for block in blocks if _is_text(block)]
    held = sum(size for size in sizes if size >= _MIN_ROWS)
    return len(sizes) >= _MIN_BLOCKS and held > _SHARE * sum(sizes)


def spread(blocks: Sequence[Block]) -> Iterator[Block]:
    """The lines of a dense deck as blocks of their own, without a gap between those of a slide."""
    for block in blocks:
        rows = block.text.split("\n")
        if not _is_text(block) or len(rows) != block.end_line - block.start_line + 1:
            yield block
            continue
        for first, behind in pairwise([*_begins(block), len(rows)]):
            yield replace(
                block,
                start_line=block.start_line + first,
                end_line=block.start_line + behind - 1,
                gap=0 if first else block.gap,
                text="\n".join(rows[first:behind]),
            )


def evened(blocks: Sequence[Block]) -> Sequence[Block]:
    """Blocks of a deck with gaps that mean the same in any: of a spread one, each 1 wider."""
    pairs = [
        (before, block)
        for before, block in pairwise(blocks)
        if _is_text(before) and _is_text(block)
    ]
    if 2 * sum(block.gap == 0 for _, block in pairs) <= len(pairs):
        return blocks
    return [replace(block, gap=block.gap + 1) for block in blocks]


def _is_text(block: Block) -> bool:
    return block.kind is BlockKind.TEXT and not block.level


def _begins(block: Block) -> list[int]:
    """Which rows of a block begin a line of the slide, and are not the rest of one."""
    rows = block.text.split("\n")
    return [n for n, row in enumerate(rows) if not (n and _goes_on(rows[n - 1], row))]


def _goes_on(row: str, following: str) -> bool:
    """Whether a line of some length is broken off, and goes on in the next in small letters."""
    long = len(row.split()) >= _MIN_WRAPPED_WORDS
    return long and following[:1].islower() and row[-1:] not in {".", "!", "?", ":", ";"}
