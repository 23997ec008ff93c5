"""What visitors think of the answers: taken from the page alone, kept whole, shown in a shell."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from conftest import SEED
from fastapi.testclient import TestClient
from filelock import lock_descriptor
from page_fixtures import Canned, environment
from starlette.applications import Starlette
from test_questions import keynote_qa

from keynote_qa import KeynoteQA
from keynote_qa.errors import JournalError
from keynote_qa.feedback import Feedback, load_feedback, summary
from keynote_qa.journal import Journal, entries
from keynote_qa.web import ServeError, serve
from keynote_qa.web.app import create_service
from keynote_qa.web.feedback import feedback_route
from keynote_qa.web.limits import TokenBuckets
from keynote_qa.web.loading import Backstage
from keynote_qa.web.tally import Tally

PATH = "/keynote-qa/feedback"
GIVEN = {
    "question": "What does it cost?",
    "answer": "• one\n• two",
    "place": "Compute › Serverless, line 17",
    "useful": False,
    "word": "not the price",
}


def asked(journal: Journal | None, **options: Any) -> TestClient:
    backstage = Backstage(lambda: cast(KeynoteQA, Canned(SEED)))
    return TestClient(create_service(backstage, feedback=journal), **options)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    journal = Journal(tmp_path / "feedback.jsonl")
    journal.check()
    return journal


def test_it_is_stored_with_the_minute_and_nothing_of_the_visitor(journal: Journal) -> None:
    client = asked(journal, client=("203.0.113.9", 40000))
    said = client.post(PATH, json=GIVEN, headers={"User-Agent": "Someone's", "Cookie": "id=7"})
    assert (said.status_code, said.content) == (204, b"")
    (line,) = journal.path.read_text("utf-8").splitlines()
    stored = json.loads(line)
    assert len(stored.pop("time")) == len("2016-12-01T16:00Z")
    assert stored == GIVEN
    assert journal.path.stat().st_mode & 0o077 == 0


def test_the_word_may_be_left_out(journal: Journal) -> None:
    client = asked(journal)
    client.post(PATH, json={key: GIVEN[key] for key in GIVEN if key != "word"} | {"useful": True})
    (feedback,) = load_feedback(journal.path, pytest.fail)
    assert (feedback.useful, feedback.word) == (True, "")


def test_unless_the_operator_wants_it_there_is_none() -> None:
    refused = asked(None).post(PATH, json=GIVEN)
    assert refused.status_code == 404
    assert "not collected" in refused.json()["error"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"word": "x" * 281}, "word"),
        ({"question": "x" * 1001}, "question"),
        ({"question": " \x00 "}, "question"),
        ({"answer": "x" * 12_001}, "answer"),
        ({"place": "x" * 1001}, "place"),
        ({"useful": 1}, "useful"),
        ({"useful": "yes"}, "useful"),
        ({"visitor": "Ada"}, "visitor"),
    ],
)
def test_what_is_malformed_is_refused_and_not_stored(
    journal: Journal, changed: dict[str, Any], told: str
) -> None:
    refused = asked(journal).post(PATH, json=GIVEN | changed)
    assert refused.status_code == 422
    assert told in refused.json()["error"]
    assert journal.path.read_bytes() == b""


def test_what_is_no_json_is_refused(journal: Journal) -> None:
    client, kind = asked(journal), {"Content-Type": "application/json"}
    for body in (b"{oops", b"[]", b"\xff", b'{"question": "\\ud800"}'):
        assert list(client.post(PATH, content=body, headers=kind).json()) == ["error"]
    assert client.post(PATH, data={"useful": "true"}).status_code == 415
    assert client.get(PATH).status_code == 405

    def endless() -> Iterator[bytes]:
        for _ in range(64):
            yield b" " * 65_536

    too_large = client.post(PATH, content=endless(), headers=kind)
    assert (too_large.status_code, list(too_large.json())) == (413, ["error"])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 204),
        ({"Origin": "http://testserver"}, 204),
        ({"Origin": "https://TESTSERVER"}, 204),  # a proxy ended the TLS
        ({"Origin": "https://talks.example", "X-Forwarded-Host": "talks.example"}, 204),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://testserver:81"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 204),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://testserver", "Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_only_the_page_may_send_it(journal: Journal, headers: dict[str, str], status: int) -> None:
    assert asked(journal).post(PATH, json=GIVEN, headers=headers).status_code == status


def test_where_a_proxy_serves_the_page_is_the_page_too(journal: Journal) -> None:
    backstage = Backstage(lambda: cast(KeynoteQA, Canned(SEED)))
    app = create_service(backstage, feedback=journal, origins=["https://talks.example"])
    origin = {"Origin": "https://talks.example"}
    assert TestClient(app).post(PATH, json=GIVEN, headers=origin).status_code == 204


def test_whoever_votes_without_end_is_told_to_wait_at_this_machine_too(journal: Journal) -> None:
    now = [0.0]
    buckets = TokenBuckets(burst=2, per_second=1.0, clock=lambda: now[0])
    route = feedback_route(journal, Tally(), buckets=buckets, clock=lambda: 1_480_608_059.9)
    client = TestClient(Starlette(routes=[route]), client=("127.0.0.1", 40000))
    said = [client.post(PATH, json=GIVEN) for _ in range(3)]
    assert [one.status_code for one in said] == [204, 204, 429]
    assert said[2].headers["Retry-After"] == "1"
    now[0] = 1.0
    assert client.post(PATH, json=GIVEN).status_code == 204
    given = load_feedback(journal.path, pytest.fail)
    assert [feedback.time for feedback in given] == ["2016-12-01T16:00Z"] * 3


@contextmanager
def disk_that_ends_at(size: int) -> Iterator[None]:
    """As on a full disk, a write past `size` bytes is cut off; nothing else may be written."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def test_on_a_full_disk_it_is_refused_and_what_was_there_stays(journal: Journal) -> None:
    client = asked(journal)
    client.post(PATH, json=GIVEN)
    before = journal.path.read_bytes()
    with disk_that_ends_at(len(before) + 20):
        refused = client.post(PATH, json=GIVEN)
    assert refused.status_code == 503
    assert "could not be stored" in refused.json()["error"]
    assert str(journal.path) not in refused.text
    assert journal.path.read_bytes() == before
    assert client.post(PATH, json=GIVEN).status_code == 204


def test_the_file_does_not_grow_past_its_limit(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "feedback.jsonl", max_bytes=400)
    client = asked(journal)
    said = [client.post(PATH, json=GIVEN).status_code for _ in range(4)]
    assert said == [204, 204, 503, 503]
    assert journal.path.stat().st_size <= 400
    with pytest.raises(JournalError, match=r"is full \(400 bytes\)"):
        journal.append({"time": "x" * 400})


APPEND_MANY = """
import sys
from pathlib import Path
from keynote_qa.journal import Journal

for number in range(200):
    entry = {"time": "now", "writer": sys.argv[2], "number": number, "x": "y" * 500}
    Journal(Path(sys.argv[1])).append(entry)
"""


def test_two_servers_may_write_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "feedback.jsonl"
    writers = [
        subprocess.Popen([sys.executable, "-c", APPEND_MANY, path, name], env=environment())
        for name in "AB"
    ]
    assert [writer.wait() for writer in writers] == [0, 0]
    found = [entry for _, entry in entries(path) if entry]
    assert len(found) == 400
    for writer in "AB":
        own = [entry["number"] for entry in found if entry["writer"] == writer]
        assert own == list(range(200))


def test_one_writer_waits_for_the_other(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keynote_qa.journal._WAIT_SECONDS", 0)
    with journal.path.open("rb+") as other:
        assert lock_descriptor(other.fileno(), blocking=False)
        with pytest.raises(JournalError, match="another program"):
            journal.append({"time": "now"})
    journal.append({"time": "now"})


def test_half_a_line_that_a_power_cut_left_spoils_no_other(journal: Journal) -> None:
    client = asked(journal)
    client.post(PATH, json=GIVEN)
    whole = journal.path.read_bytes()
    journal.path.write_bytes(whole + whole[:40])
    client.post(PATH, json=GIVEN)
    notes: list[str] = []
    assert len(load_feedback(journal.path, notes.append)) == 2
    assert notes == [f"{journal.path}, line 2: damaged, skipped"]


@pytest.mark.parametrize("option", ["feedback", "log_questions"])
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "cannot be written"),
        ("no/such/folder.jsonl", "cannot be written"),
        ("talk.txt", "holds something else"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_before_anything_begins(
    option: str, name: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / "talk.txt").write_text("Ladies and gentlemen\n")
    with pytest.raises(JournalError, match=told):
        serve(lambda: pytest.fail("it was opened"), **cast(Any, {option: tmp_path / name}))
    assert (tmp_path / "talk.txt").read_text() == "Ladies and gentlemen\n"


def test_a_device_is_no_file_that_can_grow() -> None:
    with pytest.raises(JournalError, match="no file that can grow"):
        Journal(Path("/dev/null")).check()


def test_feedback_and_questions_need_a_file_each(tmp_path: Path) -> None:
    file, same = tmp_path / "a.jsonl", tmp_path / "b" / ".." / "a.jsonl"
    with pytest.raises(ServeError, match="a file each"):
        serve(lambda: pytest.fail("it was opened"), feedback=file, log_questions=same)


def test_the_summary_counts_and_shows_what_was_not_useful_newest_first() -> None:
    given = [
        Feedback("2016-12-01T16:00Z", False, "Old?", "An answer", "Compute, line 3", "wrong"),
        Feedback("2016-12-02T09:30Z", False, "New?", "word " * 100),
        Feedback("2016-12-02T09:29Z", True, "Fine?", "Yes"),
    ]
    shown = summary(given).splitlines()
    assert shown[0] == "3 answers judged: 1 useful (33%), 2 not"
    assert shown[1] == "from 2016-12-01T16:00Z to 2016-12-02T09:30Z"
    new, old = (shown.index(line) for line in shown if line.endswith(("New?", "Old?")))
    assert new < old
    assert shown[old:] == [
        "2016-12-01T16:00Z  Old?",
        "    said: “wrong”",
        "    got:  An answer",
        "    from: Compute, line 3",
    ]
    assert not any("Fine?" in line for line in shown)
    assert max(map(len, shown)) < 200


def test_in_a_shell(tmp_path: Path) -> None:
    path = tmp_path / "feedback.jsonl"
    good = {"time": "2016-12-01T16:00Z", **GIVEN, "word": "red \x1b[31m alert"}
    path.write_text(json.dumps(good) + "\n{oops\n\n" + json.dumps(good | {"useful": 1}) + "\n")
    shown = keynote_qa("feedback", str(path))
    assert shown.returncode == 0
    assert "What does it cost?" in shown.stdout
    assert "\x1b" not in shown.stdout
    damaged = [f"{path}, line {number}: damaged, skipped" for number in (2, 4)]
    assert shown.stderr.splitlines() == damaged
    as_json = keynote_qa("feedback", str(path), "--json")
    assert [json.loads(line) for line in as_json.stdout.splitlines()] == [good]


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "cannot be read"), ("Ladies and gentlemen\n" * 3, "holds no feedback")],
)
def test_a_file_without_feedback_ends_with_one(
    content: str | None, told: str, tmp_path: Path
) -> None:
    path = tmp_path / "given.jsonl"
    if content:
        path.write_text(content)
    done = keynote_qa("feedback", str(path))
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr


def test_an_empty_file_is_no_feedback_yet(tmp_path: Path) -> None:
    path = tmp_path / "feedback.jsonl"
    path.touch()
    assert keynote_qa("feedback", str(path)).stdout == "No feedback yet.\n"
