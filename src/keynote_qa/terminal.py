"""What the commands share: their options, and what is said on a terminal meanwhile."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from keynote_qa.assistant import KeynoteQA

PathsArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[PATH ...]",
        help="Files, or folders of files. Default: the talk that comes with keynote-qa.",
        show_default=False,
    ),
]
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


def open_assistant(
    index: Path | None,
    model: str | None,
    reader: str | None,
    sources: list[Path] | None = None,
    *,
    suggest: bool = True,
) -> KeynoteQA:
    """Open the assistant that the options ask for; a progress bar shows what takes long.

    Raises:
        SourceError, ModelError, IndexStoreError: each says what to do.
    """
    from keynote_qa.assistant import KeynoteQA
    from keynote_qa.embed import DEFAULT_MODEL
    from keynote_qa.span_reader import DEFAULT_READER

    with _progress() as progress:
        return KeynoteQA.open(
            index,
            sources=sources,
            model=model or DEFAULT_MODEL,
            reader=reader or DEFAULT_READER,
            say=say,
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


def say(line: str) -> None:
    """Tell a person what is no result."""
    print(line, file=sys.stderr)
