"""The index in memory: FAISS and BM25 over the same rows. A row is a passage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keynote_qa import dense, memory, text
from keynote_qa.dense import Rows
from keynote_qa.embed import Embedder, Vectors
from keynote_qa.lexical import Lexical, build_lexical
from keynote_qa.names import names_of
from keynote_qa.records import (
    Grain,
    Manifest,
    Passage,
    SourceRecord,
    Talk,
)
from keynote_qa.text import tokenize

FORMAT_VERSION = 3
_BATCH = 128
_TIDY = 4 * _BATCH  # rows after which freed memory is given back, in some milliseconds

Progress = Callable[[int, int], None]
"""Called with rows done and rows to do."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What of the passages is looked at for many rows at a time, `(n,)` each.

    A slide's parts stand behind it, so that its row is also the number by which it is known.
    """

    slide: Rows  # the row of the slide that a passage belongs to, ascending
    talk: Rows  # the number of its talk; rows of one talk stand together
    is_slide: NDArray[np.bool_]

    @classmethod
    def of(cls, talks: Sequence[Talk], passages: Sequence[Passage]) -> Columns:
        """Those of passages."""
        numbers = {talk.name: number for number, talk in enumerate(talks)}
        return cls(
            np.array([p.slide for p in passages], np.int64),
            np.array([numbers[p.talk] for p in passages], np.int64),
            np.array([p.grain is Grain.SLIDE for p in passages], np.bool_),
        )

    def members(self, slide: int) -> range:
        """The rows of the passages of a slide, its own first."""
        return range(slide, int(self.slide.searchsorted(slide, side="right")))

    def before(self, slide: int) -> int | None:
        """The slide before one in the same talk."""
        return self._of_talk(slide, slide - 1)

    def after(self, slide: int) -> int | None:
        """The slide after one in the same talk."""
        return self._of_talk(slide, self.members(slide).stop)

    def _of_talk(self, slide: int, row: int) -> int | None:
        inside = 0 <= row < len(self.slide) and self.talk[row] == self.talk[slide]
        return int(self.slide[row]) if inside else None


@dataclass(frozen=True, slots=True)
class Index:
    """An index in memory. `vectors` and `lexical` have a row for each passage."""

    manifest: Manifest
    talks: tuple[Talk, ...]
    passages: Sequence[Passage]
    columns: Columns
    faiss: Any  # as `dense` makes it
    lexical: Lexical
    words: frozenset[str]  # of the passages, as `text.vocabulary` gives them
    names: frozenset[str]  # in the talks, as `names.names_of` gives them

    def search_dense(
        self, query: Vectors, k: int, *, among: Rows | None = None
    ) -> tuple[Rows, Vectors]:
        """Rows and inner products of the `k` nearest passages to one query `(dim,)`, best first.

        Args:
            query: of norm 1.
            k: how many at most.
            among: only these rows, each compared.
        """
        return dense.search_dense(self.faiss, query, k, among=among)

    def search_lexical(
        self, terms: Sequence[str], k: int, *, among: Rows | None = None
    ) -> tuple[Rows, Vectors]:
        """Rows and BM25 scores of the `k` best passages with a term in common, best first.

        `among` are the only rows that count, ascending.
        """
        return self.lexical.search(terms, k, among=among)

    def dense_scores(self, query: Vectors, rows: Sequence[int] | Rows) -> Vectors:
        """Inner products of one query `(dim,)` with given rows, `(len(rows),)`."""
        if not len(rows):
            return np.zeros(0, np.float32)
        vectors = self.faiss.reconstruct_batch(np.asarray(rows, np.int64))
        return np.asarray(vectors @ query, np.float32)

    def lexical_scores(self, terms: Sequence[str], rows: Sequence[int] | Rows) -> Vectors:
        """BM25 scores of given rows, `(len(rows),)`."""
        return self.lexical.score_of(terms, rows)

    def rows_with(self, term: str) -> Rows:
        """Rows whose words include `term`, ascending."""
        return self.lexical.rows_with(term)

    def rows_of(self, talk: str) -> range:
        """The rows of a talk."""
        number = [known.name for known in self.talks].index(talk)
        first, behind = np.searchsorted(self.columns.talk, [number, number + 1]).tolist()
        return range(first, behind)

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
    texts = [dense_text(passage) for passage in passages]
    known: dict[str, int] = {}
    old = reuse if reuse and reuse.manifest.model_sha256 == embedder.sha256 else None
    if old is not None:
        known = {dense_text(p): row for row, p in enumerate(old.passages)}
    old_rows = np.array([known.get(searched, -1) for searched in texts], np.int64)
    vectors = np.zeros((len(texts), embedder.dimension), np.float32)
    if old is not None:
        kept = np.flatnonzero(old_rows >= 0)
        vectors[kept] = old.faiss.reconstruct_batch(old_rows[kept])
    missing: dict[str, list[int]] = {}
    for row in np.flatnonzero(old_rows < 0).tolist():
        missing.setdefault(texts[row], []).append(row)
    # Texts of like length go through the model together: no time is lost on padding.
    queue = sorted(missing, key=len)
    for start in range(0, len(queue), _BATCH):
        batch = queue[start : start + _BATCH]
        for searched, vector in zip(batch, embedder.encode(batch), strict=True):
            vectors[missing[searched]] = vector
        if start % _TIDY == 0:
            memory.give_back()
        if progress:
            progress(min(start + _BATCH, len(queue)), len(queue))
    memory.give_back()

    found = dense.build_dense(vectors, old=old.faiss if old else None, old_rows=old_rows)
    manifest = Manifest(
        format_version=FORMAT_VERSION,
        model=embedder.name,
        model_sha256=embedder.sha256,
        dimension=embedder.dimension,
        settings=dict(settings),
        requested=tuple(requested),
        sources=tuple(sources),
        counts={"talks": len(talks), "passages": len(passages)},
        dense=dense.described(found),
    )
    index = Index(
        manifest,
        tuple(talks),
        tuple(passages),
        Columns.of(talks, passages),
        found,
        build_lexical([tokenize(lexical_text(passage)) for passage in passages]),
        text.vocabulary(passage.text for passage in passages),
        names_of(line.text for talk in talks for line in talk.lines),
    )
    return index, len(texts) - sum(len(rows) for rows in missing.values())
