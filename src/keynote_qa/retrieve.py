"""Both searches, fused: from a question to hits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keynote_qa.embed import Vectors
from keynote_qa.index import Index
from keynote_qa.records import Hit

RRF_K = 60
"""Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion outperforms Condorcet and individual
Rank Learning Methods" (SIGIR 2009): the value they found to work across collections."""

DEPTH = 100
"""How many rows each search contributes."""


def reciprocal_rank_fusion(rankings: Sequence[Sequence[int]], k: int = RRF_K) -> dict[int, float]:
    """Fuse rankings (best first) to a score by item: the sum of `1 / (k + rank)`, ranks from 1.

    >>> fused = reciprocal_rank_fusion([[7, 8], [8, 9]])
    >>> max(fused, key=fused.get), round(fused[8], 5)
    (8, 0.03252)
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, 1):
            scores[item] = scores.get(item, 0.0) + 1.0 / (k + rank)
    return scores


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it is searched for: its text, its search terms, its vector `(dim,)`.

    `gibberish` is the share of its words that are neither the talks' nor the language's,
    `small_talk` the probability that it asks nothing that a talk could answer, `lists` that it asks
    for a list, `unsaid` log odds that what such a question asks is not said.
    """

    text: str
    terms: tuple[str, ...]
    vector: Vectors
    gibberish: float = 0.0
    small_talk: float = 0.0
    lists: float = 0.0
    unsaid: float = 0.0


def retrieve(
    index: Index,
    query: Query,
    *,
    depth: int = DEPTH,
    talks: Sequence[str] | None = None,
) -> list[Hit]:
    """Search dense and lexical, fuse by reciprocal rank; hits best first.

    Args:
        index: what to search.
        query: what for.
        depth: how many rows each search contributes.
        talks: only passages of the talks with these names, in the order of the index.

    Every hit carries both scores: the cosine and the BM25 score of its row, whether or not the
    row was among the first `depth` of that search.
    """
    among = None
    if talks is not None:
        among = np.concatenate([np.array(index.rows_of(talk), np.int64) for talk in talks])
    dense_rows, _ = index.search_dense(query.vector, depth, among=among)
    lexical_rows, _ = index.search_lexical(query.terms, depth, among=among)
    fused = reciprocal_rank_fusion([dense_rows.tolist(), lexical_rows.tolist()])
    rows = sorted(fused, key=lambda row: (-fused[row], row))
    dense = index.dense_scores(query.vector, rows)
    lexical = index.lexical_scores(query.terms, rows)
    return [
        Hit(row, fused[row], float(cosine), float(bm25))
        for row, cosine, bm25 in zip(rows, dense, lexical, strict=True)
    ]
