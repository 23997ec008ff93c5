"""The talks as tools for assistants that speak MCP, on the server that shows the page.

Imported only where it is asked for: the SDK takes its time.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp, Receive, Scope, Send

from keynote_qa import render
from keynote_qa.errors import KeynoteQAError
from keynote_qa.text import normalise_line
from keynote_qa.version import __version__
from keynote_qa.web.loading import Backstage
from keynote_qa.web.schemas import (
    AnswerJSON,
    History,
    PassageJSON,
    Question,
    SpeakerName,
    TalkJSON,
    TalkName,
    TalksJSON,
    talk_json,
)

MAX_LINES = 200
"""The most lines of a talk that are read at once."""

PATH = "/mcp"
_EVERYWHERE = ("0.0.0.0", "::", "")


def mcp_server(backstage: Backstage) -> MCPServer[None]:
    """A server with three tools, each with structured output."""
    server: MCPServer[None] = MCPServer(
        name="keynote-qa",
        title="Keynote Q&A",
        instructions=(
            "Answers questions about talks in their own words. Quote the answers with the lines "
            "they cite; where `answered` is false, the talk does not say."
        ),
        version=__version__,
        log_level="WARNING",
    )

    @server.tool(title="Ask about the keynote")
    async def ask_keynote(
        question: Question,
        history: History = None,
        talk: TalkName = None,
        speaker: SpeakerName = None,
    ) -> AnswerJSON:
        """Answer a question about a talk with quotations that are checked against its lines."""
        try:
            answer = (await backstage.ask(question, history or (), talk, speaker)).answer
        except KeynoteQAError as error:
            raise ToolError(str(error)) from error
        return AnswerJSON.model_validate(render.to_json(answer))

    @server.tool(title="List the talks")
    async def list_talks() -> TalksJSON:
        """The talks that can be asked about."""
        return TalksJSON(talks=await _talks(backstage))

    @server.tool(title="Read some lines of a talk")
    async def read_passage(talk: str, start_line: int, end_line: int) -> PassageJSON:
        """The lines of a talk from `start_line` to `end_line`, both included, counted from 1."""
        try:
            known = {t.name: t for t in (await backstage.assistant()).talks}
        except KeynoteQAError as error:
            raise ToolError(str(error)) from error
        if talk not in known:
            raise ToolError(f"No talk is named '{talk}'. There are: {', '.join(sorted(known))}.")
        lines = known[talk].lines
        if not 1 <= start_line <= end_line <= len(lines) or end_line - start_line >= MAX_LINES:
            raise ToolError(
                f"The talk has lines 1 to {len(lines)}; give at most {MAX_LINES} of them, "
                "the first one first."
            )
        return PassageJSON(
            talk=talk,
            source=known[talk].source,
            start_line=start_line,
            end_line=end_line,
            text="\n".join(normalise_line(line.text) for line in lines[start_line - 1 : end_line]),
        )

    return server


async def _talks(backstage: Backstage) -> list[TalkJSON]:
    try:
        return [talk_json(talk, slides) for talk, slides in await backstage.talks()]
    except KeynoteQAError as error:
        raise ToolError(str(error)) from error


def mcp_app(server: MCPServer[None], *, host: str, port: int, origins: Sequence[str]) -> ASGIApp:
    """The application that serves the tools at `PATH`.

    Args:
        server: what `mcp_server` made. Its `session_manager` must run while the application does.
        host: where the server listens; with `port`, what it may be called by. Other names are
            refused: a page elsewhere could have its name point here (DNS rebinding).
        port: see `host`.
        origins: where else requests may come from, or what a reverse proxy serves this as.
    """
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        transport_security=allowed(host, port, origins),
    )
    return _ByAddress(app) if host in _EVERYWHERE else app


def allowed(host: str, port: int, origins: Sequence[str]) -> TransportSecuritySettings:
    """By which names the server may be called, and from which origins.

    >>> allowed("10.0.0.7", 7860, ["https://talks.example"]).allowed_hosts[-3:]
    ['[::1]:7860', '10.0.0.7:7860', 'talks.example']
    """
    names = ["127.0.0.1", "localhost", "[::1]"]
    if host in _EVERYWHERE:
        names += [socket.gethostname(), f"{socket.gethostname()}.local"]
    elif host not in ("127.0.0.1", "localhost", "::1"):
        names.append(f"[{host}]" if ":" in host else host)
    hosts = [f"{name}:{port}" for name in names]
    if port == 80:  # a client leaves it out
        hosts += names
    return TransportSecuritySettings(
        allowed_hosts=[*hosts, *(urlsplit(origin).netloc for origin in origins)],
        allowed_origins=[*(f"http://{name}" for name in hosts), *origins],
    )


class _ByAddress:
    """Lets a server that listens everywhere be called by the address that was reached.

    Which addresses there are is not known before they are called; and calling a machine by its
    address is no rebinding.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope.get("server"):
            address, port = scope["server"]
            reached = (f"[{address}]" if ":" in address else address) + f":{port}"
            headers = [
                (name, f"localhost:{port}".encode())
                if name == b"host" and value == reached.encode()
                else (name, value)
                for name, value in scope["headers"]
            ]
            scope = {**scope, "headers": headers}
        await self._app(scope, receive, send)
