"""From a talk to the passages that are searched, read and cited.

Five grains, all rows of the same index:

- **slide**: a slide, a piece of one that is too long, or a few very small ones of the same part.
  They partition the talk: every line of the source that holds a letter or a digit lies in
  exactly one of them, but for running lines (the same line on nearly every slide) at the top or
  the foot of a slide, which are left out.
- **card**: a title with all that stands under it.
- **group**: what is quoted whole: a list, a table, a title with the line under it.
- **statement**: what is quoted alone: a line, a list item, a table row, a figure with its label.
- **title**: a line that heads others; kept apart because it matches well and says little.

No card, group, statement or title crosses a slide, no passage crosses a talk, and none is longer than
`MAX_CHARACTERS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from keynote_qa.outline import Outline, is_figure, is_name, is_phrase, read_outline
from keynote_qa.records import Block, BlockKind, Grain, Passage, Slide, Talk
from keynote_qa.text import fold, has_content, normalise, normalise_line, sentences

MAX_CHARACTERS = 1200
"""The longest passage, in characters: a slide, not a chapter."""

_SMALL = 500
"""Slides this small are joined with their neighbours: a slide of five words is no passage."""

_ROOM = 4  # for the line break and lines without a letter between two blocks
_MAX_LABEL_WORDS = 8
_MAX_CODE_CHARACTERS = 400  # code has more word pieces to the character than prose
_MAX_LIST_ITEM_WORDS = 14
_MIN_LIST_ITEMS = 3
_TABLE_RULE = re.compile(r"^\s*\|?[\s:|-]+\|?\s*$")


_Piece = tuple[Slide, tuple[Block, ...]]


def to_passages(talk: Talk, *, first_row: int = 0) -> list[Passage]:
    """Cut a talk into passages, in order; they will be the rows from `first_row` on."""
    outline = read_outline(talk)
    cutter = _Cutter(talk, outline)
    passages: list[Passage] = []
    pieces = [(slide, piece) for slide in outline.slides for piece in _pieces(slide, outline)]
    for run in _together(pieces):
        row = first_row + len(passages)
        blocks = [block for _, piece in run for block in piece]
        whole = cutter.passage(Grain.SLIDE, blocks, run[0][0], blocks)
        passages.append(replace(whole, slide=row))
        seen = {(whole.start_line, whole.end_line, whole.text)}
        for slide, piece in run:
            for part in cutter.parts(piece, slide):
                key = (part.start_line, part.end_line, part.text)
                if key not in seen and has_content(part.text):
                    seen.add(key)
                    passages.append(replace(part, slide=row))
    return passages


def _together(pieces: Sequence[_Piece]) -> Iterator[list[_Piece]]:
    """Runs of neighbouring small pieces of one part of the talk, up to `_SMALL` characters."""
    run: list[_Piece] = []
    size = 0
    for slide, blocks in pieces:
        length = sum(len(block.text) + _ROOM for block in blocks)
        same_part = bool(run) and slide.section[:1] in (run[-1][0].section[:1], ())
        if run and (not same_part or size + length > _SMALL):
            yield run
            run, size = [], 0
        run.append((slide, blocks))
        size += length
    if run:
        yield run


def table_cells(row: str) -> list[str]:
    """The cells of one row of a pipe table, outer pipes dropped.

    >>> table_cells("| VMs | AMI | |")
    ['VMs', 'AMI', '']
    """
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def _pieces(slide: Slide, outline: Outline) -> Iterator[tuple[Block, ...]]:
    """A slide's blocks in pieces that fit, cut before the block that heads the next stretch."""
    pending: list[Block] = []
    for block in (part for whole in slide.blocks for part in _fitting(whole)):
        size = sum(len(b.text) + _ROOM for b in pending) + len(block.text) + _ROOM
        if pending and size > MAX_CHARACTERS:
            cut = len(pending)
            while cut > 1 and pending[cut - 1].start_line in outline.heads:
                cut -= 1
            yield tuple(pending[:cut])
            pending = pending[cut:]
        pending.append(block)
    if pending:
        yield tuple(pending)


def _fitting(block: Block, limit: int = MAX_CHARACTERS) -> Iterator[Block]:
    """A block, or its rows in runs that fit; a single row that does not is cut at sentences."""
    if len(block.text) <= limit:
        yield block
        return
    rows = block.text.split("\n")
    if len(rows) == 1:
        for start, end in _runs(sentences(block.text) or [(0, len(block.text))]):
            yield replace(block, text=block.text[start:end])
        return
    run: list[str] = []
    start = 0
    for index, row in enumerate(rows):
        if run and sum(map(len, run)) + len(run) + len(row) > limit:
            yield _rows_of(block, run, start)
            run, start = [], index
        run.append(row[:limit])
    yield _rows_of(block, run, start)


def _rows_of(block: Block, rows: Sequence[str], offset: int) -> Block:
    """Some rows of a block, from the one at `offset` on; their own lines, if each row is one."""
    if block.text.count("\n") != block.end_line - block.start_line:
        return replace(block, text="\n".join(rows))
    first = block.start_line + offset
    return replace(block, text="\n".join(rows), start_line=first, end_line=first + len(rows) - 1)


def _runs(spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join neighbouring spans while they fit; cut a span that does not fit at all."""
    start, end = spans[0]
    for next_start, next_end in spans[1:]:
        if next_end - start > MAX_CHARACTERS:
            yield start, end
            start = next_start
        end = next_end
    while end - start > MAX_CHARACTERS:
        yield start, start + MAX_CHARACTERS
        start += MAX_CHARACTERS
    yield start, end


class _Cutter:
    """Cuts the pieces of one talk's slides into groups and statements."""

    def __init__(self, talk: Talk, outline: Outline) -> None:
        self._talk = talk
        self._outline = outline

    def passage(
        self, grain: Grain, blocks: Sequence[Block], slide: Slide, piece: Sequence[Block]
    ) -> Passage:
        """A passage of some blocks of a piece, its slide's row still to be set."""
        kept = [b for b in blocks if fold(b.text) not in self._outline.running_lines] or blocks
        kept = blocks[blocks.index(kept[0]) : blocks.index(kept[-1]) + 1]
        kinds = {b.kind for b in kept}
        return Passage(
            talk=self._talk.name,
            source=self._talk.source,
            grain=grain,
            kind=kinds.pop() if len(kinds) == 1 else BlockKind.TEXT,
            start_line=kept[0].start_line,
            end_line=kept[-1].end_line,
            section=slide.section,
            context=self._context(blocks[0], slide, piece),
            way=". ".join(dict.fromkeys([*slide.section, slide.opening, *self._heads_over(blocks[0], piece)])),
            text=self._verbatim(kept),
            slide=-1,
        )

    def _verbatim(self, blocks: Sequence[Block]) -> str:
        """The text of neighbouring blocks with what stands between them: a lone "&" or "+".

        A quotation must be found whole in its source lines, so nothing may be left out inside.
        """
        if len(blocks) == 1:
            return blocks[0].text
        rows: list[str] = []
        for above, block in zip([None, *blocks], blocks, strict=False):
            if above is not None:
                between = self._talk.lines[above.end_line : block.start_line - 1]
                rows += [row for row in (normalise_line(line.text) for line in between) if row]
            rows.append(block.text)
        return "\n".join(rows)

    def _context(self, block: Block, slide: Slide, piece: Sequence[Block]) -> str:
        """The titles over a block that are not part of it: the slide's, then the nearest head."""
        names = [*slide.section[-1:], *self._heads_over(block, piece)]
        own = fold(block.text)
        return ". ".join(dict.fromkeys(name for name in names if fold(name) != own))

    def _heads_over(self, block: Block, piece: Sequence[Block]) -> list[str]:
        """The nearest head above a block; for a table row, the table's first row too."""
        heads = [
            b
            for b in piece
            if b.end_line < block.start_line and b.start_line in self._outline.heads
        ]
        names = [normalise(b.text) for b in heads[-1:]]
        for table in (b for b in piece if b.kind is BlockKind.TABLE):
            if table.start_line < block.start_line <= table.end_line:
                header = table.text.split("\n")[0]
                names.append(", ".join(cell for cell in table_cells(header) if cell))
        return [name for name in names if name]

    def _says_something(self, block: Block) -> bool:
        return fold(block.text) not in self._outline.badges | self._outline.running_lines

    def parts(self, piece: Sequence[Block], slide: Slide) -> Iterator[Passage]:
        """What can be quoted of a piece, from large to small."""
        yield from self.cards(piece, slide)
        yield from self.groups(piece, slide)
        yield from self.statements(piece, slide)

    # -- cards --------------------------------------------------------------------------

    def cards(self, piece: Sequence[Block], slide: Slide) -> Iterator[Passage]:
        """The piece as a whole, and each title inside it with what stands under it."""
        if len(piece) > 1:
            yield self.passage(Grain.CARD, piece, slide, piece)
        heads = [i for i, block in enumerate(piece) if block.start_line in self._outline.heads]
        for head, end in pairwise([*heads, len(piece)]):
            if end - head > 1:
                yield self.passage(Grain.CARD, piece[head:end], slide, piece)

    # -- groups -------------------------------------------------------------------------

    def groups(self, piece: Sequence[Block], slide: Slide) -> Iterator[Passage]:
        """Lists, tables, and short titles with what stands under them."""
        for run in self._lists(piece):
            yield self.passage(Grain.GROUP, run, slide, piece)
        for block in piece:
            if block.kind is BlockKind.TABLE:
                yield self.passage(Grain.GROUP, [block], slide, piece)
        for name, body in zip(piece, piece[1:], strict=False):
            if self._belongs_under(body, name):
                yield self.passage(Grain.GROUP, [name, body], slide, piece)

    def _belongs_under(self, body: Block, name: Block) -> bool:
        kinds = (name.kind, body.kind) == (BlockKind.TEXT, BlockKind.TEXT)
        if not kinds or not (self._says_something(name) and self._says_something(body)):
            return False
        if is_figure(name.text) or is_figure(body.text):
            return False
        short = len(name.text.split()) <= _MAX_LABEL_WORDS
        if short and name.text.endswith("?"):
            return True
        shouted_role = body.text.isupper() and len(body.text.split()) > 1
        return short and is_name(name.text) and (is_phrase(body.text) or shouted_role)

    def _lists(self, piece: Sequence[Block]) -> Iterator[list[Block]]:
        """Runs of items, and of short lines that no head interrupts."""
        run: list[Block] = []
        for block in piece:
            is_item = block.kind is BlockKind.ITEM
            short = len(block.text.split()) <= _MAX_LIST_ITEM_WORDS
            is_line = block.kind is BlockKind.TEXT and short and self._says_something(block)
            heads = block.start_line in self._outline.heads
            same = not run or (run[-1].kind is block.kind)
            restarts = is_item and bool(run) and block.gap > 0 and self._restarts(run, block)
            if run and (not (is_item or is_line) or heads or not same or restarts):
                yield from self._if_long(run)
                run = []
            if is_item or (is_line and not heads):
                run.append(block)
        yield from self._if_long(run)

    def _restarts(self, run: Sequence[Block], block: Block) -> bool:
        """Whether an item opens a list of its own: its text repeats the run's first item."""
        return fold(block.text) == fold(run[0].text)

    def _if_long(self, run: Sequence[Block]) -> Iterator[list[Block]]:
        minimum = 2 if run and run[0].kind is BlockKind.ITEM else _MIN_LIST_ITEMS
        if len(run) >= minimum or (len(run) == 1 and run[0].text.count("\n") >= 2):
            yield list(run)

    # -- statements ---------------------------------------------------------------------

    def statements(self, piece: Sequence[Block], slide: Slide) -> Iterator[Passage]:
        """The smallest quotable parts of a piece, in order."""
        index = 0
        while index < len(piece):
            block = piece[index]
            pair = self._figure_pair(piece, index)
            if pair:
                yield self.passage(Grain.STATEMENT, pair, slide, piece)
                index += len(pair)
                continue
            heads = block.start_line in self._outline.heads and index + 1 < len(piece)
            grain = Grain.TITLE if heads else Grain.STATEMENT
            if self._says_something(block):
                for part in self._parts(block):
                    yield self.passage(grain, [part], slide, piece)
            index += 1

    def _figure_pair(self, piece: Sequence[Block], index: int) -> list[Block]:
        """A bare figure and its label: the next line, or the one before in a label-first run."""
        pair = list(piece[index : index + 2])
        if len(pair) < 2 or any(b.kind is not BlockKind.TEXT for b in pair):
            return []
        first, second = (is_figure(b.text) for b in pair)
        labels = [b for b in pair if not is_figure(b.text)]
        if first == second or len(labels[0].text.split()) > _MAX_LABEL_WORDS:
            return []
        if first:
            return pair
        if pair[0].start_line in self._outline.heads:
            return []
        # Label first: only if the figures of this run are not followed by labels of their own.
        rest = piece[index + 2 :]
        followed = bool(rest) and rest[0].kind is BlockKind.TEXT and not is_figure(rest[0].text)
        alternates = len(rest) > 1 and is_figure(rest[1].text)
        return pair if not followed or alternates else []

    def _parts(self, block: Block) -> Iterator[Block]:
        rows = block.text.split("\n")
        if block.kind is BlockKind.TABLE:
            # A row of names with a rule under it says nothing without the rows below.
            header = len(rows) > 2 and bool(_TABLE_RULE.match(rows[1]))
            for offset, row in enumerate(rows):
                line = block.start_line + offset
                if has_content(row) and not _TABLE_RULE.match(row) and not (header and offset == 0):
                    yield replace(block, text=row, start_line=line, end_line=line)
        elif block.kind is BlockKind.CODE:
            yield from _fitting(block, _MAX_CODE_CHARACTERS)
        elif block.kind is BlockKind.CAPTION or len(normalise(block.text).split()) > 40:
            text = normalise(block.text) if len(rows) == 1 else block.text
            for start, end in sentences(text):
                yield replace(block, text=text[start:end])
        else:
            yield block
