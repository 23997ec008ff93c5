"""Text files: decks as they were extracted, transcripts as they were written down."""

from __future__ import annotations

from keynote_qa.errors import SourceError
from keynote_qa.sources.deck import to_blocks, to_lines
from keynote_qa.sources.parsed import Parsed, without_marks
from keynote_qa.sources.prose import is_prose, to_sentences, with_times
from keynote_qa.text import has_content


def parse(data: bytes) -> Parsed:
    """Read a text file: slides or speech, whichever it is by its looks.

    Raises:
        SourceError: it is not UTF-8 text, or holds nothing to read.
    """
    lines = to_lines(decode(data))
    if is_prose(lines):
        blocks = to_sentences(lines)
        return Parsed(without_marks(with_times(lines), blocks), blocks)
    return Parsed(lines, to_blocks(lines))


def parse_markdown(data: bytes) -> Parsed:
    """Read a Markdown file: a text file whose `# Title` lines are headings.

    Raises:
        SourceError: as `parse`.
    """
    lines = to_lines(decode(data))
    if is_prose(lines):
        blocks = to_sentences(lines)
        return Parsed(without_marks(with_times(lines), blocks), blocks)
    blocks = to_blocks(lines, headings=True)
    return Parsed(without_marks(lines, blocks), blocks)


def decode(data: bytes) -> str:
    """The text of a file in UTF-8.

    Raises:
        SourceError: it is no such file, or holds no text. The message names the line.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SourceError(
            f"line {line} is not UTF-8 text. Save the file as UTF-8 and try again."
        ) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise SourceError(
            f"line {line} holds a NUL character, so this is not a text file. "
            "Export the talk as plain text and try again."
        )
    if not has_content(text):
        raise SourceError("holds no text. Put the talk's text in it and try again.")
    return text
