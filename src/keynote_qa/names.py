"""The names in a talk, and those in a question about it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from keynote_qa.people import names_a_role
from keynote_qa.text import STOPWORDS, fold

WORD = re.compile(r"[\w@#+&/’'-]+(?:\.[\w@#+&/-]+)*")
_CAPITAL = re.compile(r"[A-Z0-9][\w@#+.&/’'-]*")
_FULL_STOP = re.compile(r"[.!?…]\W")
_CONTRACTED = re.compile(r"(?:i|you|we|they|he|she|it)['’](?:m|d|ve|re|ll)")  # "I'm", "we'd"
_OF = re.compile(r"\s(?:of|for|at)\s")
_LINKS = {"of", "the", "and", "&", "for"}
_MARKS = " \t\n\r\u00a0*_`'\"“”‘’"
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
        run: list[str] = []
        led = after_small = False  # whether a small word stands right before the run, or the word
        end = 0
        for match in [*WORD.finditer(text), None]:
            word = match.group() if match else ""
            parted = match is None or _parted(text[end : match.start()])
            named = _CAPITAL.fullmatch(word) is not None and not word.isdigit()
            named = named and not _CONTRACTED.fullmatch(word.casefold())
            if run and (parted or not named):
                if len(run) > 1 or led:
                    runs.add(tuple(run))
                run = []
            if named:
                led = led if run else after_small and not parted
                run.append(word.casefold())
            else:
                small.add(word)
            after_small = word.islower()
            end = match.end() if match else end
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
    found: list[tuple[int, int]] = []
    i = 0
    while i < len(words):
        first = i == 0 or _FULL_STOP.search(gaps[i]) is not None
        for j in range(min(len(words), i + _MAX_NAME_WORDS), i, -1):
            start, end = words[i][0], words[j - 1][1]
            text = question[start:end]
            whole = not any(map(_parted, gaps[i + 1 : j]))
            if _is_name(text, capitals=whole and not first, names=names):
                number = re.match(r" \d{1,3}\b", question[end:])
                found.append((start, end + (len(number.group()) if number else 0)))
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


def _parted(gap: str) -> bool:
    """Whether something stands between two words that parts what they say: a comma, a full stop."""
    return bool(gap.strip(_MARKS))
