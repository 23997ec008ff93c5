"""What every format gives, whatever it was made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from keynote_qa.records import Block, Line


@dataclass(frozen=True, slots=True)
class Parsed:
    """The text of a source and what the source says of itself.

    A format's module has `parse(data: bytes) -> Parsed`, which raises `SourceError` with a message
    that does not name the file: whoever reads the file puts its name in front.
    """

    lines: tuple[Line, ...]
    blocks: tuple[Block, ...]
    title: str | None = None
    speaker: str | None = None
    date: str | None = None


def without_marks(lines: Sequence[Line], blocks: Iterable[Block]) -> tuple[Line, ...]:
    """Lines whose headings have lost the mark that made them headings: they are quoted without."""
    texts = {block.start_line: block.text for block in blocks if block.level}
    return tuple(
        replace(line, text=texts[line.number]) if line.number in texts else line for line in lines
    )
