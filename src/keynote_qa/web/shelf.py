"""The talks as the page shows them: one at a time, made when somebody looks at it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor

from keynote_qa.web.loading import Backstage
from keynote_qa.web.transcript import Shown, talk_html

MOST_KEPT = 16
"""How many talks are kept as HTML, the last ones looked at: some megabytes."""


class Shelf:
    """Every talk of an assistant as HTML, once that is open; the last ones are kept."""

    def __init__(self, backstage: Backstage) -> None:
        self._backstage = backstage
        self._kept: OrderedDict[int, Future[Shown]] = OrderedDict()
        # A thread of its own: an outline takes a good part of a second, and no question waits.
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="shelf")

    async def talk(self, n: int) -> Shown:
        """The n-th talk, from 0.

        Raises:
            IndexError: there is no such talk.
            KeynoteQAError: the assistant could not be opened.
        """
        assistant = await self._backstage.assistant()
        talk = range(len(assistant.talks))[n]
        if talk not in self._kept:
            found = assistant.talks[talk]
            self._kept[talk] = self._worker.submit(
                lambda: talk_html(found, assistant.slides(found))
            )
        self._kept.move_to_end(talk)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        # Shielded: whoever leaves while it is made takes nothing from the next.
        return await asyncio.shield(asyncio.wrap_future(self._kept[talk]))
