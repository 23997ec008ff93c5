"""The index: FAISS and BM25 over the same rows, and how it is kept on disk.

A row is a passage. The folder of an index holds

    manifest.json      what it was made of, with the SHA-256 of every other file
    talks.json         the talks' lines as they were read
    passages.json      the passages, in row order
    vectors.faiss      a flat inner-product index (cosine: vectors have norm 1)
    bm25/              bm25s's arrays and vocabulary

No file is a pickle. A folder is written under another name and moved into place when it is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keynote_qa.embed import Embedder, Vectors
from keynote_qa.errors import IndexStoreError
from keynote_qa.records import (
    Block,
    BlockKind,
    Grain,
    Line,
    Manifest,
    Passage,
    SourceRecord,
    Talk,
)
from keynote_qa.text import tokenize

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
_TALKS, _PASSAGES, _VECTORS, _LEXICAL = "talks.json", "passages.json", "vectors.faiss", "bm25"
_KEEP = ".gitkeep"
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
    for row, text in enumerate(texts):
        if text in known:
            vectors[row] = old[known[text]]
        else:
            missing.setdefault(text, []).append(row)
    # Texts of like length go through the model together: no time is lost on padding.
    queue = sorted(missing, key=len)
    for start in range(0, len(queue), _BATCH):
        batch = queue[start : start + _BATCH]
        for text, vector in zip(batch, embedder.encode(batch), strict=True):
            vectors[missing[text]] = vector
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
    index = Index(manifest, tuple(talks), tuple(passages), dense, lexical, vocabulary)
    return index, len(texts) - sum(len(rows) for rows in missing.values())


# -- on disk --------------------------------------------------------------------------------


def save_index(index: Index, folder: Path) -> None:
    """Write an index so that `folder` holds the old one or the new one, never a mix.

    Raises:
        IndexStoreError: the folder cannot be written, or holds files that are no part of an
            index; what it held is untouched.
    """
    import faiss

    _refuse_foreign_files(folder)
    temporary: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        (temporary / _TALKS).write_text(_dump([asdict(t) for t in index.talks]), "utf-8")
        (temporary / _PASSAGES).write_text(_dump([asdict(p) for p in index.passages]), "utf-8")
        faiss.write_index(index.faiss, str(temporary / _VECTORS))
        index.lexical.save(temporary / _LEXICAL, allow_pickle=False, show_progress=False)
        manifest = asdict(index.manifest) | {"files": _digests(temporary)}
        (temporary / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
        _swap(temporary, folder)
    except (OSError, RuntimeError) as error:  # FAISS reports what it cannot write as the latter
        raise IndexStoreError(
            f"{folder}: the index cannot be written ({error}). Make the folder writable, or "
            "choose another one with --index DIR."
        ) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def load_index(folder: Path) -> Index:
    """Read and verify an index.

    Raises:
        IndexStoreError: there is none, or any file of it is missing, changed or malformed, or
            counts and dimensions disagree. Nothing is half-read.
    """
    import bm25s
    import faiss

    manifest = load_manifest(folder)
    try:
        for name, digest in manifest.files.items():
            if _sha256(folder / name) != digest:
                raise IndexStoreError(_damaged(folder, f"{name} has changed since it was written"))
        talks = tuple(_talk(t) for t in json.loads((folder / _TALKS).read_text("utf-8")))
        passages = tuple(_passage(p) for p in json.loads((folder / _PASSAGES).read_text("utf-8")))
        dense = faiss.read_index(str(folder / _VECTORS))
        lexical = bm25s.BM25.load(folder / _LEXICAL, allow_pickle=False, show_progress=False)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise IndexStoreError(_damaged(folder, str(error))) from error
    rows = {dense.ntotal, len(passages), manifest.counts.get("passages"), _lexical_rows(lexical)}
    if len(rows) != 1 or dense.d != manifest.dimension:
        raise IndexStoreError(_damaged(folder, "its parts have different sizes"))
    vocabulary = frozenset(lexical.vocab_dict) - {""}
    return Index(manifest, talks, passages, dense, lexical, vocabulary)


def load_manifest(folder: Path) -> Manifest:
    """Read an index's manifest without its data.

    Raises:
        IndexStoreError: there is none, or it is of another format.
    """
    path = folder / MANIFEST
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise IndexStoreError(
            f"{folder}: holds no index. Build it with: keynote-qa index --index {folder}"
        ) from error
    except (OSError, ValueError) as error:
        raise IndexStoreError(_damaged(folder, f"{MANIFEST}: {error}")) from error
    try:
        if data["format_version"] != FORMAT_VERSION:
            raise IndexStoreError(_damaged(folder, "it was written by another version"))
        values = {field.name: data[field.name] for field in fields(Manifest)}
        values["requested"] = tuple(data["requested"])
        values["sources"] = tuple(SourceRecord(**source) for source in data["sources"])
        return Manifest(**values)
    except (KeyError, TypeError) as error:
        raise IndexStoreError(_damaged(folder, f"{MANIFEST} is malformed: {error}")) from error


def _damaged(folder: Path, why: str) -> str:
    return (
        f"{folder}: the index cannot be used: {why}. "
        f"Build it again with: keynote-qa index --index {folder}"
    )


def _refuse_foreign_files(folder: Path) -> None:
    """Writing an index replaces its folder: it must hold nothing else."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise IndexStoreError(f"{folder}: is a file. Choose a folder with --index DIR.")
    ours = {MANIFEST, _TALKS, _PASSAGES, _VECTORS, _LEXICAL, _KEEP}
    foreign = sorted(path.name for path in folder.iterdir() if path.name not in ours)
    if foreign:
        raise IndexStoreError(
            f"{folder}: holds '{foreign[0]}', which is no part of an index, and writing one would "
            "remove it. Choose an empty or a new folder with --index DIR."
        )


def _swap(new: Path, folder: Path) -> None:
    """Move `new` to `folder`; the file that keeps an empty folder under version control stays."""
    if not folder.exists():
        os.replace(new, folder)
        return
    keep = folder / _KEEP
    if keep.exists():
        shutil.copy2(keep, new / keep.name)
    os.chmod(new, folder.stat().st_mode)
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    try:
        os.replace(folder, old)
        os.replace(new, folder)
    finally:
        if not folder.exists():
            os.replace(old, folder)
        shutil.rmtree(old, ignore_errors=True)


def _dump(data: object) -> str:
    return json.dumps(data, ensure_ascii=False)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in files}


def _lexical_rows(lexical: Any) -> int:
    return int(lexical.scores["num_docs"])


def _talk(data: dict[str, Any]) -> Talk:
    blocks = tuple(Block(**b | {"kind": BlockKind(b["kind"])}) for b in data["blocks"])
    lines = tuple(Line(**row) for row in data["lines"])
    questions = tuple(data["questions"])
    return Talk(**data | {"lines": lines, "blocks": blocks, "questions": questions})


def _passage(data: dict[str, Any]) -> Passage:
    return Passage(
        **data
        | {
            "grain": Grain(data["grain"]),
            "kind": BlockKind(data["kind"]),
            "section": tuple(data["section"]),
        }
    )
