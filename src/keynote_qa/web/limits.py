"""How many questions one client may ask: a token bucket for each address."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

BURST = 120
"""Requests that an address may make at once, after a pause."""

PER_SECOND = 10.0
"""Requests a second that it may go on making: people never do, programs may."""

MAX_CLIENTS = 4096
"""Addresses that are remembered; the one heard of least recently is forgotten first."""

_HERE = ("127.0.0.1", "::")  # ::1, by its network


class TokenBuckets:
    """A bucket of tokens for each client: a request takes one, and they come back with time."""

    def __init__(
        self,
        *,
        burst: int = BURST,
        per_second: float = PER_SECOND,
        max_clients: int = MAX_CLIENTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst = burst
        self._per_second = per_second
        self._max_clients = max_clients
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, since when

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, client: str) -> float:
        """Take a token: 0.0 if there was one, else the seconds until there is."""
        now = self._clock()
        tokens, since = self._buckets.pop(client, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - since) * self._per_second)
        wait = max(0.0, (1 - tokens) / self._per_second)
        self._buckets[client] = (tokens if wait else tokens - 1, now)
        if len(self._buckets) > self._max_clients:
            self._buckets.popitem(last=False)
        return wait


class Limited:
    """An application whose POST requests are limited by client; the others go through."""

    def __init__(
        self,
        app: ASGIApp,
        buckets: TokenBuckets,
        *,
        of: str = "questions",
        spares_this_machine: bool = True,
    ) -> None:
        self._app = app
        self._buckets = buckets
        self._of = of
        self._spares_this_machine = spares_this_machine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, or refuse it with the seconds to wait."""
        if scope["type"] == "http" and scope["method"] == "POST":
            client = client_of(scope)
            # Whoever sits at this machine is not one of many.
            spared = self._spares_this_machine and client in _HERE
            wait = 0.0 if spared else self._buckets.take(client)
            if wait:
                refusal = JSONResponse(
                    {"error": f"Too many {self._of} from your address. Try again in a moment."},
                    429,
                    {"Retry-After": str(math.ceil(wait))},
                )
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def client_of(scope: Scope) -> str:
    """Who asks, as far as limits go: the address, of an IPv6 one the network that it is in.

    >>> client_of({"client": ("2001:db8::1:2", 5000)}), client_of({"client": ("10.0.0.7", 5000)})
    ('2001:db8::', '10.0.0.7')
    """
    host = str(scope["client"][0]) if scope.get("client") else ""
    try:
        address = ip_address(host)
    except ValueError:  # no address: a Unix socket, or a test
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        # Whoever has one such address has the 2^64 around it.
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)
