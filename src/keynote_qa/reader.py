"""Which words of the hits answer the question, and do they answer it at all.

Two steps, both linear in a handful of features that mean the same on every talk (cosines, shares,
yes or no), so that the weights carry over:

1. Rank the **slides** that the hits lie in: by the cosine of the slide and of its best passage,
   by the share of the question's words (weighted by how rare they are) that the slide and the
   titles over it hold, by the same of its neighbours, and by whether it holds the kind of thing
   that is asked for.
2. In each of the first slides choose the **passage to quote**: features of each passage give the
   probability that it answers; what is quoted is the line, list, card or slide that holds the
   most of it for its length.

The first slide's score, with the share of the question's rare words that the talk never uses,
gives the confidence, through a logistic function. Below `MIN_CONFIDENCE` the talk doesn't say.

The weights were fitted on the development questions of `tests/questions` (`python -m
training.fit_reader` prints them); nothing was fitted on the test questions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keynote_qa.embed import Vectors
from keynote_qa.index import Index
from keynote_qa.question import Wants, wants
from keynote_qa.records import BlockKind, Grain, Hit, Passage
from keynote_qa.retrieve import Query
from keynote_qa.text import tokenize

MAX_EVIDENCE = 3
MAX_CANDIDATES = 40
MAX_ANSWER_WORDS = 60
MAX_LIST_WORDS = 120

SLIDE_WEIGHTS: dict[str, float] = {
    "cosine_slide": 6.0,
    "cosine_best": 9.6,
    "coverage": 6.5,
    "cosine_around": 6.7,
    "coverage_around": 2.1,
    "right_kind": 1.5,
    "caption": -2.9,
}
QUOTE_WEIGHTS: dict[str, float] = {
    "cosine": 8.5,
    "own_coverage": 4.4,
    "right_kind": 2.6,
    "list_under_title": 3.5,
    "echo": -4.5,
    "title": -0.5,
    "whole_slide": -0.2,
    "caption": -2.4,
    "too_long": -5.8,
}
LENGTH_COST = 0.1
"""What length costs, in probability: a quotation of e times the words must be a tenth more likely
to hold the answer."""
LIST_MASS = 0.5
"""From which probability on a list that was asked for is quoted without what stands around it."""
CONFIDENCE_WEIGHTS: dict[str, float] = {"bias": -2.04, "score": 0.22, "unknown": -0.09}
MIN_CONFIDENCE = 0.36

_ASKED_WHOLE = (Wants.LIST, Wants.DEFINITION)
_DIGIT = re.compile(r"\d")
_PERSON_NAME = re.compile(r"\b[A-Z][\w'’-]+ (?:[A-Z]\. )?[A-Z][\w'’-]+\b")
_ROLE = re.compile(
    r"\b(?:chief|head|director|manager|president|founder|co-founder|chair\w*|engineer|officer|"
    r"lead|vp|c[etofi]o|professor|dr|minister|commissioner|secretary|treasurer|author)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading the hits gave: the passages to quote, best first, and how sure it is."""

    answered: bool
    confidence: float
    evidence: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the features see it."""

    kind: Wants
    weights: dict[str, float]  # of its terms: their inverse document frequency
    rows: dict[str, frozenset[int]]  # of its terms: the candidate rows that hold them

    def coverage(self, *rows: int) -> float:
        """The share of the question's weighted terms that rows and the titles over them hold."""
        return self._share(term for term, held in self.rows.items() if not held.isdisjoint(rows))

    def own_coverage(self, said: Set[str]) -> float:
        """The share of the question's weighted terms that are among the terms of a text."""
        return self._share(self.weights.keys() & said)

    def unknown(self) -> float:
        """The share of the question's weighted terms that no talk of the index holds."""
        return self._share(term for term, rows in self.rows.items() if not rows)

    def _share(self, terms: Iterable[str]) -> float:
        total = sum(self.weights.values())
        return sum(self.weights[term] for term in terms) / total if total else 0.0


class Reader:
    """Reads hits of one index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._members: dict[int, list[int]] = {}
        for row, passage in enumerate(index.passages):
            self._members.setdefault(passage.slide, []).append(row)
        slides = list(self._members)
        talks = [index.passages[slide].talk for slide in slides]
        # A slide's neighbours: the rows of the slides before and after it in the same talk.
        self._around = {
            slide: [
                slides[j] for j in (i - 1, i + 1) if 0 <= j < len(slides) and talks[j] == talks[i]
            ]
            for i, slide in enumerate(slides)
        }
        self._is_slide = np.array([p.grain is Grain.SLIDE for p in index.passages], bool)

    def read(self, query: Query, hits: Sequence[Hit]) -> Reading:
        """Choose what to quote for a question from its hits, which stand best first."""
        asked, slides, cosines = self.candidates(query, hits)
        if not slides:
            return Reading(False, 0.0, ())
        scored = sorted(
            (
                (self._score(SLIDE_WEIGHTS, self.slide_features(asked, slide, cosines)), slide)
                for slide in slides
            ),
            key=lambda pair: (-pair[0], pair[1]),
        )
        evidence = []
        for score, slide in scored[:MAX_EVIDENCE]:
            row = self._quote(asked, slide, cosines)
            evidence.append(
                Hit(row, self._index.passages[row], score, cosines[row], asked.coverage(row))
            )
        confidence = self._confidence(asked, scored[0][0])
        return Reading(confidence >= MIN_CONFIDENCE, confidence, tuple(evidence))

    def candidates(
        self, query: Query, hits: Sequence[Hit]
    ) -> tuple[Asked, list[int], dict[int, float]]:
        """The question as the features see it, the slides to read, and their rows' cosines."""
        slides = list(dict.fromkeys(hit.passage.slide for hit in hits))[:MAX_CANDIDATES]
        return self._ask(query), slides, self._cosines(query.vector, slides)

    def members(self, slide: int) -> Sequence[int]:
        """The rows of the passages of a slide, its own first."""
        return self._members[slide]

    # -- features -----------------------------------------------------------------------

    def _ask(self, query: Query) -> Asked:
        slides = int(self._is_slide.sum())
        weights: dict[str, float] = {}
        rows: dict[str, frozenset[int]] = {}
        for term in dict.fromkeys(query.terms):
            found = self._index.rows_with(term)
            frequency = int(self._is_slide[found].sum())
            weights[term] = math.log(1 + (slides - frequency + 0.5) / (frequency + 0.5))
            rows[term] = frozenset(found.tolist())
        return Asked(wants(query.text), weights, rows)

    def _cosines(self, query: Vectors, slides: Sequence[int]) -> dict[int, float]:
        read = {row for slide in slides for row in self._members[slide]}
        rows = sorted(read.union(*(self._around[slide] for slide in slides)))
        values = self._index.dense_scores(query, rows)
        return dict(zip(rows, values.tolist(), strict=True))

    def slide_features(
        self, asked: Asked, slide: int, cosines: dict[int, float]
    ) -> dict[str, float]:
        """The features of one candidate slide, by name; `SLIDE_WEIGHTS` has one weight each."""
        passage = self._index.passages[slide]
        members = self._members[slide]
        around = self._around[slide]
        return {
            "cosine_slide": cosines[slide],
            "cosine_best": max(cosines[row] for row in members),
            "coverage": asked.coverage(slide),
            "cosine_around": max((cosines[row] for row in around), default=0.0),
            "coverage_around": asked.coverage(slide, *around),
            "right_kind": float(
                any(is_kind(asked.kind, self._index.passages[row]) for row in members)
            ),
            "caption": float(passage.kind is BlockKind.CAPTION),
        }

    def quote_features(self, asked: Asked, row: int, cosines: dict[int, float]) -> dict[str, float]:
        """The features of one passage of a slide, by name; `QUOTE_WEIGHTS` has one weight each."""
        passage = self._index.passages[row]
        words = len(passage.text.split())
        limit = MAX_LIST_WORDS if asked.kind is Wants.LIST else MAX_ANSWER_WORDS
        said = set(tokenize(passage.text))
        own = asked.own_coverage(said)
        return {
            "cosine": cosines[row],
            "own_coverage": own,
            # What only repeats the question does not answer it.
            "echo": float(said <= asked.weights.keys() and asked.kind is not Wants.YES_OR_NO),
            "right_kind": float(is_kind(asked.kind, passage)),
            # The question names the title, and this is the list under it.
            "list_under_title": (asked.coverage(row) - own) * is_list(passage),
            "title": float(passage.grain is Grain.TITLE),
            "whole_slide": float(passage.grain in (Grain.SLIDE, Grain.CARD)),
            "caption": float(passage.kind is BlockKind.CAPTION),
            "too_long": float(words > limit),
        }

    def _quote(self, asked: Asked, slide: int, cosines: dict[int, float]) -> int:
        """The passage of a slide that most probably holds the answer, for its length."""
        rows = self._members[slide]
        passages = [self._index.passages[row] for row in rows]
        features = [self.quote_features(asked, row, cosines) for row in rows]
        scores = np.array([self._score(QUOTE_WEIGHTS, values) for values in features])
        odds = np.exp(scores - scores.max())
        starts = np.array([p.start_line for p in passages])
        ends = np.array([p.end_line for p in passages])
        inside = (starts[:, None] <= starts) & (ends <= ends[:, None])  # [outer, inner]
        for i, j in zip(*np.nonzero(inside & inside.T), strict=True):  # parts of the same lines
            inside[i, j] = passages[j].text in passages[i].text
        mass = inside @ self._share_out(asked, passages, odds, inside)
        # A mere name is quoted with what it heads.
        name = np.array([p.grain is Grain.TITLE and len(p.text.split()) <= 4 for p in passages])
        short = np.array([not values["too_long"] for values in features]) & ~name
        lists = np.array([is_list(p) for p in passages]) & short
        if asked.kind is Wants.LIST and mass[lists].max(initial=0) >= LIST_MASS:
            short = lists  # the list and nothing else
        words = np.array([len(p.text.split()) for p in passages], float)
        worth = mass - LENGTH_COST * np.log(1 + words)
        return rows[int(np.argmax(np.where(short, worth, worth - 10)))]

    def _share_out(
        self,
        asked: Asked,
        passages: Sequence[Passage],
        odds: NDArray[np.float64],
        inside: NDArray[np.bool_],
    ) -> NDArray[np.float64]:
        """Probability by passage, that of a group or a slide handed down to its lines.

        A title with its line may match best although the line alone answers. A list or a
        definition that is asked for keeps its own: no line of it is the answer.
        """
        probability: NDArray[np.float64] = odds / odds.sum()
        small = np.array([p.grain in (Grain.STATEMENT, Grain.TITLE) for p in passages])
        for row, passage in enumerate(passages):
            parts = inside[row] & small
            whole = asked.kind in _ASKED_WHOLE and is_kind(asked.kind, passage)
            if small[row] or whole or not parts.any():
                continue
            shares = np.where(parts, odds, 0)
            probability += probability[row] * shares / shares.sum()
            probability[row] = 0
        return probability

    def _confidence(self, asked: Asked, score: float) -> float:
        values = {"bias": 1.0, "score": score, "unknown": asked.unknown()}
        return 1 / (1 + math.exp(-self._score(CONFIDENCE_WEIGHTS, values)))

    @staticmethod
    def _score(weights: dict[str, float], features: dict[str, float]) -> float:
        return sum(weights[name] * value for name, value in features.items())


def is_kind(kind: Wants, passage: Passage) -> bool:
    """Whether a passage holds the kind of thing that is asked for, as far as its form shows."""
    text = passage.text
    if kind is Wants.NUMBER:
        return passage.grain not in (Grain.SLIDE, Grain.CARD) and _DIGIT.search(text) is not None
    if kind is Wants.PERSON:
        named = _PERSON_NAME.search(text.title() if text.isupper() else text)
        return named is not None and _ROLE.search(text) is not None
    if kind is Wants.LIST:
        return is_list(passage)
    if kind is Wants.DEFINITION:
        return (
            passage.grain is Grain.GROUP
            and text.count("\n") <= 3
            and passage.kind is BlockKind.TEXT
        )
    return False


def is_list(passage: Passage) -> bool:
    """Whether a passage is a whole list: a group of three lines or more, or of two items."""
    if passage.grain is not Grain.GROUP or passage.kind not in (BlockKind.TEXT, BlockKind.ITEM):
        return False
    return passage.text.count("\n") >= (1 if passage.kind is BlockKind.ITEM else 2)
