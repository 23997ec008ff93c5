"""This project beside what else one would use, with the same model over the same talk.

    python -m benchmarks                    all of them, in one run; a table and a plot
    python -m benchmarks --only txtai       beside some

Each runs in a virtual environment of its own, made on the first run in the user's cache folder
(some minutes and a gigabyte each). They are measured in turn, so that a busy machine slows all of
them alike; what counts are the ratios to the floor, the model's bare forward pass over the question
and a flat FAISS search. The table and the plot are kept beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import platformdirs

from benchmarks.contestants import CONTESTANTS, HYBRID, MODEL
from benchmarks.plot import bars
from keynote_qa.locations import default_sources
from keynote_qa.question_set import Question, load_questions
from keynote_qa.sources import find_sources
from keynote_qa.text import normalise

HERE = Path(__file__).resolve().parent
SCRIPT = HERE / "contestants.py"
QUESTIONS = HERE.parent / "tests" / "questions" / "keynote-test.jsonl"
FIRST = "How many requests per second does Thomson Reuters process?"
ENVIRONMENTS = Path(platformdirs.user_cache_dir("keynote-qa-benchmarks"))


@dataclass
class Measured:
    """What was measured of one contestant."""

    index_s: list[float] = field(default_factory=list)
    first_s: list[float] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)
    index_mib: float = 0.0
    serve_mib: float = 0.0
    right: list[bool] = field(default_factory=list)
    right_in_three: list[bool] = field(default_factory=list)
    right_around: list[bool] = field(default_factory=list)
    words: list[int] = field(default_factory=list)


def python_of(name: str) -> str:
    """The Python that a contestant is installed for; installs it first if it is not."""
    needs: Sequence[str] = CONTESTANTS[name].needs
    if not needs:
        return sys.executable
    folder = ENVIRONMENTS / name
    python, done = folder / "bin" / "python", folder / "installed.json"
    wanted = json.dumps([*needs, *MODEL])
    if not done.is_file() or done.read_text("utf-8") != wanted:
        print(f"installing {name}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *needs, *MODEL], check=True)
        done.write_text(wanted, "utf-8")
    return str(python)


def run(name: str, *arguments: str) -> tuple[dict[str, Any], float]:
    """What a contestant says, and how many seconds its process takes."""
    started = time.perf_counter()
    done = subprocess.run(
        [python_of(name), str(SCRIPT), name, *arguments],
        check=False,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{name} {arguments[0]}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1]), seconds


@contextmanager
def serving(name: str, folder: Path, log: Path) -> Iterator[subprocess.Popen[str]]:
    """A contestant that answers a question a line."""
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [python_of(name), str(SCRIPT), name, "serve", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()


def asked(process: subprocess.Popen[str], question: str) -> dict[str, Any]:
    """What a contestant that serves answers."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(question) + "\n")
    process.stdin.flush()
    return dict(json.loads(process.stdout.readline()))


class Place:
    """Where in the talk a text stands; white space and markup aside."""

    def __init__(self, text: str) -> None:
        lines = [normalise(line).replace(" ", "") for line in text.split("\n")]
        self._words = [len(normalise(line).split()) for line in text.split("\n")]
        self._text = "".join(lines)
        self._line = [number for number, line in enumerate(lines, 1) for _ in line]

    def words(self, found: str | list[int]) -> int:
        """How many words a piece of the talk has, or its lines have."""
        if isinstance(found, str):
            return len(normalise(found).split())
        return sum(self._words[found[0] - 1 : found[1]])

    def holds(self, found: str | list[int], question: Question) -> bool:
        """Whether a piece of the talk, or its lines, hold a line of the evidence."""
        if isinstance(found, str):
            squeezed = normalise(found).replace(" ", "")
            start = self._text.find(squeezed)
            if start < 0 or not squeezed:
                return False
            found = [self._line[start], self._line[start + len(squeezed) - 1]]
        return any(a <= found[1] and found[0] <= b for a, b in question.evidence)


def measure(names: Sequence[str], rounds: int, source: Path) -> dict[str, Measured]:
    """Measure all, in turn."""
    found = {name: Measured() for name in names}
    questions = [q for q in load_questions(QUESTIONS) if q.answerable and not q.history]
    place = Place(source.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        folders: dict[str, Path] = {}
        for turn in range(rounds):
            for name in names:
                folders[name] = Path(temporary) / f"{name}-{turn}"
                folders[name].mkdir()
                said, seconds = run(name, "index", str(source), str(folders[name]))
                found[name].index_s.append(seconds)
                found[name].index_mib = max(found[name].index_mib, said["peak"])
        for _ in range(rounds):
            for name in names:
                found[name].first_s.append(run(name, "ask", str(folders[name]), FIRST)[1])
        processes = {
            name: stack.enter_context(serving(name, folders[name], Path(temporary) / f"{name}.log"))
            for name in names
        }
        for process in processes.values():
            assert process.stdout
            process.stdout.readline()  # ready
            for question in islice(questions, 5):
                asked(process, question.question)
        for turn in range(rounds):
            for question in questions:
                for name, process in processes.items():
                    said = asked(process, question.question)
                    found[name].ms.append(said["ms"])
                    found[name].serve_mib = said["peak"]
                    if not turn:
                        right = [place.holds(text, question) for text in said["found"]]
                        found[name].right.append(any(right[:1]))
                        found[name].right_in_three.append(any(right[:3]))
                        shown = said.get("around", said["found"])[:1]
                        found[name].right_around += [
                            any(place.holds(text, question) for text in shown)
                        ]
                        found[name].words += [place.words(text) for text in said["found"][:1]]
    return found


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent are not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * len(ordered)))]


def table(found: dict[str, Measured]) -> str:
    """The table, in Markdown; times as ratios to the floor."""
    floor = found["floor"]

    def ratio(value: float, least: float) -> str:
        return f"{value / least:.2f}"

    rows = [
        "| | start to first answer | warm question, p50 | p95 | p95 / p50 | indexing "
        "| MiB, asking | MiB, indexing | words of the first | evidence in it "
        "| in its passage or chunk | in the first three |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    p50 = median(floor.ms)
    for name, of in found.items():
        shown = f"**{name}**" if name == "keynote-qa" else name
        cells = [
            f"{shown}{' (hybrid)' if name in HYBRID else ''}",
            ratio(median(of.first_s), median(floor.first_s)),
            ratio(median(of.ms), p50),
            ratio(percentile(of.ms, 95), p50),
            ratio(percentile(of.ms, 95), median(of.ms)),
            ratio(median(of.index_s), median(floor.index_s)),
            f"{of.serve_mib:.0f}",
            f"{of.index_mib:.0f}",
            f"{median(of.words):.0f}",
            f"{sum(of.right) / len(of.right):.2f}",
            f"{sum(of.right_around) / len(of.right_around):.2f}",
            f"{sum(of.right_in_three) / len(of.right_in_three):.2f}",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    rows.append("")
    rows.append(
        f"The floor itself: {median(floor.first_s):.1f} s to the first answer, {p50:.1f} ms a "
        f"question, {median(floor.index_s):.1f} s to index, on {os.cpu_count()} cores; "
        f"{len(floor.right)} questions."
    )
    return "\n".join(rows)


def main() -> None:
    """Measure, print, and keep the table and the plot."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--only", nargs="*", choices=list(CONTESTANTS), default=list(CONTESTANTS))
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    names = list(dict.fromkeys(["floor", "keynote-qa", *chosen.only]))
    for name in names:
        python_of(name)
    found = measure(names, chosen.rounds, find_sources([default_sources()])[0][0])
    text = table(found)
    print(text)
    (HERE / "results.md").write_text(text + "\n", "utf-8")
    floor = found["floor"]
    (HERE / "results.svg").write_text(
        bars(
            {
                "start to first answer": {
                    name: median(of.first_s) / median(floor.first_s) for name, of in found.items()
                },
                "warm question": {
                    name: median(of.ms) / median(floor.ms) for name, of in found.items()
                },
                "indexing": {
                    name: median(of.index_s) / median(floor.index_s) for name, of in found.items()
                },
                "evidence in the first": {
                    name: sum(of.right) / len(of.right) for name, of in found.items()
                },
            }
        ),
        "utf-8",
    )


if __name__ == "__main__":
    main()
