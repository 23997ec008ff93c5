"""Endpoints that take JSON from the page's own scripts, and from no other site's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from keynote_qa.web.origin import from_elsewhere

Asked = TypeVar("Asked", bound=BaseModel)


class PageOnly:
    """An endpoint for POST requests with JSON, as an ASGI application; each error is JSON too.

    The page's own scripts are told from other sites' by `origin`.
    """

    def __init__(
        self, take: Callable[[bytes], Awaitable[Response]], *, origins: Sequence[str] = ()
    ) -> None:
        """Hand bodies to `take`; `origins` are where else the page is served, by a proxy."""
        self._take = take
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the body on, or refuse the request."""
        response = self._refusal(scope)
        if response is None:
            try:
                response = await self._take(await Request(scope, receive).body())
            except HTTPException as error:  # the body is too large
                response = refused(error.status_code, f"{error.detail}.")
        await response(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if scope["method"] != "POST":
            return refused(405, "Only POST is answered here.", {"Allow": "POST"})
        if from_elsewhere(headers, self._origins):
            return refused(403, "Only the page itself may send this.")
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return refused(415, "Send JSON, with 'Content-Type: application/json'.")
        return None


def parsed(kind: type[Asked], body: bytes) -> Asked | Response:
    """The object in a body, or what to answer if it is none of that kind."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        return refused(422, f"'{where}': {first['msg']}." if where else f"{first['msg']}.")


def refused(status: int, told: str, headers: dict[str, str] | None = None) -> Response:
    """An error as every other of the server's: `{"error": "…"}`."""
    return JSONResponse({"error": told}, status, headers)
