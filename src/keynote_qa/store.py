"""An index on disk: written whole or not at all, and verified when it is read.

The folder of an index holds

    manifest.json      what it was made of, with the SHA-256 of every other file
    talks.json         what is known of the talks
    lines.json         their lines and blocks as they were read
    passages.json      the passages, in row order
    rows.npy           where each begins there, and what it belongs to
    words.json         the talks' words and names
    vectors.faiss      an inner-product index (cosine: vectors have norm 1)
    bm25/              BM25 scores by term

and, once the index is in use, suggestions.json, which `suggest` looks after: an index is whole
without it, and writing one removes it.

No file is a pickle. A folder is written under another name and moved into place when it is whole.
"""

from __future__ import annotations

import gc
import hashlib
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields
from pathlib import Path

from keynote_qa.dense import load_dense
from keynote_qa.errors import IndexStoreError
from keynote_qa.index import FORMAT_VERSION, Index
from keynote_qa.lexical import load_lexical
from keynote_qa.records import Manifest, SourceRecord
from keynote_qa.replacing import KEEP, MANIFEST, new_folder, put_in_place, unwritable
from keynote_qa.rows import (
    LINES,
    PASSAGES,
    ROWS,
    TALKS,
    read_passages,
    read_talks,
    write_passages,
    write_talks,
)

_WORDS = "words.json"
_VECTORS, _LEXICAL = "vectors.faiss", "bm25"

SUGGESTIONS = "suggestions.json"
UNFINISHED = ".suggestions-"
"""How the name of a file begins that will be `SUGGESTIONS` once it is whole."""

_HASHERS = 4


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
        temporary = new_folder(folder)
        write_talks(temporary, index.talks)
        write_passages(temporary, index.passages, index.columns)
        words = {"words": sorted(index.words), "names": sorted(index.names)}
        (temporary / _WORDS).write_text(_dump(words), "utf-8")
        faiss.write_index(index.faiss, str(temporary / _VECTORS))
        index.lexical.save(temporary / _LEXICAL)
        manifest = asdict(index.manifest) | {"files": _digests(temporary)}
        (temporary / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
        put_in_place(temporary, folder)
    except (OSError, RuntimeError) as error:  # FAISS reports what it cannot write as the latter
        raise unwritable(folder, error) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def load_index(folder: Path) -> Index:
    """Read and verify an index.

    Raises:
        IndexStoreError: there is none, or any file of it is missing, changed or malformed, or
            counts and dimensions disagree, or another took its place meanwhile. Nothing is
            half-read.
    """
    manifest = load_manifest(folder)
    # A large library is a million small objects, none of them garbage: looking for some among them
    # would take longer than making them.
    collecting = gc.isenabled()
    gc.disable()
    try:
        if not manifest.files.keys() >= {TALKS, LINES, PASSAGES, ROWS, _WORDS, _VECTORS}:
            raise IndexStoreError(_damaged(folder, f"{MANIFEST} does not tell of all its files"))
        with ThreadPoolExecutor(_HASHERS) as pool:
            found = list(pool.map(_sha256, [folder / name for name in manifest.files]))
        for name, digest in zip(manifest.files, found, strict=True):
            if digest != manifest.files[name]:
                raise IndexStoreError(_damaged(folder, f"{name} has changed since it was written"))
        talks = read_talks(folder)
        passages, columns = read_passages(folder)
        words = json.loads((folder / _WORDS).read_text("utf-8"))
        known = frozenset(words["words"]), frozenset(words["names"])
        dense = load_dense(folder / _VECTORS)
        lexical = load_lexical(folder / _LEXICAL)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise IndexStoreError(_damaged(folder, str(error))) from error
    finally:
        if collecting:
            gc.enable()
    if load_manifest(folder) != manifest:
        raise IndexStoreError(_damaged(folder, "another took its place while it was read"))
    rows = {dense.ntotal, len(passages), manifest.counts.get("passages"), lexical.count}
    if len(rows) != 1 or dense.d != manifest.dimension:
        raise IndexStoreError(_damaged(folder, "its parts have different sizes"))
    return Index(manifest, talks, passages, columns, dense, lexical, *known)


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
    except (OSError, ValueError, RecursionError) as error:
        raise IndexStoreError(_damaged(folder, f"{MANIFEST}: {error}")) from error
    try:
        if data["format_version"] != FORMAT_VERSION:
            raise IndexStoreError(_damaged(folder, "it was written by another version"))
        values = {field.name: data[field.name] for field in fields(Manifest)}
        values["requested"] = tuple(data["requested"])
        values["sources"] = tuple(SourceRecord(**source) for source in data["sources"])
        for name in ("files", "counts", "settings"):
            values[name] = dict(data[name])
        return Manifest(**values)
    except (KeyError, TypeError, ValueError) as error:
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
    ours = {MANIFEST, TALKS, LINES, PASSAGES, ROWS, _WORDS, _VECTORS, _LEXICAL, SUGGESTIONS, KEEP}
    foreign = sorted(
        path.name
        for path in folder.iterdir()
        if path.name not in ours and not path.name.startswith(UNFINISHED)
    )
    if foreign:
        raise IndexStoreError(
            f"{folder}: holds '{foreign[0]}', which is no part of an index, and writing one would "
            "remove it. Choose an empty or a new folder with --index DIR."
        )


def _dump(data: object) -> str:
    return json.dumps(data, ensure_ascii=False)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in files}
