"""A source of a stranger's, read in a process of its own that is ended if it takes too much.

    python -m keynote_qa.apart NAME LIMITS < FILE > JSON

The process gets the file's bytes on its standard input and touches no file. What it may use of
memory and of the processor the system itself holds it to; who started it watches the clock. What
it gives back is JSON, which is read again like any other input.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from keynote_qa.errors import SourceError
from keynote_qa.records import Passage, Talk

log = logging.getLogger(__name__)

_REFUSED = 3  # exit code: the file cannot be read, and standard output says why
_TOO_LARGE = 4  # memory

AVAILABLE = os.name == "posix"
"""Whether this system can hold a process to limits."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may take."""

    pages: int = 500
    words: int = 100_000
    memory_bytes: int = 1_500_000_000  # of address space: libraries alone take a third of it
    processor_seconds: int = 30
    seconds: float = 45.0


@dataclass(frozen=True, slots=True)
class Read:
    """A source: the talk, and the passages it was cut into."""

    talk: Talk
    passages: tuple[Passage, ...]


def read_apart(data: bytes, file_name: str, limits: Limits = Limits()) -> Read:
    """Read the bytes of a source in another process.

    Raises:
        SourceError: they cannot be read, or not within the limits; the message is for people.
    """
    paths = [str(Path(__file__).resolve().parent.parent), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "OPENBLAS_NUM_THREADS": "1",  # each takes address space
    }
    command = [sys.executable, "-m", "keynote_qa.apart", file_name, json.dumps(asdict(limits))]
    try:
        done = subprocess.run(
            command,
            input=data,
            capture_output=True,
            timeout=limits.seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _too_much(file_name, f"more than {limits.seconds:.0f} seconds") from error
    if done.returncode == _REFUSED:
        raise SourceError(done.stdout.decode("utf-8", "replace"))
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise _too_much(file_name, f"more than {limits.processor_seconds} seconds")
    if done.returncode == _TOO_LARGE or done.returncode < 0:
        # A library that gets no memory may end the process as well as say so.
        raise _too_much(file_name, "more memory than a talk needs")
    if done.returncode:
        # Of a stranger's file, no word goes into a log: what was raised, not with which message.
        *_, last = ["", *done.stderr.decode("utf-8", "replace").splitlines()]
        log.error("A file could not be read: %s", last.partition(":")[0])
        raise SourceError(
            f"{Path(file_name).name}: cannot be read. Save its text alone, and try again."
        )
    return _unpacked(done.stdout)


def _too_much(file_name: str, what: str) -> SourceError:
    return SourceError(
        f"{Path(file_name).name}: reading it takes {what}, so it was given up. "
        "Save the part that matters, or its text alone, and try again."
    )


def _unpacked(told: bytes) -> Read:
    from keynote_qa.rows import passage_of, talk_of

    found = json.loads(told)
    talk = talk_of(found["talk"], lambda: found["parts"], late=False)
    return Read(talk, tuple(map(passage_of, found["passages"])))


def _read(data: bytes, file_name: str, limits: Limits) -> str:
    """The JSON that `_unpacked` takes.

    Raises:
        SourceError: the file cannot be read, or holds too much.
    """
    from keynote_qa.passages import to_passages
    from keynote_qa.rows import parts_of, row_of, told_of
    from keynote_qa.sources import limits as of_sources
    from keynote_qa.sources import read_talk

    of_sources.MAX_PAGES = limits.pages  # this process reads nothing else
    talk = read_talk(data, file_name)
    words = sum(len(line.text.split()) for line in talk.lines)
    if words > limits.words:
        raise SourceError(
            f"{talk.source}: holds {words:,} words; at most {limits.words:,} are taken here. "
            "Take out the part that matters."
        )
    passages = [row_of(passage) for passage in to_passages(talk)]
    return json.dumps({"talk": told_of(talk), "parts": parts_of(talk), "passages": passages})


def main() -> None:
    """Read standard input within the limits; exit codes as above."""
    import resource

    file_name, given = sys.argv[1:]
    limits = Limits(**json.loads(given))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    seconds = limits.processor_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        told = _read(sys.stdin.buffer.read(), file_name, limits)
    except SourceError as error:
        sys.stdout.buffer.write(str(error).encode("utf-8", "replace"))
        sys.exit(_REFUSED)
    except (MemoryError, RecursionError):
        sys.exit(_TOO_LARGE)
    sys.stdout.buffer.write(told.encode("ascii"))


if __name__ == "__main__":
    main()
