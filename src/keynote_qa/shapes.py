"""What a line looks like: a headline, a name, a phrase, a bare figure.

Each function looks at one line alone, at its capitals, digits and function words; none knows a
word of any subject.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from keynote_qa.text import has_content, normalise

_FUNCTION_WORDS = frozenset(
    """a an the and or but nor of in on at to by for from with without as into onto over under
    is are was were be do does did can will not we our us you your my its it their that this
    these those what when where which who why how than then there here""".split()
)
_MAGNITUDE = r"hundred|thousand|million|billion|trillion|percent|per cent|mn|bn|tn|[kmbtx]"
# Possessive throughout: a long number must not be tried in all its parts.
_FIGURE = re.compile(
    rf"(?:[~<>≈+±−-]?+\s*+[$€£¥]?+\s*+\d[\d.,:/–-]*+\s*+(?:(?:{_MAGNITUDE})\b)?+\s*+"
    rf"[%‰+×°]*+\s*+)++",
    re.IGNORECASE,
)
_MAX_NAME_WORDS = 6

# Words that no phrase ends with.
_GOING_ON = _FUNCTION_WORDS - frozenset("it you us we there here then what".split())
_PROSE_WORDS = 10  # lines of so many words are a paragraph
_SENTENCE_ENDS = (".", "?", "!", ":", ";")
_FULL = 0.6
"""A line that was broken holds, with the word that it had no more room for, at least so much of the
longest line. Centred text is broken where it looks well, so this is far from all."""


def is_headline(text: str) -> bool:
    """Whether `text` is capitalised as headlines are and sentences are not.

    >>> is_headline("The Evolution Of ECS"), is_headline("The Year in Numbers")
    (True, True)
    >>> is_headline("Deliver features to our customers"), is_headline("Amazon API Gateway")
    (False, False)
    """
    words = [w for w in re.findall(r"[^\W\d_][\w'’./@&+-]*", normalise(text)) if w]
    if len(words) < 3 or text.isupper() or text.rstrip().endswith(("...", ",", ";")):
        return False
    capital = [w[0].isupper() for w in words]
    function = [w.casefold() in _FUNCTION_WORDS for w in words]
    content_capital = all(up for up, fn in zip(capital, function, strict=True) if not fn)
    return content_capital and capital[0] and any(function) and not text.rstrip().endswith(".")


def is_name(text: str) -> bool:
    """Whether `text` is a short label, every word of which is capitalised or has no case."""
    words = text.split()
    if not 1 <= len(words) <= _MAX_NAME_WORDS or not has_content(text):
        return False
    return text[0].isalpha() and ": " not in text and all(not w[0].islower() for w in words)


def is_figure(text: str) -> bool:
    """Whether `text` is a number with no word to say what it counts.

    >>> [is_figure(text) for text in ("24", "$3 Billion", "99.999%", "17M passenger miles")]
    [True, True, True, False]
    """
    return _FIGURE.fullmatch(normalise(text)) is not None


def is_phrase(text: str) -> bool:
    """Whether `text` reads like a sentence or a part of one, not like a name or a headline."""
    words = text.split()
    return sum(w[0].islower() for w in words[1:]) * 2 >= max(len(words) - 1, 1)


def unwrap(text: str) -> str:
    r"""Lines that are one phrase broken in two, joined; a column of lines as it is.

    >>> unwrap("Performance\nefficiency")
    'Performance efficiency'
    >>> unwrap("To Be The Town's Most\nPatient Bakery...")
    "To Be The Town's Most Patient Bakery..."
    >>> unwrap("Satellites\nDrones\nAny Sensor")
    'Satellites\nDrones\nAny Sensor'
    >>> unwrap("Doors\nclosing time from 1.8 to 3 seconds")
    'Doors\nclosing time from 1.8 to 3 seconds'
    """
    rows = text.split("\n")
    return " ".join(rows) if len(rows) > 1 and _is_wrapped(rows) else text


def _is_wrapped(rows: Sequence[str]) -> bool:
    """Whether lines are one phrase: they fill their width, and each goes on with the one before."""
    broken_off = [not row.endswith(_SENTENCE_ENDS) for row in rows[:-1]]
    if any(broken_off) and min(len(row.split()) for row in rows[:-1]) >= _PROSE_WORDS:
        return True
    if not all(broken_off):
        return False
    open_ended = [_last_word(row) in _GOING_ON for row in rows[:-1]]
    if all(open_ended):
        return True
    width = _FULL * max(map(len, rows))
    lengths = [len(f"{row} {[*below.split(), ''][0]}") for row, below in pairwise(rows)]
    if any(n < width and not is_open for n, is_open in zip(lengths, open_ended, strict=True)):
        return False
    if len({row.isupper() for row in rows if not is_figure(row)}) > 1:
        return False
    if is_headline(" ".join(rows).rstrip(".…")):
        return True
    # In a talk that is written in lower case, a line in lower case goes on with nothing.
    capital = not rows[0][:1].islower() and not rows[0].isupper()
    return all(
        is_open or (capital and below[:1].islower())
        for is_open, below in zip(open_ended, rows[1:], strict=True)
    )


def _last_word(row: str) -> str:
    words = re.findall(r"[^\W\d_]+", row.casefold())
    return words[-1] if words else ""
