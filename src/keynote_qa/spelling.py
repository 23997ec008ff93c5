"""Typing errors in a question, mended towards the words that the talk uses; and what is no word."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

_LETTERS = re.compile(r"[^\W\d_]{2,}")
_WORD = re.compile(r"[^\W\d_]{4,}")
_MIN_SIMILARITY = 0.75
"""Of normalised Damerau-Levenshtein similarity: one slip in four letters, two in eight."""


def mend(question: str, vocabulary: Collection[str], is_word: Callable[[str], bool]) -> str:
    """Replace each word that is neither the talk's nor the language's by the talk's nearest word.

    Args:
        vocabulary: the talk's words, case-folded.
        is_word: whether a case-folded word is one of the language.

    >>> mend("How many vallidations?", {"validations", "many"}, {"how"}.__contains__)
    'How many validations?'
    """

    def replacement(match: re.Match[str]) -> str:
        word = match.group().casefold()
        if word in vocabulary or is_word(word):
            return match.group()
        near = process.extractOne(
            word,
            vocabulary,
            scorer=DamerauLevenshtein.normalized_similarity,
            score_cutoff=_MIN_SIMILARITY,
        )
        return near[0] if near else match.group()

    return _WORD.sub(replacement, question)


def gibberish(question: str, vocabulary: Collection[str], is_word: Callable[[str], bool]) -> float:
    """The share of a question's words that are neither the talk's nor the language's.

    >>> gibberish("how asdkj qwpoe zzz", {"validations"}, {"how"}.__contains__)
    0.75
    """
    words = [word.casefold() for word in _LETTERS.findall(question)]
    strange = sum(word not in vocabulary and not is_word(word) for word in words)
    return strange / len(words) if words else 0.0
