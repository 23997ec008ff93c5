"""Typing errors in a question, mended towards the words that the talk uses; and what is no word."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from itertools import pairwise
from types import MappingProxyType

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from keynote_qa.text import STOPWORDS, tokenize

_LETTERS = re.compile(r"[^\W\d_]{2,}")
_MIN_LETTERS = 4
_MIN_LETTERS_OF_A_NAME = 6
_MIN_SIMILARITY = 0.75
"""Of normalised Damerau-Levenshtein similarity: one slip in four letters, two in eight."""


def partners(names: Collection[str]) -> dict[str, frozenset[str]]:
    """The words that stand beside each word in some names, which are case-folded.

    >>> partners({"thomson reuters"})["reuters"]
    frozenset({'thomson'})
    """
    found: dict[str, set[str]] = {}
    for name in names:
        for left, right in pairwise(_LETTERS.findall(name)):
            if STOPWORDS & {left, right}:
                continue
            found.setdefault(left, set()).add(right)
            found.setdefault(right, set()).add(left)
    return {word: frozenset(beside) for word, beside in found.items()}


def mend(
    question: str,
    vocabulary: Collection[str],
    is_word: Callable[[str], bool],
    beside: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> str:
    """Replace each word that is neither the talk's nor the language's by the talk's nearest word.

    A longer one that is the language's is replaced where the word beside it tells that a name is
    meant.

    Args:
        vocabulary: the talk's words, case-folded.
        is_word: whether a case-folded word is one of the language.
        beside: what stands beside each word in the talk's names, as `partners` gives it.

    >>> mend("How many vallidations?", {"validations", "many"}, {"how"}.__contains__)
    'How many validations?'
    >>> mend("thompson reuters", {"reuters"}, str.isalpha, partners({"thomson reuters"}))
    'thomson reuters'
    """
    words = list(_LETTERS.finditer(question))
    said = [match.group().casefold() for match in words]
    mended, at = "", 0
    for i, (match, word) in enumerate(zip(words, said, strict=True)):
        if len(word) < _MIN_LETTERS or word in vocabulary:
            continue
        near = None
        if len(word) >= _MIN_LETTERS_OF_A_NAME:
            around = said[max(0, i - 1) : i] + said[i + 1 : i + 2]
            near = _nearest(word, {name for other in around for name in beside.get(other, ())})
            # What is only inflected is no error.
            near = None if near and tokenize(near) == tokenize(word) else near
        if near is None and not is_word(word):
            near = _nearest(word, vocabulary)
        if near is not None:
            mended += question[at : match.start()] + near
            at = match.end()
    return mended + question[at:]


def _nearest(word: str, words: Collection[str]) -> str | None:
    found = process.extractOne(
        word,
        words,
        scorer=DamerauLevenshtein.normalized_similarity,
        score_cutoff=_MIN_SIMILARITY,
    )
    return str(found[0]) if found else None


def gibberish(question: str, vocabulary: Collection[str], is_word: Callable[[str], bool]) -> float:
    """The share of a question's words that are neither the talk's nor the language's.

    >>> gibberish("how asdkj qwpoe zzz", {"validations"}, {"how"}.__contains__)
    0.75
    """
    words = [word.casefold() for word in _LETTERS.findall(question)]
    strange = sum(word not in vocabulary and not is_word(word) for word in words)
    return strange / len(words) if words else 0.0
