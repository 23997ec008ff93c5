"""The HTTP API: the same answers as everywhere else, errors that say what to do."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import schemathesis
from conftest import SEED
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from page_fixtures import BROWSER_ARGS, NO_BROWSER, Canned, find_browser, served
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.types import ASGIApp

from keynote_qa import KeynoteQA, render
from keynote_qa.errors import IndexStoreError
from keynote_qa.web import ServeError, serve
from keynote_qa.web.app import create_app, create_service
from keynote_qa.web.limits import TokenBuckets
from keynote_qa.web.loading import Backstage
from keynote_qa.web.server import listen

QUESTION = "How many requests per second does Thomson Reuters process?"


def opened(qa: KeynoteQA, **options: int) -> Backstage:
    backstage = Backstage(lambda: qa, **options)
    backstage.start()
    return backstage


@pytest.fixture(scope="module")
def client(qa: KeynoteQA) -> Iterator[TestClient]:
    with TestClient(create_service(opened(qa))) as client:
        yield client


def test_an_answer_is_the_json_of_the_command_line(client: TestClient, qa: KeynoteQA) -> None:
    said = client.post("/api/ask", json={"question": QUESTION})
    assert said.status_code == 200
    expected = render.to_json(qa.ask(QUESTION))
    assert said.json() | {"elapsed_ms": 0} == expected | {"elapsed_ms": 0}


def test_a_follow_up_is_understood_through_the_history(client: TestClient) -> None:
    asked = {"question": "And Hearst?", "history": [QUESTION]}
    assert "Hearst" in str(client.post("/api/ask", json=asked).json())


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"question": "  "}, "empty"),
        ({"question": "why " * 2500}, "too long"),
        ({"question": "Who?", "talk": "no such talk"}, "No talk is named"),
        ({"question": "Who?", "colour": "red"}, "colour"),
        ({"questions": "Who?"}, "question"),
        ([], "/api/docs"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_reason(
    client: TestClient, body: object, told: str
) -> None:
    refused = client.post("/api/ask", json=body)
    assert refused.status_code == 422
    assert told in refused.json()["error"]


def test_the_talks_are_listed(client: TestClient, qa: KeynoteQA) -> None:
    (talk,) = client.get("/api/talks").json()["talks"]
    assert (talk["name"], talk["lines"]) == (qa.talks[0].name, len(qa.talks[0].lines))
    named = {"question": QUESTION, "talk": talk["name"]}
    assert client.post("/api/ask", json=named).json()["answered"]


def test_the_documentation_asks_no_other_host(client: TestClient) -> None:
    page = client.get("/api/docs").text
    assert "POST /api/ask" in page
    assert "AnswerJSON" in page
    assert not re.search(r"(?:src|href)=[\"'](?:https?:)?//", page)


def test_other_sites_may_ask_only_if_they_are_allowed(qa: KeynoteQA, client: TestClient) -> None:
    origin = {"Origin": "https://example.org"}
    asked = {"question": QUESTION}
    header = "access-control-allow-origin"
    assert header not in client.post("/api/ask", json=asked, headers=origin).headers
    app = create_service(opened(qa), origins=["https://example.org"])
    said = TestClient(app).post("/api/ask", json=asked, headers=origin)
    assert said.headers[header] == "https://example.org"


def test_while_the_model_loads_a_question_is_told_when_to_come_back(qa: KeynoteQA) -> None:
    gate = threading.Event()

    def slowly() -> KeynoteQA:
        gate.wait()
        return qa

    backstage = Backstage(slowly)
    backstage.start()
    with TestClient(create_service(backstage)) as client:
        early = client.post("/api/ask", json={"question": QUESTION})
        assert (early.status_code, client.get("/readyz").status_code) == (503, 503)
        assert int(early.headers["retry-after"]) > 0
        gate.set()


def test_an_assistant_that_cannot_be_opened_says_why() -> None:
    def fail() -> KeynoteQA:
        raise IndexStoreError("the index is broken. Build it again.")

    backstage = Backstage(fail)
    backstage.start()
    with TestClient(create_service(backstage)) as client:
        refused = client.post("/api/ask", json={"question": QUESTION})
        assert refused.status_code == 503
        assert "Build it again" in refused.json()["error"]


def test_past_the_queue_s_limit_there_is_a_clear_busy(qa: KeynoteQA) -> None:
    with TestClient(create_service(opened(qa, max_waiting=0))) as client:
        refused = client.post("/api/ask", json={"question": QUESTION})
    assert refused.status_code == 503
    assert refused.headers["retry-after"]
    assert "try again in a moment" in refused.json()["error"]


def test_a_client_s_tokens_come_back_with_time_and_few_clients_are_remembered() -> None:
    now = [0.0]
    buckets = TokenBuckets(burst=2, per_second=1.0, max_clients=3, clock=lambda: now[0])
    assert [buckets.take("a") for _ in range(3)] == [0.0, 0.0, 1.0]
    now[0] = 0.5
    assert buckets.take("a") == 0.5
    now[0] = 1.5
    assert buckets.take("a") == 0.0
    for client in "bcde":
        buckets.take(client)
    assert len(buckets) == 3


def test_an_address_that_asks_without_end_is_told_to_wait(qa: KeynoteQA) -> None:
    app = create_service(opened(qa), buckets=TokenBuckets(burst=2, per_second=0.001))
    for address, third in (("203.0.113.9", 429), ("127.0.0.1", 422)):
        with TestClient(app, client=(address, 40000)) as client:
            asked = [client.post("/api/ask", json={"question": " "}) for _ in range(3)]
            assert [said.status_code for said in asked] == [422, 422, third]


def test_visitors_of_the_page_who_share_an_address_are_not_limited(qa: KeynoteQA) -> None:
    app = create_service(opened(qa), buckets=TokenBuckets(burst=1, per_second=0.001))
    with TestClient(app, client=("203.0.113.9", 40000)) as client:
        assert {client.post("/gradio_api/run/x").status_code for _ in range(5)} == {404}


def test_half_a_character_spoils_nothing(client: TestClient) -> None:
    body = '{"question": "What is \\ud800 AWS Glue?"}'
    said = client.post("/api/ask", content=body, headers={"Content-Type": "application/json"})
    assert said.json()["answered"]
    assert said.json()["question"] == "What is ? AWS Glue?"


def test_every_error_below_the_api_is_json(tmp_path: Path) -> None:
    backstage = Backstage(lambda: cast(KeynoteQA, Canned(SEED)))
    backstage.start()
    asyncio.run(backstage.assistant())
    canned = TestClient(create_service(backstage), raise_server_exceptions=False)

    def endless() -> Iterator[bytes]:
        for _ in range(64):
            yield b"x" * 65_536

    kind = {"Content-Type": "application/json"}
    for status, said in {
        404: canned.get("/api/nothing"),
        405: canned.get("/api/ask"),
        413: canned.post("/api/ask", content=endless(), headers=kind),
        422: canned.post("/api/ask", content="{oops", headers=kind),
        500: canned.post("/api/ask", json={"question": "crash"}),
    }.items():
        assert said.status_code == status
        assert list(said.json()) == ["error"]
    declared = canned.post("/api/ask", json={"question": "x" * 300_000})
    assert (declared.status_code, list(declared.json())) == (413, ["error"])


@pytest.mark.parametrize("taken_away", [True, False])
def test_below_a_path_all_is_found_whether_the_proxy_takes_it_away_or_not(
    qa: KeynoteQA, taken_away: bool
) -> None:
    async def create() -> ASGIApp:  # in an event loop: without one, Gradio leaves one open
        return create_app(opened(qa), root_path="/talks")

    client = TestClient(asyncio.run(create()))
    before = "" if taken_away else "/talks"
    assert client.post(f"{before}/api/ask", json={"question": QUESTION}).json()["answered"]
    document = client.get(f"{before}/api/openapi.json").json()
    assert document["servers"] == [{"url": "/talks/api"}]
    assert "POST /talks/api/ask" in client.get(f"{before}/api/docs").text
    page = client.get(f"{before}/").text
    assert '"root":"http://testserver/talks"' in page
    (script,) = set(re.findall(r"keynote-qa/[0-9a-f]+/main\.js", page))
    assert client.get(f"{before}/{script}").status_code == 200
    assert client.get("/talks", follow_redirects=False).headers["Location"] == "/talks/"


@pytest.mark.skipif(find_browser() is None, reason=NO_BROWSER)
def test_below_a_path_the_page_answers_in_a_browser(tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    with (
        served(tmp_path, "--canned", "--root-path", "/talks") as server,
        playwright.sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=find_browser(), args=BROWSER_ARGS)
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{server.url}/talks")
        page.get_by_role("textbox", name="Ask about the keynote").fill("lines 5-7")
        page.keyboard.press("Enter")
        playwright.expect(page.locator(".turn-body")).to_contain_text("lines 5 to 7")
        browser.close()
    assert [url for url in asked if not f"{url}/".startswith(f"{server.url}/talks/")] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"origins": ["talks.example"]}, "'talks.example' is no origin"),
        ({"origins": ["https://talks.example/page"]}, "is no origin"),
        ({"origins": ["https://user@talks.example"]}, "is no origin"),
        ({"root_path": "/api"}, "'/api' cannot be the path"),
        ({"root_path": "/a b"}, "'/a b' cannot be the path"),
    ],
)
def test_what_a_proxy_cannot_be_is_told_before_anything_begins(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ServeError, match=message):
        serve(lambda: pytest.fail("it was opened"), **options)


def test_the_api_keeps_what_its_document_says(qa: KeynoteQA) -> None:
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", create_service(opened(qa)))

    @given(case=schema.as_strategy())
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    def check(case: schemathesis.Case) -> None:
        # A schema cannot say that a question of white space is none, or which talks there are.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    check()


def test_a_connection_sends_what_it_has_at_once() -> None:
    # Else an answer of two packets waits until the first is acknowledged, which takes 40 ms.
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
