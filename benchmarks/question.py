"""What a question costs beside the model's bare forward pass, and what opening an index adds.

    python -m benchmarks.question

Each round measures everything once, in turn, so that a busy machine slows all of it alike; the
medians are compared, not the times themselves.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from keynote_qa import KeynoteQA
from keynote_qa.embed import (
    DEFAULT_MODEL,
    SentenceTransformerEmbedder,
    locate_model,
    offline_transformers,
)
from keynote_qa.locations import default_sources

QUESTIONS = [
    "How many requests per second does Thomson Reuters process?",
    "What is AWS Glue?",
    "Which task placement strategies are there?",
    "Who is the head of cloud and platform agility at Trainline?",
    "What's the weather in Lisbon?",
]
ROUNDS = 20


def timed(call: Any, *arguments: Any) -> float:
    """Milliseconds that a call takes."""
    started = time.perf_counter()
    call(*arguments)
    return (time.perf_counter() - started) * 1000


def main() -> None:
    """Measure and print."""
    import torch

    started = time.perf_counter()
    embedder = SentenceTransformerEmbedder()
    model_s = time.perf_counter() - started
    transformers = offline_transformers()
    folder = str(locate_model(DEFAULT_MODEL))
    transformer = transformers.AutoModel.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)

    with tempfile.TemporaryDirectory() as name:
        index = Path(name) / "index"
        sources = [default_sources()]
        started = time.perf_counter()
        qa = KeynoteQA.open(index, sources=sources, embedder=embedder, keep_answers=0)
        build_s = time.perf_counter() - started
        opening = [
            timed(lambda: KeynoteQA.open(index, sources=sources, embedder=embedder))
            for _ in range(5)
        ]
    passes: list[float] = []
    asks: list[float] = []
    with torch.inference_mode():
        for _ in range(ROUNDS):
            for question in QUESTIONS:
                inputs = tokenizer([question], return_tensors="pt")
                passes.append(timed(lambda: transformer(**inputs)))  # noqa: B023
                asks.append(timed(qa.ask, question))
    warm = slice(len(QUESTIONS), None)
    forward, ask = median(passes[warm]), median(asks[warm])
    print(f"passages                           {len(qa.index.passages)}")
    print(f"loading the model                  {model_s:.1f} s")
    print(f"indexing the deck from nothing     {build_s:.1f} s")
    print(f"opening the index, model loaded    {median(opening):.0f} ms")
    print(f"bare forward pass of a question    {forward:.1f} ms")
    print(f"a question, everything included    {ask:.1f} ms")
    print(f"ratio                              {ask / forward:.2f}")


if __name__ == "__main__":
    main()
