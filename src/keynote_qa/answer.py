"""From what was read to an `Answer`. A quotation that does not verify is not shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from keynote_qa.around import surroundings
from keynote_qa.index import Index
from keynote_qa.quotable import quotable
from keynote_qa.ranking import is_list
from keynote_qa.reading import Evidence, Reading
from keynote_qa.records import Answer, BlockKind, Citation, Grain, Passage, Talk
from keynote_qa.refusal import NOT_IN_THE_TALK
from keynote_qa.tables import is_row, with_header
from keynote_qa.text import normalise

MAX_NEAREST = 3
MAX_PARTS = 2
"""More quotations than these are a list."""


def verify(citation: Citation, talk: Talk) -> bool:
    """Whether the quotation stands, character for character, in the lines that it cites.

    Both sides are normalised (white space squeezed, bold markers, escapes and bullets dropped);
    nothing else may differ.
    """
    lines = talk.lines[citation.start_line - 1 : citation.end_line]
    source = normalise("\n".join(line.text for line in lines))
    quote = normalise(citation.quote)
    return bool(quote) and quote in source


def to_citation(n: int, evidence: Evidence, index: Index, talks: Mapping[str, Talk]) -> Citation:
    """The citation of a passage of the index."""
    passage = quotable(index.passages, evidence.row, evidence.count).passage
    lines = talks[passage.talk].lines[passage.start_line - 1 : passage.end_line]
    starts = [line.start for line in lines if line.start is not None]
    ends = [line.end for line in lines if line.end is not None]
    return Citation(
        n=n,
        quote=passage.text,
        passage=surroundings(index.passages, index.columns, passage.slide),
        section=passage.section,
        source=passage.source,
        start_line=passage.start_line,
        end_line=passage.end_line,
        score=round(evidence.score, 6),
        start_time=min(starts, default=None),
        end_time=max(ends, default=None),
        fact=evidence.fact,
        row=evidence.row,
        said=answer_text(passage) if evidence.quoted else "",
    )


def answer_text(passage: Passage) -> str:
    """What a person reads: a statement on one line, a list with a bullet before each item, a
    table's row under the names of its columns.
    """
    if passage.kind is BlockKind.TABLE:
        return with_header(passage.text, passage.columns)
    rows = [normalise(row) for row in passage.text.split("\n")]
    if is_list(passage):
        return "\n".join(f"• {row}" for row in rows)
    on_one_line = passage.grain is Grain.STATEMENT and passage.kind is not BlockKind.CODE
    return " ".join(rows) if on_one_line else "\n".join(rows)


def to_answer(
    question: str,
    reading: Reading,
    *,
    index: Index,
    talks: Mapping[str, Talk],
    refusal: str = NOT_IN_THE_TALK,
) -> Answer:
    """Put an answer together; without a quotation that verifies, there is none.

    `refusal` is the sentence that is said instead. How long it took, whoever asked adds.
    """
    citations: tuple[Citation, ...] = ()
    for evidence in reading.evidence:
        # Where something stands between sentences that follow each other, the first is quoted.
        for some in (evidence, replace(evidence, count=1, fact=None)):
            citation = to_citation(len(citations) + 1, some, index, talks)
            if verify(citation, talks[index.passages[evidence.row].talk]):
                citations += (citation,)
                break
    quoted = [citation for citation in citations if citation.said]
    answered = reading.answered and bool(quoted)
    if len(quoted) > MAX_PARTS:
        said = "\n".join(f"• {' '.join(normalise(c.quote).split())}" for c in quoted)
    else:
        lines = [line for citation in quoted for line in citation.said.split("\n")]
        # Of two rows of a table the names of the columns are said once.
        said = "\n".join(dict.fromkeys(lines) if all(map(is_row, lines)) else lines)
    return Answer(
        question=question,
        answered=answered,
        answer=said if answered else refusal or NOT_IN_THE_TALK,
        confidence=round(reading.confidence, 4),
        citations=citations if answered else (),
        nearest=() if answered else citations[:MAX_NEAREST],
        elapsed_ms=0.0,
    )
