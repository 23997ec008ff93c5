"""What is made to do harm: what to begin with, how it is spoiled, what must hold.

The functions that begin with `check` are what the property tests and the fuzzer
(`python -m benchmarks.fuzz`) have in common.
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from keynote_qa import KeynoteQA
from keynote_qa.errors import KeynoteQAError, SourceError
from keynote_qa.index import Index
from keynote_qa.outline import read_outline
from keynote_qa.passages import to_passages
from keynote_qa.pieces import MAX_CHARACTERS
from keynote_qa.records import Talk
from keynote_qa.sources import SUFFIXES
from keynote_qa.store import load_index
from keynote_qa.text import normalise

Mutate = Callable[[bytes], bytes]


def check(suffix: str, data: bytes) -> bool:
    """Read a source: it is refused (False), or every passage of it stands in its lines.

    Raises:
        AssertionError: one does not. Anything else that is raised is a fault as well.
    """
    try:
        parsed = SUFFIXES[suffix](data)
    except SourceError:
        return False
    talk = Talk("t", parsed.title or "t", f"t{suffix}", parsed.lines, parsed.blocks)
    assert [line.number for line in talk.lines] == list(range(1, len(talk.lines) + 1))
    read_outline(talk)
    sources: dict[tuple[int, int], str] = {}  # all of a talk may stand on one line
    for passage in to_passages(talk):
        place = (passage.start_line, passage.end_line)
        if place not in sources:
            lines = talk.lines[passage.start_line - 1 : passage.end_line]
            sources[place] = normalise("\n".join(line.text for line in lines))
        assert normalise(passage.text) in sources[place], passage
        assert len(passage.text) <= MAX_CHARACTERS
    return True


def check_normalised(text: str) -> None:
    """Normalise a text: it becomes one line, and only loses characters.

    Raises:
        AssertionError: it does not.
    """
    once = normalise(text)
    assert "\n" not in once
    assert once == " ".join(once.split())
    assert normalise(once) == once
    left = iter(text)
    assert all(char in left for char in once if char != " ")  # in their order, nothing added


def check_index(
    folder: Path, files: Mapping[str, bytes], whole: Index, spoil: str, data: bytes
) -> bool:
    """Open an index of which one file holds something else: it is refused (False), or as before.

    Args:
        folder: where to write it.
        files: what its files hold by right, by their names in the folder.
        whole: what it is with those.
        spoil: the name of the one that does not.
        data: what that one holds.

    Raises:
        AssertionError: it is opened as something else. Anything else that is raised is a fault.
    """
    for name, right in files.items():
        (folder / name).write_bytes(right)
    (folder / spoil).write_bytes(data)
    try:
        found = load_index(folder)
    except KeynoteQAError:
        return False
    assert (found.talks, found.passages) == (whole.talks, whole.passages)
    return True


def files_of(folder: Path) -> dict[str, bytes]:
    """What each file in a folder and those below holds, by its name from there."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def check_question(
    qa: KeynoteQA, lines: Sequence[str], question: str, history: Sequence[str]
) -> None:
    """Ask about the talk of these lines: the question is refused, or what is quoted stands there.

    Raises:
        AssertionError: it does not. Anything else that is raised is a fault as well.
    """
    try:
        answer = qa.ask(question, history=history)
    except KeynoteQAError:
        return
    for citation in (*answer.citations, *answer.nearest):
        source = normalise("\n".join(lines[citation.start_line - 1 : citation.end_line]))
        assert normalise(citation.quote) in source
    if answer.answered:
        quoted = normalise("\n".join(citation.quote for citation in answer.citations))
        for row in answer.answer.split("\n"):
            assert normalise(row.removeprefix("• ")) in quoted


def spoiled(data: bytes, drawn: random.Random) -> bytes:
    """The same bytes with a few of them flipped, removed, repeated or moved."""
    spoiled = bytearray(data)
    for _ in range(drawn.randint(1, 6)):
        if not spoiled:
            break
        at = drawn.randrange(len(spoiled))
        end = min(len(spoiled), at + drawn.choice((1, 1, 2, 8, 64, 512)))
        match drawn.randrange(5):
            case 0:
                spoiled[at] ^= 1 << drawn.randrange(8)
            case 1:
                del spoiled[at:end]
            case 2:
                spoiled[at:at] = spoiled[at:end] * drawn.choice((1, 2, 50))
            case 3:
                spoiled[at:end] = drawn.randbytes(end - at)
            case 4:
                to = drawn.randrange(len(spoiled))
                spoiled[to : to + end - at] = spoiled[at:end]
    return bytes(spoiled)


def inside(package: bytes, mutate: Mutate, drawn: random.Random) -> bytes:
    """A package (PPTX, DOCX) one part of which is spoiled, or left out, and packed again."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w") as new:
        names: Sequence[str] = [n for n in old.namelist() if n.endswith((".xml", ".rels"))]
        chosen = drawn.choice(names)
        for name in old.namelist():
            data = old.read(name)
            if name == chosen:
                if drawn.randrange(10) == 0:
                    continue
                data = mutate(data)
            new.writestr(name, data)
    return out.getvalue()


CAPTIONS = (
    b"WEBVTT\n\n1\n00:00:01.000 --> 00:00:04.000\n<v Ada>We sell bread &amp; butter.\n\n"
    b"2\n00:00:04.000 --> 00:00:09.000\nAnd rye. It costs six dollars.\n\n"
    b"NOTE x\n\n00:00:09.000 --> 00:00:12.500 align:start\n<i>Oat</i> costs five\n- And you?\n"
)
