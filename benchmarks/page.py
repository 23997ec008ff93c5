"""Speed as felt: what a visitor waits for in a real browser, and what a page that is asked for
days takes of its memory.

    python -m benchmarks.page                       # over an assistant by rote, and the real one
    python -m benchmarks.page --canned              # over the one by rote alone
    python -m benchmarks.page --turns 2000 --kiosk  # the heap, question after question

Times are taken within the page, from the event that the browser made of a key or a click to after
the frame that shows what came of it (`tests/driver.js`). What is reported is the median.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from driving import Driver, launched
from page_fixtures import NO_BROWSER, find_browser

from benchmarks.question import QUESTIONS
from benchmarks.serving import PATIENCE_SECONDS, started, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# A fact, a list, a table, code, and what the talk doesn't say.
BY_ROTE = ["lines 2017-2017", "lines 37-41", "lines 549-550", "lines 1268-1269", "Why not?"]
WARM_UP = 30  # turns before those that are timed: a conversation must not slow down
TIMED = 20
STARTS = 3
VISITS = 5
_HISTORY = 20  # as many earlier questions as the page sends along
_PAINT = """
() => new Promise((resolve) => new PerformanceObserver((list, observer) => {
  const paint = list.getEntriesByName("first-contentful-paint")[0];
  if (!paint) return;
  observer.disconnect();
  resolve(performance.timeOrigin + paint.startTime);
}).observe({ type: "paint", buffered: true }))
"""


def painted(page: Page, url: str) -> tuple[float, float]:
    """When the page was first painted (`time.time()`), and milliseconds since it was asked for."""
    page.goto(url, wait_until="commit")
    at = float(page.evaluate(_PAINT))
    return at / 1000, at - float(page.evaluate("performance.timeOrigin"))


def report(name: str, value: str) -> None:
    """A line of the table."""
    print(f"{name:<50} {value}", flush=True)


def measure_starts(browser: Browser, folder: Path, *arguments: str) -> None:
    """From a server that comes up to something on the screen, while the assistant opens."""
    listening, usable = [], []
    for _ in range(STARTS):
        with visit(browser) as page, started(folder, *arguments) as server:
            at, _ = painted(page, server.url)
            listening.append((at - server.listened) * 1000)
            Driver(page).ready()
            usable.append((time.time() - server.listened) * 1000)
    report("first paint after the server first listens", f"{median(listening):.0f} ms")
    report("  until a question can be asked", f"{median(usable):.0f} ms")


def measure_weight(browser: Browser, url: str) -> None:
    """What is sent to whoever comes for the first time, until questions can be asked."""
    requests: dict[str, str] = {}
    sent: dict[str, int] = {}
    with visit(browser) as page:
        devtools = page.context.new_cdp_session(page)
        devtools.on(
            "Network.requestWillBeSent",
            lambda event: requests.update({event["requestId"]: event["request"]["url"]}),
        )
        devtools.on(
            "Network.loadingFinished",
            lambda event: sent.update({event["requestId"]: int(event["encodedDataLength"])}),
        )
        devtools.send("Network.enable")
        Driver(page).open(url)
        page.wait_for_timeout(1000)  # what comes last is not needed, and comes late
    ours = {key for key, found in requests.items() if "/keynote-qa/" in urlsplit(found).path}
    total = sum(sent.values())
    own = sum(size for key, size in sent.items() if key in ours)
    report("weight of a first visit", f"{total / 1024:.0f} KiB in {len(requests)} requests")
    report("  of it the project's own files", f"{own / 1024:.0f} KiB in {len(ours)} requests")


def measure_visits(browser: Browser, url: str) -> None:
    """From going to the page to something on the screen, and to a question that can be asked."""
    paints, usable = [], []
    for _ in range(VISITS):
        with visit(browser) as page:
            driver = Driver(page)
            paints.append(painted(page, url)[1])
            driver.ready()
            usable.append(float(page.evaluate("performance.now()")))
    report("first contentful paint after going there", f"{median(paints):.0f} ms")
    report("until a question can be asked", f"{median(usable):.0f} ms")


def answering_ms(url: str, question: str, history: Sequence[str]) -> float:
    """What the assistant says that the answer takes, without page or browser."""
    asked = json.dumps({"question": question, "history": list(history)[-_HISTORY:]}).encode()
    request = urllib.request.Request(f"{url}/api/ask", asked, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as response:
        return float(json.load(response)["elapsed_ms"])


def measure_turns(browser: Browser, url: str, questions: Sequence[str]) -> None:
    """From Enter to the answer, and from a source to its mark, well into a conversation."""
    asked = cycle(questions)
    history: list[str] = []
    answers, added, marks, shifts = [], [], [], []
    requests: list[str] = []
    unseen = 0
    with visit(browser) as page:
        driver = Driver(page).open(url)
        page.on("request", lambda request: requests.append(request.url))
        loaded = driver.shifted()
        for question in islice(asked, WARM_UP):
            driver.ask(question)
            history.append(question)
        driver.shifted()
        for question in islice(asked, TIMED):
            answer = driver.ask(question)
            shifts.append(driver.shifted())
            own = answering_ms(url, question, history)
            history.append(question)
            answers.append(answer.ms)
            added.append(answer.ms - own)
            before = len(requests)
            mark = driver.choose()
            marks.append(mark.ms)
            clicked = requests[before:]
            driver.shifted()
            unseen += not (answer.seen and mark.seen)
    worst = max(shifts, key=lambda shift: float(shift["all"]))
    told = f" ({worst['worst']})" if worst["worst"] else ""
    report(f"from Enter to the answer seen, after {WARM_UP} turns", f"{median(answers):.0f} ms")
    report("  of it beside the answer's own time", f"{median(added):.0f} ms")
    report("from a click on a source to the mark in view", f"{median(marks):.0f} ms")
    report("  requests that it made", f"{len(clicked)}")
    report("answers and marks out of view", f"{unseen} of {2 * TIMED}")
    report("layout shift while the page loads", f"{loaded['all']:.4f} ({loaded['worst']})")
    report("layout shift when an answer arrives, the worst", f"{worst['all']:.4f}{told}")


def measure_heap(browser: Browser, folder: Path, chosen: argparse.Namespace) -> None:
    """What the browser holds, every so many questions; growth is since the first look."""
    arguments = ["--canned", "--kiosk"] if chosen.kiosk else ["--canned"]
    asked = cycle(BY_ROTE)
    deadline = time.monotonic() + chosen.minutes * 60
    first = 0
    with started(folder, *arguments) as server, visit(browser, kiosk=chosen.kiosk) as page:
        driver = Driver(page).open(server.url)
        print(" turns   heap KiB   growth    nodes  listeners  elements  Enter to answer")
        for turns in range(chosen.every, chosen.turns + 1, chosen.every):
            waited = []
            for question in islice(asked, chosen.every):
                if time.monotonic() > deadline:
                    sys.exit(f"Not done within {chosen.minutes} minutes: see --minutes.")
                waited.append(driver.ask(question).ms)
            driver.choose()
            found = driver.counts()
            first = first or found.heap_bytes
            held = f"{found.heap_bytes / 1024:10.0f} {found.heap_bytes / first - 1:8.1%}"
            kept = f"{found.nodes:8} {found.listeners:10} {found.elements:9}"
            print(f"{turns:6} {held} {kept} {median(waited):13.0f} ms", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page")
    parser.add_argument("--canned", action="store_true", help="only over the assistant by rote")
    parser.add_argument("--turns", type=int, help="look at the heap over so many questions")
    parser.add_argument("--every", type=int, default=200, help="... every so many")
    parser.add_argument("--minutes", type=float, default=30, help="... for so long at most")
    parser.add_argument("--kiosk", action="store_true", help="... of the page of a kiosk")
    chosen = parser.parse_args()
    if find_browser() is None:
        sys.exit(NO_BROWSER)
    with tempfile.TemporaryDirectory() as name, launched() as browser:
        folder = Path(name)
        if chosen.turns:
            measure_heap(browser, folder, chosen)
            return
        print("Answered by rote")
        measure_starts(browser, folder, "--canned")
        with started(folder, "--canned") as server:
            measure_visits(browser, server.url)
            measure_weight(browser, server.url)
            measure_turns(browser, server.url, BY_ROTE)
        if not chosen.canned:
            print("\nAnswered by the real assistant")
            real = ("--index", str(folder / "index"))
            with started(folder, *real) as server:
                measure_turns(browser, server.url, QUESTIONS)
            measure_starts(browser, folder, *real)


if __name__ == "__main__":
    main()
