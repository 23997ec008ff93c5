"""The command line: arguments in, rendered answers out.

Standard output carries the result alone; progress, notes and errors go to standard error. Exit
codes: 0 fine, 1 the user can mend it, 2 wrong usage. Parts that take seconds to import are
imported by the command that needs them.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from keynote_qa import __version__, upkeep
from keynote_qa.errors import KeynoteQAError, QuestionError
from keynote_qa.terminal import (
    IndexOption,
    ModelOption,
    PathsArgument,
    ReaderOption,
    open_assistant,
    say,
)

app = typer.Typer(
    name="keynote-qa",
    help="Ask questions about a talk; get short answers in its own words, each with a receipt.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line; what the user can mend ends with its message and exit code 1."""
    # Whatever the locale: questions are UTF-8, and no byte of one ends a batch.
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app()
    except KeynoteQAError as error:
        say(f"keynote-qa: {error}")
        sys.exit(1)
    except BrokenPipeError:  # the reader of our output has left, as `head` does
        sys.stderr.close()
        sys.exit(0)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"keynote-qa {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


@app.command(
    epilog="Examples:\n\n"
    'keynote-qa ask "How many requests per second does Thomson Reuters process?"\n\n'
    'keynote-qa ask --json "What is AWS Glue?"\n\n'
    'keynote-qa ask "And Amazon Athena?" --history "What is AWS Glue?"\n\n'
    "keynote-qa ask --batch questions.txt > answers.jsonl"
)
def ask(
    question: Annotated[
        str | None, typer.Argument(help="The question, in quotes.", show_default=False)
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the answer as one JSON object.")
    ] = False,
    batch: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|-",
            help="Answer each line of a file (or of standard input): a plain question, or "
            '{"question": …, "history": […], "talk": …, "speaker": …}. One JSON object a line out.',
            show_default=False,
        ),
    ] = None,
    talk: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Answer from this talk alone.", show_default=False),
    ] = None,
    speaker: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Answer from this speaker's talks alone.", show_default=False
        ),
    ] = None,
    history: Annotated[
        list[str] | None,
        typer.Option(
            metavar="QUESTION",
            help="An earlier question, for one that follows up on it. May be given several times, "
            "oldest first.",
            show_default=False,
        ),
    ] = None,
    index: IndexOption = None,
    model: ModelOption = None,
    reader: ReaderOption = None,
) -> None:
    """Answer a question, with its sources."""
    if (question is None) == (batch is None):
        raise typer.BadParameter("Give either a question or --batch FILE.")
    if batch is not None and history:
        raise typer.BadParameter("In a batch, each line has a history of its own.")
    from keynote_qa import render
    from keynote_qa.batch import answer_line

    if batch is not None:
        with _lines(batch) as lines:
            qa = open_assistant(index, model, reader, suggest=False)
            for line in lines:
                result = answer_line(qa, line, talk=talk, speaker=speaker)
                if result is not None:
                    print(json.dumps(result, ensure_ascii=False), flush=True)
        return
    assert question is not None
    qa = open_assistant(index, model, reader, suggest=False)
    answer = qa.ask(question, history=history or (), talk=talk, speaker=speaker)
    if as_json:
        print(json.dumps(render.to_json(answer), ensure_ascii=False, indent=2))
    else:
        print(render.to_text(answer))


@app.command(
    name="index",
    epilog="Examples:\n\nkeynote-qa index\n\nkeynote-qa index talks/ --index my-index",
)
def index_command(
    paths: PathsArgument = None,
    index: IndexOption = None,
    model: ModelOption = None,
    reader: ReaderOption = None,
) -> None:
    """Build or refresh the index: it then holds exactly what is under the given paths."""
    from keynote_qa import locations

    qa = open_assistant(index, model, reader, sources=paths or [locations.default_sources()])
    report = qa.report
    for line in report.skipped:
        say(line)
    talks = "1 talk" if report.talks == 1 else f"{report.talks} talks"
    done = "up to date" if report.up_to_date else "built"
    print(
        f"{done}: {talks}, {report.passages} passages "
        f"({report.embedded} embedded, {report.reused} reused)"
    )


@app.command(
    epilog="Examples:\n\nkeynote-qa serve\n\nkeynote-qa serve --kiosk --port 8080\n\n"
    "keynote-qa serve --kiosk --idle 90 --feedback feedback.jsonl"
)
def serve(
    kiosk: Annotated[
        bool, typer.Option("--kiosk", help="For an unattended screen: larger type, no way out.")
    ] = False,
    idle: Annotated[
        int,
        typer.Option(
            min=10,
            metavar="SECONDS",
            help="With --kiosk: how long without a visitor before the screen begins anew.",
        ),
    ] = 60,
    host: Annotated[
        str | None,
        typer.Option(
            help="Address to listen on. Default: GRADIO_SERVER_NAME, else 127.0.0.1.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            help="Port to listen on. Default: GRADIO_SERVER_PORT, else 7860.",
            show_default=False,
        ),
    ] = None,
    mcp: Annotated[
        bool, typer.Option("--mcp", help="Also serve the talks as tools for MCP clients, at /mcp.")
    ] = False,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="Another site whose pages may use the API; may be given several times.",
            show_default=False,
        ),
    ] = None,
    root_path: Annotated[
        str,
        typer.Option(
            metavar="PATH",
            help="The path below which a reverse proxy serves the page: /keynote",
            show_default=False,
        ),
    ] = "",
    feedback: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Let visitors say whether an answer was useful, and append it to FILE: see "
            "`keynote-qa feedback`. Nothing of who they are is kept.",
            show_default=False,
        ),
    ] = None,
    log_questions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Append each question to FILE, with whether the talk answers it. Without it, "
            "/operator shows on this machine what has been asked since the start.",
            show_default=False,
        ),
    ] = None,
    allow_upload: Annotated[
        bool,
        typer.Option(
            "--allow-upload",
            help="Let visitors ask about a file of their own: nobody else sees it, and it is gone "
            "when they leave.",
        ),
    ] = False,
    index: IndexOption = None,
    model: ModelOption = None,
    reader: ReaderOption = None,
) -> None:
    """Open the page: a chat beside the talk. The HTTP API is described at /api/docs."""
    from keynote_qa.web import serve as serve_page

    serve_page(
        lambda: open_assistant(index, model, reader),
        host=host,
        port=port,
        kiosk=kiosk,
        mcp=mcp,
        origins=allow_origin or (),
        root_path=root_path,
        idle=idle,
        feedback=feedback,
        log_questions=log_questions,
        allow_upload=allow_upload,
    )


@contextmanager
def _lines(batch: str) -> Iterator[TextIO]:
    if batch == "-":
        yield sys.stdin
        return
    try:
        stream = Path(batch).open(encoding="utf-8", errors="replace")  # noqa: SIM115
    except OSError as error:
        raise QuestionError(
            f"{batch}: cannot be read ({error.strerror}). Give a file with a question a line."
        ) from error
    with stream:
        yield stream


app.add_typer(upkeep.commands)

if __name__ == "__main__":
    main()
