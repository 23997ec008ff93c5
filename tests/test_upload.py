"""A visitor's own file: read apart within limits, theirs alone, and gone when they are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from test_documents import bomb, entities, pages, presentation

from keynote_qa import KeynoteQA
from keynote_qa.apart import Limits, read_apart
from keynote_qa.errors import SourceError
from keynote_qa.passages import to_passages
from keynote_qa.sources import read_talk
from keynote_qa.web import ServeError, serve
from keynote_qa.web.app import create_service
from keynote_qa.web.loading import Backstage
from keynote_qa.web.upload_door import MOST_ON_THEIR_WAY, PATH, UploadDoor
from keynote_qa.web.uploads import MAX_BYTES, Uploads

TALK = (
    "Tea\n\n" + "A line that says nothing\n\n" * 40 + "The kettle boils at 97 degrees\n"
).encode()
QUESTION = "At how many degrees does the kettle boil?"
PAGE = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """The server of a page, as the page's scripts use it."""

    def __init__(self, qa: KeynoteQA, **options: Any) -> None:
        self.backstage = Backstage(lambda: qa)
        self.backstage.start()
        self.clock = Clock()
        self.uploads = Uploads(self.backstage, clock=self.clock, **options)
        service = create_service(self.backstage, uploads=self.uploads)
        self.client = TestClient(UploadDoor(service, self.uploads))

    def give(self, data: bytes, name: str = "tea.txt", **headers: str) -> dict[str, Any]:
        """The last line that is told about a file."""
        response = self.client.post(
            PATH, params={"name": name}, content=data, headers=PAGE | headers
        )
        told: dict[str, Any] = json.loads(response.text.splitlines()[-1])
        return told | {"status": response.status_code}

    def ask(self, question: str, token: str | None = None) -> dict[str, Any]:
        """What the page gets for a question."""
        asked = {"question": question} | ({"upload": token} if token else {})
        told: dict[str, Any] = self.client.post("/keynote-qa/turn", json=asked).json()
        return told


@pytest.fixture
def desk(qa: KeynoteQA) -> Desk:
    return Desk(qa)


# -- apart ------------------------------------------------------------------------------------


def test_what_is_read_apart_is_what_is_read_here() -> None:
    read = read_apart(TALK, "/somewhere/../tea.txt")
    here = read_talk(TALK, "tea.txt")
    assert read.talk == here
    assert list(read.passages) == to_passages(here)


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("bomb.pptx", bomb(), "unpacks to more"),
        ("million.pdf", pages(1_000_000), "1,000,000 pages; at most 500"),
        ("laughs.docx", entities(), None),
        ("lies.docx", presentation(), "cannot be read as a DOCX file"),
        ("lies.pptx", b"%PDF-1.4", "is not a PPTX file"),
        ("lies.txt", b"\x7fELF\x02\0\0", "NUL character"),
        ("lies.vtt", presentation(), "."),
        ("talk.exe", b"MZ", "no reader for this kind of file"),
        ("long.txt", b"word " * 100_001, "100,001 words; at most 100,000"),
    ],
)  # fmt: skip
def test_what_would_do_harm_is_refused(name: str, data: bytes, told: str | None) -> None:
    if told is None:
        try:
            said = "".join(line.text for line in read_apart(data, name).talk.lines)
        except SourceError:
            return  # refused is as good
        assert "haha" not in said
        return
    with pytest.raises(SourceError, match=told) as refused:
        read_apart(data, name)
    assert str(refused.value).startswith(name)


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (Limits(memory_bytes=220_000_000), "takes more memory"),
        (Limits(processor_seconds=1), "takes more than 1 seconds"),
        (Limits(seconds=0.3), "takes more than 0 seconds"),
    ],
)
def test_a_process_that_takes_too_much_is_ended(limits: Limits, told: str) -> None:
    costly = b"\n\n".join(b"%d" % n * 12 for n in range(90_000))
    with pytest.raises(SourceError, match=told):
        read_apart(costly, "costly.txt", limits)


# -- theirs alone -----------------------------------------------------------------------------


def test_a_file_is_asked_by_its_token_and_by_nothing_else(desk: Desk) -> None:
    told = desk.give(TALK)
    assert told["title"] == "tea"
    assert "97 degrees" in told["article"]
    answer = desk.ask(QUESTION, told["token"])
    assert "97 degrees" in answer["html"]
    assert 'data-talk="own"' in answer["html"]
    assert 'data-row="-1"' in answer["html"]
    other = desk.give(b"Another talk\n\n" + b"Words of it\n\n" * 30, "other.txt")
    assert "97 degrees" not in desk.ask(QUESTION, other["token"])["html"]
    assert sum(hour.asked for hour in desk.backstage.tally.hours()) == 0
    assert "97 degrees" not in desk.ask(QUESTION)["html"]
    for token in ("x", told["token"][:-1], "0" * 43):
        refused = desk.ask(QUESTION, token)
        assert refused["gone"]
        assert "html" not in refused
    talks = desk.client.get("/api/talks").json()["talks"]
    assert [talk["name"] for talk in talks] == ["reinvent-2016-werner-vogels"]
    assert "97 degrees" not in json.dumps(desk.client.get("/keynote-qa/talk/1").json())
    # Nor does whoever runs the page see what is asked of it: this is the one of the keynote.
    assert sum(hour.asked for hour in desk.backstage.tally.hours()) == 1


def test_a_file_goes_with_its_page_and_when_nobody_asks(desk: Desk) -> None:
    one, two = (desk.give(TALK)["token"] for _ in range(2))
    assert len(desk.uploads) == 2
    gone = desk.client.post(f"{PATH}/end", json={"token": one}, headers=PAGE)
    assert gone.status_code == 204
    assert desk.ask(QUESTION, one)["gone"]
    desk.clock.now += 1700
    assert "html" in desk.ask(QUESTION, two)
    desk.clock.now += 1700  # since it was last asked: half an hour has not passed
    assert "html" in desk.ask(QUESTION, two)
    desk.clock.now += 1801
    assert desk.ask(QUESTION, two)["gone"]
    assert len(desk.uploads) == 0


def test_only_so_many_files_are_held(qa: KeynoteQA) -> None:
    desk = Desk(qa, most=1)
    token = desk.give(TALK)["token"]
    refused = desk.give(TALK)
    assert refused["status"] == 503
    assert "As many files" in refused["error"]
    assert "html" in desk.ask(QUESTION, token)


def test_only_so_many_files_are_on_their_way(desk: Desk) -> None:
    door = UploadDoor(desk.client.app, desk.uploads)
    scope = {"type": "http", "method": "POST", "path": PATH, "headers": [], "query_string": b""}
    statuses: list[int] = []

    async def stalled() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def send(message: Any) -> None:
        statuses.extend([message["status"]] if "status" in message else [])

    async def run() -> None:
        under_way = [
            asyncio.create_task(door(dict(scope), stalled, send)) for _ in range(MOST_ON_THEIR_WAY)
        ]
        await asyncio.sleep(0)
        await door(dict(scope), stalled, send)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        assert door._on_their_way == 0

    asyncio.run(run())
    assert statuses == [503]


def test_what_is_no_file_of_the_page_is_refused(desk: Desk) -> None:
    assert desk.give(TALK, Origin="https://elsewhere.example")["status"] == 403
    assert desk.give(TALK, **{"Sec-Fetch-Site": "cross-site"})["status"] == 403
    assert desk.client.get(PATH).status_code == 405
    ended = desk.client.post(
        f"{PATH}/end", json={"token": "x"}, headers={"Origin": "https://elsewhere.example"}
    )
    assert ended.status_code == 403
    large = desk.give(b"", **{"Content-Length": str(MAX_BYTES + 1)})
    assert large["status"] == 413
    assert "20 MB" in large["error"]

    def endless() -> Iterator[bytes]:
        for _ in range(MAX_BYTES // 1_000_000 + 1):
            yield bytes(1_000_000)

    response = desk.client.post(PATH, params={"name": "x.txt"}, content=endless(), headers=PAGE)
    assert response.status_code == 413
    assert len(desk.uploads) == 0
    assert "NUL character" in desk.give(b"a\0b", "a.txt")["error"]


def test_it_is_off_unless_it_is_asked_for_and_never_on_a_kiosk(qa: KeynoteQA) -> None:
    backstage = Backstage(lambda: qa)
    backstage.start()
    client = TestClient(create_service(backstage))
    assert client.post(PATH, content=TALK, headers=PAGE).status_code in (403, 404, 405)
    asked = {"question": QUESTION, "upload": "x"}
    assert client.post("/keynote-qa/turn", json=asked).json()["gone"]
    with pytest.raises(ServeError, match="--kiosk do not go together"):
        serve(lambda: qa, kiosk=True, allow_upload=True)


def test_nothing_of_it_is_written(desk: Desk, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert "token" in desk.give(TALK)
    assert list(tmp_path.rglob("*")) == []
