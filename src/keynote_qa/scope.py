"""Which talks a question is answered from: all of them, one, or those of one speaker."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from keynote_qa.errors import QuestionError
from keynote_qa.records import Talk
from keynote_qa.text import fold

_MOST_NAMED = 10


class Scopes:
    """The talks of an index, to be chosen from."""

    def __init__(self, talks: Sequence[Talk]) -> None:
        self._names = tuple(talk.name for talk in talks)
        self._known = frozenset(self._names)
        self._by_speaker: dict[str, list[str]] = {}
        self._spelt: dict[str, str] = {}
        for talk in talks:
            if talk.speaker:
                self._by_speaker.setdefault(fold(talk.speaker), []).append(talk.name)
                self._spelt.setdefault(fold(talk.speaker), talk.speaker)

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who speaks in the talks, each once, in alphabetical order."""
        return tuple(sorted(self._spelt.values(), key=fold))

    def talks(self, *, talk: str | None = None, speaker: str | None = None) -> tuple[str, ...]:
        """The names of the talks of a choice, in order; all of them where nothing is chosen.

        Raises:
            QuestionError: there is no such talk, no such speaker, or not that talk by that speaker.
        """
        if talk is not None and talk not in self._known:
            raise QuestionError(f"No talk is named '{talk}'. There are: {_named(self._names)}.")
        if speaker is None:
            return self._names if talk is None else (talk,)
        theirs = self._by_speaker.get(fold(speaker))
        if not theirs:
            told = f" There are: {_named(self.speakers)}." if self._spelt else ""
            raise QuestionError(f"No talk's speaker is named '{speaker}'.{told}")
        if talk is not None and talk not in theirs:
            raise QuestionError(f"The talk '{talk}' is not by '{speaker}'.")
        return tuple(theirs) if talk is None else (talk,)


def _named(names: Iterable[str]) -> str:
    shown = sorted(names)
    more = f" and {len(shown) - _MOST_NAMED} more" if len(shown) > _MOST_NAMED else ""
    return ", ".join(shown[:_MOST_NAMED]) + more
