"""The names in a talk, and those in a question about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from keynote_qa.people import names_a_role
from keynote_qa.text import STOPWORDS, fold, sentences

WORD = re.compile(r"[\w@#+&/’'-]+(?:\.[\w@#+&/-]+)*")
_CAPITAL = re.compile(r"[A-Z0-9][\w@#+.&/’'-]*")
_CONTRACTED = re.compile(r"(?:i|you|we|they|he|she|it)['’](?:m|d|ve|re|ll)")  # "I'm", "we'd"
_OF = re.compile(r"\s(?:of|for|at)\s")
_LINKS = {"of", "the", "and", "&", "for"}
_MARKS = " \t\n\r\u00a0*_`'\"“”‘’"
_NUMBER = re.compile(r" \d{1,3}\b(?![.,]\d)")  # of "Fab 4", not of "Hearst's 500,000 agents"
_MAX_NAME_WORDS = 5


def names_of(texts: Iterable[str]) -> frozenset[str]:
    """The case-folded names of a talk: runs of capitalised words that it never writes small.

    A single word counts where a small one stands before it: every line, every sentence and many an
    entry of a list begins with a capital.

    >>> sorted(names_of(["Hearst runs on Amazon Redshift", "Every day at Mapbox. Now, We"]))
    ['amazon redshift', 'mapbox']
    """
    small: set[str] = set()
    runs: set[tuple[str, ...]] = set()
    for text in texts:
        runs.update(_runs(text, small))
    names = set()
    for found in runs:
        kept = list(found)
        while kept and (kept[0] in small or kept[0] in STOPWORDS):
            kept.pop(0)
        while kept and (kept[-1] in small or kept[-1] in STOPWORDS):
            kept.pop()
        if 1 <= len(kept) <= _MAX_NAME_WORDS and (len(kept) > 1 or len(found) == 1):
            names.add(" ".join(kept))
    return frozenset(names)


def _runs(text: str, small: set[str]) -> Iterator[tuple[str, ...]]:
    """The runs of capitalised words in a text that are names by where they stand.

    The other words are added to those written small.
    """
    starts = {start for start, _ in sentences(text)}
    run: list[str] = []
    led = False  # whether a small word stands before the run, or a comma behind one or a name
    listed = False  # whether it is a comma
    end = 0
    for match in [*WORD.finditer(text), None]:
        word = match.group() if match else ""
        gap = text[end : match.start() if match else len(text)]
        begins = match is None or match.start() in starts
        capital = _CAPITAL.fullmatch(word) is not None and not word.isdigit()
        capital = capital and not _CONTRACTED.fullmatch(word.casefold())
        parted = begins or _parts(gap)
        if run and (parted or not capital):
            # Of what a comma leads up to, only what ends there: "our host, Ada", not "a, Last run".
            named = len(run) > 1 or (led and (parted or not listed))
            if named:
                yield tuple(run)
            run, led = [], named
        if capital:
            if not run:
                listed = gap.strip() == ","
                led = led and not begins and (listed or not parted)
            run.append(word.casefold())
        else:
            small.add(word)
            led = word.islower()
        end = match.end() if match else end


def names_in(question: str, names: frozenset[str]) -> list[str]:
    """The names in a question, as it writes them: the talk's, and what it capitalises itself."""
    return [question[start:end] for start, end in name_spans(question, names)]


def name_spans(question: str, names: frozenset[str]) -> list[tuple[int, int]]:
    """Where the names of a question stand, as its characters from and to: the talk's, and what is
    capitalised inside of its sentences.

    >>> name_spans("Never heard of Hearst. Who are they?", frozenset())
    [(15, 21)]
    """
    words = [match.span() for match in WORD.finditer(question)]
    gaps = [question[end:start] for (_, end), (start, _) in pairwise([(0, 0), *words])]
    starts = {start for start, _ in sentences(question)}
    found: list[tuple[int, int]] = []
    i = 0
    while i < len(words):
        for j in range(min(len(words), i + _MAX_NAME_WORDS), i, -1):
            start, end = words[i][0], words[j - 1][1]
            text = question[start:end]
            parted = any(map(_parts, gaps[i + 1 : j])) or any(
                start in starts for start, _ in words[i:j]
            )
            if _is_name(text, capitals=i > 0 and not parted, names=names):
                number = _NUMBER.match(question, end)
                found.append((start, number.end() if number else end))
                i = j - 1
                break
        i += 1
    return found


def _is_name(text: str, *, capitals: bool, names: frozenset[str]) -> bool:
    """Whether a text is one of the names or, if capitals tell, written as a name is."""
    bare = fold(text).removesuffix("'s").removesuffix("’s")
    if bare in STOPWORDS or _CONTRACTED.fullmatch(bare):
        return False
    if bare in names:
        return True
    words = text.split()
    if _OF.search(text) and names_a_role(_OF.split(text)[0]):
        return False  # "CEO of Hearst" is nobody's name
    capital = [_CAPITAL.match(word) is not None and not word.isdigit() for word in words]
    if not (capitals and capital[0] and capital[-1]):
        return False
    return all(up or word in _LINKS for up, word in zip(capital, words, strict=True))


def _parts(gap: str) -> bool:
    """Whether what stands between two words of a sentence parts them, as a comma does."""
    return gap.strip(_MARKS) not in ("", ".")  # "Mr. Lee"
