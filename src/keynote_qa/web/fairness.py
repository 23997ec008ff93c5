"""Whose question is next: by turns of those who ask, so that nobody's many keep out another's one.

Fair queueing with the longest queue giving way, after J. Nagle, "On Packet Switches With Infinite
Storage" (RFC 970, 1985) and P. E. McKenney, "Stochastic Fairness Queueing" (1990). There is no cap
on what one client may ask, for the visitors of a hall may share an address: alone, they have all
the places there are; and whoever comes with another address is let in between them.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from keynote_qa.errors import KeynoteQAError

_WEIGHT = 0.1  # of the latest, in how long one takes


_SOONEST, _LATEST = 2, 30  # seconds after which to come back


class BusyError(KeynoteQAError):
    """More questions wait than can be answered soon.

    `retry_after` is in seconds: about how long those who wait will take. Told to come back sooner,
    the many that are turned away would take the time that the others' answers need.
    """

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class FairQueue:
    """Lets so many in at a time; the others wait, each in the queue of its client.

    The queues are served in turn. When there is no place left, the longest queue gives up its
    latest for one who has fewer waiting; who has as many is refused. On a slow machine there are
    fewer places: nobody is to wait much longer than `patience` seconds, going by what those before
    took.

    Used by one event loop's thread alone.
    """

    def __init__(self, *, at_once: int, places: int, patience: float = math.inf) -> None:
        """Have `places` in all, of which `at_once` are inside."""
        self._at_once = at_once
        self._places = places
        self._patience = patience
        self._pace = 0.0  # seconds for each, of late
        self._inside = 0
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()  # none empty

    def __len__(self) -> int:
        """How many are inside or wait."""
        return self._inside + sum(map(len, self._queues.values()))

    def took(self, seconds: float) -> None:
        """Learn from one who is inside how long that has been, beside all the others there."""
        pace = seconds / max(1, self._inside)
        self._pace += (pace - self._pace) * (_WEIGHT if self._pace else 1.0)

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """Wait for a turn of this client's; it lasts as long as the block.

        Raises:
            BusyError: there is no place, or none any more.
        """
        await self._enter(client)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, client: str) -> None:
        waiting = len(self)
        too_slow = waiting >= self._at_once and waiting * self._pace > self._patience
        if too_slow or waiting >= self._places:
            self._make_room(client)
        elif self._inside < self._at_once:
            self._inside += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._queues.setdefault(client, deque()).append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.cancelled():
                self._forget(client, place)
            elif place.exception() is None:  # let in, and gone at the same moment
                self._leave()
            raise

    def _make_room(self, client: str) -> None:
        own = len(self._queues.get(client, ()))
        longest = max(self._queues.values(), key=len, default=deque())
        takes = math.ceil(len(self) * self._pace)
        refusal = BusyError(
            "Many questions are waiting: busy, try again in a moment.",
            min(max(takes, _SOONEST), _LATEST),
        )
        if len(longest) <= own + 1:
            raise refusal
        given_up = longest.pop()
        if not given_up.done():
            given_up.set_exception(refusal)

    def _leave(self) -> None:
        self._inside -= 1
        while self._queues:
            client, queue = self._queues.popitem(last=False)
            next_one = queue.popleft()
            if queue:
                self._queues[client] = queue  # behind all others
            if not next_one.done():  # who has just left does not know yet
                next_one.set_result(None)
                self._inside += 1
                return

    def _forget(self, client: str, place: asyncio.Future[None]) -> None:
        queue = self._queues.get(client, deque())
        if place in queue:
            queue.remove(place)
            if not queue:
                del self._queues[client]
