"""What the reader is given of a slide: its likeliest lines, under their titles.

A reader pays by the word piece, and mistakes neighbours for each other in long texts: so of a
slide it reads a few dozen words. Its statements stand in it one after the other,
parted by `LINE_BREAK`; a table's row is written with the names of its columns, since a cell
means nothing without. Where each statement stands is kept, so that what a reader points at can
be given back to the passage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from keynote_qa.figures import labelled, split_figures
from keynote_qa.people import introduces_somebody, looks_like_a_person
from keynote_qa.records import BlockKind, Grain, Passage
from keynote_qa.tables import table_cells
from keynote_qa.text import fold, terms

LINE_BREAK = " | "
"""What stands for a line break: word pieces know no white space."""

MAX_CONTEXT_WORDS = 44
MAX_SPOKEN_WORDS = 110
"""Of speech more is read: what answers is often said a sentence or two after its subject is named,
in none of the question's words."""

MAX_LIST_CONTEXT_WORDS = 84
"""A list has more words than what else is asked for; a table's rows are mistaken for each other."""

MAX_TITLE_WORDS = 14
MAX_SPEAKER_WORDS = 9
_NEAR_BONUS = {1: 0.2, 2: 0.1}
KEPT_ROWS = 8192
LEAVES = (Grain.STATEMENT, Grain.TITLE)


@dataclass(frozen=True, slots=True)
class Context:
    """A text to read, and the passages it holds: `spans[i]`, half-open, is where `rows[i]` is."""

    slide: int
    text: str
    rows: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Written:
    """A passage as it is read: the words of `written`, all of them folded, and its search terms."""

    words: tuple[str, ...]
    folded: str
    terms: frozenset[str]


class Writer:
    """Writes the passages of an index; those of the latest rows are kept."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = passages
        self.row = lru_cache(maxsize=KEPT_ROWS)(self._row)

    def _row(self, row: int) -> Written:
        text = written(self.passages[row])
        return Written(tuple(text.split()), fold(text), terms(text))


def read_context(
    writer: Writer,
    members: Sequence[int],
    relevance: Mapping[int, float],
    *,
    words: int | None = None,
    roles: bool = False,
) -> Context:
    """The most relevant statements of a slide.

    Args:
        writer: of the passages of the index.
        members: the rows of the slide's passages, its own first.
        relevance: of each of them; higher is better.
        words: how many words the window's statements may have together; one statement always
            fits, cut to so many words. Without it, `MAX_CONTEXT_WORDS`, or of speech
            `MAX_SPOKEN_WORDS`.
        roles: whether a speaker in its titles comes with what they are.
    """
    passages = writer.passages
    slide = passages[members[0]]
    if words is None:
        words = MAX_SPOKEN_WORDS if slide.kind is BlockKind.SPOKEN else MAX_CONTEXT_WORDS
    leaves = [row for row in members if passages[row].grain in LEAVES] or [members[0]]
    leaves.sort(key=lambda row: (passages[row].start_line, row))
    said = [writer.row(row) for row in leaves]
    sizes = [min(len(one.words), words) for one in said]
    chosen = _window(sizes, [relevance[row] for row in leaves], words)
    shown = {said[i].folded for i in chosen}
    titles = [*_way_down(slide, roles=roles), *passages[leaves[chosen[0]]].context.split(". ")]
    kept = [name for name in dict.fromkeys(titles) if name and fold(name) not in shown]
    text = " ".join(" > ".join(kept).split()[:MAX_TITLE_WORDS])
    spans = []
    for i in chosen:
        text += LINE_BREAK if text else ""
        part = " ".join(said[i].words[:words])
        spans.append((len(text), len(text) + len(part)))
        text += part
    return Context(members[0], text, tuple(leaves[i] for i in chosen), tuple(spans))


def _way_down(slide: Passage, *, roles: bool) -> list[str]:
    """The last two steps of the way down to a slide, a speaker with their role if it is wanted."""
    steps = list(slide.section[-2:])
    if roles and steps and looks_like_a_person(steps[0]):
        opening = slide.way[len(". ".join(slide.section)) :]
        at = opening.find(steps[0])
        if at >= 0:
            steps[0] = " ".join(opening[at:].split()[:MAX_SPEAKER_WORDS])
    return steps


def written(passage: Passage) -> str:
    """A statement on one line; a table's row with its columns' names, figures with their labels."""
    if not passage.columns:
        parts = passage.text.split("\n") if introduces_somebody(passage.text) else [passage.text]
        return LINE_BREAK.join(" ".join(part.split()) for part in parts)
    if passage.kind is not BlockKind.TABLE:
        first = passage.text.split("\n")[0]
        beside = len(split_figures(first)) == len(passage.columns)
        return labelled(first, passage.columns) if beside else " ".join(passage.text.split())
    cells = table_cells(passage.text)
    if len(cells) != len(passage.columns):
        return ", ".join(cell for cell in cells if cell)
    named = zip(passage.columns, cells, strict=True)
    return ", ".join(f"{name}: {cell}" if name else cell for name, cell in named if cell)


def _window(sizes: Sequence[int], relevance: Sequence[float], words: int) -> list[int]:
    """The most relevant that fit together, in order; the best one's neighbours are preferred.

    A statement is understood through what stands beside it.
    """
    best = max(range(len(sizes)), key=lambda i: relevance[i])
    worth = [value + _NEAR_BONUS.get(abs(i - best), 0.0) for i, value in enumerate(relevance)]
    chosen: list[int] = []
    room = words
    for i in sorted(range(len(sizes)), key=lambda i: (i != best, -worth[i])):
        if sizes[i] <= room:
            chosen.append(i)
            room -= sizes[i]
    return sorted(chosen)
