"""What an index was made of, and whether that is still so."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from keynote_qa import (
    aligned,
    figures,
    locations,
    outline,
    parallels,
    passages,
    people,
    pieces,
    recaps,
    recurring,
    segments,
    shapes,
    signals,
    tables,
    text,
    titles,
    verbatim,
)
from keynote_qa.embed import Embedder
from keynote_qa.errors import SourceError
from keynote_qa.records import Manifest, SourceRecord
from keynote_qa.sources import (
    captions,
    deck,
    document,
    docx,
    html,
    load,
    page_numbers,
    parsed,
    pdf,
    plain,
    pptx,
    prose,
    spacing,
)

RULES = (
    *(text, load, parsed, plain, deck, spacing, page_numbers, prose),
    *(captions, document, docx, html, pdf, pptx),
    *(
        shapes,
        recurring,
        people,
        parallels,
        signals,
        titles,
        segments,
        recaps,
        outline,
        pieces,
        figures,
        aligned,
        tables,
        verbatim,
        passages,
    ),
)
"""The modules that decide what a talk's passages are."""


def requested(sources: Sequence[str | Path] | None, manifest: Manifest | None) -> list[Path]:
    """What an index shall hold: what is asked for, else what it holds, else the package's talk."""
    if sources is not None:
        return [Path(source).absolute() for source in sources]
    if manifest is not None:
        return [Path(path) for path in manifest.requested]
    return [locations.default_sources()]


def records(files: Sequence[Path]) -> tuple[SourceRecord, ...]:
    """What the manifest remembers of files: it tells whether one has changed without parsing it.

    Raises:
        SourceError: a file cannot be read.
    """
    stems = Counter(file.stem for file in files)
    shared = Path(os.path.commonpath([file.parent for file in files]))
    found: list[SourceRecord] = []
    for file in files:
        try:
            digest = hashlib.sha256(file.read_bytes())
            sidecar = file.with_suffix(".toml")
            if sidecar.is_file():
                digest.update(sidecar.read_bytes())
        except OSError as error:
            raise SourceError(
                f"{file}: cannot be read ({error.strerror or error}). "
                "Check that the file is there and readable."
            ) from error
        # Two talks of one name: the way to the file tells them apart, its suffix included.
        unique = stems[file.stem] == 1
        name = file.stem if unique else file.relative_to(shared).as_posix()
        # The name of a file may be bytes that are no text.
        found.append(SourceRecord(text.printable(name), str(file), digest.hexdigest()))
    return tuple(found)


def why_stale(
    manifest: Manifest | None,
    requested: Sequence[Path],
    records: Sequence[SourceRecord],
    embedder: Embedder,
) -> str | None:
    """What about an index no longer fits, in words; None if it fits."""
    if manifest is None:
        return None
    if manifest.model_sha256 != embedder.sha256:
        return f"the model is now {embedder.name}"
    if manifest.settings != settings():
        return "the rules for cutting passages have changed"
    if tuple(str(path) for path in requested) != manifest.requested:
        return "other sources are asked for"
    if tuple(records) != manifest.sources:
        return "the sources have changed"
    return None


@cache
def settings() -> dict[str, int | float | str]:
    """What a passage depends on beside its source: the code that cuts it."""
    digest = hashlib.sha256()
    for path in [*(Path(str(module.__file__)) for module in RULES), titles.WEIGHTS]:
        digest.update(path.read_bytes())
    return {"max_characters": pieces.MAX_CHARACTERS, "rules_sha256": digest.hexdigest()}
