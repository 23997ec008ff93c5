"""`KeynoteQA`: the only place where the parts are wired together."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from keynote_qa import (
    answer,
    dialogue,
    library,
    locations,
    outline,
    refusal,
    suggest,
    text,
)
from keynote_qa.about import about_the_whole
from keynote_qa.by_vector import ByVector
from keynote_qa.embed import DEFAULT_MODEL, Embedder, SentenceTransformerEmbedder
from keynote_qa.index import Index, Progress, build_index
from keynote_qa.library import BuildReport, Say
from keynote_qa.overview import overview
from keynote_qa.question import parts
from keynote_qa.reader import Reader
from keynote_qa.reading import Evidence, Reading, together
from keynote_qa.records import Answer, Citation, Passage, Slide, Suggestion, Talk
from keynote_qa.refusal import Missing
from keynote_qa.retrieve import Query, retrieve
from keynote_qa.scope import Scopes
from keynote_qa.span_reader import DEFAULT_READER, open_span_reader
from keynote_qa.spans import SpanReader
from keynote_qa.suggestions import Suggestions
from keynote_qa.understanding import Understanding

OVERVIEW_CONFIDENCE = 0.7
"""How sure an answer from the outline is: as often as the outlines of unseen decks were right."""


class KeynoteQA:
    """An assistant over the talks of one index.

    >>> qa = KeynoteQA.open()                      # doctest: +SKIP
    >>> qa.ask("How many countries does Trainline sell in?").citations[0].source  # doctest: +SKIP
    'reinvent-2016-werner-vogels.txt'
    """

    def __init__(
        self,
        index: Index,
        embedder: Embedder,
        span_reader: SpanReader | None,
        report: BuildReport,
        *,
        folder: Path | None = None,
        say: Say | None = None,
    ) -> None:
        self.index = index
        self._folder = folder
        self._say = say or (lambda _: None)
        self._suggestions: Suggestions | None = None
        self._suggesting = threading.Lock()
        self.embedder = embedder
        self._talks = {talk.name: talk for talk in index.talks}
        self._scopes = Scopes(index.talks)
        self._span_reader = span_reader
        self.reader = Reader(index, span_reader)
        self._understanding = Understanding(index.words, index.names, embedder.knows_word)
        self._by_vector = ByVector(embedder.name)
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
        suggest: bool = True,
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
            suggest: whether the questions to suggest are made now if none that fit are kept with
                the index, which takes a second or three; else when they are first asked for.

        Raises:
            SourceError, ModelError, IndexStoreError: each says what to do.
        """
        folder = Path(index) if index is not None else locations.default_index()
        found, report = library.open_library(
            folder,
            sources=sources,
            sources_known=sources is not None or index is None,
            embedder=(embedder := embedder or SentenceTransformerEmbedder(model)),
            say=say or (lambda _: None),
            progress=progress,
        )
        span_reader = open_span_reader(reader) if isinstance(reader, str) else reader
        assistant = cls(found, embedder, span_reader, report, folder=folder, say=say)
        if suggest:
            assistant.prepare_suggestions()
        return assistant

    def over(
        self,
        talk: Talk,
        passages: Sequence[Passage],
        *,
        embedder: Embedder | None = None,
        progress: Progress | None = None,
    ) -> KeynoteQA:
        """An assistant by the same models over one more talk, in memory alone.

        It suggests no questions: none was tried.

        Args:
            talk: what it answers from.
            passages: those that the talk was cut into.
            embedder: embeds the passages, with the same weights, if its own shall not.
            progress: called with rows embedded and rows to embed.
        """
        index, _ = build_index(
            [talk],
            passages,
            embedder or self.embedder,
            settings={},
            requested=(),
            sources=(),
            progress=progress,
        )
        report = BuildReport(1, len(passages), len(passages), 0, ())
        assistant = KeynoteQA(index, self.embedder, self._span_reader, report)
        assistant._suggestions = Suggestions((), assistant.talks)
        return assistant

    @property
    def talks(self) -> tuple[Talk, ...]:
        """The talks that are answered from, in order."""
        return self.index.talks

    def slides(self, talk: Talk) -> tuple[Slide, ...]:
        """The outline of one talk: its slides in order, each with its title and way down."""
        return outline.read_outline(talk).slides

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """Questions that the talks are known to answer: those given with them, and made ones."""
        return self.prepare_suggestions().all

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who speaks in the talks, as far as it is known, in alphabetical order."""
        return self._scopes.speakers

    def starters(
        self, count: int = 4, *, talk: str | None = None, speaker: str | None = None
    ) -> tuple[str, ...]:
        """Questions to start with: first those given with the talks, then others of all kinds.

        Args:
            count: how many at most.
            talk: the name of the one talk that they shall be about.
            speaker: whose talks they shall be about.

        Raises:
            QuestionError: there is no such talk or speaker.
        """
        talks = self._scopes.talks(talk=talk, speaker=speaker)
        return self.prepare_suggestions().starters(count, talks=talks)

    def related(
        self,
        answer: Answer,
        *,
        asked: Sequence[str] = (),
        count: int = 3,
        talk: str | None = None,
        speaker: str | None = None,
    ) -> tuple[str, ...]:
        """Questions on the subject of an answer that the talks answer too, nearest first.

        Args:
            answer: what was answered, or refused: then it is what came closest that counts.
            asked: the questions of the conversation; none of them is given again.
            count: how many at most.
            talk: the name of the one talk that they shall be about.
            speaker: whose talks they shall be about.

        Raises:
            QuestionError: there is no such talk or speaker.
        """
        talks = self._scopes.talks(talk=talk, speaker=speaker)
        return self.prepare_suggestions().related(answer, asked=asked, count=count, talks=talks)

    def prepare_suggestions(self) -> Suggestions:
        """The questions to suggest, from beside the index if they fit it, else made and kept there.

        Where they cannot be kept they are made once for as long as the assistant lives.
        """
        with self._suggesting:
            if self._suggestions is None:
                found = suggest.kept_or_made(
                    self._folder,
                    self.index,
                    reader=self.reader.name,
                    ask=self.ask,
                    is_word=self.embedder.knows_word,
                    say=self._say,
                )
                self._suggestions = Suggestions(found, self.talks)
            return self._suggestions

    def ask(
        self,
        question: str,
        *,
        history: Sequence[str] = (),
        talk: str | None = None,
        speaker: str | None = None,
    ) -> Answer:
        """Answer a question with quotations from the talk.

        Args:
            question: in the visitor's own words, at most `MAX_QUESTION_CHARACTERS`.
            history: the earlier questions of the conversation, oldest first; only a question
                that does not stand alone ("And Hearst?") is understood through them.
            talk: the name of the one talk to answer from.
            speaker: whose talks to answer from.

        Raises:
            QuestionError: the question is empty or too long, or there is no such talk or speaker.
        """
        started = time.perf_counter()
        talks = self._scopes.talks(talk=talk, speaker=speaker)
        alone = self.understood(question, history)
        readings = self._of_the_whole(alone, talks)
        within = self._within(talks)
        asked: list[str] = []
        for part in () if readings else parts(alone):
            # The second part of a question leans on the first: "... and what does it cost?"
            asked.append(dialogue.stand_alone(part, asked, self.index.names))
            readings.append(self._read(asked[-1], within))
        about = self._understanding.new_name(question, alone)
        if about and not (readings[0].answered and self._is_about(readings[0], about)):
            # What the talk says of the new name, whatever it is, is what a visitor wants to hear.
            reading = self._read(about, within)
            readings = [replace(reading, answered=self._is_about(reading, about))]
        return answer.to_answer(
            question,
            reading := together(readings),
            index=self.index,
            talks=self._talks,
            refusal="" if reading.answered else refusal.sentence(self.missing(alone)),
            elapsed_ms=(time.perf_counter() - started) * 1000,
        )

    def search(
        self,
        question: str,
        *,
        history: Sequence[str] = (),
        talk: str | None = None,
        speaker: str | None = None,
        count: int = 10,
    ) -> tuple[Passage, ...]:
        """The slides in which an answer is looked for, best first, whether or not there is one.

        Args:
            question: as of `ask`, and so are the others.
            count: how many at most.

        Raises:
            QuestionError: as of `ask`.
        """
        talks = self._scopes.talks(talk=talk, speaker=speaker)
        query = self.understand(question, history)
        hits = retrieve(self.index, query, talks=self._within(talks))
        ranked = self.reader.rank(query, hits)
        read = [slide.slide for _, slide in self.reader.ordered(query, ranked)]
        found = dict.fromkeys([*read, *(slide for _, slide in ranked.slides)])
        return tuple(self.index.passages[slide] for slide in islice(found, count))

    def understood(self, question: str, history: Sequence[str] = ()) -> str:
        """A question as it is understood: standing alone, its typing errors mended.

        Raises:
            QuestionError: the question is empty or too long.
        """
        return self._understanding.alone(question, history)

    def understand(self, question: str, history: Sequence[str] = ()) -> Query:
        """A question as it is searched for: as it is understood, embedded.

        Raises:
            QuestionError: the question is empty or too long.
        """
        return self._query(self.understood(question, history))

    def _query(self, question: str) -> Query:
        vector = self.embedder.encode_query([question])[0]
        gibberish = self._understanding.gibberish(question)
        terms = tuple(text.tokenize(question))
        small_talk = self._by_vector.small_talk(vector)
        lists = self._by_vector.asks_for_a_list(question, vector)
        return Query(question, terms, vector, gibberish, small_talk, lists)

    def _within(self, talks: Sequence[str]) -> Sequence[str] | None:
        """The talks that a search is limited to; None where it is not."""
        return None if len(talks) == len(self._talks) else talks

    def _of_the_whole(self, question: str, talks: Sequence[str]) -> list[Reading]:
        """The answer to a question about the talk as a whole, if its structure gives one."""
        if len(talks) != 1:
            return []
        talk = self._talks[talks[0]]
        told = " ".join(filter(None, (talk.title, talk.event, talk.speaker)))
        about = about_the_whole(question, set(text.fold(told).split()))
        if about is None:
            return []
        of_talk = self.index.rows_of(talk.name)
        rows = overview(about, self.index.passages, of_talk, talk.speaker)
        if not rows:
            return []
        evidence = tuple(Evidence(row, 0.0, quoted=True) for row in rows)
        return [Reading(True, OVERVIEW_CONFIDENCE, evidence)]

    def _read(self, question: str, talks: Sequence[str] | None) -> Reading:
        query = self._query(question)
        return self.reader.read(query, retrieve(self.index, query, talks=talks))

    def _is_about(self, reading: Reading, about: str) -> bool:
        """Whether the first passage holds the names that a question asks about."""
        if not reading.evidence:
            return False
        passage = self.index.passages[reading.evidence[0].row]
        return self._understanding.is_about(passage, about)

    def missing(self, question: str) -> Missing:
        """What the talk does not say, of a question that it does not answer.

        Args:
            question: as it was understood.
        """
        return self._understanding.missing(question)

    def cite(self, row: int) -> Citation:
        """A passage of the index as a citation, for whoever has only its row.

        Raises:
            IndexError: the index has no such row.
        """
        evidence = Evidence(range(len(self.index.passages))[row], 0.0)
        return answer.to_citation(1, evidence, self.index, self._talks)
