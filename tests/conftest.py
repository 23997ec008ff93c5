"""What several test modules share: the real model once, the real deck once, and no network."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from keynote_qa import KeynoteQA
from keynote_qa.embed import SentenceTransformerEmbedder
from keynote_qa.records import Talk
from keynote_qa.sources import load_talk

ROOT = Path(__file__).resolve().parent.parent
SEED = ROOT / "seeds" / "reinvent-2016-werner-vogels.txt"
DECKS = [SEED, *sorted((ROOT / "tests" / "talks").glob("*.txt"))]


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test does, nothing of it may try to reach another host."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else "local"
        if host not in ("127.0.0.1", "::1", "localhost", "local"):
            raise AssertionError(f"connection to {host}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every test has a user's cache folder of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def embedder() -> SentenceTransformerEmbedder:
    """The real model."""
    return SentenceTransformerEmbedder()


@pytest.fixture(scope="session")
def index_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the index of the keynote lies once `qa` has been asked for."""
    return tmp_path_factory.mktemp("keynote") / "index"


@pytest.fixture(scope="session")
def qa(embedder: SentenceTransformerEmbedder, index_folder: Path) -> Iterator[KeynoteQA]:
    """The assistant over the keynote, with the real model."""
    return KeynoteQA.open(index_folder, sources=[SEED], embedder=embedder)


@pytest.fixture(scope="session")
def keynote() -> Talk:
    """The keynote as it is read."""
    return load_talk(SEED)
