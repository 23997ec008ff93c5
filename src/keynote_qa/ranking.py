"""Which slides are worth reading: a first ranking of those that the hits lie in.

Linear in a handful of features that mean the same on every talk (cosines, shares, yes or no), so
that the weights carry over: the cosine of the slide and of its best passage, the share of the
question's words (weighted by how rare they are) that the slide and the titles over it hold, the
same of its neighbours, and whether it holds the kind of thing that is asked for.

The weights were fitted on talks of `training/` (`python -m training.fit_reader` prints them).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from keynote_qa.embed import Vectors
from keynote_qa.index import Index
from keynote_qa.lexical import Rows, are_among
from keynote_qa.question import Wants, compares, wants
from keynote_qa.records import BlockKind, Grain, Hit, Passage
from keynote_qa.retrieve import Query
from keynote_qa.text import STOPWORDS, tokenize
from keynote_qa.weights import weighted

MAX_CANDIDATES = 40
_FEW_WORDS = 10
_KEPT_SLIDES = 65536

_CAPITAL = re.compile(r"(?<=[\w,] )[A-Z][\w'’-]+")
_DIGIT = re.compile(r"\d")
_PERSON_NAME = re.compile(r"\b[A-Z][\w'’-]+ (?:[A-Z]\. )?[A-Z][\w'’-]+\b")
_ROLE = re.compile(
    r"\b(?:chief|head|director|manager|president|founder|co-founder|chair\w*|engineer|officer|"
    r"lead|vp|c[etofi]o|professor|dr|minister|commissioner|secretary|treasurer|author)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the features see it."""

    kind: Wants
    weights: dict[str, float]  # of its terms: inverse document frequencies, together 1
    rows: dict[str, frozenset[int]]  # of its terms: the candidate rows that hold them
    known: frozenset[str]  # those of its terms that a talk of the index holds
    names_a_stranger: bool  # it capitalises a word that no talk of the index holds
    gibberish: float  # the share of its words that are neither the talks' nor the language's
    small_talk: float  # the probability that it asks nothing that a talk could answer
    lists: float  # the probability that it asks for a list
    unsaid: float  # log odds that what such a question asks is not said
    compares: bool  # it may ask the same of two things
    covered: dict[int, float]  # by candidate row: the share of its weighted terms that it holds

    def coverage(self, *rows: int) -> float:
        """The share of the question's weighted terms that rows and the titles over them hold."""
        if len(rows) == 1:
            return self.covered.get(rows[0], 0.0)
        return self._share(term for term, held in self.rows.items() if not held.isdisjoint(rows))

    def own_coverage(self, said: Set[str]) -> float:
        """The share of the question's weighted terms that are among the terms of a text."""
        return self._share(self.weights.keys() & said)

    def unknown(self) -> float:
        """The share of the question's weighted terms that no talk of the index holds."""
        return self._share(self.weights.keys() - self.known)

    def heaviest_unknown(self) -> float:
        """The share of the heaviest one of those terms."""
        return max((self.weights[term] for term in self.weights.keys() - self.known), default=0.0)

    def _share(self, terms: Iterable[str]) -> float:
        return sum((self.weights[term] for term in terms), 0.0)


@dataclass(frozen=True, slots=True)
class Ranked:
    """The slides (rows) of a question, best first, with their scores; cosines by row."""

    asked: Asked
    slides: tuple[tuple[float, int], ...]
    cosines: dict[int, float]


class Ranker:
    """Ranks the slides of one index."""

    def __init__(self, index: Index, weights: Mapping[str, float]) -> None:
        self._index = index
        self._weights = weights
        self._columns = index.columns
        self._slides = int(index.columns.is_slide.sum())
        kept = lru_cache(maxsize=_KEPT_SLIDES)
        self._holds_kind = kept(self._find_kind)
        self._around = kept(self._find_around)
        # Of a slide, the rows of its passages, its own first.
        self.members = kept(index.columns.members)

    def _find_around(self, slide: int) -> list[int]:
        """A slide's neighbours: the rows of the slides before and after it in the same talk."""
        beside = self._columns.before(slide), self._columns.after(slide)
        return [row for row in beside if row is not None]

    def rank(self, query: Query, hits: Sequence[Hit]) -> Ranked:
        """Rank the slides of a question's hits, which stand best first."""
        hit = self._columns.slide[[hit.row for hit in hits]].tolist()
        slides = list(dict.fromkeys(hit))[:MAX_CANDIDATES]
        cosines = self._cosines(query.vector, slides)
        asked = self._ask(query, np.array(list(cosines), np.int64))
        scored = [
            (weighted(self._weights, self.slide_features(asked, slide, cosines)), slide)
            for slide in slides
        ]
        scored.sort(key=lambda pair: (-pair[0], pair[1]))
        return Ranked(asked, tuple(scored), cosines)

    def _ask(self, query: Query, candidates: Rows) -> Asked:
        slides = self._slides
        weights: dict[str, float] = {}
        rows: dict[str, frozenset[int]] = {}
        known = set()
        for term in dict.fromkeys(query.terms):
            found = self._index.rows_with(term)
            frequency = int(self._columns.is_slide[found].sum())
            weights[term] = math.log(1 + (slides - frequency + 0.5) / (frequency + 0.5))
            rows[term] = frozenset(candidates[are_among(candidates, found)].tolist())
            if len(found):
                known.add(term)
        names_a_stranger = any(
            word.casefold() not in STOPWORDS and known.isdisjoint(tokenize(word))
            for word in _CAPITAL.findall(query.text)
        )
        total = sum(weights.values())
        shares = {term: weight / total for term, weight in weights.items()}
        covered: dict[int, float] = {}
        for term, held in rows.items():
            for row in held:
                covered[row] = covered.get(row, 0.0) + shares[term]
        return Asked(
            wants(query.text),
            shares,
            rows,
            frozenset(known),
            names_a_stranger,
            query.gibberish,
            query.small_talk,
            query.lists,
            query.unsaid,
            compares(query.text),
            covered,
        )

    def _cosines(self, query: Vectors, slides: Sequence[int]) -> dict[int, float]:
        read = {row for slide in slides for row in self.members(slide)}
        rows = sorted(read.union(*(self._around(slide) for slide in slides)))
        values = self._index.dense_scores(query, rows)
        return dict(zip(rows, values.tolist(), strict=True))

    def slide_features(
        self, asked: Asked, slide: int, cosines: dict[int, float]
    ) -> dict[str, float]:
        """The features of one candidate slide, by name."""
        passage = self._index.passages[slide]
        members = self.members(slide)
        around = self._around(slide)
        return {
            "cosine_slide": cosines[slide],
            "cosine_best": max(cosines[row] for row in members),
            "coverage": asked.coverage(slide),
            "cosine_around": max((cosines[row] for row in around), default=0.0),
            "coverage_around": asked.coverage(slide, *around),
            "right_kind": float(self._holds_kind(asked.kind, slide)),
            "caption": float(passage.kind is BlockKind.CAPTION),
            "bare": float(len(passage.text.split()) < _FEW_WORDS),
        }

    def _find_kind(self, kind: Wants, slide: int) -> bool:
        return any(is_kind(kind, self._index.passages[row]) for row in self.members(slide))


def is_kind(kind: Wants, passage: Passage) -> bool:
    """Whether a passage holds the kind of thing that is asked for, as far as its form shows."""
    text = passage.text
    if kind is Wants.NUMBER:
        return passage.grain not in (Grain.SLIDE, Grain.CARD) and _DIGIT.search(text) is not None
    if kind is Wants.PERSON:
        return names_somebody(text) and _ROLE.search(text) is not None
    if kind is Wants.LIST:
        return is_list(passage)
    if kind is Wants.DEFINITION:
        return (
            passage.grain is Grain.GROUP
            and text.count("\n") <= 3
            and passage.kind is BlockKind.TEXT
        )
    return False


def names_somebody(text: str) -> bool:
    """Whether a text holds what can be a person's name."""
    return _PERSON_NAME.search(text.title() if text.isupper() else text) is not None


def is_list(passage: Passage) -> bool:
    """Whether a passage is a whole list: a group of three lines or more, or of two items."""
    if passage.grain is not Grain.GROUP or passage.kind not in (BlockKind.TEXT, BlockKind.ITEM):
        return False
    return passage.text.count("\n") >= (1 if passage.kind is BlockKind.ITEM else 2)
