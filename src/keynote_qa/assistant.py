"""`KeynoteQA`: the only place where the parts are wired together."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from keynote_qa import (
    answer,
    library,
    locations,
    outline,
    suggest,
)
from keynote_qa.answering import KEPT_ANSWERS, Answerer
from keynote_qa.embed import DEFAULT_MODEL, Embedder, SentenceTransformerEmbedder
from keynote_qa.index import Index, Progress, build_index
from keynote_qa.library import BuildReport, Say
from keynote_qa.reader import Reader
from keynote_qa.reading import Evidence
from keynote_qa.records import Answer, Citation, Passage, Slide, Suggestion, Talk
from keynote_qa.refusal import Missing
from keynote_qa.retrieve import Query
from keynote_qa.scope import Scopes
from keynote_qa.span_reader import DEFAULT_READER, open_span_reader
from keynote_qa.spans import SpanReader
from keynote_qa.suggestions import Suggestions
from keynote_qa.understanding import Understanding


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
        keep_answers: int = KEPT_ANSWERS,
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
        self._answerer = Answerer(
            index, self._talks, embedder, self._understanding, self.reader, keep=keep_answers
        )
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
        keep_answers: int = KEPT_ANSWERS,
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
            keep_answers: how many answers are kept in memory for whoever asks the same again; 0
                keeps none.

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
        assistant = cls(
            found,
            embedder,
            span_reader,
            report,
            folder=folder,
            say=say,
            keep_answers=keep_answers,
        )
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

        It suggests no questions, for none was tried, and keeps no answers.

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
        assistant = KeynoteQA(index, self.embedder, self._span_reader, report, keep_answers=0)
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
        talks = self._scopes.talks(talk=talk, speaker=speaker)
        return self._answerer.ask(question, history, talks)

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
        return self._answerer.search(self.understood(question, history), talks, count)

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
        return self._answerer.query(self.understood(question, history))

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
