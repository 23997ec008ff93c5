"""A table's rows: their cells, and which row names the columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from keynote_qa.aligned import aligned_cells
from keynote_qa.records import Block, BlockKind
from keynote_qa.text import normalise_line

_RULE = re.compile(r"^\s*\|?[\s:|-]+\|?\s*$")
_APART = "\x00"  # no white space, and in no text
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d[\d.,:/]*")
_WORDS = re.compile(r"[^\W\d_]+(?:\s+[^\W\d_]+)*")
_YEAR = re.compile(r"(?:19|20)\d\d")


def table_row(line: str) -> str:
    r"""A line of a source as a row: with its pipes, or a tab between cells that gaps part.

    >>> table_row("Fen     Marsh Dyke     30")
    'Fen\tMarsh Dyke\t30'
    >>> table_row("Ewe     -     yes")
    'Ewe\t-\tyes'
    """
    if "|" in line:
        return normalise_line(line)
    # The line as a whole: a dash alone in a cell is no bullet.
    row = normalise_line(f" {_APART} ".join(aligned_cells(line)))
    return "\t".join(cell.strip() for cell in row.split(_APART))


def table_cells(row: str) -> list[str]:
    r"""The cells of one row, outer pipes dropped.

    >>> table_cells("| VMs | AMI | |")
    ['VMs', 'AMI', '']
    >>> table_cells("\t2023\t2024")
    ['', '2023', '2024']
    """
    if "|" not in row:
        return row.split("\t")
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def is_row(text: str) -> bool:
    """Whether a line is a row of cells."""
    return text.startswith("|") or "\t" in text


def with_header(row: str, columns: Sequence[str]) -> str:
    r"""A row under the names of its columns, written as it is.

    >>> print(with_header("| VMs | AMI |", ("", "Packaging")))
    | | Packaging |
    | VMs | AMI |
    >>> with_header("Rye\t$6", ("Loaf", "Price"))
    'Loaf\tPrice\nRye\t$6'
    """
    if not any(columns):
        return row
    between = " | " if "|" in row else "\t"
    header = between.join(columns)
    if row.startswith("|"):
        header = " ".join(f"| {header} |".split())
    return f"{header}\n{row}"


def is_rule(row: str) -> bool:
    """Whether a row only draws a line under the one above."""
    return _RULE.match(row) is not None


def has_header(rows: Sequence[str]) -> bool:
    """Whether a table's first row only names columns, and says nothing without the rows below.

    A rule under it tells; so do figures in most of the others and none in it but in names.

    >>> has_header(["Lot | Price", "Blue Goat | €11", "Tall Grass | €6"])
    True
    >>> has_header(["Line | Q2 2023 | 2024", "Sales | 1,420 | 1,970"])
    True
    """
    if len(rows) > 2 and is_rule(rows[1]):
        return True
    figures = sum(_DIGIT.search(row) is not None for row in rows[1:])
    return not begins_with_data(rows) and 2 * figures > len(rows) - 1


def begins_with_data(rows: Sequence[str]) -> bool:
    """Whether a table's first row holds figures written as those below them are.

    >>> begins_with_data(["RCS | 76% | yes", "Email | 23% | yes", "Voice | 61% | no"])
    True
    >>> begins_with_data(["Grade | 2017 | 2020", "Third | 18 | 35", "Sixth | 22 | 31"])
    False
    """
    if len(rows) > 1 and is_rule(rows[1]):
        return False
    first, *others = (table_cells(row) for row in rows)
    for column, cell in enumerate(first):
        below = [cells[column] for cells in others if column < len(cells)]
        alike = sum(_is_written_alike(cell, other) for other in below)
        if below and _DIGIT.search(cell) and 2 * alike >= len(below):
            return True
    return False


def _is_written_alike(cell: str, other: str) -> bool:
    if (_YEAR.fullmatch(cell) is None) != (_YEAR.fullmatch(other) is None):
        return False
    return _form(cell) == _form(other)


def _form(cell: str) -> str:
    """How a cell is written: each number as one digit, words in a row as one letter."""
    return _WORDS.sub("a", _NUMBER.sub("9", cell))


def columns_over(line: int, piece: Sequence[Block]) -> tuple[str, ...]:
    """The names of the columns of the table row at a line, as the table's first row has them.

    Args:
        line: of the row.
        piece: the blocks among which it stands.
    """
    for table in tables_in(piece):
        if table[0].start_line <= line <= table[-1].end_line:
            rows = [row for block in table for row in block.text.split("\n")]
            if line > table[0].start_line and not begins_with_data(rows):
                return tuple(table_cells(rows[0]))
    return ()


def tables_in(piece: Sequence[Block]) -> Iterator[list[Block]]:
    """The tables among some blocks, each with what only blank lines have parted it into."""
    table: list[Block] = []
    for block in piece:
        rows = block.text.split("\n")
        goes_on = (
            bool(table)
            and block.kind is BlockKind.TABLE
            and not has_header(rows)
            and len(table_cells(rows[0])) == len(table_cells(table[-1].text.split("\n")[-1]))
        )
        if not goes_on:
            if table:
                yield table
            table = []
        if block.kind is BlockKind.TABLE:
            table.append(block)
    if table:
        yield table
