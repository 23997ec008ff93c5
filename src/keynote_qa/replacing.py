"""Replacing an index's folder: by one writer at a time, and whole or not at all.

A new index is written to a folder beside the old one, and the two change places when it is whole.
That is two steps; of a writer that was killed between them, the next one puts the old index back.
"""

from __future__ import annotations

import glob
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from keynote_qa.errors import IndexStoreError

MANIFEST = "manifest.json"
"""The file that is in every whole index."""

KEEP = ".gitkeep"
"""The file that keeps an empty folder under version control; it stays."""

MAX_WAIT_SECONDS = 1800
"""How long to wait for another writer: a large library is built in less."""

_NEW, _OLD = "new", "old"


@contextmanager
def sole_writer(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the right to write an index while the block runs; wait for whoever has it.

    `say` is called with a line if there is somebody to wait for. What a writer that was killed
    left beside the folder is removed.

    Raises:
        IndexStoreError: the place cannot be written, or the other writer takes longer than
            `MAX_WAIT_SECONDS`.
    """
    with _locked(folder, say):
        for left in (*_left(folder, _NEW), *_left(folder, _OLD)):
            shutil.rmtree(left, ignore_errors=True)
        yield


@contextmanager
def _locked(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    path = folder.parent / f".{folder.name}.lock"
    lock = FileLock(path)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say(f"another process is building {folder}: waiting for it")
            lock.acquire(timeout=MAX_WAIT_SECONDS)
    except Timeout as error:
        raise IndexStoreError(
            f"{folder}: another process has been building this index for more than "
            f"{MAX_WAIT_SECONDS // 60} minutes. End it, or choose another folder with --index DIR."
        ) from error
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        yield
    finally:
        lock.release()


def put_back(folder: Path, say: Callable[[str], None]) -> None:
    """Put back the index that a writer had set aside when it was killed; else do nothing.

    Replacing a folder is two steps. Killed between them a writer leaves no index in its place,
    and whoever came next would take the folder for a new one, and its talks for none.

    Raises:
        IndexStoreError: as from `sole_writer`.
    """
    if (folder / MANIFEST).exists() or not _set_aside(folder):
        return
    with _locked(folder, say):  # a writer that lives finishes
        for old in _set_aside(folder):
            if not folder.exists():
                try:
                    old.replace(folder)
                except OSError as error:
                    raise unwritable(folder, error) from error


def new_folder(folder: Path) -> Path:
    """An empty folder beside another, to write in what shall take its place.

    Raises:
        OSError: there can be none.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=_beside(folder, _NEW), dir=folder.parent))


def put_in_place(new: Path, folder: Path) -> None:
    """Move `new` to `folder`; what was there is removed.

    Raises:
        OSError: it cannot be moved; `folder` holds what it held.
    """
    if not folder.exists():
        new.replace(folder)
        return
    keep = folder / KEEP
    if keep.exists():
        shutil.copy2(keep, new / keep.name)
    new.chmod(folder.stat().st_mode)
    old = Path(tempfile.mkdtemp(prefix=_beside(folder, _OLD), dir=folder.parent))
    try:
        folder.replace(old)
        new.replace(folder)
    finally:
        if not folder.exists():
            old.replace(folder)
        shutil.rmtree(old, ignore_errors=True)


def _beside(folder: Path, kind: str) -> str:
    """How the name of a folder begins that lies beside that of an index for a while."""
    return f".{folder.name}-{kind}-"


def _left(folder: Path, kind: str) -> list[Path]:
    """Folders of that kind beside that of an index: by their whole names, or one index's writer
    would take those of another's, "index-2" beside "index", for what it had left itself."""
    drawn = "[a-z0-9_]" * 8  # by `tempfile`
    return list(folder.parent.glob(glob.escape(_beside(folder, kind)) + drawn))


def _set_aside(folder: Path) -> list[Path]:
    """The whole index that was in a folder before the one that was being moved there."""
    return [old for old in _left(folder, _OLD) if (old / MANIFEST).exists()]


def unwritable(folder: Path, error: Exception) -> IndexStoreError:
    """What to tell of an index that cannot be written."""
    return IndexStoreError(
        f"{folder}: the index cannot be written ({error}). Make the folder writable, or "
        "choose another one with --index DIR."
    )
