"""Being served through a reverse proxy: other origins, and a path in front of everything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from keynote_qa.errors import KeynoteQAError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_OWN = ("api", "mcp", "keynote-qa", "gradio_api", "assets", "static", "theme.css", "config")
_ORIGIN = re.compile(r"(https?://(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?)/?")
_SEGMENTS = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")


class ServeError(KeynoteQAError):
    """The page cannot be served as asked for."""


def checked_origin(origin: str) -> str:
    """An origin as browsers send it.

    >>> checked_origin("https://Talks.example/")
    'https://talks.example'

    Raises:
        ServeError: it is none.
    """
    found = _ORIGIN.fullmatch(origin.strip().lower())
    if not found:
        raise ServeError(
            f"'{origin}' is no origin. Give --allow-origin a scheme and a host, with a port if it "
            "is not the usual one: https://talks.example"
        )
    return found[1]


def checked_root_path(path: str) -> str:
    """The path before every other: empty, or beginning with a slash and not ending with one.

    >>> checked_root_path("talks/"), checked_root_path("/")
    ('/talks', '')

    Raises:
        ServeError: it is no path, or begins as one of the server's own does.
    """
    trimmed = path.strip().strip("/")
    if not trimmed:
        return ""
    if not _SEGMENTS.fullmatch(f"/{trimmed}") or trimmed.split("/")[0] in _OWN:
        raise ServeError(
            f"'{path}' cannot be the path that everything is under. Give --root-path one such as "
            f"/talks, which does not begin with {', '.join(_OWN)}."
        )
    return f"/{trimmed}"


class UnderPath:
    """An application under a path, whether the proxy before it takes the path away or not."""

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self._app = app
        self._root = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell the application where it is; send a visitor who left the last slash out to it."""
        from starlette.responses import RedirectResponse

        if scope["type"] in ("http", "websocket"):
            path: str = scope["path"]
            if path == self._root and scope["type"] == "http":
                # The page's own files are named relative to it.
                await RedirectResponse(f"{self._root}/")(scope, receive, send)
                return
            if not path.startswith(f"{self._root}/"):
                path = f"{self._root}{path}"
            scope = {**scope, "root_path": self._root, "path": path}
        await self._app(scope, receive, send)
