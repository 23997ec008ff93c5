"""From paths to talks: which files are sources, how they are decoded, what is known of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from keynote_qa.errors import SourceError
from keynote_qa.records import Talk
from keynote_qa.sources import captions, docx, html, pdf, plain, pptx
from keynote_qa.sources.parsed import Parsed
from keynote_qa.text import printable

SUFFIXES: dict[str, Callable[[bytes], Parsed]] = {
    ".txt": plain.parse,
    ".md": plain.parse_markdown,
    ".vtt": captions.parse,
    ".srt": captions.parse,
    ".pdf": pdf.parse,
    ".pptx": pptx.parse,
    ".docx": docx.parse,
    ".html": html.parse,
    ".htm": html.parse,
}
"""File suffix to the function that reads the bytes of such a file."""

_METADATA_KEYS = frozenset({"title", "speaker", "event", "date", "video"})


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
        SourceError: the file cannot be read, is not what its suffix says, holds nothing to read,
            or its metadata is malformed. The message names the file and, where there is one, the
            line.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"{path}: cannot be read ({error.strerror or error}). "
            "Check that the file is there and readable."
        ) from error
    try:
        parsed = SUFFIXES[path.suffix.lower()](data)
    except SourceError as error:
        raise SourceError(f"{path}: {error}") from error
    return _talk(
        parsed, path, name or printable(path.stem), *_load_metadata(path.with_suffix(".toml"))
    )


def read_talk(data: bytes, file_name: str) -> Talk:
    """Read the bytes of a source, of which nothing is known but what its file was called.

    Raises:
        SourceError: they are not what the name's suffix says, or hold nothing to read.
    """
    path = Path(Path(file_name).name)
    parse = SUFFIXES.get(path.suffix.lower())
    if parse is None:
        known = ", ".join(sorted(SUFFIXES))
        raise SourceError(f"{path}: no reader for this kind of file. Known kinds: {known}.")
    try:
        return _talk(parse(data), path, printable(path.stem), {}, ())
    except SourceError as error:
        raise SourceError(f"{path}: {error}") from error


def _talk(
    parsed: Parsed, path: Path, name: str, metadata: dict[str, str], questions: tuple[str, ...]
) -> Talk:
    told = {"title": parsed.title, "speaker": parsed.speaker, "date": parsed.date} | metadata
    return Talk(
        name=name,
        title=told["title"] or printable(path.stem.replace("-", " ").replace("_", " ")),
        source=printable(path.name),
        lines=parsed.lines,
        blocks=parsed.blocks,
        speaker=told["speaker"],
        event=metadata.get("event"),
        date=told["date"],
        questions=questions,
        video=metadata.get("video"),
    )


def _load_metadata(path: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """The text values of a talk's metadata, and the questions it suggests."""
    if not path.is_file():
        return {}, ()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SourceError(f"{path}: {error}. Mend it, or remove it: it is optional.") from error
    metadata: dict[str, str] = {}
    for key in _METADATA_KEYS & table.keys():
        value = table[key]
        if not isinstance(value, str | date):
            raise SourceError(f"{path}: '{key}' must be text in quotes (or a date, for 'date').")
        metadata[key] = str(value)
    if not re.match(r"https?://[^\s/]", metadata.get("video", "https://video")):
        raise SourceError(
            f"{path}: 'video' must be an address that begins with https:// (or http)."
        )
    questions = table.get("questions", [])
    if not isinstance(questions, list) or not all(isinstance(q, str) for q in questions):
        raise SourceError(f"{path}: 'questions' must be a list of texts in quotes.")
    return metadata, tuple(questions)
