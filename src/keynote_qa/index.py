"""The index in memory: FAISS and BM25 over the same rows. A row is a passage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keynote_qa import text
from keynote_qa.dialogue import names_of
from keynote_qa.embed import Embedder, Vectors
from keynote_qa.records import (
    Manifest,
    Passage,
    SourceRecord,
    Talk,
)
from keynote_qa.text import tokenize

FORMAT_VERSION = 2
_BATCH = 64

BM25_K1 = 1.2
BM25_B = 0.75
"""Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009): the usual values."""

Progress = Callable[[int, int], None]
"""Called with rows done and rows to do."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index in memory. `vectors` and `lexical` have a row for each passage."""

    manifest: Manifest
    talks: tuple[Talk, ...]
    passages: tuple[Passage, ...]
    faiss: Any  # faiss.IndexFlatIP
    lexical: Any  # bm25s.BM25
    vocabulary: frozenset[str]
    words: frozenset[str]  # of the passages, as `text.vocabulary` gives them
    names: frozenset[str]  # in the talks, as `dialogue.names_of` gives them

    def search_dense(self, query: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
        """Rows and inner products of the `k` nearest passages to one query `(dim,)`, best first."""
        scores, rows = self.faiss.search(query.reshape(1, -1), min(k, len(self.passages)))
        return rows[0], scores[0]

    def search_lexical(self, terms: Sequence[str], k: int) -> tuple[NDArray[np.int64], Vectors]:
        """Rows and BM25 scores of the `k` best passages with a term in common, best first."""
        scores = self._bm25(terms)
        rows = np.argsort(-scores, kind="stable")[:k]
        rows = rows[scores[rows] > 0].astype(np.int64)
        return rows, scores[rows]

    def dense_scores(self, query: Vectors, rows: Sequence[int]) -> Vectors:
        """Inner products of one query `(dim,)` with given rows, `(len(rows),)`."""
        if not len(rows):
            return np.zeros(0, np.float32)
        vectors = self.faiss.reconstruct_batch(np.asarray(rows, np.int64))
        return np.asarray(vectors @ query, np.float32)

    def lexical_scores(self, terms: Sequence[str], rows: Sequence[int]) -> Vectors:
        """BM25 scores of given rows, `(len(rows),)`."""
        return self._bm25(terms)[np.asarray(rows, np.int64)]

    def rows_with(self, term: str) -> NDArray[np.int64]:
        """Rows whose words include `term`, ascending."""
        column = self.lexical.vocab_dict.get(term) if term in self.vocabulary else None
        if column is None:
            return np.zeros(0, np.int64)
        starts = self.lexical.scores["indptr"]
        rows = self.lexical.scores["indices"][starts[column] : starts[column + 1]]
        return np.sort(rows.astype(np.int64))

    def _bm25(self, terms: Sequence[str]) -> Vectors:
        known = [term for term in terms if term in self.vocabulary]
        if not known:
            return np.zeros(len(self.passages), np.float32)
        return np.asarray(self.lexical.get_scores(known), np.float32)

    def vectors(self) -> Vectors:
        """All embeddings, `(n, dim)`."""
        return np.asarray(self.faiss.reconstruct_n(0, self.faiss.ntotal), np.float32)


def dense_text(passage: Passage) -> str:
    """What is embedded for a passage: the nearest titles, then its own text."""
    return f"{passage.context}. {passage.text}" if passage.context else passage.text


def lexical_text(passage: Passage) -> str:
    """What is tokenised for a passage: everything that stands over it, then its own text."""
    return f"{passage.way}. {passage.text}" if passage.way else passage.text


def build_index(
    talks: Sequence[Talk],
    passages: Sequence[Passage],
    embedder: Embedder,
    *,
    settings: dict[str, int | float | str],
    requested: Sequence[str],
    sources: Sequence[SourceRecord],
    reuse: Index | None = None,
    progress: Progress | None = None,
) -> tuple[Index, int]:
    """Make an index in memory; also says how many rows took their vector from `reuse`.

    Only passages whose searched text is not in `reuse` (an index by the same weights) are
    embedded.
    """
    import bm25s
    import faiss

    texts = [dense_text(passage) for passage in passages]
    known: dict[str, int] = {}
    old = np.zeros((0, embedder.dimension), np.float32)
    if reuse is not None and reuse.manifest.model_sha256 == embedder.sha256:
        known = {dense_text(p): row for row, p in enumerate(reuse.passages)}
        old = reuse.vectors()
    vectors = np.zeros((len(texts), embedder.dimension), np.float32)
    missing: dict[str, list[int]] = {}
    for row, searched in enumerate(texts):
        if searched in known:
            vectors[row] = old[known[searched]]
        else:
            missing.setdefault(searched, []).append(row)
    # Texts of like length go through the model together: no time is lost on padding.
    queue = sorted(missing, key=len)
    for start in range(0, len(queue), _BATCH):
        batch = queue[start : start + _BATCH]
        for searched, vector in zip(batch, embedder.encode(batch), strict=True):
            vectors[missing[searched]] = vector
        if progress:
            progress(min(start + _BATCH, len(queue)), len(queue))

    dense = faiss.IndexFlatIP(embedder.dimension)
    dense.add(vectors)
    lexical = bm25s.BM25(k1=BM25_K1, b=BM25_B, method="lucene")
    tokens = [tokenize(lexical_text(passage)) for passage in passages]
    lexical.index(tokens, show_progress=False)
    manifest = Manifest(
        format_version=FORMAT_VERSION,
        model=embedder.name,
        model_sha256=embedder.sha256,
        dimension=embedder.dimension,
        settings=dict(settings),
        requested=tuple(requested),
        sources=tuple(sources),
        counts={"talks": len(talks), "passages": len(passages)},
    )
    vocabulary = frozenset(term for row in tokens for term in row)
    index = Index(
        manifest,
        tuple(talks),
        tuple(passages),
        dense,
        lexical,
        vocabulary,
        text.vocabulary(passage.text for passage in passages),
        names_of(line.text for talk in talks for line in talk.lines),
    )
    return index, len(texts) - sum(len(rows) for rows in missing.values())
