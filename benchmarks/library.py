"""Indexing a whole conference: a folder of caption files, in one command, with the real model.

    python -m benchmarks.library --files 282 --words 1900000

The files are made of the sentences of the invented spoken talks of `training/`, in another order
and each with a word exchanged, so that no passage is embedded for another. While the library is
built, sentence-transformers embeds one batch in ten as well, right after: the ratio of both speeds
does not depend on how busy the machine is.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.bare import of_passages
from keynote_qa import KeynoteQA
from keynote_qa.embed import SentenceTransformerEmbedder, Vectors
from keynote_qa.errors import ModelError

SPOKEN = Path("training/talks")
KINDS = ("sp-*.txt", "talk-*.txt", "ar-*.txt")
_WORDS_A_LINE = 9
_SECONDS_A_WORD = 0.38
_EVERY = 10
_QUESTIONS = ["Why do bridges fall?", "How many hours do owls sleep?", "Who found the octopus?"]


def sentences() -> list[str]:
    """All that is said in the spoken talks, a sentence each."""
    texts = [path.read_text("utf-8") for kind in KINDS for path in sorted(SPOKEN.glob(kind))]
    said = re.split(r"(?<=[.?!])\s+", " ".join(" ".join(texts).split()))
    return [sentence for sentence in said if 4 <= len(sentence.split()) <= 40]


def stamp(seconds: float) -> str:
    """A time as captions write it.

    >>> stamp(3661.5)
    '01:01:01.500'
    """
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{thousandths:03}"


def captions(said: Sequence[str], words: int, draw: random.Random) -> str:
    """Captions of so many words."""
    vocabulary = sorted({word for sentence in said for word in re.findall(r"[a-z]{5,}", sentence)})
    spoken: list[str] = []
    while len(spoken) < words:
        sentence = draw.choice(said).split()
        sentence[draw.randrange(1, len(sentence) - 1)] = draw.choice(vocabulary)
        spoken += sentence
    cues = ["WEBVTT"]
    for first in range(0, len(spoken), _WORDS_A_LINE):
        part = spoken[first : first + _WORDS_A_LINE]
        begins, ends = first * _SECONDS_A_WORD, (first + len(part)) * _SECONDS_A_WORD
        cues.append(f"{stamp(begins)} --> {stamp(ends)}\n{' '.join(part)}")
    return "\n\n".join(cues) + "\n"


class Beside:
    """An embedder that lets the bare model embed some of the batches too, and keeps the times."""

    def __init__(self) -> None:
        self._own = SentenceTransformerEmbedder()
        self._bare = of_passages()
        self.name, self.sha256 = self._own.name, self._own.sha256
        self.dimension, self.max_tokens = self._own.dimension, self._own.max_tokens
        self._batches = 0
        self.bare_seconds, self.own_seconds, self.spent = 0.0, 0.0, 0.0
        self.ratios: list[float] = []

    def count_tokens(self, text: str) -> int:
        """As the embedder has it."""
        return self._own.count_tokens(text)

    def knows_word(self, word: str) -> bool:
        """As the embedder has it."""
        return self._own.knows_word(word)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, at times twice."""
        self._batches += 1
        started = time.perf_counter()
        vectors = self._own.encode(texts)
        took = time.perf_counter() - started
        if self._batches % _EVERY == 1:
            started = time.perf_counter()
            bare = self._bare.encode(
                list(texts), batch_size=32, normalize_embeddings=True, show_progress_bar=False
            )
            self.spent += (bare_took := time.perf_counter() - started)
            if not np.allclose(bare, vectors, atol=1e-5):
                raise ModelError("The bare model gives other vectors.")
            self.ratios.append(bare_took / took)
        self.own_seconds += took
        return vectors

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """As the embedder has it."""
        return self._own.encode_query(texts)


def peak_mb() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Make the files, index them, open the index, ask."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=282)
    parser.add_argument("--words", type=int, default=1_900_000)
    args = parser.parse_args()
    draw, said = random.Random(0), sentences()
    with tempfile.TemporaryDirectory() as name:
        talks, index = Path(name) / "talks", Path(name) / "index"
        talks.mkdir()
        for number in range(args.files):
            written = captions(said, args.words // args.files, draw)
            (talks / f"talk-{number:03}.vtt").write_text(written, "utf-8")
        embedder = Beside()
        before = peak_mb()
        started = time.perf_counter()
        qa = KeynoteQA.open(index, sources=[talks], embedder=embedder, suggest=False)
        seconds = time.perf_counter() - started - embedder.spent
        rows = len(qa.index.passages)
        print(f"files, passages                    {len(qa.talks)}, {rows}")
        print(f"read, cut, embedded, written       {seconds:.0f} s")
        print(f"of it embedding                    {embedder.own_seconds:.0f} s")
        print(f"the bare model's time for a batch  {median(embedder.ratios):.2f} of ours")
        bare = embedder.own_seconds * median(embedder.ratios)
        print(f"speed beside the bare model's      {bare / seconds:.2f}")
        print(f"peak memory                        {peak_mb():.0f} MB ({before:.0f} before)")
        started = time.perf_counter()
        again = KeynoteQA.open(
            index, sources=[talks], embedder=embedder, suggest=False, keep_answers=0
        )
        print(f"opening it, models loaded          {time.perf_counter() - started:.2f} s")
        one, of_all = [], []
        for _ in range(20):
            for question in _QUESTIONS:
                of_all.append(again.ask(question).elapsed_ms)
                one.append(again.ask(question, talk=again.talks[0].name).elapsed_ms)
        print(f"a question, of one talk, of all    {median(one):.0f} ms, {median(of_all):.0f} ms")


if __name__ == "__main__":
    main()
