"""From a question, and those before it, to an answer: understood, looked for, read, quoted."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice

from keynote_qa import answer, dialogue, refusal, text
from keynote_qa.about import about_the_whole
from keynote_qa.by_vector import ByVector
from keynote_qa.embed import Embedder
from keynote_qa.index import Index
from keynote_qa.names import names_in
from keynote_qa.overview import overview
from keynote_qa.people import asks_for_a_role, is_somebody_of_another
from keynote_qa.question import Wants, parts, wants
from keynote_qa.reader import Reader
from keynote_qa.reading import Evidence, Reading, together
from keynote_qa.records import Answer, Passage, Talk
from keynote_qa.retrieve import Query, retrieve
from keynote_qa.understanding import Understanding

OVERVIEW_CONFIDENCE = 0.7
"""How sure an answer from the outline is: as often as the outlines of unseen decks were right."""

KEPT_ANSWERS = 512
"""How many answers are kept, of the questions asked last: those on the screen are asked again and
again, and in a hall many ask the same."""


class Answerer:
    """Answers questions from some of the talks of an index.

    Whoever asks what was asked before gets the same answer at once: the talks that an index holds
    do not change, and nothing else goes into an answer. It is kept under the question as it was
    understood, so that the way of typing it makes no difference, and in memory alone.

    Args:
        index: the talks, cut and embedded.
        talks: those talks by name.
        embedder: the model by which the index was made.
        understanding: of questions about them.
        reader: reads them.
        keep: how many answers are kept; 0 keeps none.
    """

    def __init__(
        self,
        index: Index,
        talks: Mapping[str, Talk],
        embedder: Embedder,
        understanding: Understanding,
        reader: Reader,
        *,
        keep: int = KEPT_ANSWERS,
    ) -> None:
        self._index = index
        self._embedder = embedder
        self._reader = reader
        self._talks = talks
        self._understanding = understanding
        self._by_vector = ByVector(embedder.name)
        self._answered = lru_cache(maxsize=keep)(self._answer)

    def ask(self, question: str, history: Sequence[str], talks: Sequence[str]) -> Answer:
        """Answer a question, asked after those of `history`, from the talks of these names.

        Raises:
            QuestionError: the question is empty or too long.
        """
        started = time.perf_counter()
        alone = self._understanding.alone(question, history)
        about = self._understanding.new_name(question, alone)
        found = self._answered(alone, about, tuple(talks))
        elapsed_ms = round((time.perf_counter() - started) * 1000, 2)
        return replace(found, question=question, elapsed_ms=elapsed_ms)

    def search(self, alone: str, talks: Sequence[str], count: int) -> tuple[Passage, ...]:
        """The first slides in which an answer to a question, as understood, is looked for."""
        query = self.query(alone)
        hits = retrieve(self._index, query, talks=self._within(talks))
        ranked = self._reader.rank(query, hits)
        read = [slide.slide for _, slide in self._reader.ordered(query, ranked)]
        found = dict.fromkeys([*read, *(slide for _, slide in ranked.slides)])
        return tuple(self._index.passages[slide] for slide in islice(found, count))

    def query(self, alone: str) -> Query:
        """What is searched for: a question as it is understood, embedded."""
        vector = self._embedder.encode_query([alone])[0]
        gibberish = self._understanding.gibberish(alone)
        terms = tuple(text.tokenize(alone))
        small_talk = self._by_vector.small_talk(vector)
        lists = self._by_vector.asks_for_a_list(alone, vector)
        unsaid = self._by_vector.unsaid(vector)
        return Query(alone, terms, vector, gibberish, small_talk, lists, unsaid)

    def _answer(self, alone: str, about: str | None, talks: tuple[str, ...]) -> Answer:
        """The answer to a question as it is understood; `about`: as `Understanding.new_name`."""
        readings = self._of_the_whole(alone, talks)
        within = self._within(talks)
        asked: list[str] = []
        for part in () if readings else parts(alone):
            # The second part of a question leans on the first: "... and what does it cost?"
            asked.append(dialogue.stand_alone(part, asked, self._index.names))
            readings.append(self._read(asked[-1], within))
        # Whoever else is there holds no role for that.
        held = wants(alone) is Wants.PERSON and asks_for_a_role(alone)
        if about and not held and not (readings[0].answered and self._is_about(readings[0], about)):
            # What the talk says of the new name, whatever it is, is what a visitor wants to hear.
            reading = self._read(about, within)
            readings = [replace(reading, answered=self._is_about(reading, about))]
        reading = together(readings)
        return answer.to_answer(
            alone,
            reading,
            index=self._index,
            talks=self._talks,
            refusal=""
            if reading.answered
            else refusal.sentence(self._understanding.missing(alone)),
        )

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
        of_talk = self._index.rows_of(talk.name)
        rows = overview(about, self._index.passages, of_talk, talk.speaker)
        if not rows:
            return []
        evidence = tuple(Evidence(row, 0.0, quoted=True) for row in rows)
        return [Reading(True, OVERVIEW_CONFIDENCE, evidence)]

    def _read(self, question: str, talks: Sequence[str] | None) -> Reading:
        query = self.query(question)
        reading = self._reader.read(query, retrieve(self._index, query, talks=talks))
        if not (reading.answered and asks_for_a_role(question)):
            return reading
        elsewhere = self._quotes_another(question, reading.evidence[0].row)
        return replace(reading, answered=not elsewhere)

    def _quotes_another(self, question: str, row: int) -> bool:
        """Whether who is quoted holds the role that is asked for somewhere else."""
        quoted = self._index.passages[row]
        slide = self._index.passages[quoted.slide]
        said = f"{slide.way}\n{slide.text}"
        asked = names_in(question, self._index.names)
        return is_somebody_of_another(question, asked, quoted.text, said)

    def _is_about(self, reading: Reading, about: str) -> bool:
        """Whether the first passage holds the names that a question asks about."""
        if not reading.evidence:
            return False
        passage = self._index.passages[reading.evidence[0].row]
        return self._understanding.is_about(passage, about)
