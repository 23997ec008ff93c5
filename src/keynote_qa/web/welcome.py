"""What greets a visitor, as HTML: the name of the talk, and questions to start with.

Everything that a source holds passes through `escape`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Protocol

from keynote_qa.records import Slide, Talk
from keynote_qa.web.texts import Texts

STARTERS = 4
_MAX_STARTER_TITLE = 48


class Library(Protocol):
    """What is shown of an assistant: its talks and their slides."""

    @property
    def talks(self) -> tuple[Talk, ...]:
        """The talks, in order."""

    def slides(self, talk: Talk) -> tuple[Slide, ...]:
        """The slides of one talk, in order."""


def masthead_html(texts: Texts, talks: Sequence[Talk] = ()) -> str:
    """The name of what is talked about, as the page's only h1."""
    if len(talks) != 1:
        byline = texts("talks", n=len(talks)) if talks else texts("byline")
        return f'<h1>Keynote Q&amp;A</h1><p class="byline">{escape(byline)}</p>'
    talk = talks[0]
    told = [talk.speaker, talk.event, _day(talk.date)]
    # What the title says already is not said again.
    facts = [fact for fact in told if fact and fact.casefold() not in talk.title.casefold()]
    byline = " · ".join(escape(fact) for fact in facts)
    return f'<h1>{escape(talk.title)}</h1><p class="byline">{byline}</p>'


def loading_html(texts: Texts) -> str:
    """What stands in the place of the welcome while the assistant is opened."""
    return (
        '<div class="welcome"><p class="status" role="status">'
        f'<span class="spinner" aria-hidden="true"></span>{escape(texts("loading"))}</p>'
        f"<p>{escape(texts('loading_hint'))}</p></div>"
    )


def failed_html(texts: Texts, message: str) -> str:
    """What stands there if the assistant could not be opened."""
    return (
        '<div class="welcome"><p class="status status--failed" role="alert">'
        f"<strong>{escape(texts('not_ready'))}</strong> {escape(message)}</p></div>"
    )


def welcome_html(texts: Texts, starters: Sequence[str]) -> str:
    """The greeting, with the starting questions as buttons."""
    return (
        f'<div class="welcome"><h2>{escape(texts("greeting"))}</h2>'
        f"<p>{escape(texts('promise'))}</p>{questions_html(starters)}</div>"
    )


def questions_html(questions: Sequence[str]) -> str:
    """Questions as buttons that ask them."""
    items = "".join(
        f'<li><button type="button" class="starter">{escape(question)}</button></li>'
        for question in questions
    )
    return f'<ul class="starters">{items}</ul>'


def starters(texts: Texts, library: Library) -> list[str]:
    """Questions to begin with: those that come with the talks, else one for a few of the titles."""
    given = [question for talk in library.talks for question in talk.questions]
    if given:
        return given[:STARTERS]
    titles: dict[str, None] = {}
    for talk in library.talks:
        for slide in library.slides(talk):
            if slide.title and len(slide.title) <= _MAX_STARTER_TITLE:
                titles.setdefault(slide.title.rstrip(" .?!:"))
    step = max(1, len(titles) // STARTERS)
    return [texts("about_title", title=title) for title in list(titles)[::step][:STARTERS]]


def _day(written: str | None) -> str | None:
    try:
        day = date.fromisoformat(written or "")
    except ValueError:
        return written
    return f"{day.day} {day:%B %Y}"
