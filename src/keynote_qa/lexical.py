"""The lexical side of an index: BM25 scores by term, kept as a sparse matrix.

bm25s (https://arxiv.org/abs/2407.03618) computes them when an index is built. Looking them up
takes numpy alone, so that a question does not wait for what bm25s imports; and a row that has none
of the question's words costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

K1 = 1.2
B = 0.75
"""Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009): the usual values."""

_ARRAYS = ("scores", "rows", "starts")
_TERMS = "terms.json"


@dataclass(frozen=True, slots=True)
class Lexical:
    """BM25 over rows of terms.

    Term number t has the scores `scores[starts[t]:starts[t + 1]]` in the rows `rows[...]` of the
    same places, each row once, ascending. `terms` numbers the terms; `count` is the number of rows.
    """

    scores: Floats
    rows: NDArray[np.int32]
    starts: NDArray[np.int64]
    terms: Mapping[str, int]
    count: int

    def score(self, terms: Sequence[str]) -> Floats:
        """The scores of all rows, `(count,)`; a term that comes twice counts twice."""
        found = np.zeros(self.count, np.float32)
        for rows, scores in self._columns(terms):
            found[rows] += scores
        return found

    def score_of(self, terms: Sequence[str], rows: Sequence[int] | Rows) -> Floats:
        """The scores of some rows, `(len(rows),)`, without looking at the others."""
        asked = np.asarray(rows, np.int64)
        found = np.zeros(len(asked), np.float32)
        for held, scores in self._columns(terms):
            there = are_among(asked, held)
            found[there] += scores[np.searchsorted(held, asked[there])]
        return found

    def _columns(self, terms: Sequence[str]) -> Iterator[tuple[NDArray[np.int32], Floats]]:
        """The rows that hold each term, and its scores there."""
        for number in (self.terms[term] for term in terms if term in self.terms):
            place = slice(self.starts[number], self.starts[number + 1])
            yield self.rows[place], self.scores[place]

    def search(
        self, terms: Sequence[str], k: int, *, among: Sequence[int] | Rows | None = None
    ) -> tuple[Rows, Floats]:
        """The `k` best rows with a term in common and their scores; best first, then by row.

        Args:
            terms: of the question.
            k: how many at most.
            among: only these rows, ascending.
        """
        scores = self.score(terms) if among is None else self.score_of(terms, among)
        found = np.flatnonzero(scores)
        if len(found) > k:
            least = np.partition(scores[found], len(found) - k)[len(found) - k]
            found = found[scores[found] >= least]
        found = found[np.argsort(-scores[found], kind="stable")[:k]]
        rows = found if among is None else np.asarray(among, np.int64)[found]
        return rows.astype(np.int64), scores[found]

    def rows_with(self, term: str) -> Rows:
        """Rows whose terms include `term`, ascending."""
        number = self.terms.get(term)
        if number is None:
            return np.zeros(0, np.int64)
        return self.rows[self.starts[number] : self.starts[number + 1]].astype(np.int64)

    def save(self, folder: Path) -> None:
        """Write it into a new folder."""
        folder.mkdir()
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)
        written = json.dumps({"count": self.count, "terms": list(self.terms)}, ensure_ascii=False)
        (folder / _TERMS).write_text(written, "utf-8")


def are_among(rows: Rows, held: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    """Which of some rows, `(len(rows),)`, are among those `held`, which are ascending.

    >>> are_among(np.array([7, 2]), np.array([1, 2, 4]))
    array([False,  True])
    """
    if not len(held):
        return np.zeros(len(rows), np.bool_)
    places = np.minimum(np.searchsorted(held, rows), len(held) - 1)
    return np.asarray(held[places] == rows, np.bool_)


def build_lexical(tokens: Sequence[Sequence[str]]) -> Lexical:
    """BM25 over rows of terms, in the variant of Lucene."""
    import bm25s

    model = bm25s.BM25(k1=K1, b=B, method="lucene")
    model.index(tokens, show_progress=False)
    found = model.scores
    terms = sorted(model.vocab_dict.items(), key=lambda item: item[1])
    # bm25s adds an empty term, for queries without one that it knows.
    known = [term for term, _ in terms if term]
    if [number for _, number in terms[: len(known)]] != list(range(len(known))):
        raise ValueError("bm25s numbers its terms in another way than it did")
    starts = np.asarray(found["indptr"][: len(known) + 1], np.int64)
    rows = np.asarray(found["indices"], np.int32)
    order = np.lexsort((rows, np.repeat(np.arange(len(known)), np.diff(starts))))
    return Lexical(
        np.asarray(found["data"], np.float32)[order],
        rows[order],
        starts,
        {term: number for number, term in enumerate(known)},
        len(tokens),
    )


def load_lexical(folder: Path) -> Lexical:
    """Read what `Lexical.save` wrote; the arrays stay in their files until they are used.

    Raises:
        OSError, ValueError, KeyError, TypeError: it is not there, or not as it was written.
    """
    scores, rows, starts = (
        np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False))
        for name in _ARRAYS
    )
    kept = json.loads((folder / _TERMS).read_text("utf-8"))
    terms = {term: number for number, term in enumerate(kept["terms"])}
    if len(starts) != len(terms) + 1 or len(scores) != len(rows) or starts[-1] != len(rows):
        raise ValueError(f"{folder}: its parts have different sizes")
    return Lexical(scores, rows, starts, terms, int(kept["count"]))
