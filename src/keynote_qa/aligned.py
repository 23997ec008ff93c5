"""Tables without lines: columns apart by tabs or several spaces, as extractors that keep the layout
leave them.

Several spaces alone may be anything; a table's columns begin, or end, below one another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_GAP = re.compile(r"[ \u00a0]*\t\s*|[ \u00a0]{2,}")
_MIN_ROWS = 3
_COUNTED = re.compile(r"\d{0,2}[.)]?")


def aligned_cells(text: str) -> list[str]:
    r"""The cells of a line; a gap at its beginning is an empty one.

    >>> aligned_cells("Fen    Tillbrook – Marsh Dyke    30")
    ['Fen', 'Tillbrook – Marsh Dyke', '30']
    >>> aligned_cells("       2023\t2024")
    ['', '2023', '2024']
    """
    return [cell.strip() for cell in _GAP.split(text.rstrip())]


def are_aligned(rows: Sequence[str]) -> bool:
    """Whether lines of as many cells are the rows of a table.

    >>> are_aligned(["Name   Users  Price", "Brook     12     $0", "Sea        7     $9"])
    True
    >>> are_aligned(["Fast  and safe", "We  care", "Talk to  us"])
    False
    """
    if len(rows) < _MIN_ROWS:
        return False
    cells = [aligned_cells(row) for row in rows]
    if len(cells[0]) == 2 and all(_COUNTED.fullmatch(first) for first, _ in cells):
        return False  # lines that are counted, or indented
    if all("\t" in row.strip() for row in rows):
        return True
    # The names of columns may stand otherwise than what is below them.
    places = [_places(row) for row in (rows[1:] if len(cells[0]) > 2 else rows)]
    columns = list(zip(*places, strict=True))[1:]
    return all(any(len({place[i] for place in column}) == 1 for i in (0, 1)) for column in columns)


def _places(text: str) -> list[tuple[int, int]]:
    """Where the cells of a line begin and end, as it is seen."""
    text = text.rstrip()
    gaps = [match.span() for match in _GAP.finditer(text)]
    starts = [0, *(end for _, end in gaps)]
    ends = [*(start for start, _ in gaps), len(text)]
    return [
        (len(text[:start].expandtabs()), len(text[:end].expandtabs()))
        for start, end in zip(starts, ends, strict=True)
    ]
