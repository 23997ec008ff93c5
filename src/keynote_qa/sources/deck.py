"""Deck text: what is left of slides when their text has been extracted.

The one thing this module decides is which neighbouring lines form a block, and of what kind. It
uses only marks in the text itself: blank lines, bullets, numbers, pipes, columns, fences, and the
way in which people and programs describe pictures. Which block is a title is `outline`'s business.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from itertools import groupby

from keynote_qa.aligned import aligned_cells, are_aligned
from keynote_qa.records import Block, BlockKind, Line
from keynote_qa.sources.page_numbers import without_page_numbers
from keynote_qa.sources.spacing import is_dense, spread
from keynote_qa.tables import table_row
from keynote_qa.text import BULLET, NUMBERED, has_content, normalise_line

HEADING = re.compile(r"^\s{0,3}#{1,6}[ \t]+(?=\S)")
"""The mark of a heading in Markdown, with the white space after it."""

_FENCE = re.compile(r"^\s*(```|~~~)")
_BREAK = re.compile(r"^\s*([-=*_]\s*){3,}$|^\f+\s*$")
_TABLE_ROW = re.compile(r"^\s*\|.*\|\s*$")
_BETWEEN_CELLS = re.compile(r"\s\|\s")
_MIN_OPEN_ROWS, _MIN_OPEN_PAIRS = 2, 3  # pairs: rows of two cells, as a name and a role are
_PICTURE = r"screenshots?|images?|photos?|photographs?|pictures?|diagrams?|illustrations?|graphics?"
_PERSON = r"man|woman|person|people|speaker|presenter|men|women"
_CAPTION = re.compile(
    rf"""^\W*(?:(?:the|a|an|this)\s)?(?:[\w-]+\s){{0,3}}?(?:{_PICTURE})\s
         .{{0,60}}?\b(?:of|shows?|showing|depicts?|displays?|illustrates?|features?|with|titled)\b
       | ^\W*(?:the|a|an|two|three|several)\s(?:[\w-]+\s){{0,2}}?(?:{_PERSON})\b.*
         \b(?:stand|sit|speak|walk|talk|present|gestur|hold|point|smil|look)(?:s|ing)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_MIN_CAPTION_WORDS = 5
_MIN_REPEATS = 5
_LINES_A_REPEAT = 60  # a running line comes back at least once in so many lines


def to_lines(text: str) -> tuple[Line, ...]:
    r"""Split text at \n only (\r\n too): the line numbers are those that an editor shows.

    >>> [line.text for line in to_lines("one\r\ntwo\x0c\n")]
    ['one', 'two\x0c']
    """
    rows = text.split("\n")
    if rows and not rows[-1]:
        rows.pop()
    return tuple(Line(number, row.removesuffix("\r")) for number, row in enumerate(rows, 1))


def to_blocks(lines: Sequence[Line], *, headings: bool = False) -> tuple[Block, ...]:
    """Group lines to blocks; every line that holds a letter or a digit is in exactly one.

    With `headings`, lines like `# Title` are what they are in Markdown; elsewhere they are text.
    """
    repeated = Counter(normalise_line(line.text) for line in lines)
    often = max(_MIN_REPEATS, len(lines) // _LINES_A_REPEAT)
    builder = _Builder({text for text, count in repeated.items() if text and count >= often})
    open_rows = _open_rows(lines)
    fences = [line.number for line in lines if _FENCE.match(line.text)]
    # A fence that is never closed is no fence: it must not turn the rest of the talk to code.
    closing = dict(zip(fences[::2], fences[1::2], strict=False))
    code_until = 0
    for line in lines:
        if line.number <= code_until:
            builder.add(BlockKind.CODE, line, join=True)
        elif line.number in closing:
            code_until = closing[line.number]
            builder.add(BlockKind.CODE, line, join=False)
        elif headings and HEADING.match(line.text):
            builder.add(BlockKind.TEXT, line, join=False)
            builder.head(len(line.text.split()[0]))
        elif line.number in open_rows:
            builder.add(BlockKind.TABLE, line, join=open_rows[line.number] < line.number)
        else:
            _add_prose(builder, line)
    blocks = builder.finish()
    return tuple(without_page_numbers(spread(blocks) if is_dense(blocks) else blocks))


def _open_rows(lines: Sequence[Line]) -> dict[int, int]:
    r"""The lines that are rows of tables without outer pipes, and where their table begins.

    Some lines of as many cells are such a table, if nothing but blank lines stands between them; so
    are those whose columns are aligned.

    >>> _open_rows(to_lines("Plans\nName | Price | Users\nBrook | $0 | 1\n\nSea | $9 | 7\n1 | 2"))
    {2: 2, 3: 2, 5: 5}
    """
    tables = [
        rows
        for cells, rows in _of_as_many(_open_cells, lines)
        if len(rows) >= (_MIN_OPEN_PAIRS if cells == 2 else _MIN_OPEN_ROWS)
    ]
    tables += [
        rows
        for _, rows in _of_as_many(_aligned_cells, lines)
        if are_aligned([row.text for row in rows])
    ]
    found: dict[int, int] = {}
    for table in tables:
        numbers = [row.number for row in table]
        for above, number in zip([None, *numbers], numbers, strict=False):
            found[number] = found[above] if above == number - 1 else number
    return found


def _of_as_many(
    count: Callable[[str], int], lines: Sequence[Line]
) -> Iterator[tuple[int, list[Line]]]:
    """Lines of as many cells, two at least, with nothing but blank lines between them."""
    written = (line for line in lines if line.text.strip())
    for cells, run in groupby(written, key=lambda line: count(line.text)):
        if cells > 1:
            yield cells, list(run)


def _open_cells(text: str) -> int:
    """How many cells a line has if pipes stand between them and none around them; else 0."""
    return 0 if _is_marked(text) else len(_BETWEEN_CELLS.split(text.strip()))


def _aligned_cells(text: str) -> int:
    """How many cells a line has if nothing but gaps stand between them; else 0."""
    return 0 if _is_marked(text) or "|" in text else len(aligned_cells(text))


def _is_marked(text: str) -> bool:
    """Whether a line says itself what it is: a row of a table, or an item of a list."""
    patterns = (_TABLE_ROW, BULLET, NUMBERED)
    return any(pattern.match(text) for pattern in patterns)


def is_caption(text: str) -> bool:
    """Whether a line describes a picture instead of quoting the slide.

    >>> is_caption("The screenshot shows a dashboard with four charts.")
    True
    >>> is_caption("Show me the picture")
    False
    """
    return len(text.split()) >= _MIN_CAPTION_WORDS and _CAPTION.match(text) is not None


def _add_prose(builder: _Builder, line: Line) -> None:
    text = line.text
    if not text.strip(" \t\u00a0\ufeff"):
        builder.blank()
    elif _BREAK.match(text):
        builder.add(BlockKind.BREAK, line, join=False)
    elif _TABLE_ROW.match(text):
        builder.add(BlockKind.TABLE, line, join=True)
    elif BULLET.match(text) or NUMBERED.match(text):
        builder.add(BlockKind.ITEM, line, join=False)
    elif is_caption(normalise_line(text)):
        builder.add(BlockKind.CAPTION, line, join=False)
    elif text.startswith("\f"):
        builder.add(BlockKind.BREAK, Line(line.number, ""), join=False)
        builder.add(BlockKind.TEXT, line, join=False)
    else:
        # The text of an item stands on the next line when its bullet stands alone, or is
        # wrapped there; either way there is no blank line between.
        builder.add(BlockKind.TEXT, line, join=True, also_to=BlockKind.ITEM)


class _Builder:
    """Collects lines to blocks, counting the blank lines before each."""

    def __init__(self, repeated: Set[str]) -> None:
        self._repeated = repeated
        self._blocks: list[Block] = []
        self._kind: BlockKind | None = None
        self._lines: list[Line] = []
        self._gap = 0
        self._blank = 0
        self._level = 0

    def blank(self) -> None:
        self._blank += 1

    def add(
        self, kind: BlockKind, line: Line, *, join: bool, also_to: BlockKind | None = None
    ) -> None:
        joins = join and bool(self._lines) and self._kind in (kind, also_to)
        if joins and kind is not BlockKind.CODE:
            joins = not self._blank
        if joins and kind is BlockKind.TEXT:
            # A line that keeps coming back is no part of the sentence that it happens to touch.
            touching = (normalise_line(row.text) for row in (line, self._lines[-1]))
            joins = self._repeated.isdisjoint(touching)
        if not joins:
            self._flush()
            self._kind, self._gap = kind, self._blank
        self._blank = 0
        self._lines.append(line)

    def head(self, level: int) -> None:
        """Make the line just added a heading, which nothing is joined to."""
        self._level = level
        self._flush()

    def finish(self) -> list[Block]:
        self._flush()
        return self._blocks

    def _flush(self) -> None:
        if self._kind is not None and self._lines:
            if self._kind is BlockKind.CODE:  # as it stands, fences and indents too
                text = "\n".join(line.text for line in self._lines)
            else:
                row_of = table_row if self._kind is BlockKind.TABLE else normalise_line
                rows = (row_of(line.text) for line in self._lines)
                text = "\n".join(row for row in rows if row)
                if self._level:
                    text = normalise_line(HEADING.sub("", self._lines[0].text).rstrip("# "))
            if self._kind is BlockKind.BREAK or has_content(text):
                first, last = self._lines[0].number, self._lines[-1].number
                self._blocks.append(Block(self._kind, first, last, self._gap, text, self._level))
            else:
                self._blank = self._gap + len(self._lines) + self._blank
        self._lines = []
        self._kind = None
        self._level = 0
