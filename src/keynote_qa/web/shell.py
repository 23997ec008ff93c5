"""The document that Gradio is started in: language, style and scripts in it from the first byte.

Gradio serves an empty document, whose scripts then fetch everything else. What is put in here is
there before them: the style sheets, the strings of the visitor's language, and a first sight of
the page, so that something shows at once. Addresses of other hosts are taken out.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from pathlib import Path

from fastapi import Response
from fastapi.responses import PlainTextResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from keynote_qa.web.texts import Texts, choose, load

STATIC = Path(__file__).resolve().with_name("static")
_TYPES = {".css": "text/css", ".js": "text/javascript"}
_STYLES = ("design.css", "page.css", "chat.css", "transcript.css", "parts.css", "kiosk.css")
_SCRIPT = "main.js"

_ELSEWHERE = re.compile(r'\s*<meta\s+(?:property="og:|name="twitter:)[^>]*?/?>')


def assets() -> dict[str, Path]:
    """The page's own style sheets and scripts, by name."""
    return {path.name: path for path in sorted(STATIC.iterdir()) if path.suffix in _TYPES}


@cache
def digest() -> str:
    """Names the assets as they are: part of their address, so that they may be kept for good."""
    hashed = hashlib.sha256()
    for name, path in assets().items():
        hashed.update(name.encode() + b"\0" + path.read_bytes())
    return hashed.hexdigest()[:12]


def asset_response(name: str) -> Response:
    """One of the assets, to be kept for good by whoever fetches it."""
    path = assets().get(name)
    if path is None:
        return PlainTextResponse("Not found", 404)
    return Response(
        path.read_bytes(),
        media_type=_TYPES[path.suffix],
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )


class Shell:
    """Gradio's application, its document rewritten; everything else goes through.

    Args:
        app: what serves the document.
        settings: what the scripts are told, by name: `{"kiosk": True, "idle": 60}`.
    """

    def __init__(self, app: ASGIApp, settings: Mapping[str, object]) -> None:
        self._app = app
        self._settings = settings
        self._below = f"keynote-qa/{digest()}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; the answer to one for the document is read whole and written anew."""
        if scope["type"] != "http" or scope["path"] != f"{scope.get('root_path', '')}/":
            await self._app(scope, receive, send)
            return
        texts = load(choose(Headers(scope=scope).get("accept-language", "")))
        # Whatever it is packed in could not be read here.
        plain = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        start: Message | None = None
        body = b""

        async def collect(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body") or start is None:
                return
            headers = MutableHeaders(scope=start)
            if headers.get("content-type", "").startswith("text/html"):
                body = self._written(body.decode("utf-8"), texts).encode("utf-8")
                headers["Content-Length"] = str(len(body))
                headers["Content-Language"] = texts.language
                headers.add_vary_header("Accept-Language")
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await self._app({**scope, "headers": plain}, receive, collect)

    def _written(self, document: str, texts: Texts) -> str:
        document = _ELSEWHERE.sub("", document)
        document = document.replace('lang="en"', f'lang="{texts.language}"', 1)
        kiosk = ' class="kiosk"' if self._settings.get("kiosk") else ""
        document = document.replace("<html", f"<html{kiosk}", 1)
        document = document.replace("<head>", f"<head>{self._head(texts)}", 1)
        return document.replace("<gradio-app", f"{_first_sight(texts)}<gradio-app", 1)

    def _head(self, texts: Texts) -> str:
        data = {"texts": dict(texts.strings), "language": texts.language, **self._settings}
        # "<" written so that nothing in a string can end the element.
        told = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
        links = "".join(f'<link rel="stylesheet" href="{self._below}/{name}">' for name in _STYLES)
        preloads = "".join(
            f'<link rel="modulepreload" href="{self._below}/{name}">' for name in _scripts()
        )
        return (
            f'{links}{preloads}<script type="module" src="{self._below}/{_SCRIPT}"></script>'
            '<meta name="color-scheme" content="light dark">'
            f'<script type="application/json" id="kq-settings">{told}</script>'
        )


def _scripts() -> Iterable[str]:
    return (name for name in assets() if name.endswith(".js"))


def _first_sight(texts: Texts) -> str:
    return (
        '<div id="kq-first-sight"><p class="first-sight-name">Keynote Q&amp;A</p>'
        f'<p role="status">{escape(texts("loading"))}</p>'
        f"<noscript><p>{escape(texts('needs_script'))}</p></noscript></div>"
    )
