"""From an address to a page that can be opened: the socket, the server, the one line it says."""

from __future__ import annotations

import errno
import importlib
import logging
import os
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from keynote_qa import memory
from keynote_qa.apart import AVAILABLE
from keynote_qa.journal import Journal
from keynote_qa.web.proxy import ServeError, checked_origin, checked_root_path

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from keynote_qa.assistant import KeynoteQA

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 7860
_GRACE_SECONDS = 3  # an open page holds a connection; without a limit, stopping waits for it
_MAX_PORT = 65535


def serve(
    open_assistant: Callable[[], KeynoteQA],
    *,
    host: str | None = None,
    port: int | None = None,
    kiosk: bool = False,
    mcp: bool = False,
    origins: Sequence[str] = (),
    root_path: str = "",
    idle: int = 60,
    feedback: Path | None = None,
    log_questions: Path | None = None,
    allow_upload: bool = False,
) -> None:
    """Serve the page until it is stopped with Ctrl+C or a signal.

    The page can be opened before the assistant is: `open_assistant` is called in a background
    thread, and questions asked meanwhile wait. If it raises, the page says so and stays up.

    Args:
        open_assistant: opens the assistant; called once.
        host: where to listen; without it, GRADIO_SERVER_NAME, else 127.0.0.1.
        port: without it, GRADIO_SERVER_PORT, else 7860; 0 takes any free port.
        kiosk: for an unattended screen: larger type, no footer.
        mcp: serve the talks as tools for MCP clients too, at `/mcp`.
        origins: pages of which other sites may ask: "https://example.org".
        root_path: the path below which a reverse proxy serves this: "/keynote".
        idle: seconds without a visitor after which a kiosk begins anew.
        feedback: the file that visitors' feedback is appended to; without it, none is taken.
        log_questions: the file that questions are appended to; without it, none are kept.
        allow_upload: let visitors ask about files of their own, which nobody else sees.

    Raises:
        ServeError: the address, an origin or the path is malformed, the address is taken, the
            two files are one, or uploads are allowed where they cannot be.
        JournalError: one of the files cannot be written.
            Each is raised before anything slow begins.
    """
    origins = [checked_origin(origin) for origin in origins]
    root_path = checked_root_path(root_path)
    if allow_upload:
        check_upload(kiosk=kiosk)
    judgements, questions = journals(feedback, log_questions)
    where, number = address(host, port)
    listener = listen(where, number)
    memory.hold()
    # Read by the libraries as they are imported: no statistics, no look-up of a newer version.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    logging.basicConfig(format="%(levelname)s: %(message)s", stream=sys.stderr)
    for handler in logging.getLogger().handlers:
        handler.setLevel(logging.WARNING)  # some libraries set their own loggers to DEBUG

    import uvicorn

    from keynote_qa.web.curtain import Curtain
    from keynote_qa.web.loading import Backstage
    from keynote_qa.web.question_log import QuestionLog

    question_log = QuestionLog(questions) if questions else None
    backstage = Backstage(open_assistant, question_log=question_log)

    def create() -> ASGIApp:
        from keynote_qa.web.app import create_app
        from keynote_qa.web.origin import is_loopback
        from keynote_qa.web.uploads import Uploads

        return create_app(
            backstage,
            kiosk=kiosk,
            mcp_at=(where, listener.getsockname()[1]) if mcp else None,
            origins=origins,
            root_path=root_path,
            idle=idle,
            feedback=judgements,
            uploads=Uploads(backstage) if allow_upload else None,
            this_machine_alone=is_loopback(where),
        )

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            shown = f"[{where}]" if ":" in where else where
            url = f"http://{shown}:{listener.getsockname()[1]}{root_path}"
            print(f"Keynote Q&A is at {url} (Ctrl+C stops it)", file=sys.stderr, flush=True)
            backstage.start()

    failures: list[Exception] = []

    def give_up(error: Exception) -> None:
        failures.append(error)
        server.should_exit = True

    config = uvicorn.Config(
        Curtain(lambda: importlib.import_module("keynote_qa.web.app"), create, give_up),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = Server(config)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        listener.close()
        if question_log:
            question_log.close()
    for error in failures:
        raise error


def check_upload(*, kiosk: bool) -> None:
    """Raise if visitors cannot be let upload files.

    Raises:
        ServeError: says why.
    """
    if kiosk:
        raise ServeError("--allow-upload and --kiosk do not go together: leave one of them out.")
    if not AVAILABLE:
        raise ServeError(
            "--allow-upload needs a system that can hold a process to limits, such as Linux or "
            "macOS. Leave it out here."
        )


def journals(
    feedback: Path | None, log_questions: Path | None
) -> tuple[Journal | None, Journal | None]:
    """The files for feedback and for questions, each made if there is none, and found writable.

    Raises:
        ServeError: they are one file.
        JournalError: one of them cannot be written, or holds something else.
    """
    if feedback and log_questions and feedback.resolve() == log_questions.resolve():
        raise ServeError(
            f"{feedback}: cannot hold feedback and questions alike. "
            "Give --feedback and --log-questions a file each."
        )
    made = [Journal(path) if path else None for path in (feedback, log_questions)]
    for journal in made:
        if journal:
            journal.check()
    return made[0], made[1]


def address(host: str | None, port: int | None) -> tuple[str, int]:
    """The address to listen at: as given, else from the environment, else the default.

    Raises:
        ServeError: the port is not one.
    """
    if host is None:
        host = os.environ.get("GRADIO_SERVER_NAME", "").strip() or DEFAULT_HOST
    origin = "--port"
    if port is None:
        origin = "GRADIO_SERVER_PORT"
        written = os.environ.get(origin, "").strip() or str(DEFAULT_PORT)
        if not (written.isascii() and written.isdigit()):
            raise ServeError(
                f"GRADIO_SERVER_PORT is '{written}', which is not a port. "
                f"Set it to a number up to {_MAX_PORT}, or unset it to use {DEFAULT_PORT}."
            )
        port = int(written)
    if not 0 <= port <= _MAX_PORT:
        raise ServeError(
            f"{port} is not a port. Give {origin} a number from 1 to {_MAX_PORT}, "
            "or 0 for any free one."
        )
    return host, port


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address: nobody can take it while the page gets ready."""
    elsewhere = (
        f"Choose another port with --port {port + 1 if port < _MAX_PORT else DEFAULT_PORT}, "
        "or set GRADIO_SERVER_PORT."
    )
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except socket.gaierror as error:
        raise ServeError(
            f"There is no address '{host}' to listen at ({error.strerror}). "
            f"Use {DEFAULT_HOST} for this machine alone, or 0.0.0.0 for its whole network."
        ) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ServeError(
                f"Port {port} on {host} is taken by another program "
                f"(perhaps this page is open already: http://{host}:{port}). {elsewhere}"
            ) from error
        raise ServeError(
            f"Cannot listen at {host}, port {port} ({error.strerror}). {elsewhere}"
        ) from error
    # A connection takes this over; asyncio sets it only on sockets that name their protocol.
    # Without it, an answer of two packets waits 40 ms for the first one to be acknowledged.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
