"""How many questions a second the server answers one visitor, and many at a time.

    python -m benchmarks.visitors

Each visitor asks one question after the other, without a pause, over HTTP; each answer is checked
to be of its own question: once by a server that keeps no answers, and once where all that is asked
has been asked before. Beside it what the model alone could do: the same questions embedded, and
three texts read for each, one at a time and all together. Rounds of all are taken in turn.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median

import httpx

from benchmarks.serving import PATIENCE_SECONDS, started
from keynote_qa.embed import SentenceTransformerEmbedder
from keynote_qa.question_set import load_questions
from keynote_qa.span_reader import AdapterReader

QUESTIONS = Path("tests/questions/keynote-dev.jsonl")
VISITORS = (1, 10, 50)
ROUNDS = 3
ASKED = 150
_CONTEXT = (
    "Compute > Massive Scale Achieved | Thomson Reuters processes 4,000 requests per second | "
    "Hearst reduced the time to ingest data by 97% | Bustle has 52 million visitors a month, and "
    "pays a sixth of what it paid | FINRA validates half a trillion trades a day"
)


def until_ready(url: str) -> None:
    """Wait until the server answers questions."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while httpx.get(f"{url}/readyz", timeout=PATIENCE_SECONDS).status_code != 200:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{url} is not ready")
        time.sleep(0.1)


async def visited(url: str, questions: list[str], visitors: int) -> float:
    """Questions answered a second."""
    waiting = list(reversed(questions))
    limits = httpx.Limits(max_connections=visitors)
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS, limits=limits) as client:

        async def visitor() -> None:
            while waiting:
                question = waiting.pop()
                response = await client.post("/api/ask", json={"question": question})
                answer = response.raise_for_status().json()
                if answer["question"] != question:
                    raise RuntimeError(f"{question}: got the answer to {answer['question']}")

        began = time.perf_counter()
        await asyncio.gather(*(visitor() for _ in range(visitors)))
        return len(questions) / (time.perf_counter() - began)


def model_alone(
    embedder: SentenceTransformerEmbedder, reader: AdapterReader, questions: list[str], at_once: int
) -> float:
    """Questions embedded and read a second, so many at a time."""
    began = time.perf_counter()
    for start in range(0, len(questions), at_once):
        batch = questions[start : start + at_once]
        embedder.encode_query(batch)
        reader.read_many([(question, _CONTEXT) for question in batch for _ in range(3)])
    return len(questions) / (time.perf_counter() - began)


def main() -> None:
    """Measure and print."""
    questions = [asked.question for asked in load_questions(QUESTIONS) if not asked.history]
    questions = questions[:ASKED]
    embedder, reader = SentenceTransformerEmbedder(), AdapterReader()
    new: dict[int, list[float]] = {visitors: [] for visitors in VISITORS}
    again: dict[int, list[float]] = {visitors: [] for visitors in VISITORS}
    alone: dict[int, list[float]] = {1: [], 50: []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        index = ("--index", str(folder / "index"))
        with started(folder, *index, "--keep-answers", "0") as reads_all:
            until_ready(reads_all.url)
            with started(folder, *index) as keeps:
                until_ready(keeps.url)
                for turn in range(ROUNDS + 1):
                    for server, served in ((reads_all, new), (keeps, again)):
                        for visitors, rates in served.items():
                            few = questions if visitors > 1 or served is again else questions[:40]
                            rate = asyncio.run(visited(server.url, few, visitors))
                            rates.extend([rate] if turn else [])  # the first warms up
                    for at_once, rates in alone.items():
                        few = questions if at_once > 1 else questions[:40]
                        rate = model_alone(embedder, reader, few, at_once)
                        rates.extend([rate] if turn else [])
    one = median(new[1])
    for served, what in ((new, "each question read"), (again, "asked before")):
        for visitors, rates in served.items():
            told = f"{median(rates):6.1f} questions/s  {median(rates) / one:5.2f}"
            print(f"{visitors:3} visitors, {what:18}   {told}")
    single = median(alone[1])
    for at_once, rates in alone.items():
        told = f"{median(rates):6.1f} questions/s  {median(rates) / single:5.2f}"
        print(f"the model alone, {at_once:2} at a time   {told}")


if __name__ == "__main__":
    main()
