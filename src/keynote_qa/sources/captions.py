"""Captions: WebVTT and SubRip, as they are met, not as they are specified.

Both are blocks of a line with two times and lines with what was said. One scanner reads both, and
whatever lies between: commas or points in the times, missing blank lines, stray byte order marks,
blank lines inside a caption. It keeps what the usual libraries (webvtt-py, pysubs2) drop, the line
of the file that each word stands on, since a citation names it.

Automatic captions roll: each one begins with what the one before ended with. Where a good part of
a file's captions do that, what they repeat is left out, so that every word is there once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import unescape

from keynote_qa.errors import SourceError
from keynote_qa.records import Line
from keynote_qa.sources.parsed import Parsed
from keynote_qa.sources.prose import to_sentences
from keynote_qa.text import has_content

_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMES = re.compile(rf"^\s*{_TIME}\s*--+>\s*{_TIME}(?:\s.*)?$")
_BLOCK_NAME = re.compile(r"^(?:NOTE|STYLE|REGION)(?:\s|$)")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>", re.IGNORECASE)
_TAG = re.compile(r"</?(?:[a-z][^<>]{0,200}|\d[\d:.,]*)>|\{\\[^{}]{0,200}\}", re.IGNORECASE)
_MARKUP_SPACE = re.compile(r"\\[Nnh]")

_ROLLING_SHARE = 0.25
"""From this share of captions on that begin as the one before ended, a file is a rolling one."""

_LONGEST_CAPTION = 600.0
"""Seconds: a caption that claims to stand longer ends, for us, where the next one begins."""


@dataclass(frozen=True, slots=True)
class _Cue:
    """One caption: when it stands, and its lines `(number, text)`, with the voice if it is said."""

    start: float
    end: float
    rows: tuple[tuple[int, str], ...]
    speaker: str = ""


def parse(data: bytes) -> Parsed:
    """Read captions.

    The lines given are those of the file: what was said on a line, without tags; nothing for lines
    that hold times, numbers, comments, or words that a rolling caption repeats.

    Raises:
        SourceError: there is no caption in it, or none that says anything.
    """
    rows = decode(data).split("\n")
    rows = [row.removesuffix("\r") for row in rows]
    cues = list(_in_sane_time(list(_cues(rows))))
    if not cues:
        raise SourceError(
            "holds no captions: no line with two times and an arrow (00:00:01.000 --> "
            "00:00:03.000). Check that it is a WebVTT or SubRip file."
        )
    if _rolls(cues):
        cues = list(_unrolled(cues))
    said = {
        number: Line(number, text, cue.start, cue.end, cue.speaker)
        for cue in cues
        for number, text in cue.rows
    }
    if not any(has_content(line.text) for line in said.values()):
        raise SourceError("its captions say nothing. Check that it is the right file.")
    lines = tuple(said.get(number, Line(number, "")) for number in range(1, len(rows) + 1))
    return Parsed(lines, to_sentences(lines))


def decode(data: bytes) -> str:
    """Text in UTF-8, in UTF-16 if a byte order mark says so, else in Windows-1252.

    Caption files are still made in the latter; it has no marks, but nearly any bytes are text in
    it, so it comes last.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    return text.replace("\0", "").replace("\ufeff", "")


def _cues(rows: Sequence[str]) -> Iterator[_Cue]:
    """The captions of a file in its order."""
    at = _behind_header(rows)
    current: _Cue | None = None
    while at < len(rows):
        times = _TIMES.match(rows[at])
        if times:
            if current is not None:
                yield current
            current = _Cue(_seconds(times.groups()[:4]), _seconds(times.groups()[4:]), ())
        elif _BLOCK_NAME.match(rows[at]) and (at == 0 or not rows[at - 1].strip()):
            while at < len(rows) and rows[at].strip() and not _TIMES.match(rows[at]):
                at += 1
            continue
        elif rows[at].strip() and current is not None and not _is_identifier(rows, at):
            voice = _VOICE.search(rows[at])
            speaker = unescape(voice.group(1)).strip() if voice else current.speaker
            if current.rows and speaker != current.speaker:
                # Two people in one caption: each gets their own lines.
                yield current
                current = replace(current, rows=())
            current = replace(
                current, rows=(*current.rows, (at + 1, _plain(rows[at]))), speaker=speaker
            )
        at += 1
    if current is not None:
        yield current


def _behind_header(rows: Sequence[str]) -> int:
    """Where the captions of a WebVTT file begin: behind the lines under its name."""
    at = 0
    if rows and rows[0].lstrip().startswith("WEBVTT"):
        while at < len(rows) and rows[at].strip() and not _TIMES.match(rows[at]):
            at += 1
    return at


def _is_identifier(rows: Sequence[str], at: int) -> bool:
    """Whether a line only names the caption whose times stand on the next line.

    SubRip numbers its captions; where the blank line before is missing, the number is still one.
    """
    if at + 1 >= len(rows) or not _TIMES.match(rows[at + 1]):
        return False
    return rows[at].strip().isdigit() or at == 0 or not rows[at - 1].strip()


def _plain(row: str) -> str:
    """What a line says: without tags, entities resolved, white space squeezed."""
    row = _MARKUP_SPACE.sub(" ", _TAG.sub("", row))
    return " ".join(unescape(row).replace("\u200b", "").split())


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction.ljust(3, "0")) / 1000


def _in_sane_time(cues: Sequence[_Cue]) -> Iterator[_Cue]:
    """Captions that end after they begin, and not hours later."""
    for cue, following in zip(cues, [*cues[1:], None], strict=False):
        end = max(cue.start, cue.end)
        if end - cue.start > _LONGEST_CAPTION:
            begins = following.start if following else cue.start
            end = min(max(begins, cue.start), cue.start + _LONGEST_CAPTION)
        yield replace(cue, end=end)


def _repeated(before: _Cue | None, cue: _Cue) -> int:
    """How many of a caption's first lines are the last lines of the one before."""
    if before is None:
        return 0
    old = [text for _, text in before.rows]
    new = [text for _, text in cue.rows]
    return max(
        (n for n in range(1, min(len(old), len(new)) + 1) if new[:n] == old[-n:] and any(new[:n])),
        default=0,
    )


def _grows(before: _Cue | None, cue: _Cue) -> bool:
    """Whether a caption's first line is the last line of the one before with more words."""
    if before is None or not before.rows or not cue.rows:
        return False
    old, new = before.rows[-1][1], cue.rows[0][1]
    return bool(old) and new.startswith(old + " ")


def _rolls(cues: Sequence[_Cue]) -> bool:
    speaking = [cue for cue in cues if any(text for _, text in cue.rows)]
    pairs = zip([None, *speaking], speaking, strict=False)
    rolling = sum(bool(_repeated(before, cue)) or _grows(before, cue) for before, cue in pairs)
    return rolling >= _ROLLING_SHARE * len(speaking) and rolling > 1


def _unrolled(cues: Sequence[_Cue]) -> Iterator[_Cue]:
    """Captions without what the one before has said already."""
    before: _Cue | None = None
    for cue in cues:
        rows = cue.rows[_repeated(before, cue) :]
        if rows == cue.rows and _grows(before, cue):
            assert before is not None
            number, text = rows[0]
            rows = ((number, text.removeprefix(before.rows[-1][1]).strip()), *rows[1:])
        if any(text for _, text in cue.rows):
            before = cue
        yield replace(cue, rows=rows)
