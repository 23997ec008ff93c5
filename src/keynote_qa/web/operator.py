"""The page of whoever runs the screen: what visitors ask that the talk doesn't answer, and when.

For this machine alone: to everyone else it is as if it were not there. It names no visitor, runs
no script, and knows what `tally` counts since the server started.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, tzinfo
from html import escape
from ipaddress import IPv6Address, ip_address

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from keynote_qa.journal import Journal
from keynote_qa.web.loading import Backstage
from keynote_qa.web.tally import HOURS, Hour, Unanswered

PATH = "/operator"

_REFRESH_SECONDS = 60
_OWN_NAMES = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?", re.IGNORECASE)
_PROXIES = re.compile(r"forwarded|x-forwarded-.*|x-real-ip|x-client-ip|via|cf-.*|.*-connecting-ip")


def operator_route(
    backstage: Backstage, *, feedback: Journal | None = None, zone: tzinfo | None = None
) -> Route:
    """`GET /operator`, to be mounted with the other routes.

    Args:
        backstage: whose questions are shown.
        feedback: where feedback goes, if it is collected.
        zone: the time zone that hours are told in; without it, this machine's.
    """

    def told(seconds: float) -> str:
        """A moment as a <time>, in the machine's own time."""
        at = datetime.fromtimestamp(seconds).astimezone(zone)
        return f'<time datetime="{at:%Y-%m-%dT%H:%M%z}">{at:%a} {at.day} {at:%b, %H:%M}</time>'

    async def show(request: Request) -> Response:
        if not at_this_machine(request.scope):
            raise HTTPException(404)
        again = "refresh" in request.query_params
        page = operator_html(backstage, feedback, told, refresh=again)
        return HTMLResponse(page, headers={"Cache-Control": "no-store"})

    return Route(PATH, show, methods=["GET"])


def at_this_machine(scope: Scope) -> bool:
    """Whether a request comes from a browser on this machine that means this machine.

    Not if the peer is another address; nor if the server was called by another name, which a page
    elsewhere may have pointed here (DNS rebinding); nor if a proxy hands the request on, whose own
    address says nothing of the visitor's. Proxies tell so in headers; one that serves this below a
    path is known from that; and an old HTTP version is what those speak that tell nothing else.
    """
    headers = Headers(scope=scope)
    hosts = headers.getlist("host")
    origin = headers.get("origin")
    return (
        _is_loopback(scope)
        and len(hosts) == 1
        and _OWN_NAMES.fullmatch(hosts[0]) is not None
        and origin in (None, f"http://{hosts[0]}")
        and headers.get("sec-fetch-site", "none") != "cross-site"
        and not any(_PROXIES.fullmatch(name) for name in headers)
        and not scope.get("root_path")
        and scope.get("http_version") != "1.0"
    )


def operator_html(
    backstage: Backstage, feedback: Journal | None, told: Callable[[float], str], *, refresh: bool
) -> str:
    """The whole page; `told` makes HTML of a time.

    It shows itself anew only where that is asked for: under a screen reader a page that does so
    starts over each time (WCAG 2.2, success criterion 2.2.1).
    """
    tally = backstage.tally
    if refresh:
        again = f'<meta http-equiv="refresh" content="{_REFRESH_SECONDS}">'
        switch = 'Shown anew every minute. <a href="operator">Hold it still</a>.'
    else:
        again = ""
        switch = 'Held still. <a href="?refresh=on">Show it anew every minute</a>.'
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{again}'
        f'<meta name="robots" content="noindex"><title>Operator · Keynote Q&amp;A</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>Operator</h1>"
        f"{_state(backstage)}<p>Counted since {told(tally.since)}, in memory alone: all of it is "
        f"gone when the server stops. Nothing here says who asked. {switch}</p>"
        f"{_kept(backstage)}{_feedback(backstage, feedback)}{_speed(backstage)}"
        f"<h2>Without an answer</h2>{_without_answer(tally.without_answer(), told)}"
        f"<h2>By hour</h2>{_hours(tally.hours(), told)}</main></body></html>"
    )


def _is_loopback(scope: Scope) -> bool:
    try:
        address = ip_address(scope["client"][0])
    except (KeyError, TypeError, ValueError):  # a socket without an address
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback


def _state(backstage: Backstage) -> str:
    if backstage.ready:
        return '<p class="state">Ready: questions are answered.</p>'
    if not backstage.failed:
        return '<p class="state">Loading the language model: questions wait.</p>'
    return f'<p class="state state--failed">Failed: {escape(backstage.trouble)}</p>'


def _kept(backstage: Backstage) -> str:
    log = backstage.question_log
    if log is None:
        return ""
    trouble = f" <strong>Not the latest: {escape(log.trouble)}</strong>" if log.trouble else ""
    return f"<p>Questions are also written to <code>{escape(str(log.path))}</code>.{trouble}</p>"


def _feedback(backstage: Backstage, journal: Journal | None) -> str:
    if journal is None:
        return ""
    tally = backstage.tally
    trouble = tally.feedback_trouble
    wrong = f" <strong>Not the latest: {escape(trouble)}</strong>" if trouble else ""
    return (
        f"<p>Feedback: {tally.useful:,} useful answers, {tally.not_useful:,} not useful. "
        f"Read it with <code>keynote-qa feedback {escape(str(journal.path))}</code>.{wrong}</p>"
    )


def _speed(backstage: Backstage) -> str:
    median, most = (backstage.tally.milliseconds(share) for share in (0.5, 0.95))
    if median is None or most is None:
        return ""
    return (
        f"<p>Half of the latest answers came within {median:,.0f} ms, "
        f"19 of 20 within {most:,.0f} ms (median, 95th percentile).</p>"
    )


def _without_answer(questions: tuple[Unanswered, ...], told: Callable[[float], str]) -> str:
    if not questions:
        return "<p>None yet.</p>"
    rows = "".join(
        f'<tr><th scope="row">{escape(asked.question)}{_understood(asked)}</th>'
        f'<td class="n">{asked.times:,}</td><td>{told(asked.last)}</td></tr>'
        for asked in questions
    )
    return _table(
        "Questions of which the assistant said that the talk doesn't say, the latest first.",
        '<th scope="col">Question</th><th scope="col" class="n">Times</th>'
        '<th scope="col">Last asked</th>',
        rows,
    )


def _understood(asked: Unanswered) -> str:
    if not asked.understood:
        return ""
    return f'<br><span class="understood">understood as: {escape(asked.understood)}</span>'


def _hours(hours: tuple[Hour, ...], told: Callable[[float], str]) -> str:
    most = max((hour.asked for hour in hours), default=0) or 1
    rows = "".join(
        f'<tr><th scope="row">{told(hour.start)}</th><td class="n">{hour.asked:,}</td>'
        f'<td class="n">{hour.answered:,}</td><td class="n">{hour.unanswered:,}</td>'
        f'<td class="n">{hour.failed:,}</td><td aria-hidden="true" class="bars">'
        f'<span class="bar" style="inline-size:{hour.asked / most:.0%}"></span></td></tr>'
        for hour in hours
    )
    return _table(
        f"Questions in each of the last {HOURS} hours, the running one first. Failed are those "
        "that were turned away because too many waited, or met an error.",
        '<th scope="col">From</th><th scope="col" class="n">Asked</th>'
        '<th scope="col" class="n">Answered</th><th scope="col" class="n">Not answered</th>'
        '<th scope="col" class="n">Failed</th><td aria-hidden="true"></td>',
        rows,
    )


def _table(caption: str, head: str, rows: str) -> str:
    # Focusable: a narrow window scrolls it, and not everyone has a mouse for that.
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


_STYLE = (
    ":root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif;--line:#8888}"
    "body{margin:0;background:light-dark(#fff,#16181b);color:light-dark(#1b1b1b,#eceff2)}"
    "main{margin:2rem auto;max-width:60rem;padding:0 1rem}"
    "h1{margin:0;font-size:1.5rem}h2{margin:2rem 0 .5rem;font-size:1.15rem}"
    ".state{margin:.75rem 0;padding:.5rem .75rem;border-inline-start:.3rem solid #17803d;"
    "font-weight:600}.state--failed,strong{color:light-dark(#b3261e,#ff9e94)}"
    ".state--failed{border-color:currentColor}code{overflow-wrap:anywhere}"
    ".table{overflow-x:auto}table{inline-size:100%;border-collapse:collapse}"
    "caption{text-align:start;padding-block:.25rem .5rem}"
    "th,td{padding:.3rem .75rem .3rem 0;border-block-start:1px solid var(--line);"
    "text-align:start;vertical-align:top;font-weight:400}thead th{font-weight:600}"
    "tbody th{overflow-wrap:anywhere}.n{text-align:end;font-variant-numeric:tabular-nums}"
    "time{white-space:nowrap}.understood{opacity:.8}.bars{inline-size:35%;min-inline-size:6rem}"
    ".bar{display:block;block-size:.9rem;margin-block:.3rem;background:#3b6fb6;"
    "forced-color-adjust:none}a{color:light-dark(#0b57a4,#9ecbff)}"
)
