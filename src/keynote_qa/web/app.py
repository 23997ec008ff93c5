"""The web application: API, health checks, the page's files, security headers, Gradio at "/"."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from keynote_qa.version import __version__
from keynote_qa.web.api import add_api
from keynote_qa.web.limits import Limited, TokenBuckets
from keynote_qa.web.loading import Backstage
from keynote_qa.web.page import THEME, build_page, head

_HERE = Path(__file__).resolve().parent
_ASSETS = {
    "page.css": "text/css",
    "chat.css": "text/css",
    "transcript.css": "text/css",
    "page.js": "text/javascript",
    "cite.js": "text/javascript",
}
_MAX_BODY_BYTES = 262_144  # twenty times the longest question, JSON-escaped

# Gradio needs scripts inline and compiles its templates; attributes that run script
# (onerror=...) it does not need, and nothing here needs another host.
_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "script-src-attr 'none'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self' https://huggingface.co https://*.hf.space",
    )
)
_HEADERS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def create_app(backstage: Backstage, *, kiosk: bool = False, **options: Any) -> FastAPI:
    """The application, ready for a server; the assistant need not be open yet.

    The page at "/", for an unattended screen if `kiosk` says so, and what `create_service` gives,
    which takes the `options`.
    """
    root_path = options.get("root_path") or None
    mounted: FastAPI = gr.mount_gradio_app(
        create_service(backstage, **options),
        build_page(backstage),
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size="1kb",
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
        root_path=root_path,
        theme=THEME,
        head=head({name: _HERE / name for name in _ASSETS}, kiosk=kiosk),
    )
    return mounted


def create_service(
    backstage: Backstage,
    *,
    mcp: bool = False,
    mcp_hosts: tuple[str, ...] | None = None,
    origins: Sequence[str] = (),
    root_path: str = "",
    buckets: TokenBuckets | None = None,
) -> FastAPI:
    """All but the page: API, tools, health checks, the page's files, security headers.

    Routes: `GET /healthz` (200 as soon as the server runs), `GET /readyz` (200
    once questions are answered, 503 before that and if opening the assistant failed), and those of
    `api`.

    Args:
        backstage: opens and asks the assistant.
        mcp: whether to serve the tools of `mcp_tools`, and to requests for which hosts.
        mcp_hosts: see `mcp_tools.mcp_app`.
        origins: pages of which other sites may ask.
        root_path: the path below which a reverse proxy serves all this.
        buckets: what each client may ask; without it, what `limits` says.
    """
    tools, tools_app = None, None
    if mcp:
        from keynote_qa.web.mcp_tools import mcp_app, mcp_server

        tools = mcp_server(backstage)
        tools_app = mcp_app(tools, hosts=mcp_hosts)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with tools.session_manager.run() if tools else nullcontext():
            yield

    app = FastAPI(
        title="Keynote Q&A",
        version=__version__,
        description="Answers about a talk in its own words, each with the place it comes from.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        root_path=root_path,
        lifespan=lifespan,
    )
    add_api(app, backstage)
    if tools_app is not None:
        app.router.routes.extend(tools_app.routes)

    @app.get("/healthz", summary="Is the server up?")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", summary="Would a question be answered now?", responses={503: {}})
    async def readyz() -> JSONResponse:
        if backstage.ready:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "failed" if backstage.failed else "loading"}, 503)

    @app.get("/keynote-qa/{name}", include_in_schema=False)
    async def asset(name: str) -> Response:
        if name not in _ASSETS:
            return PlainTextResponse("Not found", 404)
        # The page asks for it with its digest, so it may be kept for good.
        return Response(
            (_HERE / name).read_bytes(),
            media_type=_ASSETS[name],
            headers={"Cache-Control": "public, max-age=31536000, immutable"},
        )

    app.add_middleware(Limited, buckets=TokenBuckets() if buckets is None else buckets)
    app.add_middleware(_Guard)
    # Of our own, with nothing allowed but what is asked for: Gradio's would echo any origin back.
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Content-Type"],
    )
    return app


class _Guard:
    """Adds the security headers to every response; refuses uploads and oversized bodies."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        refusal = _refusal(scope)
        await (refusal or self._app)(scope, receive, send_guarded)


def _refusal(scope: Scope) -> Response | None:
    """The answer to a request that is not let through; None if it is."""
    headers: dict[Any, Any] = dict(scope["headers"])
    if scope["path"].rstrip("/").endswith("/upload"):
        return PlainTextResponse("Nothing can be uploaded here.", 403)
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length) > _MAX_BODY_BYTES:
        return PlainTextResponse("The request is too large.", 413)
    return None
