"""Normalising, tokenising and splitting text. Pure functions on strings.

The lexical index and the reader see text only through `tokenize`, so that a question and a line
are cut the same way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from Stemmer import Stemmer

_BULLET = r"[ \t]*[-*+•·▪◦‣●○■–—](?:[ \t]+|$)"

BULLET = re.compile(f"^{_BULLET}")
"""A list bullet at the start of a line, with the white space after it. "-40 °C" has none."""

_BULLETS = re.compile(f"^(?:{_BULLET})+")  # all at once: a line may be a thousand of them

NUMBERED = re.compile(r"^[ \t]*(\d{1,3})[.)][ \t]+(?=\S)")
"""The number of a numbered list item: "3. Compute", "3) Compute"."""

_ESCAPE = re.compile(r"\\([^\w\s])")
_WORD = re.compile(r"[^\W_]+(?:[.,'’/:@&+#_-]+[^\W_]+)*[#+%]*", re.UNICODE)
_PART = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+[#+]*", re.UNICODE)
_LETTERS = re.compile(r"[^\W\d_]+")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)]*\s+(?=[\"'“‘(]?([^\W_a-z][^\W_]*))")

# Words with a full stop that is no sentence's end: a name or a number follows these, ...
_BEFORE_A_NAME = frozenset(
    """mr mrs ms mx dr prof rev hon gen col capt lt sgt maj sen rep gov fr mme mlle messrs vs cf
    e.g i.e""".split()
)
_BEFORE_A_NUMBER = frozenset("no nos vol fig pp approx ca".split())
# ... and these end one only before a word that seldom goes on: "in the U.S. We", "the U.S. Army".
_MAY_END = frozenset("st jr sr inc ltd co corp bros dept univ".split())
_ABBREVIATION = 20  # characters, more than any has
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_a-z]")

_NUMBER = re.compile(r"^(?:\d{1,2}|[ivx]{1,4})[.):]?\s+")

# Function words of English: they carry no evidence. Words that change what is asked for
# (not, more, first, all) are kept. The list is closed: no word of any subject is in it.
STOPWORDS = frozenset(
    """a about am an and any are as at be been being but by can could did do does doing for from
    had has have having he her hers him his how i if in into is it its it's just me my of on or
    our ours out she should so some such than that the their theirs them then there these they
    this those to too us was we were what what's when where which while who who's whom whose why
    will with would you your yours tell please talk talks keynote slide slides speaker say says
    said mention mentions mentioned give show according many much really actually exactly ever also
    might shall get got someone somebody anyone anybody something anything""".split()
)


def normalise(text: str) -> str:
    r"""Drop bullets, `**` and backslash escapes; squeeze white space. Nothing else changes.

    Line breaks count as white space, so the result is one line. This is the form in which a
    quotation is compared with its source.

    >>> normalise("- **\\$3 Billion**\n\n  Annual   ticket sales")
    '$3 Billion Annual ticket sales'
    """
    return " ".join(" ".join(normalise_line(line) for line in text.split("\n")).split())


def normalise_line(line: str) -> str:
    """`normalise` for one line of a source; empty for a line that holds nothing to read.

    What is normalised stays as it is when it is normalised again, as a quotation is.

    >>> normalise_line("- \\\\- **one**")
    'one'
    """
    while (left := _drop_marks(line)) != line:
        line = left
    return line


def _drop_marks(line: str) -> str:
    line = _BULLETS.sub("", line, count=1)
    return " ".join(_ESCAPE.sub(r"\1", line.replace("**", "")).split())


def fold(text: str) -> str:
    """Normalised, case-folded text with compatibility characters unified: for comparing."""
    return unicodedata.normalize("NFKC", normalise(text)).casefold()


def printable(line: str) -> str:
    """Text without control characters of any kind, white space squeezed: one line.

    >>> printable("What\\x1b[2J is\\n Glue?")
    'What [2J is Glue?'
    """
    return " ".join("".join(char if char.isprintable() else " " for char in line).split())


def has_content(text: str) -> bool:
    """Whether `text` holds a letter or a digit of any script."""
    return any(char.isalnum() for char in text)


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    # A Stemmer keeps state that threads must not share; the cache makes a new one cheap.
    return str(Stemmer("english").stemWord(word))


def unnumbered(text: str) -> str:
    """Folded text without the number that it begins with.

    >>> unnumbered("2. Signals"), unnumbered("III RESULTS")
    ('signals', 'results')
    """
    return _NUMBER.sub("", fold(text))


def tokenize(text: str, *, stop: bool = True) -> list[str]:
    """Cut text into stemmed search terms, in order, with repetition.

    A name that is glued by punctuation gives its parts and the whole, so that it is found
    whichever way it is typed. Digits keep no thousands separators. With `stop`, function words
    are left out; if that would leave nothing, they stay.

    >>> tokenize("Lambda@Edge handles 4,000 requests")
    ['lambda', 'edg', 'lambdaedg', 'handl', '4000', 'request']
    >>> tokenize("C# and Node.js")
    ['c#', 'node', 'js', 'nodej']
    """
    found: list[tuple[str, bool]] = []
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text).casefold()):
        word = match.group().replace("’", "'").removesuffix("'s")
        is_stopword = word in STOPWORDS
        parts = [part.replace(",", "") for part in _PART.findall(word)]
        found.extend((_stem(part), is_stopword or part in STOPWORDS) for part in parts)
        if len(parts) > 1 and not is_stopword:
            found.append((_stem("".join(parts)), False))
    kept = [term for term, is_stopword in found if not (stop and is_stopword)]
    return kept or [term for term, _ in found]


@lru_cache(maxsize=65536)
def terms(text: str) -> frozenset[str]:
    """The search terms of a text, each once. Those of the latest texts are kept: of a talk, all.

    >>> sorted(terms("Requests, more requests"))
    ['more', 'request']
    """
    return frozenset(tokenize(text))


def vocabulary(texts: Iterable[str]) -> frozenset[str]:
    """The case-folded words of letters alone, as they are written.

    >>> sorted(vocabulary(["28 Zones", "zones, C#"]))
    ['c', 'zones']
    """
    return frozenset(word.casefold() for text in texts for word in _LETTERS.findall(text))


def _goes_on(before: str, following: str) -> bool:
    """Whether a full stop belongs to an abbreviation, and the sentence goes on behind it."""
    if not before.endswith("."):
        return False
    words = before[:-1].split()
    last = words[-1].lstrip("\"'“‘([") if words else ""
    word = last.casefold()
    if word in _BEFORE_A_NAME:
        return True
    if word in _BEFORE_A_NUMBER:
        return following[0].isdigit()
    abbreviated = word in _MAY_END or (last != "I" and _INITIALS.fullmatch(last) is not None)
    return abbreviated and following.casefold() not in STOPWORDS


def sentences(text: str) -> list[tuple[int, int]]:
    """Half-open character offsets of the sentences of `text`, white space between left out.

    >>> said = "Mr. J. Lee met Dr. Ode of No. 7 Co. Ltd. in the U.S. Then they left."
    >>> [said[start:end] for start, end in sentences(said)]
    ['Mr. J. Lee met Dr. Ode of No. 7 Co. Ltd. in the U.S.', 'Then they left.']
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        near = max(start, match.start() - _ABBREVIATION)
        if _goes_on(text[near : match.start()], match.group(1)):
            continue
        spans.append((start, match.start() + len(match.group().rstrip())))
        start = match.end()
    if text[start:].strip():
        spans.append((start, len(text.rstrip())))
    return spans
