"""What of a slide can be quoted: its passages, and of speech, sentences that follow each other.

Who speaks answers in a sentence or two, and counts three things in as many. Such runs are no rows
of the index: they are put together from those when they are wanted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from keynote_qa.records import Passage, Talk

MAX_SENTENCES = 3


@dataclass(frozen=True, slots=True)
class Quotable:
    """The passage of a row, or of `count` rows from that one on, as one; and its length."""

    passage: Passage
    row: int
    words: int
    count: int = 1


def quotable(passages: Sequence[Passage], row: int, count: int = 1) -> Quotable:
    """The passages of rows that follow each other, as one to quote."""
    first, *others = (passages[row + n] for n in range(count))
    text = first.text
    for before, after in pairwise((first, *others)):
        text += (" " if after.start_line <= before.end_line else "\n") + after.text
    end = max(passage.end_line for passage in (first, *others))
    whole = replace(first, text=text, end_line=end) if others else first
    return Quotable(whole, row, len(text.split()), count)


def runs(
    talk: Talk, passages: Sequence[Passage], rows: Sequence[int], words: int
) -> Iterator[Quotable]:
    """Two to `MAX_SENTENCES` that follow each other, said by one person.

    Args:
        talk: whose they are.
        passages: the rows of the index.
        rows: of a slide's sentences, ascending.
        words: how many they may have together.
    """
    among = set(rows)
    for row in rows:
        for last in range(row + 1, row + MAX_SENTENCES):
            if last not in among or not _goes_on(talk, passages[last - 1], passages[last]):
                break
            run = quotable(passages, row, last - row + 1)
            if run.words > words:
                break
            yield run


def _goes_on(talk: Talk, before: Passage, after: Passage) -> bool:
    said = talk.lines[before.end_line - 1], talk.lines[after.start_line - 1]
    return said[0].speaker == said[1].speaker
