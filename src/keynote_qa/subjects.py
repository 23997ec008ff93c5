"""What a window shows, where it does not say so itself.

What is read off a picture of a screen goes without its subject: a reader that is asked for the
median wait in Rookery is not content with "Median wait: 9 mins" unless it is told that this is
Rookery. The description of the picture tells it, further up: "The screenshot shows the Rookery web
page." So the sentence of a description that has most of what the question says, and the window does
not, is put before the window.

Titles further up tell it as well, but of a slide with a title of its own they often are of
something else, and then near misses are answered: on development talks a fiftieth of them more,
and nothing is gained.
"""

from __future__ import annotations

from dataclasses import replace

from keynote_qa.contexts import LINE_BREAK, MAX_TITLE_WORDS, Context
from keynote_qa.index import Index
from keynote_qa.ranking import Asked
from keynote_qa.records import BlockKind, Grain, Passage
from keynote_qa.text import terms

REACH = 40
"""How many passages further up a description may stand: some slides."""

MIN_SHARE = 0.08
"""How much of a question's weighted terms a description must add to be worth its word pieces."""

_STEP = " > "


def with_description(index: Index, asked: Asked, context: Context) -> Context:
    """The context with what describes the picture it is from, if the question asks for that."""
    missing = asked.known - terms(context.text)
    first = context.rows[0]
    adds: dict[int, float] = {}
    for term in missing:
        held = index.rows_with(term)
        near = held[held.searchsorted(first - REACH) : held.searchsorted(first)]
        for row in reversed(near.tolist()):
            passage = index.passages[row]
            if passage.talk == index.passages[first].talk and _describes(passage, term):
                adds[row] = asked.own_coverage(missing & terms(passage.text))
                break
    row = max(adds, key=lambda row: (adds[row], row), default=first)
    if adds.get(row, 0.0) < MIN_SHARE:
        return context
    description = " ".join(index.passages[row].text.split()[:MAX_TITLE_WORDS])
    description += _STEP if context.spans[0][0] else LINE_BREAK
    spans = tuple(
        (start + len(description), end + len(description)) for start, end in context.spans
    )
    return replace(context, text=description + context.text, spans=spans)


def _describes(passage: Passage, term: str) -> bool:
    """Whether a passage is a sentence of a picture's description, and says a term itself."""
    is_sentence = passage.grain is Grain.STATEMENT and passage.kind is BlockKind.CAPTION
    return is_sentence and term in terms(passage.text)
