"""`KeynoteQA`: the only place where the parts are wired together."""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from keynote_qa import (
    answer,
    dialogue,
    locations,
    outline,
    overview,
    passages,
    pieces,
    recurring,
    refusal,
    segments,
    shapes,
    signals,
    spelling,
    text,
    titles,
)
from keynote_qa.embed import DEFAULT_MODEL, Embedder, SentenceTransformerEmbedder
from keynote_qa.errors import IndexStoreError, QuestionError, SourceError
from keynote_qa.index import Index, Progress, build_index
from keynote_qa.question import parts
from keynote_qa.reader import Evidence, Reader, Reading, together
from keynote_qa.records import Answer, Manifest, Passage, Slide, SourceRecord, Talk
from keynote_qa.retrieve import Query, retrieve
from keynote_qa.sources import (
    captions,
    deck,
    document,
    docx,
    find_sources,
    html,
    load_talk,
    pdf,
    plain,
    pptx,
    prose,
)
from keynote_qa.span_reader import DEFAULT_READER, SpanReader, open_span_reader
from keynote_qa.store import MANIFEST, load_index, load_manifest, save_index, sole_writer

MAX_QUESTION_CHARACTERS = 1000
OVERVIEW_CONFIDENCE = 0.7
"""How sure an answer from the outline is: as often as the outlines of unseen decks were right."""

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


class KeynoteQA:
    """An assistant over the talks of one index.

    >>> qa = KeynoteQA.open()                      # doctest: +SKIP
    >>> qa.ask("What is AWS Glue?").answer         # doctest: +SKIP
    'AWS Glue\\nFully-managed data catalog and ETL service'
    """

    def __init__(
        self,
        index: Index,
        embedder: Embedder,
        span_reader: SpanReader | None,
        report: BuildReport,
    ) -> None:
        self.index = index
        self._embedder = embedder
        self._talks = {talk.name: talk for talk in index.talks}
        self.reader = Reader(index, span_reader)
        texts = [line.text for talk in index.talks for line in talk.lines]
        self._words = text.vocabulary(passage.text for passage in index.passages)
        self._names = dialogue.names_of(texts)
        self.report = report

    @classmethod
    def open(
        cls,
        index: str | Path | None = None,
        *,
        sources: Sequence[str | Path] | None = None,
        model: str = DEFAULT_MODEL,
        embedder: Embedder | None = None,
        reader: str | SpanReader = DEFAULT_READER,
        say: Say | None = None,
        progress: Progress | None = None,
    ) -> KeynoteQA:
        """Open an index, made or remade first where it does not fit its sources or the model.

        Args:
            index: the folder of the index; without it, `index/` in a checkout, else a folder in
                the user's cache.
            sources: files, or folders of files, that the index shall hold; without them, what it
                was made of, and for a new one the talk that comes with the package.
            model: a sentence-transformers model by name or path; `embedder` takes its place.
            say: called with a line for each thing worth knowing ("building the index …").
            progress: called with rows embedded and rows to embed.

        Raises:
            SourceError, ModelError, IndexStoreError: each says what to do.
        """
        folder = Path(index) if index is not None else locations.default_index()
        say = say or (lambda _: None)
        manifest = _manifest(folder, say, known=sources is not None or index is None)
        requested = _requested(sources, manifest)
        try:
            files, skipped = find_sources(requested)
            talks, records, unread = _load_talks(files, named=frozenset(requested))
            skipped += unread
        except SourceError as error:
            if sources is not None or manifest is None:
                raise
            say(f"{error} Answering from the copy in {folder}.")
            talks, records, skipped = [], manifest.sources, []
        embedder = embedder or SentenceTransformerEmbedder(model)
        span_reader = open_span_reader(reader) if isinstance(reader, str) else reader
        old, stale = _stored(folder, manifest, requested, records, embedder)
        if old is not None and stale is None:
            return cls(old, embedder, span_reader, _report(old, 0, skipped, up_to_date=True))
        if not talks:
            raise IndexStoreError(
                f"{folder}: the index cannot be used, and its sources are gone. Build it again "
                f"with: keynote-qa index PATH --index {folder}"
            )
        with sole_writer(folder, say):
            # Somebody else may have built it meanwhile.
            manifest = _manifest(folder, say, known=True)
            old, stale = _stored(folder, manifest, requested, records, embedder)
            if old is not None and stale is None:
                return cls(old, embedder, span_reader, _report(old, 0, skipped, up_to_date=True))
            say(f"{stale or 'no index yet'}: building {folder}")
            cut: list[Passage] = []
            for talk in talks:
                cut += passages.to_passages(talk, first_row=len(cut))
            built, reused = build_index(
                talks,
                cut,
                embedder,
                settings=_settings(),
                requested=[str(path) for path in requested],
                sources=records,
                reuse=old,
                progress=progress,
            )
            save_index(built, folder)
        return cls(built, embedder, span_reader, _report(built, reused, skipped))

    @property
    def talks(self) -> tuple[Talk, ...]:
        """The talks that are answered from, in order."""
        return self.index.talks

    def slides(self, talk: Talk) -> tuple[Slide, ...]:
        """The outline of one talk: its slides in order, each with its title and way down."""
        return outline.read_outline(talk).slides

    def ask(self, question: str, *, history: Sequence[str] = (), talk: str | None = None) -> Answer:
        """Answer a question with quotations from the talk.

        Args:
            question: in the visitor's own words, at most `MAX_QUESTION_CHARACTERS`.
            history: the earlier questions of the conversation, oldest first; only a question
                that does not stand alone ("And Hearst?") is understood through them.
            talk: the name of the one talk to answer from.

        Raises:
            QuestionError: the question is empty or too long, or there is no such talk.
        """
        started = time.perf_counter()
        if talk is not None and talk not in self._talks:
            known = ", ".join(sorted(self._talks))
            raise QuestionError(f"No talk is named '{talk}'. There are: {known}.")
        alone = self.understood(question, history)
        readings = self._of_the_whole(alone, talk)
        asked: list[str] = []
        for part in () if readings else parts(alone):
            # The second part of a question leans on the first: "... and what does it cost?"
            asked.append(dialogue.stand_alone(part, asked, self._names))
            readings.append(self._read(asked[-1], talk))
        about = dialogue.about(_clean(question), alone)
        if (
            about
            and dialogue.names_in(about, self._names)
            and not (readings[0].answered and self._is_about(readings[0], about))
        ):
            # What the talk says of the new name, whatever it is, is what a visitor wants to hear.
            reading = self._read(about, talk)
            readings = [replace(reading, answered=self._is_about(reading, about))]
        return answer.to_answer(
            question,
            reading := together(readings),
            passages=self.index.passages,
            talks=self._talks,
            refusal="" if reading.answered else self._refusal(alone),
            elapsed_ms=(time.perf_counter() - started) * 1000,
        )

    def understood(self, question: str, history: Sequence[str] = ()) -> str:
        """A question as it is understood: standing alone, its typing errors mended.

        Raises:
            QuestionError: the question is empty or too long.
        """
        asked = _clean(question)
        earlier = [_printable(past)[:MAX_QUESTION_CHARACTERS] for past in history]
        alone = dialogue.stand_alone(asked, [past for past in earlier if past], self._names)
        return spelling.mend(alone, self._words, self._embedder.knows_word)

    def understand(self, question: str, history: Sequence[str] = ()) -> Query:
        """A question as it is searched for: as it is understood, embedded.

        Raises:
            QuestionError: the question is empty or too long.
        """
        return self._query(self.understood(question, history))

    def _query(self, question: str) -> Query:
        vector = self._embedder.encode([question])[0]
        return Query(question, tuple(text.tokenize(question)), vector)

    def _of_the_whole(self, question: str, talk: str | None) -> list[Reading]:
        """The answer to a question about the talk as a whole, if its structure gives one."""
        about = overview.about_the_whole(question)
        rows = overview.overview(about, self.index.passages, talk=talk) if about else ()
        if not rows:
            return []
        evidence = tuple(Evidence(row, 0.0) for row in rows)
        return [Reading(True, OVERVIEW_CONFIDENCE, evidence, shown=len(rows))]

    def _read(self, question: str, talk: str | None) -> Reading:
        query = self._query(question)
        return self.reader.read(query, retrieve(self.index, query, talk=talk))

    def _is_about(self, reading: Reading, about: str) -> bool:
        """Whether the first passage holds the names that a question asks about."""
        names = dialogue.names_in(about, self._names)
        if not reading.evidence:
            return False
        passage = self.index.passages[reading.evidence[0].row]
        said = set(text.tokenize(f"{passage.way} {passage.text}"))
        return all(set(text.tokenize(name)) <= said for name in names)

    def _refusal(self, question: str) -> str:
        names = dialogue.names_in(question, self._names)
        strange = [n for n in names if not text.vocabulary([n]) & self._words]
        return refusal.refusal(question, [n for n in names if n not in strange], strange)


def why_stale(folder: Path, embedder: Embedder) -> str | None:
    """What about an index no longer fits its sources or the model, in words; None if it fits.

    Raises:
        IndexStoreError: there is no index.
        SourceError: the sources cannot be read.
    """
    manifest = load_manifest(folder)
    requested = _requested(None, manifest)
    files, _ = find_sources(requested)
    _, records, _ = _load_talks(files, named=frozenset(requested))
    return _why_stale(manifest, requested, records, embedder)


def _printable(line: str) -> str:
    """Text without control characters, white space squeezed."""
    return " ".join("".join(char if char.isprintable() else " " for char in line).split())


def _clean(question: str) -> str:
    """The question as it can be read.

    Raises:
        QuestionError: nothing is left, or it is too long.
    """
    cleaned = _printable(question)
    if not cleaned:
        raise QuestionError("The question is empty. Ask something about the talk.")
    if len(cleaned) > MAX_QUESTION_CHARACTERS:
        raise QuestionError(
            f"The question is too long ({len(cleaned):,} characters). "
            f"Ask in at most {MAX_QUESTION_CHARACTERS:,}."
        )
    return cleaned


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


def _requested(sources: Sequence[str | Path] | None, manifest: Manifest | None) -> list[Path]:
    if sources is not None:
        return [Path(source).absolute() for source in sources]
    if manifest is not None:
        return [Path(path) for path in manifest.requested]
    return [locations.default_sources()]


def _load_talks(
    files: Sequence[Path], *, named: frozenset[Path]
) -> tuple[list[Talk], tuple[SourceRecord, ...], list[str]]:
    """The talks, what the manifest remembers of them, and a line for each file passed over.

    Of a folder, what cannot be read is passed over; a file that was `named` must be readable.
    """
    stems = Counter(file.stem for file in files)
    shared = Path(os.path.commonpath([file.parent for file in files]))
    talks: list[Talk] = []
    records: list[SourceRecord] = []
    unread: list[str] = []
    for file in files:
        # Two talks of one name: the way to the file tells them apart, its suffix included.
        unique = stems[file.stem] == 1
        name = None if unique else file.relative_to(shared).as_posix()
        try:
            talk = load_talk(file, name=name)
        except SourceError as error:
            if file in named or len(files) == 1:
                raise
            unread.append(f"skipped {error}")
            continue
        digest = hashlib.sha256(file.read_bytes())
        sidecar = file.with_suffix(".toml")
        if sidecar.is_file():
            digest.update(sidecar.read_bytes())
        talks.append(talk)
        records.append(SourceRecord(talk.name, str(file), digest.hexdigest(), len(talk.lines)))
    if not talks:
        raise SourceError("None of the files could be read:\n" + "\n".join(unread))
    return talks, tuple(records), unread


def _stored(
    folder: Path,
    manifest: Manifest | None,
    requested: Sequence[Path],
    records: Sequence[SourceRecord],
    embedder: Embedder,
) -> tuple[Index | None, str | None]:
    """The index in a folder if it can be read, and what about it no longer fits, in words."""
    stale = _why_stale(manifest, requested, records, embedder)
    if manifest is None:
        return None, stale
    try:
        return load_index(folder), stale
    except IndexStoreError as error:
        return None, str(error).removesuffix(".")


def _why_stale(
    manifest: Manifest | None,
    requested: Sequence[Path],
    records: Sequence[SourceRecord],
    embedder: Embedder,
) -> str | None:
    """What about an index no longer fits, in words; None if it fits."""
    if manifest is None:
        return None
    if manifest.model_sha256 != embedder.sha256:
        return f"the model is now {embedder.name}"
    if manifest.settings != _settings():
        return "the rules for cutting passages have changed"
    if tuple(str(path) for path in requested) != manifest.requested:
        return "other sources are asked for"
    if tuple(records) != manifest.sources:
        return "the sources have changed"
    return None


@cache
def _settings() -> dict[str, int | float | str]:
    """What a passage depends on beside its source: the code that cuts it."""
    digest = hashlib.sha256()
    formats = (plain, deck, prose, captions, document, docx, html, pdf, pptx)
    structure = (shapes, recurring, signals, titles, segments, outline, pieces, passages)
    rules = (text, *formats, *structure)
    for path in [*(Path(str(module.__file__)) for module in rules), titles.WEIGHTS]:
        digest.update(path.read_bytes())
    return {"max_characters": pieces.MAX_CHARACTERS, "rules_sha256": digest.hexdigest()}


def _report(
    index: Index, reused: int, skipped: Sequence[str], *, up_to_date: bool = False
) -> BuildReport:
    rows = len(index.passages)
    reused = rows if up_to_date else reused
    return BuildReport(
        len(index.talks), rows, rows - reused, reused, tuple(skipped), up_to_date=up_to_date
    )
