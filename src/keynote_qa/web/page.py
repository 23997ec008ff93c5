"""The page itself, in Gradio: its parts, and what happens when a question is asked.

Gradio carries the events and keeps each visitor's conversation apart; the parts that people see
are HTML rendered here on the server, so that names, headings and order are what screen readers
need. A new answer is handed to `page.js`, which appends it to the log: the log is
never replaced, so nothing in it loses focus or is read out twice.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from keynote_qa.errors import KeynoteQAError
from keynote_qa.web import conversation
from keynote_qa.web.loading import MAX_HISTORY, Backstage
from keynote_qa.web.transcript import transcript_html

log = logging.getLogger(__name__)

_SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")
THEME = gr.themes.Base(font=list(_SANS), font_mono=list(_MONO))
"""System fonts alone: a font that must be fetched keeps the page from showing."""

_LOG = (
    '<div id="conversation" role="log" aria-live="polite" aria-relevant="additions" '
    'aria-label="Conversation" tabindex="0"></div>'
)
_DRAWER_BUTTON = (
    '<button type="button" class="quiet transcript-open" data-action="open-transcript" '
    'aria-controls="transcript" aria-expanded="false">Transcript</button>'
)
_FOOTNOTE = "<p>Every answer is quoted from the talk. Choose a source to see it in its place.</p>"

_ASKED = "(question, history) => window.keynoteQA.asked(question, history)"
_ANSWERED = "(html) => window.keynoteQA.answered(html)"
_FAILED = "() => window.keynoteQA.failed()"
_SHOWN = "() => window.keynoteQA.shown()"
_CLEARED = "() => window.keynoteQA.cleared()"


def head(assets: Mapping[str, Path], *, kiosk: bool, idle: int) -> str:
    """What goes to the page's `<head>`: its own style sheets and scripts, by digest."""
    tags: list[str] = []
    for name, path in assets.items():
        url = f"keynote-qa/{name}?{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"
        if name.endswith(".css"):
            tags.append(f'<link rel="stylesheet" href="{url}">')
        else:
            tags.append(f'<script src="{url}"></script>')
    tags.append('<meta name="color-scheme" content="light dark">')
    if kiosk:
        tags.append('<meta name="keynote-qa-kiosk" content="true">')
        tags.append(f'<meta name="keynote-qa-idle" content="{idle}">')
    return "\n".join(tags)


def build_page(backstage: Backstage) -> gr.Blocks:
    """The page over an assistant that may still be opening; see the module for how it works."""
    with gr.Blocks(title="Keynote Q&A", analytics_enabled=False, fill_width=True) as page:
        history = gr.State([])
        with gr.Row(elem_id="kq-header"):
            masthead = _html(conversation.masthead_html(), "kq-masthead")
            new = gr.Button("New conversation", elem_id="kq-new", elem_classes="quiet")
            _html(_DRAWER_BUTTON, "kq-drawer-button")
        with gr.Row(elem_id="kq-main"):
            with gr.Column(elem_id="kq-chat"):
                welcome = _html(conversation.loading_html(), "kq-welcome")
                _html(_LOG, "kq-log")
                with gr.Row(elem_id="kq-composer"):
                    box = gr.Textbox(
                        label="Ask about the keynote",
                        placeholder="Ask in your own words",
                        elem_id="kq-box",
                        lines=1,
                        max_lines=5,
                        autofocus=True,
                        container=True,
                        buttons=[],
                    )
                    send = gr.Button("Ask", elem_id="kq-send", variant="primary")
                _html(_FOOTNOTE, "kq-footnote")
            transcript = _html("", "kq-transcript")
        turn = gr.HTML("", visible=False)

        async def show() -> tuple[str, str, str]:
            try:
                assistant = await backstage.assistant()
                talks = await backstage.outlines()
            except KeynoteQAError as error:
                return conversation.masthead_html(), conversation.failed_html(str(error)), ""
            return (
                conversation.masthead_html(assistant.talks),
                conversation.welcome_html(assistant),
                transcript_html(talks),
            )

        async def ask(question: str, history: list[str]) -> tuple[str, list[str]]:
            try:
                answer, understood = await backstage.ask(question, history)
                talks = (await backstage.assistant()).talks
            except KeynoteQAError as error:
                return _turn(conversation.notice_html(str(error)), failed=True), history
            except Exception:
                log.exception("A question was not answered")
                sorry = (
                    "Something went wrong on this side, and the question was not answered. "
                    "Try again, or ask in other words."
                )
                return _turn(conversation.notice_html(sorry), failed=True), history
            return _turn(conversation.turn_html(answer, talks, understood)), [*history, question][
                -MAX_HISTORY:
            ]

        quick: dict[str, Any] = {
            "queue": False,
            "show_progress": "hidden",
            "api_visibility": "private",
        }
        shown = page.load(show, None, [masthead, welcome, transcript], **quick)
        shown.then(None, None, None, js=_SHOWN, show_progress="hidden", queue=False)
        asked = gr.on(
            [box.submit, send.click], ask, [box, history], [turn, history], js=_ASKED, **quick
        )
        asked.success(None, turn, None, js=_ANSWERED, show_progress="hidden", queue=False)
        asked.failure(None, None, None, js=_FAILED, show_progress="hidden", queue=False)
        new.click(lambda: [], None, history, js=_CLEARED, **quick)
    return page


def _html(value: str, elem_id: str) -> gr.HTML:
    return gr.HTML(value, elem_id=elem_id, apply_default_css=False, padding=False, js_on_load=None)


def _turn(html: str, *, failed: bool = False) -> str:
    return f'<div class="turn-body"{" data-failed" if failed else ""}>{html}</div>'
