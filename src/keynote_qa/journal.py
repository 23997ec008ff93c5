"""A file that grows by one line of JSON at a time: what visitors said, for who runs the page.

More than one server may write to it. An entry is a line of its own and on the disk before `append`
returns; where it cannot be, the file is as it was. What a power cut left of a line stays alone.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import lock_descriptor

from keynote_qa.errors import JournalError

MAX_BYTES = 50_000_000
"""How large a journal grows: some hundred thousand entries of the usual length."""

_WAIT_SECONDS = 5  # for another writer: an entry takes milliseconds
_POLL_SECONDS = 0.005
_LOOKED_AT = 100  # lines at the beginning, one of which must be an entry


class Journal:
    """Appends entries to a file, which is made if there is none."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self.path = path
        self._max_bytes = max_bytes

    def check(self) -> None:
        """Make sure that entries can be written, before anyone relies on it.

        Raises:
            JournalError: they cannot, or the file holds something else than a journal.
        """
        with self._open():
            pass
        found = [
            entry for _, (_, entry) in zip(range(_LOOKED_AT), entries(self.path), strict=False)
        ]
        if found and not any(found):
            raise JournalError(
                f"{self.path}: holds something else than entries with a time. "
                "Name a new file, or one that was written for this."
            )

    def append(self, entry: Mapping[str, Any]) -> None:
        """Write an entry, whole or not at all, and wait until it is on the disk.

        `entry` must be JSON-ready and have a "time", see `timestamp`.

        Raises:
            JournalError: the disk or the file is full, or cannot be written.
        """
        line = json.dumps(entry, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
        line += b"\n"
        with self._open() as (file, size):
            if size + len(line) > self._max_bytes:
                raise JournalError(
                    f"{self.path}: is full ({self._max_bytes:,} bytes). "
                    "Move it away, and a new one is begun."
                )
            if size:
                os.lseek(file, size - 1, os.SEEK_SET)
                if os.read(file, 1) != b"\n":
                    line = b"\n" + line
            try:
                if os.write(file, line) < len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file)
            except OSError:
                # Nobody else has written meanwhile: what is past the old end is of this entry.
                with suppress(OSError):
                    os.ftruncate(file, size)
                raise

    @contextmanager
    def _open(self) -> Iterator[tuple[int, int]]:
        """The file, for the only writer, and its size in bytes."""
        try:
            # For its owner alone: visitors may have typed anything.
            file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                if not stat.S_ISREG(os.fstat(file).st_mode):
                    raise JournalError(f"{self.path}: is no file that can grow. Name another one.")
                self._wait_for_others(file)
                yield file, os.fstat(file).st_size
            finally:
                os.close(file)  # which also ends the lock
        except OSError as error:
            raise JournalError(
                f"{self.path}: cannot be written ({error.strerror}). "
                "Make room or make it writable, or name another file."
            ) from error

    def _wait_for_others(self, file: int) -> None:
        deadline = time.monotonic() + _WAIT_SECONDS
        while not lock_descriptor(file, blocking=False):
            if time.monotonic() > deadline:
                raise JournalError(
                    f"{self.path}: another program has been writing it for {_WAIT_SECONDS} "
                    "seconds. Try again, or end that program."
                )
            time.sleep(_POLL_SECONDS)


def entries(path: Path) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """The lines of a journal, numbered from 1: each an entry, or None if it is damaged.

    Empty lines are passed over.

    Raises:
        JournalError: the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield number, _entry(line)
    except OSError as error:
        raise JournalError(f"{path}: cannot be read ({error.strerror}).") from error


def timestamp(seconds: float) -> str:
    """A time since 1970 in UTC, to the minute: more would tell visitors apart.

    >>> timestamp(1_480_608_059.9)
    '2016-12-01T16:00Z'
    """
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%MZ}"


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) and isinstance(entry.get("time"), str) else None
