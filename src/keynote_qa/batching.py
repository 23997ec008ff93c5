"""Calls that several threads make at a time, worked off together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batched(Generic[Item, Result]):
    """A function of many items that any number of threads may call at a time.

    A call alone is made at once, in its own thread: nothing waits for company. Calls that come
    while another is under way wait for it and then go through the function together, so that the
    more callers there are, the larger are the batches. Each caller gets the results of its own
    items, or what the function raised on them alone.

    >>> double = Batched(lambda numbers: [2 * n for n in numbers])
    >>> double([1, 2])
    [2, 4]
    """

    def __init__(self, work: Callable[[list[Item]], Sequence[Result]]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._busy = False
        self._waiting: list[_Call[Item, Result]] = []

    def __call__(self, items: Sequence[Item]) -> list[Result]:
        """The function's results for these items, in order."""
        call: _Call[Item, Result] = _Call(list(items))
        with self._lock:
            leads = not self._busy
            self._busy = True
            if not leads:
                self._waiting.append(call)
        if not leads:
            call.woken.wait()
        if not call.done:
            self._lead(call)
        if call.error is not None:
            raise call.error
        return call.results

    def _lead(self, own: _Call[Item, Result]) -> None:
        """Work off one's own call with all that wait; then have the first that came since lead."""
        with self._lock:
            calls = [own, *(call for call in self._waiting if call is not own)]
            self._waiting.clear()
        try:
            self._answer(calls)
        finally:
            with self._lock:
                heir = self._waiting.pop(0) if self._waiting else None
                self._busy = heir is not None
            for call in [*calls, heir] if heir else calls:
                call.woken.set()

    def _answer(self, calls: Sequence[_Call[Item, Result]]) -> None:
        try:
            results = list(self._work([item for call in calls for item in call.items]))
        except Exception as error:
            if len(calls) == 1:
                calls[0].fail(error)
                return
            for call in calls:  # whose items it was, the others need not know
                self._answer([call])
            return
        for call in calls:
            call.results, results = results[: len(call.items)], results[len(call.items) :]
            call.done = True


class _Call(Generic[Item, Result]):
    """One caller's items, and what becomes of them."""

    def __init__(self, items: list[Item]) -> None:
        self.items = items
        self.results: list[Result] = []
        self.error: Exception | None = None
        self.done = False
        self.woken = threading.Event()

    def fail(self, error: Exception) -> None:
        """It ended in an error, which its caller is to see."""
        self.error = error
        self.done = True
