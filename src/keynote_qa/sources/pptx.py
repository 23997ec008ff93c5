"""Slides of PowerPoint: title, what stands below it from top to bottom, the speaker's notes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

from keynote_qa.sources.document import Page, squeezed, table_row, to_parsed
from keynote_qa.sources.limits import check_package, check_pages, read_by_others
from keynote_qa.sources.parsed import Parsed

NOTES = "Speaker notes:"


def parse(data: bytes) -> Parsed:
    """Read a presentation; hidden slides too: they are part of what was prepared.

    Raises:
        SourceError: it is not a presentation, is damaged, or holds no text.
    """
    check_package(data, "PPTX")
    from pptx import Presentation

    with read_by_others("PPTX"):
        deck = Presentation(io.BytesIO(data))
        check_pages(len(deck.slides))
        pages: list[Page] = [
            (f"slide {number}", list(_rows(slide))) for number, slide in enumerate(deck.slides, 1)
        ]
        about = deck.core_properties
        title, speaker = about.title, about.author
    return to_parsed(pages, slides=True, title=title, speaker=speaker)


def _rows(slide: Any) -> Iterator[str]:
    title = slide.shapes.title
    if title is not None and squeezed(title.text_frame.text):
        yield f"# {squeezed(title.text_frame.text)}"
        yield ""
    for shape in _in_order(slide.shapes):
        if title is None or shape.shape_id != title.shape_id:
            yield from _shape(shape)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = slide.notes_slide.notes_text_frame.text
        if squeezed(notes):
            yield NOTES
            yield ""
            for row in notes.splitlines():
                yield squeezed(row)
                yield ""


def _in_order(shapes: Iterable[Any]) -> list[Any]:
    """Shapes as they are read: from top to bottom, then from left to right."""
    return sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0))


def _shape(shape: Any) -> Iterator[str]:
    if hasattr(shape, "shapes"):  # a group
        for member in _in_order(shape.shapes):
            yield from _shape(member)
    elif getattr(shape, "has_table", False):
        for row in shape.table.rows:
            yield table_row(cell.text for cell in row.cells if not cell.is_spanned)
        yield ""
    elif getattr(shape, "has_chart", False):
        yield from _chart(shape.chart)
    elif shape.has_text_frame:
        yield from _text(shape.text_frame.paragraphs)
    elif "/diagram" in str(getattr(shape, "element", "")):
        return


def _chart(chart: Any) -> Iterator[str]:
    if chart.has_title and chart.chart_title.has_text_frame:
        yield squeezed(chart.chart_title.text_frame.text)
    for plot in chart.plots:
        names = [str(name) for name in plot.categories]
        yield table_row(["", *names])
        for series in plot.series:
            yield table_row([series.name, *("" if v is None else f"{v:g}" for v in series.values)])
    yield ""


def _text(paragraphs: Iterable[Any]) -> Iterator[str]:
    rows = [(p, squeezed(p.text)) for p in paragraphs]
    rows = [(p, text) for p, text in rows if text]
    several = len(rows) > 1
    for paragraph, text in rows:
        plain = paragraph._p.find(".//{*}buNone") is not None  # it says that it has no bullet
        yield f"- {text}" if several and not plain else text
        if plain or not several:
            yield ""
    yield ""
