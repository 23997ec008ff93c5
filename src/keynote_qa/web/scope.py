"""The choice of what a question is answered from, as HTML: all talks, one, or one speaker's.

Everything that a source holds passes through `escape`.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from keynote_qa.records import Talk
from keynote_qa.web.texts import Texts


def scope_html(texts: Texts, talks: Sequence[Talk], speakers: Sequence[str]) -> str:
    """A labelled list of the choices; nothing if there is one talk alone.

    What an option's value means, the page's script knows: "talk:NAME", "speaker:NAME".
    """
    if len(talks) < 2:
        return ""
    by_speaker = [_option(f"speaker:{name}", name) for name in speakers]
    by_talk = [_option(f"talk:{talk.name}", talk.title, n) for n, talk in enumerate(talks)]
    return (
        f'<p class="choice"><label for="scope">{escape(texts("scope"))}</label>'
        '<select id="scope" autocomplete="off">'
        f'<option value="">{escape(texts("scope_all"))}</option>'
        f"{_group(texts('scope_speakers'), by_speaker)}{_group(texts('scope_talks'), by_talk)}"
        "</select></p>"
    )


def _option(value: str, name: str, talk: int | None = None) -> str:
    place = "" if talk is None else f' data-talk="{talk}"'
    return f'<option value="{escape(value)}"{place}>{escape(name)}</option>'


def _group(label: str, options: Sequence[str]) -> str:
    return f'<optgroup label="{escape(label)}">{"".join(options)}</optgroup>' if options else ""
