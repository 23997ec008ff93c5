"""Lines of a deck that come back: running lines at the edge of every slide, badges on some."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import pairwise
from statistics import median

from keynote_qa.records import Block, BlockKind
from keynote_qa.shapes import is_headline
from keynote_qa.text import fold

_MAX_WORDS = 14
_MIN_RUNNING = 5
_MIN_BADGES = 3
_RUNNING_LINE_DISTANCE = 15
_RUNNING_LINE_SPAN, _FURNITURE_SPAN = 0.85, 0.5
_HEADER_SHARE = 0.4
_FURNITURE = re.compile(
    r"©|\(c\)|\bcopyright\b|\brights reserved\b|\bconfidential\b|#\w|www\.|[|·•]|\w [/–—-]+ \w"
    r"|\b(?:19|20)\d\d\b|['’]\d\d\b",
    re.IGNORECASE,
)
"""What the foot of a slide is made of: whose it is, where and when it was shown, marks between."""


def places(blocks: Sequence[Block]) -> dict[str, list[int]]:
    """Where each short worded line stands that stands in several places, by its folded text."""
    found: dict[str, list[int]] = {}
    for i, block in enumerate(blocks):
        key = fold(block.text)
        short = len(key.split()) <= _MAX_WORDS
        if block.kind is BlockKind.TEXT and short and re.search(r"[^\W\d_]", key):
            found.setdefault(key, []).append(i)
    return {key: where for key, where in found.items() if len(where) > 1}


def running_lines(blocks: Sequence[Block], names: frozenset[str]) -> frozenset[str]:
    """Folded lines that are on nearly every slide and say nothing.

    `names` are the folded titles of the talk and its event: a line that only repeats one of them
    is a running line wherever it stands.
    """
    keys = {fold(block.text) for block in blocks}
    running = {key for key in keys if " " in key and any(key in name for name in names)}
    for key, where in places(blocks).items():
        near = median(b - a for a, b in pairwise(where)) <= _RUNNING_LINE_DISTANCE
        span = (where[-1] - where[0]) / len(blocks)
        likely = near and span > _RUNNING_LINE_SPAN
        likely = likely or (span > _FURNITURE_SPAN and _FURNITURE.search(key) is not None)
        if len(where) >= _MIN_RUNNING and likely:
            running.add(key)
    return frozenset(running)


def badges(
    blocks: Sequence[Block], running: frozenset[str], starts: Collection[int]
) -> frozenset[str]:
    """Folded lines that keep coming back inside slides: stickers ("NEW"), not headers.

    `starts` are the blocks that slides begin with.
    """
    found = set()
    for key, where in places(blocks).items():
        opens = sum(i in starts for i in where) / len(where)
        headline = is_headline(blocks[where[0]].text)
        if len(where) >= _MIN_BADGES and opens < _HEADER_SHARE and not headline:
            found.add(key)
    return frozenset(found - running)
