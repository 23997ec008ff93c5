"""The web application: API, health checks, the page's files, security headers, Gradio at "/"."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import gradio as gr
from fastapi import FastAPI, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from keynote_qa.journal import Journal
from keynote_qa.web.api import create_api, malformed
from keynote_qa.web.feedback import feedback_route
from keynote_qa.web.headers import SECURITY_HEADERS
from keynote_qa.web.limits import Limited, TokenBuckets
from keynote_qa.web.loading import Backstage
from keynote_qa.web.operator import operator_route
from keynote_qa.web.origin import CalledByItsName, from_elsewhere
from keynote_qa.web.page import THEME, build_page, component_texts
from keynote_qa.web.proxy import UnderPath
from keynote_qa.web.qr import qr_route
from keynote_qa.web.shelf import Shelf
from keynote_qa.web.shell import Shell, asset_response, digest
from keynote_qa.web.turns import turn_routes
from keynote_qa.web.upload_door import UploadDoor
from keynote_qa.web.uploads import MAX_BYTES, Uploads

_MAX_BODY_BYTES = 262_144  # twenty times the longest question, JSON-escaped


def create_app(
    backstage: Backstage,
    *,
    kiosk: bool = False,
    idle: int = 60,
    root_path: str = "",
    uploads: Uploads | None = None,
    this_machine_alone: bool = False,
    **options: Any,
) -> ASGIApp:
    """The application, ready for a server; the assistant need not be open yet.

    The page at "/", for an unattended screen if `kiosk` says so (which begins anew after `idle`
    seconds without a visitor), and what `create_service` gives, which takes the `options`; all of
    it below `root_path`, if a reverse proxy serves it there. Visitors may ask about files of their
    own if there is something that holds them, `uploads`. For `this_machine_alone` it answers to no
    other machine's name.
    """
    translated = component_texts()
    origins: Sequence[str] = options.get("origins", ())
    shelf = Shelf(backstage)
    mounted: FastAPI = gr.mount_gradio_app(
        create_service(backstage, shelf=shelf, uploads=uploads, **options),
        build_page(backstage, shelf, translated, kiosk=kiosk, uploads=uploads is not None),
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size="1kb",
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
        root_path=root_path or None,
        theme=THEME,
        i18n=translated,
    )
    told: dict[str, object] = {
        "kiosk": kiosk,
        "idle": idle,
        "feedback": options.get("feedback") is not None,
    }
    inner: ASGIApp = mounted
    if uploads is not None:
        told["upload"] = MAX_BYTES
        inner = UploadDoor(mounted, uploads, origins=origins)
    page: ASGIApp = Shell(inner, told)
    if root_path:
        page = UnderPath(page, root_path)
    return CalledByItsName(page, origins) if this_machine_alone else page


def create_service(
    backstage: Backstage,
    *,
    mcp_at: tuple[str, int] | None = None,
    origins: Sequence[str] = (),
    buckets: TokenBuckets | None = None,
    feedback: Journal | None = None,
    shelf: Shelf | None = None,
    uploads: Uploads | None = None,
) -> FastAPI:
    """All but the page: API, tools, health checks, the page's files, security headers.

    Routes: `GET /healthz` (200 as soon as the server runs), `GET /readyz` (200
    once questions are answered, 503 before that and if opening the assistant failed), and those of
    `api`, `feedback`, `qr` and `operator`.

    Args:
        backstage: opens and asks the assistant.
        mcp_at: the host and port that the tools of `mcp_tools` are served at; without it, they
            are not served.
        origins: pages of which other sites may ask; also the one that a proxy serves this at.
        buckets: what each client may ask; without it, what `limits` says.
        feedback: where visitors' feedback goes; without it, none is taken.
        shelf: the talks as the page shows them.
        uploads: what holds the files of visitors; without it, none can be asked about.
    """
    buckets = TokenBuckets() if buckets is None else buckets
    tools = None
    if mcp_at:
        from keynote_qa.web.mcp_tools import PATH, mcp_app, mcp_server

        tools = mcp_server(backstage)
        tools_app = mcp_app(tools, host=mcp_at[0], port=mcp_at[1], origins=origins)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with tools.session_manager.run() if tools else nullcontext():
            yield

    app = FastAPI(
        title="Keynote Q&A", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    # Not the page: the visitors in a hall share an address, and wait in the queue instead.
    app.mount("/api", Limited(create_api(backstage), buckets))
    if tools:
        app.router.routes.append(Route(PATH, Limited(tools_app, buckets)))

    app.router.routes += [
        feedback_route(feedback, backstage.tally, origins=origins),
        qr_route(origins=origins),
        operator_route(backstage, feedback=feedback),
    ]

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        if backstage.ready:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "failed" if backstage.failed else "loading"}, 503)

    app.include_router(turn_routes(backstage, shelf or Shelf(backstage), uploads))
    app.add_exception_handler(RequestValidationError, malformed)

    @app.get(f"/keynote-qa/{digest()}/{{name}}")
    async def asset(name: str) -> Response:
        return asset_response(name)

    # Of a body that does not say how long it is; the guard has refused the others.
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=_MAX_BODY_BYTES)
    app.add_middleware(_Guard, origins=frozenset(origins))
    # Of our own, with nothing allowed but what is asked for: Gradio's would echo any origin back.
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Content-Type", "Mcp-Protocol-Version"],
        expose_headers=["Retry-After"],
    )
    return app


class _Guard:
    """Adds the security headers to every response.

    Refuses uploads, oversized bodies, and what pages of other sites than `origins` send.
    """

    def __init__(self, app: ASGIApp, origins: frozenset[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
            await send(message)

        refusal = _refusal(scope, self._origins)
        await (refusal or self._app)(scope, receive, send_guarded)


def _refusal(scope: Scope, origins: frozenset[str]) -> Response | None:
    """The answer to a request that is not let through; None if it is."""
    headers = Headers(scope=scope)
    sends = scope["method"] not in ("GET", "HEAD", "OPTIONS")
    # A page elsewhere must not keep the assistant of whoever looks at it busy.
    if sends and from_elsewhere(headers, origins):
        return JSONResponse({"error": "Pages of other sites may not ask here."}, 403)
    if scope["path"].rstrip("/").endswith("/upload"):
        return JSONResponse({"error": "Nothing can be uploaded here."}, 403)
    length = headers.get("content-length", "0")
    if length.isdigit() and int(length) > _MAX_BODY_BYTES:
        return JSONResponse({"error": "The request is too large."}, 413)
    return None
