"""The requests by which a visitor's own file comes, and goes.

`POST /keynote-qa/uploads?name=talk.pdf` takes a file's bytes and tells, a JSON object a line, how
far it is: `{"done": 64, "of": 900}` while it is indexed, at the end `{"token": …, "title": …,
"outline": …, "article": …}`, or `{"error": …}`. `POST /keynote-qa/uploads/end` with
`{"token": …}` lets go of it. Both are for the page's own scripts alone.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from keynote_qa.errors import SourceError
from keynote_qa.text import printable
from keynote_qa.web.headers import SECURITY_HEADERS
from keynote_qa.web.origin import from_elsewhere
from keynote_qa.web.page_only import PageOnly, parsed, refused
from keynote_qa.web.texts import Texts, choose, load
from keynote_qa.web.uploads import MAX_BYTES, UploadError, Uploads

log = logging.getLogger(__name__)

PATH = "/keynote-qa/uploads"
MOST_ON_THEIR_WAY = 4
_RECEIVE_SECONDS = 120  # a slow line; whoever sends nothing keeps others out no longer
_MAX_NAME_CHARACTERS = 120


class EndJSON(BaseModel):
    """A file that its visitor is done with."""

    model_config = ConfigDict(extra="forbid")

    token: Annotated[str, Field(max_length=100)]


class UploadDoor:
    """An application with the two requests before it; the others go through.

    Args:
        app: what serves everything else.
        uploads: who reads and holds the files.
        origins: where else the page is served, by a proxy.
    """

    def __init__(self, app: ASGIApp, uploads: Uploads, *, origins: Sequence[str] = ()) -> None:
        self._app = app
        self._uploads = uploads
        self._origins = frozenset(origins)
        self._on_their_way = 0
        self._end = PageOnly(self._let_go, origins=origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        path = scope["path"].removeprefix(scope.get("root_path", "")) if "path" in scope else ""
        if scope["type"] != "http" or path not in (PATH, f"{PATH}/end"):
            await self._app(scope, receive, send)
        elif path == PATH:
            response = await self._take(Request(scope, receive))
            response.headers.update(SECURITY_HEADERS)
            await response(scope, receive, send)
        else:
            await self._end(scope, receive, send)

    async def _let_go(self, body: bytes) -> Response:
        ended = parsed(EndJSON, body)
        if isinstance(ended, Response):
            return ended
        self._uploads.end(ended.token)
        return Response(status_code=204)

    async def _take(self, request: Request) -> Response:
        if request.method != "POST":
            return refused(405, "Only POST is answered here.", {"Allow": "POST"})
        if from_elsewhere(request.headers, self._origins):
            return refused(403, "Only the page itself may send this.")
        texts = load(choose(request.headers.get("accept-language", "")))
        too_large = JSONResponse({"error": texts("upload_large", most=MAX_BYTES // 1_000_000)}, 413)
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BYTES:
            return too_large
        data = bytearray()
        try:
            with self._receiving():
                self._uploads.room()  # before anything is taken
                async with asyncio.timeout(_RECEIVE_SECONDS):
                    async for piece in request.stream():
                        data += piece
                        if len(data) > MAX_BYTES:
                            return too_large
        except UploadError as error:
            return JSONResponse({"error": texts(error.key)}, 503, {"Retry-After": "10"})
        except (ClientDisconnect, TimeoutError):
            return Response(status_code=408)
        name = printable(request.query_params.get("name", ""))[-_MAX_NAME_CHARACTERS:]
        return StreamingResponse(
            self._told(bytes(data), name, texts),
            media_type="application/x-ndjson",
            headers={"Cache-Control": "no-store"},
        )

    @contextmanager
    def _receiving(self) -> Iterator[None]:
        """One of the few files that may be on their way at a time.

        Raises:
            UploadError: there are as many.
        """
        if self._on_their_way >= MOST_ON_THEIR_WAY:
            raise UploadError("upload_busy")
        self._on_their_way += 1
        try:
            yield
        finally:
            self._on_their_way -= 1

    async def _told(self, data: bytes, name: str, texts: Texts) -> AsyncIterator[str]:
        """What is told while a file is read, a line each."""
        loop = asyncio.get_running_loop()
        told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

        def progress(done: int, of: int) -> None:
            loop.call_soon_threadsafe(told.put_nowait, {"done": done, "of": of})

        async def take() -> None:
            try:
                token, held = await self._uploads.take(data, name, progress)
            except UploadError as error:
                told.put_nowait({"error": texts(error.key)})
            except SourceError as error:
                told.put_nowait({"error": str(error)})
            except Exception:
                log.exception("A visitor's file was not read")
                told.put_nowait({"error": texts("upload_crash")})
            else:
                (talk,) = held.assistant.talks
                told.put_nowait(
                    {
                        "token": token,
                        "title": talk.title,
                        "outline": held.shown.outline,
                        "article": held.shown.article,
                    }
                )

        taking = asyncio.create_task(take())
        last: dict[str, Any] = {}
        try:
            while "token" not in last and "error" not in last:
                last = await told.get()
                yield json.dumps(last) + "\n"
        finally:
            if "error" not in last and not taking.done():
                # The visitor has left: what is being read finishes, and is let go of.
                taking.add_done_callback(lambda _: self._drop(told))

    def _drop(self, told: asyncio.Queue[dict[str, Any]]) -> None:
        while not told.empty():
            token = told.get_nowait().get("token")
            if token:
                self._uploads.end(token)
