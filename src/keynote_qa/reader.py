"""What of the hits to quote, and whether the talk answers at all.

Four steps:

1. `ranking` orders the slides that the hits lie in.
2. A `SpanReader` reads the first or the first two, through a window of a few dozen words
   (`contexts`), and as many more as it takes to know which answers. What it says of each, together
   with the rank, orders them anew: it is strong where similarity is weak and the other way round.
3. `quoting` chooses the passage of each slide to quote, and whether to quote a second one too.
4. Logistic regressions on all of that: is the talk about it, does it then say it (if not, it
   doesn't say), and the **confidence**, the probability that what is quoted is right.

The weights were fitted on development talks (`weights`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial

from keynote_qa import facts, quoting
from keynote_qa.contexts import (
    KEPT_ROWS,
    MAX_LIST_CONTEXT_WORDS,
    Context,
    Writer,
    read_context,
    written,
)
from keynote_qa.index import Index
from keynote_qa.kinds import LIST_CHANCE
from keynote_qa.question import Wants
from keynote_qa.quotable import Quotable, quotable, runs
from keynote_qa.ranking import Ranked, Ranker
from keynote_qa.reading import (
    MAX_EVIDENCE,
    Evidence,
    Reading,
    ReadSlide,
    order_features,
    sureness_features,
)
from keynote_qa.records import BlockKind, Grain, Hit
from keynote_qa.retrieve import Query
from keynote_qa.span_reader import NO_READER
from keynote_qa.spans import SpanReader
from keynote_qa.subjects import with_description
from keynote_qa.text import terms
from keynote_qa.weights import Weights, load_weights, probability, weighted

READ_FIRST, READ_AT_MOST = 2, 5
"""How many slides are read in a first pass, and how many where these do not settle it. Read
together, two cost little more time than one, for each has a core to itself. A second quotation is
mostly of the second slide."""

CLEAR_LEAD = 2.0
"""By how much the first slide leads before reading, in log odds, where it is read alone at first:
half of all questions need no more. On development talks 0.1% fewer answers are right then, which
lack a second quotation; about the keynote as many are."""

ANSWERS = 3.5
"""The logit of a typical slide that answers: of half of them it is higher. Where the best slide of
the first pass would come before the others even if the reader said this of them, these are left
unread."""

SMALL_TALK = 0.85
"""The probability from which on what is said is not answered, whatever was found. Of the 6,223
questions about the development talks three lie above, of small talk a fifth of the lines."""


class Reader:
    """Reads hits of one index; without a `SpanReader`, it goes by the ranking alone."""

    def __init__(
        self, index: Index, span_reader: SpanReader | None, weights: Weights | None = None
    ) -> None:
        self._index = index
        self._talks = {talk.name: talk for talk in index.talks}
        self._span_reader = span_reader
        self.name = span_reader.name if span_reader else NO_READER
        self.weights = weights or load_weights(self.name)
        self._ranker = Ranker(index, self.weights.slide)
        self._writer = Writer(index.passages)
        self._alone = lru_cache(maxsize=KEPT_ROWS)(partial(quotable, index.passages))

    def read(self, query: Query, hits: Sequence[Hit]) -> Reading:
        """Choose what to quote for a question from its hits, which stand best first."""
        ranked = self.rank(query, hits)
        ordered = self.ordered(query, ranked)
        if not ordered:
            return Reading(False, 0.0, ())
        cited = ordered[:MAX_EVIDENCE]
        quoted = quoting.quotations(
            [score for score, _ in ordered],
            [self.quotable(ranked, slide) for _, slide in cited],
            self.weights.quote,
            asked=ranked.asked,
        )
        chosen = [
            (score, slide, candidate, at == 0)
            for at, ((score, slide), candidate) in enumerate(zip(cited, quoted.first, strict=True))
        ]
        if quoted.second is not None:
            candidate, at = quoted.second
            score, slide = cited[at]
            if at > 0:
                chosen[at] = score, slide, candidate, True
            else:  # other slides come before more of the first one
                chosen.append((cited[-1][0], slide, candidate, True))
        evidence = [
            Evidence(
                candidate.row, score, self._fact(ranked, slide, candidate), shown, candidate.count
            )
            for score, slide, candidate, shown in chosen
        ]
        features = sureness_features(ranked.asked, ordered, quoted)
        confidence = probability(self.weights.confidence, features)
        likely = self.weights.answerable(features) >= self.weights.min_answerable
        # Without a word in it, or where it is small talk beyond doubt, it asks for nothing.
        asks = bool(query.terms) and query.small_talk < SMALL_TALK
        return Reading(likely and asks, confidence, tuple(evidence))

    def ordered(self, query: Query, ranked: Ranked) -> list[tuple[float, ReadSlide]]:
        """The first slides with their scores after reading, best first."""
        scored = [(self._score(slide), slide) for slide in self.slides(query, ranked)]
        return sorted(scored, key=lambda pair: (-pair[0], pair[1].slide))

    def rank(self, query: Query, hits: Sequence[Hit]) -> Ranked:
        """The slides of a question's hits, ranked before any is read."""
        return self._ranker.rank(query, hits)

    def slide_features(self, ranked: Ranked, slide: int) -> dict[str, float]:
        """The features that `rank` went by."""
        return self._ranker.slide_features(ranked.asked, slide, ranked.cosines)

    def slides(self, query: Query, ranked: Ranked) -> list[ReadSlide]:
        """The first slides, as many of them read as it takes to know which answers."""
        if self._span_reader is None:
            return self._read_slides(query, ranked, ranked.slides[:MAX_EVIDENCE])
        first = 1 if _lead(ranked) >= CLEAR_LEAD else READ_FIRST
        found = self._read_slides(query, ranked, ranked.slides[:first])
        others = ranked.slides[first:READ_AT_MOST]
        if found and self._is_settled(found, others):
            return found + [self._slide(ranked, *of) for of in others[: MAX_EVIDENCE - first]]
        return found + self._read_slides(query, ranked, others)

    def _is_settled(self, found: Sequence[ReadSlide], others: Sequence[tuple[float, int]]) -> bool:
        """Whether the best slide answers and would stay so if others turned out to answer too."""
        best = max(found, key=self._score)
        if best.answerable <= 0:
            return False
        rank = max((rank for rank, _ in others), default=-math.inf)
        likely = {"rank": rank, "answerable": ANSWERS}
        return self._score(best) >= weighted(self.weights.order, likely)

    def _score(self, slide: ReadSlide) -> float:
        return weighted(self.weights.order, order_features(slide))

    def _read_slides(
        self, query: Query, ranked: Ranked, slides: Sequence[tuple[float, int]]
    ) -> list[ReadSlide]:
        found = [self._slide(ranked, *slide) for slide in slides]
        if self._span_reader is None or not found:
            return found
        said = self._span_reader.read(query.text, [slide.context.text for slide in found])
        return [
            replace(slide, spans=spans.behind(slide.context.spans[0][0]))
            for slide, spans in zip(found, said, strict=True)
        ]

    def _slide(self, ranked: Ranked, rank: float, slide: int) -> ReadSlide:
        features, context = self.slide_features(ranked, slide), self.context(ranked, slide)
        return ReadSlide(slide, rank, features, context, None)

    def context(self, ranked: Ranked, slide: int, *, words: int | None = None) -> Context:
        """The window of a slide that is read for a question."""
        passages = self._index.passages
        members = self._ranker.members(slide)
        relevance = {
            row: ranked.cosines[row] + ranked.asked.own_coverage(self._writer.row(row).terms)
            for row in members
        }
        # What speakers' slides say is said of their company, which they seldom name again; who
        # somebody is should be read where it stands.
        roles = ranked.asked.kind is not Wants.PERSON
        plain = {passages[row].kind for row in members}.isdisjoint(
            (BlockKind.SPOKEN, BlockKind.TABLE)
        )
        if words is None and plain and ranked.asked.lists >= LIST_CHANCE:
            words = MAX_LIST_CONTEXT_WORDS
        context = read_context(self._writer, members, relevance, words=words, roles=roles)
        return with_description(self._index, ranked.asked, context)

    def _fact(
        self, ranked: Ranked, slide: ReadSlide, candidate: Quotable
    ) -> tuple[int, int] | None:
        if slide.spans is None or not len(slide.spans.starts):
            return None
        return facts.find_fact(candidate, slide.context, slide.spans, ranked.asked.kind)

    def quotable(
        self, ranked: Ranked, slide: ReadSlide
    ) -> tuple[Sequence[Quotable], list[dict[str, float]]]:
        """What could be quoted of a slide, and the features of each."""
        passages = self._index.passages
        rows: Sequence[int] = self._ranker.members(slide.slide)
        spoken = passages[slide.slide].kind is BlockKind.SPOKEN
        several = len({passages[row].section for row in rows}) > 1
        if spoken or several:
            # A segment of speech is no short answer, and several small slides are no quotation.
            rows = [row for row in rows if passages[row].grain is not Grain.SLIDE] or rows
        if self._span_reader is not None and slide.spans is None:
            # What was left unread is only pointed to, by what of it is most like the question.
            short = (Grain.GROUP, Grain.STATEMENT, Grain.TITLE)
            rows = [row for row in rows if passages[row].grain in short] or rows
        # What only announces something is no answer to anything.
        rows = [row for row in rows if not passages[row].text.endswith(":")] or rows
        candidates = [self._alone(row) for row in rows]
        if spoken and slide.spans is not None:
            talk = self._talks[passages[slide.slide].talk]
            read = [row for row in rows if row in slide.context.rows]
            candidates += runs(talk, passages, read, quoting.most_words(ranked.asked))
        pointed = quoting.pointed_at(passages, candidates, slide.context, slide.spans)
        return candidates, [
            quoting.quote_features(
                ranked.asked,
                candidate,
                self._said(candidate),
                self._cosine(ranked, candidate),
                chance,
            )
            for candidate, chance in zip(candidates, pointed, strict=True)
        ]

    def _said(self, candidate: Quotable) -> frozenset[str]:
        if candidate.count == 1:
            return self._writer.row(candidate.row).terms
        return terms(written(candidate.passage))

    def _cosine(self, ranked: Ranked, candidate: Quotable) -> float:
        return max(ranked.cosines[candidate.row + n] for n in range(candidate.count))


def _lead(ranked: Ranked) -> float:
    """By how much the first slide comes before the second."""
    scores = [score for score, _ in ranked.slides[:2]]
    return scores[0] - scores[1] if len(scores) == 2 else 0.0
