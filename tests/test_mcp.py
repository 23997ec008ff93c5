"""The talks as tools, used as an assistant uses them: by the official client, over HTTP."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from mcp import Client
from mcp.types import CallToolResult
from page_fixtures import in_a_thread, served

from keynote_qa import KeynoteQA, render
from keynote_qa.web.app import create_service
from keynote_qa.web.loading import Backstage

QUESTION = "How many requests per second does Thomson Reuters process?"


@pytest.fixture(scope="module")
def address(qa: KeynoteQA) -> Iterator[str]:
    backstage = Backstage(lambda: qa)
    backstage.start()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = create_service(backstage, mcp_at=("127.0.0.1", listener.getsockname()[1]))
        with in_a_thread(app, listener) as address:
            yield f"{address}/mcp"


def call(address: str, tool: str, **arguments: Any) -> CallToolResult:
    async def run() -> CallToolResult:
        async with Client(address) as client:
            return await client.call_tool(tool, arguments)

    return asyncio.run(run())


def test_the_tools_tell_what_they_take_and_give(address: str) -> None:
    async def run() -> dict[str, Any]:
        async with Client(address) as client:
            return {tool.name: tool for tool in (await client.list_tools()).tools}

    tools = asyncio.run(run())
    assert set(tools) == {"ask_keynote", "list_talks", "read_passage"}
    assert tools["ask_keynote"].input_schema["required"] == ["question"]
    assert "citations" in tools["ask_keynote"].output_schema["properties"]


def test_an_answer_is_the_same_as_everywhere_else(address: str, qa: KeynoteQA) -> None:
    said = call(address, "ask_keynote", question=QUESTION).structured_content
    assert said is not None
    assert said | {"elapsed_ms": 0} == render.to_json(qa.ask(QUESTION)) | {"elapsed_ms": 0}


def test_a_citation_can_be_read_in_its_place(address: str) -> None:
    answer = call(address, "ask_keynote", question=QUESTION).structured_content
    listed = call(address, "list_talks").structured_content
    assert answer is not None
    assert listed is not None
    citation, talk = answer["citations"][0], listed["talks"][0]["name"]
    read = call(
        address, "read_passage", talk=talk,
        start_line=citation["start_line"], end_line=citation["end_line"],
    ).structured_content  # fmt: skip
    assert read is not None
    assert " ".join(citation["quote"].split()) in " ".join(read["text"].split())


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("ask_keynote", {"question": ""}, "empty"),
        ("ask_keynote", {"question": "Who?", "talk": "none"}, "No talk is named"),
        ("ask_keynote", {"question": "Who?", "speaker": "none"}, "No talk's speaker is named"),
        ("read_passage", {"talk": "none", "start_line": 1, "end_line": 2}, "No talk is named"),
    ],
)
def test_a_mistake_is_told(address: str, tool: str, arguments: dict[str, Any], told: str) -> None:
    result = call(address, tool, **arguments)
    assert result.is_error
    assert told in str(result.content)


@pytest.mark.parametrize("lines", [(0, 1), (5, 4), (1, 201), (1, 10**9)])
def test_no_more_lines_are_read_than_there_are(
    address: str, qa: KeynoteQA, lines: tuple[int, int]
) -> None:
    first, last = lines
    name = qa.talks[0].name
    result = call(address, "read_passage", talk=name, start_line=first, end_line=last)
    assert result.is_error
    assert "at most 200" in str(result.content)


def listed(
    qa: KeynoteQA, host: str, base: str, headers: dict[str, str], origins: Sequence[str] = ()
) -> int:
    """The status of a request for the tools, of a server that listens at `host`, port 7860."""
    backstage = Backstage(lambda: qa)
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"Accept": "application/json, text/event-stream"}
    app = create_service(backstage, mcp_at=(host, 7860), origins=origins)
    with TestClient(app, base_url=base) as client:
        return client.post("/mcp", json=request, headers=accept | headers).status_code


@pytest.mark.parametrize(
    ("host", "base", "headers", "status"),
    [
        ("127.0.0.1", "http://localhost:7860", {}, 200),
        ("127.0.0.1", "http://localhost:7861", {}, 421),
        ("127.0.0.1", "http://127.0.0.1:7860", {"Host": "rebound.example:7860"}, 421),
        ("127.0.0.1", "http://127.0.0.1:7860", {"Origin": "https://elsewhere.example"}, 403),
        ("127.0.0.1", "http://127.0.0.1:7860", {"Origin": "http://127.0.0.1:7860"}, 200),
        ("10.0.0.7", "http://10.0.0.7:7860", {}, 200),
        ("::1", "http://[::1]:7860", {}, 200),
        ("0.0.0.0", "http://10.0.0.7:7860", {}, 200),
        ("::", "http://[2001:db8::1]:7860", {}, 200),
        ("0.0.0.0", "http://10.0.0.7:7860", {"Host": "10.0.0.8:7860"}, 421),
        ("0.0.0.0", "http://10.0.0.7:7860", {"Host": "rebound.example:7860"}, 421),
    ],
)
def test_only_by_its_own_names_is_the_server_called(
    qa: KeynoteQA, host: str, base: str, headers: dict[str, str], status: int
) -> None:
    assert listed(qa, host, base, headers) == status


def test_a_reverse_proxy_is_named_by_its_origin(qa: KeynoteQA) -> None:
    public = {"Host": "talks.example", "Origin": "https://talks.example"}
    origins = ["https://talks.example"]
    assert listed(qa, "127.0.0.1", "http://127.0.0.1:7860", public, origins) == 200


def test_a_server_that_has_been_called_stops_as_it_should(tmp_path: Path) -> None:
    with served(tmp_path, "--canned", "--mcp") as server:
        assert not call(f"{server.url}/mcp", "list_talks").is_error
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=20) in (0, -signal.SIGTERM)
        assert "Traceback" not in server.errors.read_text("utf-8")
