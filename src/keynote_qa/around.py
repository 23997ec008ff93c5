"""What stands around a quotation: its slide, and what comes before and after it.

Slides are short, and where one ends is told from what a text extractor left of it. Whoever reads
a citation without the page beside it sees a little more than the slide: as much as has room.
"""

from __future__ import annotations

from collections.abc import Sequence

from keynote_qa.pieces import MAX_CHARACTERS
from keynote_qa.records import Passage

_BETWEEN = "\n\n"


def surroundings(passages: Sequence[Passage], slide: int, *, limit: int = MAX_CHARACTERS) -> str:
    """A slide's text with those of its neighbours in the talk, an empty line between them.

    Args: as of `slides_around`.
    """
    return _BETWEEN.join(passages[row].text for row in slides_around(passages, slide, limit=limit))


def slides_around(
    passages: Sequence[Passage], slide: int, *, limit: int = MAX_CHARACTERS
) -> list[int]:
    """The rows of a slide and of its neighbours in the talk, in order.

    They are added by turns, what follows first, as long as a whole one has room.

    Args:
        passages: the rows of an index, a slide's parts behind it.
        slide: the row of a slide.
        limit: in characters; the slide itself is given whole however long it is.
    """
    rows, talk = [slide], passages[slide].talk
    left = limit - len(passages[slide].text)
    reached = {_after: slide, _before: slide}
    while reached:
        for beyond, row in list(reached.items()):
            found = beyond(passages, row)
            if found is None or passages[found].talk != talk:
                del reached[beyond]
                continue
            size = len(_BETWEEN) + len(passages[found].text)
            if size > left:
                del reached[beyond]
                continue
            reached[beyond] = found
            left -= size
            rows.insert(len(rows) if beyond is _after else 0, found)
    return rows


def _after(passages: Sequence[Passage], slide: int) -> int | None:
    """The row of the slide behind this one."""
    for row in range(slide + 1, len(passages)):
        if passages[row].slide != slide:
            return passages[row].slide
    return None


def _before(passages: Sequence[Passage], slide: int) -> int | None:
    """The row of the slide before this one."""
    return passages[slide - 1].slide if slide > 0 else None
