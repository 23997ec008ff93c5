"""The commands of whoever looks after the assistant: `feedback`, `eval`, `check`, `outline`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from keynote_qa.errors import QuestionError
from keynote_qa.terminal import (
    IndexOption,
    ModelOption,
    PathsArgument,
    ReaderOption,
    open_assistant,
    say,
)

commands = typer.Typer()


@commands.command(
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

    given = feedback.load_feedback(file, say)
    if as_json:
        for entry in given:
            print(json.dumps(feedback.to_json(entry), ensure_ascii=False))
    else:
        print(feedback.summary(given))


@commands.command(
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
    from keynote_qa import evaluate, locations, question_set

    if compare is not None:
        first, second = (comparing.load_evaluation(path) for path in compare)
        print(f"{'':32}{'first':>8}{'second':>8}{'95% of the difference':>26}{'n':>6}")
        for found in comparing.compare(first, second):
            interval = f"{found.low:+.3f} to {found.high:+.3f}{' *' if found.real else '  '}"
            means = f"{found.first:>8.2f}{found.second:>8.2f}"
            print(f"{found.name:32}{means}{interval:>26}{found.n:>6}")
        print("* more than chance")
        return
    known = question_set.load_questions(questions or locations.default_questions())
    qa = open_assistant(index, model, reader, suggest=False)
    outcomes = evaluate.run(
        lambda item: qa.ask(item.question, history=item.history, talk=item.talk),
        known,
        lambda item: qa.search(item.question, history=item.history, talk=item.talk),
    )
    print(f"{'':32}{'mean':>8}{'95% interval':>20}{'n':>6}")
    for metric in evaluate.metrics(outcomes):
        interval = f"{metric.low:.2f} to {metric.high:.2f}"
        print(f"{metric.name:32}{metric.value:>8.2f}{interval:>20}{metric.n:>6}")
    if save is not None:
        _write(save, json.dumps(comparing.to_json(outcomes), ensure_ascii=False, indent=1) + "\n")


@commands.command(
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
        open_assistant(None, model, reader, suggest=False)
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


@commands.command(
    epilog="Examples:\n\nkeynote-qa outline\n\nkeynote-qa outline talks/opening.txt",
)
def outline(
    paths: PathsArgument = None,
) -> None:
    """Show the table of contents that was recovered from a talk."""
    from keynote_qa import locations, render
    from keynote_qa.outline import read_outline
    from keynote_qa.sources import find_sources, load_talk

    files, skipped = find_sources([Path(p) for p in paths or [locations.default_sources()]])
    for line in skipped:
        say(line)
    talks = [load_talk(file) for file in files]
    print("\n\n".join(render.outline(talk, read_outline(talk).slides) for talk in talks))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise QuestionError(f"{path}: cannot be written ({error.strerror}).") from error
