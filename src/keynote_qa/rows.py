"""The passages and talks of an index on disk: found one by one, without reading the others.

    passages.json      the passages, a JSON array with a row on each line
    rows.npy           int64 (n, 4): where a row's line ends in bytes, its slide, its talk, whether
                       it is a slide
    talks.json         what is known of each talk, and where its line in the next ends
    lines.json         its lines and blocks, a JSON array with a talk on each line

Of a small index all are read at once. Of a large one a passage, or a talk's lines, are read when
they are asked for: a million of them as objects would take many seconds and gigabytes, for the
dozens that a question looks at.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, fields, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from keynote_qa.index import Columns
from keynote_qa.records import Block, BlockKind, Grain, Line, Passage, Talk

Item = TypeVar("Item")

PASSAGES, ROWS = "passages.json", "rows.npy"
TALKS, LINES = "talks.json", "lines.json"

READ_AT_ONCE = 50_000
"""Up to so many passages are read when the index is opened: in some tenths of a second."""

_KEPT = 65536
_LINES_READ_AT_ONCE = 8 << 20  # bytes

_KINDS = {kind.value: kind for kind in BlockKind}
_GRAINS = {grain.value: grain for grain in Grain}


class StoredPassages(Sequence[Passage]):
    """Passages that are read from their file as they are asked for; the latest are kept."""

    def __init__(self, path: Path, ends: NDArray[np.int64]) -> None:
        self._rows = _Rows(path, ends)
        self._kept = lru_cache(maxsize=_KEPT)(self._read)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, row: int) -> Passage: ...
    @overload
    def __getitem__(self, row: slice) -> tuple[Passage, ...]: ...
    def __getitem__(self, row: int | slice) -> Passage | tuple[Passage, ...]:
        rows = range(len(self))[row]
        return self._kept(rows) if isinstance(rows, int) else tuple(map(self._kept, rows))

    def __iter__(self) -> Iterator[Passage]:
        return map(self._read, range(len(self)))

    def _read(self, row: int) -> Passage:
        return passage_of(self._rows[row])


class _Rows:
    """A JSON array with a row on each line, mapped to memory; `ends` are in bytes."""

    def __init__(self, path: Path, ends: Sequence[int] | NDArray[np.int64]) -> None:
        with path.open("rb") as stream:
            self._data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        self._ends = ends

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, row: int) -> Any:
        start = int(self._ends[row - 1]) if row else 1
        return json.loads(self._data[start : int(self._ends[row])].lstrip(b",\n"))


def _write_rows(path: Path, rows: Iterable[Any]) -> list[int]:
    """Write such a file; says where its rows end."""
    ends: list[int] = []
    with path.open("wb") as stream:
        place = stream.write(b"[")
        for row in rows:
            line = json.dumps(row, ensure_ascii=False)
            place += stream.write(f"{',' if ends else ''}\n{line}".encode())
            ends.append(place)
        stream.write(b"\n]\n")
    return ends


class _Late(Sequence[Item]):
    """A sequence that is read when something of it is first asked for."""

    def __init__(self, read: Callable[[], Sequence[Item]]) -> None:
        self._read = read

    @cached_property
    def _all(self) -> Sequence[Item]:
        return self._read()

    def __len__(self) -> int:
        return len(self._all)

    @overload
    def __getitem__(self, at: int) -> Item: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Item]: ...
    def __getitem__(self, at: int | slice) -> Item | Sequence[Item]:
        return self._all[at]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]


def write_passages(folder: Path, passages: Sequence[Passage], columns: Columns) -> None:
    """Write them into the folder of an index.

    Raises:
        OSError: it cannot be written.
    """
    ends = np.array(_write_rows(folder / PASSAGES, map(row_of, passages)), np.int64)
    written = np.stack([ends, columns.slide, columns.talk, columns.is_slide], axis=1)
    np.save(folder / ROWS, written.astype(np.int64), allow_pickle=False)


def read_passages(folder: Path) -> tuple[Sequence[Passage], Columns]:
    """Read what `write_passages` wrote.

    Raises:
        OSError, ValueError, KeyError, TypeError: it is not there, or not as it was written.
    """
    ends, slide, talk, is_slide = np.ascontiguousarray(np.load(folder / ROWS, allow_pickle=False).T)
    columns = Columns(slide, talk, is_slide.astype(np.bool_))
    if len(ends) > READ_AT_ONCE:
        return StoredPassages(folder / PASSAGES, ends), columns
    rows = json.loads((folder / PASSAGES).read_text("utf-8"))
    if len(rows) != len(ends):
        raise ValueError(f"{PASSAGES} and {ROWS} have different sizes")
    return tuple([passage_of(row) for row in rows]), columns


def write_talks(folder: Path, talks: Sequence[Talk]) -> None:
    """Write them into the folder of an index.

    Raises:
        OSError: it cannot be written.
    """
    ends = _write_rows(folder / LINES, map(parts_of, talks))
    told = [told_of(talk) | {"end": end} for talk, end in zip(talks, ends, strict=True)]
    (folder / TALKS).write_text(json.dumps(told, ensure_ascii=False), "utf-8")


def read_talks(folder: Path) -> tuple[Talk, ...]:
    """Read what `write_talks` wrote.

    Raises:
        OSError, ValueError, KeyError, TypeError: it is not there, or not as it was written.
    """
    told = json.loads((folder / TALKS).read_text("utf-8"))
    rows = _Rows(folder / LINES, [talk.pop("end") for talk in told])
    late = (folder / LINES).stat().st_size > _LINES_READ_AT_ONCE
    return tuple(
        talk_of(talk, partial(rows.__getitem__, n), late=late) for n, talk in enumerate(told)
    )


def told_of(talk: Talk) -> dict[str, Any]:
    """What is known of a talk, for JSON, without its lines and blocks."""
    return asdict(replace(talk, lines=(), blocks=()))


def parts_of(talk: Talk) -> list[list[Any]]:
    """A talk's lines and its blocks for JSON; a line that has nothing but its text is that text."""
    lines = [
        line.text if line == Line(line.number, line.text) else row_of(line)[1:]
        for line in talk.lines
    ]
    return [lines, list(map(row_of, talk.blocks))]


def talk_of(told: dict[str, Any], read: Callable[[], Any], *, late: bool) -> Talk:
    """The talk that `told_of` gave `told` for; `read` gives its `parts_of`, `late` if asked for."""
    kept = lru_cache(maxsize=1)(read)

    def lines() -> tuple[Line, ...]:
        return tuple(
            [
                Line(number, row) if isinstance(row, str) else Line(number, *row)
                for number, row in enumerate(kept()[0], 1)
            ]
        )

    def blocks() -> tuple[Block, ...]:
        return tuple([Block(_KINDS[kind], *rest) for kind, *rest in kept()[1]])

    known = told | {"questions": tuple(told["questions"])}
    if late:
        return Talk(**known | {"lines": _Late(lines), "blocks": _Late(blocks)})
    return Talk(**known | {"lines": lines(), "blocks": blocks()})


def row_of(value: Any) -> list[Any]:
    """The fields of a record, in their order: half the size of an object, and read faster."""
    return [getattr(value, field.name) for field in fields(value)]


def passage_of(row: Sequence[Any]) -> Passage:
    """The passage whose `row_of` this is."""
    talk, source, grain, kind, start, end, section, context, way, text, slide, columns = row
    return Passage(
        talk, source, _GRAINS[grain], _KINDS[kind], start, end, tuple(section), context, way, text,
        slide, tuple(columns),
    )  # fmt: skip
