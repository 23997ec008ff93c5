"""A hall full of visitors who all ask at once, and look closely at what they get.

Half ask as the page does, half through the API. Each has an address of their own, as a proxy on
this machine would tell it, and writes each question a little differently, so that an answer to
anybody else's is seen. What must be in the answers stands beside the talk, in its golden questions.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from keynote_qa.golden import Golden, load_golden
from keynote_qa.text import fold, normalise

ROOT = Path(__file__).resolve().parent.parent
SEED = ROOT / "seeds" / "reinvent-2016-werner-vogels.txt"
GOLDEN = load_golden(SEED.with_suffix(".golden.toml"))

_PATIENCE_SECONDS = 120  # past that an answer counts as lost
_SPACES = " \u00a0\u2002\u2003\u2009"  # nobody's question is another's, and all mean the same


@dataclass(slots=True)
class Seen:
    """What became of the questions.

    Attributes:
        answered: were answered, and rightly.
        busy: were told to come back, and when.
        wrong: what was wrong with each of the others, in words.
        seconds: that each answer took.
    """

    answered: int = 0
    busy: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


class Visitor:
    """One who asks the golden questions over and over."""

    def __init__(self, client: httpx.AsyncClient, number: int, seen: Seen) -> None:
        self._client = client
        self._number = number
        self._seen = seen
        self._by_page = number % 2 == 0
        self.address = f"10.0.{number // 250}.{number % 250 + 1}"

    async def ask_until(self, deadline: float) -> None:
        """Ask one question after the other until `time.monotonic()` is past the deadline.

        One who is told to come back does; nobody leaves before the first answer.
        """
        turn = self._number
        while True:
            wait = await self.ask(GOLDEN[turn % len(GOLDEN)], turn)
            await asyncio.sleep(wait)
            if not wait:
                turn += 1
                if time.monotonic() > deadline:
                    return

    async def ask(self, golden: Golden, turn: int = 0) -> float:
        """Ask one question; gives the seconds to wait before the next."""
        question = golden.question + _mark(self._number * 1000 + turn)
        path = "/keynote-qa/turn" if self._by_page else "/api/ask"
        began = time.monotonic()
        try:
            reply = await self._client.post(
                path, json={"question": question}, headers={"X-Forwarded-For": self.address}
            )
        except httpx.HTTPError as error:
            self._seen.wrong.append(f"lost: {type(error).__name__}: {error}")
            return 0.0
        if reply.status_code in (429, 503):
            after = reply.headers.get("Retry-After", "")
            if not after.isdigit() or "try again" not in reply.json()["error"].lower():
                self._seen.wrong.append(f"refused without saying what to do: {reply.text}")
            self._seen.busy += 1
            return float(after or 1)
        told = reply.json() if reply.status_code == 200 else {}
        find = self._wrong_of_page if self._by_page else _wrong_of_api
        wrong = find(golden, question, told) if told else f"status {reply.status_code}"
        if wrong:
            self._seen.wrong.append(f"{golden.question} {wrong}")
        else:
            self._seen.answered += 1
            self._seen.seconds.append(time.monotonic() - began)
        return 0.0

    def _wrong_of_page(self, golden: Golden, question: str, told: dict[str, Any]) -> str:
        if "text" not in told:
            return f"got {told}"
        if not told["text"].startswith(f"{question}\n\n"):
            return f"got the answer to another question: {told['text']}"
        return _wrong(golden, told["answered"], told["text"].removeprefix(question))


def _wrong_of_api(golden: Golden, question: str, told: dict[str, Any]) -> str:
    if told["question"] != question:
        return f"got the answer to another question: {told['question']}"
    for citation in (*told["citations"], *told["nearest"]):
        lines = _LINES[citation["start_line"] - 1 : citation["end_line"]]
        if normalise(citation["quote"]) not in normalise("\n".join(lines)):
            return f"got a quotation that does not stand there: {citation}"
    if not (told["citations"] or told["nearest"]):
        return "got no source"
    return _wrong(golden, told["answered"], told["answer"])


_LINES: Sequence[str] = SEED.read_text("utf-8").split("\n")


def _wrong(golden: Golden, answered: bool, said: str) -> str:
    if answered != golden.answered:
        return f"got {said!r}"
    missing = [fact for fact in golden.holds if fold(fact) not in fold(said)]
    return f"got {said!r}, without {missing[0]!r}" if missing else ""


def _mark(number: int) -> str:
    """White space that no other number gives."""
    mark = ""
    while number:
        number, digit = divmod(number, len(_SPACES))
        mark += _SPACES[digit]
    return mark + "?"


@asynccontextmanager
async def hall(url: str) -> Any:
    """A client that any number of visitors may share."""
    # A connection is left before the server ends it, after five seconds: one that is ended while a
    # question is on its way is what browsers ask again over, and httpx does not.
    limits = httpx.Limits(
        max_connections=None, max_keepalive_connections=None, keepalive_expiry=2.0
    )
    async with httpx.AsyncClient(
        base_url=url, limits=limits, timeout=_PATIENCE_SECONDS, trust_env=False
    ) as client:
        yield client


async def crowd(url: str, *, visitors: int, seconds: float = 0.0) -> Seen:
    """Let so many visitors ask for so long, each at least one question."""
    seen = Seen()
    deadline = time.monotonic() + seconds
    async with hall(url) as client:
        await asyncio.gather(
            *(Visitor(client, n, seen).ask_until(deadline) for n in range(visitors))
        )
    return seen


def summary(wrong: Sequence[str]) -> Iterator[str]:
    """What was wrong, most frequent first."""
    for told, times in Counter(wrong).most_common(20):
        yield f"{times} × {told}"
