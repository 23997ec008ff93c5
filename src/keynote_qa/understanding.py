"""A visitor's question as it is understood: readable, standing alone, its typing errors mended."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from keynote_qa import dialogue, refusal, spelling, text
from keynote_qa.errors import QuestionError
from keynote_qa.names import names_in
from keynote_qa.people import names_a_role
from keynote_qa.records import Passage
from keynote_qa.refusal import Missing

MAX_QUESTION_CHARACTERS = 1000
_OWNED = re.compile(r"['’]s$")


@dataclass(frozen=True, slots=True)
class Understanding:
    """What questions about some talks are understood by: the talks' words and names.

    `is_word` says whether a case-folded word is one of the language, not a typing error; `beside`
    what stands beside each word in the names.
    """

    words: frozenset[str]
    names: frozenset[str]
    is_word: Callable[[str], bool]
    beside: Mapping[str, frozenset[str]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "beside", spelling.partners(self.names))

    def alone(self, question: str, history: Sequence[str]) -> str:
        """A question as it is understood after those of `history`, oldest first.

        Raises:
            QuestionError: the question is empty or too long.
        """
        asked = cleaned(question)
        earlier = [text.printable(past)[:MAX_QUESTION_CHARACTERS] for past in history]
        alone = dialogue.stand_alone(asked, [past for past in earlier if past], self.names)
        return spelling.mend(alone, self.words, self.is_word, self.beside)

    def gibberish(self, alone: str) -> float:
        """The share of a question's words that are neither the talks' nor the language's."""
        return spelling.gibberish(alone, self.words, self.is_word)

    def new_name(self, question: str, alone: str) -> str | None:
        """What a follow-up asks for that only names something: "Twilio", of "And Twilio?".

        Args:
            question: as it was asked.
            alone: as it is understood.
        """
        about = dialogue.about(cleaned(question), alone)
        # What it begins with is what is asked about, if that is all it says: "Hearst?"
        return about if about and names_in(f"of {about}", self.names) else None

    def is_about(self, passage: Passage, about: str) -> bool:
        """Whether a passage, or what stands over it, holds the names in a text."""
        said = set(text.tokenize(f"{passage.way} {passage.text}"))
        names = names_in(about, self.names)
        return all(set(text.tokenize(name)) <= said for name in names)

    def missing(self, alone: str) -> Missing:
        """What the talks do not say, of a question that they do not answer."""
        # A figure has no words: it is none of the names that a talk could lack.
        found = [_OWNED.sub("", name) for name in names_in(alone, self.names)]
        found = [name for name in found if not names_a_role(name)] or found
        names = {name: text.vocabulary([name]) for name in found}
        known = [name for name, words in names.items() if words & self.words]
        strange = [name for name, words in names.items() if words and name not in known]
        return refusal.missing(alone, known, strange)


def cleaned(question: str) -> str:
    """A question as it can be read.

    Raises:
        QuestionError: nothing is left, or it is too long.
    """
    readable = text.printable(question)
    if not readable:
        raise QuestionError("The question is empty. Ask something about the talk.", key="empty")
    if len(readable) > MAX_QUESTION_CHARACTERS:
        n, most = f"{len(readable):,}", f"{MAX_QUESTION_CHARACTERS:,}"
        raise QuestionError(
            f"The question is too long ({n} characters). Ask in at most {most}.",
            key="long",
            n=n,
            most=most,
        )
    return readable
