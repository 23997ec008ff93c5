"""What stands around a quotation: its slide, and what comes before and after it.

Slides are short, and where one ends is told from what a text extractor left of it. Whoever reads
a citation without the page beside it sees a little more than the slide: as much as has room.
"""

from __future__ import annotations

from collections.abc import Sequence

from keynote_qa.index import Columns
from keynote_qa.pieces import MAX_CHARACTERS
from keynote_qa.records import Passage

_BETWEEN = "\n\n"


def surroundings(
    passages: Sequence[Passage], columns: Columns, slide: int, *, limit: int = MAX_CHARACTERS
) -> str:
    """A slide's text with those of its neighbours in the talk, an empty line between them.

    Args: as of `slides_around`.
    """
    rows = slides_around(passages, columns, slide, limit=limit)
    return _BETWEEN.join(passages[row].text for row in rows)


def slides_around(
    passages: Sequence[Passage], columns: Columns, slide: int, *, limit: int = MAX_CHARACTERS
) -> list[int]:
    """The rows of a slide and of its neighbours in the talk, in order.

    They are added by turns, what follows first, as long as a whole one has room.

    Args:
        passages: the rows of an index.
        columns: of these passages.
        slide: the row of a slide.
        limit: in characters; the slide itself is given whole however long it is.
    """
    rows = [slide]
    left = limit - len(passages[slide].text)
    reached = {columns.after: slide, columns.before: slide}
    while reached:
        for beyond, row in list(reached.items()):
            found = beyond(row)
            size = len(_BETWEEN) + len(passages[found].text) if found is not None else 0
            if found is None or size > left:
                del reached[beyond]
                continue
            reached[beyond] = found
            left -= size
            rows.insert(len(rows) if found > slide else 0, found)
    return rows
