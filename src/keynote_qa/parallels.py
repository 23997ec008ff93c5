"""How alike a deck's blocks are: the items of a list look like one another, a title unlike them.

Where a list's items stand as far apart as slides do, gaps cannot tell where the next slide
begins. A person sees it by their form: lines of one length and one kind of capitals, that begin
with one word, at even distances, go on; a line that breaks with them begins something.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from keynote_qa.records import Block
from keynote_qa.text import normalise

_NEIGHBOURS = ((-1, "p"), (-2, "pp"), (1, "n"), (2, "nn"))
_LONGEST_RUN = 6
_NEAR = 4
"""Gaps on each side that a block's own is held against."""

_FAR = 8
"""Blocks on each side in which others that begin with the same word are counted."""

_WITHIN = 3
"""Blocks on each side whose words are held against a block's own."""

_LENGTHS, _LONGEST = 3, 12
_SHORTEST_WORD = 4
_WORD = re.compile(r"[\w#&+.']+")


def parallels(blocks: Sequence[Block]) -> list[dict[str, float]]:
    """Named features in [0, 4] of each block, beside its neighbours."""
    return _Parallels(blocks).features()


class _Parallels:
    def __init__(self, blocks: Sequence[Block]) -> None:
        self._gaps = [block.gap for block in blocks]
        self._words = [_WORD.findall(normalise(block.text).casefold()) for block in blocks]
        self._forms = [_form(b, len(w)) for b, w in zip(blocks, self._words, strict=True)]

    def features(self) -> list[dict[str, float]]:
        return [
            self._beside(i) | self._runs(i) | self._distances(i) | self._shared(i)
            for i in range(len(self._gaps))
        ]

    def _beside(self, i: int) -> dict[str, float]:
        features = {}
        for distance, label in _NEIGHBOURS:
            features[f"alike_{label}"] = self._alike(i, i + distance)
            features[f"first_{label}"] = float(self._begin_alike(i, i + distance))
            features[f"last_{label}"] = float(self._end_alike(i, i + distance))
        features["first_of_both"] = features["first_p"] * features["first_pp"]
        here, behind = self._alike(i, i - 1), self._alike(i, i + 1)
        features["breaks_with_those_before"] = self._alike(i - 1, i - 2) * (1 - here)
        features["breaks_with_those_behind"] = self._alike(i + 1, i + 2) * (1 - behind)
        return features

    def _runs(self, i: int) -> dict[str, float]:
        gaps = self._gaps
        before, behind = self._even(i, i - 1, -1), self._even(i, i + 1, 1)
        alike = [self._alike(i, i - 1 - k) for k in range(before)]
        mean = sum(alike) / len(alike) if alike else 0.0
        return {
            "even_before": before / 3,
            "even_before2": float(before >= 2),
            "even_before4": float(before >= 4),
            "even_behind": behind / 3,
            "evenly_followed": self._even(i + 1, i + 2, 1) / 3 if i + 1 < len(gaps) else 0.0,
            "alike_run": mean,
            "alike_run_x": mean * min(before, 4) / 4,
        }

    def _even(self, i: int, start: int, step: int) -> int:
        """How many gaps in a row are as wide as that of block `i`; the first block has none."""
        length = 0
        while length < _LONGEST_RUN:
            j = start + step * length
            if not 0 < j < len(self._gaps) or self._gaps[j] != self._gaps[i]:
                break
            length += 1
        return length

    def _distances(self, i: int) -> dict[str, float]:
        gap = self._gaps[i]
        before = self._gaps[max(1, i - _NEAR) : i]
        behind = self._gaps[i + 1 : i + 1 + _NEAR]
        return {
            "wider_than_before": float(bool(before) and gap > max(before)),
            "narrower_than_before": float(bool(before) and gap < max(before)),
            "as_wide_as_behind": float(bool(behind) and gap >= max(behind)),
            "wider_than_behind": float(bool(behind) and gap > max(behind)),
        }

    def _shared(self, i: int) -> dict[str, float]:
        first = range(max(0, i - _FAR), i), range(i + 1, min(len(self._gaps), i + 1 + _FAR))
        before = [w for words in self._words[max(0, i - _WITHIN) : i] for w in words]
        behind = [w for words in self._words[i + 1 : i + 1 + _WITHIN] for w in words]
        return {
            "firsts_before": sum(self._begin_alike(i, j) for j in first[0]) / 4,
            "firsts_behind": sum(self._begin_alike(i, j) for j in first[1]) / 4,
            "words_before": _overlap(self._words[i], before),
            "words_behind": _overlap(self._words[i], behind),
        }

    def _alike(self, i: int, j: int) -> float:
        """The share of the traits of form that two blocks have in common."""
        if not (0 <= i < len(self._forms) and 0 <= j < len(self._forms)):
            return 0.0
        one, other = self._forms[i], self._forms[j]
        return sum(a == b for a, b in zip(one, other, strict=True)) / len(one)

    def _begin_alike(self, i: int, j: int) -> bool:
        if not 0 <= j < len(self._words):
            return False
        one, other = self._words[i], self._words[j]
        return len(one) > 1 and bool(other) and one[0] == other[0]

    def _end_alike(self, i: int, j: int) -> bool:
        if not 0 <= j < len(self._words):
            return False
        one, other = self._words[i], self._words[j]
        return bool(one) and bool(other) and one[-1] == other[-1]


def _form(block: Block, words: int) -> tuple[object, ...]:
    """What a block looks like, whatever it says."""
    text = normalise(block.text)
    return (
        block.kind,
        min(words, _LONGEST) // _LENGTHS,
        text.isupper(),
        text[:1].islower(),
        text.endswith((".", "?", "!")),
        "\n" in block.text,
        any(char.isdigit() for char in text),
    )


def _overlap(some: Sequence[str], others: Sequence[str]) -> float:
    """The share of the longer words of the shorter text that the other has too.

    >>> _overlap(["state", "of", "lambda"], ["lambda", "languages", "runtimes"])
    0.5
    """
    one = {word for word in some if len(word) >= _SHORTEST_WORD}
    other = {word for word in others if len(word) >= _SHORTEST_WORD}
    return len(one & other) / max(1, min(len(one), len(other)))
