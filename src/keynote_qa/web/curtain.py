"""What a server shows before its application is there: a first sight, and then the application.

Importing Gradio takes seconds. The server listens before that, so whoever comes meanwhile gets a
small page at once, which goes on to the real one by itself; whatever else is asked for waits for
the application.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keynote_qa.web.headers import SECURITY_HEADERS
from keynote_qa.web.texts import choose, load

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The design is read, not written again: no file of the page's can be fetched yet.
_DESIGN = Path(__file__).with_name("static") / "design.css"
_STYLE = (
    "body{background:var(--paper);color:var(--soft);font:var(--size-text)/1.5 var(--sans);"
    "margin:0;padding:16vh var(--gutter)}"
    "h1{color:var(--ink);font:600 var(--size-greeting)/1.2 var(--serif);margin:0}"
)
_GO_ON = (
    "const again = () => setTimeout(wait, 500);"
    "const wait = () => fetch('healthz').then((r) => r.ok ? location.reload() : again(), again);"
    "wait();"
)


class Curtain:
    """An application that is made while it is served already.

    Args:
        prepare: imports what takes long; called in a thread.
        create: makes the application from what was imported; called in the event loop.
        give_up: told what was raised if there will be no application.
    """

    def __init__(
        self,
        prepare: Callable[[], Any],
        create: Callable[[], ASGIApp],
        give_up: Callable[[Exception], None],
    ) -> None:
        self._prepare = prepare
        self._create = create
        self._give_up = give_up
        self._app: ASGIApp | None = None
        self._up = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on to the application; before it is there, show the first sight, or wait."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if self._app is None and _wants_a_page(scope):
            headers = dict(scope["headers"])
            accepted = headers.get(b"accept-language", b"").decode("latin-1")
            await _send_page(send, _first_sight(accepted))
            return
        await self._up.wait()
        assert self._app is not None
        await self._app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Be up at once; raise the curtain when all is ready, and take the application down."""
        await receive()
        await send({"type": "lifespan.startup.complete"})
        inner = _Lifespan()
        raising = asyncio.create_task(self._raise(inner))
        await receive()
        raising.cancel()
        await inner.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _raise(self, inner: _Lifespan) -> None:
        try:
            await asyncio.to_thread(self._prepare)
            app = self._create()
            await inner.start(app)
        except Exception as error:
            self._give_up(error)
            return
        self._app = app
        self._up.set()


class _Lifespan:
    """The startup and shutdown of an application that is itself behind another.

    See https://asgi.readthedocs.io/en/latest/specs/lifespan.html.
    """

    def __init__(self) -> None:
        self._in: asyncio.Queue[Message] = asyncio.Queue()
        self._out: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self, app: ASGIApp) -> None:
        """Start an application.

        Raises:
            RuntimeError: it says that it could not be started.
        """
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        self._task = asyncio.ensure_future(app(scope, self._in.get, self._out.put))
        await self._in.put({"type": "lifespan.startup"})
        told = await self._out.get()
        if told["type"] != "lifespan.startup.complete":
            raise RuntimeError(told.get("message", "The application did not start"))

    async def stop(self) -> None:
        """Stop it, if it was started."""
        if self._task is None:
            return
        await self._in.put({"type": "lifespan.shutdown"})
        await self._task


def _wants_a_page(scope: Scope) -> bool:
    accepts = dict(scope["headers"]).get(b"accept", b"")
    return scope["type"] == "http" and scope["method"] == "GET" and b"text/html" in accepts


def _first_sight(accepted: str) -> str:
    texts = load(choose(accepted))
    style = _DESIGN.read_text("utf-8") + _STYLE
    return (
        f'<!doctype html><html lang="{texts.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Keynote Q&amp;A</title><style>{style}</style></head><body><main>"
        f'<h1>Keynote Q&amp;A</h1><p role="status">{escape(texts("starting"))}</p>'
        f"<noscript><p>{escape(texts('needs_script'))}</p></noscript></main>"
        f"<script>{_GO_ON}</script></body></html>"
    )


async def _send_page(send: Send, body: str) -> None:
    headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    packed = [(n.encode(), v.encode()) for n, v in (headers | SECURITY_HEADERS).items()]
    await send({"type": "http.response.start", "status": 200, "headers": packed})
    await send({"type": "http.response.body", "body": body.encode("utf-8")})
