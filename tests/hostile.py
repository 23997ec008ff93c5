"""Files that are made to do harm: what to begin with, how they are spoiled, what must hold.

`check` is what the property tests and the fuzzer (`python -m benchmarks.fuzz`) have in common.
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Sequence

from keynote_qa.errors import SourceError
from keynote_qa.outline import read_outline
from keynote_qa.passages import to_passages
from keynote_qa.pieces import MAX_CHARACTERS
from keynote_qa.records import Talk
from keynote_qa.sources import SUFFIXES
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
