"""What the kind of a question says of what to quote, whatever the weights make of it."""

from __future__ import annotations

from collections.abc import Sequence

from keynote_qa.people import introduces_somebody
from keynote_qa.question import Wants
from keynote_qa.quotable import Quotable
from keynote_qa.ranking import Asked
from keynote_qa.records import BlockKind, Grain, Passage
from keynote_qa.text import terms

LIST_CHANCE = 0.5
"""From this probability on a list is asked for. Of the development questions that ask for one, 0.62
lie above, of the others one in fifty."""


def introduction(asked: Asked, candidates: Sequence[Quotable], chosen: Quotable) -> Quotable:
    """Of what would be quoted, the name and the role alone, if one person is asked for.

    Where several are introduced, or what else was chosen holds more of the question's words, all
    of it is quoted.
    """
    if asked.kind is not Wants.PERSON or asked.lists >= LIST_CHANCE:
        return chosen
    whole = chosen.passage
    inside = [
        candidate
        for candidate in candidates
        if whole.start_line <= candidate.passage.start_line
        and candidate.passage.end_line <= whole.end_line
        and introduces_somebody(candidate.passage.text)
    ]
    if len(inside) != 1:
        return chosen
    held = [asked.own_coverage(terms(one.passage.text)) for one in (inside[0], chosen)]
    return inside[0] if held[0] >= held[1] else chosen


def compared(asked: Asked, quoted: Passage, candidates: Sequence[Quotable]) -> int | None:
    """Where among what could be quoted of its slide the row stands that a table's row is compared
    with; None if it is not.

    "Which ran longer, Crow or Deer?": each of the two holds words of the question that the other
    lacks.
    """
    row = (Grain.STATEMENT, BlockKind.TABLE)
    if not asked.compares or (quoted.grain, quoted.kind) != row:
        return None
    own = asked.weights.keys() & terms(quoted.text)
    best, most = None, 0.0
    for at, candidate in enumerate(candidates):
        if (candidate.passage.grain, candidate.passage.kind) != row:
            continue
        other = asked.weights.keys() & terms(candidate.passage.text)
        weight = asked.own_coverage(other - own) if own - other else 0.0
        if weight > most:
            best, most = at, weight
    return best
