"""What the reader is given of a slide: the lines around the likeliest one, under their titles.

A reader pays by the word piece, and mistakes neighbours for each other in long texts: so a slide
is read through a window of a few dozen words. Its statements stand in it one after the other,
parted by `LINE_BREAK`; a table's row is written with the names of its columns, since a cell
means nothing without. Where each statement stands is kept, so that what a reader points at can
be given back to the passage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keynote_qa.passages import table_cells
from keynote_qa.records import BlockKind, Grain, Passage
from keynote_qa.text import fold

LINE_BREAK = " | "
"""What stands for a line break: word pieces know no white space."""

MAX_CONTEXT_WORDS = 44
MAX_TITLE_WORDS = 14
_LEAVES = (Grain.STATEMENT, Grain.TITLE)


@dataclass(frozen=True, slots=True)
class Context:
    """A text to read, and the passages it holds: `spans[i]`, half-open, is where `rows[i]` is."""

    slide: int
    text: str
    rows: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]


def read_context(
    passages: Sequence[Passage],
    members: Sequence[int],
    relevance: Mapping[int, float],
    *,
    words: int = MAX_CONTEXT_WORDS,
) -> Context:
    """The window of a slide around its most relevant statement.

    Args:
        passages: the rows of the index.
        members: the rows of the slide's passages, its own first.
        relevance: of each of them; higher is better.
        words: how many words the window's statements may have together; one statement always
            fits, cut to so many words.
    """
    slide = passages[members[0]]
    leaves = [row for row in members if passages[row].grain in _LEAVES] or [members[0]]
    leaves.sort(key=lambda row: (passages[row].start_line, row))
    texts = [" ".join(_written(passages[row]).split()[:words]) for row in leaves]
    first, last = _window(
        [len(text.split()) for text in texts], [relevance[row] for row in leaves], words
    )
    shown = {fold(text) for text in texts[first : last + 1]}
    titles = [*slide.section[-2:], *passages[leaves[first]].context.split(". ")]
    kept = [name for name in dict.fromkeys(titles) if name and fold(name) not in shown]
    text = " ".join(" > ".join(kept).split()[:MAX_TITLE_WORDS])
    spans = []
    for statement in texts[first : last + 1]:
        text += LINE_BREAK if text else ""
        spans.append((len(text), len(text) + len(statement)))
        text += statement
    return Context(members[0], text, tuple(leaves[first : last + 1]), tuple(spans))


def _written(passage: Passage) -> str:
    """A statement on one line; a table's row with its columns' names."""
    if passage.kind is not BlockKind.TABLE or not passage.columns:
        return " ".join(passage.text.split())
    cells = table_cells(passage.text)
    if len(cells) != len(passage.columns):
        return ", ".join(cell for cell in cells if cell)
    named = zip(passage.columns, cells, strict=True)
    return ", ".join(f"{name}: {cell}" if name else cell for name, cell in named if cell)


def _window(sizes: Sequence[int], relevance: Sequence[float], words: int) -> tuple[int, int]:
    """First and last of the neighbours around the most relevant that fit together.

    It grows by turns behind and before: an answer stands under what names it more often than
    over it.
    """
    middle = max(range(len(sizes)), key=lambda i: relevance[i])
    first = last = middle
    room = words - sizes[middle]
    while True:
        behind = last + 1 < len(sizes) and sizes[last + 1] <= room
        before = first > 0 and sizes[first - 1] <= room
        if behind and (not before or last - middle <= middle - first):
            last += 1
            room -= sizes[last]
        elif before:
            first -= 1
            room -= sizes[first]
        else:
            return first, last
