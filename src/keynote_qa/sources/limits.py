"""How large a source may be, and what is refused before a parser sees it.

The numbers are far beyond any talk: they are there for files that are made to do harm.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from keynote_qa.errors import SourceError

MAX_BYTES = 200_000_000
"""Of a file."""

MAX_UNPACKED_BYTES = 500_000_000
"""Of all that a packed file (PPTX, DOCX) holds."""

MAX_XML_BYTES = 50_000_000
"""Of one packed part that is parsed."""

MAX_PAGES = 5_000


def check_package(data: bytes, kind: str) -> None:
    """Refuse what is no package of an office document, or one that unpacks to absurd sizes.

    Raises:
        SourceError: says why.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            members = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        told = "it is protected by a password" if data.startswith(b"\xd0\xcf\x11\xe0") else error
        raise SourceError(
            f"is not a {kind} file ({told}). Open it where it was made, save it as {kind} without "
            "a password, and try again."
        ) from error
    parts = [m.file_size for m in members if m.filename.endswith((".xml", ".rels"))]
    if sum(m.file_size for m in members) > MAX_UNPACKED_BYTES or any(
        size > MAX_XML_BYTES for size in parts
    ):
        raise SourceError(
            f"unpacks to more than a {kind} file with a talk could hold. Remove what is not needed "
            "from it, or save its text alone."
        )


@contextmanager
def read_by_others(kind: str) -> Iterator[None]:
    """Turn whatever another's parser raises in the block into a `SourceError`.

    What they raise over a file that is damaged, or made to do harm, is not written down anywhere:
    zip, zlib and XML errors, missing keys and attributes, values of other types, too deep a
    recursion. It is the file that is wrong, and what was raised is kept as the cause.
    """
    try:
        yield
    except SourceError:
        raise
    except Exception as error:
        told = str(error) or type(error).__name__
        raise SourceError(
            f"cannot be read as a {kind} file ({told}). Open it where it was made and save it "
            "again."
        ) from error


def check_pages(pages: int) -> None:
    """Refuse documents of more pages than anybody speaks about.

    Raises:
        SourceError: says how many there are.
    """
    if pages > MAX_PAGES:
        raise SourceError(
            f"has {pages:,} pages; at most {MAX_PAGES:,} are read. Take out the part that matters."
        )
