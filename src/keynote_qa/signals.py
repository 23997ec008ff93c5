"""What can be seen of a deck's blocks without knowing a word of its subject.

Each block gets named features in [0, 4], mostly yes or no, of itself and of its two neighbours on
either side: its kind and length, its capitals, figures and punctuation; how many blank lines
stand before and behind it, by themselves and beside the deck's own habit; whether it comes back
later, was announced by a list further up, looks like a person's name, a role, a numbered heading;
how alike it is to its neighbours (`parallels`).
`titles` weighs them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from keynote_qa.parallels import parallels
from keynote_qa.people import looks_like_a_person, names_a_role
from keynote_qa.records import Block, BlockKind, Talk
from keynote_qa.recurring import running_lines
from keynote_qa.shapes import is_figure, is_headline, is_name, is_phrase
from keynote_qa.sources.spacing import evened
from keynote_qa.text import fold, normalise, unnumbered

Features = dict[str, float]

_NUMBERED = re.compile(
    r"^(?:\d{1,2}|[IVX]{1,4})[.):]?\s+\S|^(?:part|chapter|section|act)\s+\w+", re.IGNORECASE
)
_OPENING = re.compile(
    r"(?:introducing|announcing|new:|meet|welcome|please welcome|demo|thank|agenda|today|"
    r"questions)\b",
    re.IGNORECASE,
)
_SMALL_WORDS = frozenset("of the and for in to a on at by with or from".split())
_MIN_ANNOUNCING_ROWS = 3
_RARE = 0.25
_END_GAP = 9
_NEIGHBOURS = ((1, "n"), (2, "nn"), (-1, "p"), (-2, "pp"))
_WITH_GAP = (
    "headline name upper person num again announced cap_all seen3 phrase intro figure n2_3 n4_6 "
    "role lower"
).split()


def signals(talk: Talk, names: frozenset[str]) -> list[Features]:
    """The features of each block of a talk, all with the same names.

    `names` are the folded titles of the talk and its event.
    """
    blocks = evened(talk.blocks)
    alone = _Deck(talk, names).features()
    beside = parallels(blocks)
    gaps = sorted(block.gap for block in blocks[1:])
    usual = max(sum(gaps) / len(gaps), 0.5) if gaps else 1.0
    nothing = dict.fromkeys(alone[0], 0.0) if alone else {}
    found = []
    for i in range(len(blocks)):
        features = {f"c_{name}": value for name, value in alone[i].items()}
        features |= _gaps(blocks, i, gaps, usual) | beside[i]
        for distance, label in _NEIGHBOURS:
            inside = 0 <= i + distance < len(blocks)
            near = alone[i + distance] if inside else nothing
            features |= {f"{label}_{name}": value for name, value in near.items()}
            features[f"{label}_none"] = float(not inside)
        titled = alone[i]["cap_all"] * (1 - alone[i]["phrase"])
        phrases = features["n_phrase"] * (1 - features["n_cap_all"])
        features["over_phrase"] = titled * phrases
        features["over_phrases"] = titled * phrases * features["nn_phrase"]
        features["after_names"] = titled * phrases * features["p_cap_all"] * features["pp_cap_all"]
        features["after_phrase"] = titled * features["p_phrase"]
        for name in _WITH_GAP:
            features[f"before_x_{name}"] = features["before_rank"] * alone[i][name]
            features[f"close_x_{name}"] = features["behind1"] * alone[i][name]
        found.append(features)
    return found


def _gaps(blocks: Sequence[Block], i: int, gaps: Sequence[int], usual: float) -> Features:
    def at(j: int) -> int:
        return blocks[j].gap if 0 < j < len(blocks) else _END_GAP

    before, behind = at(i), at(i + 1)
    features: Features = {}
    for label, gap in (("before", before), ("behind", behind)):
        for size in range(4):
            features[f"{label}{size}"] = float(gap == size)
        features[f"{label}4"] = float(gap >= 4)
        features[f"{label}_rank"] = bisect_left(gaps, gap) / max(1, len(gaps))
        features[f"{label}_beside"] = min(gap / usual, 4.0)
    features["before_wider"] = float(before > behind)
    features["before_same"] = float(before == behind)
    features["before_widens"] = float(before > at(i - 1))
    features["behind_widens"] = float(behind > at(i + 2))
    return features


class _Deck:
    """What the features of single blocks need to know of the whole deck."""

    def __init__(self, talk: Talk, names: frozenset[str]) -> None:
        self._talk = talk
        self._blocks = talk.blocks
        self._folded = [fold(block.text) for block in talk.blocks]
        self._plain = [normalise(block.text) for block in talk.blocks]
        self._count = Counter(self._folded)
        self._running = running_lines(talk.blocks, names)
        self._first: dict[str, int] = {}
        self._listed: dict[str, int] = {}  # where a list has it as an item first
        for i, block in enumerate(talk.blocks):
            self._first.setdefault(self._folded[i], i)
            rows = block.text.split("\n")
            if block.kind is BlockKind.ITEM or len(rows) >= _MIN_ANNOUNCING_ROWS:
                for row in rows:
                    self._listed.setdefault(unnumbered(row), i)
        texts = [
            t for t, b in zip(self._plain, talk.blocks, strict=True) if b.kind is BlockKind.TEXT
        ]
        self._shouting = sum(map(str.isupper, texts)) / max(1, len(texts))
        self._headlines = sum(map(is_headline, texts)) / max(1, len(texts))

    def features(self) -> list[Features]:
        return [self._of(i) for i in range(len(self._blocks))]

    def _of(self, i: int) -> Features:
        block, text, key = self._blocks[i], self._plain[i], self._folded[i]
        words, rows = text.split(), block.text.split("\n")
        n = len(words)
        upper = text.isupper()
        headline = is_headline(text)
        lines = self._talk.lines[block.start_line - 1 : block.end_line]
        raw = [line.text.strip() for line in lines]
        listed = self._listed.get(unnumbered(key), i)
        flags = {
            **{kind.value: block.kind is kind for kind in BlockKind},
            "n1": n == 1,
            "n2_3": 2 <= n <= 3,
            "n4_6": 4 <= n <= 6,
            "n7_10": 7 <= n <= 10,
            "n11_14": 11 <= n <= 14,
            "n15": n >= 15,
            "rows2": len(rows) == 2,
            "rows3": len(rows) >= 3,
            "upper": upper,
            "upper_rare": upper and self._shouting < _RARE,
            "upper_common": upper and self._shouting >= _RARE,
            "headline": headline,
            "headline_rare": headline and self._headlines < _RARE,
            "cap_all": n >= 2 and all(_is_capital(word) for word in words),
            "name": is_name(text),
            "phrase": is_phrase(text),
            "lower": text[:1].islower(),
            "dot": text.endswith("."),
            "bang": text.endswith("!"),
            "question": text.endswith("?"),
            "colon": text.endswith(":"),
            "comma": text.endswith((",", ";")),
            "figure": any(map(is_figure, rows)),
            "digit": any(char.isdigit() for char in text),
            "digit_first": text[:1].isdigit() or text[:1] in {"$", "€", "£", "+", "~"},
            "quote": text[:1] in {'"', "“", "‘", "«"},
            "dash": text[:1] in {"—", "–", "-"},
            "bold": any("**" in row for row in raw),
            "bold_all": all(row.startswith("**") and row.endswith("**") for row in raw),
            "role": names_a_role(text),
            "num": _NUMBERED.match(text) is not None,
            "person": looks_like_a_person(text),
            "intro": _OPENING.match(text) is not None,
            "seen2": self._count[key] == 2,
            "seen3": self._count[key] >= 3,
            "seen5": self._count[key] >= 5,
            "again": self._first[key] < i,
            "announced": listed < i - 1,
            "running": key in self._running,
        }
        return {name: float(value) for name, value in flags.items()}


def _is_capital(word: str) -> bool:
    return word[0].isupper() or not word[0].isalpha() or word.casefold() in _SMALL_WORDS
