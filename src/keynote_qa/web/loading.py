"""The assistant as the page sees it: opened in the background, asked one question at a time."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from keynote_qa.errors import KeynoteQAError

if TYPE_CHECKING:
    from keynote_qa.assistant import KeynoteQA
    from keynote_qa.records import Answer

log = logging.getLogger(__name__)


class Backstage:
    """Opens the assistant once, in a thread of its own, and hands every question to it.

    Whoever waits for it does so without holding a thread, so that any number of pages may be
    open while the model loads.
    """

    def __init__(self, open_assistant: Callable[[], KeynoteQA]) -> None:
        self._open_assistant = open_assistant
        self._opened: Future[KeynoteQA] = Future()
        # Marked as running, so that a page that is closed while it waits cancels nothing.
        self._opened.set_running_or_notify_cancel()
        # One worker: the model uses all cores for one question, and its tokenizer must not be
        # entered by two threads at once.
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ask")
        self._started = threading.Lock()

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

    async def assistant(self) -> KeynoteQA:
        """The assistant, once it is open.

        Raises:
            KeynoteQAError: it could not be opened; the message is for people.
        """
        return await asyncio.wrap_future(self._opened)

    async def ask(self, question: str, history: Sequence[str]) -> tuple[Answer, str]:
        """Wait until the assistant is open and ask it; what it raises is raised here.

        Returns the answer, and the question as it was understood.
        """
        assistant = await self.assistant()

        def ask() -> tuple[Answer, str]:
            answer = assistant.ask(question, history=tuple(history))
            return answer, assistant.understood(question, history)

        return await asyncio.get_running_loop().run_in_executor(self._worker, ask)

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
