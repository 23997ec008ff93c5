"""What has been asked since the server started, counted in memory: nothing of who asked.

All of it is bounded, so that a server that runs for weeks keeps no more than one that runs for
days; and all of it is gone when the server stops.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from keynote_qa.text import fold, printable

HOURS = 48
"""How many hours are counted, the running one included."""

MAX_UNANSWERED = 200
"""Different questions without an answer that are kept; the one asked longest ago goes first."""

MAX_TIMED = 1000
"""Latest answers of which it is known how long they took."""

_HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour's questions.

    Attributes:
        start: when it began, in seconds since 1970.
        answered: questions that the talk answers.
        unanswered: those of which it was said that the talk doesn't say.
        failed: those that got neither, because of an error or too many that waited.
    """

    start: float
    answered: int = 0
    unanswered: int = 0
    failed: int = 0

    @property
    def asked(self) -> int:
        """All of them."""
        return self.answered + self.unanswered + self.failed


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that the talk doesn't answer.

    Attributes:
        question: as it was last asked.
        understood: as it was understood, where that is something else.
        times: how often it was asked.
        last: when it was last asked, in seconds since 1970.
    """

    question: str
    understood: str
    times: int
    last: float


class Tally:
    """Counts questions by hour, and keeps those that got no answer.

    Used by the event loop's thread alone.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        hours: int = HOURS,
        max_unanswered: int = MAX_UNANSWERED,
        max_timed: int = MAX_TIMED,
    ) -> None:
        self._clock = clock
        self._kept = hours
        self._max_unanswered = max_unanswered
        self._hours: dict[int, Hour] = {}  # by hours since 1970
        self._unanswered: OrderedDict[str, Unanswered] = OrderedDict()  # the latest last
        self._took: deque[float] = deque(maxlen=max_timed)
        self.since = clock()
        """When counting began, in seconds since 1970."""
        self.useful = self.not_useful = 0
        """Answers that visitors found useful, and not."""
        self.feedback_trouble = ""
        """Why the latest feedback could not be stored; empty if it was."""

    def answered(self, ms: float) -> None:
        """Count a question that was answered, `ms` milliseconds after it was asked."""
        self._count(answered=1)
        self._took.append(ms)

    def unanswered(self, question: str, understood: str, ms: float) -> None:
        """Count a question that the talk doesn't answer, and keep it.

        Questions that differ in case, white space or formatting alone are the same if they were
        understood in the same way.
        """
        self._count(unanswered=1)
        self._took.append(ms)
        asked, meant = printable(question), printable(understood)
        key = fold(meant or asked)
        before = self._unanswered.pop(key, None)
        self._unanswered[key] = Unanswered(
            asked,
            meant if key != fold(asked) else "",
            before.times + 1 if before else 1,
            self._clock(),
        )
        if len(self._unanswered) > self._max_unanswered:
            self._unanswered.popitem(last=False)

    def failed(self) -> None:
        """Count a question that got no answer because something went wrong."""
        self._count(failed=1)

    def judged(self, *, useful: bool) -> None:
        """Count what a visitor thought of an answer."""
        if useful:
            self.useful += 1
        else:
            self.not_useful += 1

    def hours(self) -> tuple[Hour, ...]:
        """The hours since counting began, the running one first, those without a question too."""
        now = self._number(self._clock())
        first = max(min(self._number(self.since), now), now - self._kept + 1)
        return tuple(
            self._hours.get(number, Hour(number * _HOUR_SECONDS))
            for number in range(now, first - 1, -1)
        )

    def without_answer(self) -> tuple[Unanswered, ...]:
        """The questions that the talk doesn't answer, the latest first."""
        return tuple(reversed(self._unanswered.values()))

    def milliseconds(self, share: float) -> float | None:
        """The time within which this share (0 to 1) of the latest answers came; None before any.

        >>> tally = Tally()
        >>> for ms in (10, 20, 30, 400):
        ...     tally.answered(ms)
        >>> tally.milliseconds(0.5), tally.milliseconds(0.95)
        (20, 400)
        """
        took = sorted(self._took)
        return took[max(0, math.ceil(share * len(took)) - 1)] if took else None

    def _count(self, *, answered: int = 0, unanswered: int = 0, failed: int = 0) -> None:
        now = self._number(self._clock())
        hour = self._hours.get(now, Hour(now * _HOUR_SECONDS))
        self._hours[now] = replace(
            hour,
            answered=hour.answered + answered,
            unanswered=hour.unanswered + unanswered,
            failed=hour.failed + failed,
        )
        # Also those to come: a clock that was wrong may have been put back.
        for number in [n for n in self._hours if not now - self._kept < n <= now]:
            del self._hours[number]

    @staticmethod
    def _number(seconds: float) -> int:
        return int(seconds // _HOUR_SECONDS)
