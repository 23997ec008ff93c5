"""The preflight before the doors open: is everything there, unchanged, right, and silent?

The network is watched through Python's audit events, which see every name that Python code looks
up and every connection it opens. What a compiled library did by itself they would not see.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from keynote_qa.assistant import KeynoteQA
from keynote_qa.embed import SentenceTransformerEmbedder
from keynote_qa.errors import KeynoteQAError
from keynote_qa.golden import find_golden, load_golden, what_is_wrong
from keynote_qa.library import why_stale
from keynote_qa.store import load_index

_SENDS = ("socket.connect", "socket.sendto", "socket.sendmsg")
_ASKS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")


class NetworkUseError(RuntimeError):
    """Something tried to reach another host."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what, whether it holds, and if not, what to do."""

    name: str
    holds: bool
    told: str


def run_checks(
    folder: Path, *, model: str, reader: str, golden: Sequence[Path] | None = None
) -> Iterator[Check]:
    """Check an index, one thing after the other; those that need what failed are left out.

    Args:
        folder: the index.
        model: the embedding model, by name or path.
        reader: the reader, by name.
        golden: files of golden questions; without it, those beside the talks.
    """
    with watched_network() as tried:
        try:
            embedder = SentenceTransformerEmbedder(model)
            yield Check("model", True, f"{model}, SHA-256 {embedder.weights_sha256[:12]}…")
            index = load_index(folder)
            counts = f"{len(index.talks)} talk(s), {len(index.passages)} passages"
            yield Check("index", True, f"{counts}, every file as it was written")
            stale = why_stale(folder, embedder)
            again = f"{stale}. Refresh it with: keynote-qa index --index {folder}"
            yield Check("sources", stale is None, again if stale else "unchanged since then")
            if stale is not None:
                return
            qa = KeynoteQA.open(folder, embedder=embedder, reader=reader, suggest=False)
            yield from _golden_checks(qa, golden)
        except KeynoteQAError as error:
            yield Check("opening", False, str(error))
        except NetworkUseError:
            pass  # told below
        finally:
            used = ", ".join(dict.fromkeys(tried))
        yield Check("network", not used, f"something reached for {used}" if used else "not used")


def _golden_checks(qa: KeynoteQA, files: Sequence[Path] | None) -> Iterator[Check]:
    requested = [Path(path) for path in qa.index.manifest.requested]
    for path in find_golden(requested) if files is None else files:
        for golden in load_golden(path):
            answer = qa.ask(golden.question, history=golden.history, talk=golden.talk)
            wrong = what_is_wrong(golden, answer)
            told = f"{golden.question} {wrong}".rstrip()
            yield Check("question", not wrong, told)


@contextmanager
def watched_network() -> Iterator[list[str]]:
    """Let nothing in this process reach another host while the block runs.

    Gives the list of what was tried, which fills as it is tried; each try raises
    `NetworkUseError` where it is made.
    """
    tried: list[str] = []
    watching = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if not watching or event not in (*_SENDS, *_ASKS):
            return
        target = arguments[1] if event in _SENDS else arguments[0]
        host = target[0] if isinstance(target, tuple) else target
        # What is no tuple is no address of another host: a file's path, or already connected.
        if isinstance(target, tuple) or event in _ASKS:
            name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
            if not _is_here(name):
                tried.append(name)
                raise NetworkUseError(f"tried to reach {name}")

    sys.addaudithook(watch)  # a hook stays for the life of the process: it is told to rest
    try:
        yield tried
    finally:
        watching = False


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
