"""The passages of an index on disk: a line of JSON each, found without reading the others.

    passages.json      all of them, a JSON array with a row on each line
    rows.npy           int64 (n, 4): where a row's line ends in bytes, its slide, its talk, whether
                       it is a slide

Of a small index all are read at once. Of a large one a passage is read when it is asked for: a
million of them as objects would take many seconds and gigabytes, for the dozens that a question
looks at.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator, Sequence
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from keynote_qa.index import Columns
from keynote_qa.records import BlockKind, Grain, Passage

PASSAGES, ROWS = "passages.json", "rows.npy"

READ_AT_ONCE = 50_000
"""Up to so many passages are read when the index is opened: in some tenths of a second."""

_KEPT = 65536

_KINDS = {kind.value: kind for kind in BlockKind}
_GRAINS = {grain.value: grain for grain in Grain}


class StoredPassages(Sequence[Passage]):
    """Passages that are read from their file as they are asked for; the latest are kept."""

    def __init__(self, path: Path, ends: NDArray[np.int64]) -> None:
        with path.open("rb") as stream:
            self._data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        self._ends = ends
        self._kept = lru_cache(maxsize=_KEPT)(self._read)

    def __len__(self) -> int:
        return len(self._ends)

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
        start = int(self._ends[row - 1]) if row else 1
        return _passage(json.loads(self._data[start : int(self._ends[row])].lstrip(b",\n")))


def write_passages(folder: Path, passages: Sequence[Passage], columns: Columns) -> None:
    """Write them into the folder of an index.

    Raises:
        OSError: it cannot be written.
    """
    ends = np.zeros(len(passages), np.int64)
    with (folder / PASSAGES).open("wb") as stream:
        place = stream.write(b"[")
        for row, passage in enumerate(passages):
            line = json.dumps(row_of(passage), ensure_ascii=False)
            place += stream.write(f"{',' if row else ''}\n{line}".encode())
            ends[row] = place
        stream.write(b"\n]\n")
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
    return tuple([_passage(row) for row in rows]), columns


def row_of(value: Any) -> list[Any]:
    """The fields of a record, in their order: half the size of an object, and read faster."""
    return [getattr(value, field.name) for field in fields(value)]


def _passage(row: list[Any]) -> Passage:
    talk, source, grain, kind, start, end, section, context, way, text, slide, columns = row
    return Passage(
        talk, source, _GRAINS[grain], _KINDS[kind], start, end, tuple(section), context, way, text,
        slide, tuple(columns),
    )  # fmt: skip
