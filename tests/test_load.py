"""Many who ask at once: each gets the answer to their own question, and a turn of their own."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, cast

import page_fixtures
import pytest
from crowd import GOLDEN, Seen, Visitor, crowd, hall, summary

from keynote_qa import KeynoteQA
from keynote_qa.records import Answer
from keynote_qa.web import ServeError, serve
from keynote_qa.web.app import create_service
from keynote_qa.web.fairness import BusyError, FairQueue
from keynote_qa.web.loading import MAX_TOGETHER, Backstage


class Hall:
    """Clients who ask a queue; `asked` names what is let in, in order."""

    def __init__(self, **options: Any) -> None:
        self.queue = FairQueue(**options)
        self.let_in: list[str] = []
        self.open = asyncio.Event()
        self.tasks: dict[str, asyncio.Task[str]] = {}

    async def ask(self, client: str, name: str) -> None:
        """Begin to ask; returns when the question is in the queue, let in or refused."""

        async def asking() -> str:
            try:
                async with self.queue.turn(client):
                    self.let_in.append(name)
                    await self.open.wait()
            except BusyError as error:
                return "busy" if error.retry_after == 2 else f"busy for {error.retry_after} s"
            return "answered"

        self.tasks[name] = asyncio.ensure_future(asking())
        await asyncio.sleep(0)

    async def replies(self) -> dict[str, str]:
        """Answer all."""
        self.open.set()
        replies: list[str | BaseException] = await asyncio.gather(
            *self.tasks.values(), return_exceptions=True
        )
        return {name: str(reply) for name, reply in zip(self.tasks, replies, strict=True)}


def in_a_loop(test: Awaitable[None]) -> None:
    async def limited() -> None:
        await asyncio.wait_for(test, 60)

    asyncio.run(limited())


def test_clients_take_turns_whoever_asked_first() -> None:
    async def check() -> None:
        hall = Hall(at_once=1, places=10)
        for n in range(4):
            await hall.ask("many", f"m{n}")
        await hall.ask("one", "o0")
        await hall.ask("two", "t0")
        await hall.ask("two", "t1")
        assert set((await hall.replies()).values()) == {"answered"}
        assert hall.let_in == ["m0", "m1", "o0", "t0", "m2", "t1", "m3"]
        assert len(hall.queue) == 0

    in_a_loop(check())


def test_in_a_full_queue_the_longest_gives_way_to_who_has_fewer_waiting() -> None:
    async def check() -> None:
        hall = Hall(at_once=1, places=4)
        for n in range(5):
            await hall.ask("many", f"m{n}")
        await hall.ask("one", "o0")
        await hall.ask("one", "o1")
        assert await hall.replies() == {
            "m0": "answered", "m1": "answered", "m2": "answered", "m3": "busy", "m4": "busy",
            "o0": "answered", "o1": "busy",
        }  # fmt: skip
        assert hall.let_in == ["m0", "m1", "o0", "m2"]

    in_a_loop(check())


def test_the_slower_the_answers_the_fewer_may_wait() -> None:
    async def check() -> None:
        hall = Hall(at_once=1, places=100, patience=10.0)
        hall.queue.took(5.0)
        for n in range(5):
            await hall.ask(str(n), str(n))
        # Two would wait ten seconds; the third is one too many.
        replies = await hall.replies()
        assert list(replies.values()) == ["answered"] * 3 + ["busy for 15 s"] * 2
        for _ in range(60):
            hall.queue.took(0.1)
        for n in range(5):
            await hall.ask(str(n), str(n))
        assert set((await hall.replies()).values()) == {"answered"}

    in_a_loop(check())


def test_whoever_leaves_gives_the_place_to_the_next() -> None:
    async def check() -> None:
        hall = Hall(at_once=1, places=4)
        for name in ("a", "b", "c", "d"):
            await hall.ask(name, name)
        hall.tasks["a"].cancel()  # is inside
        hall.tasks["b"].cancel()  # is next, and does not know yet: c is let in …
        await asyncio.sleep(0)
        hall.tasks["c"].cancel()  # … and gone before it knows
        assert (await hall.replies())["d"] == "answered"
        assert hall.let_in == ["a", "d"]
        assert len(hall.queue) == 0

    in_a_loop(check())


@contextmanager
def served(backstage: Backstage) -> Iterator[str]:
    """A server in a thread; gives its address."""
    backstage.start()
    with (
        socket.create_server(("127.0.0.1", 0), backlog=2048) as listener,
        page_fixtures.in_a_thread(create_service(backstage), listener) as address,
    ):
        yield address


STRACE = ["strace", "-D", "-f", "-qq", "--seccomp-bpf", "-e", "trace=network", "-o"]
ADDRESS = re.compile(r'sa_family=AF_INET6?\b.*?port=htons\((\d+)\).*?"([0-9a-f.:]+)"')
DNS = 53


@dataclass(frozen=True)
class Day:
    """What a server did from its start to its end; `calls` are its network calls, if seen."""

    seen: Seen
    calls: list[str] | None


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """The page's server indexes the talk and is asked by two hundred visitors at once."""
    folder = tmp_path_factory.mktemp("day")
    trace = folder / "trace"
    under = [*STRACE, str(trace)] if shutil.which("strace") else []
    arguments = ("--index", str(folder / "index"), "--keep-answers", "0")
    with page_fixtures.served(folder, *arguments, under=under) as server:
        seen = asyncio.run(crowd(server.url, visitors=200))
    return Day(seen, trace.read_text("utf-8").splitlines() if under else None)


def test_two_hundred_who_ask_at_once_get_each_the_answer_to_their_question(day: Day) -> None:
    assert list(summary(day.seen.wrong)) == []
    assert day.seen.answered == 200  # on a slow machine some had to come back


def test_from_its_start_to_its_end_a_server_reaches_for_no_other_machine(day: Day) -> None:
    if day.calls is None:
        pytest.skip("strace is not here to see what a server reaches for: apt-get install strace")
    assert any("accept" in call for call in day.calls), "nothing was seen at all"
    reached = [(call, *found.groups()) for call in day.calls if (found := ADDRESS.search(call))]
    assert reached
    for call, port, host in reached:
        # Not even a resolver on this machine, which would ask others.
        assert ip_address(host).is_loopback, call
        assert int(port) != DNS, call


@pytest.mark.long
def test_a_hall_asks_for_ten_minutes() -> None:
    from benchmarks.load import hold

    held = hold(visitors=200, seconds=600)
    print(held.seen.answered, held.seen.busy, held.before_mb, held.after_mb)
    assert list(summary(held.seen.wrong)) == []
    assert held.growth < 0.05


def test_whoever_finds_no_place_is_told_when_to_come_back_and_then_answered(qa: KeynoteQA) -> None:
    with served(Backstage(lambda: qa, max_waiting=20)) as address:
        seen = asyncio.run(crowd(address, visitors=40))
    assert list(summary(seen.wrong)) == []
    assert seen.answered == 40
    assert seen.busy > 0


def test_a_second_server_at_one_port_says_so_and_leaves_the_first_alone(qa: KeynoteQA) -> None:
    with served(Backstage(lambda: qa)) as address:
        port = int(address.rpartition(":")[2])
        with pytest.raises(ServeError, match=f"Port {port} .* is taken"):
            serve(lambda: pytest.fail("it was opened"), host="127.0.0.1", port=port)
        seen = asyncio.run(crowd(address, visitors=2))
    assert (seen.answered, seen.wrong) == (2, [])


class Gated:
    """An assistant that answers once its gate is open; `asked` are its questions, in order."""

    def __init__(self, qa: KeynoteQA) -> None:
        self._qa = qa
        self.gate = threading.Event()
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._qa, name)

    def ask(self, question: str, **options: Any) -> Answer:
        self.asked.append(question)
        self.gate.wait()
        return self._qa.ask(question, **options)


def test_whoever_asks_many_does_not_keep_out_another(qa: KeynoteQA) -> None:
    places = 6 * MAX_TOGETHER
    gated = Gated(qa)
    backstage = Backstage(lambda: cast(KeynoteQA, gated), max_waiting=places)

    async def check(address: str) -> None:
        greedy, patient = Seen(), Seen()
        async with hall(address) as client:
            flooding, visitor = Visitor(client, 0, greedy), Visitor(client, 1, patient)
            flood = [asyncio.ensure_future(flooding.ask(GOLDEN[0], n)) for n in range(places)]
            await until(lambda: len(backstage._queue) == places)
            visit = asyncio.ensure_future(visitor.ask(GOLDEN[1]))
            await until(lambda: greedy.busy == 1)  # one of the many has given its place
            gated.gate.set()
            await asyncio.gather(visit, *flood)
        assert (patient.answered, patient.busy, patient.wrong) == (1, 0, [])
        assert (greedy.answered, greedy.busy, greedy.wrong) == (places - 1, 1, [])

    with served(backstage) as address:
        asyncio.run(check(address))
    # Behind those that were begun when it came, and those that are begun beside it.
    (turn,) = [n for n, asked in enumerate(gated.asked) if asked.startswith(GOLDEN[1].question)]
    assert turn < 3 * MAX_TOGETHER


@pytest.mark.parametrize("path", ["/api/ask", "/keynote-qa/turn"])
def test_for_who_leaves_before_the_answer_nothing_is_worked_out(qa: KeynoteQA, path: str) -> None:
    gated = Gated(qa)
    backstage = Backstage(lambda: cast(KeynoteQA, gated))
    body = json.dumps({"question": GOLDEN[0].question}).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
    with served(backstage) as address, ExitStack() as visits:
        at = ("127.0.0.1", int(address.rpartition(":")[2]))
        for _ in range(50):
            visit = visits.enter_context(socket.create_connection(at))
            visit.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        wait_until(lambda: len(backstage._queue) == 50)
        visits.close()
        wait_until(lambda: len(backstage._queue) == 0)
        gated.gate.set()
        seen = asyncio.run(crowd(address, visitors=2))
    assert (seen.answered, seen.busy, seen.wrong) == (2, 0, [])
    assert len(gated.asked) == MAX_TOGETHER + 2  # some were begun before their visitors had left
    assert sum(hour.asked for hour in backstage.tally.hours()) == 2


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.01)


def wait_until(holds: Callable[[], bool]) -> None:
    asyncio.run(until(holds))
