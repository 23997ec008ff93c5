"""The questions on disk, where whoever runs the page wants to keep them: never who asked."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from keynote_qa.errors import JournalError
from keynote_qa.journal import Journal, timestamp
from keynote_qa.text import printable

log = logging.getLogger(__name__)

_MAX_PENDING = 1000  # some seconds' questions, on a disk that is slow to take them


class QuestionLog:
    """Writes each question to a journal, in a thread of its own: no visitor waits for the disk.

    Used by the event loop's thread alone.
    """

    def __init__(self, journal: Journal, *, clock: Callable[[], float] = time.time) -> None:
        self._journal = journal
        self._clock = clock
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="log-questions")
        self._places = threading.Semaphore(_MAX_PENDING)
        self.trouble = ""
        """Why the latest question could not be written; empty if it was."""

    @property
    def path(self) -> Path:
        """The file."""
        return self._journal.path

    def write(self, question: str, *, answered: bool) -> None:
        """Write a question soon, and before the program ends."""
        if not self._places.acquire(blocking=False):
            self._tell(f"{self.path}: too slow; questions were left out.")
            return
        entry = {
            "time": timestamp(self._clock()),
            "question": printable(question),
            "answered": answered,
        }
        self._writer.submit(self._append, entry)

    def close(self) -> None:
        """Wait until everything is written."""
        self._writer.shutdown()

    def _append(self, entry: dict[str, object]) -> None:
        try:
            self._journal.append(entry)
        except JournalError as error:
            self._tell(str(error))
        else:
            self.trouble = ""
        finally:
            self._places.release()

    def _tell(self, trouble: str) -> None:
        if trouble != self.trouble:  # once, not for each question
            log.warning("A question was not written: %s", trouble)
        self.trouble = trouble
