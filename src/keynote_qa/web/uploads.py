"""What visitors upload: each file theirs alone, in memory, for as long as they are there.

Whoever has the token that a file was given gets answers from it, and nobody else does: it is in
no index, in no list of talks, and its questions are counted nowhere. It is gone when its page is
closed, when nothing was asked for a while, and with the server.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from keynote_qa.apart import Limits, read_apart
from keynote_qa.assistant import KeynoteQA
from keynote_qa.embed import Embedder, Vectors
from keynote_qa.errors import KeynoteQAError
from keynote_qa.web.loading import Backstage
from keynote_qa.web.transcript import Shown, talk_html

MAX_BYTES = 20_000_000
"""Of a file."""

MOST_HELD = 16
"""How many visitors' files are held at a time."""

IDLE_SECONDS = 1800
"""How long a file is held that nobody asks about."""

_AT_ONCE = 2
_SLICE = 16  # passages embedded between two questions of others


class UploadError(KeynoteQAError):
    """A file is not taken; `key` is that of the message in the page's language."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Held:
    """A visitor's file: who answers from it, and how it is shown."""

    assistant: KeynoteQA
    shown: Shown


class Uploads:
    """The files that are held, by their tokens."""

    def __init__(
        self,
        backstage: Backstage,
        *,
        limits: Limits | None = None,
        most: int = MOST_HELD,
        idle_seconds: float = IDLE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._backstage = backstage
        self._limits = limits or Limits()
        self._most = most
        self._idle_seconds = idle_seconds
        self._clock = clock
        self._held: OrderedDict[str, tuple[float, Held]] = OrderedDict()  # last used at the end
        self._reading = 0
        self._timer: asyncio.TimerHandle | None = None
        self._workers = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="upload")

    def __len__(self) -> int:
        self._expire()
        return len(self._held)

    def room(self) -> None:
        """Refuse a file before any of it is taken, if there is no room for it.

        Raises:
            UploadError: as many files as may be are held, or are being read.
        """
        if self._reading >= _AT_ONCE or len(self) + self._reading >= self._most:
            raise UploadError("upload_busy")

    async def take(
        self, data: bytes, file_name: str, progress: Callable[[int, int], None]
    ) -> tuple[str, Held]:
        """Read a file, index it, and hold it under a new token.

        `progress` is called, from another thread, with passages indexed and passages to index.

        Raises:
            UploadError: there is no room.
            SourceError: the file cannot be read; the message is for people.
        """
        self.room()
        self._reading += 1
        try:
            assistant = await self._backstage.assistant()
            held = await asyncio.get_running_loop().run_in_executor(
                self._workers, self._made, assistant, data, file_name, progress
            )
        finally:
            self._reading -= 1
        token = secrets.token_urlsafe(32)
        self._held[token] = (self._clock(), held)
        self._wake_later()
        return token, held

    def get(self, token: str) -> Held | None:
        """What is held under a token; None if it is gone, or never was."""
        self._expire()
        known = self._held.pop(token, None)
        if known is None:
            return None
        self._held[token] = (self._clock(), known[1])
        return known[1]

    def end(self, token: str) -> None:
        """Let go of what is held under a token."""
        self._held.pop(token, None)

    def _made(
        self,
        assistant: KeynoteQA,
        data: bytes,
        file_name: str,
        progress: Callable[[int, int], None],
    ) -> Held:
        read = read_apart(data, file_name, self._limits)
        shared = _Shared(assistant.embedder)
        own = assistant.over(read.talk, read.passages, embedder=shared, progress=progress)
        return Held(own, talk_html(read.talk, own.slides(read.talk)))

    def _expire(self) -> None:
        before = self._clock() - self._idle_seconds
        while self._held:
            token, (used, _) = next(iter(self._held.items()))
            if used > before:
                break
            del self._held[token]

    def _wake_later(self) -> None:
        """Look again when the file that was used last may have become idle."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._idle_seconds + 1, self._wake)

    def _wake(self) -> None:
        if len(self):
            self._wake_later()


class _Shared:
    """The assistant's embedder, a few passages at a time: questions of others come in between."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name, self.sha256 = embedder.name, embedder.sha256
        self.dimension = embedder.dimension

    def encode(self, texts: Sequence[str]) -> Vectors:
        import numpy as np

        slices = [texts[start : start + _SLICE] for start in range(0, len(texts), _SLICE)]
        return np.concatenate([self._embedder.encode(some) for some in slices])

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        return self._embedder.encode_query(texts)

    def knows_word(self, word: str) -> bool:
        return self._embedder.knows_word(word)
