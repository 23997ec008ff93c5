"""Lists that say once more, together, what a talk said before line by line.

A deck goes through its points one by one under a title, and shows them all at its end as a list
that has none. That title is the list's too: who asks for the points asks in its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from keynote_qa.records import Block, BlockKind
from keynote_qa.shapes import is_figure
from keynote_qa.text import normalise, unnumbered

_NUMBER = re.compile(r"(\d{1,2})[.):]?\s+(?=\S)")
_MIN_POINTS = 3
_SAID_SHARE = 0.8
_BLOCKS_A_POINT = 6
"""What was said before of each point has so many blocks at most."""

_MAX_TITLE_WORDS = 14


class Recaps:
    """Finds the titles of such lists in the blocks of one talk."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = blocks
        self._first: dict[str, int] = {}
        for i, block in enumerate(blocks):
            self._first.setdefault(unnumbered(block.text), i)

    def title(self, start: int, members: Sequence[Block]) -> str:
        """The title over what the list was first, or nothing.

        Args:
            start: the index of the block that a slide begins with.
            members: the slide's blocks, which have no title.
        """
        points = list(_points(members))
        places = [self._first.get(point, start) for point in points]
        said = [place for place in places if place < start]
        if len(points) < _MIN_POINTS or len(said) < _SAID_SHARE * len(points):
            return ""
        if places[0] not in said or said != sorted(said):
            return ""
        if said[-1] - said[0] > _BLOCKS_A_POINT * len(points) or not said[0]:
            return ""
        over = self._blocks[said[0] - 1]
        text = normalise(over.text)
        named = over.kind is BlockKind.TEXT and len(text.split()) <= _MAX_TITLE_WORDS
        return text if named and not text.endswith(".") and not is_figure(text) else ""


def _points(members: Sequence[Block]) -> Iterator[str]:
    """The points that a slide begins with, numbered from one on: folded, without their numbers.

    >>> from keynote_qa.records import Block, BlockKind
    >>> list(_points([Block(BlockKind.ITEM, 1, 2, 0, "1. Buy less\\n2. Mend more")]))
    ['buy less', 'mend more']
    """
    rows = [normalise(row) for block in members for row in block.text.split("\n")]
    for number, row in enumerate(rows, 1):
        match = _NUMBER.match(row)
        if match is None or int(match.group(1)) != number:
            return
        yield unnumbered(row)
