"""A hall full of visitors who ask without a pause: is every answer right, and does memory stay?

    python -m benchmarks.load                              # 200 visitors for ten minutes
    python -m benchmarks.load --visitors 50 --minutes 2

The server is a process of its own; the visitors are those of the tests (`tests/crowd.py`), and
check each answer against their own question. No answer is kept for the next who asks the same.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from crowd import Seen, crowd, summary
from page_fixtures import served

WARM_UP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Held:
    """What was seen, and the server's memory in MB after the warm-up and at the end."""

    seen: Seen
    seconds: float
    before_mb: float
    after_mb: float

    @property
    def growth(self) -> float:
        """By which share memory has grown."""
        return self.after_mb / self.before_mb - 1


def hold(*, visitors: int, seconds: float) -> Held:
    """Serve the talk that comes with the project to so many visitors for so long."""
    with tempfile.TemporaryDirectory() as folder:
        index = str(Path(folder) / "index")
        with served(Path(folder), "--index", index, "--keep-answers", "0") as server:
            warm = asyncio.run(crowd(server.url, visitors=visitors, seconds=WARM_UP_SECONDS))
            before = resident_mb(server.process.pid)
            seen = asyncio.run(crowd(server.url, visitors=visitors, seconds=seconds))
            after = resident_mb(server.process.pid)
            seen.wrong += warm.wrong
            assert server.get("/readyz") == 200
            told = server.errors.read_text("utf-8").splitlines()[1:]  # the first says where it is
            seen.wrong += [f"the server said: {line}" for line in told if "index" not in line]
    return Held(seen, seconds, before, after)


def resident_mb(process: int) -> float:
    """The memory that a process has in RAM, in MB (Linux)."""
    for line in Path(f"/proc/{process}/status").read_text("utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {process} is gone")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--visitors", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=10.0)
    chosen = parser.parse_args()
    held = hold(visitors=chosen.visitors, seconds=chosen.minutes * 60)
    seen = held.seen
    cuts = quantiles(seen.seconds, n=20)
    print(f"visitors                    {chosen.visitors}")
    print(f"answered, and rightly       {seen.answered}")
    print(f"told to come back           {seen.busy}")
    print(f"wrong, lost, unverified     {len(seen.wrong)}")
    print(f"answers a second            {seen.answered / held.seconds:.1f}")
    print(f"seconds for an answer       {cuts[9]:.2f} (median), {cuts[18]:.2f} (p95)")
    print(f"memory                      {held.before_mb:.0f} MB, then {held.after_mb:.0f} MB")
    for line in summary(seen.wrong):
        print(line)
    if seen.wrong:
        sys.exit(1)


if __name__ == "__main__":
    main()
