"""PDF: slides, or pages of running text, whichever the pages look like.

A PDF says where characters stand, not what belongs together. Lines are what stands at one height;
a gap of more than half a line parts blocks. On pages of running text, lines are joined to
paragraphs, and what comes back on most pages at the top or the foot is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from keynote_qa.errors import SourceError
from keynote_qa.sources.document import Page, squeezed, to_parsed
from keynote_qa.sources.limits import MAX_BYTES, check_pages, read_by_others
from keynote_qa.sources.parsed import Parsed

_WORDS_OF_PROSE = 150
"""From so many words a page on, the middle page of a document is running text, not a slide."""

_BLOCK_GAP = 0.6  # of a line's height
_SAME_LINE = 0.5  # of a line's height
_REPEATED = 0.6  # of the pages
_EDGE_ROWS = 2


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of a page: its text, and where it stands in points from the page's foot."""

    text: str
    top: float
    bottom: float


def parse(data: bytes) -> Parsed:
    """Read a PDF.

    Raises:
        SourceError: it is not one, is damaged or locked, has too many pages, or holds no text.
    """
    if len(data) > MAX_BYTES:
        raise SourceError(f"is larger than {MAX_BYTES // 1_000_000} MB. Save it without pictures.")
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        told = "it needs a password" if "assword" in str(error) else str(error).rstrip(".")
        raise SourceError(
            f"cannot be read as a PDF ({told}). Open it where it was made, save it as PDF without "
            "a password, and try again."
        ) from error
    try:
        with read_by_others("PDF"):
            return _read(document)
    finally:
        document.close()


def _read(document: Any) -> Parsed:
    check_pages(len(document))
    pages = [_page_rows(document, number) for number in range(len(document))]
    about = document.get_metadata_dict()
    words = [sum(len(row.text.split()) for row in rows) for rows in pages]
    prose = bool(words) and median([n for n in words if n] or [0]) >= _WORDS_OF_PROSE
    named: list[Page] = []
    repeated = _repeated(pages) if prose else frozenset()
    for number, rows in enumerate(pages, 1):
        running = {row for row in _edges(rows) if _key(row.text) in repeated}
        kept = [row for row in rows if row not in running]
        texts = _paragraphs(kept) if prose else _blocks(kept)
        named.append((f"page {number}" if prose else f"slide {number}", texts))
    return to_parsed(named, slides=not prose, title=about.get("Title"), speaker=about.get("Author"))


def _page_rows(document: Any, number: int) -> list[_Row]:
    """The lines of a page, from top to bottom; runs at one height are one line."""
    import pypdfium2

    try:
        page = document[number]
        text = page.get_textpage()
    except pypdfium2.PdfiumError as error:
        raise SourceError(f"page {number + 1} cannot be read ({error}). Save it anew.") from error
    runs: list[tuple[float, float, float, str]] = []
    for i in range(text.count_rects()):
        left, bottom, right, top = text.get_rect(i)
        said = squeezed(text.get_text_bounded(left, bottom, right, top))
        if said:
            runs.append((left, bottom, top, said))
    text.close()
    page.close()
    rows: list[list[tuple[float, float, float, str]]] = []
    for run in runs:
        above = rows[-1][-1] if rows else None
        height = run[2] - run[1]
        middle = (run[1] + run[2]) / 2
        same = above is not None and abs((above[1] + above[2]) / 2 - middle) < _SAME_LINE * height
        if same and run[0] >= rows[-1][-1][0]:
            rows[-1].append(run)
        else:
            rows.append([run])
    return [
        _Row(
            " ".join(said for *_, said in runs_of),
            max(run[2] for run in runs_of),
            min(run[1] for run in runs_of),
        )
        for runs_of in rows
    ]


def _parted(above: _Row, below: _Row) -> bool:
    """Whether a gap, or a step back up the page, parts two lines."""
    height = max(1.0, min(above.top - above.bottom, below.top - below.bottom))
    gap = above.bottom - below.top
    larger = max(above.top - above.bottom, below.top - below.bottom) > 1.3 * height
    return gap > _BLOCK_GAP * height or gap < -2 * height or larger


def _blocks(rows: Sequence[_Row]) -> list[str]:
    """The lines of a slide, with an empty one where a gap parts two."""
    texts: list[str] = []
    for above, row in zip([None, *rows], rows, strict=False):
        if above is not None and _parted(above, row):
            texts.append("")
        texts.append(row.text)
    return texts


def _paragraphs(rows: Sequence[_Row]) -> list[str]:
    """The paragraphs of a page, each on one line, words that were hyphenated joined again."""
    texts: list[str] = []
    for above, row in zip([None, *rows], rows, strict=False):
        if above is None or _parted(above, row):
            texts += ["", row.text]
        elif re.search(r"[^\W\d_]-$", texts[-1]) and row.text[:1].islower():
            texts[-1] = texts[-1][:-1] + row.text
        else:
            texts[-1] += f" {row.text}"
    return texts


def _key(text: str) -> str:
    return re.sub(r"\d+", "#", text)


def _edges(rows: Sequence[_Row]) -> list[_Row]:
    """One or two lines at the top of a page, and at its foot, that a gap parts from the rest."""
    gaps = [i for i in range(1, len(rows)) if _parted(rows[i - 1], rows[i])]
    above = rows[: gaps[0]] if gaps and gaps[0] <= _EDGE_ROWS else []
    below = rows[gaps[-1] :] if gaps and len(rows) - gaps[-1] <= _EDGE_ROWS else []
    return [*above, *below]


def _repeated(pages: Sequence[Sequence[_Row]]) -> frozenset[str]:
    """Lines at the top or the foot that most pages share, their numbers aside."""
    if len(pages) < 3:
        return frozenset()
    edges = Counter(key for rows in pages for key in {_key(row.text) for row in _edges(rows)})
    return frozenset(key for key, count in edges.items() if count >= _REPEATED * len(pages))
