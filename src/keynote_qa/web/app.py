"""The web application: health checks, the page's own files, security headers, Gradio at "/"."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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


def create_app(backstage: Backstage, *, kiosk: bool = False) -> FastAPI:
    """The application, ready for a server; the assistant need not be open yet.

    Routes beside the page: `GET /healthz` (200 as soon as the server runs), `GET /readyz` (200
    once questions are answered, 503 before that and if opening the assistant failed).
    """
    app = FastAPI(title="Keynote Q&A", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        if backstage.ready:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "failed" if backstage.failed else "loading"}, 503)

    @app.get("/keynote-qa/{name}")
    async def asset(name: str) -> Response:
        if name not in _ASSETS:
            return PlainTextResponse("Not found", 404)
        # The page asks for it with its digest, so it may be kept for good.
        return Response(
            (_HERE / name).read_bytes(),
            media_type=_ASSETS[name],
            headers={"Cache-Control": "public, max-age=31536000, immutable"},
        )

    app.add_middleware(_Guard)
    # Of our own, with nothing allowed: Gradio's would echo any origin back.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    mounted: FastAPI = gr.mount_gradio_app(
        app,
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
        theme=THEME,
        head=head({name: _HERE / name for name in _ASSETS}, kiosk=kiosk),
    )
    return mounted


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
