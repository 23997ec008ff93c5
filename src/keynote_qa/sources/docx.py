"""Word documents: paragraphs, headings, lists and tables, in their order."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from keynote_qa.sources.document import squeezed, table_row, to_parsed
from keynote_qa.sources.limits import check_package, read_by_others
from keynote_qa.sources.parsed import Parsed

_HEADING = re.compile(r"^(?:Heading (\d)|Title)$", re.IGNORECASE)


def parse(data: bytes) -> Parsed:
    """Read a document. Its pages are not known: they are made where it is printed.

    Raises:
        SourceError: it is not a document, is damaged, or holds no text.
    """
    check_package(data, "DOCX")
    from docx import Document

    with read_by_others("DOCX"):
        document = Document(io.BytesIO(data))
        rows = list(_rows(document))
        about = document.core_properties
        title, speaker = about.title, about.author
    return to_parsed([("", rows)], slides=False, title=title, speaker=speaker)


def _rows(document: Any) -> Iterator[str]:
    from docx.table import Table

    for item in document.iter_inner_content():
        if isinstance(item, Table):
            yield ""
            for row in item.rows:
                seen: list[Any] = []  # a merged cell is given once for each place it covers
                for cell in row.cells:
                    if not any(cell._tc is other._tc for other in seen):
                        seen.append(cell)
                yield table_row(cell.text for cell in seen)
            yield ""
            continue
        text = squeezed(item.text)
        style = item.style.name if item.style is not None else ""
        heading = _HEADING.match(style or "")
        if not text:
            continue
        if heading:
            yield ""
            yield f"{'#' * min(6, int(heading.group(1) or 1))} {text}"
            yield ""
        elif item._p.pPr is not None and (
            item._p.pPr.numPr is not None or (style or "").startswith("List")
        ):
            yield f"- {text}"
        else:
            yield text
            yield ""
