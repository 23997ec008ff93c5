"""What greets a visitor, as HTML: the name of the talk, and questions to start with.

Everything that a source holds passes through `escape`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from html import escape

from keynote_qa.records import Talk
from keynote_qa.web.texts import Texts

STARTERS = 4
MOST_QUESTIONS = 24
"""What an attract screen goes through."""


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


def welcome_html(texts: Texts, questions: Sequence[str]) -> str:
    """The greeting, with the first of the questions as buttons; all are there for the script."""
    told = escape(json.dumps(list(questions), ensure_ascii=False))
    return (
        f'<div class="welcome" data-questions="{told}"><h2>{escape(texts("greeting"))}</h2>'
        f"<p>{escape(texts('promise'))}</p>{questions_html(questions[:STARTERS])}</div>"
    )


def questions_html(questions: Sequence[str]) -> str:
    """Questions as buttons that ask them; nothing if there are none."""
    if not questions:
        return ""
    items = "".join(
        f'<li><button type="button" class="starter">{escape(question)}</button></li>'
        for question in questions
    )
    return f'<ul class="starters">{items}</ul>'


def _day(written: str | None) -> str | None:
    try:
        day = date.fromisoformat(written or "")
    except ValueError:
        return written
    return f"{day.day} {day:%B %Y}"
