"""From paths to talks: which files are sources, how they are decoded, what is known of them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from keynote_qa.errors import SourceError
from keynote_qa.records import Block, Line, Talk
from keynote_qa.sources.deck import to_blocks, to_lines
from keynote_qa.text import has_content

SUFFIXES: dict[str, Callable[[Sequence[Line]], tuple[Block, ...]]] = {
    ".txt": to_blocks,
    ".md": to_blocks,
}
"""File suffix to the function that finds the blocks in such a file's lines."""

_METADATA_KEYS = frozenset({"title", "speaker", "event", "date"})


def find_sources(paths: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """Files to read, in name order, and a line for each file that was passed over.

    A folder stands for every file below it with a known suffix; hidden files and the `.toml`
    files that describe a talk are passed over in silence.

    Raises:
        SourceError: a path does not exist, a file named outright has an unknown suffix, or
            nothing is left to read.
    """
    found: list[Path] = []
    skipped: list[str] = []
    for path in paths:
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
                if hidden or not file.is_file() or file.suffix.lower() == ".toml":
                    continue
                if file.suffix.lower() in SUFFIXES:
                    found.append(file)
                else:
                    skipped.append(f"skipped {file}: no reader for '{file.suffix or 'no suffix'}'")
        elif not path.exists():
            raise SourceError(
                f"{path}: no such file or folder. "
                "Check the path, or leave it out to use the talk that comes with keynote-qa."
            )
        elif path.suffix.lower() not in SUFFIXES:
            known = ", ".join(sorted(SUFFIXES))
            raise SourceError(f"{path}: no reader for this kind of file. Known kinds: {known}.")
        else:
            found.append(path)
    if not found:
        where = ", ".join(str(path) for path in paths) or "the given paths"
        known = ", ".join(sorted(SUFFIXES))
        raise SourceError(f"{where}: no talk found. Put a transcript there ({known}).")
    return sorted(set(found)), skipped


def load_talk(path: Path, *, name: str | None = None) -> Talk:
    """Read one source file and the metadata beside it (`talk.toml` for `talk.txt`).

    `name` identifies the talk; without it, the file's stem does.

    Raises:
        SourceError: the file cannot be read, is not UTF-8 text, holds nothing to read, or its
            metadata is malformed. The message names the file and, where there is one, the line.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"{path}: cannot be read ({error.strerror or error}). "
            "Check that the file is there and readable."
        ) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SourceError(
            f"{path}: line {line} is not UTF-8 text. Save the file as UTF-8 and try again."
        ) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise SourceError(
            f"{path}: line {line} holds a NUL character, so this is not a text file. "
            "Export the talk as plain text and try again."
        )
    if not has_content(text):
        raise SourceError(f"{path}: holds no text. Put the talk's text in it and try again.")
    lines = to_lines(text)
    metadata, questions = _load_metadata(path.with_suffix(".toml"))
    return Talk(
        name=name or path.stem,
        title=metadata.get("title") or path.stem.replace("-", " ").replace("_", " "),
        source=path.name,
        lines=lines,
        blocks=SUFFIXES[path.suffix.lower()](lines),
        speaker=metadata.get("speaker"),
        event=metadata.get("event"),
        date=metadata.get("date"),
        questions=questions,
    )


def _load_metadata(path: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """The text values of a talk's metadata, and the questions it suggests."""
    if not path.is_file():
        return {}, ()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SourceError(f"{path}: {error}. Mend it, or remove it: it is optional.") from error
    metadata: dict[str, str] = {}
    for key in _METADATA_KEYS & table.keys():
        value = table[key]
        if not isinstance(value, str | date):
            raise SourceError(f"{path}: '{key}' must be text in quotes (or a date, for 'date').")
        metadata[key] = str(value)
    questions = table.get("questions", [])
    if not isinstance(questions, list) or not all(isinstance(q, str) for q in questions):
        raise SourceError(f"{path}: 'questions' must be a list of texts in quotes.")
    return metadata, tuple(questions)
