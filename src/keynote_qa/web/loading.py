"""The assistant as the server sees it: opened in the background, asked by many at a time."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keynote_qa.errors import KeynoteQAError, QuestionError
from keynote_qa.web.fairness import FairQueue
from keynote_qa.web.question_log import QuestionLog
from keynote_qa.web.tally import Tally

if TYPE_CHECKING:
    from keynote_qa.assistant import KeynoteQA
    from keynote_qa.records import Answer, Talk
    from keynote_qa.refusal import Missing

    Counted = tuple[tuple[Talk, int], ...]

log = logging.getLogger(__name__)

MAX_WAITING = 256
"""Questions that may wait or be answered at a time: a full hall's, and some seconds' work."""

PATIENCE_SECONDS = 15.0
"""About how long a question may wait; on a slow machine, fewer may."""

MAX_TOGETHER = 16
"""How many of them are answered at a time; the others wait for their client's turn. The model's
batches grow no faster beyond it."""

MAX_HISTORY = 20
"""Earlier questions that are looked at: the latest ones say what a follow-up is about."""


class NotReadyError(KeynoteQAError):
    """The assistant is still being opened, and the caller does not want to wait."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; the question as it was understood; what is missing where the talk doesn't say.

    `related` are questions near it that the talk does answer.
    """

    answer: Answer
    understood: str
    missing: Missing | None = None
    related: tuple[str, ...] = ()


class Backstage:
    """Opens the assistant once, in a thread of its own, and hands every question to it.

    Whoever waits for it does so without holding a thread, so that any number of pages may be
    open while the model loads. How many questions wait is bounded: past that, one is refused at
    once instead of left hanging; and those who ask take turns, see `fairness`. What was asked is
    counted in `tally`, whichever way it came, and written to `question_log`, if there is one.
    """

    def __init__(
        self,
        open_assistant: Callable[[], KeynoteQA],
        *,
        max_waiting: int = MAX_WAITING,
        tally: Tally | None = None,
        question_log: QuestionLog | None = None,
    ) -> None:
        self._open_assistant = open_assistant
        self._queue = FairQueue(at_once=MAX_TOGETHER, places=max_waiting, patience=PATIENCE_SECONDS)
        self.tally = Tally() if tally is None else tally
        self.question_log = question_log
        self._opened: Future[KeynoteQA] = Future()
        # Marked as running, so that a page that is closed while it waits cancels nothing.
        self._opened.set_running_or_notify_cancel()
        # Not for more cores: what several ask of the model at a time goes through it together.
        self._workers = ThreadPoolExecutor(MAX_TOGETHER, thread_name_prefix="ask")
        self._started = threading.Lock()
        self._talks: Future[Counted] | None = None

    def start(self) -> None:
        """Begin to open the assistant; returns at once, and does nothing the second time."""
        if self._started.acquire(blocking=False):
            # A daemon: Ctrl+C must not wait for the model.
            threading.Thread(target=self._open, name="open-assistant", daemon=True).start()

    @property
    def ready(self) -> bool:
        """Whether a question would be answered without waiting."""
        return self._opened.done() and self._opened.exception() is None

    @property
    def failed(self) -> bool:
        """Whether opening the assistant has failed, so that it will never be ready."""
        return self._opened.done() and self._opened.exception() is not None

    @property
    def trouble(self) -> str:
        """Why it has failed, for people; empty if it has not."""
        return str(self._opened.exception()) if self.failed else ""

    async def assistant(self) -> KeynoteQA:
        """The assistant, once it is open.

        Raises:
            KeynoteQAError: it could not be opened; the message is for people.
        """
        return await asyncio.wrap_future(self._opened)

    def opened(self) -> KeynoteQA:
        """The assistant, for whoever does not wait.

        Raises:
            NotReadyError: it is still being opened.
            KeynoteQAError: it could not be opened; the message is for people.
        """
        if not self._opened.done():
            raise NotReadyError("The language model is still loading. Try again in a few seconds.")
        return self._opened.result()

    async def ask(
        self,
        question: str,
        history: Sequence[str],
        talk: str | None = None,
        speaker: str | None = None,
        *,
        of: KeynoteQA | None = None,
        client: str = "",
    ) -> Reply:
        """Wait until the assistant is open and ask it; what it raises is raised here.

        `of` is who is asked instead: about a visitor's own talk, of which nothing is counted.
        `client` is who asks, as `limits.client_of` tells.

        Raises:
            BusyError: too many questions wait already.
        """
        try:
            async with self._queue.turn(client):
                return await self._ask(question, history, talk, speaker, of)
        except QuestionError:
            raise  # nothing was asked
        except Exception:
            self.tally.failed()
            raise

    async def _ask(
        self,
        question: str,
        history: Sequence[str],
        talk: str | None,
        speaker: str | None,
        of: KeynoteQA | None,
    ) -> Reply:
        assistant = of or await self.assistant()
        began = time.perf_counter()  # what the model takes to load is no answer's fault
        recent = tuple(history)[-MAX_HISTORY:]

        def ask() -> Reply:
            answer = assistant.ask(question, history=recent, talk=talk, speaker=speaker)
            understood = assistant.understood(question, recent)
            missing = None if answer.answered else assistant.missing(understood)
            related = assistant.related(answer, asked=recent, talk=talk, speaker=speaker)
            return Reply(answer, understood, missing, related)

        reply = await asyncio.get_running_loop().run_in_executor(self._workers, ask)
        took = time.perf_counter() - began
        self._queue.took(took)
        if of is None:
            self._count(reply, took * 1000)
        return reply

    async def talks(self) -> Counted:
        """Every talk with how many slides it has, once the assistant is open.

        Counted once, by a worker: of hundreds of talks it takes seconds.

        Raises:
            KeynoteQAError: the assistant could not be opened.
        """
        assistant = await self.assistant()
        if self._talks is None:
            self._talks = self._workers.submit(
                lambda: tuple((talk, len(assistant.slides(talk))) for talk in assistant.talks)
            )
        # Shielded: whoever leaves while they are counted takes nothing from the next.
        return await asyncio.shield(asyncio.wrap_future(self._talks))

    def _count(self, reply: Reply, ms: float) -> None:
        answer = reply.answer
        if answer.answered:
            self.tally.answered(ms)
        else:
            self.tally.unanswered(answer.question, reply.understood, ms)
        if self.question_log:
            self.question_log.write(answer.question, answered=answer.answered)

    def _open(self) -> None:
        try:
            self._opened.set_result(self._open_assistant())
        except KeynoteQAError as error:
            log.error("%s", error)
            self._opened.set_exception(error)
        except BaseException as error:
            log.exception("The assistant could not be opened")
            self._opened.set_exception(
                KeynoteQAError(
                    f"The assistant could not be opened ({type(error).__name__}: {error}). "
                    "What happened stands in the terminal where the page was started."
                )
            )
