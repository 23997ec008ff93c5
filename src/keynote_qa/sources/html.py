"""Web pages as files: their text, without scripts, styles and navigation. Nothing is fetched."""

from __future__ import annotations

from itertools import groupby, islice
from typing import Any

from keynote_qa.errors import SourceError
from keynote_qa.sources.document import squeezed, table_row, to_parsed
from keynote_qa.sources.limits import MAX_XML_BYTES, read_by_others
from keynote_qa.sources.parsed import Parsed

_SILENT = "script style template noscript nav svg head title form button".split()
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    "p div li dt dd tr td th blockquote pre section article main header footer aside figure "
    "figcaption caption summary details ul ol dl table body html address hr".split()
).union(_HEADINGS)
_DEEPEST = 500


def parse(data: bytes) -> Parsed:
    """Read a page.

    Raises:
        SourceError: it is too large, or holds no text.
    """
    if len(data) > MAX_XML_BYTES:
        raise SourceError(f"is larger than {MAX_XML_BYTES // 1_000_000} MB. Save its text alone.")
    from bs4 import BeautifulSoup

    with read_by_others("HTML"):
        page = BeautifulSoup(data, "html.parser")
        title = page.title.get_text() if page.title else None
        author = page.find("meta", attrs={"name": "author"})
        for silent in page.find_all(_SILENT):
            silent.extract()
        rows = _rows(page)
    told = author.get("content") if author is not None else None
    speaker = told if isinstance(told, str) else None
    return to_parsed([("", rows)], slides=False, title=title, speaker=speaker)


def _rows(page: Any) -> list[str]:
    """The text of a page, a row for each element that stands on lines of its own."""
    from bs4.element import CData, NavigableString

    strings = [
        (text, _block_over(text))
        for text in page.descendants
        if type(text) in (NavigableString, CData)  # not comments and declarations
    ]
    in_row: dict[int, list[Any]] = {}  # by the row of a table, which may hold another table
    for text, over in strings:
        if over.name == "tr":
            in_row.setdefault(id(over), []).append(text)
    rows: list[str] = []
    for block, group in groupby(strings, key=lambda pair: pair[1]):
        pieces = [str(text) for text, _ in group]
        if block.name == "pre":
            rows += ["", *(row.rstrip() for row in "".join(pieces).split("\n")), ""]
        elif block.name == "tr":
            texts = in_row.pop(id(block), [])  # all of it, where it begins
            cells = groupby(texts, key=lambda text: _cell_over(text, block))
            if texts:
                rows.append(table_row(" ".join(map(str, cell)) for _, cell in cells))
        elif text := squeezed("".join(pieces)):
            marked = {"li": "- "}.get(block.name, "#" * _HEADINGS.get(block.name, 0))
            rows += [f"{marked.strip()} {text}".strip()]
            rows += [] if block.name == "li" else [""]
    return rows


def _block_over(text: Any) -> Any:
    """The element whose lines a text stands on; of a table's cell, the row."""
    nearest = None
    for over in islice(text.parents, _DEEPEST):
        if over.name == "tr":
            return over
        if nearest is None and (over.name in _BLOCKS or over.parent is None):
            nearest = over
        if over.name in ("table", "body"):
            break
    return nearest or text.parent


def _cell_over(text: Any, row: Any) -> int:
    for over in islice(text.parents, _DEEPEST):
        if over.parent is row:
            return id(over)
    return 0
