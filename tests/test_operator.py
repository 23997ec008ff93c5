"""The operator's page: what is asked and not answered, for this machine alone, in bounds."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import pytest
from conftest import SEED
from fastapi.testclient import TestClient
from page_fixtures import Canned
from starlette.applications import Starlette
from typer.testing import CliRunner

from keynote_qa import KeynoteQA
from keynote_qa.cli import app as command_line
from keynote_qa.errors import KeynoteQAError, QuestionError
from keynote_qa.journal import Journal
from keynote_qa.web.app import create_app, create_service
from keynote_qa.web.fairness import BusyError
from keynote_qa.web.loading import Backstage
from keynote_qa.web.operator import at_this_machine, operator_route
from keynote_qa.web.question_log import QuestionLog
from keynote_qa.web.tally import Tally

NOON = 1_480_593_600.0  # 1 December 2016, 12:00 UTC
HOUR = 3600.0
HERE: dict[str, Any] = {
    "base_url": "http://127.0.0.1:7860",
    "client": ("127.0.0.1", 40000),
}


def started(tally: Tally | None = None, **options: Any) -> Backstage:
    backstage = Backstage(lambda: cast(KeynoteQA, Canned(SEED)), tally=tally, **options)
    backstage.start()
    asyncio.run(backstage.assistant())
    return backstage


def shown(backstage: Backstage, *, feedback: Journal | None = None, query: str = "") -> str:
    routes = [operator_route(backstage, feedback=feedback, zone=UTC)]
    return TestClient(Starlette(routes=routes), **HERE).get(f"/operator{query}").text


class Rows(HTMLParser):
    """The text of each cell of each row of each table that is not hidden from screen readers."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._in_cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("th", "td"):
            self._in_cell = ("aria-hidden", "true") not in attrs
            if self._in_cell:
                self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td"):
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.tables[-1][-1][-1] += data


def test_questions_from_every_way_in_are_counted() -> None:
    backstage = started()
    with TestClient(create_service(backstage, mcp_at=("127.0.0.1", 7860)), **HERE) as client:
        client.post("/api/ask", json={"question": "lines 5-7"})
        client.post("/api/ask", json={"question": "What does <b>it</b> cost?"})
        call = {"name": "ask_keynote", "arguments": {"question": "What does <B>it</B>  cost?"}}
        request = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        accept = {"Accept": "application/json, text/event-stream"}
        assert client.post("/mcp", json=request, headers=accept).status_code == 200
        asyncio.run(backstage.ask("lines 5-7", ()))  # as the page does
        page = client.get("/operator").text
    without, hours = Rows(page).tables
    assert [row[:2] for row in without] == [
        ["Question", "Times"],
        ["What does <B>it</B> cost?", "2"],
    ]
    assert hours[0][1:] == ["Asked", "Answered", "Not answered", "Failed"]
    assert hours[1][1:] == ["4", "2", "2", "0"]
    assert "<b>it" not in page.casefold()


def test_what_failed_is_counted_and_what_is_no_question_is_not() -> None:
    backstage = started(max_waiting=1)

    async def ask() -> None:
        with pytest.raises(RuntimeError):
            await backstage.ask("crash", ())
        with pytest.raises(QuestionError):
            await backstage.ask(" ", ())
        first = asyncio.create_task(backstage.ask("lines 5-7", ()))
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await backstage.ask("lines 5-7", ())
        await first

    asyncio.run(ask())
    (hour, *_) = backstage.tally.hours()
    assert (hour.asked, hour.answered, hour.unanswered, hour.failed) == (3, 1, 0, 2)


def test_two_days_are_kept_and_the_hours_without_a_question_are_told() -> None:
    now = [NOON]
    tally = Tally(clock=lambda: now[0])
    tally.answered(10)
    now[0] = NOON + 2 * HOUR + 59
    tally.unanswered("Why?", "Why?", 20)
    assert [(hour.start - NOON, hour.answered, hour.unanswered) for hour in tally.hours()] == [
        (2 * HOUR, 0, 1),
        (1 * HOUR, 0, 0),
        (0.0, 1, 0),
    ]
    for _ in range(100):
        now[0] += HOUR
        tally.failed()
    hours = tally.hours()
    assert len(hours) == 48
    assert {(hour.asked, hour.failed) for hour in hours} == {(1, 1)}
    assert len(tally._hours) == 48


def test_a_clock_that_is_put_back_leaves_nothing_behind() -> None:
    now = [NOON + 1000 * HOUR]
    tally = Tally(clock=lambda: now[0])
    tally.answered(10)
    now[0] = NOON
    tally.answered(10)
    assert [(hour.start, hour.answered) for hour in tally.hours()] == [(NOON, 1)]
    assert len(tally._hours) == 1


def test_a_question_without_an_answer_is_kept_once_and_few_are_kept() -> None:
    now = [NOON]
    tally = Tally(clock=lambda: now[0], max_unanswered=3)
    for number in range(5):
        now[0] += 60
        tally.unanswered(f"Question {number}?", f"Question {number}?", 1)
    tally.unanswered("question  2?", "Question 2?", 1)
    tally.unanswered("And that?", "question 3?", 1)
    assert [(kept.question, kept.understood, kept.times) for kept in tally.without_answer()] == [
        ("And that?", "question 3?", 2),
        ("question 2?", "", 2),
        ("Question 4?", "", 1),
    ]


def test_times_are_of_the_latest_answers() -> None:
    tally = Tally(max_timed=100)
    assert tally.milliseconds(0.5) is None
    for ms in (9_999, *range(1, 101)):
        tally.answered(ms)
    assert (tally.milliseconds(0.5), tally.milliseconds(0.95)) == (50, 95)


def test_the_page_tells_all_of_it_without_a_script() -> None:
    now = [NOON]
    tally = Tally(clock=lambda: now[0])
    tally.unanswered("<script>alert('x')</script>", 'Is "it" <i>?', 41)
    now[0] += 90 * 60
    tally.answered(1234)
    page = shown(started(tally))
    assert "Ready" in page
    assert "gone when the server stops" in page
    assert "within 41 ms" in page
    assert "within 1,234 ms" in page
    assert '<time datetime="2016-12-01T12:00+0000">Thu 1 Dec, 12:00</time>' in page
    assert "<script" not in page
    without, hours = Rows(page).tables
    assert without[1] == [
        "<script>alert('x')</script>understood as: Is \"it\" <i>?", "1", "Thu 1 Dec, 12:00",
    ]  # fmt: skip
    assert hours[1:] == [
        ["Thu 1 Dec, 13:00", "1", "1", "0", "0"],
        ["Thu 1 Dec, 12:00", "1", "0", "1", "0"],
    ]
    assert not re.search(r"(?:src|href)=[\"'](?:https?:)?//", page)
    assert "feedback" not in page


def test_it_shows_itself_anew_where_that_is_asked_for() -> None:
    backstage = started()
    again = '<meta http-equiv="refresh" content="60">'
    assert again not in shown(backstage)
    assert again in shown(backstage, query="?refresh=on")


def test_the_state_of_the_assistant_is_told() -> None:
    def fail() -> KeynoteQA:
        raise KeynoteQAError("<b>The index</b> is broken.")

    backstage = Backstage(fail)
    assert "Loading" in shown(backstage)
    backstage.start()
    with pytest.raises(KeynoteQAError):
        asyncio.run(backstage.assistant())
    assert "Failed: &lt;b&gt;The index&lt;/b&gt; is broken." in shown(backstage)


def test_feedback_is_counted_where_it_is_collected(tmp_path: Path) -> None:
    backstage, journal = started(), Journal(tmp_path / "<feedback>.jsonl", max_bytes=500)
    client = TestClient(create_service(backstage, feedback=journal), **HERE)
    given = {"question": "Why?", "answer": "x" * 60, "place": ""}
    for useful in (True, True, False, False):
        client.post("/keynote-qa/feedback", json=given | {"useful": useful})
    page = client.get("/operator").text
    assert "2 useful answers, 1 not useful" in page
    assert "is full (500 bytes)" in page
    assert "&lt;feedback&gt;.jsonl" in page


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.8.0.1", {}, 200),
        ("::1", {"Host": "[::1]:7860"}, 200),
        ("::ffff:127.0.0.1", {"Host": "LOCALHOST"}, 200),
        ("127.0.0.1", {"Origin": "http://127.0.0.1:7860"}, 200),
        ("192.168.0.7", {}, 404),
        ("::ffff:192.168.0.7", {}, 404),
        ("testclient", {}, 404),
        ("127.0.0.1", {"Host": "rebound.example:7860"}, 404),
        ("127.0.0.1", {"Host": "127.0.0.1.rebound.example"}, 404),
        ("127.0.0.1", {"Host": "localhost@rebound.example"}, 404),
        ("127.0.0.1", {"Host": ""}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("127.0.0.1", {"X-Forwarded-Host": "talks.example"}, 404),
        ("127.0.0.1", {"X-Forwarded-Proto": "https"}, 404),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 404),
        ("127.0.0.1", {"X-Real-IP": "127.0.0.1"}, 404),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 404),
        ("127.0.0.1", {"Origin": "https://evil.example"}, 404),
        ("127.0.0.1", {"Sec-Fetch-Site": "cross-site"}, 404),
    ],
)
def test_it_is_for_this_machine_alone(peer: str, headers: dict[str, str], status: int) -> None:
    app = create_service(Backstage(lambda: pytest.fail("it was opened")))
    client = TestClient(app, base_url="http://127.0.0.1:7860", client=(peer, 40000))
    said = client.get("/operator", headers=headers)
    assert said.status_code == status
    if status == 404:
        assert said.content == client.get("/no/such/page").content
    else:
        assert said.headers["Cache-Control"] == "no-store"
        assert "script-src-attr 'none'" in said.headers["Content-Security-Policy"]


def test_behind_a_proxy_that_tells_nothing_it_is_not_there_below_a_path() -> None:
    async def create() -> Any:  # in an event loop: without one, Gradio leaves one open
        return create_app(Backstage(lambda: pytest.fail("it was opened")), root_path="/talks")

    client = TestClient(asyncio.run(create()), **HERE)
    assert client.get("/talks/healthz").status_code == 200
    assert {client.get(path).status_code for path in ("/operator", "/talks/operator")} == {404}


@pytest.mark.parametrize(
    "changed",
    [
        {"client": None},  # a socket without an address
        {"headers": []},
        {"headers": [(b"host", b"localhost"), (b"host", b"rebound.example")]},
        {"http_version": "1.0"},  # what a proxy speaks that tells nothing of itself
    ],
)
def test_a_request_that_says_too_little_or_too_much_is_not_from_this_machine(
    changed: dict[str, Any],
) -> None:
    scope = {
        "type": "http",
        "client": ("127.0.0.1", 40000),
        "headers": [(b"host", b"localhost")],
        "http_version": "1.1",
        "root_path": "",
    }
    assert at_this_machine(scope)
    assert not at_this_machine(scope | changed)


def test_questions_are_written_where_the_operator_wants_them(tmp_path: Path) -> None:
    log = QuestionLog(Journal(tmp_path / "questions.jsonl"), clock=lambda: NOON + 59)
    backstage = started(question_log=log)
    client = TestClient(create_service(backstage), **HERE)
    for question in ("lines 5-7", "What does\x00 it cost?", "crash", " "):
        client = TestClient(create_service(backstage), **HERE, raise_server_exceptions=False)
        client.post("/api/ask", json={"question": question})
    log.close()
    written = [json.loads(line) for line in log.path.read_text("utf-8").splitlines()]
    assert written == [
        {"time": "2016-12-01T12:00Z", "question": "lines 5-7", "answered": True},
        {"time": "2016-12-01T12:00Z", "question": "What does it cost?", "answered": False},
    ]
    assert str(log.path) in client.get("/operator").text


def test_questions_that_cannot_be_written_are_answered_and_the_operator_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = QuestionLog(Journal(tmp_path / "questions.jsonl", max_bytes=10))
    backstage = started(question_log=log)
    for _ in range(3):
        answer = asyncio.run(backstage.ask("lines 5-7", ())).answer
        assert answer.answered
    log.close()
    assert "is full (10 bytes)" in shown(backstage)
    assert caplog.text.count("A question was not written") == 1


@pytest.mark.parametrize("seconds", ["9", "-1", "soon"])
def test_a_kiosk_waits_ten_seconds_at_least(seconds: str) -> None:
    done = CliRunner().invoke(command_line, ["serve", "--kiosk", "--idle", seconds])
    assert done.exit_code == 2


def test_the_command_line_hands_on_what_the_operator_wants(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served: dict[str, Any] = {}
    monkeypatch.setattr("keynote_qa.web.serve", lambda _, **options: served.update(options))
    given = ["--idle", "90", "--feedback", "f.jsonl", "--log-questions", "q.jsonl"]
    assert CliRunner().invoke(command_line, ["serve", *given]).exit_code == 0
    assert (served["idle"], served["feedback"], served["log_questions"]) == (
        90, Path("f.jsonl"), Path("q.jsonl"),
    )  # fmt: skip
    CliRunner().invoke(command_line, ["serve"])
    assert (served["idle"], served["feedback"], served["log_questions"]) == (60, None, None)


def test_a_kiosk_s_page_knows_how_long_to_wait() -> None:
    async def create(**options: Any) -> Any:
        return create_app(Backstage(lambda: pytest.fail("it was opened")), **options)

    def told(**options: Any) -> dict[str, Any]:
        page = TestClient(asyncio.run(create(**options))).get("/").text
        found = re.search(r'<script type="application/json" id="kq-settings">(.*?)</script>', page)
        assert found
        return dict(json.loads(found[1]))

    assert told(kiosk=True, idle=90)["idle"] == 90
    assert told()["kiosk"] is False
