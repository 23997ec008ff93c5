"""Running text: lines of speech, or of a written transcript, to sentences.

A sentence is a block of its own: it may begin in the middle of a line and end three lines on, and
names all the lines it touches. `gap` is 1 where a paragraph begins: after a blank line, with
another speaker, after a long pause, under a heading.

Speech recognition often gives no punctuation. Where sentences would be longer than anybody speaks,
text is cut at the pauses between lines, or where the lines end.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from statistics import median

from keynote_qa.records import Block, BlockKind, Line
from keynote_qa.sources.deck import HEADING, to_blocks
from keynote_qa.text import has_content, normalise_line, sentences

_LONG_PAUSE = 2.5
"""Seconds of silence between two captions that end a paragraph."""

_MAX_WORDS = 45
"""Where sentences are longer on the whole, punctuation is missing, and such ones are cut."""

_LONGEST_SENTENCE = 150
"""A longer one is cut wherever it stands: nobody could read it as a quotation."""

_MOST_CHARACTERS = 1000

_MIN_WORDS, _USUAL_WORDS = 8, 20
"""How long the parts are into which such text is cut."""

_PARAGRAPH, _PROSE_SHARE = 25, 0.6
"""Text is prose if so large a share of its words stands in paragraphs of so many words."""

_MIN_LISTED, _LISTED_SHARE = 3, 0.4
"""So many lines are a list if less than this share of them look like sentences."""

_SENTENCE_MARKS = (".", "!", "?", ",", ";", "…", "。", "！", "？")

_WORD_AND_SPACE = re.compile(r"\S+\s+")
_LIST_OR_TABLE = re.compile(r"^\s*(?:[-*+•▪◦‣●○■][ \t]|\||\d{1,3}[.)]\s)")
_STAMP = r"[\[(]?(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?[\])]?"
_STAMP_ONLY = re.compile(r"[\[(](?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?[\])]")
_SPEAKER = (
    r"(?:>>\s*)?(?:[A-Z][\w.'’-]*\.?(?:\s+(?:[A-Z][\w.'’-]*|of|de|van|von|bin|\d+)){0,4}"
    r"(?:\s*\([^()]{1,40}\))?):(?=\s)"
)
_OPENING = re.compile(rf"^\s*(?P<first>{_STAMP})?\s*(?P<who>{_SPEAKER})?\s*(?P<last>{_STAMP})?\s*")


def to_sentences(lines: Sequence[Line]) -> tuple[Block, ...]:
    """The sentences of running text, in order; every word of it is in exactly one.

    Headings (`# Title`), items of lists and tables become blocks of their own kinds.
    """
    blocks: list[Block] = []
    text = " ".join(line.text for line in lines)
    usual = len(text.split()) / max(1, len(sentences(text)))
    longest = _MAX_WORDS if usual > _MAX_WORDS else _LONGEST_SENTENCE
    for paragraph in _paragraphs(lines):
        first = paragraph[0]
        marked = HEADING.match(first.text) or _LIST_OR_TABLE.match(first.text)
        # Captions write songs between such marks.
        if first.start is None and (marked or _is_listed(paragraph)):
            blocks += to_blocks(paragraph, headings=True)
            continue
        blocks += _sentences(paragraph, longest)
    return tuple(blocks)


def _is_listed(paragraph: Sequence[Line]) -> bool:
    """Whether each line of a paragraph stands for itself, instead of going on in the next.

    So do the lines of a slide, or of minutes those that name who was present. A text that is
    wrapped goes on in small letters, and one with a sentence to the line ends in full stops.
    """
    said = [normalise_line(line.text) for line in paragraph]
    if len(said) < _MIN_LISTED:
        return False
    going_on = sum(text[:1].islower() for text in said[1:])
    ended = sum(text.endswith(_SENTENCE_MARKS) for text in said)
    return going_on < _LISTED_SHARE * (len(said) - 1) and ended < _LISTED_SHARE * len(said)


def opening(text: str) -> tuple[float | None, str, int]:
    """The time stamp and the speaker that a line begins with, and how long the two are.

    >>> opening("[00:12:34] Ada Byron: Good morning.")
    (754.0, 'Ada Byron', 22)
    >>> opening("Good morning: it is late.")
    (None, '', 0)
    """
    found = _OPENING.match(text)
    assert found is not None
    stamp = found["first"] or found["last"]
    who = (found["who"] or "").lstrip("> ").rstrip(": ")
    if not stamp and len(who.split()) == 1 and who.isalpha() and not who.isupper():
        who = ""  # "Remember: …" is more likely than a speaker of one name
    if not stamp and not who:
        return None, "", 0
    # A bare "12:30 we had lunch" is no stamp: without brackets it needs a speaker or a full form.
    if stamp and not who and stamp[0] not in "[(" and stamp.count(":") < 2:
        return None, "", 0
    return (_seconds(stamp) if stamp else None), who, found.end()


def is_prose(lines: Sequence[Line]) -> bool:
    """Whether text is running prose, going by its paragraphs: is it mostly in long ones?

    The text of slides is lines of a few words, each for itself, parted by blank lines or by
    nothing; a bulleted or tabular line is nobody's speech.
    """
    prose = words = 0
    paragraph: list[Line] = []
    for line in [*lines, Line(0, "")]:
        if has_content(line.text) and not _LIST_OR_TABLE.match(line.text):
            paragraph.append(line)
        elif paragraph and not line.text.strip():
            # A line of its own that is as long as a paragraph is one.
            size = sum(len(line.text.split()) for line in paragraph)
            words += size
            prose += size if size >= _PARAGRAPH and not _is_listed(paragraph) else 0
            paragraph = []
    return prose > _PROSE_SHARE * max(1, words)


def with_times(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Lines with the speakers and the times that stand in them, each until the next."""
    speaker, start = "", None
    told: list[Line] = []
    for line in lines:
        stamp, who, _ = opening(line.text)
        speaker, start = who or speaker, stamp if stamp is not None else start
        told.append(replace(line, speaker=speaker, start=start))
    end: float | None = None
    for i in range(len(told) - 1, -1, -1):
        line = told[i]
        if line.start is None:
            continue
        told[i] = replace(line, end=max(line.start, end if end is not None else line.start))
        if i and told[i - 1].start != line.start:
            end = line.start
    return tuple(told)


def _seconds(stamp: str) -> float:
    parts = [float(part.replace(",", ".")) for part in stamp.strip("[]()").split(":")]
    return float(sum(part * 60**power for power, part in enumerate(reversed(parts))))


def _paragraphs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Lines in runs that one person speaks without a long pause."""
    paragraph: list[Line] = []
    timed = any(line.start is not None for line in lines)
    blank = False
    for line in lines:
        if not has_content(line.text):
            blank = blank or not line.text.strip()
            if paragraph and normalise_line(line.text) and (timed or not blank):
                paragraph.append(line)  # a lone "&": the sentence around it must hold it too
            continue
        heads = not timed and HEADING.match(line.text) is not None
        begins = heads or opening(line.text)[2] > 0
        listed = _LIST_OR_TABLE.match(line.text) is not None and line.start is None
        if paragraph and (
            begins
            or (blank and not timed)
            or line.speaker != paragraph[-1].speaker
            or not 0 <= _pause(paragraph[-1], line) < _LONG_PAUSE
            or (not timed and HEADING.match(paragraph[0].text))
            or (not timed and listed != bool(_LIST_OR_TABLE.match(paragraph[0].text)))
        ):
            yield paragraph
            paragraph = []
        paragraph.append(line)
        blank = False
    if paragraph:
        yield paragraph


def _pause(before: Line, line: Line) -> float:
    """Seconds of silence between two lines; negative if time goes back."""
    if before.end is None or line.start is None or before.start is None:
        return 0.0
    if line.start < before.start:
        return -1.0
    return max(0.0, line.start - before.end)


def _sentences(paragraph: Sequence[Line], longest: int) -> Iterator[Block]:
    text, starts = _joined(paragraph)
    if not has_content(text):
        return
    gap = 1
    for start, end in _cut(text, longest, paragraph, starts):
        if not has_content(text[start:end]):
            continue
        first = bisect_right(starts, start) - 1
        last = bisect_left(starts, end) - 1
        yield Block(
            BlockKind.SPOKEN, paragraph[first].number, paragraph[last].number, gap, text[start:end]
        )
        gap = 0


def _joined(paragraph: Sequence[Line]) -> tuple[str, list[int]]:
    """The text of a paragraph on one line, and where in it each of its lines begins."""
    text = ""
    starts: list[int] = []
    for line in paragraph:
        said = normalise_line(line.text)
        if not starts:
            said = said[opening(said)[2] :] if line.start is None else said
        text += " " if text and said else ""
        starts.append(len(text))
        text += said
    return text, starts


def _cut(
    text: str, longest: int, paragraph: Sequence[Line], starts: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Half-open offsets of the sentences; stamps in the middle are left out, and end one."""
    words = _Words(text)
    edges = [0, *(edge for stamp in _STAMP_ONLY.finditer(text) for edge in stamp.span()), len(text)]
    for begins, right in zip(edges[::2], edges[1::2], strict=True):
        left = right - len(text[begins:right].lstrip())
        for start, end in sentences(text[left:right]):
            first, last = left + start, left + end
            while words.between(first, last) > longest:
                cut = _best_cut(words, first, last, paragraph, starts)
                yield first, cut - 1
                first = cut
            while last - first > _MOST_CHARACTERS:  # no language: a sentence has spaces
                cut = text.rfind(" ", first + 1, first + _MOST_CHARACTERS)
                cut = cut if cut > 0 else first + _MOST_CHARACTERS
                yield first, cut
                first = cut + (text[cut] == " ")
            yield first, last


class _Words:
    """Where the words of a text begin, so that they need not be counted again and again."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [match.start() for match in re.finditer(r"\S+", text)]

    def between(self, start: int, end: int) -> int:
        """How many words, or parts of one, stand in `text[start:end]`."""
        if start >= end:
            return 0
        begun = bisect_left(self._starts, end) - bisect_right(self._starts, start)
        return begun + (not self.text[start].isspace())


def _best_cut(
    words: _Words, start: int, end: int, paragraph: Sequence[Line], starts: Sequence[int]
) -> int:
    """Where the second part of too long a sentence begins.

    The longest pause between two lines decides; among equals, where the first part has about the
    usual length. A single line is cut by its length.
    """
    usual = median([_MIN_WORDS, _USUAL_WORDS, words.between(start, end) // 2])
    options = []
    for i in range(max(1, bisect_right(starts, start)), bisect_left(starts, end)):
        before, after = words.between(start, starts[i]), words.between(starts[i], end)
        if before > _MAX_WORDS:
            break
        if before >= _MIN_WORDS and after >= _MIN_WORDS:
            pause = _pause(paragraph[i - 1], paragraph[i])
            options.append((round(pause, 1), -abs(before - usual), starts[i]))
    if options:
        return max(options)[2]
    at = start
    for match in islice(_WORD_AND_SPACE.finditer(words.text, start, end), _USUAL_WORDS):
        at = match.end()
    return at
