"""The dense side of an index: FAISS, exact while that is fast enough, then by inverted lists.

Up to `FLAT_UP_TO` rows every vector is compared. Beyond, vectors lie in lists, each around a mean
found by k-means (Sivic and Zisserman, 2003; Douze et al., 2024, https://arxiv.org/abs/2401.08281),
and a question looks through the nearest lists alone. There the vectors are kept in half precision
and stay in their file, which is mapped to memory. Row numbers are FAISS's ids.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]

FLAT_UP_TO = 50_000
"""Rows that are searched exactly: some 4 ms on one core."""

_PER_MEAN = 40  # vectors that each mean is found from
_ROUNDS = 8
_CHUNK = 100_000
_GROWTH = 4  # a collection so many times as large as the one it was found for needs other lists


def lists_for(rows: int) -> int:
    """How many lists so many rows are laid in: the power of two nearest to 4 times their root."""
    return 1 << round(math.log2(4 * math.sqrt(rows)))


def probes_for(lists: int) -> int:
    """How many lists a question looks through; `benchmarks.scale` measures what that finds."""
    return max(48, lists // 64)


def build_dense(
    vectors: Vectors, *, old: Any = None, old_rows: Rows | None = None, flat_up_to: int = FLAT_UP_TO
) -> Any:
    """A FAISS index over vectors `(n, dim)` of norm 1, by inner product.

    Args:
        vectors: the rows.
        old: an index that some of them come from: its lists are kept while they fit the number
            of rows, and rows that it has stay in the lists in which they are.
        old_rows: where in `old` each vector is, or -1, `(n,)`.
        flat_up_to: the number of rows from which on there are lists.
    """
    import faiss

    count, dimension = vectors.shape
    if count <= flat_up_to:
        flat = faiss.IndexFlatIP(dimension)
        flat.add(vectors)
        return flat
    lists = lists_for(count)
    keeps = is_listed(old) and lists / _GROWTH < old.nlist < lists * _GROWTH
    if keeps:
        means = faiss.clone_index(faiss.downcast_index(old.quantizer))
        lists = old.nlist
    else:
        means = faiss.IndexFlatIP(dimension)
        sample = np.random.default_rng(0).permutation(count)[: lists * _PER_MEAN]
        found: Any = faiss.Kmeans(
            dimension, lists, niter=_ROUNDS, spherical=True, max_points_per_centroid=_PER_MEAN
        )
        found.train(vectors[np.sort(sample)])
        means.add(found.centroids)
    index = faiss.IndexIVFScalarQuantizer(
        means, dimension, lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT, False
    )
    index.is_trained = True  # half precision has nothing to learn
    index.nprobe = probes_for(lists)
    places = np.full(count, -1, np.int64)
    if keeps and old_rows is not None:
        places = np.where(old_rows >= 0, _places(old)[old_rows], -1)
    for start in range(0, count, _CHUNK):
        part = np.ascontiguousarray(vectors[start : start + _CHUNK])
        at = places[start : start + _CHUNK].copy()
        new = at < 0
        if new.any():
            at[new] = means.search(part[new], 1)[1][:, 0]
        rows = np.arange(start, start + len(part), dtype=np.int64)
        index.add_core(len(part), *[faiss.swig_ptr(values) for values in (part, rows, at)])
    index.make_direct_map()
    return index


def _places(index: Any) -> Rows:
    """The list that each row of an index is in."""
    import faiss

    places = np.zeros(index.ntotal, np.int64)
    for number in range(index.nlist):
        size = index.invlists.list_size(number)
        if size:
            ids = faiss.rev_swig_ptr(index.invlists.get_ids(number), size)
            places[ids] = number
    return places


def is_listed(index: Any) -> bool:
    """Whether an index has lists."""
    return hasattr(index, "nlist")


def described(index: Any) -> dict[str, int | str]:
    """How an index searches, for its manifest."""
    if is_listed(index):
        return {"kind": "lists", "lists": int(index.nlist), "probes": int(index.nprobe)}
    return {"kind": "flat"}


def search_dense(
    index: Any, query: Vectors, k: int, *, among: Sequence[int] | Rows | None = None
) -> tuple[Rows, Vectors]:
    """The `k` nearest rows to one query `(dim,)` and their inner products, best first.

    Args:
        index: as `build_dense` makes it.
        query: of norm 1.
        k: how many at most.
        among: only these rows, each compared.
    """
    if among is not None:
        rows = np.asarray(among, np.int64)
        cosines = np.asarray(index.reconstruct_batch(rows) @ query, np.float32)
        best = np.argsort(-cosines, kind="stable")[:k]
        return rows[best], cosines[best]
    scores, rows = index.search(query.reshape(1, -1), min(k, index.ntotal))
    found = rows[0] >= 0  # fewer than k may lie in the lists that were looked through
    return rows[0][found], scores[0][found]


def load_dense(path: Path) -> Any:
    """Read an index; one that has lists stays in its file, and is read as it is searched.

    Raises:
        OSError, RuntimeError: it is not there, or not as it was written.
    """
    import faiss

    return faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
