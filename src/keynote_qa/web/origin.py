"""Where a request comes from: the page itself, a page of another site, or a program.

Browsers say it of each request, and no script can change what they say. A program that is no
browser says nothing of the kind, and is let through.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from keynote_qa.web.headers import SECURITY_HEADERS


def from_elsewhere(headers: Headers, origins: Collection[str]) -> bool:
    """Whether a page of a site that is not among `origins` sends a request.

    `origins` are those of the sites that may, and what a proxy serves the page as.
    """
    origin = headers.get("origin", "").lower()
    if origin in origins:
        return False
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    # A proxy may call the server by another name than the page is called by.
    own = {headers.get(name, "").lower() for name in ("host", "x-forwarded-host")}
    return bool(origin) and (urlsplit(origin).netloc or "null") not in own


def is_loopback(host: str) -> bool:
    """Whether a server that listens at `host` is reached from this machine alone.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


class CalledByItsName:
    """An application of this machine alone that is called by no name that is not its own.

    A page elsewhere could have its own name point to this machine, and would be taken for the page
    itself (DNS rebinding). What a proxy hands on is let through: browsers do not say that they are
    one, and whoever set it up chose the name.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        """Serve `app`, also by the names of `origins`."""
        self._app = app
        self._names = {urlsplit(origin).hostname for origin in origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, or refuse it."""
        if scope["type"] == "http" and not self._knows(Headers(scope=scope)):
            told = "This server has another name. To give it this one too, use --allow-origin."
            refusal = JSONResponse({"error": told}, 421, SECURITY_HEADERS)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _knows(self, headers: Headers) -> bool:
        if "x-forwarded-for" in headers or "x-forwarded-host" in headers:
            return True
        try:
            name = urlsplit(f"//{headers.get('host', '')}").hostname or "localhost"
            return name in self._names or is_loopback(name)
        except ValueError:  # no name at all
            return False
