"""What a question gets, as HTML: the fact, the quotation it stands in, its sources.

Everything that a visitor typed or a source holds passes through `escape`.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import Any

from keynote_qa.answer import MAX_PARTS
from keynote_qa.records import Answer, Citation, Talk, clock
from keynote_qa.render import confidence_in_words, moment
from keynote_qa.tables import is_row, table_cells
from keynote_qa.text import fold, has_content, normalise
from keynote_qa.web.loading import Reply
from keynote_qa.web.texts import Texts
from keynote_qa.web.welcome import questions_html

OWN = "own"
"""Which talk a citation is from if it is the visitor's own."""

_BULLET = "• "
_LONG_CHARACTERS, _LONG_ROWS = 120, 3


def turn_html(texts: Texts, reply: Reply, talks: Sequence[Talk], *, own: bool = False) -> str:
    """An answer: what it says, then its sources; or that there is none, and what comes closest.

    The question as it was understood is shown where it differs. `own` says that it was asked of a
    visitor's own talk, which no address leads to.
    """
    answer = reply.answer
    aside = ""
    if reply.understood and fold(reply.understood) != fold(answer.question):
        label = escape(texts("understood"))
        aside = f'<p class="understood">{label} <q>{escape(reply.understood)}</q></p>'
    if answer.answered:
        level = confidence_in_words(answer.confidence).lower().replace(" ", "_")
        body = (
            f'<div class="answer">{_answer(answer)}</div>'
            f'<p class="sureness sureness--{level}">{escape(texts(level))}</p>'
            + _sources(texts, "sources", answer.citations, talks, own)
        )
    else:
        missing = reply.missing
        said = texts(f"missing_{missing.kind}", name=missing.name) if missing else answer.answer
        body = (
            '<div class="answer answer--none">'
            f'<p class="verdict">{escape(texts("doesnt_say"))}</p><p>{escape(said)}</p></div>'
            + _sources(texts, "closest", answer.nearest, talks, own)
        )
    more = ""
    if reply.related:
        label = escape(texts("ask_next" if answer.answered else "ask_instead"))
        more = f'<div class="related"><h3>{label}</h3>{questions_html(reply.related)}</div>'
    return f'<div class="turn-body">{aside}{body}{more}</div>'


def source_data(citation: Citation, talks: Sequence[Talk]) -> dict[str, Any]:
    """What the page needs of a citation to find it in the transcript, and its place in words.

    `talk` is the place of its talk in `talks`.
    """
    index = _talk_of(citation, talks)
    way: Sequence[str] = citation.section
    if len(talks) > 1 and not _is_title(talks[index], way[:1]):
        way = [talks[index].title, *way]
    return {
        "row": citation.row,
        "talk": index,
        "start": citation.start_line,
        "end": citation.end_line,
        "quote": citation.quote,
        "way": " › ".join(way),
    }


def _answer(answer: Answer) -> str:
    """What is quoted, each quotation with its source's number if there are two."""
    quoted = [citation for citation in answer.citations if citation.said]
    if len(quoted) == 1:
        return _part(quoted[0])
    if len(quoted) > MAX_PARTS:
        return _quoted(answer.answer)
    return "".join(
        f'<div class="part"><span class="part-source" aria-hidden="true">{citation.n}</span>'
        f"<div>{_part(citation)}</div></div>"
        for citation in quoted
    )


def _part(citation: Citation) -> str:
    """The fact, large, and the quotation that it stands in; or what is quoted, as it is."""
    if citation.fact is None:
        return _quoted(citation.said)
    start, end = citation.fact
    fact, quote = normalise(citation.quote[start:end]), citation.quote
    shown = f'<p class="fact{" long" if len(fact) > _LONG_CHARACTERS else ""}">{escape(fact)}</p>'
    if is_row(quote):
        return shown + _quoted(citation.said)
    marked = f'<strong class="said">{escape(quote[start:end])}</strong>'
    return (
        f'{shown}<blockquote class="quotation">{escape(quote[:start])}{marked}{escape(quote[end:])}'
        "</blockquote>"
    )


def _quoted(text: str) -> str:
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
            long = len(text) > _LONG_CHARACTERS or len(rows) > _LONG_ROWS
            opening = '<p class="long">' if long else "<p>"
            pieces.append(f"{opening}{escape(chr(10).join(rows))}</p>")
    return "".join(pieces)


def _kind(row: str) -> str:
    if row.startswith(_BULLET):
        return "item"
    return "row" if is_row(row) else "text"


def _table(rows: Sequence[str]) -> str:
    shown = ""
    for row in rows:
        if has_content(row):
            cells = "".join(f"<td>{escape(cell)}</td>" for cell in table_cells(row))
            shown += f"<tr>{cells}</tr>"
    return f'<div class="table" tabindex="0"><table>{shown}</table></div>'


def _sources(
    texts: Texts, label: str, citations: Sequence[Citation], talks: Sequence[Talk], own: bool
) -> str:
    if not citations:
        return ""
    items = "".join(_source(texts, citation, talks, own) for citation in citations)
    return f'<h3 class="sources-label">{escape(texts(label))}</h3><ol class="sources">{items}</ol>'


def _source(texts: Texts, citation: Citation, talks: Sequence[Talk], own: bool) -> str:
    """One source: a button named "Source 1: title, line 2017", shown as "1 · title".

    Of several talks, the title of the one that it is from comes first. What is not shown of the
    name is text too, so that what is seen is part of what is heard (WCAG 2.2, 2.5.3).
    """
    data = source_data(citation, talks)
    first, last = citation.start_line, citation.end_line
    place = texts("line", line=first) if first == last else texts("lines", first=first, last=last)
    several, of = len(talks) > 1, talks[data["talk"]]
    if own:
        data |= {"row": -1, "talk": OWN}
    title = citation.section[-1] if citation.section else ""
    if several and _is_title(of, [title]):
        title = ""
    shown, rest, watch = (title, f", {place}", "") if title else (place, "", "")
    if citation.start_time is not None:
        time = clock(citation.start_time)
        shown = f"{title}, {time}" if title else f"{time}, {place}"
        if of.video:
            address = escape(moment(of.video, citation.start_time))
            watch = (
                f'<a class="watch" href="{address}" target="_blank" rel="noopener noreferrer">'
                f"{escape(texts('watch', time=time))}</a>"
            )
    talk = f"{of.title}, " if several else ""
    place = talk + shown + rest
    data |= {"place": place, "name": texts("source", n=citation.n, place=place)}
    of_talk = f'<span class="of-talk">{escape(talk)}</span>' if talk else ""
    attributes = " ".join(f'data-{key}="{escape(str(value))}"' for key, value in data.items())
    before, between = texts("source").replace("{place}", "").split("{n}")
    return (
        f'<li><button type="button" class="source" {attributes}>'
        f'{_unseen(before)}<span class="number">{citation.n}</span>{_unseen(between)}'
        f'{of_talk}<span class="where">{escape(shown)}</span>{_unseen(rest)}</button>{watch}</li>'
    )


def _unseen(text: str) -> str:
    return f'<span class="unseen">{escape(text)}</span>' if text else ""


def _is_title(talk: Talk, way: Sequence[str]) -> bool:
    """Whether a way down is nothing but the talk's title, as that of a first slide often is."""
    return [fold(title) for title in way] == [fold(talk.title)]


def _talk_of(citation: Citation, talks: Sequence[Talk]) -> int:
    """Which talk a citation is from; files in two folders may have the same name."""
    named = [index for index, talk in enumerate(talks) if talk.source == citation.source]
    quote = normalise(citation.quote)
    for index in named:
        lines = talks[index].lines[citation.start_line - 1 : citation.end_line]
        if quote in normalise("\n".join(line.text for line in lines)):
            return index
    return named[0] if named else 0
