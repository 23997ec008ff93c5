"""The words of a quotation that answer by themselves: "4,000 requests per second".

A quotation is the line, the list or the short slide that holds the answer; often one statement of
it answers alone. It is shown before the quotation, which stays the receipt.
"""

from __future__ import annotations

from keynote_qa.contexts import LINE_BREAK, Context
from keynote_qa.question import Wants
from keynote_qa.quotable import Quotable
from keynote_qa.spans import Spans

MIN_PROBABILITY = 0.9
"""Of the reader, that the answer lies in this one statement if the slide has one. On development
talks 81 of 100 statements above it were the whole answer, at 0.5 only 66."""

MAX_FACT_WORDS = 16


def find_fact(
    quoted: Quotable, context: Context, spans: Spans, kind: Wants
) -> tuple[int, int] | None:
    """Where the answering words stand in the text of a passage, in characters, half-open.

    The statement that the reader points at, or of a longer one that a figure is wanted of, the
    figure with what it counts. None if it points elsewhere, at no statement in particular, at
    more than `MAX_FACT_WORDS`, or at all of the passage.

    Args:
        quoted: what is quoted.
        context: the window of its slide that was read.
        spans: what the reader says of that window.
        kind: what is asked for; a list is never one statement of itself.
    """
    if not context.spans or kind is Wants.LIST:
        return None
    chances = [spans.inside(*at) for at in context.spans]
    likeliest = max(range(len(chances)), key=chances.__getitem__)
    # What is quoted may be that statement already, and only a part of it the answer.
    if (
        chances[likeliest] < MIN_PROBABILITY
        and not 0 <= context.rows[likeliest] - quoted.row < quoted.count
    ):
        return None
    start, end = context.spans[likeliest]
    text = quoted.passage.text
    statement = context.text[start:end].replace(LINE_BREAK, " " * len(LINE_BREAK))
    within = 0, len(statement)
    first, last = spans.best()
    inside = start <= first and last <= end
    if kind is Wants.NUMBER and inside and _is_measure(context.text[first:last]):
        within = first - start, last - start
    found = place(text, statement, *within)
    if found is None:
        return None
    words = len(text[slice(*found)].split())
    return found if words <= MAX_FACT_WORDS and words < len(text.split()) else None


def _is_measure(text: str) -> bool:
    """Whether a text is a figure with what it counts: a bare figure says nothing by itself."""
    return any(c.isdigit() for c in text) and any(c.isalpha() for c in text)


def place(text: str, statement: str, start: int, end: int) -> tuple[int, int] | None:
    """Where the characters `start..end` of a statement stand in a text that holds it.

    White space may differ: a statement is read on one line.

    >>> place("In\\n24\\nCountries", "24 Countries", 3, 12)
    (6, 15)
    """
    offsets = [at for at, character in enumerate(text) if not character.isspace()]
    before = "".join(text[at] for at in offsets).find("".join(statement.split()))
    if before < 0:
        return None
    first = before + len("".join(statement[:start].split()))
    last = before + len("".join(statement[:end].split())) - 1
    return (offsets[first], offsets[last] + 1) if first <= last else None
