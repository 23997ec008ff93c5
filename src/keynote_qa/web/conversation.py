"""The conversation as HTML: what greets a visitor, and what each question gets.

Everything that a visitor typed or a source holds passes through `escape`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from itertools import groupby
from typing import Protocol

from keynote_qa.records import Answer, Citation, Slide, Talk, clock
from keynote_qa.render import confidence_in_words, moment
from keynote_qa.text import fold, has_content, normalise
from keynote_qa.web.transcript import line_prefix

_STARTERS = 4
_MAX_STARTER_TITLE = 48
_BULLET = "• "


class Library(Protocol):
    """What is shown of an assistant: its talks and their slides."""

    @property
    def talks(self) -> tuple[Talk, ...]:
        """The talks, in order."""

    def slides(self, talk: Talk) -> tuple[Slide, ...]:
        """The slides of one talk, in order."""


def masthead_html(talks: Sequence[Talk] = ()) -> str:
    """The name of what is talked about, as the page's only h1."""
    if len(talks) != 1:
        byline = f"{len(talks)} talks" if talks else "Answers in the talk's own words"
        return f'<h1>Keynote Q&amp;A</h1><p class="byline">{byline}</p>'
    talk = talks[0]
    told = [talk.speaker, talk.event, _day(talk.date)]
    # What the title says already is not said again.
    facts = [fact for fact in told if fact and fact.casefold() not in talk.title.casefold()]
    byline = " · ".join(escape(fact) for fact in facts)
    return f'<h1>{escape(talk.title)}</h1><p class="byline">{byline}</p>'


def starters(library: Library) -> list[str]:
    """Questions to begin with: those that come with the talks, else one for a few of the titles."""
    given = [question for talk in library.talks for question in talk.questions]
    if given:
        return given[:_STARTERS]
    titles: dict[str, None] = {}
    for talk in library.talks:
        for slide in library.slides(talk):
            if slide.title and len(slide.title) <= _MAX_STARTER_TITLE:
                titles.setdefault(slide.title.rstrip(" .?!:"))
    step = max(1, len(titles) // _STARTERS)
    return [f"What does the talk say about {title}?" for title in list(titles)[::step][:_STARTERS]]


def loading_html() -> str:
    """What stands in the place of the welcome while the assistant is opened."""
    return (
        '<div class="welcome"><p class="status" role="status">'
        '<span class="spinner" aria-hidden="true"></span>'
        "Getting ready: loading the language model…</p>"
        "<p>You can ask already: your question is answered as soon as it is loaded.</p></div>"
    )


def failed_html(message: str) -> str:
    """What stands there if the assistant could not be opened."""
    return (
        '<div class="welcome"><p class="status status--failed" role="alert">'
        f"<strong>Not ready.</strong> {escape(message)}</p></div>"
    )


def welcome_html(library: Library) -> str:
    """The greeting, with the starting questions as buttons."""
    items = "".join(
        f'<li><button type="button" class="starter">{escape(question)}</button></li>'
        for question in starters(library)
    )
    return (
        '<div class="welcome"><h2>What would you like to know?</h2>'
        "<p>Every answer is quoted from the talk, word for word, with the place it comes from."
        f"</p><ul class='starters'>{items}</ul></div>"
    )


def turn_html(answer: Answer, talks: Sequence[Talk], understood: str = "") -> str:
    """An answer: what it says, then its sources; or that there is none, and what comes closest.

    `understood` is the question as it was understood; it is shown where it differs.
    """
    aside = ""
    if understood and fold(understood) != fold(answer.question):
        aside = f'<p class="understood">Understood as: <q>{escape(understood)}</q></p>'
    if answer.answered:
        return (
            f'{aside}<div class="answer">{_answer(answer.answer)}</div>'
            f'<p class="sureness">{confidence_in_words(answer.confidence)}</p>'
            + _sources("Where the talk says so", answer.citations[:1], talks)
            + _sources("See also", answer.citations[1:], talks)
        )
    said = f'{aside}<div class="answer answer--none"><p>{escape(answer.answer)}</p></div>'
    return said + _sources("Closest in the talk", answer.nearest, talks)


def notice_html(message: str) -> str:
    """What a question gets that could not be asked, or not be answered."""
    return f'<div class="notice"><p>{escape(message)}</p></div>'


def _day(written: str | None) -> str | None:
    try:
        day = date.fromisoformat(written or "")
    except ValueError:
        return written
    return f"{day.day} {day:%B %Y}"


def _answer(text: str) -> str:
    """Text to paragraphs; lines that begin with a bullet to a list, rows of pipes to a table."""
    pieces: list[str] = []
    for kind, group in groupby(text.split("\n"), key=_kind):
        rows = list(group)
        if kind == "item":
            items = "".join(f"<li>{escape(row.removeprefix(_BULLET))}</li>" for row in rows)
            pieces.append(f"<ul>{items}</ul>")
        elif kind == "row":
            pieces.append(_table(rows))
        else:
            long = " class='long'" if len(text) > 120 or len(rows) > 3 else ""
            pieces.append(f"<p{long}>{escape(chr(10).join(rows))}</p>")
    return "".join(pieces)


def _kind(row: str) -> str:
    if row.startswith(_BULLET):
        return "item"
    return "row" if row.startswith("|") else "text"


def _table(rows: Sequence[str]) -> str:
    shown = ""
    for row in rows:
        if has_content(row):
            cells = row.strip().strip("|").split("|")
            shown += f"<tr>{''.join(f'<td>{escape(cell.strip())}</td>' for cell in cells)}</tr>"
    return f'<div class="table"><table>{shown}</table></div>'


def _sources(label: str, citations: Sequence[Citation], talks: Sequence[Talk]) -> str:
    if not citations:
        return ""
    items = "".join(_source(citation, talks) for citation in citations)
    return f'<h3 class="sources-label">{label}</h3><ol class="sources">{items}</ol>'


def _source(citation: Citation, talks: Sequence[Talk]) -> str:
    """One source: a button named "Source 1: title, line 2017", and the quotation under it."""
    index = _talk_of(citation, talks)
    *way, title = citation.section or ("",)
    lines = (
        f"line {citation.start_line}"
        if citation.start_line == citation.end_line
        else f"lines {citation.start_line} to {citation.end_line}"
    )
    watch = ""
    if citation.start_time is not None:
        time = clock(citation.start_time)
        lines = f"{time}, {lines}"
        video = talks[index].video
        if video:
            address = escape(moment(video, citation.start_time))
            watch = (
                f'<a class="watch" href="{address}" target="_blank" rel="noopener noreferrer">'
                f"Watch from {time}</a>"
            )
    if len(talks) > 1:
        way.insert(0, talks[index].title)
    path = f'<p class="way">{escape(" › ".join(way))}</p>' if way else ""
    where = f'<span class="source-title">{escape(title)}</span>, ' if title else ""
    name = f"Source {citation.n}: {title}, {lines}" if title else f"Source {citation.n}: {lines}"
    return (
        '<li class="source-card">'
        f'<button type="button" class="source" aria-label="{escape(name)}" '
        f'data-lines="{line_prefix(index)}" data-start="{citation.start_line}" '
        f'data-end="{citation.end_line}" data-quote="{escape(citation.quote)}">'
        f'<span class="number">{citation.n}</span>'
        f'<span class="where">{where}<span class="source-line">{lines}</span></span></button>'
        f"{path}<blockquote>{_quote(citation.quote)}</blockquote>{watch}</li>"
    )


def _quote(quote: str) -> str:
    rows = quote.split("\n")
    return _table(rows) if all(_kind(row) == "row" for row in rows) else escape(quote)


def _talk_of(citation: Citation, talks: Sequence[Talk]) -> int:
    """Which talk a citation is from; files in two folders may have the same name."""
    named = [index for index, talk in enumerate(talks) if talk.source == citation.source]
    quote = normalise(citation.quote)
    for index in named:
        lines = talks[index].lines[citation.start_line - 1 : citation.end_line]
        if quote in normalise("\n".join(line.text for line in lines)):
            return index
    return named[0] if named else 0
