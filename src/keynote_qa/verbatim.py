"""The text of neighbouring blocks as it stands in the source, with what stands between them.

A quotation must be found whole in its source lines, so nothing may be left out inside.
"""

from __future__ import annotations

from collections.abc import Sequence

from keynote_qa.records import Block, BlockKind, Talk
from keynote_qa.shapes import unwrap
from keynote_qa.text import normalise, normalise_line

_MOST_PLACES = 100  # at which what is said again and again is looked for


class Verbatim:
    """Puts the blocks of one talk together."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._read: tuple[tuple[int, int], str] = ((0, 0), "")

    def of(self, blocks: Sequence[Block]) -> str:
        """The text of neighbouring blocks with what stands between them: a lone "&" or "+"."""
        if len(blocks) == 1:
            return blocks[0].text
        if any(block.kind is BlockKind.SPOKEN for block in blocks):
            return self._spoken(blocks)
        rows: list[str] = []
        for above, block in zip([None, *blocks], blocks, strict=False):
            if above is not None:
                between = self._talk.lines[above.end_line : block.start_line - 1]
                rows += [row for row in (normalise_line(line.text) for line in between) if row]
            rows.append(unwrap(block.text) if block.kind is BlockKind.TEXT else block.text)
        return "\n".join(rows)

    def _spoken(self, blocks: Sequence[Block]) -> str:
        """Sentences, lists and tables with the speakers and time stamps that stand between them."""
        source = self._source(blocks[0].start_line, blocks[-1].end_line)
        text, at = "", 0
        for block, start, end in _aligned(blocks, source):
            between = source[at:start] if text else ""
            if (block.gap or block.kind is not BlockKind.SPOKEN) and between.startswith(" "):
                between = f"\n{between[1:]}"
            text += between + block.text
            at = end
        return text or "\n".join(block.text for block in blocks)

    def _source(self, start_line: int, end_line: int) -> str:
        """Some lines, normalised; the last ones are remembered: all of a talk may be on one."""
        lines = (start_line, end_line)
        if self._read[0] != lines:
            rows = self._talk.lines[start_line - 1 : end_line]
            self._read = lines, normalise("\n".join(line.text for line in rows))
        return self._read[1]


def _aligned(blocks: Sequence[Block], source: str) -> list[tuple[Block, int, int]]:
    """Where in their source the texts of neighbouring blocks stand: half-open offsets.

    What is said twice on a line stands there twice: where all of it is closest together counts.
    Empty if they are not all there: what cannot be found is not quoted either.
    """
    # All but code was normalised when it was read, and is looked for as it is.
    texts = [
        normalise(block.text) if block.kind is BlockKind.CODE else " ".join(block.text.split())
        for block in blocks
    ]
    tight = sum(map(len, texts)) + len(texts) - 1
    best: list[tuple[int, int]] = []
    # Where they follow each other with nothing between, there is no need to look elsewhere.
    first = max(source.find(" ".join(texts)), 0) - 1
    for _ in range(_MOST_PLACES):
        first = source.find(texts[0], first + 1)
        if first < 0:
            break
        spans = [(first, first + len(texts[0]))]
        for text in texts[1:]:
            start = source.find(text, spans[-1][1])
            if start < 0:
                break
            spans.append((start, start + len(text)))
        if len(spans) < len(texts):
            break  # nor will it from further on
        # From this end back: nothing closer ends here.
        spans = spans[-1:]
        for text in reversed(texts[:-1]):
            start = source.rfind(text, 0, spans[0][0])
            spans.insert(0, (start, start + len(text)))
        first = spans[0][0]
        if not best or spans[-1][1] - first < best[-1][1] - best[0][0]:
            best = spans
        if best[-1][1] - best[0][0] <= tight:
            break
    return [(block, *span) for block, span in zip(blocks, best, strict=bool(best))]
