"""From what was read to an `Answer`. A quotation that does not verify is not shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from keynote_qa.reader import Reading
from keynote_qa.records import Answer, BlockKind, Citation, Grain, Hit, Passage, Talk
from keynote_qa.text import normalise

NOT_IN_THE_TALK = "The keynote doesn't say."
MAX_NEAREST = 3


def verify(citation: Citation, talk: Talk) -> bool:
    """Whether the quotation stands, character for character, in the lines that it cites.

    Both sides are normalised (white space squeezed, bold markers, escapes and bullets dropped);
    nothing else may differ.
    """
    lines = talk.lines[citation.start_line - 1 : citation.end_line]
    source = normalise("\n".join(line.text for line in lines))
    quote = normalise(citation.quote)
    return bool(quote) and quote in source


def to_citations(
    hits: Iterable[Hit], slides: Sequence[Passage], talks: Mapping[str, Talk]
) -> tuple[Citation, ...]:
    """Citations of hits, numbered from 1, those that fail `verify` left out.

    Args:
        hits: what to cite, best first.
        slides: all passages of the index; a hit's slide is looked up there by row.
        talks: the talks by name.
    """
    citations: list[Citation] = []
    for hit in hits:
        passage = hit.passage
        citation = Citation(
            n=len(citations) + 1,
            quote=passage.text,
            passage=slides[passage.slide].text,
            section=passage.section,
            source=passage.source,
            start_line=passage.start_line,
            end_line=passage.end_line,
            score=round(hit.score, 6),
        )
        if verify(citation, talks[passage.talk]):
            citations.append(citation)
    return tuple(citations)


def answer_text(hits: Sequence[Hit]) -> str:
    """What a person reads: the quotation, a list with a bullet before each item."""
    if not hits:
        return NOT_IN_THE_TALK
    passage = hits[0].passage
    rows = [normalise(row) for row in passage.text.split("\n")]
    if passage.grain is Grain.GROUP and passage.kind in (BlockKind.ITEM, BlockKind.TEXT):
        return "\n".join(f"• {row}" for row in rows) if len(rows) > 2 else " ".join(rows)
    return "\n".join(rows) if passage.kind in (BlockKind.TABLE, BlockKind.CODE) else " ".join(rows)


def to_answer(
    question: str,
    reading: Reading,
    *,
    passages: Sequence[Passage],
    talks: Mapping[str, Talk],
    elapsed_ms: float,
) -> Answer:
    """Put an answer together; without a quotation that verifies, there is none."""
    citations = to_citations(reading.evidence, passages, talks)
    answered = reading.answered and bool(citations)
    return Answer(
        question=question,
        answered=answered,
        answer=answer_text(reading.evidence) if answered else NOT_IN_THE_TALK,
        confidence=round(reading.confidence, 4),
        citations=citations if answered else (),
        nearest=() if answered else citations[:MAX_NEAREST],
        elapsed_ms=round(elapsed_ms, 2),
    )
