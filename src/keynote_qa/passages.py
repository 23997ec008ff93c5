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

No card, group, statement or title crosses a slide, no passage crosses a talk, and none is longer
than `MAX_CHARACTERS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from keynote_qa.figures import MAX_LABEL_WORDS, figure_pairs, figure_rows, figures_lead
from keynote_qa.outline import Outline, read_outline, rows_of
from keynote_qa.pieces import fitting, pieces
from keynote_qa.records import Block, BlockKind, Grain, Passage, Slide, Talk
from keynote_qa.shapes import is_figure, is_name, is_phrase, unwrap
from keynote_qa.tables import columns_over, has_header, is_rule, tables_in
from keynote_qa.text import fold, has_content, normalise, sentences
from keynote_qa.verbatim import Verbatim

_MAX_CODE_CHARACTERS = 400  # code has more word pieces to the character than prose
_MAX_LIST_ITEM_WORDS = 14
_MIN_LIST_ITEMS = 3


def to_passages(talk: Talk, *, first_row: int = 0) -> list[Passage]:
    """Cut a talk into passages, in order; they will be the rows from `first_row` on."""
    outline = read_outline(talk)
    runs = list(pieces(outline))
    lead = figures_lead(
        (part for run in runs for _, piece in run for part in _rows(piece)), outline.heads
    )
    cutter = _Cutter(talk, outline, lead)
    passages: list[Passage] = []
    for run in runs:
        row = first_row + len(passages)
        blocks = [block for _, piece in run for block in piece]
        whole = cutter.passage(Grain.SLIDE, blocks, run[0][0], blocks)
        passages.append(replace(whole, slide=row))
        found: dict[tuple[int, int, str], Passage] = {}
        for slide, piece in run:
            for part in cutter.parts(piece, slide):
                key = (part.start_line, part.end_line, part.text)
                if has_content(part.text):
                    # A card or a group may be no more than a statement: those are read.
                    if part.grain in (Grain.STATEMENT, Grain.TITLE):
                        found.pop(key, None)
                    found.setdefault(key, part)
        found.pop((whole.start_line, whole.end_line, whole.text), None)
        passages += [replace(part, slide=row) for part in found.values()]
    return passages


class _Cutter:
    """Cuts the pieces of one talk's slides into groups and statements."""

    def __init__(self, talk: Talk, outline: Outline, lead: int) -> None:
        self._talk = talk
        self._outline = outline
        self._figures_lead = lead
        self._verbatim = Verbatim(talk)

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
            way=". ".join(
                dict.fromkeys([*slide.section, slide.opening, *self._heads_over(blocks[0], piece)])
            ),
            text=self._verbatim.of(kept),
            slide=-1,
            columns=columns_over(blocks[0].start_line, piece),
        )

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
        names.append(", ".join(cell for cell in columns_over(block.start_line, piece) if cell))
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
        heads = [i for i, block in enumerate(piece) if block.start_line in self._outline.heads]
        for first, end in [(0, len(piece)), *pairwise([*heads, len(piece)])]:
            card = _without_captions_around(piece[first:end])
            if len(card) > 1:
                yield self.passage(Grain.CARD, card, slide, piece)

    # -- groups -------------------------------------------------------------------------

    def groups(self, piece: Sequence[Block], slide: Slide) -> Iterator[Passage]:
        """Lists, tables, what no blank line parts, and short titles with what stands under them."""
        for run in self._lists(piece):
            yield self.passage(Grain.GROUP, run, slide, piece)
        parted = [n for n, block in enumerate(piece) if n and block.gap > 0]
        for first, behind in pairwise([0, *parted, len(piece)]):
            if 1 < behind - first < len(piece):
                yield self.passage(Grain.GROUP, piece[first:behind], slide, piece)
        columns = [[b] for b in piece if _is_column(b) and self._says_something(b)]
        for blocks in (*tables_in(piece), *columns):
            yield self.passage(Grain.GROUP, blocks, slide, piece)
        for name, body in pairwise(piece):
            if self._belongs_under(body, name):
                yield self.passage(Grain.GROUP, [name, body], slide, piece)

    def _belongs_under(self, body: Block, name: Block) -> bool:
        kinds = (name.kind, body.kind) == (BlockKind.TEXT, BlockKind.TEXT)
        if not kinds or not (self._says_something(name) and self._says_something(body)):
            return False
        if is_figure(name.text) or is_figure(body.text):
            return False
        short = len(name.text.split()) <= MAX_LABEL_WORDS
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
        pairs = figure_pairs(piece, self._outline.heads, self._figures_lead)
        rows = figure_rows(piece, self._outline.heads)
        index = 0
        while index < len(piece):
            block = piece[index]
            labels = rows.get(index, int(index in pairs))
            if labels:
                together = piece[index : index + 1 + labels]
                statement = self.passage(Grain.STATEMENT, together, slide, piece)
                if labels > 1:
                    columns = tuple(normalise(label.text) for label in together[1:])
                    statement = replace(statement, columns=columns)
                yield statement
                index += len(together)
                continue
            heads = block.start_line in self._outline.heads and index + 1 < len(piece)
            grain = Grain.TITLE if heads else Grain.STATEMENT
            if self._says_something(block):
                for part in self._parts(block):
                    yield self.passage(grain, [part], slide, piece)
            index += 1

    def _parts(self, block: Block) -> Iterator[Block]:
        rows = block.text.split("\n")
        if block.kind is BlockKind.TABLE:
            header = has_header(rows)
            for offset, row in enumerate(rows):
                line = block.start_line + offset
                if has_content(row) and not is_rule(row) and not (header and offset == 0):
                    yield replace(block, text=row, start_line=line, end_line=line)
        elif block.kind is BlockKind.CODE:
            yield from fitting(block, _MAX_CODE_CHARACTERS)
        elif _is_column(block):
            lines = _lines(block)
            pairs = figure_pairs(lines, frozenset(), self._figures_lead)
            for offset, row in enumerate(rows):
                if has_content(row) and offset - 1 not in pairs:
                    yield rows_of(block, rows[offset : offset + 1 + (offset in pairs)], offset)
        elif block.kind is BlockKind.CAPTION or len(normalise(block.text).split()) > 40:
            text = normalise(block.text) if len(rows) == 1 else block.text
            for start, end in sentences(text):
                yield replace(block, text=text[start:end])
        else:
            yield block


def _without_captions_around(blocks: Sequence[Block]) -> Sequence[Block]:
    """Blocks without the descriptions of pictures before and behind them, if several are left."""
    said = [n for n, block in enumerate(blocks) if block.kind is not BlockKind.CAPTION]
    return blocks[said[0] : said[-1] + 1] if len(said) > 1 else blocks


def _lines(block: Block) -> list[Block]:
    """The lines of a block, each as a block."""
    return [rows_of(block, [row], n) for n, row in enumerate(block.text.split("\n"))]


def _rows(piece: Sequence[Block]) -> Iterator[Sequence[Block]]:
    """What may be figures and labels in turn: the blocks of a piece, and the lines of each."""
    yield piece
    yield from (_lines(block) for block in piece if _is_column(block))


def _is_column(block: Block) -> bool:
    """Whether a block is lines of their own that no blank one parts, not one that is wrapped."""
    return block.kind is BlockKind.TEXT and "\n" in unwrap(block.text)
