"""A talk as HTML: its outline, and every line of its source under the slide it belongs to.

Everything that comes from a source passes through `escape`; nothing is ever put in as markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import groupby

from keynote_qa.records import Block, BlockKind, Line, Slide, Talk, clock
from keynote_qa.tables import table_cells, table_row
from keynote_qa.text import BULLET, fold, has_content, normalise_line
from keynote_qa.web.texts import Texts

_FENCE = re.compile(r"^\s*(```|~~~)")


@dataclass(frozen=True, slots=True)
class Shown:
    """One talk as HTML: its outline as links, and its article."""

    outline: str
    article: str


def talk_html(talk: Talk, slides: Sequence[Slide]) -> Shown:
    """A talk as it is shown: an element for each line, with its number as id ("L2017")."""
    return Shown(_outline(_tree(slides)), _talk(talk, slides))


def transcript_html(texts: Texts, talks: Sequence[Talk], first: Shown, *, uploads: bool) -> str:
    """The transcript region: a heading, a search box, the first talk and its outline.

    If there are several talks, there is a list to choose another from; the page's script fetches
    it then. The list is there, hidden, where there will be another if a visitor uploads one.
    """
    say = {key: escape(string) for key, string in texts.strings.items()}
    return (
        '<section class="transcript" id="transcript" role="region" '
        f'aria-label="{say["transcript"]}">'
        '<div class="transcript-bar">'
        f'<h2 id="transcript-heading" tabindex="-1">{say["transcript"]}</h2>'
        '<div class="transcript-search" role="search">'
        f'<input type="search" id="transcript-search" aria-label="{say["search"]}" '
        f'placeholder="{say["search_placeholder"]}" autocomplete="off" spellcheck="false">'
        '<span class="search-count" role="status"></span>'
        + _icon("search-previous", say["search_previous"], "↑")
        + _icon("search-next", say["search_next"], "↓")
        + "</div>"
        '<button type="button" class="quiet transcript-back" data-action="back-to-answer" hidden>'
        f"{say['back_to_answer']}</button>"
        '<button type="button" class="quiet transcript-close" data-action="close-transcript">'
        f"{say['close']}</button></div>"
        + _choice(say["talk_shown"], talks, uploads=uploads)
        + '<button type="button" class="here" data-action="outline" aria-expanded="false" '
        f'aria-controls="outline"><span class="here-label">{say["outline"]}</span>'
        f'<span class="unseen">{say["you_are_here"]}</span>'
        f'<span class="here-place">{say["start_of_talk"]}</span></button>'
        '<div class="transcript-body">'
        f'<nav id="outline" class="outline" aria-label="{say["outline"]}" hidden>{first.outline}'
        '</nav><div class="transcript-scroll" tabindex="0" role="group" '
        f'aria-label="{say["whole_talk"]}">{first.article}</div></div></section>'
    )


def _choice(label: str, talks: Sequence[Talk], *, uploads: bool) -> str:
    if len(talks) == 1 and not uploads:
        return ""
    hidden = " hidden" if len(talks) == 1 else ""
    options = "".join(
        f'<option value="{n}">{escape(talk.title)}</option>' for n, talk in enumerate(talks)
    )
    return (
        f'<p class="choice"{hidden}><label for="transcript-talk">{label}</label>'
        f'<select id="transcript-talk" autocomplete="off">{options}</select></p>'
    )


def _icon(action: str, name: str, sign: str) -> str:
    return (
        f'<button type="button" class="icon" data-action="{action}" aria-label="{name}" hidden>'
        f'<span aria-hidden="true">{sign}</span></button>'
    )


@dataclass(slots=True)
class _Node:
    """A title in the outline, the slide it leads to, and the titles below it."""

    title: str
    target: str
    children: list[_Node] = field(default_factory=list)


def _tree(slides: Sequence[Slide]) -> list[_Node]:
    """The outline as a tree; neighbours that share the beginning of their way down share nodes."""
    roots: list[_Node] = []
    titled = any(slide.section for slide in slides)
    for slide in slides:
        level = roots
        way = slide.section if titled else (slide.title,)  # of speech: its first words
        for title in way:
            if not level or fold(level[-1].title) != fold(title):
                level.append(_Node(title, _slide_id(slide)))
            level = level[-1].children
    return roots


def _outline(nodes: Sequence[_Node]) -> str:
    if not nodes:
        return ""
    items = "".join(
        f'<li><a href="#{node.target}">{escape(node.title)}</a>{_outline(node.children)}</li>'
        for node in nodes
    )
    return f"<ol>{items}</ol>"


def _slide_id(slide: Slide) -> str:
    return f"S{slide.number}"


def _talk(talk: Talk, slides: Sequence[Slide]) -> str:
    first = slides[0].start_line if slides else len(talk.lines) + 1
    parts = [_Prose(None).html(talk.lines[: first - 1])]
    for slide, after in zip(slides, [*slides[1:], None], strict=True):
        end = after.start_line - 1 if after else len(talk.lines)
        body = _Prose(slide).html(talk.lines[slide.start_line - 1 : end])
        parts.append(f'<section class="slide" id="{_slide_id(slide)}">{body}</section>')
    return f'<article class="talk">{"".join(parts)}</article>'


def _stamp(line: Line) -> str:
    """When a paragraph of speech begins, and who speaks."""
    told = [clock(line.start) if line.start is not None else "", line.speaker]
    shown = " · ".join(part for part in told if part)
    return f'<span class="stamp">{escape(shown)}</span> ' if shown else ""


class _Prose:
    """Renders the lines of one slide; lines of one block stay together."""

    def __init__(self, slide: Slide | None) -> None:
        blocks = slide.blocks if slide else ()
        self._blocks: dict[int, Block] = {}
        paragraph: Block | None = None
        for block in blocks:
            # The sentences of one paragraph are shown as one.
            spoken = block.kind is BlockKind.SPOKEN
            paragraph = block if not spoken or block.gap or paragraph is None else paragraph
            for number in range(block.start_line, block.end_line + 1):
                self._blocks.setdefault(number, paragraph)
        titles = slide.section if slide else ()
        self._heads = {fold(title): "eyebrow" for title in titles[:-1]}
        self._heads |= {fold(title): "title" for title in titles[-1:]}

    def html(self, lines: Sequence[Line]) -> str:
        """The lines that hold anything, in order, each as an element with its number as id."""
        runs = groupby(lines, key=lambda line: self._blocks.get(line.number))
        pieces: list[tuple[str, str]] = []
        for block, run in runs:
            pieces += self._block(block, list(run))
        return "".join(
            f"<ul>{''.join(html for _, html in run)}</ul>"
            if tag == "li"
            else "".join(html for _, html in run)
            for tag, run in groupby(pieces, key=lambda piece: piece[0])
        )

    def _block(self, block: Block | None, lines: list[Line]) -> Iterator[tuple[str, str]]:
        kind = block.kind if block else BlockKind.TEXT
        if kind is BlockKind.BREAK:
            return
        if kind is BlockKind.CODE:
            yield "pre", self._code(lines)
            return
        lines = [line for line in lines if normalise_line(line.text)]
        if not lines:
            return
        if kind is BlockKind.TABLE:
            yield "table", self._table(lines)
            return
        if kind is BlockKind.SPOKEN:
            yield "p", f'<p class="spoken">{_stamp(lines[0])}{self._flow(lines)}</p>'
            return
        rows = "".join(self._line(line) for line in lines)
        head = self._heads.pop(fold(" ".join(normalise_line(line.text) for line in lines)), "")
        if kind is BlockKind.ITEM:
            bullet = " class='bullet'" if BULLET.match(lines[0].text) else ""
            yield "li", f"<li{bullet}>{rows}</li>"
        elif kind is BlockKind.CAPTION:
            yield "p", f'<p class="caption">{rows}</p>'
        elif head == "title":
            yield "h3", f'<h3 class="slide-title" tabindex="-1">{rows}</h3>'
        else:
            yield "p", f'<p class="{head or "text"}">{rows}</p>'

    def _line(self, line: Line, text: str | None = None) -> str:
        shown = normalise_line(line.text) if text is None else text
        return f'<span class="line" id="L{line.number}">{escape(shown)}</span>'

    def _flow(self, lines: list[Line]) -> str:
        """Lines of speech, one after the other."""
        return " ".join(self._line(line) for line in lines)

    def _code(self, lines: list[Line]) -> str:
        if lines and _FENCE.match(lines[0].text):
            lines = lines[1:-1]
        while lines and not lines[0].text.strip():
            lines = lines[1:]
        rows = "\n".join(self._line(line, line.text) for line in lines)
        return f'<pre tabindex="0"><code>{rows}</code></pre>'

    def _table(self, lines: list[Line]) -> str:
        rows = ""
        for line in lines:
            if has_content(line.text):
                cells = table_cells(table_row(line.text))
                row = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
                rows += f'<tr id="L{line.number}">{row}</tr>'
        return f'<div class="table" tabindex="0"><table>{rows}</table></div>'
