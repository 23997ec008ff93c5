"""The data that the parts hand to each other: frozen dataclasses, no behaviour beyond rendering.

Lines and slides count from 1. Offsets are characters, half-open. Times are seconds.
Every score is higher-is-better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class BlockKind(StrEnum):
    """What a block of a talk's text is."""

    TEXT = "text"  # a line, or lines without a blank one between them
    ITEM = "item"  # one item of a bulleted or numbered list
    TABLE = "table"
    CODE = "code"
    CAPTION = "caption"  # somebody's description of a picture, not the slide's own words
    SPOKEN = "spoken"  # a sentence of speech or of running prose
    BREAK = "break"  # "---" or a form feed: the source itself says that a slide ends here


class Grain(StrEnum):
    """How much of the talk a passage holds.

    Slides partition the talk; the others are parts of one slide, and it is they that are quoted.
    """

    SLIDE = "slide"
    CARD = "card"  # a title with all that stands under it
    GROUP = "group"  # a whole list, a whole table, a title with the line under it
    STATEMENT = "statement"  # one line, item, table row, or a number with its label
    TITLE = "title"  # a line that heads what follows: seldom an answer by itself


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a source as it is stored, without its line ending.

    Of captions, `text` is what was said, without tags and time stamps, and empty for the lines that
    hold nothing else: so the numbers are those of the file. Of documents that are no text files,
    lines are those of the text taken from them. `page` names where they stood: "slide 12".
    """

    number: int
    text: str
    start: float | None = None
    end: float | None = None
    speaker: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring lines that belong together before anything is known of the slide.

    `gap` is the number of blank lines before the block; `text` is normalised, its lines joined
    by newlines. `level` is above 0 where the source itself says that this is a heading, from 1 for
    the highest.
    """

    kind: BlockKind
    start_line: int
    end_line: int
    gap: int
    text: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Talk:
    """One source, read: its lines as stored and the blocks they form.

    `name` identifies the talk in an index; `source` is the file as a citation names it.
    """

    name: str
    title: str
    source: str
    lines: Sequence[Line]
    blocks: Sequence[Block]
    speaker: str | None = None
    event: str | None = None
    date: str | None = None
    questions: tuple[str, ...] = ()  # to start with, from the metadata
    video: str | None = None  # an address, from the metadata; nothing is fetched from it


@dataclass(frozen=True, slots=True)
class Slide:
    """A stretch of a talk under one title. `section` is the way down to it, the title last.

    `opening` is what the slide that opens this part of the talk says: often a speaker's name,
    role and company, which the part's later slides are about but do not repeat.
    """

    number: int
    title: str
    section: tuple[str, ...]
    opening: str
    start_line: int
    end_line: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A row of the index: some lines of one slide, and what is searched for them.

    `text` is what a person reads (normalised source lines). `context`, the nearest titles, is put
    before it when it is embedded; `way`, everything that stands over it, when its words are
    indexed. `slide` is the row of the slide passage that this one belongs to (its own row
    for a slide passage). `columns` names the columns of a table's row, or labels the figures that
    stand beside each other on one line.
    """

    talk: str
    source: str
    grain: Grain
    kind: BlockKind
    start_line: int
    end_line: int
    section: tuple[str, ...]
    context: str
    way: str
    text: str
    slide: int
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found, by its row, with the score that ranked it and the two that it came from."""

    row: int
    score: float
    dense: float
    lexical: float


def clock(seconds: float) -> str:
    """A time as it is written beside a citation.

    >>> clock(754.2), clock(3754)
    ('12:34', '1:02:34')
    """
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


@dataclass(frozen=True, slots=True)
class Citation:
    """A verified quotation: normalised source lines `start_line..end_line` contain `quote`.

    `fact` is where the words that answer by themselves stand in `quote`, in characters, half-open;
    None where nothing shorter than the quotation answers. `row` is the quotation's passage in the
    index. `said` is what the answer says of it, empty if it only tells where else to look. These
    are for showing the answer; its JSON has none of them.
    """

    n: int
    quote: str
    passage: str
    section: tuple[str, ...]
    source: str
    start_line: int
    end_line: int
    score: float
    start_time: float | None = None
    end_time: float | None = None
    fact: tuple[int, int] | None = None
    row: int = -1
    said: str = ""

    @property
    def location(self) -> str:
        """Where the quotation stands, for a person: "Compute › Serverless, line 2017"."""
        lines = (
            f"line {self.start_line}"
            if self.start_line == self.end_line
            else f"lines {self.start_line}–{self.end_line}"
        )
        time = clock(self.start_time) if self.start_time is not None else ""
        return ", ".join(part for part in (time, " › ".join(self.section), lines) if part)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question gets. "The talk doesn't say" is an answer too, with `answered` false."""

    question: str
    answered: bool
    answer: str
    confidence: float
    citations: tuple[Citation, ...]
    nearest: tuple[Citation, ...]
    elapsed_ms: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question that the talk is known to answer, and the lines that the answer is in.

    `kind` says what it asks for: "given" is one from the talk's metadata, "whole" one about the
    talk as a whole, the others are named by `slide_questions` and `sentence_questions`.
    """

    question: str
    kind: str
    talk: str
    start_line: int
    end_line: int
    section: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A source as the manifest remembers it; the digest covers its metadata file too."""

    name: str
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index was made of; an index whose manifest does not fit is made anew."""

    format_version: int
    model: str
    model_sha256: str
    dimension: int
    settings: dict[str, int | float | str]
    requested: tuple[str, ...]  # the paths that were asked for: files, or folders of them
    sources: tuple[SourceRecord, ...]
    counts: dict[str, int]
    dense: dict[str, int | str]  # how vectors are searched: all of them, or by lists
    files: dict[str, str] = field(default_factory=dict)  # file name to SHA-256
