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
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from keynote_qa import __version__
from keynote_qa.errors import KeynoteQAError, QuestionError

if TYPE_CHECKING:
    from keynote_qa.assistant import KeynoteQA

app = typer.Typer(
    name="keynote-qa",
    help="Ask questions about a talk; get short answers in its own words, each with a receipt.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

IndexOption = Annotated[
    Path | None,
    typer.Option(
        "--index",
        metavar="DIR",
        help="Folder of the index. Default: index/ in a checkout, else a folder in your cache.",
        show_default=False,
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="A sentence-transformers model on this machine, by name or path. "
        "Default: all-MiniLM-L6-v2, which is installed with keynote-qa.",
        show_default=False,
    ),
]
ReaderOption = Annotated[
    str | None,
    typer.Option(
        "--reader",
        metavar="NAME",
        help="What reads the passages found: a question-answering model or a cross-encoder on "
        "this machine, by name or path, or 'none'. Default: the one that comes with keynote-qa.",
        show_default=False,
    ),
]


def main() -> None:
    """Run the command line; what the user can mend ends with its message and exit code 1."""
    # Whatever the locale: questions are UTF-8, and no byte of one ends a batch.
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app()
    except KeynoteQAError as error:
        _say(f"keynote-qa: {error}")
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
            qa = _open(index, model, reader, suggest=False)
            for line in lines:
                result = answer_line(qa, line, talk=talk, speaker=speaker)
                if result is not None:
                    print(json.dumps(result, ensure_ascii=False), flush=True)
        return
    assert question is not None
    qa = _open(index, model, reader, suggest=False)
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
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH ...]",
            help="Files, or folders of files. Default: the talk that comes with keynote-qa.",
            show_default=False,
        ),
    ] = None,
    index: IndexOption = None,
    model: ModelOption = None,
    reader: ReaderOption = None,
) -> None:
    """Build or refresh the index: it then holds exactly what is under the given paths."""
    from keynote_qa import locations

    qa = _open(index, model, reader, sources=paths or [locations.default_sources()])
    report = qa.report
    for line in report.skipped:
        _say(line)
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
        lambda: _open(index, model, reader),
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


@app.command(
    name="feedback",
    epilog="Examples:\n\nkeynote-qa feedback feedback.jsonl\n\n"
    "keynote-qa feedback feedback.jsonl --json",
)
def feedback_command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="What `keynote-qa serve --feedback FILE` wrote.",
            show_default=False,
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print all entries, one JSON object a line.")
    ] = False,
) -> None:
    """Show which answers visitors found useful, and which not."""
    from keynote_qa import feedback

    given = feedback.load_feedback(file, _say)
    if as_json:
        for entry in given:
            print(json.dumps(feedback.to_json(entry), ensure_ascii=False))
    else:
        print(feedback.summary(given))


@app.command(
    name="eval",
    epilog="Examples:\n\nkeynote-qa eval\n\nkeynote-qa eval my-questions.jsonl --index my-index "
    "--save a.json\n\nkeynote-qa eval --compare a.json b.json",
)
def eval_command(
    questions: Annotated[
        Path | None,
        typer.Argument(
            metavar="[QUESTIONS.jsonl]",
            help="Questions with known answers: one JSON object a line, with question, kind, "
            "facts and evidence. Default: those about the talk that comes with keynote-qa, which "
            "a checkout of the project has.",
            show_default=False,
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json", help="Write all outcomes there, to compare.", show_default=False
        ),
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            metavar="A.json B.json",
            help="Ask nothing: say how two saved evaluations differ, and which differences are "
            "more than chance.",
            show_default=False,
        ),
    ] = None,
    index: IndexOption = None,
    model: ModelOption = None,
    reader: ReaderOption = None,
) -> None:
    """Measure the answers to questions whose answers are known."""
    from keynote_qa import compare as comparing
    from keynote_qa import evaluate, locations

    if compare is not None:
        first, second = (comparing.load_evaluation(path) for path in compare)
        print(f"{'':32}{'first':>8}{'second':>8}{'95% of the difference':>26}{'n':>6}")
        for found in comparing.compare(first, second):
            interval = f"{found.low:+.3f} to {found.high:+.3f}{' *' if found.real else '  '}"
            means = f"{found.first:>8.2f}{found.second:>8.2f}"
            print(f"{found.name:32}{means}{interval:>26}{found.n:>6}")
        print("* more than chance")
        return
    known = evaluate.load_questions(questions or locations.default_questions())
    qa = _open(index, model, reader, suggest=False)
    outcomes = evaluate.run(
        lambda item: qa.ask(item.question, history=item.history, talk=item.talk), known
    )
    print(f"{'':32}{'mean':>8}{'95% interval':>20}{'n':>6}")
    for metric in evaluate.metrics(outcomes):
        interval = f"{metric.low:.2f} to {metric.high:.2f}"
        print(f"{metric.name:32}{metric.value:>8.2f}{interval:>20}{metric.n:>6}")
    if save is not None:
        _write(save, json.dumps(comparing.to_json(outcomes), ensure_ascii=False, indent=1) + "\n")


@app.command(
    epilog="Examples:\n\nkeynote-qa check\n\n"
    "keynote-qa check --golden my-questions.toml --index my-index",
)
def check(
    golden: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Questions with what their answers must hold. Default: TALK.golden.toml beside "
            "each talk.",
            show_default=False,
        ),
    ] = None,
    index: IndexOption = None,
    model: ModelOption = None,
    reader: ReaderOption = None,
) -> None:
    """Check that all is ready: model, index, sources, golden questions, and no network used."""
    from keynote_qa import locations
    from keynote_qa.check import run_checks
    from keynote_qa.embed import DEFAULT_MODEL
    from keynote_qa.span_reader import DEFAULT_READER

    if index is None and not (locations.default_index() / "manifest.json").exists():
        _open(None, model, reader, suggest=False)
    results = run_checks(
        index or locations.default_index(),
        model=model or DEFAULT_MODEL,
        reader=reader or DEFAULT_READER,
        golden=golden,
    )
    failed = 0
    for result in results:
        failed += not result.holds
        print(f"{'ok  ' if result.holds else 'FAIL'}  {result.name:10} {result.told}", flush=True)
    if failed:
        raise typer.Exit(1)


@app.command(
    epilog="Examples:\n\nkeynote-qa outline\n\nkeynote-qa outline talks/opening.txt",
)
def outline(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH ...]",
            help="Files, or folders of files. Default: the talk that comes with keynote-qa.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show the table of contents that was recovered from a talk."""
    from keynote_qa import locations, render
    from keynote_qa.outline import read_outline
    from keynote_qa.sources import find_sources, load_talk

    files, skipped = find_sources([Path(p) for p in paths or [locations.default_sources()]])
    for line in skipped:
        _say(line)
    talks = [load_talk(file) for file in files]
    print("\n\n".join(render.outline(talk, read_outline(talk).slides) for talk in talks))


def _open(
    index: Path | None,
    model: str | None,
    reader: str | None,
    sources: list[Path] | None = None,
    *,
    suggest: bool = True,
) -> KeynoteQA:
    from keynote_qa.assistant import KeynoteQA
    from keynote_qa.embed import DEFAULT_MODEL
    from keynote_qa.span_reader import DEFAULT_READER

    with _progress() as progress:
        return KeynoteQA.open(
            index,
            sources=sources,
            model=model or DEFAULT_MODEL,
            reader=reader or DEFAULT_READER,
            say=_say,
            progress=progress,
            suggest=suggest,
        )


@contextmanager
def _progress() -> Iterator[Any]:
    """A progress bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm

    bar: tqdm[Any] | None = None

    def show(done: int, total: int) -> None:
        nonlocal bar
        if bar is None:
            bar = tqdm(total=total, unit="passages", desc="embedding", leave=False)
        bar.update(done - bar.n)

    try:
        yield show
    finally:
        if bar is not None:
            bar.close()


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


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise QuestionError(f"{path}: cannot be written ({error.strerror}).") from error


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
