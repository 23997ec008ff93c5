"""A server for the tests of the page, as a program of its own, and what starts and finds things.

    python tests/page_fixtures.py --index DIR [--source FILE ...]   # the real assistant
        [--keep-answers 0]                                          # which reads all it is asked
    python tests/page_fixtures.py --canned [--source FILE]          # no model: see `Canned`

With --gate the assistant is opened only when a line comes on standard input: "open", or "fail".
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from keynote_qa.answering import KEPT_ANSWERS
from keynote_qa.assistant import KeynoteQA
from keynote_qa.errors import KeynoteQAError, QuestionError
from keynote_qa.outline import read_outline
from keynote_qa.records import Answer, Citation, Slide, Talk
from keynote_qa.refusal import Missing
from keynote_qa.sources import load_talk
from keynote_qa.text import normalise_line
from keynote_qa.web import serve

ROOT = Path(__file__).resolve().parent.parent
SEED = ROOT / "seeds" / "reinvent-2016-werner-vogels.txt"
NO_BROWSER = (
    "No browser found: install one with `apt-get install chromium`, "
    "or set KEYNOTE_QA_BROWSER to its path"
)
BROWSER_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_START_SECONDS = 240  # importing torch and building an index on a slow, busy machine


def find_browser() -> str | None:
    """The browser to test with: KEYNOTE_QA_BROWSER, else a Chromium on the PATH."""
    named = os.environ.get("KEYNOTE_QA_BROWSER")
    candidates = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    return next(filter(None, map(shutil.which, candidates)), None)


@dataclass
class Served:
    """A server that runs: where, and the process, whose standard input opens a gated one."""

    url: str
    process: subprocess.Popen[str]
    errors: Path

    def get(self, path: str) -> int:
        """The status of a GET; 0 if nothing listens."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0

    def wait_for(self, path: str) -> None:
        """Wait until a GET of `path` succeeds."""
        deadline = time.monotonic() + _START_SECONDS
        while self.get(path) != 200:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"no 200 at {path}; it said: {self.errors.read_text()}")
            time.sleep(0.1)

    def tell(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()


def free_port() -> int:
    """A port that nothing listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """The environment for a server: this one's, the package found where it is found here."""
    paths = [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), **more}


@contextmanager
def served(
    folder: Path,
    *arguments: str,
    path: str = "/readyz",
    port: int | None = None,
    under: Sequence[str] = (),
) -> Iterator[Served]:
    """Run this file as a server until the block ends; begins when a GET of `path` succeeds.

    `under` is a command that it is started by.
    """
    port = port or free_port()
    errors = folder / f"server-{port}.log"
    with errors.open("w") as log:
        process = subprocess.Popen(
            [*under, sys.executable, __file__, *arguments],
            env=environment(GRADIO_SERVER_PORT=str(port)),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            text=True,
        )
    server = Served(f"http://127.0.0.1:{port}", process, errors)
    try:
        server.wait_for(path)
        yield server
    finally:
        process.terminate()
        process.communicate(timeout=30)


@contextmanager
def in_a_thread(app: Any, listener: socket.socket) -> Iterator[str]:
    """Serve an application until the block ends; gives its address."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


class Canned:
    """An assistant without a model, which answers by rote.

    "lines 5-7": those lines of the first talk that it may answer from, quoted; "fact WORDS in lines
    5-7": the same, and which words answer; "history": the earlier questions; "crash": an error;
    anything else: that the talk doesn't say.
    """

    def __init__(self, *sources: Path) -> None:
        self.talks = tuple(load_talk(source) for source in sources)
        # Once: it takes longer than all else.
        self._slides = {talk.name: read_outline(talk).slides for talk in self.talks}
        self.speakers = tuple(sorted({talk.speaker for talk in self.talks if talk.speaker}))

    def slides(self, talk: Talk) -> tuple[Slide, ...]:
        return self._slides[talk.name]

    def understood(self, question: str, history: Sequence[str] = ()) -> str:
        return question

    def starters(self, count: int, **chosen: str | None) -> tuple[str, ...]:
        return self._chosen(**chosen).questions[:count] or ("lines 1-1",)

    def related(
        self, answer: Answer, *, asked: Sequence[str] = (), **_: str | None
    ) -> tuple[str, ...]:
        known = ("lines 37-41", "lines 788-792")
        return tuple(question for question in known if question not in (*asked, answer.question))

    def missing(self, question: str) -> Missing:
        return Missing("nothing_known")

    def ask(self, question: str, *, history: Sequence[str] = (), **chosen: str | None) -> Answer:
        talk = self._chosen(**chosen)
        if not question.strip():
            raise QuestionError("The question is empty.")
        if question == "crash":
            raise RuntimeError("on purpose")
        if question == "history":
            return self._answer(question, " + ".join(history), self._cite(talk, 1, 1, 3))
        if parts := re.fullmatch(r"lines (\d+)-(\d+) and (\d+)-(\d+)", question):
            ends = [int(end) for end in parts.groups()]
            both = (self._cite(talk, 1, *ends[:2]), self._cite(talk, 2, *ends[2:]))
            citations = tuple(replace(one, said=one.quote) for one in both)
            text = "\n".join(one.quote for one in both)
            return Answer(question, True, text, 0.5, citations, (), 1.0)
        if wanted := re.fullmatch(r"(?:fact (.+) in )?lines (\d+)-(\d+)", question):
            citation = self._cite(talk, 1, int(wanted[2]), int(wanted[3]))
            if wanted[1]:
                start = citation.quote.index(wanted[1])
                citation = replace(citation, fact=(start, start + len(wanted[1])))
            rows = citation.quote.split("\n")
            listed = len(rows) > 2 and not citation.quote.startswith("|")
            text = "\n".join(f"• {row}" for row in rows) if listed else citation.quote
            return self._answer(question, text, citation)
        nearest = tuple(self._cite(talk, n, n * 10, n * 10 + 5) for n in (1, 2, 3))
        return Answer(question, False, "The keynote doesn't say.", 0.1, (), nearest, 1.0)

    def _answer(self, question: str, text: str, citation: Citation) -> Answer:
        return Answer(question, True, text, 0.9, (replace(citation, said=text),), (), 1.0)

    def _chosen(self, talk: str | None = None, speaker: str | None = None) -> Talk:
        return next(
            t for t in self.talks
            if talk in (None, t.name) and speaker in (None, t.speaker)
        )  # fmt: skip

    def _cite(self, talk: Talk, n: int, start: int, end: int) -> Citation:
        rows = (normalise_line(line.text) for line in talk.lines[start - 1 : end])
        quote = "\n".join(row for row in rows if row)
        within = [slide for slide in self.slides(talk) if slide.start_line <= start]
        section = within[-1].section if within else ()
        return Citation(n, quote, quote, section, talk.source, start, end, 1.0)


def main() -> None:
    """Serve as the arguments say; the address comes from the environment."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--index")
    parser.add_argument("--source", action="append")
    parser.add_argument("--keep-answers", type=int, default=KEPT_ANSWERS)
    parser.add_argument("--canned", action="store_true")
    parser.add_argument("--gate", action="store_true")
    parser.add_argument("--kiosk", action="store_true")
    parser.add_argument("--idle", type=int, default=60)
    parser.add_argument("--allow-upload", action="store_true")
    parser.add_argument("--mcp", action="store_true")
    parser.add_argument("--root-path", default="")
    parser.add_argument("--feedback", type=Path)
    chosen = parser.parse_args()

    def open_assistant() -> KeynoteQA:
        if chosen.gate and sys.stdin.readline().strip() == "fail":
            raise KeynoteQAError("<b>The model is missing.</b> Install it.")
        if chosen.canned:
            return cast(KeynoteQA, cast(Any, Canned(*map(Path, chosen.source or [SEED]))))
        return KeynoteQA.open(
            chosen.index, sources=chosen.source or [SEED], keep_answers=chosen.keep_answers
        )

    try:
        serve(
            open_assistant,
            kiosk=chosen.kiosk,
            mcp=chosen.mcp,
            root_path=chosen.root_path,
            feedback=chosen.feedback,
            idle=chosen.idle,
            allow_upload=chosen.allow_upload,
        )
    except KeynoteQAError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
