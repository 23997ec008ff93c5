"""A text as a QR code, made on this machine: to take an answer along on a telephone."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Annotated

import segno
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from keynote_qa.web.limits import Limited, TokenBuckets
from keynote_qa.web.page_only import PageOnly, parsed, refused

PATH = "/keynote-qa/qr"

MAX_BYTES = 900
"""The longest text, in UTF-8: 101 modules a side, which telephones still read from a screen."""

_QUIET_MODULES = 4  # what the standard asks for
_DENSE_VERSION = 15  # from here on, larger modules are read better than a better correction

_BURST, _PER_SECOND = 60, 1.0


class QrJSON(BaseModel):
    """A text to be encoded."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1)]


def qr_svg(text: str) -> str:
    """A QR code that holds `text`, black on white, one unit a module; it scales to any size.

    Raises:
        ValueError: it is longer than `MAX_BYTES` in UTF-8; the message is for people.
    """
    size = len(text.encode())
    if size > MAX_BYTES:
        raise ValueError(
            f"The text is too long for a code that telephones read: {size:,} bytes, "
            f"at most {MAX_BYTES}."
        )
    code = segno.make_qr(text, error="M", encoding="utf-8")
    if int(code.version) > _DENSE_VERSION:
        code = segno.make_qr(text, error="L", encoding="utf-8")
    drawn = io.BytesIO()
    code.save(
        drawn,
        kind="svg",
        border=_QUIET_MODULES,
        dark="#000",
        light="#fff",
        xmldecl=False,
        omitsize=True,
        svgclass=None,
        lineclass=None,
        nl=False,
    )
    # Without it, rows of modules have grey seams between them at sizes that are no multiple.
    return drawn.getvalue().decode().replace("<svg ", '<svg shape-rendering="crispEdges" ', 1)


def qr_route(*, origins: Sequence[str] = ()) -> Route:
    """`POST /keynote-qa/qr`: `{"text": "…"}` in, an SVG image out; 422 if it is too long."""

    async def take(body: bytes) -> Response:
        asked = parsed(QrJSON, body)
        if isinstance(asked, Response):
            return asked
        try:
            svg = await run_in_threadpool(qr_svg, asked.text)
        except ValueError as error:
            return refused(422, str(error))
        return Response(svg, media_type="image/svg+xml", headers={"Cache-Control": "no-store"})

    return Route(
        PATH,
        Limited(
            PageOnly(take, origins=origins),
            TokenBuckets(burst=_BURST, per_second=_PER_SECOND),
            of="codes",
        ),
    )
