"""Nothing is worked out for a visitor who has left."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from starlette.requests import Request

GONE = 499
"""The status for who is gone: nobody receives it. The number is nginx's."""

Result = TypeVar("Result")


async def while_there(request: Request, work: Coroutine[object, object, Result]) -> Result | None:
    """What `work` gives; None if whoever asked left first, and then it is cancelled.

    The body of the request must have been read.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        return await working if working.done() else None
    finally:
        working.cancel()
        leaving.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
