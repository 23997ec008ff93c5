"""A server that has just come up, and a visitor who was never here."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import page_fixtures

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATIENCE_SECONDS = 240
_DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
_KIOSK: dict[str, Any] = {"viewport": {"width": 1080, "height": 1920}, "has_touch": True}


@dataclass(frozen=True, slots=True)
class Started:
    """A server that runs: where, and when (`time.time()`) it first took a connection."""

    url: str
    listened: float


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[Started]:
    """The tests' server, with the moment noted that a visitor's patience begins at."""
    port = page_fixtures.free_port()
    program = [sys.executable, page_fixtures.__file__, *arguments]
    environment = page_fixtures.environment(GRADIO_SERVER_PORT=str(port))
    with (folder / f"server-{port}.log").open("w") as log:
        process = subprocess.Popen(program, env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.002)
        yield Started(f"http://127.0.0.1:{port}", time.time())
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def visit(browser: Browser, *, kiosk: bool = False) -> Iterator[Page]:
    """A page of a visitor who was never here: nothing is cached."""
    context = browser.new_context(**(_KIOSK if kiosk else _DESK))
    yield context.new_page()
    context.close()
