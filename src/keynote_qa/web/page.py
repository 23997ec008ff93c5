"""The page itself, in Gradio: its parts and their places.

Gradio makes the frame, the box to ask in and the buttons; the parts that people read are HTML
rendered here on the server, so that names, headings and order are what screen readers need. A
question goes to `turns`, and its answer is appended to the log by the page's own script: the log
is never replaced, so nothing in it loses focus or is read out twice.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from keynote_qa.errors import KeynoteQAError
from keynote_qa.web import texts as languages
from keynote_qa.web import welcome
from keynote_qa.web.loading import Backstage
from keynote_qa.web.scope import scope_html
from keynote_qa.web.shelf import Shelf
from keynote_qa.web.texts import LANGUAGES, Texts, choose, load
from keynote_qa.web.transcript import transcript_html

_SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")
THEME = gr.themes.Base(font=list(_SANS), font_mono=list(_MONO))
"""System fonts alone: a font that must be fetched keeps the page from showing."""

_COMPONENT_TEXTS = ("ask_label", "ask_placeholder", "ask", "new_conversation", "start_over")

# What the page's script puts there; its strings are those of the browser's language.
_TOOLS = '<div id="tools" class="tools"></div>'
_LOG = '<div id="conversation" role="log" aria-live="polite" tabindex="0"></div>'
_FOOTNOTE = '<p id="footnote"></p>'

_SUBMIT = "(question) => { window.keynoteQA?.submit(question); }"
_ANEW = "() => { window.keynoteQA?.clear(); }"
_SHOWN = "() => { window.keynoteQA?.shown(); }"


def component_texts() -> gr.I18n:
    """The strings of Gradio's own components, which its script translates."""
    return gr.I18n(
        **{
            language: {key: load(language)(key) for key in _COMPONENT_TEXTS}
            for language in LANGUAGES
        }
    )


def build_page(
    backstage: Backstage,
    shelf: Shelf,
    translated: gr.I18n,
    *,
    kiosk: bool = False,
    uploads: bool = False,
) -> gr.Blocks:
    """The page over an assistant that may still be opening; see the module for how it works."""
    anew = translated("start_over" if kiosk else "new_conversation")
    fallback = load(languages.DEFAULT_LANGUAGE)
    with gr.Blocks(title="Keynote Q&A", analytics_enabled=False, fill_width=True) as page:
        with gr.Row(elem_id="kq-header"):
            masthead = _html(welcome.masthead_html(fallback), "kq-masthead")
            _html(_TOOLS, "kq-tools")
            new = gr.Button(anew, elem_id="kq-new", elem_classes="quiet")
        with gr.Row(elem_id="kq-main"):
            with gr.Column(elem_id="kq-chat"):
                greeting = _html("", "kq-welcome")
                _html(_LOG, "kq-log")
                scope = _html("", "kq-scope")
                with gr.Row(elem_id="kq-composer"):
                    box = gr.Textbox(
                        label=translated("ask_label"),
                        placeholder=translated("ask_placeholder"),
                        elem_id="kq-box",
                        lines=1,
                        max_lines=5,
                        autofocus=True,
                        container=True,
                        buttons=[],
                    )
                    send = gr.Button(translated("ask"), elem_id="kq-send", variant="primary")
                _html(_FOOTNOTE, "kq-footnote")
            transcript = _html("", "kq-transcript")

        def greet(request: gr.Request) -> tuple[str, str]:
            texts = _texts(request)
            return welcome.masthead_html(texts), welcome.loading_html(texts)

        async def show(request: gr.Request) -> tuple[str, str, str, str]:
            texts = _texts(request)
            try:
                assistant = await backstage.assistant()
                first = await shelf.talk(0)
            except KeynoteQAError as error:
                return welcome.masthead_html(texts), welcome.failed_html(texts, str(error)), "", ""
            return (
                welcome.masthead_html(texts, assistant.talks),
                welcome.welcome_html(texts, assistant.starters(welcome.MOST_QUESTIONS)),
                scope_html(texts, assistant.talks, assistant.speakers, uploads=uploads),
                transcript_html(texts, assistant.talks, first, uploads=uploads),
            )

        quick: dict[str, Any] = {
            "queue": False,
            "show_progress": "hidden",
            "api_visibility": "private",
        }
        page.load(greet, None, [masthead, greeting], **quick).then(
            show, None, [masthead, greeting, scope, transcript], **quick
        ).then(None, None, None, js=_SHOWN, show_progress="hidden", queue=False)
        gr.on([box.submit, send.click], None, [box], None, js=_SUBMIT, queue=False)
        new.click(None, None, None, js=_ANEW, queue=False)
    return page


def _texts(request: gr.Request) -> Texts:
    return load(choose(request.headers.get("accept-language", "")))


def _html(value: str, elem_id: str) -> gr.HTML:
    return gr.HTML(value, elem_id=elem_id, apply_default_css=False, padding=False, js_on_load=None)
