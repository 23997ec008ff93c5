"""An index and its sources: opened where it fits them, made or remade where it does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from keynote_qa import freshness, passages
from keynote_qa.embed import Embedder
from keynote_qa.errors import IndexStoreError, SourceError
from keynote_qa.index import Index, Progress, build_index
from keynote_qa.records import Manifest, Passage, SourceRecord, Talk
from keynote_qa.replacing import MANIFEST, put_back, sole_writer
from keynote_qa.sources import find_sources, load_talk
from keynote_qa.store import load_index, load_manifest, save_index

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What building an index did: how much was read, and how much of it was new."""

    talks: int
    passages: int
    embedded: int
    reused: int
    skipped: tuple[str, ...]
    up_to_date: bool = False


def open_library(
    folder: Path,
    *,
    sources: Sequence[str | Path] | None,
    sources_known: bool,
    embedder: Embedder,
    say: Say,
    progress: Progress | None = None,
) -> tuple[Index, BuildReport]:
    """The index in a folder, made or remade first where it does not fit its sources or the model.

    Args:
        folder: of the index.
        sources: what it shall hold; without them, what it was made of, and for a new one the talk
            that comes with the package.
        sources_known: whether what it shall hold is known without its manifest.
        embedder: by whose weights it is made.
        say: called with a line for each thing worth knowing.
        progress: called with rows embedded and rows to embed.

    Raises:
        SourceError, IndexStoreError: each says what to do.
    """
    put_back(folder, say)
    manifest = _manifest(folder, say, known=sources_known)
    requested = freshness.requested(sources, manifest)
    try:
        files, skipped = find_sources(requested)
        records = freshness.records(files)
    except SourceError as error:
        if sources is not None or manifest is None:
            raise
        say(f"{error} Answering from the copy in {folder}.")
        files, skipped, records = [], [], manifest.sources
    old, stale = _stored(folder, manifest, requested, records, embedder)
    if old is not None and stale is None:
        return old, _report(old, 0, skipped, up_to_date=True)
    if not files:
        raise IndexStoreError(
            f"{folder}: the index cannot be used, and its sources are gone. Build it again "
            f"with: keynote-qa index PATH --index {folder}"
        )
    try:
        earlier, kept = old, _unchanged(old)
        talks, unread = _read_talks(records, requested, kept)
    except SourceError as error:
        if sources is not None or old is None or old.manifest.model_sha256 != embedder.sha256:
            raise
        say(f"{error} Answering from the copy in {folder}.")
        return old, _report(old, 0, skipped, up_to_date=True)
    with sole_writer(folder, say):
        # Somebody else may have built it meanwhile.
        manifest = _manifest(folder, say, known=True)
        old, stale = _stored(folder, manifest, requested, records, embedder)
        if old is not None and stale is None:
            return old, _report(old, 0, skipped, up_to_date=True)
        say(f"{stale or 'no index yet'}: building {folder}")
        cut: list[Passage] = []
        for talk in talks:
            same = earlier if talk is kept.get(talk.name, (None, None))[1] else None
            cut += _cut(talk, same, first_row=len(cut))
        built, reused = build_index(
            talks,
            cut,
            embedder,
            settings=freshness.settings(),
            requested=[str(path) for path in requested],
            sources=records,
            reuse=old,
            progress=progress,
        )
        save_index(built, folder)
    return built, _report(built, reused, [*skipped, *unread])


def why_stale(folder: Path, embedder: Embedder) -> str | None:
    """What about an index no longer fits its sources or the model, in words; None if it fits.

    Raises:
        IndexStoreError: there is no index.
        SourceError: the sources cannot be read.
    """
    manifest = load_manifest(folder)
    requested = freshness.requested(None, manifest)
    files, _ = find_sources(requested)
    return freshness.why_stale(manifest, requested, freshness.records(files), embedder)


def _manifest(folder: Path, say: Say, *, known: bool) -> Manifest | None:
    """The manifest of an index that exists; `known` says that its sources need not be in it."""
    if not (folder / MANIFEST).exists():
        return None
    try:
        return load_manifest(folder)
    except IndexStoreError as error:
        if not known:
            raise
        say(str(error))
        return None


def _unchanged(old: Index | None) -> dict[str, tuple[SourceRecord, Talk]]:
    """The talks of an index that were read by the present rules, and what from, by name."""
    if old is None or old.manifest.settings != freshness.settings():
        return {}
    talks = {talk.name: talk for talk in old.talks}
    records = (record for record in old.manifest.sources if record.name in talks)
    return {record.name: (record, talks[record.name]) for record in records}


def _cut(talk: Talk, same: Index | None, *, first_row: int) -> Sequence[Passage]:
    """The passages of a talk; those of the index `same`, if it holds the very talk."""
    if same is None:
        return passages.to_passages(talk, first_row=first_row)
    rows = same.rows_of(talk.name)
    moved = first_row - rows.start
    found = same.passages[rows.start : rows.stop]
    return [replace(passage, slide=passage.slide + moved) for passage in found]


def _read_talks(
    records: Sequence[SourceRecord],
    requested: Sequence[Path],
    kept: Mapping[str, tuple[SourceRecord, Talk]],
) -> tuple[list[Talk], list[str]]:
    """The talks, and a line for each file of a folder that cannot be read and is passed over.

    A file from which the talk of its name in `kept` was read is not read again.

    Raises:
        SourceError: a file that was named outright cannot be read, or none can.
    """
    talks: list[Talk] = []
    unread: list[str] = []
    for record in records:
        read_from, talk = kept.get(record.name, (None, None))
        if talk is not None and read_from == record:
            talks.append(talk)
            continue
        try:
            talks.append(load_talk(Path(record.path), name=record.name))
        except SourceError as error:
            if Path(record.path) in requested or len(records) == 1:
                raise
            unread.append(f"skipped {error}")
    if not talks:
        raise SourceError("None of the files could be read:\n" + "\n".join(unread))
    return talks, unread


def _stored(
    folder: Path,
    manifest: Manifest | None,
    requested: Sequence[Path],
    records: Sequence[SourceRecord],
    embedder: Embedder,
) -> tuple[Index | None, str | None]:
    """The index in a folder if it can be read, and what about it no longer fits, in words."""
    stale = freshness.why_stale(manifest, requested, records, embedder)
    if manifest is None:
        return None, stale
    try:
        return load_index(folder), stale
    except IndexStoreError as error:
        return None, str(error).removesuffix(".")


def _report(
    index: Index, reused: int, skipped: Sequence[str], *, up_to_date: bool = False
) -> BuildReport:
    rows = len(index.passages)
    reused = rows if up_to_date else reused
    return BuildReport(
        len(index.talks), rows, rows - reused, reused, tuple(skipped), up_to_date=up_to_date
    )
