"""The talks as tools, used as an assistant uses them: by the official client, over HTTP."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from mcp import Client
from mcp.types import CallToolResult

from keynote_qa import KeynoteQA, render
from keynote_qa.web.app import create_service
from keynote_qa.web.loading import Backstage

QUESTION = "How many requests per second does Thomson Reuters process?"


@pytest.fixture(scope="module")
def address(qa: KeynoteQA) -> Iterator[str]:
    backstage = Backstage(lambda: qa)
    backstage.start()
    hosts = ("127.0.0.1",)
    config = uvicorn.Config(
        create_service(backstage, mcp=True, mcp_hosts=hosts), port=0, log_level="warning"
    )
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
    server.should_exit = True
    thread.join()
    listener.close()


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
