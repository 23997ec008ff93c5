"""What documents have in common: rows of text, by page, to lines and blocks.

Each format writes its text in the manner of Markdown: `# Title` for what the document itself calls
a heading, `- ` before an item, `| a | b |` for a row of a table, an empty row between blocks. These
rows are the source as stored: a citation counts in them, and names the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from keynote_qa.errors import SourceError
from keynote_qa.records import Block, BlockKind, Line
from keynote_qa.sources.deck import to_blocks
from keynote_qa.sources.parsed import Parsed, without_marks
from keynote_qa.sources.prose import is_prose, to_sentences
from keynote_qa.text import has_content

Page = tuple[str, Sequence[str]]
"""The name of a page ("slide 12"; empty if it has none) and its rows."""

_NO_TITLES = ("untitled", "powerpoint presentation", "microsoft word", "presentation", "document")


def to_parsed(
    pages: Iterable[Page],
    *,
    slides: bool,
    title: str | None = None,
    speaker: str | None = None,
    date: str | None = None,
) -> Parsed:
    """Lines and blocks of a document.

    Args:
        pages: its pages in order.
        slides: whether each page is a slide, which neither joins with others nor is divided.
        title, speaker, date: what the document says of itself; names that say nothing are dropped.

    Raises:
        SourceError: no page holds any text.
    """
    lines: list[Line] = []
    blocks: list[Block] = []
    for page, rows in pages:
        first = len(lines)
        for row in [*rows, ""]:
            lines.append(Line(len(lines) + 1, row, page=page))
        if slides and has_content(" ".join(rows)):
            if blocks:
                blocks.append(Block(BlockKind.BREAK, first + 1, first + 1, 0, ""))
            blocks += to_blocks(lines[first:], headings=True)
    if not any(has_content(line.text) for line in lines):
        raise SourceError(
            "holds no text, only pictures of it perhaps. Put it through text recognition (OCR), "
            "save it with its text, and try again."
        )
    if not slides:
        prose = is_prose(lines)
        blocks = list(to_sentences(lines) if prose else to_blocks(lines, headings=True))
    return Parsed(
        without_marks(lines, blocks),
        tuple(blocks),
        title=_said(title),
        speaker=_said(speaker),
        date=_said(date),
    )


def table_row(cells: Iterable[str]) -> str:
    """A row of a table on one line.

    >>> table_row(["Zone", "Price\\nper day", "a|b"])
    '| Zone | Price per day | a/b |'
    """
    return "| " + " | ".join(" ".join(cell.replace("|", "/").split()) for cell in cells) + " |"


def squeezed(text: str) -> str:
    """Text on one line, without what cannot be printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _said(name: str | None) -> str | None:
    name = squeezed(name or "")
    return None if not name or name.casefold().startswith(_NO_TITLES) else name
