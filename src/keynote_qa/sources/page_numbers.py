"""The numbers that slides have in a corner, and that come with their text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from keynote_qa.records import Block, BlockKind

_NUMBER = re.compile(r"(?:(?:slide|page|p\.)\s?)?0*(\d{1,3})(?:\s?(?:/|of)\s?\d{1,3})?", re.I)
_MIN_NUMBERS = 8
_DISTANCE = 15  # blocks from one to the next, at most and on the whole: farther ones count parts
_MAX_STEP = 2  # a slide with a picture alone may have none
_SPAN = 0.5  # of the deck, from the first to the last


def without_page_numbers(blocks: Iterable[Block]) -> Iterator[Block]:
    """A deck's blocks, with a break for each number that counts the slides.

    Such numbers are the only lines of a deck that are in no passage: bare ones that count up
    through most of the deck, each its slide's first or last line.
    """
    held = list(blocks)
    numbers = _counting(held)
    for at, block in enumerate(held):
        yield replace(block, kind=BlockKind.BREAK, text="") if at in numbers else block


def _counting(blocks: Sequence[Block]) -> frozenset[int]:
    """The blocks of the longest row of numbers that count up, if it is that of the slides."""
    found = [
        (at, int(match.group(1)))
        for at, block in enumerate(blocks)
        if block.kind is BlockKind.TEXT and (match := _NUMBER.fullmatch(block.text))
    ]
    ending: dict[int, list[int]] = {}  # by its last number, the longest row so far
    for at, number in found:
        before = (ending.get(number - step, []) for step in range(1, _MAX_STEP + 1))
        row = [*max(before, key=len), at]
        if len(row) >= len(ending.get(number, [])):
            ending[number] = row
    longest = max(ending.values(), key=len, default=[])
    if len(longest) < _MIN_NUMBERS or longest[-1] - longest[0] < _SPAN * len(blocks):
        return frozenset()
    apart = median(after - before for before, after in pairwise(longest))
    return frozenset(longest) if apart <= _DISTANCE else frozenset()
